"""Whatever happens to lists and people, in whatever order: nobody who said no is written to, until they say yes again
by their own answer to a mail."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from sqlalchemy import delete, insert, select, text

from commsched.core.contacts.facts import ContactIn
from commsched.core.text.messages import OfficeError
from commsched.services.channels import list_editing
from commsched.services.contacts import book, imports
from commsched.services.inbox import bounces
from commsched.services.ops import carried
from commsched.services.privacy import erasure, refusals
from commsched.services.subscriptions import leaving, offers, questions, subscribing
from commsched.services.subscriptions.offers import Offer, Offers
from commsched.services.subscriptions.questions import Question
from commsched.services.subscriptions.subscribing import Wish
from commsched.store.models import Base, Contact, ContactEvent, ListRecipient, Suppression
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_recipients import press, run
from tests.services.subscriptions.test_subscribing import here, link
from tests.thoroughness import many

PEOPLE = tuple(f"{name}@tidning.example" for name in ("anna", "bo", "cia", "dag"))
KEPT = [Base.metadata.tables[kind.__tablename__] for kind in (Contact, ContactEvent, ListRecipient, Suppression)]


class Walk:
    """An office with two lists, and what its people have said by themselves: the model that it is compared with."""

    def __init__(self, cast: Cast, mail: MailBag, clock: SetClock, seed: int) -> None:
        self.cast, self.mail, self.clock, self.by = cast, mail, clock, random.Random(seed)
        self.lists = [press(cast, *PEOPLE, "x@tidning.example", name=name) for name in ("Ett", "Två")]
        offers.update(cast.installation, cast.actor(), Offers(tuple(Offer(n, "Press") for n in self.lists)))
        self.no: set[tuple[str, int]] = set()
        self.questions: dict[str, tuple[Question, set[int]]] = {}
        self.backup: list[list[dict[str, object]]] = self.rows()
        self.sent = self.came_back = 0

    def rows(self) -> list[list[dict[str, object]]]:
        with self.cast.installation.store.read(self.cast.place.id) as session:
            return [[dict(row._mapping) for row in session.execute(select(table))] for table in KEPT]

    def person(self) -> str:
        return self.by.choice(PEOPLE)

    def paste(self) -> None:
        names = "\n".join(["x@tidning.example", *self.by.sample(PEOPLE, 3)])
        list_editing.change_list(self.cast.installation, self.cast.actor(), self.by.choice(self.lists), names)

    def import_file(self) -> None:
        table = "Namn;E-post\n" + "".join(f"Namn;{who}\n" for who in self.by.sample(PEOPLE, 2))
        installation, actor = self.cast.installation, self.cast.actor()
        number = imports.begin(installation, actor, "press", io.BytesIO(table.encode()), "press.csv")
        imports.start(installation, actor, number, ("name", "address"), True, self.by.choice(self.lists))
        imports.run(installation)

    def enter(self) -> None:
        person = ContactIn(self.person(), "Namn")
        book.add(self.cast.installation, self.cast.actor(), "press", person, self.lists)

    def subscribe(self) -> None:
        who, number = self.person(), self.by.choice(self.lists)
        self.clock.forward(minutes=61)
        self.mail.sent.clear()
        wish = Wish(who, lists=(number,), visitor=f"192.0.2.{self.by.randrange(250)}")
        subscribing.ask(self.cast.installation, self.cast.place.id, wish)
        if questions.send_due(self.cast.installation):
            self.questions[who] = (link(self.cast, self.mail), {number})

    def confirm(self) -> None:
        if self.questions:
            who = self.by.choice(sorted(self.questions))
            question, numbers = self.questions[who]
            waiting = subscribing.confirm(self.cast.installation, question)
            if waiting is not None and not waiting.done:
                self.came_back += len(self.no & {(who, number) for number in numbers})
                self.no -= {(who, number) for number in numbers}

    def leave(self) -> None:
        who, number, everything = self.person(), self.by.choice(self.lists), self.by.random() < 0.4
        leaving.leave(self.cast.installation, here(self.cast, number, who), everything=everything)
        self.no |= {(who, each) for each in (self.lists if everything else [number])}

    def leave_by_mail(self) -> None:
        who = self.person()
        leaving.leave_by_mail(self.cast.installation, self.cast.place.id, who.upper())
        self.no |= {(who, number) for number in self.lists}

    def erase(self) -> None:
        who = self.person()
        erasure.forget(self.cast.installation, self.cast.actor(), who)
        self.no |= {(who, number) for number in self.lists}

    def bounce(self) -> None:
        blind = self.cast.installation.vault.blind(self.person())
        with self.cast.installation.store.write(self.cast.place.id) as session:
            bounces.suspend(self.cast.installation, session, blind, self.cast.place.id)

    def back_up(self) -> None:
        self.backup = self.rows()

    def restore(self) -> None:
        """The lists and people of the backup come back; what was said since is read from the office they replace."""
        with self.cast.installation.store.write(self.cast.place.id) as session:
            said_no, left = (session.execute(text(asked)).all() for asked in (carried._SAID_NO, carried._LEFT))
            for table in reversed(KEPT):
                session.execute(delete(table))
            for table, rows in zip(KEPT, self.backup, strict=True):
                if rows:
                    session.execute(insert(table), rows)
        no, gone = [tuple(row) for row in said_no], [tuple(row) for row in left]
        refusals.replay(self.cast.installation, no, gone)  # type: ignore[arg-type]

    def send(self) -> None:
        at = f"{self.clock.at.astimezone():%Y-%m-%d}T23:50"
        number = self.by.choice(self.lists)
        more = {"channels": [number], "kind": "release", "title": "Ja till fler turer", "contact": "Eva"}
        item = desk.scheduled(self.cast, publish_at=at, **more)
        if self.by.random() < 0.5:
            self.leave()
        self.mail.sent.clear()
        self.clock.at = self.clock.at.replace(hour=22, minute=51)
        run(self.cast)
        reached = {message.to for message in self.mail.sent}
        assert not {(who, number) for who in reached} & self.no
        assert desk.look(self.cast, item).state == "published"
        self.sent += len(reached)
        self.clock.at = self.clock.at.replace(hour=4)
        self.clock.forward(days=1)


@pytest.mark.parametrize("seed", range(many(1, 8)))
def test_who_said_no_is_never_written_to(cast: Cast, mail: MailBag, clock: SetClock, seed: int) -> None:
    walk = Walk(cast, mail, clock, seed)
    acts: list[Callable[[], None]] = [walk.paste, walk.import_file, walk.enter, walk.subscribe, walk.confirm]
    acts += [
        walk.leave,
        walk.leave_by_mail,
        walk.erase,
        walk.bounce,
        walk.back_up,
        walk.restore,
        walk.confirm,
        walk.send,
    ]
    for _step in range(many(35, 60)):
        try:
            walk.by.choice([*acts, walk.paste, walk.subscribe, walk.confirm])()
        except OfficeError:
            continue
    assert walk.sent
