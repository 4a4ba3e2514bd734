"""Text files as people's programs write them: UTF-8, with or without a mark, or what Windows made of them."""

from __future__ import annotations

import codecs
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""The longer ones first: UTF-32's little-endian mark begins with that of UTF-16."""
_INVISIBLE: Final = str.maketrans(dict.fromkeys("\ufeff\u200b\u2060\u00ad\u200e\u200f", ""))
"""Characters without width that web pages and word processors leave in what is copied, and that mean nothing there."""


def marked(data: bytes) -> str | None:
    """``data`` by the byte order mark it begins with, without the mark; ``None`` where it has none.

    Raises ``UnicodeDecodeError`` where the rest is not what the mark promises.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    return None


def decode(data: bytes) -> str:
    """The text of a file: by its mark, else UTF-8, else UTF-16 by its many noughts, else Windows' Western letters.

    Never raises: what fits nothing comes back with replacement characters, for the reader to refuse.
    """
    try:
        known = marked(data)
        return known if known is not None else _unmarked(data)
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _unmarked(data: bytes) -> str:
    if b"\0" in data[:200]:  # no text has noughts, but Western text in UTF-16 has one in every pair
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def without_invisible(text: str) -> str:
    """``text`` without surrounding white space and without invisible characters: for keys, addresses and names."""
    return text.translate(_INVISIBLE).strip()
