"""What an office knows of a person or a desk that it writes to, as it is typed, pasted or imported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from commsched.core.text.clean import one_line
from commsched.core.text.length import fold

MOST_NAME: Final = 200
MOST_NOTES: Final = 2000
MOST_TERMS: Final = 30
"""Beats, or areas, of one person."""
MOST_TERM: Final = 60
_BETWEEN: Final = re.compile(r"[,;\n|]")


class ContactIn(msgspec.Struct, frozen=True):
    """One person or desk. ``language`` is a tag such as ``sv``, or empty for the office's own."""

    address: str
    name: str = ""
    outlet: str = ""
    beats: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    language: str = ""
    notes: str = ""


def terms(text: str) -> tuple[str, ...]:
    """The beats or areas in ``text``, which stand between commas, semicolons or line breaks: each once, folded to lower
    case, in their order."""
    return terms_of(_BETWEEN.split(text))


def terms_of(words: Iterable[str]) -> tuple[str, ...]:
    """As :func:`terms`, of words that stand apart already."""
    folded = (one_line(fold(word)).strip()[:MOST_TERM] for word in words)
    return tuple(dict.fromkeys(word for word in folded if word))[:MOST_TERMS]
