"""What a Mastodon server tells of itself: its limits, and whether a repeat is harmless there."""

from __future__ import annotations

import re
from sys import maxsize
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from commsched.core.platform.contract import ChannelContext, Facts, Setting
from commsched.core.text.json_values import JsonObject
from commsched.core.text.mastodon_length import URL_LENGTH
from commsched.platforms._shared.answers import base_url, read, value

if TYPE_CHECKING:
    from commsched.platforms._mastodon.client import Client

_ITSELF: Final = re.compile(r"https://github\.com/(mastodon|glitch-soc)/mastodon(\.git)?/?", re.IGNORECASE)

RIGHTS: Final = ("read:accounts", "read:statuses", "write:statuses", "write:media")
"""What a token needs to publish."""
_HANDLE: Final = re.compile(r"@?(?P<name>[^\s@/:]+)@(?P<server>[^\s@/]+)")


def address(context: ChannelContext, setting: Setting) -> str:
    """The server's address as ``https://host[:port]``, from an address, a server's name, or an account's own
    (``@kansli@mastodon.social``). Raises :class:`ConnectError` on anything else."""
    handle = _HANDLE.fullmatch(value(context, setting))
    if handle is not None:
        context = replace(context, settings={**context.settings, setting.key: handle["server"]})
    return base_url(context, setting)


def home_of(context: ChannelContext, setting: Setting) -> str:
    """The server that the account in ``setting`` lives on: many have their names on a domain of their own, which says
    where that is (WebFinger, RFC 7033). Raises as :func:`address`; a domain that does not say is the server itself."""
    server, handle = address(context, setting), _HANDLE.fullmatch(value(context, setting))
    if handle is None:
        return server
    params = {"resource": f"acct:{handle['name']}@{handle['server']}"}
    try:
        answer = context.http.request("GET", f"{server}/.well-known/webfinger", params=params, timeout=context.timeout)
        links = read(answer.json(), _Found).links if answer.status_code == 200 else []
        own = next(link.href for link in links if link.rel == "self" and link.href)
        return base_url(replace(context, settings={**context.settings, setting.key: own}), setting)
    except Exception:  # then it is asked itself, and says what is wrong
        return server


class _Link(msgspec.Struct):
    rel: str = ""
    href: str = ""


class _Found(msgspec.Struct):
    links: list[_Link]


class PollFacts(msgspec.Struct, frozen=True):
    """What a server takes of polls. Times in seconds; no choices where it has no polls."""

    choices: int = 4
    characters: int = 50
    """Of one choice."""
    shortest: int = 300
    longest: int = 2_629_746


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
    video_bytes: int = 103_809_024
    video_types: tuple[str, ...] = ("video/mp4", "video/quicktime", "video/webm")
    """None, where it takes no videos."""
    polls: PollFacts = PollFacts()
    software: str = ""
    """What it calls itself."""


def kept(facts: Facts) -> ServerFacts:
    """What was kept of a server; the usual where it was asked before we knew to ask for it."""
    return msgspec.convert(facts, ServerFacts, strict=False)


def facts_of(client: Client, context: ChannelContext, server: str) -> ServerFacts:
    """What the server says of itself."""
    instance, domain = _instance(client)
    configuration = instance.get("configuration") or {}
    statuses = configuration.get("statuses") or {}
    media = configuration.get("media_attachments") or {}
    usual, software = ServerFacts(), _software(context, server)
    types = [str(kind) for kind in media.get("supported_mime_types") or ()]
    return ServerFacts(
        domain=domain,
        keeps_key=_keeps_key(instance, software),
        characters=_size(statuses.get("max_characters") or instance.get("max_toot_chars"), usual.characters),
        url_length=_size(statuses.get("characters_reserved_per_url"), usual.url_length),
        pictures=_size(statuses.get("max_media_attachments") or instance.get("max_media_attachments"), usual.pictures),
        picture_bytes=_size(media.get("image_size_limit") or instance.get("upload_limit"), usual.picture_bytes),
        picture_pixels=_size(media.get("image_matrix_limit"), usual.picture_pixels),
        picture_types=tuple(kind for kind in types if kind.startswith("image/")),
        alt_characters=_size(media.get("description_limit") or instance.get("description_limit"), usual.alt_characters),
        video_bytes=_size(media.get("video_size_limit") or instance.get("upload_limit"), usual.video_bytes),
        video_types=tuple(kind for kind in types if kind.startswith("video/")) if types else usual.video_types,
        polls=_polls(instance),
        software=software,
    )


def _polls(instance: JsonObject) -> PollFacts:
    """What the server takes of polls. One that tells of its configuration and not of polls has none."""
    configuration = instance.get("configuration")
    said = (configuration or {}).get("polls") or instance.get("poll_limits")
    usual = PollFacts()
    if not said:
        return PollFacts(choices=0) if configuration else usual
    return PollFacts(
        choices=_size(said.get("max_options"), usual.choices),
        characters=_size(said.get("max_characters_per_option") or said.get("max_option_chars"), usual.characters),
        shortest=_size(said.get("min_expiration"), usual.shortest),
        longest=_size(said.get("max_expiration"), usual.longest),
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


def _keeps_key(instance: JsonObject, software: str) -> bool:
    """Whether this is Mastodon, which keeps an ``Idempotency-Key`` for an hour, and not a server that is only
    compatible with it: those take the key without a word and forget it. What is not known is not trusted."""
    version = str(instance.get("version") or "")
    if not re.match(r"[3-9]\d*\.\d", version) or "compatible" in version.lower():
        return False
    return bool(_ITSELF.fullmatch(str(instance.get("source_url") or ""))) or software == "mastodon"


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
