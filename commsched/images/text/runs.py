"""Divides a line into runs that one font sets in one way, and measures them, in em.

*Plain* runs (Latin, Greek, Cyrillic without combining marks) are set glyph by glyph from a cache; *shaped*
runs (marks, Arabic, Hebrew, Indic …) go through HarfBuzz as a whole; *emoji* are pictures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from commsched.images.intake import emoji
from commsched.images.text import fonts
from commsched.images.text.fonts import Face

if TYPE_CHECKING:
    import regex

Kind = Literal["plain", "shaped", "emoji"]
REFERENCE = 400
"""Pixels per em at which widths are taken; they scale, because glyphs are drawn without hinting."""
EMOJI_BOX = 1.16
"""Side of a colour emoji, in em, and how much of it is below the baseline."""
EMOJI_BELOW = 0.2

_PLAIN = re.compile(
    "[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff"
    "\u2010-\u2027\u202f-\u205e\u20a0-\u20bf\u2100-\u218f\u2190-\u22ff\u25a0-\u25ff]*\\Z"
)
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\uffff\ud800-\udfff\ue000-\uf8ff]"
)
_MARKS = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})"
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


_MARKS_OF_DIRECTION = ("\u200e", "\u200f")
"""Unseen signs that run left to right and right to left. Those that somebody types are left out by :func:`settable`."""


class Run(msgspec.Struct, frozen=True):
    kind: Kind
    text: str
    face: Face


class Extent(msgspec.Struct, frozen=True):
    """The measures of a text on its baseline, in em: ``width`` is the advance, the others bound the ink."""

    width: float
    top: float
    bottom: float
    left: float
    right: float


@lru_cache(1)
def _patterns() -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    import regex

    emoji = r"\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\p{Extended_Pictographic}.*\u200d|.\ufe0f?\u20e3"
    return regex.compile(r"\X"), regex.compile(emoji)


def settable(text: str) -> str:
    """``text`` in NFC, without controls, direction tricks and private signs, and with at most two marks on a letter.

    A mark that has no letter (after a space, or first) is left out: no two programs agree on how wide it is.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = _MARKS.sub(r"\1", _UNSEEN.sub("", text))
    return text if all(char < "\u0300" for char in text) else "".join(_lettered(text))


def _lettered(text: str) -> Iterator[str]:
    before = " "
    for char in text:
        if not (before.isspace() and unicodedata.category(char).startswith("M")):
            yield char
            before = char


def clusters(text: str) -> list[str]:
    """What a reader sees as single signs."""
    clusters: list[str] = _patterns()[0].findall(text)
    return clusters


@lru_cache(2048)
def split(text: str, face: Face) -> tuple[Run, ...]:
    """``text`` as runs, in logical order."""
    if _PLAIN.match(text) and all(fonts.covers(face, char) for char in text):
        return (Run("plain", text, face),)
    runs: list[Run] = []
    for cluster in clusters(text):
        run = _of(cluster, face, runs[-1] if runs else None)
        if runs and run.kind != "emoji" and (runs[-1].kind, runs[-1].face) == (run.kind, run.face):
            runs[-1] = Run(run.kind, runs[-1].text + cluster, run.face)
        else:
            runs.append(run)
    return tuple(runs)


def visual(text: str, face: Face) -> tuple[Run, ...]:
    """The runs of one line from left to right, in the direction that :func:`marked` says, else its first letter. (A run
    turns its own letters; nested directions are not undone.)"""
    turned, text = is_rtl(text), unmarked(text)
    parts = split(text, face)
    if len(parts) < 2:
        return parts
    return tuple(_spaces_out(parts, turned))[:: -1 if turned else 1]


def _spaces_out(parts: tuple[Run, ...], turned: bool) -> Iterator[Run]:
    """A space after a run that reads the other way than its line would be drawn on the wrong side of it: it stands
    alone instead, and is the line's."""
    for run in parts:
        bare = run.text.rstrip(" ")
        if run.kind == "emoji" or not bare or bare == run.text or is_rtl(bare) == turned:
            yield run
            continue
        yield Run(run.kind, bare, run.face)
        yield Run("plain", run.text[len(bare) :], run.face)


def _of(cluster: str, face: Face, before: Run | None) -> Run:
    if _patterns()[1].match(cluster):
        return Run("emoji", cluster, face)
    if cluster.isspace() and before is not None and before.kind != "emoji":
        return Run(before.kind, cluster, before.face)
    other = fonts.face_for(face, cluster) or face
    plain = len(cluster) == 1 and _PLAIN.match(cluster)
    return Run("plain" if plain else "shaped", cluster, other)


