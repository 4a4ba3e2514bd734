"""Bounces in the forms that servers write them, and mails that only look like one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.mail import bounces, incoming
from commsched.mail.bounces import Bounce

OURS = "9b1f0c@nord.example"


def message(head: str, body: str) -> incoming.Incoming:
    return incoming.read(f"{head.strip()}\n\n{body}".replace("\n", "\r\n").encode())


def read(raw: str) -> Bounce | None:
    return bounces.read(incoming.read(raw.strip().replace("\n", "\r\n").encode()))


def report(fields: str, words: str = "Leveransen misslyckades.", returned: str = "") -> str:
    back = returned or f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{OURS}>\nSubject: Fler turer\n"
    return f"""
Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: press+b12.aaaaaaaaaaaaaaaa@nord.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

{words}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Original-Envelope-Id: env-77

{fields}

--B
{back}
--B--
"""


POSTFIX = """Final-Recipient: rfc822; nora@vk.example
Original-Recipient: rfc822;Nora@VK.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.vk.example
Diagnostic-Code: smtp; 550 5.1.1 <nora@vk.example>: Recipient address rejected: User unknown in virtual mailbox table"""
EXIM = """Action: failed
Final-Recipient: rfc822;nora@vk.example
Status: 5.0.0
Remote-MTA: dns; mx.vk.example
Diagnostic-Code: smtp; 550 no such recipient here"""
EXCHANGE = """Final-Recipient: rfc822;nora@vk.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"""
GOOGLE = """Final-Recipient: rfc822; nora@vk.example
Action: failed
Status: 5.2.1
Remote-MTA: dns; gmail-smtp-in.example
Diagnostic-Code: smtp; 550-5.2.1 The email account that you tried to reach is inactive.
Last-Attempt-Date: Thu, 26 Nov 2026 06:00:00 -0800 (PST)"""
FULL = """Final-Recipient: rfc822; nora@vk.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 The recipient's inbox is over quota and cannot take more mail"""
POLICY = """Final-Recipient: rfc822; nora@vk.example
Action: failed
Status: 5.7.1
Diagnostic-Code: smtp; 550 5.7.1 Recipient address rejected: blocked by policy, see our list of senders"""
LATE = """Final-Recipient: rfc822; nora@vk.example
Action: delayed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mx.vk.example[192.0.2.7]:25: Connection timed out
Will-Retry-Until: Tue, 1 Dec 2026 06:00:00 +0000"""


@pytest.mark.parametrize(
    ("fields", "kind", "status"),
    [
        (POSTFIX, "hard", "5.1.1"),
        (EXIM, "hard", "5.0.0"),
        (EXCHANGE, "hard", "5.1.10"),
        (GOOGLE, "hard", "5.2.1"),
        (FULL, "soft", "5.2.2"),
        (POLICY, "soft", "5.7.1"),
        (LATE, "delayed", "4.4.1"),
    ],
)
def test_a_report_says_whom_it_is_about_and_how_final_it_is(fields: str, kind: str, status: str) -> None:
    bounce = read(report(fields))
    assert bounce is not None
    (verdict,) = bounce.verdicts
    assert (verdict.address, verdict.kind, verdict.status) == ("nora@vk.example", kind, status)
    assert verdict.words
    assert bounce.ids == ("env-77", OURS)


def test_the_whole_mail_may_come_back_and_several_recipients_be_told_of() -> None:
    other = POSTFIX.replace("nora", "per").replace("Nora", "per")
    whole = f"Content-Type: message/rfc822\n\nMessage-ID: <{OURS}>\nFrom: press@nord.example\n\nHej\n"
    bounce = read(report(f"{POSTFIX}\n\n{other}", returned=whole))
    assert bounce is not None
    assert [verdict.address for verdict in bounce.verdicts] == ["nora@vk.example", "per@vk.example"]
    assert OURS in bounce.ids


def test_what_was_delivered_or_passed_on_is_no_bounce() -> None:
    for action in ("delivered", "relayed", "expanded"):
        assert read(report(POSTFIX.replace("failed", action))) is None


ODD = """
Return-Path: <>
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: press@nord.example
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: nora@vk.example

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  nora@vk.example
    SMTP error from remote mail server after RCPT TO:<nora@vk.example>:
    host mx.vk.example [192.0.2.7]: 550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------

Message-ID: <9b1f0c@nord.example>
Subject: Fler turer
"""


def test_a_form_of_its_own_is_read_by_a_library_where_a_machine_wrote_it() -> None:
    bounce = read(ODD)
    assert bounce is not None
    assert [(verdict.address, verdict.kind) for verdict in bounce.verdicts] == [("nora@vk.example", "hard")]
    assert (bounce.ids, bounce.standard) == ((OURS,), False)
    assert read(ODD.replace("Return-Path: <>\n", "Return-Path: <nora@vk.example>\n")) is None


