"""How good the portfolio's shares are: which strategy finds the mutants first, and what other shares would do.

    python bench/portfolio_shares.py [--seeds 12] [--most 120] [--only NAME]

The programs are the shrunk counterexamples of those mutants whose failure needs a switch; any schedule shows the
others. The first table has the median number of executions to the first failure. The second takes each strategy's
rate of failing executions, and from these the executions that a mix of them needs on average: for each strategy alone,
for the portfolio as it is, and for the best of all ways to deal out its eight turns.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import warnings

from first_failure import cell, first_failure

from askance.clauses import ALL
from askance.generate.continuing import carry_out
from askance.report.mutants import load_mutants
from askance.search.named import named
from askance.search.portfolio import Portfolio
from askance.search.replay import Stay
from askance.suite.conduct import conduct
from askance.suite.profiles import PROFILES
from askance.suite.trial import MAX_STEPS, denoted
from askance.world import World, installed

STRATEGIES = ("random", "pct:2", "pct:3", "pos", "surw", "urw")
TURNS = 8


def shares() -> tuple[int, ...]:
    """How many of the portfolio's turns each strategy has."""
    portfolio = named("portfolio")
    assert isinstance(portfolio, Portfolio)

    def name(strategy: object) -> tuple[str, object]:
        return type(strategy).__name__, getattr(strategy, "depth", None)

    turns = [name(strategy) for strategy in portfolio.strategies]
    return tuple(turns.count(name(named(strategy))) for strategy in STRATEGIES)


def rate(found: list[int | None], most: int) -> float:
    """The share of executions that fail; where none did, less than one of all that were made."""
    failed = [number for number in found if number is not None]
    return max(len(failed), 0.3) / (sum(failed) + most * (len(found) - len(failed)))


def needed(mix: tuple[int, ...], rates: list[list[float]]) -> tuple[float, float, float]:
    """(geometric mean, mean, most) over the mutants of the executions that a mix needs on average."""
    each = [sum(mix) / sum(turns * share for turns, share in zip(mix, one, strict=True)) for one in rates]
    return math.exp(sum(map(math.log, each)) / len(each)), sum(each) / len(each), max(each)


def main() -> int:
    """Print both tables; 1 if some strategy alone is better than the portfolio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--most", type=int, default=120)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    print(f"| mutant | clause | {' | '.join(STRATEGIES)} |\n|---|---|{'---:|' * len(STRATEGIES)}")
    rates = []
    for name, mutant in load_mutants("askance_impl.mutants:MUTANTS").items():
        if options.only not in name:
            continue
        counterexample = conduct(ALL[mutant.clause], mutant, PROFILES["default"], name=name).counterexample
        if counterexample is None or not counterexample.switches:
            continue
        program = counterexample.failure.program
        row = []
        with installed():
            known = denoted(program, mutant)
            carry_out(program, (), mutant, World(Stay(), max_steps=MAX_STEPS))
            for strategy in STRATEGIES:
                row.append(
                    [
                        first_failure(mutant, mutant.clause, program, known, strategy, seed, options.most)
                        for seed in range(options.seeds)
                    ]
                )
        rates.append([rate(found, options.most) for found in row])
        cells = " | ".join(cell(found, options.most) for found in row)
        print(f"| {name} | {mutant.clause} | {cells} |", flush=True)
    if not rates:
        return 0
    alone = {strategy: tuple(int(one == strategy) for one in STRATEGIES) for strategy in STRATEGIES}
    mixes = [mix for mix in itertools.product(range(TURNS + 1), repeat=len(STRATEGIES)) if sum(mix) == TURNS]
    best = min(mixes, key=lambda mix: needed(mix, rates))
    print(f"\n| mix | {' | '.join(STRATEGIES)} | geometric mean | mean | most |\n|---|{'---:|' * 9}")
    for name, mix in (*alone.items(), ("portfolio", shares()), ("best", best)):
        told = " | ".join([*map(str, mix), *(f"{number:.1f}" for number in needed(mix, rates))])
        print(f"| {name} | {told} |")
    return int(min(needed(mix, rates) for mix in alone.values()) < needed(shares(), rates))


if __name__ == "__main__":
    sys.exit(main())
