"""What a mail server says when a mail did not arrive (RFC 3464), and which mails a machine wrote.

A bounce is one by its form, at the top of the message: one that a person quotes or forwards is a person's mail. What a
bounce is believed of is another question, which :mod:`commsched.services.inbox.bounces` answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from typing import Final, Literal

import msgspec

from commsched.core.text.clean import one_line
from commsched.mail import incoming
from commsched.mail.incoming import Incoming

Kind = Literal["hard", "soft", "delayed"]
_HARD: Final = re.compile(r"5\.(?:1\.(?:0|1|2|3|6|10)|2\.1|4\.4)")
"""Nobody is there, or the address cannot be: no such mailbox, domain, or one that is closed (RFC 3463, 5321)."""
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_UNKNOWN_USER: Final = re.compile(
    r"(?i)user unknown|unknown user|no such (?:user|recipient|mailbox|person)|does not exist|doesn't exist"
    r"|recipient (?:address )?(?:rejected|not found)|mailbox (?:unavailable|not found)|address not found"
    r"|unrouteable address|host or domain name not found|domain not found"
)
_FULL: Final = re.compile(r"(?i)\b(?:quota|full|spam|blocked|blacklist|policy|greylist|dmarc|spf|reputation)\b")
_MACHINE: Final = re.compile(r"(?i)(?:mailer-daemon|postmaster|mail delivery (?:sub)?system|microsoftexchange)")
_ENDED: Final = frozenset({"failed", "delayed"})
_MOST_RECIPIENTS: Final = 50
_MOST_WORDS: Final = 500


class Verdict(msgspec.Struct, frozen=True):
    """What is said of one recipient: ``address`` as it was sent to where that is said, ``status`` such as 5.1.1."""

    address: str
    kind: Kind
    status: str
    words: str


class Bounce(msgspec.Struct, frozen=True):
    """``ids``: the Message-IDs of what came back, and the envelope's own id (ENVID)."""

    verdicts: tuple[Verdict, ...]
    ids: tuple[str, ...] = ()
    standard: bool = True
    """Whether it is written as RFC 3464 says."""


def read(message: Incoming) -> Bounce | None:
    """The bounce that ``message`` is, if it is one."""
    tree = message.tree
    if incoming.kind_of(tree) == "multipart/report":
        report = _report(tree)
        verdicts = tuple(_verdicts(report)) if report is not None else ()
        return Bounce(verdicts, _ids(tree, report)) if report is not None and verdicts else None
    return _odd(message) if _by_machine(message) else None


def _report(tree: Message) -> Message | None:
    """The part for machines of a report, which stands directly in it."""
    payload = tree.get_payload()
    if not isinstance(payload, list):
        return None
    kind = str(tree.get_param("report-type") or "delivery-status").lower()
    if kind != "delivery-status":
        return None
    inner = (part for part in payload[:10] if isinstance(part, Message))
    wanted = ("message/delivery-status", "message/global-delivery-status")
    return next((part for part in inner if incoming.kind_of(part) in wanted), None)


def _blocks(report: Message) -> list[Message]:
    """The groups of fields of a report: about the message, then about each recipient."""
    payload = report.get_payload()
    if isinstance(payload, list):
        return [block for block in payload[: _MOST_RECIPIENTS + 1] if isinstance(block, Message)]
    parts = re.split(r"\r?\n\s*\r?\n", incoming.body(report)[:50_000].strip())
    return [incoming.parse(part.encode()) for part in parts[: _MOST_RECIPIENTS + 1]]


def _verdicts(report: Message) -> Iterable[Verdict]:
    for block in _blocks(report):
        action = incoming.header(block, "Action").strip().lower().partition(" ")[0]
        final = _address(incoming.header(block, "Final-Recipient"))
        address = _address(incoming.header(block, "Original-Recipient")) or final
        if action not in _ENDED or not address:
            continue
        diagnosis = one_line(incoming.header(block, "Diagnostic-Code"))
        words = _without_type(diagnosis)[:_MOST_WORDS]
        status = _status(incoming.header(block, "Status"), words)
        yield Verdict(address, "delayed" if action == "delayed" else weigh(status, words), status, words)


def _address(field: str) -> str:
    """The address in ``rfc822; somebody@example.org``."""
    return one_line(field.rpartition(";")[2]).strip(" <>").lower()[:254]


def _without_type(diagnosis: str) -> str:
    kind, semicolon, words = diagnosis.partition(";")
    return words.strip() if semicolon and kind.strip().isalnum() else diagnosis


def _status(field: str, words: str) -> str:
    """The status; the one within the server's words where that tells more (``5.0.0`` says nothing)."""
    said, inner = _STATUS.search(field), _STATUS.search(words)
    if inner is not None and (said is None or said[0].endswith(".0.0") or said[0][0] != inner[0][0]):
        return inner[0]
    return said[0] if said is not None else ""


