"""What every test may use: pytest's own `pytester`, for tests that run a whole pytest in a folder of its own.

Hypothesis profiles are not here: `askance.plugin` registers them, because the shipped suite needs them too.
"""

from __future__ import annotations

pytest_plugins = ["pytester"]
