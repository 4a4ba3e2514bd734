"""Proposing other words instead of writing them: the writer takes them with one press, and the proposer may approve.

A proposal is about one version, by its hash, and holds the whole content that it would lead to, whose hash is known
from then on. Making one sends the item back. Whoever takes it saves it as a version of their own: the words are theirs,
so that two people have agreed to them, and the proposer has no hand in them. A proposer who approves beforehand
approves that one hash, within the window of that moment; the approval is written down when the words are taken, if by
then they could give it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.access.roles import may
from commsched.core.approval.rules import inside
from commsched.core.content.fields import TEXT_FIELDS
from commsched.core.content.model import Content, canonical, digest, printable
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotAllowed, NotFound, Problem
from commsched.core.timing.wall_time import approval_window
from commsched.services.approval.approvers import names
from commsched.services.content import compose, embargo_times, items, times
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, Via
from commsched.services.workflow import approve, editing
from commsched.store import locks
from commsched.store.models import Decision, Item, Membership, Person, Proposal, Revision

FIELDS: Final = ("title", "lead", "text", "facts", "short", "contact")
"""The texts that can be changed in a proposal, besides each channel's own."""


class Prepared(msgspec.Struct, frozen=True):
    """Other words that may be proposed: they differ, and nothing new stops them."""

    content: Content
    data: bytes
    hash: str


def reworded(content: Content, texts: Mapping[str, str]) -> Content:
    """``content`` with other ``texts``, by the name of the field, or ``text-3`` for the own text of channel 3."""
    kept = {field.name: field.kept(texts[field.name]) for field in TEXT_FIELDS if field.name in texts}
    channels = [
        msgspec.structs.replace(channel, text=texts[f"text-{channel.channel}"])
        if channel.text is not None and f"text-{channel.channel}" in texts
        else channel
        for channel in content.channels
    ]
    fields = {name: text for name, text in kept.items() if name in FIELDS}
    return printable(msgspec.structs.replace(content, channels=channels, **fields))


def texts_in(content: Content) -> dict[str, str]:
    """The texts that a proposal can change, as they are; such as say nothing are left out, but for the text itself."""
    plain = {name: str(getattr(content, name)) for name in FIELDS}
    own = {f"text-{channel.channel}": channel.text for channel in content.channels if channel.text is not None}
    return {name: text for name, text in (plain | own).items() if text.strip() or name == "text"}


def prepare(installation: Installation, actor: Actor, item_id: int, content_hash: str, content: Content) -> Prepared:
    """Check other words for the version ``content_hash``, before the transaction that keeps them.

    Raises :class:`Invalid` where nothing differs, :class:`commsched.services.workflow.approve.Blocked` where the new
    words would be stopped, :class:`commsched.services.content.items.Changed` where that is not the newest version.
    """
    data = canonical(content)
    with installation.store.read(actor.workspace) as session:
        item = items.load(session, item_id)
        revision = items.current(session, item)
        if revision.hash != content_hash:
            raise items.Changed(revision)
        if digest(data) == content_hash:
            raise Invalid(N_("Nothing is changed yet. Change the words first."), "text")
        before = _stopping(installation, session, item, revision.parsed())
        after = _stopping(installation, session, item, content)
    new = [problem for problem in after if problem not in before]
    if new:
        raise approve.Blocked(new)
    return Prepared(content, data, digest(data))


def _stopping(installation: Installation, session: Session, item: Item, content: Content) -> list[Problem]:
    judgement = items.judge(installation, session, item, content)
    every = [*judgement.general, *(own for each in judgement.checked for own in each.problems)]
    return [problem for problem in every if problem.blocks]


def propose(
    installation: Installation,
    actor: Actor,
    item_id: int,
    content_hash: str,
    prepared: Prepared,
    comment: str = "",
    approves: bool = False,
) -> int:
    """Propose other words for the version ``content_hash``, and send the item back with them. Returns the id of the
    decision that did that. ``approves``: the proposer approves exactly these words, once they are taken."""
    with installation.store.write(actor.workspace) as session:
        number = propose_in(installation, session, actor, item_id, content_hash, prepared, comment, approves).id
    return number


def propose_in(
    installation: Installation,
    session: Session,
    actor: Actor,
    item_id: int,
    content_hash: str,
    prepared: Prepared,
    comment: str = "",
    approves: bool = False,
) -> Decision:
    """As :func:`propose`, within a transaction that has more to do."""
    actor.require("approve")
    item, revision = approve.decidable(session, item_id, content_hash)
    if actor.person is None:
        raise NotAllowed(N_("Only a person can propose other words."))
    if approves:
        approve.principal_for(installation, session, actor, item, revision)
    start, end = _window(installation, session, actor, item) if approves else (None, None)
    decision = approve.send_back(installation, session, actor, item, revision, "changes", comment, "proposed")
    session.add(
        Proposal(
            workspace_id=item.workspace_id,
            item_id=item.id,
            revision_id=revision.id,
            base_hash=revision.hash,
            content=prepared.data,
            hash=prepared.hash,
            note=passage(comment, "comment"),
            approves=approves,
            window_start=start,
            window_end=end,
            person_id=actor.person,
            at=installation.now(),
            via=actor.via,
        )
    )
    note(session, installation, actor, "proposal.made", item.id, hash=prepared.hash, approves=approves)
    return decision


