"""facebook-sdk's client with what version 3.1.0 lacks: today's Graph versions, a base URL, and the HTTP status.

Also the table of Graph errors. Source: Meta's error documentation, and what other schedulers have met.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import requests

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.platforms._answers import retry_after, walled

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
    """A Graph error with its HTTP status, and the usage that the headers told of."""

    def __init__(
        self, answer: Any, status: int, usage: Mapping[str, Any], response: requests.Response | None = None
    ) -> None:
        super().__init__(answer)
        self.response = response
        error = answer.get("error") if isinstance(answer, dict) else None
        self.error: dict[str, Any] = error if isinstance(error, dict) else {}
        self.status, self.usage = status, usage

    def __str__(self) -> str:
        facts = {
            "HTTP": self.status,
            "code": self.error.get("code"),
            "subcode": self.error.get("error_subcode"),
            "fbtrace_id": self.error.get("fbtrace_id"),
        }
        known = ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        words = self.error.get("error_user_msg") or self.error.get("message") or "no error we can read"
        return f"{words} ({known})"


class Graph(facebook.GraphAPI):  # type: ignore[misc]
    """``facebook.GraphAPI`` over a given session, address and version."""

    def __init__(self, token: str, *, base_url: str, version: str, session: requests.Session, timeout: float) -> None:
        super().__init__(access_token=token, timeout=timeout, session=session)
        self.base_url, self.version = base_url, version

    def request(
        self, path: str, args: Any = None, post_args: Any = None, files: Any = None, method: str | None = None
    ) -> dict[str, Any]:
        """One call. Raises :class:`GraphError` for everything but a JSON object without an error."""
        token = {"access_token": self.access_token}
        response = self.session.request(
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
        failed = not isinstance(answer, dict) or bool(answer.get("error"))
        if failed or not 200 <= response.status_code < 300:
            raise GraphError(answer, response.status_code, _usage(response.headers), response)
        return dict(answer)


def _usage(headers: Mapping[str, str]) -> dict[str, Any]:
    """What the usage headers say, as far as they can be read."""
    usage = {}
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        try:
            usage[name] = json.loads(headers[name])
        except (KeyError, ValueError):
            continue
    return usage


def wait_until(usage: Mapping[str, Any], now: datetime) -> datetime | None:
    """When Meta lets us in again: the longest ``estimated_time_to_regain_access``, which is in minutes."""
    by_business = usage.get("x-business-use-case-usage")
    entries = by_business.values() if isinstance(by_business, dict) else ()
    minutes = [
        each.get("estimated_time_to_regain_access")
        for entry in entries
        for each in (entry if isinstance(entry, list) else ())
        if isinstance(each, dict)
    ]
    known = [each for each in minutes if isinstance(each, int | float) and 0 < each < 60 * 24 * 30]
    return now + timedelta(minutes=max(known)) if known else None


def outcome(error: GraphError, words: str, context: ChannelContext) -> Outcome:
    """A Graph error as an outcome; ``words`` are its own, made safe to show."""
    now, after, wall = context.now(), None, None
    if error.response is not None:
        after, wall = retry_after(error.response.headers, now), walled(error.response, context)
    return wall or _by_code(error, words, wait_until(error.usage, now) or after)


def _by_code(error: GraphError, words: str, after: datetime | None) -> Outcome:
    code, subcode = error.error.get("code"), error.error.get("error_subcode")
    message = str(error.error.get("message", "")).lower()
    if not isinstance(code, int) or code in _UNCERTAIN:
        return Unknown(words, after)
    if code in _DUPLICATE or subcode in _DUPLICATE or (code == _BLOCKED and "already posted" in message):
        return Unknown(words)
    if code in _BUSY or (code == _BLOCKED and subcode == _TOO_FAST):
        return Retry(words, after, whole_channel=True)
    if code in _TOKEN:
        return Rejected(words, "token")
    if code == _BLOCKED or code in _PERMISSION or subcode in _PERMISSION:
        return Rejected(words, "permission")
    if error.status >= 500 or error.error.get("is_transient") is True:
        return Unknown(words, after)
    return Rejected(words, "content")
