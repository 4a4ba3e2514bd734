"""Tables for spreadsheets: no cell begins as a formula does, since people outside the office write some of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

MARK: Final = "\ufeff"
"""Stands first: without it some spreadsheets read UTF-8 as something else."""
_RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, in wide letters too."""


def row(cells: Iterable[str]) -> str:
    """One line of a table, with its end."""
    written = io.StringIO()
    csv.writer(written).writerow([plain(cell) for cell in cells])
    return written.getvalue()


def plain(cell: str) -> str:
    """``cell`` as text to any spreadsheet: an apostrophe stands before what could be run."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_RUN) else cell
