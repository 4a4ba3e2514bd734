"""Graph errors, and what each of them means for a post: one table for Facebook, Instagram and Threads.

Source: Meta's documentation of errors, and what other schedulers have met.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer
from commsched.platforms._meta.usage import wait_until
from commsched.platforms._shared.answers import detail, from_failure, outcome_of, retry_after, walled

_BUSY: Final = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
_TOKEN: Final = frozenset({190, 102})
_PERMISSION: Final = frozenset({3, 10, 1404078, 4854002, *range(200, 300)})
_DUPLICATE: Final = frozenset({506, 1366051})
_UNCERTAIN: Final = frozenset({1, 2, -1})
"""Posts have been seen live after the first two; the third is Instagram's own "server error"."""
_BLOCKED, _TOO_FAST = 368, 1390008
_CHECKPOINT: Final = frozenset({459, 464, 490})
"""The account is locked until its owner has done something at Meta: under whatever code it is told."""
_DAILY_CAP, _NOT_READY = 2207042, 2207027
_SOON, _LATER = timedelta(seconds=30), timedelta(hours=1)
_RESTRICTED: Final = frozenset({2207050, 2207051})
"""Instagram's account is restricted, or its action was held for abuse."""


class MetaError(Exception):
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


def meaning(error: Exception, context: ChannelContext) -> Outcome:
    """What a call that ended in ``error`` comes to, whoever raised it."""
    return outcome_of(
        error, context, MetaError, lambda refusal: outcome(refusal, detail(str(refusal), context), context)
    )


def unclear(answer: object, context: ChannelContext) -> Outcome:
    """The outcome of an answer that is neither a success nor an error."""
    return from_failure(ValueError(f"an answer we cannot read: {str(answer)[:200]}"), context)


def outcome(error: MetaError, words: str, context: ChannelContext) -> Outcome:
    """A Graph error as an outcome; ``words`` are its own, made safe to show."""
    headers, now = error.response.headers, context.now()
    wall = walled(error.response, context)
    return wall or _by_code(error, words, wait_until(headers, now) or retry_after(headers, now), now)


def _by_code(error: MetaError, words: str, after: datetime | None, now: datetime) -> Outcome:
    code, subcode = error.code, error.subcode
    message = str(error.error.get("message", "")).lower()
    if subcode in _CHECKPOINT:
        return Rejected(words, "token")
    if code is None or code in _UNCERTAIN:
        return Unknown(words, after)
    if code in _DUPLICATE or subcode in _DUPLICATE or (code == _BLOCKED and "already posted" in message):
        return Unknown(words)
    waits = _waits(code, subcode, words, after, now)
    if waits is not None:
        return waits
    if code in _TOKEN:
        return Rejected(words, "token")
    if code == _BLOCKED or code in _PERMISSION or subcode in _PERMISSION | _RESTRICTED:
        return Rejected(words, "permission")
    if error.response.status_code >= 500 or error.error.get("is_transient") is True:
        return Unknown(words, after)
    return Rejected(words, "content")


def _waits(code: int, subcode: int | None, words: str, after: datetime | None, now: datetime) -> Retry | None:
    """What Meta did not do, and will do later."""
    if (code in _BUSY and subcode not in _RESTRICTED) or (code == _BLOCKED and subcode == _TOO_FAST):
        return Retry(words, after, whole_channel=True)
    if subcode == _DAILY_CAP:
        return Retry(words, after or now + _LATER, whole_channel=True)
    if subcode == _NOT_READY:
        return Retry(words, after or now + _SOON)
    return None
