"""How much room something takes, as people say it."""

from __future__ import annotations

from math import ceil
from typing import Final

MB: Final = 2**20
GB: Final = 2**30
PICTURE_BYTES: Final = 25 * MB
"""The largest picture that is accepted from the pages, the API and the command line, in bytes."""
VIDEO_BYTES: Final = 200 * MB
"""The largest video."""


def size(number: int) -> str:
    """``number`` bytes in whole GB where it is, else in MB, rounded up: ``5 GB``, ``840 MB``."""
    if number and number % GB == 0:
        return f"{number // GB} GB"
    return f"{ceil(number / MB)} MB"
