"""Divides text into lines of even length, in em: no lonely last word, no line that ends in a dangling "och"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from commsched.images.text import hyphenation, runs
from commsched.images.text.fonts import Face

Mode = Literal["words", "seams", "long", "hyphens", "anywhere"]
"""How far breaking may go: between words, inside words that are wider than a line (``seams``: only where two words
were joined; ``long``: by the language's patterns too), inside every long word, or
(``anywhere``) between any two signs, so that nothing is ever too wide."""

_GLUE = (
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), "\u00a0"),
    (re.compile(r"(?<=\d) (?=(?:%|‰|°|kr|kronor|tkr|mkr|mnkr|mdkr|miljon|miljard|procent|år|km|kl)\w*)"), "\u00a0"),
    (re.compile(r"(?i)(?<=\bkl\.) (?=\d)|(?<=\bkl) (?=\d)|(?<=§) (?=\d)|(?<=\bnr) (?=\d)"), "\u00a0"),
    (re.compile(r"(?i)(?<=\d) (?=(?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)[a-z]*\b)"), "\u00a0"),
    (re.compile(r"(?<=\S) (?=[–—] )"), "\u00a0"),
)
_DANGLING = re.compile(
    r"(?:i|å|på|av|att|och|men|som|en|ett|den|det|de|för|med|till|om|ur|vid|är|a|an|the|of|to|in|on)\Z", re.IGNORECASE
)
_BY_WIDTH = ("seams", "long", "anywhere")
"""The modes whose pieces depend on the measure."""
_MAX_WORDS = 400


class Fragment(msgspec.Struct, frozen=True):
    """What no line break divides. ``dash``: a line that ends with it gets a hyphen."""

    text: str
    width: float
    space: bool
    dash: bool
    dangling: bool


class TextSetting(NamedTuple):
    """How a text is set: everything that its breaking depends on beside the width."""

    face: Face
    tracking: float = 0.0
    language: str = "sv"


_FIRST = re.compile(r"(?im)^(i|å|på|av|att|och|en|ett|det|de|för|med|till|om|vid|a|an|the|of|to|in|on) (?=\S)")
"""A little word that opens a text stays with the next: alone on a line it would look forgotten."""


def glued(text: str) -> str:
    """``text`` with no-break spaces where Swedish usage keeps figures and their units together."""
    for pattern, space in _GLUE:
        text = pattern.sub(space, text)
    return _FIRST.sub("\\1\u00a0", text)


def pieces(text: str, setting: TextSetting, mode: Mode, width: float = 0.0) -> tuple[Fragment, ...]:
    """One paragraph in pieces. ``width`` (em) matters to the mode ``anywhere`` only."""
    fragments: list[Fragment] = []
    for word in text.split(" ")[:_MAX_WORDS]:
        if not word:
            continue
        whole = mode == "words" or (mode in ("seams", "long") and _wide(word, setting) <= width)
        parts = hyphenation.own(word) if whole else hyphenation.ruled(word, setting.language, mode == "seams")
        for number, (part, dash) in enumerate(parts):
            first = number == 0
            if mode == "anywhere":
                fragments += _shattered(part, setting, width, first and bool(fragments), dash)
            else:
                fragments.append(_piece(part, setting, first and bool(fragments), dash))
    return tuple(fragments)


def _wide(word: str, setting: TextSetting) -> float:
    return runs.extent(word.replace(hyphenation.SOFT, ""), setting.face, setting.tracking).width


def _piece(text: str, setting: TextSetting, space: bool, dash: bool) -> Fragment:
    extent = runs.extent(text, setting.face, setting.tracking)
    return Fragment(text, extent.width, space, dash, _DANGLING.match(text) is not None)


def _shattered(part: str, setting: TextSetting, width: float, space: bool, dash: bool) -> list[Fragment]:
    whole = _piece(part, setting, space, dash)
    if whole.width + _dash_width(setting) <= width:
        return [whole]
    signs = runs.clusters(part)
    return [
        _piece(sign, setting, space and number == 0, dash and number == len(signs) - 1)
        for number, sign in enumerate(signs)
    ]


@lru_cache(256)
def _dash_width(setting: TextSetting) -> float:
    return runs.extent("-", setting.face, setting.tracking).width


@lru_cache(256)
def _space_width(setting: TextSetting) -> float:
    return runs.extent("n n", setting.face, setting.tracking).width - 2 * runs.extent("n", setting.face).width


class _Ruler:
    """Widths of any stretch of pieces, by sums taken once."""

    def __init__(self, parts: tuple[Fragment, ...], setting: TextSetting) -> None:
        self.parts = parts
        self._space, self._dash = _space_width(setting), _dash_width(setting)
        self._sums = [0.0]
        for part in parts:
            self._sums.append(self._sums[-1] + part.width + (self._space if part.space else 0.0))

    def width(self, start: int, end: int) -> float:
        """Width in pixels of the pieces from ``start`` to ``end`` (exclusive) set as one line."""
        first, last = self.parts[start], self.parts[end - 1]
        line = self._sums[end] - self._sums[start] - (self._space if first.space else 0.0)
        return line + (self._dash if last.dash and end < len(self.parts) else 0.0)

    def greedy(self, width: float) -> list[int] | None:
        """Ends of lines filled one after the other; ``None`` where a piece is wider than a line."""
        ends, start, count = [], 0, len(self.parts)
        while start < count:
            end = 0
            for stop in range(start + 1, count + 1):
                if self.width(start, stop) <= width:
                    end = stop
                elif self._sums[stop] - self._sums[start] > width + self._space + self._dash:
                    break
            if not end:
                return None
            ends.append(end)
            start = end
        return ends


def _cost(ruler: _Ruler, start: int, end: int, width: float, ideal: float) -> float:
    """How ill a line looks: far from the ideal length, hyphenated, dangling, or a single word at the end."""
    length = ruler.width(start, end)
    last = end == len(ruler.parts)
    cost = ((length - ideal) / width) ** 2
    if last:
        words = 1 + sum(part.space for part in ruler.parts[start + 1 : end])
        return cost + (4.0 if words == 1 and start > 0 else 0.0)
    if ruler.parts[end - 1].dash:
        return cost + 0.35
    return cost + (0.05 if ruler.parts[end - 1].dangling else 0.0)


def _balanced(ruler: _Ruler, width: float, lines: int) -> list[int] | None:
    """Ends of exactly ``lines`` lines, as even as they can be."""
    count = len(ruler.parts)
    ideal = min(width, ruler.width(0, count) / lines)
    # best[n][k]: the least cost of setting the first k pieces in n lines, and where the last of them starts
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for number in range(lines):
        now: dict[int, tuple[float, int]] = {}
        for start, (before, _) in best[number].items():
            for end in range(start + 1, count + 1):
                if number == lines - 1 and end < count:
                    continue
                if ruler.width(start, end) > width:
                    if end - start > 1 and not ruler.parts[end - 1].dash:
                        break
                    continue
                total = before + _cost(ruler, start, end, width, ideal)
                if end not in now or total < now[end][0]:
                    now[end] = (total, start)
        best.append(now)
    return _traced(best, count) if count in best[-1] else None


def _traced(best: list[dict[int, tuple[float, int]]], count: int) -> list[int]:
    ends, at = [], count
    for number in range(len(best) - 1, 0, -1):
        ends.append(at)
        at = best[number][at][1]
    return ends[::-1]


def _text(parts: tuple[Fragment, ...], start: int, end: int) -> str:
    line = "".join((" " if part.space and place else "") + part.text for place, part in enumerate(parts[start:end]))
    return line + ("-" if parts[end - 1].dash and end < len(parts) else "")


@lru_cache(256)
def ink(text: str, setting: TextSetting) -> tuple[float, float]:
    """How far the highest word rises above its baseline and the deepest falls below, in em."""
    extents = [runs.extent(word, setting.face) for word in text.split()[:_MAX_WORDS]]
    return max((extent.top for extent in extents), default=0.0), max((extent.bottom for extent in extents), default=0.0)


@lru_cache(256)
def _ruler(paragraph: str, setting: TextSetting, mode: Mode, width: float) -> _Ruler:
    return _Ruler(pieces(paragraph, setting, mode, width), setting)


@lru_cache(1024)
def count(text: str, setting: TextSetting, width: float, mode: Mode) -> int | None:
    """How many lines ``text`` needs at ``width`` em; ``None`` where a word is wider than that."""
    total = 0
    for paragraph in text.split("\n"):
        ends = _ruler(paragraph, setting, mode, width if mode in _BY_WIDTH else 0.0).greedy(width)
        if ends is None:
            return None
        total += len(ends)
    return total


@lru_cache(256)
def lines(text: str, setting: TextSetting, width: float, mode: Mode) -> tuple[str, ...] | None:
    """``text`` in balanced lines of at most ``width`` em, as few as possible; ``None`` as in :func:`count`."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        ruler = _ruler(paragraph, setting, mode, width if mode in _BY_WIDTH else 0.0)
        ends = ruler.greedy(width)
        if ends is None:
            return None
        if 1 < len(ends) <= 12:
            ends = _balanced(ruler, width, len(ends)) or ends
        start, rtl = 0, runs.is_rtl(paragraph)
        for end in ends:
            lines.append(runs.marked(_text(ruler.parts, start, end), rtl))
            start = end
    return None if any(_overflows(line, setting, width) for line in lines) else tuple(lines)


def _overflows(line: str, setting: TextSetting, width: float) -> bool:
    """Whether a line is wider than its words were: scripts that join their letters may join them across a space."""
    if all(run.kind != "shaped" for run in runs.split(runs.unmarked(line), setting.face)):
        return False
    extent = runs.extent(line, setting.face, setting.tracking)
    return extent.right - extent.left > width


def shortened(kept: list[str], setting: TextSetting, width: float) -> list[str]:
    """``kept`` lines with an ellipsis at the end of the last, which is shortened until that fits."""
    signs = runs.clusters(kept[-1].rstrip(" .,:;–-"))
    while signs and runs.extent("".join(signs) + "…", setting.face, setting.tracking).width > width:
        signs.pop()
    return [*kept[:-1], "".join(signs).rstrip(" .,:;–-") + "…"]
