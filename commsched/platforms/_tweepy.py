"""tweepy's client with what version 4.17 lacks: a base URL, a timeout, our session, and v2 media with alt text.

Also the table of what X's refusals mean, and what it makes of a text, for reading back.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final

import msgspec
import tweepy
from tweepy.auth import OAuth1UserHandler
from tweepy.errors import (
    BadRequest,
    Forbidden,
    HTTPException,
    NotFound,
    TooManyRequests,
    TwitterServerError,
    Unauthorized,
)

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown, Why
from commsched.core.platform.contract import ChannelContext, Part
from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.core.text.length import tidy
from commsched.platforms._answers import ident, read, retry_after, walled
from commsched.platforms._readback import Entry, Page

_WINDOW: Final = timedelta(minutes=15)
"""X counts in windows of this length; where it does not say when the next begins, the whole of one is waited."""
PAGE: Final = 100
"""Posts to a page, as many as X gives."""
_REFUSED: Final[dict[int, Why]] = {401: "token", 402: "money", 403: "permission"}
_BY_STATUS = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 429: TooManyRequests}


class Answer(msgspec.Struct):
    """What the v2 API wraps every answer in."""

    data: dict[str, object]


class Me(msgspec.Struct):
    """Whose keys they are."""

    username: str


class _Reference(msgspec.Struct):
    id: object
    type: object = None


class _Attachments(msgspec.Struct):
    media_keys: list[object] | None = None


class _Link(msgspec.Struct):
    url: object = ""
    """As it stands in the text, shortened."""
    expanded_url: object = ""
    display_url: object = ""
    media_key: object = msgspec.UNSET
    """Only where it leads to a picture of the post's own."""


class _Entities(msgspec.Struct):
    urls: list[_Link] | None = None


class _Tweet(msgspec.Struct):
    """A post, as far as reading back compares it; a value of another type than it should be makes it another post."""

    text: object = ""
    referenced_tweets: list[_Reference] | None = None
    attachments: _Attachments | None = None
    entities: _Entities | None = None


class _Meta(msgspec.Struct):
    next_token: object = None


class _Timeline(msgspec.Struct):
    """A page of an account's posts."""

    meta: _Meta
    data: list[dict[str, object]] | None = None


class Client(tweepy.Client):  # type: ignore[misc]
    """``tweepy.Client`` over a given session. It answers with plain dictionaries and never waits."""

    def __init__(self, *, base_url: str, session: HttpClient, timeout: float, **keys: str) -> None:
        super().__init__(**keys, return_type=dict, wait_on_rate_limit=False)
        self.base_url, self.session, self.timeout = base_url, session, timeout
        self.signs = "consumer_key" in keys
        self.access_level = ""
        """What the keys may do (``read``, ``read-write`` …), where the last answer said so."""

    def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, object] | None = None,
        user_auth: bool = False,
        files: Mapping[str, tuple[str, BinaryIO, str]] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        headers, auth = {"User-Agent": "commsched"}, None
        if self.signs:
            auth = OAuth1UserHandler(
                self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret
            ).apply_auth()
        else:
            headers["Authorization"] = f"Bearer {self.bearer_token}"
        response: HttpAnswer = self.session.request(
            method,
            self.base_url + route,
            params=params,
            json=json,
            data=data,
            files=files,
            headers=headers,
            auth=auth,
            timeout=self.timeout,
        )
        self.access_level = response.headers.get("x-access-level", "")
        if not 200 <= response.status_code < 300:
            raise _error(response)
        return response

    def upload_picture(self, stream: BinaryIO, mime: str) -> str:
        """Upload one picture (v2) and return its media id."""
        category = "tweet_gif" if mime == "image/gif" else "tweet_image"
        answer = self.request(
            "POST",
            "/2/media/upload",
            data={"media_category": category, "media_type": mime},
            files={"media": ("picture", stream, mime)},
        ).json()
        return ident(read(answer, Answer).data)

    def describe_picture(self, media: str, alt: str) -> None:
        """Set the alt text of an uploaded picture."""
        body = {"id": media, "metadata": {"alt_text": {"text": alt}}}
        self.request("POST", "/2/media/metadata", json=body)


