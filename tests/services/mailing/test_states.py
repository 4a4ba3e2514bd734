"""A relay that lets nobody in is the relay's trouble, and what it takes is shared by all who send through it."""

from __future__ import annotations

import socket
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Outcome, Rejected, Retry
from commsched.core.delivery.rates import Limits
from commsched.core.platform.contract import Email, Mailer
from commsched.services.channels import connect
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.mailing import states
from commsched.services.mailing.states import RelayStates
from commsched.store.models import Channel, Delivery, Notice, RelayState
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk

REFUSED = Rejected("535 5.7.8 no such password", "token")


class Bag(MailBag):
    """Gives the answers that it is told to, one after the other, and then takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Outcome] = []

    def send(self, message: Email) -> Outcome:
        self.sent.append(message)
        return self.answers.pop(0) if self.answers else self.answer


class Book:
    """Two relays by number: the installation's, and an office's own."""

    dial = house = staticmethod(socket.create_connection)

    def __init__(self, default: Mailer) -> None:
        self.default, self.own, self.most = default, MailBag(), dict[int, Limits]()

    def of(self, relay: str, workspace: str = "") -> Mailer | None:
        return {"": self.default, "1": self.default, "2": self.own}.get(relay)

    def limits(self, relay: int) -> Limits:
        return self.most.get(relay, Limits())

    def name(self, relay: int) -> str:
        return {2: "Kansliets"}.get(relay, "")

    def forget(self) -> None: ...


@pytest.fixture
def mail() -> Bag:
    """The installation's relay."""
    return Bag()


@pytest.fixture
def book(cast: Cast, mail: Bag) -> Book:
    """The office of ``cast`` with two relays."""
    cast.installation.relays = Book(mail)
    return cast.installation.relays


def press(cast: Cast, name: str, count: int = 3, **settings: str) -> int:
    people = "\n".join(f"red{number}@{name.lower()}.example" for number in range(count))
    entered = {"addresses": people, "sender": f"{name.lower()}@parti.example", **settings}
    return connect.connect(cast.installation, cast.actor(), "presslist", name, entered).id


def due(cast: Cast, clock: SetClock, *channels: int) -> list[int]:
    items = [
        desk.scheduled(cast, channels=[channel], kind="release", title="Ja till fler turer", contact="Eva")
        for channel in channels
    ]
    clock.forward(hours=5)
    return items


def run(cast: Cast, clock: SetClock, seconds: float = 0) -> None:
    """Run as the clock would for so long."""
    until = clock.now() + timedelta(seconds=seconds)
    while True:
        dispatcher = Dispatcher(cast.installation)
        dispatcher.run()
        next_at = dispatcher.next_due()
        if next_at is None or max(next_at, clock.now()) > until:
            return
        clock.forward(seconds=max(0.001, (next_at - clock.now()).total_seconds()))


def rows(cast: Cast) -> list[Delivery]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def channel_states(cast: Cast) -> set[str]:
    with cast.installation.store.read(cast.place.id) as session:
        return set(session.scalars(select(Channel.state).where(Channel.platform == "presslist")))


def told(cast: Cast) -> list[str]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Notice.kind).where(Notice.kind.in_(("relay_refused", "held", "failed")))))


def test_a_wrong_password_is_told_once_and_every_list_waits_and_goes_on(
    cast: Cast, mail: Bag, clock: SetClock, book: Book
) -> None:
    mail.answers = [REFUSED] * 40
    due(cast, clock, press(cast, "Press"), press(cast, "Radio"), press(cast, "Eget", relay="2"))
    run(cast, clock, seconds=200)
    tries = len(mail.sent)
    assert len(book.own.sent) == 3, "the office's own relay has no part in it"
    assert tries <= 10, "one message tries now and then, not every list"
    waiting = [row for row in rows(cast) if row.state != "published"]
    assert {(row.state, row.reason) for row in waiting} <= {("waiting", "relay"), ("sending", "relay")}
    assert len(waiting) == 2
    assert channel_states(cast) == {"ok"}
    assert told(cast) == ["relay_refused"], "one administrator, one notice"
    mail.answers = []
    with cast.installation.store.write(0) as session:
        states.settle(session.connection(), states.DEFAULT, clock.now())
    run(cast, clock, seconds=5)
    assert {row.state for row in rows(cast)} == {"published"}
    assert len({message.to for message in mail.sent[tries:]}) == len(mail.sent[tries:]) == 6
    assert told(cast) == ["relay_refused"]


