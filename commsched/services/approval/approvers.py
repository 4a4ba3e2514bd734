"""Whose turn it is to say yes, and how they are asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval.authorship import BEGUN, SavedVersion, fields, writers
from commsched.core.approval.rules import CastDecision, Policy, Yes, current_step, helps, standing, yeses
from commsched.services.approval import link_mails
from commsched.services.approval.clearance import read_policy, said_of
from commsched.services.kernel.context import Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store.models import Decision, Deputy, Item, Membership, Notice, Person, Revision


def principals(session: Session, person: int, now: datetime) -> list[int]:
    """Those whose deputy ``person`` is at ``now``."""
    during = (Deputy.deputy_id == person, Deputy.starts_at <= now, Deputy.ends_at > now)
    return list(session.scalars(select(Deputy.person_id).where(*during).order_by(Deputy.id)))


def deputies(session: Session, people: Collection[int], now: datetime) -> set[int]:
    """Those who stand in for any of ``people`` at ``now``."""
    during = (Deputy.person_id.in_(people), Deputy.starts_at <= now, Deputy.ends_at > now)
    return set(session.scalars(select(Deputy.deputy_id).where(*during)))


def approvers(session: Session) -> set[int]:
    """The active members with the role of approver."""
    rows = session.scalars(select(Membership).where(Membership.role == "approver"))
    return {row.person_id for row in rows if row.person.active}


class Turn(msgspec.Struct, frozen=True):
    """Who can move an item in review on, as things stand; all of them active members."""

    deciders: frozenset[int] = frozenset()
    """Those who can say yes now, deputies included."""
    asked: frozenset[int] = frozenset()
    """Those of them whose approval is pending. An administrator is only asked where no one else is left."""
    acceptors: frozenset[int] = frozenset()
    """Those who are asked to accept another person's words, so that the other person can approve them."""
    may_accept: frozenset[int] = frozenset()
    """Everyone whose acceptance would move the item on: it lets a person approve whose task that is and who could not
    before. Those who can approve it themselves are left out, and so is everyone where that person can already
    approve."""
    own: frozenset[int] = frozenset()
    """Those who could say yes, were some of the words not their own."""

    @property
    def stuck(self) -> bool:
        """Nobody can move it on."""
        return not (self.deciders or self.may_accept)


def turn(installation: Installation, session: Session, item: Item, revision: Revision) -> Turn:
    """Whose turn it is with ``revision`` under the item's policy; empty where all have approved."""
    policy, said = read_policy(item.policy), said_of(session, item.id)
    if current_step(policy, said, revision.hash) is None:
        return Turn()
    own = set() if policy.own else writers_of(session, item, revision)
    case = ApprovalState(installation.now(), policy, said, revision.hash, own)
    return turn_in(session, case, item.author_id, revision.author_id)


class ApprovalState(msgspec.Struct, frozen=True):
    """What a turn follows from. ``own``: whose words they are, where that matters."""

    now: datetime
    policy: Policy
    said: Sequence[CastDecision]
    hash: str
    own: Collection[int]


def turn_in(session: Session, case: ApprovalState, author: int | None, last: int | None) -> Turn:
    """As :func:`turn`, also for something not saved yet. ``author`` began the item, ``last`` changed it last."""
    able = people_with(session, "approve")
    deciders = {person for person in able - set(case.own) if counts_for(session, case, able, person) is not None}
    stopped = {
        person
        for person in able & set(case.own)
        if counts_for(session, case, able, person, despite_own=True) is not None
    }
    spoken = {yes.human for yes in yeses(standing(case.said, case.hash))}
    others = {person for person in people_with(session, "write") - spoken - deciders if stopped - {person}}
    nearest = _nearest(session, case)
    close = deciders & nearest
    # of two who could accept each other's words, the one is asked that lets somebody approve whose task that is
    helping = {person for person in others if (stopped & nearest) - {person}}
    freeing = helping or others
    theirs = {author} & freeing if last in stopped and last != author else set()
    asked = close or (set() if theirs else deciders)
    acceptors = theirs or (set() if asked else _first_to_accept(session, case, author, freeing))
    may_accept = acceptors | (set() if close else helping if deciders else freeing)
    return Turn(*(frozenset(people) for people in (deciders, asked, acceptors, may_accept, stopped)))  # type: ignore[arg-type]


def _nearest(session: Session, case: ApprovalState) -> set[int]:
    """Those whose task it is: the people whom the step names, else every approver; and their deputies."""
    step = current_step(case.policy, case.said, case.hash)
    if step is not None and case.policy.steps[step].people:
        return people_with(session, "approve")
    leaders = approvers(session)
    return leaders | deputies(session, leaders, case.now)


def _first_to_accept(session: Session, case: ApprovalState, author: int | None, able: set[int]) -> set[int]:
    """Who is asked to take words on: the one who began it, else the others who wrote in it, else those who write."""
    rows = session.scalars(select(Membership.person_id).where(Membership.role == "writer"))
    for group in ({author}, set(case.own), set(rows)):
        if group & able:
            return {person for person in group & able if person is not None}
    return able


