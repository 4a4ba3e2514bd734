"""A small office where people write, edit, approve, accept, leave and change roles: everything that a round of approval
can meet, with an oracle that keeps its own book of who wrote and agreed to which word."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from typing import Any

from sqlalchemy import func, select

from commsched.core.approval.rules import Policy, Step, standing, yeses
from commsched.core.text.messages import OfficeError
from commsched.services.accounts import deputies, office_settings, people
from commsched.services.approval.approvers import Turn, turn
from commsched.services.approval.clearance import clearance, read_policy, said_of
from commsched.services.content import items
from commsched.services.kernel import members
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices.outbox import ASKING
from commsched.services.ops import chores
from commsched.services.staff import leaving
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import AuditEntry, Decision, Item, Membership, Notice, Person
from tests.services.desk import draft

ADMINISTRATOR, LEADER, SECOND, WRITER, OTHER = range(5)
APPROVED = ("approved", "scheduled")
ASKED = ("in_review", "held")
ROLES = ("writer", "approver", "approver", "administrator", "reader")


class Undo(Exception):
    """Raised to see whether something could be done, without doing it."""


class Rounds:
    """One office. ``persons`` are ids by the numbers above; ``place`` the workspace; ``channel`` where all goes."""

    def __init__(self, installation: Installation, place: int, persons: list[Person], channel: int, seed: int) -> None:
        self.installation, self.place, self.persons, self.channel = installation, place, persons, channel
        self.random, self.seed = random.Random(seed), seed
        self.items: list[int] = []
        self.words: dict[str, int] = {}
        """Who wrote each word."""
        self.texts: dict[int, list[list[str]]] = {}
        """The texts that each item has had."""
        self.agreed: dict[tuple[int, str], set[int]] = {}
        """Who has accepted each word of an item."""
        self.no: set[int] = set()
        """Items that somebody has sent back, and nobody has touched since."""
        self.told: list[str] = []
        self.policies = self._policies()

    def _policies(self) -> list[Policy]:
        a, b, c = (self.persons[one].id for one in (ADMINISTRATOR, LEADER, SECOND))
        chains = [
            [Step()],
            [Step(people=[b])],
            [Step(people=[b, c], need="all")],
            [Step(people=[b]), Step(people=[c])],
            [Step(people=[b, c]), Step(people=[b, c])],
            [Step(), Step()],
            [Step(people=[a, b, c], need="all")],
            [Step(people=[a]), Step()],
            [],
        ]
        return [Policy(steps=chain) for chain in chains] + [Policy(steps=[Step()], own=True)]

    # -- what people do -------------------------------------------------------------------------------

    def go(self, steps: int) -> None:
        """Do ``steps`` things at random, and look after each of them."""
        deeds: list[tuple[int, Callable[[], None]]] = [
            (4, self.begin),
            (8, self.edit),
            (9, self.submit),
            (14, self.say_yes),
            (5, self.accept),
            (2, self.send_back),
            (1, self.withdraw),
            (5, self.move),
            (1, self.cancel),
            (1, self.bypass),
            (4, self.name_a_deputy),
            (3, self.change_a_role),
            (2, self.leave),
            (4, self.come_back),
            (2, self.set_policy),
            (3, self.let_time_pass),
            (1, self.put_back),
        ]
        chosen = self.random.choices([deed for _, deed in deeds], [weight for weight, _ in deeds], k=steps)
        for deed in [self.begin, *chosen]:
            if deed != self.begin and not self.items:
                continue
            self.told.append(deed.__name__)
            before = self.notices()
            deed()
            try:
                self.check(before)
            except AssertionError as error:
                raise AssertionError(f"seed {self.seed}: {error}\n" + "\n".join(self.told[-25:])) from error

    def actor(self, number: int) -> Actor | None:
        person = self.persons[number]
        with self.installation.store.read(self.place) as session:
            role = session.scalar(select(Membership.role).where(Membership.person_id == person.id))
        return Actor(person.id, person.name, self.place, role) if role else None

    def somebody(self) -> Actor:
        while True:
            found = self.actor(self.random.randrange(5))
            if found is not None:
                return found

    def boss(self) -> Actor:
        """Some administrator: there always is one."""
        found = [one for one in map(self.actor, range(5)) if one is not None and one.role == "administrator"]
        return self.random.choice(found)

    def some_item(self, *states: str) -> int:
        """Any item, but mostly one in which the deed could lead to something."""
        fitting = [item for item in self.items if self.state(item) in states] if self.random.random() < 0.8 else []
        return self.random.choice(fitting or self.items)

    def fitting(self, item: int, group: str) -> Actor:
        """Anybody, but mostly one of those whose turn it is."""
        with self.installation.store.read(self.place) as session:
            found = items.load(session, item)
            now = turn(self.installation, session, found, items.current(session, found))
        wanted = [one for one in range(5) if self.persons[one].id in getattr(now, group)]
        actor = self.actor(self.random.choice(wanted)) if wanted and self.random.random() < 0.6 else None
        return actor or self.somebody()

    def tried(self, what: str, deed: Callable[[], Any]) -> bool:
        """Whether it was done; what is refused in words is no fault."""
        try:
            deed()
        except OfficeError as error:
            self.told[-1] += f" | {what}: no, {error}"
            return False
        self.told[-1] += f" | {what}"
        return True

    def _draft(self, words: list[str], minutes: int) -> Any:
        at = self.installation.now() + timedelta(minutes=minutes)
        return draft([self.channel], text=" ".join(words), publish_at=at.isoformat())

    def _new_word(self, person: int) -> str:
        word = f"p{person}-{len(self.words)}"
        self.words[word] = person
        return word

    def begin(self) -> None:
        who = self.somebody()
        words = [self._new_word(who.person or 0)]
        with suppress(OfficeError):
            number = editing.create(self.installation, who, self._draft(words, self.random.choice((90, 600, 3000))))
            self.items.append(number)
            self.texts[number] = [words]

    def edit(self) -> None:
        who, item = self.somebody(), self.some_item("draft", "in_review", "changes_requested", "scheduled")
        words = list(self.texts[item][-1])
        if self.random.random() < 0.3 and len(words) > 1:
            words.pop(self.random.randrange(len(words)))
        elif self.random.random() < 0.2:
            words = list(self.random.choice(self.texts[item]))
        else:
            words.insert(self.random.randrange(len(words) + 1), self._new_word(who.person or 0))
        self._save(who, item, words)

    def _save(self, who: Actor, item: int, words: list[str]) -> None:
        was, approved, voided = self.state(item), self.stands(item), self.count("approval.voided")
        at = self.look(item).publish_at
        given = draft([self.channel], text=" ".join(words), publish_at=at.isoformat() if at else None)
        changed = words != self.texts[item][-1]
        if (
            self.tried(f"{who.name} saves {item}", lambda: editing.save(self.installation, who, item, given))
            and changed
        ):
            self.texts[item].append(words)
            self.no.discard(item)
            lost = approved and was not in ("draft", "changes_requested", "in_review")
            assert self.count("approval.voided") - voided == lost, f"the record of an edit in {was}"

    def submit(self) -> None:
        who, item = self.somebody(), self.some_item("draft", "changes_requested")
        accepting = self.hash(item) if self.random.random() < 0.3 else None

        def deed() -> None:
            approve.submit(self.installation, who, item, then_schedule=True, accepting=accepting)

        done = self.tried(f"{who.name} submits {item} {'accepting' if accepting else ''}", deed)
        if done:
            self.no.discard(item)
        if done and accepting:
            self._agree(item, who)

    def put_back(self) -> None:
        who, item = self.somebody(), self.some_item()
        number = self.random.randint(1, len(self.texts[item]))
        with self.installation.store.read(self.place) as session:
            found = {row.number: row.parsed().text.split() for row in items.history(session, items.load(session, item))}
        if number in found and self.tried("restores", lambda: editing.restore(self.installation, who, item, number)):
            self.texts[item].append(found[number])
            self.no.discard(item)

    def say_yes(self) -> None:
        item = self.some_item("in_review", "in_review", "changes_requested")
        who = self.fitting(item, "deciders")
        was, hashed = self.look(item), self.hash(item)
        if self.tried(f"{who.name} says yes to {item}", lambda: approve.approve(self.installation, who, item, hashed)):
            assert item not in self.no, "a no stands until the writer acts"
            self._look_at_the_yes(item, who, was, hashed)

    def _look_at_the_yes(self, item: int, who: Actor, was: Item, hashed: str) -> None:
        with self.installation.store.read(self.place) as session:
            row = session.scalars(select(Decision).where(Decision.item_id == item).order_by(Decision.id.desc())).first()
        assert row is not None
        assert (row.verdict, row.person_id, row.hash) == ("approve", who.person, hashed)
        if read_policy(was.policy).own:
            return
        for word in self.texts[item][-1]:
            for name in (who.person, row.in_place_of):
                if self.words[word] == name:
                    assert self.agreed.get((item, word), set()) - {name}, f"{who.name} says yes to a word of {name}"

    def accept(self) -> None:
        item = self.some_item("in_review", "held")
        who, hashed = self.fitting(item, "may_accept"), self.hash(item)
        if self.tried(f"{who.name} accepts {item}", lambda: approve.accept(self.installation, who, item, hashed)):
            assert item not in self.no
            self._agree(item, who)

    def _agree(self, item: int, who: Actor) -> None:
        for word in self.texts[item][-1]:
            self.agreed.setdefault((item, word), set()).add(who.person or 0)

    def send_back(self) -> None:
        item = self.some_item("in_review", "scheduled")
        who, hashed = self.fitting(item, "deciders"), self.hash(item)
        if self.tried("sends back", lambda: approve.request_changes(self.installation, who, item, hashed, "Nej.")):
            self.no.add(item)

    def withdraw(self) -> None:
        who, item = self.somebody(), self.some_item("scheduled")
        if self.tried("withdraws", lambda: approve.withdraw(self.installation, who, item)):
            self.no.add(item)

    def move(self) -> None:
        who, item = self.somebody(), self.some_item("in_review", "held", "scheduled")
        at = (self.installation.now() + timedelta(hours=self.random.choice((1, 3, 30, 100)))).isoformat()
        lines = self.count()
        again = self.random.random() < 0.7
        lapsed, released = self.count("approval.lapsed"), self.count("item.scheduled")
        if self.tried(f"moves {item}", lambda: schedule.move(self.installation, who, item, at, ask_again=again)):
            assert self.count("item.scheduled") == released, "one line for one move"
            assert self.count() - lines == 1 + self.count("approval.lapsed") - lapsed, "one line for one move"

    def cancel(self) -> None:
        item = self.some_item()
        if self.tried("cancels", lambda: schedule.cancel(self.installation, self.somebody(), item)):
            self.no.discard(item)

    def bypass(self) -> None:
        item = self.some_item()
        if self.tried(
            "bypasses", lambda: approve.bypass(self.installation, self.somebody(), item, "Det brinner i huset.")
        ):
            self.no.discard(item)

    def name_a_deputy(self) -> None:
        one, other = self.random.sample(range(5), 2)
        now = self.installation.now()
        hours = self.random.choice((2, 50))
        self.tried(
            f"{one} has {other} as deputy",
            lambda: deputies.set_deputy(
                self.installation,
                self.boss(),
                self.persons[one].id,
                self.persons[other].id,
                now,
                now + timedelta(hours=hours),
            ),
        )

    def change_a_role(self) -> None:
        number, role = self.random.randrange(5), self.random.choice(ROLES)
        self.tried(
            f"{number} becomes {role}",
            lambda: leaving.set_role(self.installation, self.boss(), self.persons[number].id, role),
        )

    def leave(self) -> None:
        number = self.random.randrange(5)
        self.tried(
            f"{number} leaves", lambda: leaving.remove_person(self.installation, self.boss(), self.persons[number].id)
        )

    def come_back(self) -> None:
        number = next((one for one in range(5) if self.actor(one) is None), 0)
        role = self.random.choice(ROLES)
        self.tried(
            f"{number} comes back as {role}",
            lambda: people.add_person(self.installation, self.boss(), self.persons[number].email, role),
        )

    def set_policy(self) -> None:
        wanted = self.random.choice(self.policies)
        self.tried(f"policy {wanted.steps}", lambda: office_settings.set_policy(self.installation, self.boss(), wanted))

    def let_time_pass(self) -> None:
        self.installation.clock.forward(minutes=self.random.choice((1, 30, 200)))  # type: ignore[attr-defined]
        with self.installation.store.write(self.place) as session:
            place = members.workspace_of(session, self.boss())
            chores.hold_unapproved(self.installation, session, place)
            chores.remind(self.installation, session, place)

    # -- looking --------------------------------------------------------------------------------------

    def look(self, item: int) -> Item:
        with self.installation.store.read(self.place) as session:
            return items.load(session, item)

    def state(self, item: int) -> str:
        return self.look(item).state

    def hash(self, item: int) -> str:
        with self.installation.store.read(self.place) as session:
            return items.current(session, items.load(session, item)).hash

    def stands(self, item: int) -> bool:
        with self.installation.store.read(self.place) as session:
            found = items.load(session, item)
            return clearance(session, found, items.current(session, found).hash) is not None

    def count(self, action: str = "") -> int:
        with self.installation.store.read(self.place) as session:
            lines = select(func.count(AuditEntry.id))
            return session.scalar(lines.where(AuditEntry.action == action) if action else lines) or 0

    def notices(self) -> int:
        with self.installation.store.read(self.place) as session:
            return session.scalar(select(func.max(Notice.id))) or 0

    def check(self, before: int) -> None:
        """Everything that must be so after whatever has been done."""
        with self.installation.store.read(self.place) as session:
            found = list(session.scalars(select(Item)))
            here = set(session.scalars(select(Membership.person_id)))
        for item in found:
            assert item.id not in self.no or item.state in ("changes_requested", "draft", "cancelled"), "a no stands"
            if item.state in ASKED and (item.state == "in_review" or item.reason == "unapproved"):
                self._check_somebody(item, here)
            if item.state in APPROVED:
                self._check_enough(item)
        self._check_notices(before)

    def _check_somebody(self, item: Item, here: set[int]) -> None:
        """Somebody can move it on, and it says who: each of them is let to."""
        with self.installation.store.read(self.place) as session:
            revision = items.current(session, item)
            now = turn(self.installation, session, item, revision)
            given = {one.human for one in yeses(standing(said_of(session, item.id), revision.hash))}
        waits = now.asked | now.acceptors
        assert waits, f"item {item.id} in {item.state} waits for nobody: {item.policy} {now}"
        assert waits <= here, "nobody who is gone is waited for"
        assert not given & waits, "who has said yes is not asked again"
        if item.latest_at is None or item.latest_at >= self.installation.now():
            self._check_each(item, now, revision.hash)

    def _check_each(self, item: Item, now: Turn, hashed: str) -> None:
        names = {person.id: number for number, person in enumerate(self.persons)}
        deeds = [(person, approve.approve_in) for person in now.deciders]
        deeds += [(person, approve.accept_in) for person in now.may_accept]  # type: ignore[misc]
        for person, deed in deeds:
            actor = self.actor(names[person])
            assert actor is not None
            with suppress(Undo), self.installation.store.write(self.place) as session:
                deed(self.installation, session, actor, item.id, hashed)
                raise Undo

    def _check_enough(self, item: Item) -> None:
        """As many humans as the policy has places have said yes, each for one; and two have agreed to every word."""
        with self.installation.store.read(self.place) as session:
            hashed = items.current(session, item).hash
            said = standing(said_of(session, item.id), hashed)
        policy = read_policy(item.policy)
        if not policy.steps or any(one.verdict == "bypass" for one in said):
            return
        given = [one for one in said if one.verdict == "approve"]
        humans = [one.human for one in given]
        assert len(humans) == len(set(humans)), "nobody counts twice"
        places = [
            people
            for step in policy.steps
            for people in ([{one} for one in step.people] if step.need == "all" and step.people else [set(step.people)])
        ]
        seated = any(
            all(not people or {one.human, one.person} & people for one, people in zip(row, places, strict=True))
            for row in permutations(given, len(places))
        )
        assert seated, f"{given} do not fill {policy.steps}"
        if policy.own:
            return
        for word in self.texts[item.id][-1]:
            agreed = {self.words[word], *self.agreed.get((item.id, word), ()), *humans}
            assert len(agreed) > 1, f"only one person has agreed to {word}"

    def _check_notices(self, before: int) -> None:
        """Of one person about one item there is at most one question under way, and none that is answered."""
        with self.installation.store.read(self.place) as session:
            waiting = list(
                session.execute(
                    select(Notice.person_id, Notice.item_id).where(Notice.kind.in_(ASKING), Notice.state == "waiting")
                )
            )
            new = list(
                session.scalars(
                    select(Notice).where(Notice.id > before, Notice.kind.in_(ASKING), Notice.state == "waiting")
                )
            )
            for row in new:
                item = items.load(session, row.item_id or 0)
                said = standing(said_of(session, item.id), items.current(session, item).hash)
                assert row.person_id not in {one.human for one in yeses(said)}, "asked again after a yes"
        assert len(waiting) == len(set(waiting)), "asked twice"
