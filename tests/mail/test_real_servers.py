"""Against real Postfix and Dovecot: what is delivered, what is refused and with which words, and the lost answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import Email
from commsched.mail.connection import Patience, read_url
from commsched.mail.relay import SmtpMailer
from tests.peers import mail
from tests.peers.mail import MailServer

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("mail")]
LETTER = Email(
    message_id="a1@press.example",
    sender="desk@example.test",
    sender_name="Regiongruppen i Åre",
    to="alice@example.test",
    subject="Rättelse: tåget går även på lördagar",
    text="Hej på er!\n.\n.. punkter\n",
    html="<p>Hej på er!</p>",
    date=datetime(2026, 11, 26, 6, 30, tzinfo=UTC),
    headers={"List-Unsubscribe": "<mailto:desk@example.test>"},
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    trouble = mail.missing()
    if trouble and os.environ.get("CI") == "true":
        pytest.fail(f"a mail server belongs to this run: {trouble}")
    if trouble:
        pytest.skip(trouble)
    with mail.serve() as running:
        yield running


@pytest.fixture
def relay(server: MailServer) -> Iterator[SmtpMailer]:
    made = SmtpMailer(read_url(server.url()), "desk@example.test")
    yield made
    made.close()


def test_a_mail_is_delivered_once_and_whole(server: MailServer, relay: SmtpMailer) -> None:
    outcome = relay.send(LETTER)
    assert isinstance(outcome, Published)
    assert outcome.detail.startswith("250 2.0.0 Ok: queued as ")
    read = server.delivered("alice@example.test", "a1@press.example")
    assert read["Subject"] == LETTER.subject
    assert read["From"].addresses[0].display_name == "Regiongruppen i Åre"
    assert read["List-Unsubscribe"] == "<mailto:desk@example.test>"
    body = read.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == LETTER.text
    assert len(read.get_all("Message-ID", [])) == len(read.get_all("Date", [])) == 1


def test_one_connection_carries_many_with_refusals_between(server: MailServer, relay: SmtpMailer) -> None:
    outcomes = [
        relay.send(
            replace(
                LETTER,
                message_id=f"row{n}@press.example",
                to="nobody@example.test" if n % 3 == 1 else "alice@example.test",
            )
        )
        for n in range(9)
    ]
    assert [isinstance(outcome, Published) for outcome in outcomes] == [n % 3 != 1 for n in range(9)]
    for number in (0, 8):
        server.delivered("alice@example.test", f"row{number}@press.example")


def test_550_somebody_who_does_not_exist(relay: SmtpMailer) -> None:
    outcome = relay.send(replace(LETTER, to="nobody@example.test"))
    assert isinstance(outcome, Rejected)
    assert (outcome.why, outcome.detail[:9]) == ("address", "550 5.1.1")


def test_552_too_large(relay: SmtpMailer) -> None:
    outcome = relay.send(replace(LETTER, text="x" * 200_000))
    assert isinstance(outcome, Rejected)
    assert (outcome.why, outcome.detail[:9]) == ("content", "552 5.3.4")


def test_535_a_wrong_password_is_a_dead_access(server: MailServer) -> None:
    wrong = SmtpMailer(read_url(server.url(password="fel")), "desk@example.test")
    for outcome in (wrong.send(LETTER), wrong.verify()):
        assert isinstance(outcome, Rejected)
        assert (outcome.why, outcome.detail[:9]) == ("token", "535 5.7.8")


def test_554_a_relay_that_does_not_know_us(server: MailServer) -> None:
    stranger = SmtpMailer(read_url(server.url(user="")), "desk@example.test")
    outcome = stranger.send(replace(LETTER, to="red@elsewhere.example"))
    stranger.close()
    assert isinstance(outcome, Rejected)
    assert (outcome.why, outcome.detail[:9]) == ("permission", "554 5.7.1")


def test_knocking_sends_nothing(server: MailServer, relay: SmtpMailer) -> None:
    assert isinstance(relay.verify(), Published)
    assert server.inbox("desk@example.test", "a1@press.example") == []


def test_a_certificate_that_nobody_vouches_for_gets_no_password(server: MailServer) -> None:
    trusting = SmtpMailer(read_url(f"smtp://desk:pw@localhost:{server.smtp}?starttls=1"), "desk@example.test")
    outcome = trusting.send(LETTER)
    assert isinstance(outcome, Retry)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail


def test_a_lost_acknowledgement_is_unknown(server: MailServer) -> None:
    with mail.sink("-q", ".") as port:
        dropping = SmtpMailer(read_url(f"smtp://127.0.0.1:{port}"), "desk@example.test")
        assert isinstance(dropping.send(LETTER), Unknown)


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_content_was_not_sent(server: MailServer, step: str) -> None:
    with mail.sink("-q", step) as port:
        dropping = SmtpMailer(read_url(f"smtp://127.0.0.1:{port}"), "desk@example.test")
        assert isinstance(dropping.send(LETTER), Retry)


def test_a_relay_that_never_answers_is_given_up_in_time(server: MailServer) -> None:
    hasty = Patience(connect=1, command=1, answer=0.5, total=2)
    with mail.sink("-W", ".:30") as port:
        waiting = SmtpMailer(read_url(f"smtp://127.0.0.1:{port}"), "desk@example.test", patience=hasty)
        assert isinstance(waiting.send(LETTER), Unknown)


def test_aiosmtpd_takes_what_we_send() -> None:
    from aiosmtpd.controller import Controller

    taken: list[tuple[str, list[str], bytes]] = []

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
            taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))  # type: ignore[attr-defined]
            return "250 2.0.0 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=mail._free_ports(1)[0])
    controller.start()
    try:
        relay = SmtpMailer(read_url(f"smtp://127.0.0.1:{controller.port}"), "desk@example.test")
        assert isinstance(relay.send(LETTER), Published)
        relay.close()
    finally:
        controller.stop()
    ((sender, recipients, content),) = taken
    assert (sender, recipients) == ("desk@example.test", ["alice@example.test"])
    assert b"Message-ID: <a1@press.example>" in content
