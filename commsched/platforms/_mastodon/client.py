"""Mastodon.py's client as we use it, what a server tells of itself, and the table of what its refusals mean."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

import mastodon
import requests
from mastodon import errors
from mastodon.return_types import Status

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext, ConnectError, Part
from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.core.text.length import tidy
from commsched.platforms._mastodon.media import files_of
from commsched.platforms._mastodon.polls import poll_under
from commsched.platforms._shared.answers import detail, from_failure, ident, retry_after, walled
from commsched.platforms._shared.readback import Entry, Page

_PAGE: Final = 40
"""Posts to a page, as many as a server gives."""
_NOT_READY = re.compile(r"not finished processing|try again in a moment", re.IGNORECASE)


class _Heard:
    """A session that remembers the last answer: the SDK's exceptions tell neither its headers nor its form."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self.last: HttpAnswer | None = None

    def request(self, method: str, url: str, **options: Any) -> HttpAnswer:
        """With the ``options`` that the SDK gives a ``requests.Session``."""
        self.last = None
        self.last = self._http.request(method, url, **options)
        return self.last


class Client(mastodon.Mastodon):
    """The SDK's client: it asks for no version, never waits out a rate limit, and uses our session."""

    def __init__(self, server: str, token: str, context: ChannelContext) -> None:
        self.heard = _Heard(context.http)
        super().__init__(
            api_base_url=server,
            session=cast(requests.Session, self.heard),  # nothing else of a session is asked for
            request_timeout=context.timeout,
            ratelimit_method="throw",
            mastodon_version="4.3.0",
            version_check_mode="created",
            user_agent="commsched",
        )
        # Set afterwards: given to the constructor, a "token" that is the path of a file would be read and sent.
        self.access_token = token


def outcome(error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
    """The SDK's exceptions as outcomes; see the table of errors in docs/platforms.md."""
    words = detail(error, context)
    if isinstance(error, ConnectError):
        return Rejected(words, "config")
    if isinstance(error, errors.MastodonNetworkError):
        return from_failure(error, context)
    last = client.heard.last if client is not None else None
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


def _reset(client: Client | None) -> datetime | None:
    """When the rate limit ends, as far as the SDK can tell from the server's words."""
    if client is None or not client.ratelimit_reset:
        return None
    try:
        return datetime.fromtimestamp(client.ratelimit_reset, UTC)
    except (OverflowError, OSError, ValueError):
        return None


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


def _entry(status: Status, part: Part) -> Entry:
    return Entry(ident(status), str(status.get("url") or ""), is_it(status, part), aware(status["created_at"]))


def aware(moment: datetime) -> datetime:
    """``moment`` with a zone: a server that names none means UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_it(status: Status, part: Part) -> bool:
    if str(status.get("in_reply_to_id") or "") != part.parent:
        return False
    if len(status.get("media_attachments") or ()) != len(files_of(part)) or not _same_poll(status, part):
        return False
    return _bare(plain(str(status.get("content") or ""))) == _bare(part.text)


def _same_poll(status: Status, part: Part) -> bool:
    poll, kept = poll_under(part), status.get("poll")
    if poll is None or not kept:
        return poll is None and not kept
    return [_bare(str(choice["title"])) for choice in kept["options"]] == [_bare(choice) for choice in poll.choices]


def plain(content: str) -> str:
    """The text inside a status's HTML, its lines and paragraphs as they stand there."""
    spaced = re.sub(r"</p>\s*<p>", "\n\n", re.sub(r"<br\s*/?>", "\n", content))
    return html.unescape(re.sub(r"<[^<>]*>", "", spaced)).strip()


def _bare(text: str) -> str:
    """``text`` without what servers change: white space, and the server's name in a mention."""
    local = re.sub(r"(?<![\w/@.])@(\w[\w.-]*)@[\w.-]*\w", r"@\1", tidy(text))
    return "".join(local.split())
