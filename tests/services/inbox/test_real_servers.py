"""Against real Postfix and Dovecot: bounces that come later, threads, and mailboxes that hold anything."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Published
from commsched.core.platform.contract import Email
from commsched.core.text.messages import Conflict, Invalid
from commsched.mail import verp
from commsched.mail.connection import Secret, read_url
from commsched.mail.imap import Account, Box
from commsched.mail.relay import SmtpMailer
from commsched.services.inbox import answering, mailboxes, messages, originals, rounds, sorting, taking
from commsched.services.inbox.mailboxes import Entered
from commsched.store.models import Contact, InboxMessage, Mailbox, Part, PartBounce
from tests.conftest import Cast, SetClock
from tests.mail.test_bounces import POSTFIX, report
from tests.mail.test_incoming import BOMBS
from tests.peers import mail
from tests.peers.mail import PASSWORD, MailServer
from tests.services.inbox.conftest import letter, parts, rows

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("mail")]
DESK = "desk@example.test"


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
def box(server: MailServer, cast: Cast, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> int:
    """The desk's mailbox, empty, read by the office."""
    clock.at = datetime.now(UTC)
    monkeypatch.setattr(mailboxes, "dial", lambda host, port, wait: socket.create_connection((host, port), wait))
    cast.installation.settings["ca_file"] = str(server.ca)
    server.empty(DESK, "Hanterat")
    entered = Entered("Pressen", "localhost", server.imaps, "implicit", DESK, PASSWORD, DESK)
    return mailboxes.keep_if_it_opens(cast.installation, cast.actor(), entered)


@pytest.fixture
def relay(server: MailServer) -> Iterator[SmtpMailer]:
    relay = SmtpMailer(read_url(server.url()), DESK)
    yield relay
    relay.close()


def read(cast: Cast, clock: SetClock) -> list[InboxMessage]:
    clock.forward(minutes=4)
    assert taking.read_next(cast.installation)
    return rows(cast)


