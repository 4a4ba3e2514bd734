"""What a page says of itself for whoever shows a link to it: title, description, picture.

Open Graph first (https://ogp.me), then what X reads, then plain HTML: the order in which networks look.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from commsched.core.text.clean import one_line
from commsched.core.text.decoding import decode, marked

MOST_TITLE: Final = 300
MOST_DESCRIPTION: Final = 1000
"""Characters that are kept; networks show fewer."""
_TITLES: Final = ("og:title", "twitter:title", "title")
_DESCRIPTIONS: Final = ("og:description", "twitter:description", "description")
_PICTURES: Final = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_LOOKED_AT: Final = 2048
"""Bytes in which a page says how it is encoded (HTML says 1024)."""


class PageFacts(msgspec.Struct, frozen=True):
    """Empty where the page does not say."""

    title: str = ""
    description: str = ""
    picture: str = ""
    """The whole address of its picture."""


def read_page(data: bytes, address: str, charset: str = "") -> PageFacts:
    """What the page ``data`` says, which was read from ``address``; ``charset`` is what its server says of it. Never
    raises: a page may be anything, and may end in the middle."""
    parser = _Head()
    with suppress(AssertionError):  # the parser gives up at a declaration that is none: what stood before it stands
        parser.feed(_text(data, charset))
    picture = parser.first(_PICTURES)
    return PageFacts(
        _plain(parser.first(_TITLES))[:MOST_TITLE],
        _plain(parser.first(_DESCRIPTIONS))[:MOST_DESCRIPTION],
        _whole(picture, parser.base, address) if picture else "",
    )


def _plain(text: str) -> str:
    return " ".join(one_line(text).split())


def _text(data: bytes, charset: str) -> str:
    try:
        by_mark = marked(data)
        if by_mark is not None:
            return by_mark
    except UnicodeDecodeError:
        return decode(data)
    said = _CHARSET.search(data[:_LOOKED_AT])
    for name in (charset, said.group(1).decode("ascii", "replace") if said else ""):
        try:
            codec = codecs.lookup(name) if name else None
        except (LookupError, ValueError):
            continue
        if codec is not None and codec._is_text_encoding:
            return data.decode("cp1252" if codec.name == "iso8859-1" else codec.name, "replace")
    return decode(data)


def _whole(picture: str, base: str, address: str) -> str:
    try:
        whole = urljoin(urljoin(address, base), picture.strip())
        return whole if urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:
        return ""


class _Head(HTMLParser):
    """Collects what a page's head says; of what is said twice, the first."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: dict[str, str] = {}
        self.base = ""
        self._title: list[str] | None = None

    def first(self, names: tuple[str, ...]) -> str:
        return next((self.said[name] for name in names if self.said.get(name)), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (known.get("property") or known.get("name") or "").strip().lower()
            if known.get("content", "").strip():
                self.said.setdefault(name, known["content"])
        elif tag == "base" and not self.base:
            self.base = known.get("href", "")
        elif tag == "title" and "title" not in self.said and self._title is None:
            self._title = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self.said.setdefault("title", "".join(self._title))
            self._title = None

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
