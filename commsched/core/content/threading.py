"""Divides a text that is too long for one post into a thread: between paragraphs and sentences, never within a link, a
mention, a hashtag, a number and its unit, or a character as a reader sees it.

Nothing is rewritten: a part is a piece of the text, without the blank space at its ends.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.core.text.length import THREAD_MARK, split_thread

if TYPE_CHECKING:
    from regex import Pattern

Count = Callable[[str], int]

MOST_PARTS: Final = 40
"""Posts in one thread: nobody reads more, and a text that would take them is no post."""
_JOINT: Final = f"\n{THREAD_MARK}\n"
_ENOUGH: Final = 0.5
"""How much of a post a paragraph must fill for the post to end with it, though more would find room."""
_GAP: Final = re.compile(r"\s+")
_SENTENCE_ENDS: Final = re.compile(r"[.!?…][.!?…]*[\"'”’»)\]]*$")
_CLAUSE_ENDS: Final = re.compile(r"(?:[,;:]|\s[–—-])[\"'”’»)\]]*$")
_SHORTENED: Final = re.compile(
    r"(?:^|[\s(\"”])(?:(?:\w\.)+\w|\w|adr|ang|anm|ca|dvs|dr|enl|ev|exkl|fr|inkl|jfr|kl|kap|max|min|"
    r"nr|obs|prof|resp|sid|str|tel|vol|mr|mrs|ms|no|vs)\.$",
    re.IGNORECASE,
)
"""A full stop that is part of a word: ``t.ex.``, ``kl.``, ``A.`` in a name."""
_ORDINAL: Final = re.compile(r"(?:^|\s)\d{1,2}\.$")
_WHOLE: Final = re.compile(
    r"@\[[^\]\n]{1,200}\]"  # a mention by the office's book
    r"|(?:[$€£][^\S\n])?\d(?:[\d.,:/–-]*\d)?(?:[^\S\n]\d{3}\b)*"  # 12 500,
    r"(?:[^\S\n](?:[%‰°]\w?|[^\W\d_]{1,12}\b))?"  # … kronor, 3 maj, 4,5 %
    r"|\b(?:kl|nr|ca|cirka|den|§)\.?[^\S\n]\d(?:[\d.,:–-]*\d)?(?:[^\S\n][^\W\d_]{3,9}\b)?"  # kl. 07.30, den 3 maj
    r"|\w\.[^\S\n]\w\.(?:[^\S\n]\w\.)?"  # t. ex.
)
"""What holds a space and is yet never divided."""
_JOINS_BACK: Final = frozenset("\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


class Cut(IntEnum):
    """Where a part may end, the worst place first."""

    CHARACTER = 0
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3
    LINE = 4
    PARAGRAPH = 5


class Thread(msgspec.Struct, frozen=True):
    """A text as the posts of a thread, without their numbers."""

    parts: list[str]
    broken: list[int] = []
    """The parts (from 1) that end within a sentence, since it alone is longer than a post."""

    @property
    def text(self) -> str:
        """The thread as it is written: its parts, divided by a line ``---``."""
        return _JOINT.join(self.parts)


class TooLong(ValueError):
    """It cannot be divided into :data:`MOST_PARTS`, or holds something longer than a post that is never cut."""


def still_broken(text: str, broken: list[int]) -> list[int]:
    """Those of the parts ``broken`` that still end within a sentence, as the thread ``text`` stands now."""
    parts = split_thread(text)
    return [number for number in broken if 0 < number < len(parts) and not _SENTENCE_ENDS.search(parts[number - 1])]


def numbered(parts: list[str]) -> list[str]:
    """``parts`` with ``1/4`` below each. One alone has no number."""
    if len(parts) < 2:
        return parts
    return [f"{part}\n\n{number}/{len(parts)}" for number, part in enumerate(parts, 1)]


def suggest(text: str, limit: int, count: Count, number: bool = False, below: str = "") -> Thread:
    """``text`` as parts that each are at most ``limit`` by ``count``, with their numbers where ``number`` says so.

    Where it is divided by hand already that stays, and only parts too long are divided further. ``below`` is what is
    put below the first part (the item's link). Raises :class:`TooLong`.
    """
    if limit < 1 or count(text) > MOST_PARTS * limit:
        raise TooLong
    digits = 1
    while True:
        tail = f"\n\n{'9' * digits}/{'9' * digits}" if number else ""
        thread = _divided(text, limit, count, tail, f"\n\n{below}" if below else "")
        if not number or len(thread.parts) < 10**digits:
            return thread
        digits += 1


def _divided(text: str, limit: int, count: Count, tail: str, below: str) -> Thread:
    parts: list[str] = []
    broken: list[int] = []
    for whole in split_thread(text):
        divider, start = _Divider(whole, limit, count, tail), 0
        while start < len(whole):
            end, cut = divider.next(start, below if not parts else "")
            parts.append(whole[start:end].strip())
            if cut < Cut.SENTENCE and end < len(whole):
                broken.append(len(parts))
            start = end
            if len(parts) > MOST_PARTS:
                raise TooLong
    return Thread(parts or [""], broken)


class _Divider:
    """Finds the end of one part after the other in a text."""

    def __init__(self, text: str, limit: int, count: Count, tail: str) -> None:
        self.text, self.limit, self.count, self.tail = text, limit, count, tail
        cuts = [*_cuts(text), (len(text), Cut.PARAGRAPH)]
        self.cuts = {least: [each for each in cuts if each[1] >= least] for least in Cut}

    def next(self, start: int, below: str) -> tuple[int, Cut]:
        """Where the part that begins at ``start`` ends, and how good a place that is."""
        for least in (Cut.SENTENCE, Cut.CLAUSE, Cut.WORD):
            fitting = self._fitting(start, least, below)
            if fitting:
                return self._best(start, fitting, least)
        return self._within_word(start, below), Cut.CHARACTER

    def _fits(self, start: int, end: int, below: str) -> bool:
        return self.count(self.text[start:end].strip() + below + self.tail) <= self.limit

    def _fitting(self, start: int, least: Cut, below: str) -> list[tuple[int, Cut]]:
        """The places at least as good as ``least`` up to which it fits, in order."""
        cuts = self.cuts[least]
        first = bisect_right(cuts, start, key=lambda cut: cut[0])
        many = _last_fitting(len(cuts) - first, lambda number: self._fits(start, cuts[first + number][0], below))
        return cuts[first : first + many]

    def _best(self, start: int, fitting: list[tuple[int, Cut]], least: Cut) -> tuple[int, Cut]:
        """The last place; one that ends a paragraph before it where that fills enough of a post."""
        furthest = fitting[-1][0]
        if furthest == len(self.text):
            return fitting[-1]
        for better in (Cut.PARAGRAPH, Cut.LINE):
            ends = [place for place, cut in fitting if cut >= better]
            if better > least and ends and ends[-1] - start >= _ENOUGH * (furthest - start):
                return ends[-1], better
        return fitting[-1]

    def _within_word(self, start: int, below: str) -> int:
        """The furthest end of a character within the word at ``start``. Raises :class:`TooLong` where it is no mere
        word."""
        word = _GAP.split(self.text[start:], maxsplit=1)[0]
        if _is_whole(word):
            raise TooLong
        ends = [start + character.end() for character in _grapheme().finditer(word)]
        many = _last_fitting(len(ends), lambda number: self._fits(start, ends[number], below))
        end = ends[many - 1] if many else start
        alone = self.text[start:end] == THREAD_MARK
        if end == start or alone or _begins_as_mark(self.text, end):
            raise TooLong
        return end


def _last_fitting(many: int, fits: Callable[[int], bool]) -> int:
    """How many of ``many`` candidates, each longer than the one before, fit: by doubling steps, then halving ones, so
    that a long text is counted few times. The last of them has been tried."""
    low, step = 0, 1
    while low + step <= many and fits(low + step - 1):
        low, step = low + step, step * 2
    high = min(low + step - 1, many)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle - 1):
            low = middle
        else:
            high = middle - 1
    return low


def _cuts(text: str) -> Iterator[tuple[int, Cut]]:
    """Every place where a part may end, in order: the end of a run of blank space."""
    whole = [match.span() for match in _WHOLE.finditer(text)]
    at = 0
    for gap in _GAP.finditer(text):
        place = gap.end()
        while at < len(whole) and whole[at][1] <= gap.start():
            at += 1
        inside = at < len(whole) and whole[at][0] < gap.start() < whole[at][1]
        if gap.start() and place < len(text) and not inside and _may_part(text, gap.start(), place):
            yield place, _worth(text, gap)


def _may_part(text: str, end: int, place: int) -> bool:
    """Whether the characters there are two to a reader, and no line of either part would divide it once more."""
    following = text[place]
    if unicodedata.category(following)[0] == "M" or following in _JOINS_BACK:
        return False
    return not (_ends_as_mark(text, end) or _begins_as_mark(text, place))


def _ends_as_mark(text: str, end: int) -> bool:
    """Whether the word before ``end`` is one that, alone on its line, divides a text."""
    before = end - len(THREAD_MARK)
    return text.endswith(THREAD_MARK, 0, end) and (before <= 0 or text[before - 1].isspace())


def _begins_as_mark(text: str, start: int) -> bool:
    """The same of the word at ``start``."""
    after = start + len(THREAD_MARK)
    return text.startswith(THREAD_MARK, start) and (after >= len(text) or text[after].isspace())


def _worth(text: str, gap: re.Match[str]) -> Cut:
    lines = gap.group().count("\n")
    if lines:
        return Cut.PARAGRAPH if lines > 1 else Cut.LINE
    before = text[max(0, gap.start() - 40) : gap.start()]
    if _SENTENCE_ENDS.search(before) and _begins_sentence(text[gap.end() : gap.end() + 20]):
        if not (_SHORTENED.search(before) or _ORDINAL.search(before)):
            return Cut.SENTENCE
        return Cut.WORD
    return Cut.CLAUSE if _CLAUSE_ENDS.search(before) else Cut.WORD


def _begins_sentence(rest: str) -> bool:
    """Whether what comes next may begin a sentence: no small letter does."""
    first = rest.lstrip("\"'”’»([–—-• ")[:1]
    return not first.islower()


def _is_whole(word: str) -> bool:
    """Whether ``word`` is never cut: a link, an address, a mention, a hashtag, a number."""
    return bool(re.search(r"://|@|^#|^\W?#|\w\.\w|\d", word))


@cache
def _grapheme() -> Pattern[str]:
    import regex

    flag = "[\U0001f1e6-\U0001f1ff]"  # a long run of them costs whoever divides by UAX 29 the square of its length
    return regex.compile(rf"{flag}{{2}}(?={flag})|\X")
