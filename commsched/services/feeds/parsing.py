"""A feed's bytes as entries. What comes is a stranger's: its size, its number of entries and its words are bounded, its
entities are never expanded, and of its HTML only the words are taken."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from html import unescape
from io import BytesIO
from typing import Final

import msgspec

from commsched.core.installation.inner_links import leads_inside
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_, Message

MOST_BYTES: Final = 2_000_000
MOST_TAGS: Final = 40_000
"""A file that is nothing but tags would keep the parser, and so the machine, busy for long."""
MOST_ENTRIES: Final = 50
"""The first so many: a feed has its newest first."""
MOST_TITLE, MOST_WORDS = 300, 600
_ENTITY: Final = re.compile(rb"<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y", re.IGNORECASE)
"""Also in UTF-16, either way round."""


class Entry(msgspec.Struct, frozen=True):
    """One entry, as words and a link."""

    guid: str
    """SHA-256 of what the feed knows it by: its id, else its link, else its words."""
    title: str
    link: str
    words: str

    @property
    def same(self) -> str:
        """SHA-256 of what it says and where it leads: some sites give all that they have said new ids one day. How the
        address is written makes no difference."""
        place = re.sub(r"(?i)^https?://(?:www\.)?", "", self.link).rstrip("/")
        said = f"{self.title}\n{place}\n{self.words}" if place else self.guid
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


class ParsedFeed(msgspec.Struct, frozen=True):
    """A feed's own name and its entries, newest first as the feed has them."""

    name: str
    entries: tuple[Entry, ...]


class Unreadable(Exception):
    """It is no feed that may be read. ``words`` says why, to whoever added it."""

    def __init__(self, message: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.words = Message(message, dict(params or {}))


def parse(data: bytes, content_type: str = "") -> ParsedFeed:
    """``data`` as a feed. Raises :class:`Unreadable`."""
    import feedparser

    if len(data) > MOST_BYTES or data.count(b"<") > MOST_TAGS:
        raise Unreadable(N_("The feed is larger than any that is read here."))
    if _ENTITY.search(data):
        raise Unreadable(N_("The feed defines entities of its own, which no honest feed needs."))
    try:
        # a stream: a text would be taken for an address or a file's name, and opened
        document = feedparser.parse(BytesIO(data), response_headers={"content-type": content_type or "application/xml"})
    except Exception as error:  # whatever a stranger's bytes do to the parser
        raise Unreadable(N_("There is no feed at this address: neither RSS nor Atom.")) from error
    if not document.get("version") or (document.get("bozo") and not document.entries):
        raise Unreadable(N_("There is no feed at this address: neither RSS nor Atom."))
    entries = (_entry(each) for each in document.entries[:MOST_ENTRIES])
    unique = {entry.guid: entry for entry in entries if entry is not None}
    return ParsedFeed(_line(document.feed.get("title"), 200), tuple(unique.values()))


def _entry(source: dict[str, object]) -> Entry | None:
    """The entry in ``source``; ``None`` where it says nothing."""
    title = _line(source.get("title"), MOST_TITLE)
    link = str(source.get("link") or "").strip()[:1000]
    if not re.fullmatch(r"https?://\S+", link, re.IGNORECASE) or leads_inside(link):
        link = ""
    words = _line(source.get("summary"), MOST_WORDS)
    known_by = str(source.get("id") or link or f"{title}\n{words}")
    if not (title or words):
        return None
    return Entry(hashlib.sha256(known_by.encode("utf-8", "replace")).hexdigest(), title, link, words)


def _line(value: object, most: int) -> str:
    """The words of ``value``, which may be HTML, on one line of at most ``most`` characters."""
    import nh3

    text = str(value or "")[: 20 * most].encode("utf-8", "replace").decode()
    spaced = re.sub(r"(?i)<(br|/p|/div|/li|/h\d)\b", r" <\1", text)
    bare = " ".join(clean(unescape(nh3.clean(spaced, tags=set(), clean_content_tags={"script", "style"}))).split())
    return bare if len(bare) <= most else bare[: most - 1].rsplit(" ", 1)[0] + "…"
