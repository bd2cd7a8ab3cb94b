"""Finer scheduling points: the statements of chosen modules, and what each reads and writes, become steps of the world.

`with instrumented(["package.module"]):` swaps the code of every function of those modules for a rewritten one, and
swaps it back at the end. Off unless asked for: without it the world switches strands at synchronisation only.
"""

from askance.preempt.swapping import NotInstrumentable, in_force, instrumented

__all__ = ["NotInstrumentable", "in_force", "instrumented"]
