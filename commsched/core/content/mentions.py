"""Mentions: ``@[Regionrådet Anna Berg]`` in a text, and what stands there on each channel.

The form that a channel gets is kept in its part of the content, so that an approval covers it: whatever happens in the
office's mention book afterwards, what goes out is what was approved.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from commsched.core.content.fields import texts_of
from commsched.core.content.model import Content
from commsched.core.content.release import TRANSLATED, LanguageVersion, Quote, texts_of_version
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Invalid

MOST_ENTRIES: Final = 500
MOST_NAME: Final = 100
NETWORKS: Final = {"x": "X", "mastodon": "Mastodon", "bluesky": "Bluesky", "facebook": "Facebook"}
"""The networks that the book has a handle for, and what they are called."""

_TOKEN: Final = re.compile(r"@\[([^\[\]\n]{1,100})\](?!\()")
_NAME: Final = re.compile(r"[\w(][\w .,:'’´&/()-]*")
_HANDLES: Final = {
    "x": re.compile(r"@?([A-Za-z0-9_]{1,15})"),
    "mastodon": re.compile(r"@?([A-Za-z0-9_][A-Za-z0-9_.-]{0,62}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"),
    "bluesky": re.compile(
        r"(?:(?:https?://)?bsky\.app/profile/)?@?((?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z][A-Za-z0-9-]{1,62})/?"
    ),
    "facebook": re.compile(r"(?:https?://)?(?:(?:www|m)\.)?(?:facebook\.com/)?([\w.-]{1,80})/?", re.IGNORECASE),
}
_WRONG: Final = {
    "x": N_("“%(handle)s” is not a name on X: write it as @name, with letters, digits and _."),
    "mastodon": N_("“%(handle)s” is not a name on Mastodon: write it whole, as @name@server."),
    "bluesky": N_("“%(handle)s” is not a name on Bluesky: write it whole, as @name.bsky.social."),
    "facebook": N_("“%(handle)s” is not a page on Facebook: write its address, facebook.com/name."),
}


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in the mention book. Handles are kept as they stand in a text: ``@name``, ``@name@server``,
    ``@name.domain``, ``facebook.com/name``."""

    name: str
    x: str = ""
    mastodon: str = ""
    bluesky: str = ""
    facebook: str = ""

    @property
    def key(self) -> str:
        """What the name is looked up by, however it is cased and spaced."""
        return key_of(self.name)

    def on(self, network: str) -> str:
        """What stands for the name on ``network``: a handle, or the name where there is none."""
        handle = str(getattr(self, network)) if network in NETWORKS else ""
        if not handle:
            return self.name
        return f"{self.name} ({handle})" if network == "facebook" else handle


def key_of(name: str) -> str:
    """``name`` as names are compared: NFC, case folded, one space between words."""
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def entry_of(name: str, handles: Mapping[str, str]) -> Entry:
    """An entry as a person typed it. Raises :class:`Invalid` by the field for what is no name, or no handle there."""
    kept = " ".join(one_line(name).split())
    if not kept:
        raise Invalid(N_("Write a name."), "name")
    if len(kept) > MOST_NAME or "_" in kept or not _NAME.fullmatch(kept):
        words = N_("A name has at most %(most)s letters, and no brackets, stars or underscores.")
        raise Invalid(words, "name", most=MOST_NAME)
    return Entry(kept, **{network: _handle(network, handles.get(network, "")) for network in NETWORKS})


def _handle(network: str, typed: str) -> str:
    said = one_line(typed)
    if not said:
        return ""
    match = _HANDLES[network].fullmatch(said)
    if match is None:
        raise Invalid(_WRONG[network], network, handle=said[:80])
    return f"facebook.com/{match[1]}" if network == "facebook" else f"@{match[1]}"


def _texts(content: Content) -> Iterable[str]:
    yield from texts_of(content).values()
    yield from (text for quote in content.quotes for text in (quote.text, quote.person))
    yield from (text for version in content.versions for text in texts_of_version(version))
    yield content.event.people if content.event else ""
    yield from (channel.text for channel in content.channels if channel.text)


def named_in(content: Content) -> list[str]:
    """Every name that is mentioned in ``content``, once, as it was written first."""
    names = {key_of(name): name for text in _texts(content) if "@[" in text for name in reversed(_TOKEN.findall(text))}
    return list(names.values())


def forms(names: Iterable[str], book: Mapping[str, Entry], network: str) -> dict[str, str]:
    """What stands on ``network`` for each of ``names`` that is in the book, by its key."""
    keys = [key_of(name) for name in names]
    return {key: book[key].on(network) for key in keys if key in book}


def said(text: str, known: Mapping[str, str]) -> str:
    """``text`` with each mention that is ``known`` (by key) as its readers get it; others stand as they were
    written."""
    if not known or "@[" not in text:
        return text
    return _TOKEN.sub(lambda token: known.get(key_of(token[1]), token[0]), text)


def spoken(content: Content, channel: int) -> Content:
    """``content`` as ``channel`` says it. Raises :class:`KeyError` where the item does not go there."""
    return _said(content, content.on(channel).mentions)


def plainly(content: Content) -> Content:
    """``content`` with names where people are mentioned: for lists, letters and pages that are no channel's."""
    return _said(content, {key_of(name): name for name in named_in(content)})


def _said(content: Content, known: Mapping[str, str]) -> Content:
    if not known:
        return content
    texts = {name: said(text, known) for name, text in texts_of(content).items()}
    channels = [replace(own, text=said(own.text, known) if own.text else own.text) for own in content.channels]
    return replace(
        content,
        **texts,
        quotes=_said_quotes(content.quotes, known),
        channels=channels,
        versions=[_said_version(version, known) for version in content.versions],
        event=replace(content.event, people=said(content.event.people, known)) if content.event else None,
    )


def _said_quotes(quotes: Iterable[Quote], known: Mapping[str, str]) -> list[Quote]:
    return [replace(each, text=said(each.text, known), person=said(each.person, known)) for each in quotes]


def _said_version(version: LanguageVersion, known: Mapping[str, str]) -> LanguageVersion:
    texts = {name: said(getattr(version, name), known) for name in TRANSLATED}
    return replace(version, **texts, quotes=_said_quotes(version.quotes, known))


def unknown_in(content: Content) -> list[str]:
    """The names that are mentioned and that some channel has no form of, since the book does not have them."""
    return [name for name in named_in(content) if any(key_of(name) not in own.mentions for own in content.channels)]
