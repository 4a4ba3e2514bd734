"""Mastodon.py's client as we use it, what a server tells of itself, and the table of what its refusals mean."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

import mastodon
from mastodon import errors

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError, Part
from commsched.core.text.length import URL_LENGTH, tidy
from commsched.platforms._answers import detail, from_failure, ident, retry_after, walled
from commsched.platforms._readback import Entry, Page

_PAGE: Final = 40
"""Posts to a page, as many as a server gives."""
_NOT_READY = re.compile(r"not finished processing|try again in a moment", re.IGNORECASE)
_ITSELF: Final = re.compile(r"https://github\.com/(mastodon|glitch-soc)/mastodon(\.git)?/?", re.IGNORECASE)


class _Heard:
    """A session that remembers the last answer: the SDK's exceptions tell neither its headers nor its form."""

    def __init__(self, http: Any) -> None:
        self._http = http
        self.last: Any = None

    def request(self, method: str, url: str, **more: Any) -> Any:
        self.last = None
        self.last = self._http.request(method, url, **more)
        return self.last


class Client(mastodon.Mastodon):
    """The SDK's client: it asks for no version, never waits out a rate limit, and uses our session."""

    def __init__(self, server: str, token: str, context: ChannelContext) -> None:
        self.heard: Any = _Heard(context.http)
        super().__init__(
            api_base_url=server,
            session=cast(Any, self.heard),
            request_timeout=context.timeout,
            ratelimit_method="throw",
            mastodon_version="4.3.0",
            version_check_mode="created",
            user_agent="commsched",
        )
        # Set afterwards: given to the constructor, a "token" that is the path of a file would be read and sent.
        self.access_token = token


def facts_of(client: Any, context: ChannelContext, server: str) -> dict[str, Any]:
    """What the server says of its limits, with the documented usual ones where it is silent, and whether it is known
    to keep an ``Idempotency-Key``."""
    try:
        instance = client.instance_v2()
        domain = str(instance.get("domain") or "")
    except errors.MastodonAPIError:
        instance = client.instance_v1()
        domain = str(instance.get("uri") or "").removeprefix("https://")
    configuration = instance.get("configuration") or {}
    statuses = configuration.get("statuses") or {}
    media = configuration.get("media_attachments") or {}
    types = [str(kind) for kind in media.get("supported_mime_types") or () if str(kind).startswith("image/")]
    return {
        "domain": domain,
        "keeps_key": _keeps_key(instance, context, server),
        "characters": int(statuses.get("max_characters") or instance.get("max_toot_chars") or 500),
        "url_length": int(statuses.get("characters_reserved_per_url") or URL_LENGTH),
        "pictures": int(statuses.get("max_media_attachments") or 4),
        "picture_bytes": int(media.get("image_size_limit") or 16 * 1024 * 1024),
        "picture_pixels": int(media.get("image_matrix_limit") or 0),
        "picture_types": types,
        "alt_characters": int(media.get("description_limit") or 1500),
    }


def _keeps_key(instance: Any, context: ChannelContext, server: str) -> bool:
    """Whether this is Mastodon, which keeps an ``Idempotency-Key`` for an hour, and not a server that is only
    compatible with it: those take the key without a word and forget it. What is not known is not trusted."""
    version = str(instance.get("version") or "")
    if not re.match(r"[3-9]\d*\.\d", version) or "compatible" in version.lower():
        return False
    return bool(_ITSELF.fullmatch(str(instance.get("source_url") or ""))) or _software(context, server) == "mastodon"


def _software(context: ChannelContext, server: str) -> str:
    """What the server calls itself in its nodeinfo; asked without the token, and on no other host."""
    try:
        answer = context.http.request("GET", f"{server}/nodeinfo/2.0", timeout=context.timeout)
        return str(answer.json()["software"]["name"]).casefold()
    except Exception:  # whatever it is, it is not known to be Mastodon
        return ""


def outcome(error: Exception, context: ChannelContext, client: Any = None) -> Outcome:
    """The SDK's exceptions as outcomes; see the table of errors in docs/platforms.md."""
    words = detail(error, context)
    if isinstance(error, ConnectError):
        return Rejected(words, "config")
    if isinstance(error, errors.MastodonNetworkError):
        return from_failure(error, context)
    last = client.heard.last if isinstance(client, Client) else None
    wall = None if last is None else walled(last, context)
    if wall is not None:
        return wall
    after = None if last is None else retry_after(last.headers, context.now())
    if isinstance(error, errors.MastodonRatelimitError):
        # The SDK raises the same class when it cannot read the header of a call that went well.
        limited = error.args[:1] == ("Hit rate limit.",)
        return Retry(words, after or _reset(client), whole_channel=True) if limited else Unknown(words)
    if isinstance(error, errors.MastodonAPIError) and len(error.args) > 1 and isinstance(error.args[1], int):
        return _refused(error.args[1], str(error.args[-1] or ""), words, after)
    return Unknown(words)


def _reset(client: Any) -> datetime | None:
    reset = getattr(client, "ratelimit_reset", None)
    return datetime.fromtimestamp(float(reset), UTC) if reset else None


def _refused(status: int, message: str, words: str, after: datetime | None) -> Outcome:
    if status == 422 and _NOT_READY.search(message):
        return Retry(words, after)
    if status == 401:
        return Rejected(words, "token")
    if status == 403:
        return Rejected(words, "permission")
    if status >= 500 or status in (408, 409):
        return Unknown(words, after)
    return Rejected(words, "content")


def pages(client: Client, account: str, part: Part) -> Iterator[Page]:
    """The account's own posts, newest first; what it passed on from others is left out."""
    oldest = None
    while True:
        page = client.account_statuses(account, limit=_PAGE, max_id=oldest, exclude_reblogs=True)
        yield Page([_entry(status, part) for status in page], more=len(page) > 0)
        oldest = ident(page[-1])


def _entry(status: Any, part: Part) -> Entry:
    return Entry(ident(status), str(status.get("url") or ""), is_it(status, part), _aware(status["created_at"]))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_it(status: Any, part: Part) -> bool:
    if str(status.get("in_reply_to_id") or "") != part.parent:
        return False
    if len(status.get("media_attachments") or ()) != len(part.pictures):
        return False
    return _bare(_plain(str(status.get("content") or ""))) == _bare(part.text)


def _plain(content: str) -> str:
    """The text inside a status's HTML."""
    spaced = re.sub(r"<br\s*/?>|</p>", " ", content)
    return html.unescape(re.sub(r"<[^<>]*>", "", spaced))


def _bare(text: str) -> str:
    """``text`` without what servers change: white space, and the server's name in a mention."""
    local = re.sub(r"(?<![\w/@.])@(\w[\w.-]*)@[\w.-]*\w", r"@\1", tidy(text))
    return "".join(local.split())
