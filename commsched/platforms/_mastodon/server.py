"""What a Mastodon server tells of itself: its limits, and whether a repeat is harmless there."""

from __future__ import annotations

import re
from sys import maxsize
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.core.platform.contract import ChannelContext, Facts
from commsched.core.text.json_values import JsonObject
from commsched.core.text.mastodon_length import URL_LENGTH
from commsched.platforms._shared.answers import read

if TYPE_CHECKING:
    from commsched.platforms._mastodon.client import Client

_ITSELF: Final = re.compile(r"https://github\.com/(mastodon|glitch-soc)/mastodon(\.git)?/?", re.IGNORECASE)


class ServerFacts(msgspec.Struct, frozen=True):
    """What a server said of its limits, with the documented usual ones where it was silent. Kept with the channel."""

    domain: str = ""
    keeps_key: bool = False
    """Whether it is known to keep an ``Idempotency-Key``."""
    characters: int = 500
    url_length: int = URL_LENGTH
    pictures: int = 4
    picture_bytes: int = 16 * 1024 * 1024
    picture_pixels: int = 0
    """Width × height; 0 where it does not say."""
    picture_types: tuple[str, ...] = ()
    alt_characters: int = 1500


def kept(facts: Facts) -> ServerFacts:
    """What was kept of a server; the usual where it was asked before we knew to ask for it."""
    return msgspec.convert(facts, ServerFacts, strict=False)


def facts_of(client: Client, context: ChannelContext, server: str) -> ServerFacts:
    """What the server says of itself."""
    instance, domain = _instance(client)
    configuration = instance.get("configuration") or {}
    statuses = configuration.get("statuses") or {}
    media = configuration.get("media_attachments") or {}
    usual = ServerFacts()
    return ServerFacts(
        domain=domain,
        keeps_key=_keeps_key(instance, context, server),
        characters=_size(statuses.get("max_characters") or instance.get("max_toot_chars"), usual.characters),
        url_length=_size(statuses.get("characters_reserved_per_url"), usual.url_length),
        pictures=_size(statuses.get("max_media_attachments"), usual.pictures),
        picture_bytes=_size(media.get("image_size_limit"), usual.picture_bytes),
        picture_pixels=_size(media.get("image_matrix_limit"), usual.picture_pixels),
        picture_types=tuple(
            str(kind) for kind in media.get("supported_mime_types") or () if str(kind).startswith("image/")
        ),
        alt_characters=_size(media.get("description_limit"), usual.alt_characters),
    )


def _instance(client: Client) -> tuple[JsonObject, str]:
    """The server's own description, and its domain in it."""
    from mastodon.errors import MastodonAPIError

    try:
        described: JsonObject = client.instance_v2()
        return described, str(described.get("domain") or "")
    except MastodonAPIError:
        described = client.instance_v1()
        return described, str(described.get("uri") or "").removeprefix("https://")


def _size(value: str | float | None, usual: int) -> int:
    """``value`` as a number that can be stored; raises ``ValueError`` or ``TypeError`` for what is none."""
    return min(int(value or usual), maxsize)


def _keeps_key(instance: JsonObject, context: ChannelContext, server: str) -> bool:
    """Whether this is Mastodon, which keeps an ``Idempotency-Key`` for an hour, and not a server that is only
    compatible with it: those take the key without a word and forget it. What is not known is not trusted."""
    version = str(instance.get("version") or "")
    if not re.match(r"[3-9]\d*\.\d", version) or "compatible" in version.lower():
        return False
    return bool(_ITSELF.fullmatch(str(instance.get("source_url") or ""))) or _software(context, server) == "mastodon"


class _Software(msgspec.Struct):
    name: str


class _NodeInfo(msgspec.Struct):
    software: _Software


def _software(context: ChannelContext, server: str) -> str:
    """What the server calls itself in its nodeinfo; asked without the token, and on no other host."""
    try:
        answer = context.http.request("GET", f"{server}/nodeinfo/2.0", timeout=context.timeout)
        return read(answer.json(), _NodeInfo).software.name.casefold()
    except Exception:  # whatever it is, it is not known to be Mastodon
        return ""
