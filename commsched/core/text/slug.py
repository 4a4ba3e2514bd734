"""Public addresses of items: readable, and the same item for ever."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "å": "a",
        "ä": "a",
        "ö": "o",
        "æ": "ae",
        "ø": "o",
        "œ": "oe",
        "ß": "ss",
        "ð": "d",
        "þ": "th",
        "đ": "d",
        "ŋ": "n",
        "ŧ": "t",
        "ł": "l",
        "ı": "i",
        "ħ": "h",
        "ĸ": "k",
        "ə": "e",
        "ǥ": "g",
        "ʒ": "z",
        "ǯ": "z",
    }
)
"""Letters that Unicode does not divide into one of ours and a mark: Sámi, Polish, Turkish, Maltese and others."""


TAIL: Final = 8
"""Characters of the uid at the end of an address."""


def slug(text: str, limit: int = 70, whole_words: bool = True) -> str:
    """``text`` as the last part of an address: small letters, digits and hyphens, cut between words.

    Empty where ``text`` has no letter that we can write so, or begins with a word that is too long, unless that may be
    cut (``whole_words``).
    """
    folded = unicodedata.normalize("NFC", text.casefold()).translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", folded).translate(_LETTERS).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    if words and not whole_words:
        words[0] = words[0][:limit]
    written = ""
    for word in words:
        if len(written) + len(word) + 1 > limit + (not written):
            break
        written = f"{written}-{word}" if written else word
    return written


def address_of(title: str, text: str, uid: str) -> str:
    """The item's own address. It ends in the start of its uid, so that an old address still finds it."""
    start = slug(title or text[:200])
    return f"{start}-{uid[:TAIL]}" if start else uid
