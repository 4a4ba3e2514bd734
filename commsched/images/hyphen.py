"""Where a line may break inside a word: at its own hyphens, where the writer said, and by Swedish rules."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyphen import Pyphen

SHORTEST = 8
"""Letters a word must have before a rule may divide it."""
KEEP = 3
"""Letters that stay together at either end."""
SOFT = "\u00ad"

_LETTERS = re.compile(r"[^\W\d_]+")
_OWN = re.compile(r"(?<=[^\W_]{2}[-–/])(?=[^\W_]{2})")


@lru_cache(8)
def _rules(language: str) -> Pyphen | None:
    import pyphen

    code = pyphen.language_fallback(language or "sv")
    return pyphen.Pyphen(lang=code, left=KEEP, right=KEEP) if code else None


@lru_cache(4096)
def own(word: str) -> tuple[tuple[str, bool], ...]:
    """``word`` in pieces at its hyphens, dashes and soft hyphens: (text, whether a break needs a hyphen)."""
    pieces: list[tuple[str, bool]] = []
    for part in _OWN.split(word):
        soft = part.split(SOFT)
        pieces += [(piece, True) for piece in soft[:-1] if piece]
        if soft[-1]:
            pieces.append((soft[-1], False))
    if pieces:
        pieces[-1] = (pieces[-1][0], False)
    return tuple(pieces)


@lru_cache(4096)
def ruled(word: str, language: str) -> tuple[tuple[str, bool], ...]:
    """Like :func:`own`, and long words divided by the language's patterns as well."""
    rules = _rules(language)
    found: list[tuple[str, bool]] = []
    for piece, dash in own(word):
        cuts = _cuts(piece, rules) if rules else []
        edges = [0, *cuts, len(piece)]
        parts = [piece[start:end] for start, end in itertools.pairwise(edges)]
        found += [(part, True) for part in parts[:-1]]
        found.append((parts[-1], dash))
    return tuple(found)


def _cuts(piece: str, rules: Pyphen) -> list[int]:
    cuts: list[int] = []
    for letters in _LETTERS.finditer(piece):
        if len(letters.group()) >= SHORTEST:
            cuts += [letters.start() + position for position in rules.positions(letters.group())]
    return cuts
