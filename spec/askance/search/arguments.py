"""What `askance.explore` accepts: whoever passes something else is told so before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

__all__ = ["checked_preempt", "require"]


def require(target: Any, strategy: Any, **numbers: Any) -> None:
    """Raises TypeError or ValueError, with what would be right, for arguments that `explore` can do nothing with.

    `numbers`: arguments that must be integers; all but the seed positive ones, the delay bound 0 or None.
    """
    if not callable(target):
        raise TypeError(f"the target is a function without arguments or askance.Strands(...), not {target!r}")
    name = getattr(target, "__name__", repr(target))
    if inspect.iscoroutinefunction(target):
        raise TypeError(
            f"{name!r} is a coroutine function, and calling it runs nothing: pass lambda: asyncio.run({name}())"
        )
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise TypeError(
            f"{name!r} is a generator function, and calling it runs nothing: pass lambda: list({name}())"
        )
    needed = _needed(target)
    if needed:
        raise TypeError(f"the target is called without arguments, but {name!r} needs {', '.join(needed)}")
    if not isinstance(strategy, str) and not all(
        hasattr(strategy, one) for one in ("observes", "begin", "pick", "stepped")
    ):
        raise TypeError(
            f"a strategy is a name, such as 'random', or an object with begin, pick and stepped, not {strategy!r}"
        )
    for name, number in numbers.items():
        if name == "delay_bound" and number is None:
            continue
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"{name} is an integer, not {number!r}")
        if number < 1 and name not in ("seed", "delay_bound"):
            raise ValueError(f"{name} is at least 1, not {number}")


def checked_preempt(preempt: Any) -> tuple[str, ...]:
    """The modules' names as a tuple; raises TypeError for anything but a sequence of names."""
    if isinstance(preempt, str):
        raise TypeError(f"preempt is a sequence of modules' names: preempt=[{preempt!r}]")
    if not isinstance(preempt, Sequence) or not all(isinstance(name, str) for name in preempt):
        raise TypeError(f"preempt is a sequence of modules' names, not {preempt!r}")
    return tuple(preempt)


def _needed(target: Any) -> list[str]:
    """The arguments that the target cannot do without."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return []  # builtins may have no signature
    return [
        repr(one.name)
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