def _error(response: HttpAnswer) -> HTTPException:
    """tweepy's exception for ``response``, also where the body is not what tweepy expects of it."""
    kind = _BY_STATUS.get(response.status_code, HTTPException)
    if response.status_code >= 500:
        kind = TwitterServerError
    try:
        return kind(response)
    except (AttributeError, TypeError, ValueError):
        return kind(response, response_json={})


def outcome(error: HTTPException, words: str, context: ChannelContext) -> Outcome:
    """What X refused as an outcome; ``words`` are its own, made safe to show. See the table in docs/platforms.md."""
    status, headers, now = int(error.response.status_code), error.response.headers, context.now()
    if status == 429:
        after = _reset(headers, now) or retry_after(headers, now) or now + _WINDOW
        return Retry(words, after, whole_channel=True)
    if status >= 500 or status in (408, 409):
        return Unknown(words, retry_after(headers, now))
    wall = walled(error.response, context)
    if wall is not None:
        return wall
    if status == 403 and "duplicate content" in f"{words} {error.response.text}".lower():
        return Unknown(words)
    return Rejected(words, _REFUSED.get(status, "content"))


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The latest reset among the limits that are used up; X has one per 15 minutes and two per 24 hours."""
    resets = []
    for prefix in ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour"):
        if headers.get(f"{prefix}-remaining", "0").strip() != "0":
            continue
        try:
            resets.append(datetime.fromtimestamp(int(headers[f"{prefix}-reset"]), UTC))
        except (KeyError, ValueError, OverflowError, OSError):
            continue
    return max((reset for reset in resets if reset > now), default=None)


def post_url(post: str) -> str:
    """Where a person can see a post."""
    return f"https://x.com/i/status/{post}"


def pages(client: Client, account: str, part: Part, start: datetime) -> Iterator[Page]:
    """The account's own posts since ``start``, newest first."""
    token = None
    while True:
        answer = client.get_users_tweets(
            account,
            start_time=start.astimezone(UTC),
            max_results=PAGE,
            pagination_token=token,
            tweet_fields=["created_at", "entities", "referenced_tweets", "attachments"],
            user_auth=True,
        )
        timeline = read(answer, _Timeline)
        token = timeline.meta.next_token
        yield Page([_entry(tweet, part) for tweet in timeline.data or ()], more=bool(token))


def _entry(tweet: Mapping[str, object], part: Part) -> Entry:
    return Entry(ident(tweet), post_url(ident(tweet)), _is_it(read(tweet, _Tweet), part))


def _is_it(tweet: _Tweet, part: Part) -> bool:
    parent = next((str(each.id) for each in tweet.referenced_tweets or () if each.type == "replied_to"), "")
    if parent != part.parent:
        return False
    media = (tweet.attachments or _Attachments()).media_keys or ()
    return len(media) == len(part.pictures) and _bare(_expanded(tweet)) == _bare(part.text)


def _expanded(tweet: _Tweet) -> str:
    """A post's text as it was written: t.co links expanded, the link to its own pictures left out."""
    text = html.unescape(str(tweet.text))
    for link in (tweet.entities or _Entities()).urls or ():
        own = link.media_key is not msgspec.UNSET or str(link.display_url).startswith(("pic.twitter.", "pic.x."))
        text = text.replace(str(link.url) or "\0", "" if own else str(link.expanded_url))
    return text


def _bare(text: str) -> str:
    """``text`` without what X changes: white space, and the scheme and closing slash of a link."""
    return re.sub(r"https?://", "", re.sub(r"/(?=\s|$)", "", tidy(text))).translate(_NO_SPACE)


_NO_SPACE = {ord(space): None for space in " \n\t\u00a0\u2028"}