def _window(
    installation: Installation, session: Session, actor: Actor, item: Item
) -> tuple[datetime | None, datetime | None]:
    """What a yes given now would cover."""
    workspace, now = members.workspace_of(session, actor), installation.now()
    slots = times.chosen(times.left(session, item, now))
    first, last = (slots[0].at, slots[-1].at) if slots else (None, None)
    start, end = approval_window(first, now, workspace.window_before_hours, workspace.window_after_hours, last)
    return (min(start, now) if first is None and start is not None else start), end


def open_ones(session: Session, items_and_hashes: Sequence[tuple[int, str]]) -> list[Proposal]:
    """The proposals that can be taken: open, and about the newest version. The newest first."""
    wanted = dict(items_and_hashes)
    rows = session.scalars(
        select(Proposal).where(Proposal.item_id.in_(wanted), Proposal.answer == "").order_by(Proposal.id.desc())
    )
    return [row for row in rows if row.base_hash == wanted[row.item_id]]


def take(installation: Installation, actor: Actor, item_id: int, proposal_id: int) -> None:
    """Take the proposed words: they become the actor's own version, which is sent in for approval.

    Raises :class:`Conflict` where the item has changed since or the proposal is over, :class:`NotAllowed` for one's own
    proposal, :class:`commsched.services.workflow.approve.Blocked` where something stops the words now.
    """
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        content = _load(session, item_id, proposal_id).parsed()
        stopping = _stopping(installation, session, items.load(session, item_id), content)
    if stopping:
        raise approve.Blocked(stopping)
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        row = _load(session, item_id, proposal_id)
        before = _require_takable(session, actor, item, row)
        revision = _adopt(installation, session, actor, item, before, row)
        _answer(installation, actor, row, "taken")
        note(
            session,
            installation,
            actor,
            "proposal.taken",
            item.id,
            hash=row.hash,
            names=names(session, [row.person_id]),
        )
        approve.ask_again(installation, session, actor, item, then_schedule=item.schedule_on_approval)
        if row.approves and item.state == "in_review":
            _follow(installation, session, actor, item, revision, row)
    installation.wake()


def _adopt(
    installation: Installation, session: Session, actor: Actor, item: Item, before: Revision, row: Proposal
) -> Revision:
    """The proposed content as a version that the actor has saved."""
    content = row.parsed()
    compose.require_there(session, content)
    revision = editing.replace_content(installation, session, actor, item, content)
    if revision.hash != row.hash:
        raise Conflict(N_("These are not the words that were proposed."))
    embargo_times.follow(installation, session, item, before.parsed(), content)
    return revision


def _require_takable(session: Session, actor: Actor, item: Item, row: Proposal) -> Revision:
    if actor.person is None or row.person_id == actor.person:
        raise NotAllowed(N_("You proposed these words yourself. Somebody else must take them."))
    revision = items.current(session, item)
    if row.answer or row.base_hash != revision.hash:
        raise Conflict(N_("It has been changed since, so the proposal is no longer about how it stands."))
    editing.require_editable(session, item)
    return revision


def _follow(
    installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision, row: Proposal
) -> None:
    """Write down the approval that the proposer gave beforehand, where they could give it now and the time is one that
    they had agreed to. Otherwise they are asked, as anybody is."""
    proposer = _actor(session, row)
    if proposer is None or revision.hash != row.hash or not _covers(installation, session, item, row):
        return
    try:
        approve.principal_for(installation, session, proposer, item, revision)
    except (NotAllowed, Conflict):
        return
    taker = names(session, [actor.person])
    note(session, installation, proposer, "proposal.followed", item.id, hash=row.hash, names=taker)
    decision = approve.approve_in(installation, session, proposer, item.id, row.hash)
    decision.window_start = max(filter(None, (decision.window_start, row.window_start)), default=None)
    decision.window_end = min(filter(None, (decision.window_end, row.window_end)), default=None)
    session.flush()


def _covers(installation: Installation, session: Session, item: Item, row: Proposal) -> bool:
    """Whether the approval that was given beforehand covers every time that is left, and this moment where there is
    none."""
    slots = times.chosen(times.left(session, item, installation.now()))
    moments = [slot.at for slot in slots] or [installation.now()]
    return all(inside(moment, (row.window_start, row.window_end)) for moment in moments)


def _actor(session: Session, row: Proposal) -> Actor | None:
    """The proposer, while they may approve here."""
    person = session.get(Person, row.person_id) if row.person_id else None
    role = session.scalar(
        select(Membership.role).where(
            Membership.person_id == row.person_id, Membership.workspace_id == row.workspace_id
        )
    )
    if person is None or not person.active or role is None or not may(role, "approve"):
        return None
    via: Via = "link" if row.via == "link" else "page"
    return Actor(person.id, person.name or person.email, row.workspace_id, role, via, person.language)


def decline(installation: Installation, actor: Actor, item_id: int, proposal_id: int) -> None:
    """Say no to a proposal; the item stays as it is."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        row = _load(session, item.id, proposal_id)
        if row.answer:
            raise Conflict(N_("The proposal has been answered already."))
        _answer(installation, actor, row, "withdrawn" if row.person_id == actor.person else "declined")
        note(session, installation, actor, "proposal.declined", item.id, names=names(session, [row.person_id]))


def _load(session: Session, item_id: int, proposal_id: int) -> Proposal:
    wanted = select(Proposal).where(Proposal.id == proposal_id, Proposal.item_id == item_id)
    row = session.scalar(locks.rows(wanted) if session.info.get("writing") else wanted)
    if row is None:
        raise NotFound(N_("There is no such proposal."))
    return row


def _answer(installation: Installation, actor: Actor, row: Proposal, answer: str) -> None:
    row.answer, row.answered_by, row.answered_at = answer, actor.person, installation.now()
