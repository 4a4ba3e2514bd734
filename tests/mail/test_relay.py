"""Handing mail in: what was provably not sent, what was refused and why, and what nobody can know."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import Email
from commsched.core.text.catalogues import own_words, stored, translate
from commsched.core.text.messages import N_, Invalid
from commsched.mail.connection import Patience, read_url
from commsched.mail.folder import FolderMailer
from commsched.mail.relay import SmtpMailer, default_sender, mailer_for
from tests.mail.servers import DRIP, DROP, STALL, Relay, relay

LETTER = Email(
    message_id="abc123@example.org",
    sender="desk@example.org",
    sender_name="Regiongruppen",
    to="redaktion@example.org",
    subject="Ja till fler turer på landet",
    text="Hej!\n.\nEn rad med punkt.\n",
    html="<p>Hej åäö!</p>",
    date=datetime(2026, 11, 26, 6, 30, tzinfo=UTC),
)
HASTY = Patience(connect=2, command=1.0, answer=1.0, total=3)


@pytest.fixture
def mailer() -> Iterator[Callable[..., SmtpMailer]]:
    made: list[SmtpMailer] = []

    def open_mailer(server: Relay | str, patience: Patience = HASTY) -> SmtpMailer:
        url = server if isinstance(server, str) else server.url
        made.append(SmtpMailer(read_url(url), "kontor@example.org", "Kontoret", patience))
        return made[-1]

    yield open_mailer
    for one in made:
        one.close()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_look_up_that_ends_in_time_proves_that_nothing_was_sent() -> None:
    asked: list[tuple[str, int, float]] = []

    def dial(host: str, port: int, patience: float) -> socket.socket:
        asked.append((host, port, patience))
        raise socket.gaierror(socket.EAI_AGAIN, "the look-up took too long")

    lost = SmtpMailer(read_url("smtp://relay.example.org"), "a@example.org", patience=HASTY, dial=dial).send(LETTER)
    assert isinstance(lost, Retry)
    assert lost.whole_channel
    assert asked == [("relay.example.org", 25, HASTY.connect)]


def test_the_office_connects_to_its_relay_within_bounds(tmp_path: Path) -> None:
    from commsched.bootstrap import open_installation
    from commsched.platforms._http.dial import connect

    installation = open_installation(tmp_path, smtp_url="smtp://relay.example.org")
    assert isinstance(installation.mailer, SmtpMailer)
    assert installation.mailer._dial is connect
    installation.store.close()


def test_what_the_relay_takes_is_published_with_its_answer(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        outcome = mailer(server).send(LETTER)
        assert outcome == Published("abc123@example.org", detail="250 2.0.0 queued as X")
        (content,) = server.script.contents
    read = message_from_bytes(content, policy=policy.default)
    assert read["Message-ID"] == "<abc123@example.org>"
    assert read.get_body(("plain",)).get_content().replace("\r\n", "\n") == LETTER.text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "steps",
    [
        {"greeting": DROP},
        {"greeting": STALL},
        {"greeting": DRIP},
        {"greeting": b"421 4.3.2 busy"},
        {"ehlo": DROP},
        {"ehlo": STALL},
        {"ehlo": b"421 closing"},
        {"mail": DROP},
        {"mail": STALL},
        {"mail": DRIP},
        {"mail": b"421 4.7.0 too many"},
        {"mail": b"451 4.3.0 later"},
        {"rcpt": DROP},
        {"rcpt": STALL},
        {"rcpt": b"450 4.2.0 greylisted"},
        {"rcpt": b"banana"},
        {"data": DROP},
        {"data": STALL},
        {"data": b"451 4.3.0 not now"},
        {"data": b"220 what"},
    ],
    ids=str,
)
def test_whatever_breaks_before_the_content_was_not_sent(
    mailer: Callable[..., SmtpMailer], steps: dict[str, bytes]
) -> None:
    with relay(**steps) as server:
        began = time.monotonic()
        assert isinstance(mailer(server).send(LETTER), Retry)
        assert time.monotonic() - began < 40
        assert server.script.contents == []


@pytest.mark.parametrize("answer", [DROP, STALL, DRIP, b"banana", b"354 more", b"999 what", b"2"], ids=str)
def test_what_breaks_after_the_content_is_unknown(mailer: Callable[..., SmtpMailer], answer: bytes) -> None:
    with relay(content=answer) as server:
        began = time.monotonic()
        assert isinstance(mailer(server).send(LETTER), Unknown)
        assert time.monotonic() - began < 40
        assert len(server.script.contents) == 1, "what may have gone out was sent again"


def test_nobody_there_is_not_sent_and_holds_the_whole_channel(mailer: Callable[..., SmtpMailer]) -> None:
    outcome = mailer(f"smtp://127.0.0.1:{closed_port()}").send(LETTER)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel


def test_a_name_that_does_not_exist_is_not_sent(mailer: Callable[..., SmtpMailer]) -> None:
    assert isinstance(mailer("smtp://relay.invalid:2525").send(LETTER), Retry)


def test_a_relay_that_cannot_encrypt_gets_no_password(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        outcome = mailer(f"smtp://desk:hemligt@127.0.0.1:{server.port}").send(LETTER)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "config"
    assert "hemligt" not in outcome.detail


@pytest.mark.parametrize(
    ("step", "answer", "why"),
    [
        ("rcpt", b"550 5.1.1 no such user", "address"),
        ("rcpt", b"550 nobody here", "address"),
        ("rcpt", b"553 bad name", "address"),
        ("rcpt", b"550 5.2.1 mailbox disabled", "address"),
        ("rcpt", b"552 5.2.2 mailbox full", "address"),
        ("rcpt", b"554 5.7.1 relay access denied", "permission"),
        ("rcpt", b"550 5.7.1 not for you", "permission"),
        ("rcpt", b"554 no", "permission"),
        ("mail", b"530 5.7.0 sign in first", "token"),
        ("mail", b"550 5.7.60 cannot send as this sender", "permission"),
        ("mail", b"553 5.1.8 no such sender domain", "config"),
        ("mail", b"552 5.3.4 too big", "content"),
        ("mail", b"552 too big", "content"),
        ("content", b"552 5.3.4 too big", "content"),
        ("content", b"554 5.7.1 looks like spam", "permission"),
        ("content", b"550 5.6.0 strange", "content"),
        ("content", b"554 no", "content"),
        ("greeting", b"554 5.7.1 you are blocked", "permission"),
    ],
)
def test_a_refusal_says_what_kind_of_help_it_needs(
    mailer: Callable[..., SmtpMailer], step: str, answer: bytes, why: str
) -> None:
    with relay(**{step: answer}) as server:
        outcome = mailer(server).send(LETTER)
    assert outcome == Rejected(answer.decode(), why)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("step", "answer", "whole"),
    [
        ("rcpt", b"450 4.2.1 greylisted", False),
        ("rcpt", b"452 4.5.3 too many recipients", False),
        ("rcpt", b"451 4.7.1 slow down", True),
        ("mail", b"421 4.7.0 try later", True),
        ("content", b"451 4.3.0 later", False),
        ("content", b"421 4.3.2 shutting down", True),
    ],
)
def test_a_temporary_answer_about_us_rests_the_whole_channel(
    mailer: Callable[..., SmtpMailer], step: str, answer: bytes, whole: bool
) -> None:
    with relay(**{step: answer}) as server:
        assert mailer(server).send(LETTER) == Retry(answer.decode(), whole_channel=whole)


def test_a_fresh_connection_is_used_again_and_a_refusal_does_not_spoil_it(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        installation = mailer(server)
        installation.send(LETTER)
        server.script.rcpt = b"550 5.1.1 no"
        assert isinstance(installation.send(LETTER), Rejected)
        server.script.rcpt = b"250 ok"
        assert isinstance(installation.send(LETTER), Published)
        assert server.script.connections == 1
        assert len(server.script.contents) == 2


def test_a_kept_connection_that_has_died_is_replaced_without_losing_or_doubling(
    mailer: Callable[..., SmtpMailer],
) -> None:
    with relay(close_after=1) as server:
        installation = mailer(server)
        assert [type(installation.send(LETTER)) for _ in range(3)] == [Published] * 3
        assert len(server.script.contents) == 3
        assert server.script.connections == 3


def test_a_refusal_stays_a_refusal_when_the_relay_hangs_up_after_it(mailer: Callable[..., SmtpMailer]) -> None:
    with relay(rcpt=b"550 5.1.1 no", rset=DROP) as server:
        assert mailer(server).send(LETTER) == Rejected("550 5.1.1 no", "address")


def test_a_relay_that_sends_a_kept_connection_home_is_asked_anew(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        installation = mailer(server)
        installation.send(LETTER)
        server.script.mail_once = b"421 4.4.2 idle too long"
        assert isinstance(installation.send(LETTER), Published)
        assert server.script.connections == 2
        assert len(server.script.contents) == 2


def test_an_old_connection_is_not_trusted(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        installation = mailer(server, replace(HASTY, idle=0))
        installation.send(LETTER)
        time.sleep(0.01)
        installation.send(LETTER)
        assert server.script.connections == 2


def test_verifying_sends_nothing(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        assert isinstance(mailer(server).verify(), Published)
        assert server.script.contents == []
        assert server.script.recipients == []
    answer = mailer(f"smtp://127.0.0.1:{closed_port()}").verify()
    assert isinstance(answer, Retry)
    assert answer.detail.startswith("the mail server refuses the connection (ConnectionRefusedError")
    assert stored(answer.detail, "sv").startswith("mejlservern nekar anslutningen (")
    sentence = translate(N_("The mail relay cannot be used: %(detail)s"), "sv", detail=own_words(answer.detail))
    assert "inte att använda: mejlservern nekar anslutningen (Conn" in sentence.replace("Mejls", "mejls", 2)
    with relay(noop=DROP) as server:
        assert isinstance(mailer(server).verify(), Retry)


def test_mail_that_has_left_cannot_be_read_back(mailer: Callable[..., SmtpMailer]) -> None:
    assert mailer("smtp://127.0.0.1:25").find("abc123@example.org") == CannotTell(
        "mail that has left cannot be read back", final=True
    )


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b\r\nRCPT TO:<c@d.se>", "a b@c.se", "<a@b.se>", "a@b.se,c@d.se", "å@b.se"]
)
def test_what_is_no_address_never_reaches_the_relay(mailer: Callable[..., SmtpMailer], to: str) -> None:
    with relay() as server:
        outcome = mailer(server).send(replace(LETTER, to=to))
        assert isinstance(outcome, Rejected)
        assert outcome.why == "address"
        assert server.script.connections == 0


def test_an_address_with_swedish_letters_in_its_domain_goes_as_idna(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        assert isinstance(mailer(server).send(replace(LETTER, to="red@åäö.example")), Published)
        assert server.script.recipients == ["red@xn--4cab6c.example"]


def test_a_message_without_a_sender_comes_from_the_installation(mailer: Callable[..., SmtpMailer]) -> None:
    with relay() as server:
        mailer(server).send(replace(LETTER, sender="", sender_name=""))
        assert b"From: Kontoret <kontor@example.org>" in server.script.contents[0]


# Settings


@pytest.mark.parametrize(
    "url", ["", "relay.example.org", "http://x", "smtp://", "smtp://h:abc", "smtp://h?starttls=maybe", "smtp://[::1"]
)
def test_an_address_of_a_relay_that_cannot_be_read_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_url(url)
    assert "hemligt" not in str(refused.value)


def test_the_address_of_a_relay_holds_everything() -> None:
    told = read_url("smtp://desk%40example.org:hem%2Fligt@relay.example.org")
    assert (told.user, told.secret.value, told.port, told.security) == ("desk@example.org", "hem/ligt", 587, "required")
    assert read_url("smtps://relay.example.org").port == 465
    assert read_url("smtp://relay.example.org").security == "offered"
    assert "hem/ligt" not in repr(told)


def test_the_page_says_where_mail_goes_and_never_the_password(tmp_path: Path) -> None:
    smtp = mailer_for({"smtp_url": "smtp://desk:hemligt@relay.example.org", "mail_from": "a@example.org"}, tmp_path)
    assert str(smtp.describe()) == "E-mail goes through relay.example.org:587, from a@example.org."
    assert "nobody is reached" in str(mailer_for({}, tmp_path).describe())


@pytest.mark.parametrize(
    ("settings", "sender"),
    [
        ({"mail_from": "a@b.se"}, "a@b.se"),
        ({"smtp_url": "smtp://u%40b.se:x@h"}, "u@b.se"),
        ({"smtp_url": "smtp://u:x@h", "base_url": "https://plan.example.org"}, "commsched@plan.example.org"),
        ({}, "commsched@localhost"),
        ({"base_url": "http://[::1]:80"}, "commsched@localhost"),
    ],
)
def test_there_is_always_a_sender(settings: dict[str, str], sender: str) -> None:
    assert default_sender(settings)[1] == sender


# The folder


def folder(path: Path) -> FolderMailer:
    made = mailer_for({}, path / "outbox")
    assert isinstance(made, FolderMailer)
    return made


def test_without_a_relay_a_message_is_a_file_named_by_its_id(tmp_path: Path) -> None:
    installation = folder(tmp_path)
    assert installation.find(LETTER.message_id) == Absent()
    assert isinstance(installation.send(LETTER), Published)
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name == "abc123@example.org.eml"
    assert message_from_bytes(file.read_bytes())["To"] == "redaktion@example.org"
    assert installation.find(LETTER.message_id) == Found("abc123@example.org")


def test_the_same_message_twice_is_one_file(tmp_path: Path) -> None:
    installation = folder(tmp_path)
    assert [type(installation.send(LETTER)) for _ in range(2)] == [Published, Published]
    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_a_full_disk_leaves_no_half_file_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("commsched.mail.folder.os.fsync", full)
    outcome: Outcome = folder(tmp_path).send(LETTER)
    assert isinstance(outcome, Retry)
    assert outcome.whole_channel
    assert list((tmp_path / "outbox").iterdir()) == []
    assert folder(tmp_path).find(LETTER.message_id) == Absent()


def test_an_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    for wild in ("../../x@y", "/etc/x@y", "a\nb@c", ""):
        assert isinstance(folder(tmp_path).send(replace(LETTER, message_id=wild)), Rejected)
    assert isinstance(folder(tmp_path).send(replace(LETTER, message_id=".hidden@y")), Published)
    assert not (tmp_path / "outbox" / ".hidden@y.eml").exists()
