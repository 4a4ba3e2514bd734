"""Telegram's Bot API over a channel's session, and the table of its refusals.

The token stands in the address of every call. It is never in an error: what is said is what Telegram said, with the
token taken out, or the name of the host alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import BinaryIO, Final

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.delivery.outcome import Why as Why
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.platforms._shared.answers import detail, retry_after, walled

Files = Mapping[str, tuple[str, BinaryIO, str]]
_HALF_DONE: Final = re.compile(r"failed to send message|group send failed")
"""Said of an album of which one picture was not taken; what became of the others nobody says."""
_REFUSALS: Final[tuple[tuple[str, Why], ...]] = (
    (r"chat not found|chat_id is empty|upgraded to a supergroup|channel_invalid|peer_id_invalid", "config"),
    (r"not enough rights|need administrator|have no rights|chat_write_forbidden|chat_admin_required", "permission"),
    (r"can't be (edited|deleted)|message_author_required|message_delete_forbidden", "permission"),
)
"""What stands in the words of an error 400, which has no code of its own, and which help it needs."""
_LONGEST: Final = timedelta(days=1)


class TelegramError(Exception):
    """An answer that is no success, and what it came in."""

    def __init__(self, answer: object, response: HttpAnswer) -> None:
        self.answer: Mapping[str, object] = answer if isinstance(answer, dict) else {}
        self.response = response
        code, said = self.answer.get("error_code"), self.answer.get("description")
        self.code = code if isinstance(code, int) and not isinstance(code, bool) else response.status_code
        self.description = said if isinstance(said, str) else "no answer we can read"
        super().__init__(f"{self.description} (HTTP {response.status_code}, error {self.code})")

    def says(self, pattern: str) -> bool:
        """Whether ``pattern`` stands in Telegram's own words."""
        return re.search(pattern, self.description.lower()) is not None


class Bot:
    """The calls of one bot."""

    def __init__(self, server: str, token: str, http: HttpClient, timeout: float) -> None:
        self._address, self._http, self._timeout = f"{server}/bot{token}", http, timeout

    def ask(self, method: str, fields: Mapping[str, object] | None = None, files: Files | None = None) -> object:
        """One call: its result. ``fields`` that are no words go as JSON, and those that are None not at all. Raises
        :class:`TelegramError` for everything but a success."""
        form = {name: _spelled(field) for name, field in (fields or {}).items() if field is not None}
        response = self._http.request(
            "POST", f"{self._address}/{method}", data=form, files=files or None, timeout=self._timeout
        )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or answer.get("ok") is not True or not 200 <= response.status_code < 300:
            raise TelegramError(answer, response)
        return answer.get("result")


def _spelled(field: object) -> str:
    return field if isinstance(field, str) else json.dumps(field, ensure_ascii=False)


def outcome(error: TelegramError, context: ChannelContext) -> Outcome:
    """A refusal as an outcome."""
    words = detail(str(error), context)
    wall = walled(error.response, context)
    if wall is not None:
        return wall
    match error.code:
        case 429:
            return Retry(words, _rests_until(error, context.now()), whole_channel=True)
        case 401 | 404:  # an address with a token that is none is not there
            return Rejected(words, "token")
        case 403:
            return Rejected(words, "permission")
        case 400 if not error.says(_HALF_DONE.pattern):
            return Rejected(words, next((why for pattern, why in _REFUSALS if error.says(pattern)), "content"))
        case 413:
            return Rejected(words, "content")
    return Unknown(words, _rests_until(error, context.now()))


def _rests_until(error: TelegramError, now: datetime) -> datetime | None:
    """When Telegram lets us in again: it says so in the answer, in seconds."""
    more = error.answer.get("parameters")
    seconds = more.get("retry_after") if isinstance(more, dict) else None
    if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
        return now + (timedelta(seconds=seconds) if seconds < _LONGEST.total_seconds() else _LONGEST)
    return retry_after(error.response.headers, now)
