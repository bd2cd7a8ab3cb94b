"""`python -m askance.cli`."""

import sys

from askance.cli import main

sys.exit(main())
