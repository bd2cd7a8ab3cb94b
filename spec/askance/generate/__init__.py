"""Generating programs: Hypothesis strategies, and the state machine that grows a program while it runs."""

from askance.generate.machine import machine_for
from askance.generate.programs import Situations, deviations, programs

__all__ = ["Situations", "deviations", "machine_for", "programs"]