def until(cast: Cast, clock: SetClock, enough: Callable[[list[InboxMessage]], bool]) -> list[InboxMessage]:
    """Read the mailbox until what is awaited has come."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        came = read(cast, clock)
        if enough(came):
            return came
        time.sleep(0.1)
    raise TimeoutError(f"only {[row.kind for row in rows(cast)]} came")


def mailing(cast: Cast, number: int, to: str, message_id: str, returns: str = "") -> Email:
    return Email(
        message_id=message_id,
        sender=DESK,
        sender_name="Vi",
        to=to,
        subject="Fler turer",
        text="Hej",
        date=cast.installation.now(),
        envelope_from=returns or verp.envelope(DESK, number, sorting.verp_key(cast.installation)),
    )


def test_a_mail_that_comes_back_later_is_known_by_its_return_address(
    server: MailServer, relay: SmtpMailer, cast: Cast, clock: SetClock, release: int, box: int
) -> None:
    part = parts(cast)[0]
    assert isinstance(relay.send(mailing(cast, part.id, "nora@gone.example", part.message_id)), Published)
    (row,) = until(cast, clock, bool)
    assert (row.kind, row.item_id) == ("bounce", release)
    with cast.installation.store.read(cast.place.id) as session:
        mark = session.scalars(select(PartBounce)).one()
        assert (mark.part_id, mark.kind, mark.proof, mark.status) == (part.id, "hard", "verp", "5.1.1")
        assert "user unknown" in cast.installation.vault.unseal(mark.words)
        assert session.scalars(select(Contact)).one().state == "bounced"
        assert session.get_one(Part, part.id).state == "published"
    assert b"Seen" not in b"".join(server.flags(DESK)), "the mailbox is only looked at"


def test_without_it_the_message_that_is_returned_tells(
    relay: SmtpMailer, cast: Cast, clock: SetClock, release: int, box: int
) -> None:
    part = parts(cast)[1]
    assert isinstance(relay.send(mailing(cast, 0, "per@full.example", part.message_id, DESK)), Published)
    until(cast, clock, bool)
    with cast.installation.store.read(cast.place.id) as session:
        mark = session.scalars(select(PartBounce)).one()
        assert (mark.part_id, mark.kind, mark.proof, mark.status) == (part.id, "soft", "message", "5.2.2")


def test_a_conversation_goes_there_and_back(
    server: MailServer, relay: SmtpMailer, cast: Cast, clock: SetClock, release: int, box: int
) -> None:
    part = parts(cast)[0]
    server.put(DESK, letter(From="Alice <alice@example.test>", answers=part.message_id).as_bytes())
    (row,) = read(cast, clock)
    assert (row.kind, row.item_id) == ("letter", release)
    cast.installation.mailer = relay
    answering.answer(cast.installation, cast.actor("writer"), row.id, "Ring oss gärna.", row.version)
    assert rounds.send_due(cast.installation) == 1
    talk = messages.open_one(cast.installation, cast.actor(), row.id)
    (ours,) = [each for each in talk.thread if isinstance(each, messages.Sent)]
    assert ours.row.state == "sent"
    came = server.delivered("alice@example.test", ours.row.mail_id)
    assert (came["In-Reply-To"], came["From"].addresses[0].addr_spec) == ("<n1@vk.example>", DESK)
    assert came["References"].split() == [f"<{part.message_id}>", "<n1@vk.example>"]
    again = letter("Tack", From="alice@example.test", Message_ID="<n9@a>", answers=ours.row.mail_id)
    server.put(DESK, again.as_bytes())
    assert read(cast, clock)[-1].thread == row.thread


def test_whatever_lies_in_a_mailbox_is_read_and_nothing_follows_from_it(
    server: MailServer, cast: Cast, clock: SetClock, release: int, box: int
) -> None:
    poison = letter("Hej")
    poison.add_alternative("<img src='https://spy.example/x'><script>x()</script><b>Hej</b>", subtype="html")
    forged = report(POSTFIX, returned="Content-Type: text/plain\n\n-").strip()
    put = [
        poison.as_bytes(),
        forged.replace("nora@vk", "chefen@vk").replace("Nora@VK", "chefen@vk").encode(),
        b"From: a@b.example\r\nSubject: =?utf-8?q?=F6?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xe5\xe4\xf6",
        *(raw for name, raw in BOMBS.items() if name not in ("nothing", "zeros")),
        b"not even a header",
    ]
    for raw in put:
        server.put(DESK, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    came = read(cast, clock)
    assert len(came) == len(put)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(PartBounce)).all() == []
        assert session.scalars(select(Contact)).one().state == "active"
    shown = originals.html_of(cast.installation, cast.actor(), came[0].id)
    assert shown.strip() == "<b>Hej</b>"


def test_a_mail_of_sixty_megabytes_costs_its_beginning(
    server: MailServer, cast: Cast, clock: SetClock, box: int
) -> None:
    head = letter("Bilderna kommer här.")
    head.add_attachment(b"x", maintype="image", subtype="tiff", filename="stor.tif")
    begun, end = head.as_bytes().split(b"eA==\n")
    server.put(DESK, (begun + b"QUJD" * 19 + b"\n").replace(b"\n", b"\r\n") + (b"QUJD" * 19 + b"\r\n") * 800_000 + end)
    clock.forward(minutes=4)
    began = time.monotonic()
    assert taking.read_next(cast.installation)
    assert time.monotonic() - began < 40
    (row,) = rows(cast)
    assert row.size > 60_000_000
    assert cast.installation.vault.unseal(row.text) == "Bilderna kommer här."
    assert [each.name for each in sorting.details_of(cast.installation, row).attachments] == ["stor.tif"]
    with pytest.raises(Conflict, match="too large"):
        originals.attachment(cast.installation, cast.actor(), row.id, 0)


def test_an_attachment_comes_whole_and_what_is_handled_is_moved(
    server: MailServer, cast: Cast, clock: SetClock, box: int
) -> None:
    data = os.urandom(700_000)
    mail = letter("Se bilaga")
    mail.add_attachment(data, maintype="application", subtype="pdf", filename="fråga.pdf")
    server.put(DESK, mail.as_bytes().replace(b"\n", b"\r\n"))
    (row,) = read(cast, clock)
    fetched = originals.attachment(cast.installation, cast.actor(), row.id, 0)
    with fetched.data:
        assert fetched.data.read() == data
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Mailbox, box).handled_folder = "Hanterat"
        session.get_one(InboxMessage, row.id).state = "answered"
    read(cast, clock)
    assert rows(cast)[0].moved
    with originals.attachment(cast.installation, cast.actor(), row.id, 0).data as moved:
        assert moved.read() == data


def test_a_mailbox_that_cannot_be_opened_is_told_in_a_sentence(
    server: MailServer, cast: Cast, clock: SetClock, box: int
) -> None:
    right = {"name": "P", "host": "localhost", "port": server.imaps, "security": "implicit", "user": DESK}
    wrong = {
        "secret": {"password": "fel"},
        "folder": {"folder": "Finns inte"},
        "security": {"port": server.smtp},
        "host": {"host": "finns-inte.invalid"},
        "port": {"port": 9},
    }
    for field, change in wrong.items():
        entered = Entered(**(right | {"password": PASSWORD, "address": DESK} | change))  # type: ignore[arg-type]
        with pytest.raises(Invalid) as told:
            mailboxes.keep_if_it_opens(cast.installation, cast.actor(), entered)
        assert told.value.field == field, str(told.value)
        assert PASSWORD not in str(told.value)
    folder = server.boxes / "desk"
    folder.chmod(0)
    try:
        clock.forward(minutes=4)
        assert taking.read_next(cast.installation)
        with cast.installation.store.read(cast.place.id) as session:
            kept = session.scalars(select(Mailbox)).one()
            assert mailboxes.trouble_of(kept) is not None
    finally:
        folder.chmod(0o700)
    clock.forward(minutes=6)
    assert taking.read_next(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.scalars(select(Mailbox.trouble)).one() == ""


def test_the_time_that_a_mailbox_may_take_is_bounded(server: MailServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account = Account("localhost", silent.getsockname()[1], DESK, "implicit", Secret("pw"))
        began = time.monotonic()
        with (
            pytest.raises(Invalid),
            Box(account, lambda host, port, wait: socket.create_connection((host, port), wait), 0.5),
        ):
            pass
        assert time.monotonic() - began < 40
