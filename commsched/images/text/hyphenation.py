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

LONG_PART = 13
"""Letters of a compound's part above which the part itself may be divided."""
_SEAM = (
    "(?i)(?<=[a-zåäö])(?:akut|arbet(?=e|s)|avdelning|avgift|avtal|beslut|bolag|budget|buss|bygd(?!lig)|byrå"
    "|central(?!t)|chef|dag(?=bok|ordning)|debatt|demokrati|dialog|enhet|fastighet|fullmäktige|fråg|förbund"
    "|förbättring|förening|förhandling|förlossning|förslag|försörjning|förvaltning|grupp|handling(?=ar|s)|hus(?=et|en"
    "|$)|ingenjör|insats|kommun|kostnad|kväll|ledamot|ledamöter|ledare|läkar|län(?=et|s)|lösning|minister"
    "|(?<!fa)miljö|mottagning|myndighet|möte|nämnd|ordförande|organisation|partie?t?$|personal|plats|planering|plikt"
    "|politi[ks]|priser|program|projekt|regering|region|ränta|sammanträde|samverkan|sekreterare|sjukhus|sjuksköters"
    "|sjukvård|skatte?|skydd|skola|sköters|stad|stug|stämma|styrelse|system|sändning|takt|telefon|timma|trafik"
    "|(?<!för)tjänst|tåg|undersökning|upphandling|upplysning|utbildning|utredning|utskott|utveckling|val(?=et|dag"
    "|krets)|verksamhet|(?<!sjuk)vård(?!e)|väg(?=ar|en|net)|väntetid|åker|åtgärd|öppettid|tider|folk(?=om))"
)
"""Beginnings of words that often stand last in the long words of this trade."""
_LETTERS = re.compile(r"[^\W\d_]+")
_OWN = re.compile(r"(?<=[^\W\d_]{2}[-–/])(?=[^\W\d_]{2})")


@lru_cache(8)
def _rules(language: str) -> Pyphen | None:
    import pyphen

    code = pyphen.language_fallback(language or "sv")
    return pyphen.Pyphen(lang=code, left=KEEP, right=KEEP) if code else None


@lru_cache(1024)
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


@lru_cache(1024)
def ruled(word: str, language: str, seams: bool = False) -> tuple[tuple[str, bool], ...]:
    """Like :func:`own`, and long words divided by the language's patterns as well, or only at their ``seams``."""
    rules = _rules(language)
    pieces: list[tuple[str, bool]] = []
    for piece, dash in own(word):
        cuts = _cuts(piece, rules, seams) if rules else []
        edges = [0, *cuts, len(piece)]
        parts = [piece[start:end] for start, end in itertools.pairwise(edges)]
        pieces += [(part, True) for part in parts[:-1]]
        pieces.append((parts[-1], dash))
    return tuple(pieces)


def _cuts(piece: str, rules: Pyphen, only_seams: bool) -> list[int]:
    cuts: list[int] = []
    for letters in _LETTERS.finditer(piece):
        word = letters.group()
        if len(word) >= SHORTEST:
            cuts += [letters.start() + position for position in _word_cuts(word, rules, only_seams)]
    return cuts


def _word_cuts(word: str, rules: Pyphen, only_seams: bool) -> list[int]:
    """Where two words were joined, if that is known; the patterns' places only inside what is still long.

    Patterns know syllables and not words: they would set "trafi-kupphandling" and "lands-bygd" with equal ease.
    """
    seams = [match.start() for match in re.finditer(_SEAM, word) if KEEP <= match.start() <= len(word) - KEEP]
    if only_seams:
        return seams
    edges = [0, *seams, len(word)]
    inner = [
        position
        for start, end in itertools.pairwise(edges)
        if end - start > LONG_PART or not seams
        for position in rules.positions(word)
        if start + KEEP <= position <= end - KEEP
    ]
    return sorted({*seams, *inner})
