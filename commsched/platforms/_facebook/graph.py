"""facebook-sdk's client with what version 3.1.0 lacks: today's Graph versions, a base URL, and the HTTP status.

Also the table of Graph errors. Source: Meta's error documentation, and what other schedulers have met.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import BinaryIO

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.platforms._shared.answers import retry_after, walled

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK is from 2018, and Python has grown stricter with its strings
    import facebook

_BUSY = {4, 17, 32, 341, 613, *range(80000, 80015)}
_TOKEN = {190, 102}
_PERMISSION = {3, 10, 1404078, 4854002, *range(200, 300)}
_DUPLICATE = {506, 1366051}
_UNCERTAIN = {1, 2}
"""Posts have been seen live after these two."""
_BLOCKED, _TOO_FAST = 368, 1390008


class GraphError(facebook.GraphAPIError):  # type: ignore[misc]
    """A Graph error, and the answer that it came in."""

    def __init__(self, answer: object, response: HttpAnswer) -> None:
        super().__init__(answer)
        self.response = response
        error = answer.get("error") if isinstance(answer, dict) else None
        self.error: dict[str, object] = error if isinstance(error, dict) else {}
        self.code, self.subcode = _number(self.error.get("code")), _number(self.error.get("error_subcode"))

    def __str__(self) -> str:
        facts = {
            "HTTP": self.response.status_code,
            "code": self.error.get("code"),
            "subcode": self.error.get("error_subcode"),
            "fbtrace_id": self.error.get("fbtrace_id"),
        }
        known = ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        words = self.error.get("error_user_msg") or self.error.get("message") or "no error we can read"
        return f"{words} ({known})"


def _number(value: object) -> int | None:
    """``value`` where it is a code; a server may put anything in its place."""
    return value if isinstance(value, int) else None


class Graph(facebook.GraphAPI):  # type: ignore[misc]
    """``facebook.GraphAPI`` over a given session, address and version."""

    def __init__(self, token: str, *, base_url: str, version: str, session: HttpClient, timeout: float) -> None:
        super().__init__(access_token=token, timeout=timeout, session=session)
        self.base_url, self.version = base_url, version

    def request(
        self,
        path: str,
        args: Mapping[str, str] | None = None,
        post_args: Mapping[str, str] | None = None,
        files: Mapping[str, BinaryIO] | None = None,
        method: str | None = None,
    ) -> dict[str, object]:
        """One call. Raises :class:`GraphError` for everything but a JSON object without an error."""
        token = {"access_token": self.access_token}
        response: HttpAnswer = self.session.request(
            method or ("GET" if post_args is None else "POST"),
            f"{self.base_url}/{path}",
            params={**token, **(args or {})} if post_args is None else None,
            data=None if post_args is None else {**token, **post_args},
            files=files,
            timeout=self.timeout,
        )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or answer.get("error") or not 200 <= response.status_code < 300:
            raise GraphError(answer, response)
        return answer


def wait_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When Meta lets us in again: the longest ``estimated_time_to_regain_access``, which is in minutes."""
    try:
        by_business = json.loads(headers["x-business-use-case-usage"])
    except (KeyError, ValueError):
        return None
    minutes = [
        each.get("estimated_time_to_regain_access")
        for entry in (by_business.values() if isinstance(by_business, dict) else ())
        for each in (entry if isinstance(entry, list) else ())
        if isinstance(each, dict)
    ]
    known = [each for each in minutes if isinstance(each, int | float) and 0 < each < 60 * 24 * 30]
    return now + timedelta(minutes=max(known)) if known else None


def outcome(error: GraphError, words: str, context: ChannelContext) -> Outcome:
    """A Graph error as an outcome; ``words`` are its own, made safe to show."""
    headers, now = error.response.headers, context.now()
    wall = walled(error.response, context)
    return wall or _by_code(error, words, wait_until(headers, now) or retry_after(headers, now))


def _by_code(error: GraphError, words: str, after: datetime | None) -> Outcome:
    code, subcode = error.code, error.subcode
    message = str(error.error.get("message", "")).lower()
    if code is None or code in _UNCERTAIN:
        return Unknown(words, after)
    if code in _DUPLICATE or subcode in _DUPLICATE or (code == _BLOCKED and "already posted" in message):
        return Unknown(words)
    if code in _BUSY or (code == _BLOCKED and subcode == _TOO_FAST):
        return Retry(words, after, whole_channel=True)
    if code in _TOKEN:
        return Rejected(words, "token")
    if code == _BLOCKED or code in _PERMISSION or subcode in _PERMISSION:
        return Rejected(words, "permission")
    if error.response.status_code >= 500 or error.error.get("is_transient") is True:
        return Unknown(words, after)
    return Rejected(words, "content")
