"""Bounces that are none: forged, maimed, of another office, of a mail never sent, huge, or nested without end. Each is
taken in once, in time, and changes nothing about anybody."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from commsched.mail import bounces, incoming, verp
from commsched.mail.incoming import HEAD_BYTES
from commsched.services.inbox.sorting import verp_key
from commsched.store.models import InboxMessage
from tests.conftest import Cast
from tests.mail.test_bounces import POSTFIX
from tests.services.inbox.conftest import Letters, rows
from tests.services.inbox.test_bounces import bounce, contact, marks, returns_to

TakeIn = Callable[..., InboxMessage]


def nested(depth: int, *, lines: bytes = b"\r\n") -> bytes:
    """A report whose returned mail is a mail within a mail, ``depth`` times."""
    heads = [
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'.encode() for level in range(depth)
    ]
    start = b"From: MAILER-DAEMON@x.example\r\nTo: press@nord.example\r\nSubject: Undelivered\r\nMessage-ID: <n@x>\r\n"
    return (start + b"".join(heads) + b"Content-Type: text/plain\r\n\r\nslut\r\n").replace(b"\r\n", lines)


def forwarded(depth: int) -> bytes:
    start = b"From: a@x.example\r\nTo: press@nord.example\r\nMessage-ID: <f@x>\r\nContent-Type: message/rfc822\r\n\r\n"
    return start * depth + b"slut\r\n"


def forged(cast: Cast) -> str:
    """A return address for our own recipient, with a proof that somebody guessed."""
    name, _, domain = returns_to(cast).partition("@")
    return f"{name[:-16]}{'a' * 16}@{domain}"


BAD: dict[str, Callable[[Cast], bytes]] = {
    "nested a thousand deep": lambda cast: nested(1000),
    "mails within mails, a thousand deep": lambda cast: forwarded(1000),
    "larger than is fetched": lambda cast: (
        bounce(to=returns_to(cast))[:2000].replace(b"Action", b"Aktion") + b"x" * (HEAD_BYTES + 5000)
    ),
    "forged address": lambda cast: bounce(to=forged(cast)),
    "of a mail never sent": lambda cast: bounce(
        to=verp.envelope("press@nord.example", 987_654, verp_key(cast.installation))
    ),
    "an id that is none of ours": lambda cast: bounce(message_id="c" * 40 + "@nord.example"),
    "of another office's key": lambda cast: bounce(to=verp.envelope("press@nord.example", 1, b"k" * 32)),
    "no status": lambda cast: bounce(to=returns_to(cast)).replace(b"Status: ", b"X: ").replace(b"Action: ", b"Y: "),
    "no report": lambda cast: bounce(to=returns_to(cast)).partition(b"message/delivery-status")[0],
    "nothing but a head": lambda cast: b"From: MAILER-DAEMON@x.example\r\nTo: " + returns_to(cast).encode() + b"\r\n",
    "empty": lambda cast: b"",
    "bytes that are no text": lambda cast: b"\xff\xfe\x00" * 400 + b"\r\n\r\n" + bytes(range(256)) * 20,
    "a thousand recipients": lambda cast: bounce(
        POSTFIX
        + "".join(f"\n\nFinal-Recipient: rfc822; x{n}@y.example\nAction: failed\nStatus: 5.1.1" for n in range(1000))
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_bounce_changes_nothing_and_is_there_once(
    kind: str, take_in: TakeIn, cast: Cast, box: Letters, release: int
) -> None:
    raw = BAD[kind](cast)
    began = time.process_time()
    take_in(raw)
    take_in(raw)  # it came again
    assert time.process_time() - began < 5, "a mail that is made to take time takes none"
    assert len(rows(cast)) == 1
    assert (contact(cast).state, contact(cast).score <= 10) == ("active", True), "an address alone counts as soft, once"
    assert all(mark.kind != "hard" for mark in marks(cast))


@pytest.mark.parametrize("depth", [100, 3000])
def test_however_deep_it_is_nested_it_is_read_in_a_moment(depth: int) -> None:
    for raw in (nested(depth)[:HEAD_BYTES], forwarded(depth)[:HEAD_BYTES], nested(depth, lines=b"\n")[:HEAD_BYTES]):
        began = time.process_time()
        says = incoming.read(raw)
        assert bounces.read(says) is None
        assert time.process_time() - began < 10
