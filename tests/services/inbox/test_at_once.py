"""The shared inbox under two at once: one of two answers goes out and the other is told, nothing is read twice or lost,
whatever dies in between."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import fast_mail_parser
import pytest
from sqlalchemy import func, select

from commsched.core.delivery.outcome import Published, Rejected, Retry, Unknown
from commsched.core.text.messages import Conflict
from commsched.mail.build import build
from commsched.mail.imap import LOST
from commsched.services.inbox import answering, drafts, mailboxes, messages, rounds, taking
from commsched.store.models import InboxMessage, InboxReply, Mailbox
from tests.conftest import Cast, MailBag, SetClock
from tests.mail.imap_server import Script
from tests.services.inbox.conftest import Letters, letter, rows
from tests.services.inbox.test_access import connected, script, server
from tests.services.inbox.test_answering import ID, replies

__all__ = ["script", "server"]
TakeIn = Callable[..., InboxMessage]


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What each came to, all begun at the same moment."""
    gate = threading.Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        gate.wait(5)
        try:
            return deed()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(do, deeds))


def test_two_who_answer_at_the_same_second_one_goes_out_and_the_other_is_told(
    take_in: TakeIn, cast: Cast, mail: MailBag
) -> None:
    row, installation = take_in(letter()), cast.installation
    people = {"Karins ord": cast.actor("writer"), "Gunnars ord": cast.actor("approver")}
    for words, who in people.items():
        drafts.save(installation, who, row.id, words)
    came = at_once(
        *(
            lambda words=words, who=who: answering.answer(installation, who, row.id, words, row.version)  # type: ignore[misc]
            for words, who in people.items()
        )
    )
    assert sorted(type(each).__name__ for each in came) == ["Conflict", "int"]
    assert sum(at_once(*[lambda: rounds.send_due(installation)] * 2)) == 1  # type: ignore[arg-type]
    assert (len(mail.sent), [reply.state for reply in replies(cast)]) == (1, ["sent"])
    lost = next(words for words, each in zip(people, came, strict=True) if isinstance(each, Conflict))
    with installation.store.read(cast.place.id) as session:
        assert [draft.text for draft in drafts.of_message(installation, session, row.id)] == [lost]


def test_who_assigns_while_another_says_that_it_needs_no_answer_is_told(take_in: TakeIn, cast: Cast) -> None:
    row, installation = take_in(letter()), cast.installation
    came = at_once(
        lambda: messages.assign(installation, cast.actor(), row.id, cast.approver.id, row.version),
        lambda: messages.put_aside(installation, cast.actor("writer"), row.id, row.version),
    )
    assert sorted(type(each).__name__ for each in came) == ["Conflict", "NoneType"]
    kept = rows(cast)[0]
    assert (kept.version, kept.state == "done") == (row.version + 1, kept.assigned_to is None)


def test_two_messages_of_one_conversation_are_given_away_at_once(take_in: TakeIn, cast: Cast) -> None:
    first = take_in(letter(answers=ID))
    second = take_in(letter("Mer", Message_ID="<n2@vk.example>", answers="n1@vk.example"))
    installation = cast.installation
    for _turn in range(3):
        one, two = rows(cast)
        came = at_once(
            lambda one=one: messages.assign(installation, cast.actor(), one.id, cast.approver.id, one.version),  # type: ignore[misc]
            lambda two=two: messages.assign(installation, cast.actor(), two.id, cast.writer.id, two.version),  # type: ignore[misc]
        )
        assert None in came, "nobody stands in the way of both"
        assert len({row.assigned_to for row in rows(cast)}) == 1, "a conversation has one who answers"
    assert [row.id for row in rows(cast)] == [first.id, second.id]


def test_two_processes_that_read_the_same_mailbox_keep_each_mail_once(cast: Cast, box: Letters, mailbox: int) -> None:
    for number in range(5):
        box.put(letter(f"Brev {number}", Message_ID=f"<{number}@a.example>"))
    with cast.installation.store.read(cast.place.id) as session:
        row = mailboxes.load(session, mailbox)
    at_once(*[lambda: taking.take_in(cast.installation, row, box)] * 2)  # type: ignore[arg-type]
    assert len(rows(cast)) == 5


def test_a_server_that_dies_in_the_middle_of_a_mail_loses_and_doubles_nothing(
    cast: Cast, clock: SetClock, script: Script, server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "AT_ONCE", 2)
    number = connected(cast, server)  # type: ignore[arg-type]
    script.messages |= {
        uid: letter(f"Brev {uid}", Message_ID=f"<{uid}@a.example>").as_bytes().replace(b"\n", b"\r\n")
        for uid in range(1, 6)
    }
    script.dies_at = 4
    assert taking.read_next(cast.installation)
    assert len(rows(cast)) == 2
    with cast.installation.store.read(cast.place.id) as session:
        trouble = mailboxes.trouble_of(mailboxes.load(session, number))
    assert trouble is not None
    assert trouble.message == LOST
    script.dies_at, script.validity = 0, 8  # it is put up anew, and counts from one again
    script.messages = {uid + 20: raw for uid, raw in script.messages.items()}
    clock.forward(minutes=6)
    assert taking.read_next(cast.installation)
    assert len(rows(cast)) == 5
    assert {row.validity for row in rows(cast)} == {8}


