"""What a mail server's answer means. Codes are RFC 5321, the dotted ones RFC 3463; one table for every stage."""

from __future__ import annotations

import re
from typing import Final, Literal

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Why

Stage = Literal["hello", "sign-in", "sender", "recipient", "content"]

_ENHANCED: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_SIGN_IN_CODES: Final = frozenset({530, 534, 535, 538})
_WHOLE_CHANNEL: Final = frozenset({421, 432, 454})
"""Temporary answers that are about us or the server, not about one recipient."""
_BY_DETAIL: Final[dict[tuple[int, int], Why]] = {
    (1, 7): "config",  # our sender address is malformed
    (1, 8): "config",  # our sender's domain does not exist
    (2, 3): "content",  # too long for this mailbox
    (3, 4): "content",  # too big for the system
    (7, 8): "token",
    (7, 9): "token",
    (7, 14): "token",
}
_BY_SUBJECT: Final[dict[int, Why]] = {
    1: "address",
    2: "address",
    3: "config",
    4: "address",
    5: "config",
    6: "content",
    7: "permission",
}


def text_of(code: int, answer: bytes | str) -> str:
    """The server's answer as one line for the record, at most 500 characters."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    plain = words if words.isprintable() else "".join(c if c.isprintable() else " " for c in words)
    return f"{code} {' '.join(plain.split())}".strip()[:500]


def outcome_of(code: int, answer: bytes | str, stage: Stage) -> Outcome:
    """What a refusal means: 4yz may be tried again by itself, 5yz is for a person. Neither was sent."""
    said = text_of(code, answer)
    match = _ENHANCED.match(said.partition(" ")[2])
    subject, detail = (int(match[2]), int(match[3])) if match else (0, 0)
    if code < 500:
        rate = subject == 7 or (subject, detail) in ((3, 2), (4, 5))
        return Retry(said, whole_channel=code in _WHOLE_CHANNEL or rate or stage in ("hello", "sign-in"))
    return Rejected(said, _why(code, subject, detail, stage))


def _why(code: int, subject: int, detail: int, stage: Stage) -> Why:
    if code in _SIGN_IN_CODES or stage == "sign-in":
        return "token"
    if (subject, detail) in _BY_DETAIL:
        return _BY_DETAIL[subject, detail]
    if subject in (1, 2, 4) and stage == "content":
        # After the content the recipient was already accepted; what is refused now is the message.
        return "address" if subject == 1 else "content"
    if subject:
        return _BY_SUBJECT.get(subject, "config")
    return _without_detail(code, stage)


def _without_detail(code: int, stage: Stage) -> Why:
    """For servers that say only the three digits."""
    if code in (500, 501, 502, 503, 504):
        return "address" if stage == "recipient" and code == 501 else "config"
    if code == 552:
        return "content"
    if stage == "recipient":
        return "permission" if code == 554 else "address"
    return "content" if stage == "content" else "permission"
