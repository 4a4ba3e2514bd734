"""Whose turn it is to approve, and how they are asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import msgspec
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from commsched.core.approval.authorship import BEGUN, SavedVersion, fields, writers
from commsched.core.approval.rules import CastDecision, Policy, Yes, current_step, helps, standing, yeses
from commsched.core.text.messages import N_, Conflict, NotAllowed
from commsched.services.approval import request_mails
from commsched.services.approval.clearance import as_said, read_policy
from commsched.services.approval.roster import Roster, read_roster, seeing
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.store.models import Decision, Item, Notice, Person, Revision


class Turn(msgspec.Struct, frozen=True):
    """The people who can advance an item in review now; all of them are active members."""

    deciders: frozenset[int] = frozenset()
    """Those who can approve now, deputies included."""
    asked: frozenset[int] = frozenset()
    """Those of them whose approval is pending. An administrator is only asked where no one else is left."""
    acceptors: frozenset[int] = frozenset()
    """Those who are asked to accept another person's words, so that the other person can approve them."""
    may_accept: frozenset[int] = frozenset()
    """Everyone whose acceptance would move the item on: it lets a person approve whose task that is and who could not
    before. Those who can approve it themselves are left out, and so is everyone where that person can already
    approve."""
    own: frozenset[int] = frozenset()
    """Those who could approve if some of the words were not their own."""

    @property
    def stuck(self) -> bool:
        """Nobody can move it on."""
        return not (self.deciders or self.may_accept)


class ApprovalState(msgspec.Struct, frozen=True):
    """What a turn follows from. ``own``: whose words they are, where that matters."""

    policy: Policy
    said: Sequence[CastDecision]
    hash: str
    own: Collection[int]


def turn(installation: Installation, session: Session, item: Item, revision: Revision) -> Turn:
    """Whose turn it is with ``revision``, by the item's policy; nobody's where all have said yes."""
    return turns(session, read_roster(session, installation.now()), [(item, revision)])[item.id]


def turns(session: Session, roster: Roster, asked: Sequence[tuple[Item, Revision]]) -> dict[int, Turn]:
    """As :func:`turn`, for many items by their ids, in as many statements as for one."""
    states = approval_states(session, asked, histories(session, [item.id for item, _revision in asked]))
    return {
        item.id: turn_in(seeing(session, roster, item), states[item.id], item.author_id, revision.author_id)
        for item, revision in asked
    }


def approval_states(
    session: Session, asked: Sequence[tuple[Item, Revision]], known: Mapping[int, ItemHistory]
) -> dict[int, ApprovalState]:
    """What the turn of each item follows from, by its id. The content of earlier versions is read of those items only
    that several have written in."""
    states: dict[int, ApprovalState] = {}
    unread: dict[int, int] = {}
    for item, revision in asked:
        policy, said = read_policy(item.policy), known[item.id].said()
        own: Collection[int] = ()
        if not policy.own and current_step(policy, said, revision.hash) is not None:
            sole = known[item.id].sole_writer(revision.number)
            own = sole or ()
            if sole is None:
                unread[item.id] = revision.number
        states[item.id] = ApprovalState(policy, said, revision.hash, own)
    for number, people in _writers(session, unread, known).items():
        states[number] = msgspec.structs.replace(states[number], own=people)
    return states


def turn_in(roster: Roster, case: ApprovalState, author: int | None, last: int | None) -> Turn:
    """As :func:`turn`, also for something not saved yet. ``author`` began the item, ``last`` changed it last."""
    if current_step(case.policy, case.said, case.hash) is None:
        return Turn()
    able = roster.with_permission("approve")
    deciders = {person for person in able - set(case.own) if counts_for(roster, case, person) is not None}
    stopped = {
        person for person in able & set(case.own) if counts_for(roster, case, person, despite_own=True) is not None
    }
    spoken = {yes.human for yes in yeses(standing(case.said, case.hash))}
    others = {person for person in roster.with_permission("write") - spoken - deciders if stopped - {person}}
    nearest = _nearest(roster, case)
    close = deciders & nearest
    # of two who could accept each other's words, the one is asked that lets somebody approve whose task that is
    helping = {person for person in others if (stopped & nearest) - {person}}
    freeing = helping or others
    theirs = {author} & freeing if last in stopped and last != author else set()
    asked = close or (set() if theirs else deciders)
    acceptors = theirs or (set() if asked else _first_to_accept(roster, case, author, freeing))
    may_accept = acceptors | (set() if close else helping if deciders else freeing)
    return Turn(*(frozenset(people) for people in (deciders, asked, acceptors, may_accept, stopped)))  # type: ignore[arg-type]


def _nearest(roster: Roster, case: ApprovalState) -> set[int]:
    """Those whose task it is: the people whom the step names, else every approver; and their deputies."""
    step = current_step(case.policy, case.said, case.hash)
    if step is not None and case.policy.steps[step].people:
        return roster.with_permission("approve")
    leaders = roster.approvers()
    return leaders | roster.deputies(leaders)


def _first_to_accept(roster: Roster, case: ApprovalState, author: int | None, able: set[int]) -> set[int]:
    """The people who are asked to accept the words: the one who began the item, else its other writers, else all
    members who write."""
    for group in ({author}, set(case.own), roster.writers()):
        if group & able:
            return {person for person in group & able if person is not None}
    return able


def counts_for(roster: Roster, case: ApprovalState, person: int, *, despite_own: bool = False) -> int | None:
    """The person for whom the approval of ``person`` would count now: themselves, or someone whose deputy they are;
    else ``None``.

    A deputy cannot act for a person who may no longer approve, nor approve that person's own words for them.
    """
    able = roster.with_permission("approve")
    for name in (person, *roster.principals(person)):
        if name not in able or (name in case.own and not (despite_own and name == person)):
            continue
        if helps(case.policy, case.said, case.hash, Yes(person, frozenset((person, name)))):
            return name
    return None