def test_an_independent_parser_finds_the_thread_in_an_answers_headers(
    take_in: TakeIn, cast: Cast, release: int, mail: MailBag
) -> None:
    row = take_in(letter(answers=ID))
    answering.answer(cast.installation, cast.actor("writer"), row.id, "Ring Åsa på 070-000 00 00.", row.version)
    rounds.send_due(cast.installation)
    first = mail.sent[0].message_id
    again = take_in(letter("Tack! En fråga till.", Message_ID="<n2@vk.example>", answers=first))
    answering.answer(cast.installation, cast.actor("writer"), again.id, "Javisst.", again.version)
    rounds.send_due(cast.installation)
    read = [_headers(build(sent)) for sent in mail.sent]
    assert [headers["in-reply-to"] for headers in read] == ["<n1@vk.example>", "<n2@vk.example>"]
    assert read[0]["references"].split() == [f"<{ID}>", "<n1@vk.example>"]
    assert read[1]["references"].split()[-2:] == [f"<{first}>", "<n2@vk.example>"]
    assert [headers["message-id"] for headers in read] == [f"<{sent.message_id}>" for sent in mail.sent]
    assert len({headers["message-id"] for headers in read}) == 2


def _headers(raw: bytes) -> dict[str, str]:
    return {name.lower(): " ".join(values) for name, values in fast_mail_parser.parse_email(raw).headers.items()}


class Walk:
    """One walk at random over an inbox, with what it has been told and what it did."""

    def __init__(self, cast: Cast, box: Letters, mail: MailBag, clock: SetClock, seed: int) -> None:
        self.cast, self.box, self.mail, self.clock = cast, box, mail, clock
        self.chance = random.Random(seed)
        self.put = self.accepted = 0

    def step(self) -> None:
        deeds = (self.write, self.write, self.read, self.read, self.break_off, self.recount, self.answer, self.answer,
                 self.assign, self.aside, self.send, self.send, self.kill)  # fmt: off
        self.chance.choice(deeds)()
        self.clock.forward(minutes=self.chance.choice([1, 4, 12]))

    def write(self) -> None:
        self.put += 1
        self.box.put(letter(f"Brev {self.put}", Message_ID=f"<{self.put}@a.example>"))

    def read(self) -> None:
        taking.read_next(self.cast.installation)

    def break_off(self) -> None:
        self.box.dies_after = self.chance.randrange(3)
        self.read()
        self.box.dies_after = -1

    def recount(self) -> None:
        self.box.validity += 1
        self.box.messages = {number + 7: message for number, message in self.box.messages.items()}

    def any(self) -> InboxMessage | None:
        return self.chance.choice(rows(self.cast) or [None])  # type: ignore[list-item]

    def answer(self) -> None:
        row = self.any()
        if row is not None:
            stale = self.chance.random() < 0.3
            try:
                answering.answer(self.cast.installation, self.cast.actor(), row.id, "Hej", row.version - stale)
            except Conflict:
                assert stale
            else:
                self.accepted += 1

    def assign(self) -> None:
        row = self.any()
        if row is not None:
            messages.assign(self.cast.installation, self.cast.actor(), row.id, self.cast.writer.id, row.version)

    def aside(self) -> None:
        row = self.any()
        if row is not None and row.kind == "letter":
            messages.put_aside(self.cast.installation, self.cast.actor(), row.id, row.version)

    def send(self) -> None:
        outcomes = (Published("250"), Published("250"), Unknown("lost"), Retry("later"), Rejected("550", "address"))
        self.mail.answer = self.chance.choice(outcomes)
        answering.send_next(self.cast.installation)
        self.mail.answer = Published("250")

    def kill(self) -> None:
        """A process dies between the call and the note of it."""
        row = answering._claim(self.cast.installation)
        if row is not None:
            self.mail.send(answering._mail(self.cast.installation, row))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_no_mail_and_no_answer_is_lost_or_sent_twice(
    seed: int, cast: Cast, box: Letters, mailbox: int, mail: MailBag, clock: SetClock
) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        row = session.get_one(Mailbox, mailbox)
        row.forward_what, row.forward_to = "answers", cast.installation.vault.seal("kansli@distrikt.example")
    walk = Walk(cast, box, mail, clock, seed)
    for _step in range(60):
        walk.step()
    for _turn in range(3):
        clock.forward(hours=4)
        taking.read_next(cast.installation)
        rounds.send_due(cast.installation)
    assert len(rows(cast)) == walk.put
    with cast.installation.store.read(cast.place.id) as session:
        kinds = dict(session.execute(select(InboxReply.kind, func.count()).group_by(InboxReply.kind)).all())
    assert kinds.get("answer", 0) == walk.accepted
    assert kinds.get("forward", 0) == walk.put, "each letter goes on to the district, once"
    states = {reply.mail_id: reply.state for reply in replies(cast)}
    assert set(states.values()) <= {"sent", "unknown", "failed"}, "nothing hangs"
    handed = [message.message_id for message in mail.sent]
    assert set(handed) <= set(states)
    assert all(handed.count(name) == 1 for name, state in states.items() if state == "unknown")