def counts_for(
    session: Session, case: ApprovalState, able: Collection[int], person: int, *, despite_own: bool = False
) -> int | None:
    """The person for whom the approval of ``person`` would count now: themselves, or someone whose deputy they are;
    else ``None``. A deputy cannot act for a person who may no longer approve, nor approve that person's own words for
    them.
    """
    for name in (person, *principals(session, person, case.now)):
        if name not in able or (name in case.own and not (despite_own and name == person)):
            continue
        if helps(case.policy, case.said, case.hash, Yes(person, frozenset((person, name)))):
            return name
    return None


def writers_of(session: Session, item: Item, revision: Revision) -> set[int]:
    """The authors of these words under ``core.approval.authorship``: the people who began the item, wrote any of the
    words (in the library too), or accepted them."""
    until = (Revision.item_id == item.id, Revision.number <= revision.number)
    people = set(session.scalars(select(Revision.author_id).where(*until).distinct()))
    lent = session.scalar(select(Revision.id).where(*until, Revision.lent != "").limit(1))
    taken_on = select(Decision.id).where(Decision.item_id == item.id, Decision.verdict == "accept").limit(1)
    if len(people) == 1 and lent is None and session.scalar(taken_on) is None:
        return people - {None}  # type: ignore[return-value]  # the usual case, and the history need not be read
    return writers(history_of(session, item, revision.number))


def writers_after(
    session: Session, item: Item | None, author: int | None, canonical_bytes: bytes, lent: Collection[int]
) -> set[int]:
    """As :func:`writers_of`, were ``author`` to save those contents now."""
    before = history_of(session, item, item.version) if item is not None else ()
    return writers([*before, _version(author, canonical_bytes, frozenset(lent), ())])


def history_of(session: Session, item: Item, number: int) -> Iterator[SavedVersion]:
    """The item's versions up to ``number``, as the rule of authorship reads them."""
    accepted: dict[int, list[int | None]] = {}
    kept = select(Decision).where(Decision.item_id == item.id, Decision.verdict == "accept").order_by(Decision.id)
    for row in session.scalars(kept):
        accepted.setdefault(row.revision_id, []).append(row.person_id)
    versions = (
        select(Revision.id, Revision.author_id, Revision.lent, Revision.content)
        .where(Revision.item_id == item.id, Revision.number <= number)
        .order_by(Revision.number)
    )
    with session.execute(versions).yield_per(20) as saved:
        for each, author, lent, content in saved:
            yield _version(author, content, lent_by(lent), accepted.get(each, ()))


def _version(author: int | None, content: bytes, lent: frozenset[int], accepted: Sequence[int | None]) -> SavedVersion:
    return SavedVersion(author, fields(content) | {BEGUN: BEGUN.encode()}, lent, accepted)


def lent_by(stored: str) -> frozenset[int]:
    """The people whose words of the library are in a revision, as it keeps them."""
    return frozenset(int(number) for number in stored.split(",") if number)


def ask(
    installation: Installation, session: Session, item: Item, revision: Revision, kind: str = "asked_to_approve"
) -> None:
    """Send a notice with a personal link to everyone whose approval is pending, and a notice that leads to the item to
    those who are to accept another's words. A person who was asked the same since the item was submitted is not asked
    again, except by a reminder. Notices still on their way to people who are no longer asked are stopped."""
    now = turn(installation, session, item, revision)
    outbox.drop(session, item, outbox.ASKING, but=now.asked | now.acceptors)
    again = kind != "asked_to_approve"
    for person in sorted(now.asked):
        if again or not link_mails.open_link(installation, session, item, revision, person):
            link_mails.send(installation, session, item, revision, person, kind)
    for person in sorted(now.acceptors):
        if again or not _asked_to_accept(session, item, revision, person):
            outbox.drop(session, item, outbox.ASKING, only={person})
            by = called(session, now.own - {person})
            outbox.queue(session, installation, [person], "asked_to_accept", item=item, by=by, hash=revision.hash)


def _asked_to_accept(session: Session, item: Item, revision: Revision, person: int) -> bool:
    rows = session.scalars(
        select(Notice).where(
            Notice.item_id == item.id,
            Notice.person_id == person,
            Notice.kind == "asked_to_accept",
            Notice.state != "dropped",
            Notice.created_at >= (item.submitted_at or item.created_at),
        )
    )
    return any(row.facts.get("hash") == revision.hash for row in rows)


def called(session: Session, people: Iterable[int | None]) -> list[str]:
    """What people are called, by name."""
    wanted = [person for person in people if person is not None]
    rows = session.scalars(select(Person).where(Person.id.in_(wanted)).order_by(Person.name)) if wanted else ()
    return [row.name or row.email for row in rows]


def names(session: Session, people: Iterable[int | None]) -> str:
    """The same in one line."""
    return ", ".join(called(session, people))