def weigh(status: str, words: str) -> Kind:
    """Whether nobody is there (hard), or something stood in the way this time."""
    if _FULL.search(words):
        return "soft"
    if _HARD.fullmatch(status):
        return "hard"
    permanent = status.startswith("5") or re.match(r"\s*5\d\d\b", words) is not None
    vague = not status or status.endswith(".0.0") or re.fullmatch(r"5\.(?:1\.\d+|5\.0|7\.1)", status) is not None
    return "hard" if permanent and vague and _UNKNOWN_USER.search(words) else "soft"


def _ids(tree: Message, report: Message) -> tuple[str, ...]:
    """What came back: the id in the headers that were returned, and the envelope's."""
    said: list[str] = []
    for block in _blocks(report)[:1]:
        envelope = one_line(incoming.header(block, "Original-Envelope-Id")).strip("<> ")[:250]
        said += [envelope] if envelope else []
    payload = tree.get_payload()
    for part in payload[:10] if isinstance(payload, list) else ():
        if isinstance(part, Message):
            said += _returned_ids(part)
    return tuple(dict.fromkeys(said))


def _returned_ids(part: Message) -> list[str]:
    kind, payload = incoming.kind_of(part), part.get_payload()
    if kind in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
        inner = payload[0]
        return list(incoming.ids(incoming.header(inner, "Message-ID"))) if isinstance(inner, Message) else []
    if kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
        head = incoming.parse(incoming.body(part)[: incoming.MOST_HEADER].encode())
        return list(incoming.ids(incoming.header(head, "Message-ID")))
    return []


def _by_machine(message: Incoming) -> bool:
    """Whether a mail server wrote it: no answer goes to it (RFC 5321, 4.5.5), and it says who it is."""
    path = incoming.header(message.tree, "Return-Path").strip()
    return path == "<>" and bool(_MACHINE.search(f"{message.name} {message.address}"))


def _odd(message: Incoming) -> Bounce | None:
    """A bounce in a form of its own, as far as a library knows it."""
    from flufl.bounce import all_failures

    try:
        soft, hard = all_failures(message.tree)
    except Exception:  # it is written for mail as it should be
        return None
    words = one_line(message.text)[:_MOST_WORDS]
    status = _status("", words)
    judged = [Verdict(_plain(address), _weighed_odd(status, words), status, words) for address in sorted(hard)]
    judged += [Verdict(_plain(address), "delayed", status, words) for address in sorted(soft)]
    ids = [*incoming.ids(_after_headers(message.text))]
    return Bounce(tuple(judged[:_MOST_RECIPIENTS]), tuple(ids), standard=False) if judged else None


def _weighed_odd(status: str, words: str) -> Kind:
    return weigh(status or "5.0.0", words)


def _plain(address: bytes | str) -> str:
    said = address.decode("ascii", "replace") if isinstance(address, bytes) else address
    return said.strip().lower()[:254]


def _after_headers(text: str) -> str:
    """The lines in which a returned message names itself."""
    lines = (line for line in text.split("\n") if line.lower().lstrip("> ").startswith("message-id:"))
    return " ".join(lines)


# -- what machines write ----------------------------------------------------------------------------

_AUTOMATIC: Final = re.compile(
    r"(?i)^\s*(?:autosvar|auto(?:matiskt)? ?svar|frånvaro(?:meddelande)?|frånvarande|ej på plats|inte på plats|semester"
    r"|auto(?:matic)?[- ]?(?:reply|response)|out[- ]of[- ](?:the[- ])?office|on (?:leave|vacation)|vacation)\b"
)
"""Subjects that only machines write, in Swedish and English."""


def is_automatic(message: Incoming) -> bool:
    """Whether a machine answered (RFC 3834, and what servers say instead)."""
    said = incoming.header(message.tree, "Auto-Submitted").strip().lower()
    if said and said.partition(";")[0].strip() != "no":
        return True
    if any(incoming.header(message.tree, name).strip() for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return True
    precedence = incoming.header(message.tree, "Precedence").strip().lower()
    return precedence in ("auto_reply", "bulk", "junk", "list") or bool(_AUTOMATIC.match(_bare(message.subject)))


def _bare(subject: str) -> str:
    return re.sub(r"(?i)^(?:\s*(?:re|sv|fw|fwd|vb)\s*:)+", "", subject[:200])


_LEAVE: Final = re.compile(
    r"(?i)^\s*(?:unsubscribe|avregistrera|avsluta prenumeration(?:en)?)(?:\s+(?P<secret>[\w-]{60,100}))?[\s.!]*$"
)


def wants_to_leave(message: Incoming) -> bool:
    """Whether it is the mail of a List-Unsubscribe header: that word as its subject, or as all that it says."""
    if message.answers and not _LEAVE.match(message.subject):
        return False
    return bool(_LEAVE.match(_bare(message.subject)) or (len(message.text) < 60 and _LEAVE.match(message.text)))


def leave_secret(message: Incoming) -> str:
    """What a List-Unsubscribe header had the mail program write beside the word, if anything."""
    match = _LEAVE.match(_bare(message.subject))
    return (match["secret"] or "") if match is not None else ""