def test_a_relay_that_lets_us_in_again_by_itself_is_found_within_a_minute(
    cast: Cast, mail: Bag, clock: SetClock, book: Book
) -> None:
    mail.answers = [REFUSED] * 4
    due(cast, clock, press(cast, "Press"), press(cast, "Radio"))
    run(cast, clock)
    assert {row.reason for row in rows(cast)} == {"relay"}
    mail.answers = []
    run(cast, clock, seconds=states.PROBE.total_seconds() + 5)
    assert {row.state for row in rows(cast)} == {"published"}


def test_a_relay_in_trouble_past_the_latest_time_holds_its_lists_for_a_person(
    cast: Cast, mail: Bag, clock: SetClock, book: Book
) -> None:
    mail.answers = [REFUSED] * 4000
    due(cast, clock, press(cast, "Press"))
    run(cast, clock)
    clock.forward(days=9)
    run(cast, clock)
    assert {(row.state, row.reason) for row in rows(cast)} == {("held", "late")}


def test_two_lists_share_what_their_relay_takes_in_a_minute(cast: Cast, mail: Bag, clock: SetClock, book: Book) -> None:
    book.most[states.DEFAULT] = Limits(per_minute=6)
    due(cast, clock, press(cast, "Press", 6), press(cast, "Radio", 6))
    at = clock.now()
    run(cast, clock)
    assert len(mail.sent) == 1
    assert {row.reason for row in rows(cast)} & {"rate"}
    run(cast, clock, seconds=200)
    moments = sorted(message.date for message in mail.sent)
    assert len(moments) == 12
    assert all(sum(start <= other < start + timedelta(minutes=1) for other in moments) <= 6 for start in moments)
    assert clock.now() - at < timedelta(minutes=3)
    assert {row.state for row in rows(cast)} == {"published"}


def test_a_domain_that_asks_for_patience_waits_and_the_others_go_on(
    cast: Cast, mail: Bag, clock: SetClock, book: Book
) -> None:
    people = "\n".join(("a@seg.example", "b@seg.example", "c@kvick.example", "d@seg.example", "e@kvick.example"))
    due(cast, clock, connect.connect(cast.installation, cast.actor(), "presslist", "P", {"addresses": people}).id)
    with cast.installation.store.ledger() as connection:
        RelayStates(connection, clock.now()).slow_down(states.DEFAULT, "seg.example")
    run(cast, clock)
    assert [message.to for message in mail.sent] == ["c@kvick.example", "e@kvick.example"]
    run(cast, clock, seconds=120)
    assert {row.state for row in rows(cast)} == {"published"}
    assert len(mail.sent) == 5
    moments = [message.date for message in mail.sent if message.to.endswith("@seg.example")]
    assert all(later - sooner >= timedelta(seconds=6) for sooner, later in pairwise(moments))


def test_an_answer_that_asks_for_patience_slows_the_domain_down(
    cast: Cast, mail: Bag, clock: SetClock, book: Book
) -> None:
    mail.answers = [Retry("450 4.7.1 too much, try later"), Retry("451 4.3.0 something else")]
    people = {"addresses": "a@seg.example\nb@annan.example"}
    due(cast, clock, connect.connect(cast.installation, cast.actor(), "presslist", "P", people).id)
    run(cast, clock)
    with cast.installation.store.read(0) as session:
        slow = list(session.execute(select(RelayState.domain, RelayState.pace)))
    assert slow == [("seg.example", 10)]


def test_counts_of_two_processes_add_up(cast: Cast, clock: SetClock) -> None:
    taken = []
    for _ in range(5):
        with cast.installation.store.ledger() as connection:
            step = RelayStates(connection, clock.now()).take(2, Limits(per_day=7), [("a.example", False)] * 3)
            taken.append(len(step.places))
    assert taken == [3, 3, 1, 0, 0]
    assert step.until is not None
    assert step.until - clock.now() > timedelta(hours=23)
