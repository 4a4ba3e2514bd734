"""How long the tests that try at random go on: a sample each time, and further where there is time for it.

``COMMSCHED_TEST_LONG=1`` walks further; so do the mutants, which those walks are to find.
"""

from __future__ import annotations

import os

LONG = "COMMSCHED_TEST_LONG"


def many(usual: int, long: int) -> int:
    """``long`` where the tests are to take their time, else ``usual``."""
    return long if os.environ.get(LONG) else usual
