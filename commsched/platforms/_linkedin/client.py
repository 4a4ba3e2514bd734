"""LinkedIn's versioned API over a channel's session, and the table of its refusals.

Every call carries a version, which LinkedIn answers for about a year: it is a setting. Lists in an address are spelled
``List(a,b)``, with each name in it encoded and the rest as it stands (Rest.li 2.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer, Stream
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import detail, retry_after, walled

_HOME: Final = "linkedin.com"
_VERSION_GONE: Final = ("NONEXISTENT_VERSION", "VERSION_MISSING")
_DAILY: Final = re.compile(r"\bday\b", re.IGNORECASE)
_DUPLICATE: Final = "DUPLICATE_POST"
_URN: Final = re.compile(r"urn:li:(?:share|ugcPost|activity):\d+")
_MAYBE_DONE: Final = frozenset({408, 409, 425})


class LinkedInError(Exception):
    """An answer that is no success."""

    def __init__(self, response: HttpAnswer) -> None:
        self.response = response
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        self.answer: Mapping[str, object] = answer if isinstance(answer, dict) else {}
        said = self.answer.get("message")
        super().__init__(f"{said if isinstance(said, str) else 'no error we can read'} (HTTP {response.status_code})")

    def names(self, *codes: str) -> bool:
        """Whether one of ``codes`` stands in it; LinkedIn puts them in several places."""
        return any(code in str(self.answer) for code in codes)

    @property
    def duplicate(self) -> str:
        """The post that this one is said to be a duplicate of, or nothing."""
        named = _URN.search(str(self.answer))
        return named[0] if named and self.names(_DUPLICATE) else ""


class LinkedIn:
    """The calls of one page's access."""

    def __init__(self, server: str, token: str, version: str, context: ChannelContext) -> None:
        self.server, self._token, self._version, self._context = server, token, version, context

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None, *, restli: str = "") -> HttpAnswer:
        """One call of the API; ``restli`` names what is meant where the method does not. Raises
        :class:`LinkedInError` for everything but a success."""
        headers = self._who() | {"LinkedIn-Version": self._version, "X-Restli-Protocol-Version": "2.0.0"}
        if restli:
            headers["X-RestLi-Method"] = restli
        return self._send(method, f"{self.server}/rest/{path}", headers, json=body)

    def read(self, path: str, *, restli: str = "") -> Mapping[str, object]:
        """The object at ``path``. Raises :class:`ValueError` where it is none."""
        answer = self.ask("GET", path, restli=restli).json()
        if not isinstance(answer, dict):
            raise ValueError(f"an answer we cannot read: {str(answer)[:200]}")
        return answer

    def put(self, url: object, data: bytes | Stream) -> HttpAnswer:
        """Send bytes to where LinkedIn has told us to; the access goes to LinkedIn alone. Raises
        :class:`ValueError` for an address of somebody else's."""
        target, ours = urlsplit(str(url)), urlsplit(self.server)
        name = target.hostname or ""
        known = (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
        if not known and not (target.scheme == "https" and (name == _HOME or name.endswith(f".{_HOME}"))):
            raise ValueError(f"LinkedIn sends us to {name[:80]} with a file, which is not its own")
        return self._send("PUT", str(url), self._who() | {"Content-Type": "application/octet-stream"}, data=data)

    def _who(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        json: Mapping[str, object] | None = None,
        data: bytes | Stream | None = None,
    ) -> HttpAnswer:
        http, timeout = self._context.http, self._context.timeout
        response = http.request(method, url, headers=headers, json=json, data=data, timeout=timeout)
        if not 200 <= response.status_code < 300:
            raise LinkedInError(response)
        if LinkedInError(response).answer.get("serviceErrorCode"):
            raise ValueError(f"an error inside a success: {response.text[:200]}")
        return response


def encoded(urn: str) -> str:
    """``urn`` as it stands in an address."""
    return quote(urn, safe="")


def several(urns: Iterable[str]) -> str:
    """A list of them, as it stands in an address."""
    return f"List({','.join(map(encoded, urns))})"


def outcome(error: LinkedInError, context: ChannelContext) -> Outcome:
    """A refusal as an outcome."""
    wall = walled(error.response, context)
    if wall is not None:
        return wall
    status, words = error.response.status_code, detail(str(error), context)
    after = retry_after(error.response.headers, context.now())
    if status == 426 or error.names(*_VERSION_GONE):
        return Rejected(N_("LinkedIn answers this API version no longer: write a newer one in the settings"), "config")
    if status == 429:
        return Retry(words, after or _rests_until(error, context.now()), whole_channel=True)
    if error.names(_DUPLICATE) or status in _MAYBE_DONE or status >= 500 or not error.answer:
        return Unknown(words, after)
    why = {401: "token", 403: "permission"}.get(status)
    return Rejected(words, "token" if why == "token" else "permission" if why else "content")


def _rests_until(error: LinkedInError, now: datetime) -> datetime | None:
    """What a day allows is counted anew at midnight, UTC."""
    if not _DAILY.search(str(error)):
        return None
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