def marked(line: str, rtl: bool) -> str:
    """``line`` of a paragraph that runs right to left, or does not, so that it is set in the paragraph's direction and
    not in that of the word which it happens to begin with (UAX 9, P2 and P3): a mark before it says so."""
    return line if is_rtl(line) == rtl else _MARKS_OF_DIRECTION[rtl] + line


def unmarked(line: str) -> str:
    """``line`` as it was before :func:`marked`."""
    return line.lstrip("".join(_MARKS_OF_DIRECTION))


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def unknown(text: str, face: Face, emoji_font: str = "") -> list[str]:
    """The signs in ``text`` that no font at hand can draw."""
    if _PLAIN.match(text) and all(fonts.covers(face, char) for char in text):
        return []
    return sorted({sign for sign in clusters(text) if not sign.isspace() and not _drawable(sign, face, emoji_font)})


def _drawable(cluster: str, face: Face, emoji_font: str) -> bool:
    if not _patterns()[1].match(cluster):
        return fonts.face_for(face, cluster) is not None
    if fonts.covers(Face("Noto Emoji", 600), cluster[0]):
        return True
    path = fonts.colour_emoji(emoji_font)
    return bool(path) and emoji.drawn(fonts.coloured(path), cluster) is not None


@lru_cache(4096)
def glyph(face: Face, char: str) -> Extent:
    """One glyph's advance and ink, in em."""
    left, top, right, bottom = _ink(face, char)
    unit = 1 / REFERENCE
    width = fonts.opened(face, REFERENCE).getlength(char)
    return Extent(width * unit, -top * unit, bottom * unit, left * unit, right * unit)


def _ink(face: Face, text: str) -> tuple[int, int, int, int]:
    """The box of what is really black, in pixels at :data:`REFERENCE` (Pillow's own box has the advance in it)."""
    mask, offset = fonts.opened(face, REFERENCE).getmask2(text, mode="L", anchor="ls")
    box = mask.getbbox()
    if box is None:
        return 0, 0, 0, 0
    x, y = int(offset[0]), int(offset[1])
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


@lru_cache(8192)
def kern(face: Face, pair: str) -> float:
    """What the font takes away between two glyphs, in em."""
    both = fonts.opened(face, REFERENCE).getlength(pair, features=["-liga", "-clig"]) / REFERENCE
    return both - glyph(face, pair[0]).width - glyph(face, pair[1]).width


@lru_cache(1024)
def places(text: str, face: Face, tracking: float = 0.0) -> tuple[float, ...]:
    """Where each glyph of a plain run starts, and where the run ends, in em."""
    at, before = 0.0, ""
    widths: list[float] = []
    for char in text:
        if before:
            at += kern(face, before + char) + tracking
        widths.append(at)
        at += glyph(face, char).width
        before = char
    return (*widths, at)


@lru_cache(2048)
def extent(text: str, face: Face, tracking: float = 0.0) -> Extent:
    """The whole of ``text`` set in ``face`` and its stand-ins, in em."""
    at, top, bottom, left, right = 0.0, 0.0, 0.0, 0.0, 0.0
    for run in visual(text, face):
        part = _run_extent(run, tracking)
        if at == 0.0:
            left = part.left
        right = max(right, at + part.right)
        top, bottom = max(top, part.top), max(bottom, part.bottom)
        at += part.width
    return Extent(at, top, bottom, left, right)


def _run_extent(run: Run, tracking: float) -> Extent:
    if run.kind == "emoji":
        return Extent(EMOJI_BOX + 0.06, EMOJI_BOX - EMOJI_BELOW, EMOJI_BELOW, 0.03, EMOJI_BOX + 0.03)
    if run.kind == "shaped":
        left, top, right, bottom = _ink(run.face, run.text)
        width = fonts.opened(run.face, REFERENCE).getlength(run.text)
        slack = 0.02  # shaping at another size may move an accent by a pixel
        return Extent(
            max(width, right) / REFERENCE,
            -top / REFERENCE + slack,
            bottom / REFERENCE + slack,
            left / REFERENCE - slack,
            max(width, right) / REFERENCE,
        )
    starts = places(run.text, run.face, tracking)
    marks = [(glyph(run.face, char), start) for char, start in zip(run.text, starts, strict=False)]
    inked = [(mark, start) for mark, start in marks if mark.right > mark.left]
    if not inked:
        return Extent(starts[-1], 0.0, 0.0, 0.0, starts[-1])
    return Extent(
        starts[-1],
        max(mark.top for mark, _ in inked),
        max(mark.bottom for mark, _ in inked),
        min(start + mark.left for mark, start in inked),
        max(start + mark.right for mark, start in inked),
    )
