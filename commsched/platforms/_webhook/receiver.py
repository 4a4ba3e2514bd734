"""A receiver: the one call that is made to it, and the table of what it may answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import detail, ident, retry_after, walled
from commsched.platforms._webhook.signing import headers_for

_PAGE: Final = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
GONE: Final = 410


class NotTaken(Exception):
    """An answer that is no success."""

    def __init__(self, response: HttpAnswer, words: str) -> None:
        super().__init__(f"HTTP {response.status_code}: {words}")
        self.response = response


class Receiver:
    """Somebody's own program, at an address of theirs."""

    def __init__(self, address: str, key: bytes, context: ChannelContext) -> None:
        self._address, self._key, self._context = address, key, context

    def tell(self, message: str, body: bytes) -> Mapping[str, object]:
        """Send one message, signed; returns what the receiver says of it, which may be nothing. Raises
        :class:`NotTaken` for everything but a success."""
        http: HttpClient = self._context.http
        response = http.request(
            "POST",
            self._address,
            data=body,
            headers=headers_for(self._key, message, self._context.now(), body),
            timeout=self._context.timeout,
        )
        if not 200 <= response.status_code < 300:
            raise NotTaken(response, response.text[:200])
        if _PAGE.match(response.text[:200]):
            raise NotTaken(response, "a page for browsers")
        answer = _json(response)
        if answer.get("error") or answer.get("errors") or False in (answer.get("ok"), answer.get("success")):
            raise NotTaken(response, f"an error inside a success: {response.text[:200]}")
        return answer


def _json(response: HttpAnswer) -> Mapping[str, object]:
    """The answer where it is an object; a receiver may say anything, or nothing."""
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def published(answer: Mapping[str, object], message: str) -> Published:
    """What is out: by the receiver's own name and address for it, where it says them; else by the message's id."""
    url = answer.get("url")
    try:
        name = ident(answer)
    except ValueError:
        name = message
    shown = isinstance(url, str) and re.fullmatch(r"https?://\S{1,1000}", url)
    return Published(name, str(url) if shown else "")


def outcome(error: NotTaken, context: ChannelContext) -> Outcome:
    """A refusal as an outcome. What may have been taken is unknown, and may be sent again under the same id."""
    status, words = error.response.status_code, detail(error, context)
    if _PAGE.match(error.response.text[:200]):
        wall = walled(error.response, context)
        if wall is not None:
            return wall
    match status:
        case 429:
            return Retry(words, retry_after(error.response.headers, context.now()), whole_channel=True)
        case 401:
            return Rejected(words, "token")
        case 410:
            return Rejected(N_("the receiver says that it wants no more (410)"), "token")
        case 403:
            return Rejected(words, "permission")
        case 404 | 405:
            return Rejected(words, "config")
        case 408 | 409 | 425:
            return Unknown(words)
    if 400 <= status < 500:
        return Rejected(words, "content")
    return Unknown(words, retry_after(error.response.headers, context.now()))
