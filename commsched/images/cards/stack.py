"""Sets a column of texts into an area: as large as fits, stepping down together, cut only when nothing helps."""

from __future__ import annotations

from msgspec.structs import replace

from commsched.core.text.messages import N_, Problem, block
from commsched.images.cards import layout
from commsched.images.cards.draw_ops import Op
from commsched.images.cards.measure import LEVELS, Column, SizedText, Text, height, size_at, width_for
from commsched.images.text import line_breaking
from commsched.images.text.line_breaking import Mode

_DIVIDING: tuple[Mode, ...] = ("seams", "long", "hyphens")
"""How words are divided when not even the smallest size holds them whole: as little as helps."""


def _rough(column: Column, texts: list[Text], level: int, mode: Mode) -> list[SizedText] | None:
    """Every text at ``level``; ``None`` where one has a word wider than the column or too many lines."""
    sized = []
    for text in texts:
        size = size_at(text, column.unit, level)
        if text.block.kind == "rule":
            sized.append(SizedText(text, size, 0))
            continue
        count = line_breaking.count(text.text, text.setting, width_for(text, size, column.area.width), mode)
        if count is None or (text.block.lines and count > text.block.lines):
            return None
        sized.append(SizedText(text, size, count))
    return sized


def _settled(column: Column, texts: list[Text], level: int, mode: Mode, shrink: float = 1.0) -> list[SizedText] | None:
    """The same with its lines; whether there are too many of them is not asked here."""
    sized = []
    for text in texts:
        size = size_at(text, column.unit, level, shrink)
        if text.block.kind == "rule":
            sized.append(SizedText(text, size, 0))
            continue
        lines = line_breaking.lines(text.text, text.setting, width_for(text, size, column.area.width), mode)
        if lines is None:
            return None
        sized.append(SizedText(text, size, len(lines), lines))
    return sized


def _fits(column: Column, texts: list[Text], level: int, mode: Mode) -> bool:
    sets = _rough(column, texts, level, mode)
    return sets is not None and height(column, sets) <= column.area.height - 2


def _level(column: Column, texts: list[Text], mode: Mode) -> int | None:
    """The largest level that fits, by halving; ``None`` if not even the smallest does."""
    if _fits(column, texts, LEVELS, mode):
        return LEVELS
    low, high = -1, LEVELS
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(column, texts, middle, mode):
            low = middle
        else:
            high = middle
    return low if low >= 0 else None


def solve(column: Column, texts: list[Text]) -> tuple[list[Op], list[Problem]]:
    """Place ``texts`` in the column; the problems say what had to be cut."""
    if not texts:
        return [], []
    best = _best(column, texts)
    sets = _settled(column, texts, *best) if best else None
    if sets is not None:
        return layout.stack(column, sets), []
    sets, problems = _cut(column, texts)
    return layout.stack(column, sets), problems


def _best(column: Column, texts: list[Text]) -> tuple[int, Mode] | None:
    """The level to set at and how far to divide words: a long word makes the type smaller before it is divided."""
    level = _level(column, texts, "words")
    if level is not None:
        return level, "words"
    return next(((0, mode) for mode in _DIVIDING if _fits(column, texts, 0, mode)), None)


def _cut(column: Column, texts: list[Text]) -> tuple[list[SizedText], list[Problem]]:
    """The smallest size, and as many lines as there is room for; the longest text loses first."""
    shrink = 1.0
    sets = _settled(column, texts, 0, "anywhere")
    for _ in range(24):
        if sets is not None:
            kept = _trimmed(column, texts, sets)
            if height(column, kept) <= column.area.height - 2:
                return kept, _losses(sets, kept)
        shrink *= 0.88
        sets = _settled(column, texts, 0, "anywhere", shrink)
    return [], [block("", N_("There is no room for the text in a picture of this size."))]


def _trimmed(column: Column, texts: list[Text], sets: list[SizedText]) -> list[SizedText]:
    kept = [_first(sized, text.block.lines) for sized, text in zip(sets, texts, strict=True)]
    for _ in range(sum(len(sized.lines) for sized in kept)):
        if height(column, kept) <= column.area.height - 2:
            break
        longest = max(range(len(kept)), key=lambda number: len(kept[number].lines))
        if len(kept[longest].lines) < 2:
            break
        kept[longest] = _first(kept[longest], len(kept[longest].lines) - 1)
    return [_ellipsed(column, sized, whole) for sized, whole in zip(kept, sets, strict=True)]


def _first(sized: SizedText, limit: int) -> SizedText:
    return replace(sized, lines=sized.lines[:limit], count=limit) if limit and sized.count > limit else sized


def _ellipsed(column: Column, sized: SizedText, whole: SizedText) -> SizedText:
    if len(sized.lines) == len(whole.lines):
        return sized
    width = width_for(sized.text, sized.size, column.area.width)
    return replace(sized, lines=tuple(line_breaking.shortened(list(sized.lines), sized.text.setting, width)))


def _losses(whole: list[SizedText], kept: list[SizedText]) -> list[Problem]:
    problems = []
    for before, after in zip(whole, kept, strict=True):
        lost = sum(map(len, before.lines)) - sum(map(len, after.lines))
        if len(after.lines) < len(before.lines):
            sentence = N_("The text is too long for the picture. Shorten it by about %(count)s characters.")
            problems.append(block(before.text.about, sentence, count=max(1, lost + 1)))
    return problems