def principal_in(roster: Roster, case: ApprovalState, person: int | None) -> int:
    """The person for whom the approval of ``person`` counts.

    Raises :class:`NotAllowed` with the reason why it does not count, :class:`Conflict` where nothing is asked for.
    """
    if person is None:
        raise NotAllowed(N_("Only a person can approve."))
    if current_step(case.policy, case.said, case.hash) is None:
        raise Conflict(N_("It is already approved."))
    if person in case.own:
        raise NotAllowed(N_("Some of the words are your own. Somebody else must approve it."))
    if any(yes.human == person for yes in yeses(standing(case.said, case.hash))):
        raise NotAllowed(N_("You have said yes already. Now somebody else must approve it too."))
    principal = counts_for(roster, case, person)
    if principal is None:
        raise NotAllowed(N_("It is not your turn to approve this."))
    return principal


class VersionRow(NamedTuple):
    """A saved version without its content. ``lent`` is as the revision keeps it."""

    id: int
    number: int
    author: int | None
    lent: str


class ItemHistory(msgspec.Struct, frozen=True):
    """An item's versions, oldest first, and every decision on it, in the order they were made."""

    versions: list[VersionRow]
    decisions: list[Decision]

    def said(self) -> list[CastDecision]:
        """The decisions as the rules see them."""
        return [as_said(row) for row in self.decisions]

    def sole_writer(self, number: int) -> set[int] | None:
        """Whose words those of version ``number`` are where only one person can have had a hand in them: the usual
        case, in which no content need be read. ``None`` in all others."""
        versions = [version for version in self.versions if version.number <= number]
        authors = {version.author for version in versions}
        if (
            len(authors) > 1
            or any(version.lent for version in versions)
            or any(row.verdict == "accept" for row in self.decisions)
        ):
            return None
        return {author for author in authors if author is not None}

    def accepted(self) -> dict[int, list[int | None]]:
        """Who has accepted each version, by its id."""
        people: dict[int, list[int | None]] = {}
        for row in self.decisions:
            if row.verdict == "accept":
                people.setdefault(row.revision_id, []).append(row.person_id)
        return people


def histories(session: Session, items: Collection[int]) -> dict[int, ItemHistory]:
    """The histories of ``items`` by their ids, in one statement."""
    by_item = {number: ItemHistory([], []) for number in items}
    if not by_item:
        return by_item
    rows = session.execute(_histories(), {"items": list(by_item)})
    for item, number, version, author, lent, decision in rows:
        history = by_item[item]
        if not history.versions or history.versions[-1].id != number:
            history.versions.append(VersionRow(number, version, author, lent))
        if decision is not None:
            history.decisions.append(decision)
    for history in by_item.values():
        history.decisions.sort(key=lambda row: row.id)
    return by_item


@lru_cache(maxsize=1)
def _histories() -> Select[int, int, int, int | None, str, Decision]:
    return (
        select(Revision.item_id, Revision.id, Revision.number, Revision.author_id, Revision.lent, Decision)
        .outerjoin(Decision, Decision.revision_id == Revision.id)
        .where(Revision.item_id.in_(bindparam("items", expanding=True)))
        .order_by(Revision.item_id, Revision.number, Decision.id)
    )


def writers_of(session: Session, item: Item, revision: Revision) -> set[int]:
    """Whose words these are by ``core.approval.authorship``: whoever began the item, wrote any of them, also in the
    library, or has accepted them."""
    known = histories(session, [item.id])
    sole = known[item.id].sole_writer(revision.number)
    return sole if sole is not None else _writers(session, {item.id: revision.number}, known)[item.id]


def _writers(session: Session, wanted: Mapping[int, int], known: Mapping[int, ItemHistory]) -> dict[int, set[int]]:
    """Whose words each item's are, up to the version ``wanted`` of it, by the rule of authorship."""
    if not wanted:
        return {}
    saved = session.execute(
        select(Revision.item_id, Revision.id, Revision.number, Revision.author_id, Revision.lent, Revision.content)
        .where(Revision.item_id.in_(wanted))
        .order_by(Revision.item_id, Revision.number)
    )
    by_item: dict[int, set[int]] = {}
    for item, rows in groupby(saved.yield_per(20), key=lambda row: int(row[0])):
        accepted = known[item].accepted()
        by_item[item] = writers(
            _version(author, content, lent_by(lent), accepted.get(each, ()))
            for _item, each, number, author, lent, content in rows
            if number <= wanted[item]
        )
    return by_item


def writers_after(
    session: Session,
    item: Item | None,
    known: ItemHistory,
    author: int | None,
    canonical_bytes: bytes,
    lent: Collection[int],
) -> set[int]:
    """As :func:`writers_of`, supposing that ``author`` saved those contents now. ``known`` is the item's history."""
    people = {version.author for version in known.versions}
    simple = not lent and not known.accepted() and not any(version.lent for version in known.versions)
    if simple and people <= {author}:
        return {author} - {None}  # type: ignore[return-value]  # no one else wrote any of it
    before = history_of(session, item, known) if item is not None else ()
    return writers([*before, _version(author, canonical_bytes, frozenset(lent), ())])


def history_of(session: Session, item: Item, known: ItemHistory) -> Iterator[SavedVersion]:
    """The item's versions, as the rule of authorship reads them."""
    accepted = known.accepted()
    versions = (
        select(Revision.id, Revision.author_id, Revision.lent, Revision.content)
        .where(Revision.item_id == item.id, Revision.number <= item.version)
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
        if again or not request_mails.has_open_link(installation, session, item, revision, person):
            request_mails.queue(installation, session, item, revision, person, kind)
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
