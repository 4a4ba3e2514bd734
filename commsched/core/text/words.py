"""Words that somebody looks for: phrases in quotation marks, other forms of Swedish words, and where they stand."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.core.text.length import UNSEEN, fold

if TYPE_CHECKING:
    from snowballstemmer.swedish_stemmer import SwedishStemmer

MOST_TERMS: Final = 10
SHORTEST_STEM: Final = 3
LOOSE_STEM: Final = 4
"""A stem of so many letters also finds longer words that begin or end with it; a shorter one only its own forms."""
_QUOTED: Final = re.compile(r'"([^"]*\w[^"]*)"|(\S+)')
_LETTERS: Final = re.compile(r"[^\W_]+")


class Term(msgspec.Struct, frozen=True):
    """One thing to look for, folded: a word in any of its forms, or a ``phrase`` exactly as it stands."""

    text: str
    phrase: bool = False

    @property
    def needles(self) -> list[list[str]]:
        """Pieces of which a text that has the term holds, of each list, at least one. A text may hold them and still
        not have it (:func:`match`)."""
        if self.phrase:
            return [[word] for word in self.text.split()]
        short = {self.text, *stems(self.text)}
        return [sorted(piece for piece in short if not any(other != piece and other in piece for other in short))]


@lru_cache(maxsize=64)
def terms(asked: str) -> tuple[Term, ...]:
    """What is looked for: ``bussar "nya perronger"`` is a word and a phrase. At most :data:`MOST_TERMS`."""
    parts = []
    for quoted, word in _QUOTED.findall(fold(asked)):
        if quoted:
            parts.append(Term(" ".join(quoted.split()), phrase=True))
        else:
            parts.append(Term(word.strip('"') or word))
    return tuple(parts[:MOST_TERMS])


@cache
def _stemmer() -> SwedishStemmer:
    """Loaded on first use: most processes never search."""
    from snowballstemmer.swedish_stemmer import SwedishStemmer

    return SwedishStemmer()


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=512)
def stems(word: str) -> tuple[str, ...]:
    """What is common to the forms of a folded ``word``: ``buss`` of *bussar*, ``skol`` of *skolan*; nothing of what is
    no single word, or too short to tell words apart."""
    if not _LETTERS.fullmatch(word):
        return ()
    forms = [word]
    if len(word) > LOOSE_STEM and word.endswith(("n", "t", "s")):
        forms.append(word[:-1])  # the stemmer leaves the definite form of short words as it is
    return tuple(dict.fromkeys(stem for form in forms if len(stem := _stem(form)) >= SHORTEST_STEM))


def match(folded: str, wanted: Iterable[Term]) -> bool:
    """Whether every one of ``wanted`` stands in ``folded``, a text as :func:`fold` makes it."""
    return all(_span(folded, term) is not None for term in wanted)


def _span(folded: str, term: Term) -> tuple[int, int] | None:
    """Where the term first stands in ``folded``: exactly, else in another form."""
    if term.phrase:
        pattern = r"\s+".join(map(re.escape, term.text.split()))
        hit = re.search(pattern, folded)
        return hit.span() if hit else None
    at = folded.find(term.text)
    if at >= 0:
        return at, at + len(term.text)
    return next((span for stem in stems(term.text) for span in _forms(folded, stem)), None)


def _forms(folded: str, stem: str) -> Iterator[tuple[int, int]]:
    """The words of ``folded`` that are forms of ``stem``, or compounds that begin or end with it."""
    at = folded.find(stem)
    while at >= 0:
        first, last = at, at + len(stem)
        while first and _LETTERS.match(folded[first - 1]):
            first -= 1
        while last < len(folded) and _LETTERS.match(folded[last]):
            last += 1
        own = _stem(folded[first:last])
        loose = len(stem) >= LOOSE_STEM and (first == at or own.endswith(stem))
        if own == stem or loose:
            yield first, last
        at = folded.find(stem, last)


def found_in(text: str, words: str) -> tuple[int, int] | None:
    """Where the first of ``words`` that stands in ``text`` begins and ends there, compared as :func:`fold` has it."""
    windows = [(start, fold(text[start : start + 2 * _WINDOW])) for start in range(0, len(text), _WINDOW)]
    for term in terms(words):
        for start, folded in windows:
            span = _span(folded, term)
            if span is not None:
                first, last = _unfolded(text[start : start + 2 * _WINDOW], *span)
                return start + first, start + last
    return None


_WINDOW: Final = 2_000
"""Characters that are unfolded at once, each twice so that no word falls between two: in a whole book it would cost."""


def _unfolded(text: str, start: int, end: int) -> tuple[int, int]:
    """The piece of ``text`` that became ``[start, end)`` when it was folded. Longer beginnings fold to no less."""
    places = range(len(text) + 1)

    def length(place: int) -> int:
        return len(fold(text[:place]))

    first = bisect_right(places, start, key=length) - 1
    last = bisect_left(places, end, key=length)
    while last < len(text) and (unicodedata.combining(text[last]) or ord(text[last]) in UNSEEN):
        last += 1
    return first, last
