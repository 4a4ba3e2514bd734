"""Some of what a text says around what was looked for."""

from __future__ import annotations

from commsched.core.content.markup import to_plain
from commsched.core.content.model import Content
from commsched.core.text.words import found_in

NEAR = 1_000
"""Characters on each side of what was found that an excerpt is taken from."""


def excerpt(content: Content, words: str, width: int = 160) -> tuple[str, str, str]:
    """Some of what ``content`` says around the first word found: before, the word, after; cut between words, with a
    mark where. Without the marks of a release, which no reader sees."""
    text = content.text or content.lead
    near = found_in(text, words)
    first = max(0, near[0] - NEAR) if near else 0
    piece = text[first : first + 2 * NEAR]
    line = " ".join((to_plain(piece) if content.kind == "release" else piece).split())
    place = found_in(line, words)
    if place is None:
        return _cut(line, 0, width), "", ""
    start = _start(line, max(0, place[0] - width // 3), place[0])
    head = ("… " if start or first else "") + line[start : place[0]]
    return head, line[slice(*place)], _cut(line, place[1], start + width)


def _start(line: str, wish: int, at: int) -> int:
    """The beginning of a word at or after ``wish``, and before ``at``."""
    if not wish or line[wish - 1] == " ":
        return wish
    space = line.find(" ", wish, at)
    return space + 1 if space >= 0 else wish


def _cut(line: str, start: int, end: int) -> str:
    """``line`` from ``start`` to a word's end at or before ``end``."""
    if end >= len(line):
        return line[start:]
    space = line.rfind(" ", start, end + 1)
    return f"{line[start : space if space > start else end].rstrip(' ,.;:–-')} …"
