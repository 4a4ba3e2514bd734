"""Whatever happens to lists and people after an approval, nobody is written to whom it did not name."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import select

from commsched.core.contacts.facts import ContactIn
from commsched.core.text.messages import OfficeError
from commsched.services.channels import list_editing
from commsched.services.contacts import book
from commsched.services.press import mailings
from commsched.services.subscriptions import leaving, offers
from commsched.services.subscriptions.offers import Offer, Offers
from commsched.services.workflow import schedule
from commsched.store.models import Contact, ListRecipient
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_recipients import press, run
from tests.services.subscriptions.test_subscribing import here, subscribed
from tests.thoroughness import many

HERE = tuple(f"{name}@tidning.example" for name in ("anna", "bo", "cia", "dag"))
THERE = tuple(f"{name}@radio.example" for name in ("eva", "fia", "gun", "hans"))
EVERYBODY = HERE + THERE


class Night:
    """A release that is approved, and what people and strangers do with its lists before it goes out and after."""

    def __init__(self, cast: Cast, mail: MailBag, clock: SetClock, seed: int) -> None:
        self.cast, self.mail, self.clock, self.by = cast, mail, clock, random.Random(seed)
        self.office, self.desk = cast.installation, cast.actor()
        self.lists = [press(cast, *HERE, name="Ett"), press(cast, *HERE[2:], *THERE[:1], name="Två")]
        offers.update(self.office, self.desk, Offers(tuple(Offer(number, "Press") for number in self.lists)))
        self.left: set[tuple[int, str]] = set()

    def who(self) -> str:
        return self.by.choice(EVERYBODY)

    def on(self) -> set[tuple[int, str]]:
        with self.office.store.read(self.cast.place.id) as session:
            rows = session.scalars(select(ListRecipient).where(ListRecipient.state == "active")).all()
        return {(row.channel_id, self.office.vault.unseal(row.address)) for row in rows}

    def paste(self) -> None:
        people = "\n".join(self.by.sample(EVERYBODY, 3))
        list_editing.change_list(self.office, self.desk, self.by.choice(self.lists), people)

    def fewer(self) -> None:
        number = self.by.choice(self.lists)
        people = [address for channel, address in self.on() if channel == number]
        list_editing.change_list(self.office, self.desk, number, "\n".join(sorted(people)[1:] or HERE[:1]))

    def enter(self) -> None:
        book.add(self.office, self.desk, "press", ContactIn(self.who(), "Namn"), [self.by.choice(self.lists)])

    def other_address(self) -> None:
        with self.office.store.read(self.cast.place.id) as session:
            number = self.by.choice(session.scalars(select(Contact.id).order_by(Contact.id)).all())
        book.change(self.office, self.desk, "press", number, ContactIn(self.who(), "Namn"))

    def subscribe(self) -> None:
        self.clock.forward(minutes=1)
        sent = list(self.mail.sent)
        subscribed(self.cast, self.mail, self.by.choice(self.lists), self.who())
        self.mail.sent[:] = sent

    def leave(self) -> None:
        number, who = self.by.choice(self.lists), self.who()
        leaving.leave(self.office, here(self.cast, number, who))
        self.left.add((number, who))

    def pause(self) -> None:
        for row in desk.deliveries(self.cast, self.item):
            mailings.halt(self.office, self.desk, row.id)

    def missing(self) -> None:
        for row in desk.deliveries(self.cast, self.item):
            mailings.send_missing(self.office, self.desk, row.id)

    def place(self) -> None:
        schedule.schedule(self.office, self.desk, self.item, desk.LATER)

    def live(self, steps: int) -> None:
        acts: list[Callable[[], None]] = [self.fewer, self.leave, self.leave, self.subscribe, self.subscribe]
        acts += [self.paste, self.enter, self.other_address] if self.by.random() < 0.4 else []
        acts += [self.pause, self.missing, self.place]
        for _step in range(steps):
            try:
                self.by.choice(acts)()
            except (OfficeError, AssertionError, IndexError):
                continue

    def reached(self) -> list[str]:
        return [message.to for message in self.mail.sent]


@pytest.mark.parametrize("seed", range(14, many(17, 60)))
def test_nobody_outside_the_approved_list_is_written_to(cast: Cast, mail: MailBag, clock: SetClock, seed: int) -> None:
    night = Night(cast, mail, clock, seed)
    said = {"channels": night.lists, "kind": "release", "title": "Ja till fler turer", "contact": "Eva"}
    mail.sent.clear()
    night.item = desk.approved(cast, then_schedule=bool(seed % 2), **said)
    approved = night.on()
    night.live(6)
    with suppress(OfficeError):
        night.place()
    night.live(3)
    before = set(night.left)
    mail.sent.clear()
    clock.forward(hours=5)
    run(cast)
    night.live(2)
    run(cast)
    reached = night.reached()
    assert len(reached) == len(set(reached)), "nobody gets it twice"
    assert set(reached) <= {address for _channel, address in approved}
    gone = {who for who in set(reached) if all((n, who) in before for n, each in approved if each == who)}
    assert not gone - {address for _channel, address in night.on()}