def _quoted(raw: str) -> str:
    inner = raw.strip()
    return f"""
From: Nora Berg <nora@vk.example>
To: press@nord.example
Subject: Vb: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="M"

--M
Content-Type: text/plain

Jag fick det här, vad betyder det?

--M
Content-Type: message/rfc822

{inner}
--M--
"""


@pytest.mark.parametrize(
    "raw",
    [
        _quoted(report(POSTFIX)),
        ODD.replace("Mail Delivery System <Mailer-Daemon@mx.example>", "Nora <nora@vk.example>"),
        report(POSTFIX).replace("report-type=delivery-status", "report-type=disposition-notification"),
        "From: a@b.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\ntomt",
    ],
    ids=["forwarded", "a person quotes it", "a receipt", "empty"],
)
def test_a_mail_that_only_looks_like_one_is_none(raw: str) -> None:
    assert read(raw) is None


@pytest.mark.parametrize(
    ("head", "machine"),
    [
        ("Subject: Sv: Fler turer\nFrom: Nora <nora@vk.example>", False),
        ("Subject: Semesterplanering i regionen\nFrom: a@b.example", False),
        ("Subject: Autosvar: Fler turer", True),
        ("Subject: Frånvarande: Fler turer", True),
        ("Subject: Out of Office: back on Monday", True),
        ("Subject: Re: Automatic reply: hej", True),
        ("Subject: Hej\nAuto-Submitted: auto-replied (vacation)", True),
        ("Subject: Hej\nAuto-Submitted: no", False),
        ("Subject: Hej\nX-Autoreply: yes", True),
        ("Subject: Nyheter\nPrecedence: list", True),
    ],
)
def test_what_a_machine_answers_is_known(head: str, machine: bool) -> None:
    assert bounces.is_automatic(message(head, "Hej")) is machine


@pytest.mark.parametrize(
    ("head", "body", "leaves"),
    [
        ("Subject: unsubscribe", "", True),
        ("Subject: Avregistrera", "", True),
        ("Subject: Hej", "unsubscribe", True),
        ("Subject: Unsubscribe rates in the region: a question", "Hej! Jag skriver om hur många som avslutar.", False),
        ("Subject: Sv: Fler turer\nIn-Reply-To: <a@b>", "Hur avregistrerar man sig från kollektivtrafiken?", False),
    ],
)
def test_the_mail_that_leaves_a_list(head: str, body: str, leaves: bool) -> None:
    assert bounces.wants_to_leave(message(head, body)) is leaves


_fields = st.sampled_from([POSTFIX, EXIM, EXCHANGE, GOOGLE, FULL, POLICY, LATE])


@given(_fields, st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=12)), max_size=6))
def test_whatever_a_bounce_is_made_into_it_is_read_or_is_none(fields: str, cuts: list[tuple[int, bytes]]) -> None:
    """Bytes of it are replaced: it names nobody that it did not name, and nothing stumbles."""
    raw = bytearray(report(fields).strip().replace("\n", "\r\n").encode())
    for place, data in cuts:
        raw[place : place + len(data)] = data
    bounce = bounces.read(incoming.read(bytes(raw)))
    for verdict in bounce.verdicts if bounce else ():
        assert verdict.kind in ("hard", "soft", "delayed")
        assert len(verdict.words) <= 500
        assert len(verdict.address) <= 254
        assert "\n" not in verdict.address + verdict.words


Change = Callable[[str], str]
_HARMLESS: list[Change] = [
    lambda raw: raw.replace("Action:", "ACTION:").replace("Status:", "status:"),
    lambda raw: raw.replace("multipart/report", "Multipart/Report").replace("message/delivery", "Message/Delivery"),
    lambda raw: raw.replace("Diagnostic-Code: smtp; ", "Diagnostic-Code: smtp;\n  "),
    lambda raw: raw.replace("rfc822; nora", "RFC822;nora").replace("rfc822;nora", "rfc822;  nora"),
    lambda raw: raw.replace("Reporting-MTA: dns; mx.example", "Reporting-MTA: dns; mx.example\nX-Queue-ID: 4Z0"),
    lambda raw: raw.replace('boundary="B"', 'boundary="B"; charset=utf-8'),
]


@given(_fields, st.lists(st.sampled_from(_HARMLESS), max_size=4))
def test_how_a_server_spells_it_does_not_matter(fields: str, changes: list[Change]) -> None:
    raw = expected = report(fields)
    for change in changes:
        raw = change(raw)
    first, second = read(expected), read(raw)
    assert first is not None
    assert second is not None
    said = [(each.address, each.kind, each.status) for each in second.verdicts]
    assert said == [(each.address, each.kind, each.status) for each in first.verdicts]
    assert second.ids == first.ids
