"""How long a text is to a reader, and how a text becomes a thread. Two networks count in their own way:
``mastodon_length`` and ``x_length``.

Every count is of the text after :func:`tidy`, which is also what is sent: a platform shall not be given other
characters than those that were counted.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regex import Pattern

MOST_COUNTED: Final = 100_000
"""Characters that are counted as a reader sees them; beyond, far above every limit, each character counts one."""
_CLOSING = ".,:;!?'»”]}"
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
"""Two letters of a flag. To whoever divides by UAX 29, a long run of them costs the square of its length."""
THREAD_MARK = "---"
"""A line with exactly this divides a text into the parts of a thread."""


def tidy(text: str) -> str:
    """``text`` in NFC, with plain line ends and without byte order marks, which networks refuse or miscount."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    return unicodedata.normalize("NFC", plain)


@cache
def _grapheme() -> Pattern[str]:
    """Compiled on first use: importing ``regex`` is not free, and most processes never count."""
    import regex

    return regex.compile(r"\X")


@lru_cache(maxsize=4)  # a text is counted for each of its channels, and again for their previews
def graphemes(text: str) -> int:
    """Characters as a reader sees them: extended grapheme clusters (UAX 29)."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    counted = _FLAG.sub("F", text[:MOST_COUNTED])  # a flag, to the clusters around it, is as any letter
    return sum(1 for _ in _grapheme().finditer(counted)) + max(0, len(text) - MOST_COUNTED)


def link_in(run: str, closing: str = _CLOSING) -> str:
    """The link in a run of characters that begins with one: without the punctuation that closes the sentence around
    it, and with the parentheses that are its own (``…/wiki/Åre_(ort)``)."""
    link = run.rstrip(closing)
    open_now = link.count("(") - link.count(")")
    while link.endswith(")") and open_now < 0:
        link, open_now = link[:-1].rstrip(closing), open_now + 1
    return link


def split_thread(text: str) -> list[str]:
    """The parts of a thread: divided at lines that are exactly ``---``, trimmed, the empty ones left out.

    A text without such a line is one part, even an empty one.
    """
    parts: list[list[str]] = [[]]
    for line in tidy(text).split("\n"):
        if line == THREAD_MARK:
            parts.append([])
        else:
            parts[-1].append(line)
    trimmed = ["\n".join(lines).strip() for lines in parts]
    return [part for part in trimmed if part] or [""]


UNSEEN: Final = frozenset({0xAD, 0x34F, *range(0x200B, 0x2010), 0x2060, *range(0xFE00, 0xFE10), 0xFEFF})
_ALIKE: Final = (
    dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
    | dict.fromkeys(map(ord, "‘’‚‛′´`"), "'")
    | dict.fromkeys(map(ord, "“”„‟″«»"), '"')
    | dict.fromkeys(UNSEEN)
)


def fold(text: str) -> str:
    """``text`` as searching compares it: without case, without signs that take no room, and with one kind of hyphen,
    quotation mark and space, however each was typed or pasted. å and a stay two letters."""
    plain = unicodedata.normalize("NFKC", text.translate(_ALIKE))
    return unicodedata.normalize("NFKC", plain.casefold())
