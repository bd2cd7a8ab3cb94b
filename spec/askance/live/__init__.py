"""The live engine: real threads, loops and processes, in a child process that can be killed.

`Child` is the parent's side: it starts a child, has it run programs, and reads what happened as it happens. The child
is two processes, a guard that ends all others when its parent is gone (`guard`), and a worker (`worker`) that performs
each program while its main thread watches. Time limits are multiples of what was measured there (`calibration`).
"""

from __future__ import annotations

from askance.live.parent import Child, ChildFailed, Ran

__all__ = ["Child", "ChildFailed", "Ran"]
