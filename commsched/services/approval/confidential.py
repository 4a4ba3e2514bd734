"""Making an item confidential and opening it again, and an administrator who takes one over: all on the record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Conflict, Invalid, NotAllowed, NotFound
from commsched.services.approval import approvers, rounds
from commsched.services.content import items
from commsched.services.kernel import confidants
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.media import details
from commsched.store import locks
from commsched.store.models import ApprovalLink, Confidant, Item, Notice, Person
from commsched.store.sight import OUT, everything


class Closed(msgspec.Struct, frozen=True):
    """That a confidential item exists, for an administrator: not a word of it."""

    id: int
    owner: str
    state: str
    since: datetime


def restrict(installation: Installation, actor: Actor, item_id: int, people: Collection[int]) -> None:
    """Let only ``people``, the actor and whoever began it see the item, until it is published.

    Raises :class:`Conflict` for one that is out, :class:`Invalid` for somebody who is not of the office, and
    :class:`commsched.services.approval.rounds.Nobody` where none of them could approve what waits for approval.
    """
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        restrict_in(installation, session, actor, items.load(session, item_id, lock=True), people)


def restrict_in(
    installation: Installation, session: Session, actor: Actor, item: Item, people: Collection[int]
) -> None:
    """As :func:`restrict`, within a transaction that has more to do."""
    if actor.person is None:
        raise NotAllowed(N_("Only a person can do this."))
    if item.state in OUT:
        raise Conflict(N_("It is published, so everybody has seen it."))
    here = people_with(session, "read")
    named = ({*people, actor.person} | ({item.author_id} & here)) - {None}
    if not named <= here:
        raise Invalid(N_("Choose people of this office."), "confidants")
    if item.confidential and confidants.named(session, item) == named:
        return
    if not item.confidential:
        details.forget_alts(session, item.id)
    item.confidential = True
    _name(session, item, {person for person in named if person is not None})
    _take_back(installation, session, item)
    note(session, installation, actor, "item.confidential", item.id, count=len(named))
    _ask_anew(installation, session, item)


def open_to_all(installation: Installation, actor: Actor, item_id: int) -> None:
    """Let everybody in the office see the item again."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        if not confidants.is_closed(item):
            raise Conflict(N_("It is not confidential."))
        item.confidential = False
        session.execute(delete(Confidant).where(Confidant.item_id == item.id))
        details.learn_from(session, item)
        note(session, installation, actor, "item.opened", item.id)
        _ask_anew(installation, session, item)


def take_over(installation: Installation, actor: Actor, item_id: int) -> None:
    """Name the actor, an administrator, on a confidential item. Everybody named on it can see that it was done."""
    actor.require("administer")
    if actor.person is None:
        raise NotAllowed(N_("Only a person can do this."))
    with installation.store.write(actor.workspace) as session:
        with everything(session):
            item = session.scalar(locks.rows(select(Item).where(Item.id == item_id)))
            if item is None or not confidants.is_closed(item):
                raise NotFound(N_("There is no such item."))
            before = confidants.named(session, item)
            _name(session, item, before | {actor.person})
        note(session, installation, actor, "item.taken_over", item.id)


def closed(installation: Installation, actor: Actor) -> list[Closed]:
    """The confidential items that the actor, an administrator, is not named on."""
    actor.require("administer")
    with installation.store.read(actor.workspace) as session, everything(session):
        mine = select(Confidant.item_id).where(Confidant.person_id == actor.person)
        rows = session.execute(
            select(Item.id, Person.name, Person.email, Item.state, Item.created_at)
            .outerjoin(Person, Person.id == Item.author_id)
            .where(Item.confidential, Item.state.not_in(OUT), Item.id.not_in(mine))
            .order_by(Item.id)
        )
        return [Closed(number, name or email or "", state, at) for number, name, email, state, at in rows]


def named_on(installation: Installation, actor: Actor, item_id: int) -> set[int]:
    """The people named on an item that the actor sees."""
    with installation.store.read(actor.workspace) as session:
        return confidants.named(session, items.load(session, item_id))


def _name(session: Session, item: Item, people: Collection[int]) -> None:
    before = confidants.named(session, item)
    session.execute(delete(Confidant).where(Confidant.item_id == item.id, Confidant.person_id.not_in(people)))
    for person in sorted(set(people) - before):
        session.add(Confidant(workspace_id=item.workspace_id, item_id=item.id, person_id=person))
    session.flush()


def _take_back(installation: Installation, session: Session, item: Item) -> None:
    """Stop the mails and links about it of those who may not see it any more."""
    others = confidants.named(session, item)
    unsent = (Notice.item_id == item.id, Notice.person_id.not_in(others))
    session.execute(update(Notice).where(*unsent, Notice.state == "waiting").values(state="dropped", link_token=""))
    links = (ApprovalLink.item_id == item.id, ApprovalLink.person_id.not_in(others), ApprovalLink.used_at.is_(None))
    session.execute(
        update(ApprovalLink).where(*links, ApprovalLink.replaced_at.is_(None)).values(replaced_at=installation.now())
    )


def _ask_anew(installation: Installation, session: Session, item: Item) -> None:
    """What waits for approval waits for those who may see it now."""
    if item.state != "in_review":
        return
    revision = items.current(session, item)
    rounds.go_on(session, item, revision)
    rounds.refuse_nobody(installation, session, item, revision)
    approvers.ask(installation, session, item, revision)
