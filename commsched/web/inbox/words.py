"""A letter's text as it is shown: what is new in it, and what it quotes, which is folded."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_BEGINS: Final = re.compile(
    r"(?i)^(?:-{2,} ?(?:ursprungligt meddelande|original message|vidarebefordrat).*|_{10,}"
    r"|(?:on|den|le|am) .{5,120}(?:wrote|skrev|a écrit|schrieb)\b.{0,120}: *|.{0,120}(?:skrev|wrote) ?: *)$"
)
"""How mail programs introduce what they quote."""
_FROM: Final = re.compile(r"(?i)^(?:från|from) ?: ")


class Words(NamedTuple):
    """``quoted`` is empty where nothing is."""

    new: str
    quoted: str


def parted(text: str) -> Words:
    """``text`` where its quotation begins, if there are words before that."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        begins = _BEGINS.match(line[:200]) or (_FROM.match(line[:40]) and place and not lines[place - 1].strip())
        quotes = line.startswith(">") and all(each.startswith(">") or not each.strip() for each in lines[place:])
        if (begins or quotes) and any(each.strip() for each in lines[:place]):
            return Words("\n".join(lines[:place]).strip(), "\n".join(lines[place:]).strip())
    return Words(text, "")
