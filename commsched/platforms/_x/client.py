"""tweepy's client with what version 4.17 lacks: a base URL, a timeout, our session, and v2 media with alt text.

Also the table of what X's refusals mean.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.platforms._shared.answers import ident, read, retry_after, walled, without_error

_WINDOW: Final = timedelta(minutes=15)
"""X counts in windows of this length; where it does not say when the next begins, the whole of one is waited."""
_REFUSED: Final[dict[int, Why]] = {401: "token", 402: "money", 403: "permission"}
_BY_STATUS = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 429: TooManyRequests}


class Answer(msgspec.Struct):
    """What the v2 API wraps every answer in."""

    data: dict[str, object]


class Me(msgspec.Struct):
    """Whose keys they are."""

    username: str
    subscription_type: object = ""
    profile_image_url: object = ""


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
            data={"media_category": category},
            files={"media": ("picture", stream, mime)},
        ).json()
        return ident(read(answer, Answer).data)

    def begin_upload(self, category: str, mime: str, size: int) -> str:
        """Announce an upload of ``size`` bytes in pieces, and return its media id."""
        body = {"media_category": category, "media_type": mime, "total_bytes": size}
        answer = self.request("POST", "/2/media/upload/initialize", json=body).json()
        return ident(read(answer, Answer).data)

    def append_upload(self, media: str, number: int, piece: BinaryIO) -> None:
        """Send the piece with that number, counted from 0."""
        self.request(
            "POST",
            f"/2/media/upload/{media}/append",
            data={"segment_index": str(number)},
            files={"media": ("piece", piece, "application/octet-stream")},
        )

    def finish_upload(self, media: str) -> object:
        """Say that every piece is there; X answers whether it still works on it."""
        return self.request("POST", f"/2/media/upload/{media}/finalize").json()

    def upload_status(self, media: str) -> object:
        """How far X is with what was uploaded."""
        return self.request("GET", "/2/media/upload", params={"command": "STATUS", "media_id": media}).json()

    def put_captions(self, video: str, track: str, language: str, name: str) -> None:
        """Put an uploaded track of captions on a video. Viewers choose it by ``name``; ``language`` is its code."""
        subtitles = {"id": track, "language_code": language, "display_name": name}
        body = {"id": video, "media_category": "TweetVideo", "subtitles": subtitles}
        _refuse_errors(self.request("POST", "/2/media/subtitles", json=body))

    def describe_picture(self, media: str, alt: str) -> None:
        """Set the alt text of an uploaded picture."""
        body = {"id": media, "metadata": {"alt_text": {"text": alt}}}
        _refuse_errors(self.request("POST", "/2/media/metadata", json=body))


def _refuse_errors(response: HttpAnswer) -> None:
    """Raise where X names an error in spite of its status: a picture without its words would go out."""
    try:
        answer = response.json()
    except ValueError:  # nothing is said, and nothing is asked for
        return
    without_error(answer)


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
