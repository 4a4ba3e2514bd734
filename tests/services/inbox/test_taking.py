"""What comes to a mailbox is taken in once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Invalid
from commsched.mail.imap import BUSY
from commsched.services.inbox import mailboxes, sorting, taking
from commsched.services.inbox.mailboxes import Entered
from commsched.store.models import InboxMessage, Mailbox
from tests.conftest import Cast, SetClock
from tests.services.inbox.conftest import Letters, letter, rows

TakeIn = Callable[..., InboxMessage]
A, B = "a" * 40 + "@nord.example", "b" * 40 + "@nord.example"


def kept(cast: Cast) -> Mailbox:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalars(select(Mailbox)).one()


def test_an_answer_stands_beside_its_release_with_who_and_what(take_in: TakeIn, cast: Cast, release: int) -> None:
    row = take_in(letter(answers=A))
    assert (row.kind, row.state, row.item_id, row.outlet) == ("letter", "new", release, "VK")
    unseal = cast.installation.vault.unseal
    assert (unseal(row.sender), unseal(row.text)) == ("Nora Berg", "Hej! Vem kan jag ringa?")
    assert "Nora" not in str(vars(row))
    assert "ringa" not in str(vars(row))


def test_it_is_taken_in_once_however_often_it_is_read(take_in: TakeIn, cast: Cast, box: Letters) -> None:
    take_in(letter("Ett", Message_ID="<1@a.example>"), letter("Två", Message_ID="<2@a.example>"))
    assert [kept(cast).validity, kept(cast).last_uid] == [7, 2]
    take_in()
    box.validity = 8  # the server counts anew: everything is read again
    box.messages = {number + 10: message for number, message in box.messages.items()}
    take_in(letter("Tre", Message_ID="<3@a.example>"))
    assert len(rows(cast)) == 3
    assert [(row.validity, row.uid) for row in rows(cast)] == [(8, 11), (8, 12), (8, 13)]
    assert [kept(cast).validity, kept(cast).last_uid] == [8, 13]


def test_the_same_message_id_hides_no_other_mail(take_in: TakeIn, cast: Cast) -> None:
    take_in(letter("Den första"), letter("En annan, med samma id"), letter("Den första"))
    assert len(rows(cast)) == 2


def test_a_connection_that_ends_loses_nothing_and_doubles_nothing(
    take_in: TakeIn, cast: Cast, box: Letters, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 2)
    for number in range(7):
        box.put(letter(f"Brev {number}", Message_ID=f"<{number}@a.example>"))
    box.dies_after = 3
    take_in()
    assert len(rows(cast)) == 2
    assert kept(cast).trouble
    box.dies_after = -1
    clock.forward(minutes=5)
    take_in()
    assert len(rows(cast)) == 7
    assert not kept(cast).trouble


def test_who_dies_before_the_commit_reads_it_again(
    take_in: TakeIn, cast: Cast, box: Letters, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put(letter())
    real = sorting.keep

    def dies(*arguments: object) -> InboxMessage:
        real(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(sorting, "keep", dies)
    clock.forward(minutes=4)
    with pytest.raises(KeyboardInterrupt):
        taking.read_next(cast.installation)
    assert rows(cast) == []
    monkeypatch.setattr(sorting, "keep", real)
    take_in()
    assert len(rows(cast)) == 1


def test_a_mailbox_that_is_new_begins_with_its_newest_thirty_days(take_in: TakeIn, cast: Cast, box: Letters) -> None:
    box.put(letter("Gammalt", Message_ID="<g@a.example>"), cast.installation.now() - timedelta(days=31))
    take_in(letter("Nytt"))
    assert len(rows(cast)) == 1


def test_a_large_mailbox_is_read_in_turns_that_follow_at_once(
    take_in: TakeIn, cast: Cast, box: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MOST", 3)
    for number in range(5):
        box.put(letter(f"Brev {number}"))
    take_in()
    assert (len(rows(cast)), kept(cast).next_at) == (3, cast.installation.now())
    assert taking.read_next(cast.installation)
    assert len(rows(cast)) == 5
    assert kept(cast).next_at > cast.installation.now()  # type: ignore[operator]


def test_a_mailbox_that_is_locked_is_told_of_and_tried_again(
    take_in: TakeIn, cast: Cast, box: Letters, clock: SetClock
) -> None:
    box.trouble = Invalid(BUSY, "")
    assert not rows(cast)
    clock.forward(minutes=4)
    assert taking.read_next(cast.installation)
    words = mailboxes.trouble_of(kept(cast))
    assert words is not None
    assert words.message == BUSY
    assert not taking.read_next(cast.installation), "not before its time"
    box.trouble = None
    clock.forward(minutes=6)
    assert taking.read_next(cast.installation)
    assert mailboxes.trouble_of(kept(cast)) is None


def test_two_engines_read_it_once(take_in: TakeIn, cast: Cast, clock: SetClock) -> None:
    clock.forward(minutes=4)
    assert taking.claim(cast.installation) is not None
    assert taking.claim(cast.installation) is None


def test_a_message_that_makes_a_reader_stumble_is_there_nevertheless(
    take_in: TakeIn, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_raw: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("commsched.mail.incoming.read", stumble)
    row = take_in(letter(), letter("Andra"))
    assert len(rows(cast)) == 2
    assert sorting.details_of(cast.installation, row).cut


def test_what_is_handled_is_moved_only_where_the_office_wants_it(
    take_in: TakeIn, cast: Cast, box: Letters, mailbox: int
) -> None:
    take_in(letter(), letter("Borta", Message_ID="<2@a>", Subject="Autosvar: Fler turer"))
    assert box.moved == []
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Mailbox, mailbox).handled_folder = "Hanterat"
    take_in()
    assert box.moved == [(2, "Hanterat")], "a letter waits where it lies until somebody has answered it"
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(InboxMessage, rows(cast)[0].id).state = "answered"
    take_in()
    assert box.moved == [(2, "Hanterat"), (1, "Hanterat")]


def test_a_conversation_goes_on_with_whoever_has_it(take_in: TakeIn, cast: Cast, release: int) -> None:
    first = take_in(letter(answers=A))
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(InboxMessage, first.id).assigned_to = cast.writer.id
    row = take_in(letter("Och en sak till", Message_ID="<n2@vk.example>", answers="n1@vk.example"))
    assert (row.thread, row.item_id, row.assigned_to) == (first.thread, release, cast.writer.id)


def test_what_another_office_sent_is_none_of_ours(cast: Cast, take_in: TakeIn, release: int, clock: SetClock) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Mailbox)).one()
        copied = {
            name: getattr(row, name) for name in ("name", "host", "port", "security", "user", "secret", "address")
        }
        session.delete(row)
    with cast.installation.store.write(cast.elsewhere.id) as session:
        session.add(Mailbox(**copied, created_at=clock.now(), next_at=clock.now()))
    with pytest.raises(IndexError):
        take_in(letter(answers=A))
    with cast.installation.store.read(cast.elsewhere.id) as session:
        assert session.scalars(select(InboxMessage)).one().item_id is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("host", {"host": "imap.nord.example/x"}),
        ("address", {"address": "ingen adress"}),
        ("security", {"security": "none"}),
        ("port", {"port": 0}),
        ("user", {"user": " "}),
        ("password", {"password": ""}),
        ("forward_to", {"forward_what": "answers", "forward_to": "press@nord.example"}),
        ("forward_to", {"forward_what": "everything", "forward_to": "hej"}),
        ("handled_folder", {"handled_folder": "inbox"}),
    ],
)
def test_what_cannot_be_a_mailbox_is_told_by_its_field(
    cast: Cast, box: Letters, field: str, wrong: dict[str, str]
) -> None:
    right = {
        "name": "P",
        "host": "imap.nord.example",
        "port": 993,
        "security": "implicit",
        "user": "press@nord.example",
    }
    entered = Entered(**(right | {"password": "pw", "address": "press@nord.example"} | wrong))  # type: ignore[arg-type]
    with pytest.raises(Invalid) as told:
        mailboxes.keep_if_it_opens(cast.installation, cast.actor(), entered)
    assert told.value.field == field


def test_a_password_follows_nobody_to_another_server(cast: Cast, mailbox: int, box: Letters) -> None:
    entered = Entered("P", "imap.evil.example", 993, "implicit", "press@nord.example", "", "press@nord.example")
    with pytest.raises(Invalid, match="needed"):
        mailboxes.keep_if_it_opens(cast.installation, cast.actor(), entered, mailbox)
    same = Entered("Q", "imap.nord.example", 993, "implicit", "press@nord.example", "", "press@nord.example")
    mailboxes.keep_if_it_opens(cast.installation, cast.actor(), same, mailbox)
    assert kept(cast).name == "Q"
    assert "pw" not in kept(cast).secret
