"""How much is tried: profiles, and how a number of executions is spent on programs and schedules."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

__all__ = ["PROFILES", "Profile", "profile_for"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What one clause's test tries.

    `programs`: generated programs, each run under `schedules` schedules; `machines`: programs grown by the state
    machine in a continuing world, each of at most `steps` rules, and run again under `schedules` schedules.
    """

    name: str
    programs: int
    machines: int
    schedules: int
    steps: int

    @property
    def executions(self) -> int:
        """About how many executions one clause's test makes."""
        return (self.programs + self.machines) * self.schedules + self.machines


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("smoke", programs=12, machines=2, schedules=4, steps=12),
        Profile("default", programs=70, machines=8, schedules=8, steps=16),
        Profile("nightly", programs=1500, machines=250, schedules=40, steps=30),
    )
}
"""The profiles by name; the Hypothesis profiles of the same names choose them too."""


def profile_for(name: str, executions: int | None, clauses: int) -> Profile:
    """The profile of that name; with `executions`, enlarged or reduced so that `clauses` tests make about so many.

    Raises KeyError for an unknown name.
    """
    profile = PROFILES[name]
    if executions is None:
        return profile
    share = max(1, executions // max(1, clauses))
    schedules = min(profile.schedules, math.isqrt(share))
    machines = share * profile.machines // (profile.programs + profile.machines) // (schedules + 1)
    programs = max(1, (share - machines * (schedules + 1)) // schedules)
    return replace(profile, programs=programs, machines=machines, schedules=schedules)
