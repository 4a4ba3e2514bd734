"""Ask, approve, send back: every decision is bound to the hash of what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from commsched.core.approval import Policy, Said, Verdict, cleared, current_step, spared, standing
from commsched.core.timing import approval_window
from commsched.core.words import N_, Conflict, Invalid, NotAllowed, Problem
from commsched.flow import items, notify, schedule
from commsched.flow.asking import ask, people_with, principals, writers_of
from commsched.flow.clearance import policy_for, read_policy, said_of
from commsched.flow.context import Actor, Office
from commsched.flow.record import note
from commsched.store.models import Decision, Item, Revision

ASKABLE = frozenset({"draft", "changes_requested", "held", "approved"})
DECIDABLE = frozenset({"in_review", "held"})


class Blocked(Invalid):
    """The draft has problems that stop it; they are in ``problems``."""

    code = "blocked"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        first = self.problems[0]
        super().__init__(first.words.message, first.field, **first.words.params)


def submit(office: Office, actor: Actor, item_id: int, *, then_schedule: bool = False) -> None:
    """Ask for approval of the current revision. With nobody to ask, it is approved at once.

    Raises :class:`Blocked` with every problem that stops it. ``then_schedule`` schedules as soon as the last yes is in.
    """
    actor.require("write")
    with office.store.write(actor.workspace) as session:
        item = items.load(session, item_id)
        if item.state not in ASKABLE:
            raise Conflict(N_("It is already with the approver or past that."))
        general, channels = items.problems(office, session, item)
        stopping = [p for p in [*general, *[q for one in channels for q in one.problems]] if p.blocks]
        if stopping:
            raise Blocked(stopping)
        workspace, revision = items.workspace_of(session, actor), items.current(session, item)
        policy = spared(policy_for(session, workspace, revision), writers_of(session, item, revision))
        item.policy = msgspec.to_builtins(policy)
        item.schedule_on_approval, item.submitted_at, item.reason = then_schedule, office.now(), ""
        item.state, item.reminded_at = "in_review", None
        note(session, office, actor, "item.submitted", item.id, hash=revision.hash)
        if not policy.steps:
            _decide(office, session, actor, item, revision, "release")
        _advance(office, session, actor, item, revision)
    office.wake()


def approve(
    office: Office, actor: Actor, item_id: int, content_hash: str, comment: str = "", until: datetime | None = None
) -> None:
    """Say yes to exactly ``content_hash``; ``until`` narrows or widens how long the yes covers.

    Raises :class:`Conflict` if the item has changed since, :class:`NotAllowed` for one's own words or another's turn.
    """
    actor.require("approve")
    with office.store.write(actor.workspace) as session:
        item, revision = decidable(session, item_id, content_hash)
        policy, said = read_policy(item.policy), said_of(session, item.id)
        step = current_step(policy, said, content_hash)
        if step is None:
            raise Conflict(N_("It is already approved."))
        principal = principal_for(office, session, actor, item, revision, policy, step, said)
        _decide(office, session, actor, item, revision, "approve", comment=comment, step=step,
                in_place_of=principal if principal != actor.person else None, until=until)  # fmt: skip
        note(session, office, actor, "item.approved", item.id, hash=content_hash, step=step)
        _advance(office, session, actor, item, revision)
    office.wake()


def request_changes(office: Office, actor: Actor, item_id: int, content_hash: str, comment: str) -> None:
    """Send it back with a word on what to change."""
    actor.require("approve")
    if not comment.strip():
        raise Invalid(N_("Say what should be changed."), "comment")
    with office.store.write(actor.workspace) as session:
        item, revision = decidable(session, item_id, content_hash, also=frozenset({"approved", "scheduled"}))
        _decide(office, session, actor, item, revision, "changes", comment=comment)
        items.void(office, session, actor, item)
        item.state = "changes_requested"
        note(session, office, actor, "item.sent_back", item.id, hash=content_hash)
        _tell(office, session, "changes_requested", item, [item.author_id], by=actor.name, comment=comment[:500])


def withdraw(office: Office, actor: Actor, item_id: int, comment: str = "") -> None:
    """Take an approval back: the approver stops what is approved but not out. It must be approved anew."""
    actor.require("approve")
    with office.store.write(actor.workspace) as session:
        item, revision = items.load(session, item_id), None
        if item.state not in ("approved", "scheduled"):
            raise Conflict(N_("It is not approved, or already on its way."))
        revision = items.current(session, item)
        _decide(office, session, actor, item, revision, "withdraw", comment=comment)
        items.void(office, session, actor, item)
        item.state = "changes_requested"
        note(session, office, actor, "approval.withdrawn", item.id, hash=revision.hash)
        _tell(office, session, "changes_requested", item, [item.author_id], by=actor.name, comment=comment[:500])


def bypass(office: Office, actor: Actor, item_id: int, reason: str) -> None:
    """In an emergency: let the current revision out without approval. The reason goes to every approver at once."""
    actor.require("bypass")
    if len(reason.strip()) < 10:
        raise Invalid(N_("Say why it cannot wait, in at least ten characters."), "reason")
    with office.store.write(actor.workspace) as session:
        item = items.load(session, item_id)
        if item.state not in ASKABLE | DECIDABLE:
            raise Conflict(N_("There is nothing to bypass here."))
        revision = items.current(session, item)
        general, channels = items.problems(office, session, item)
        stopping = [p for p in [*general, *[q for one in channels for q in one.problems]] if p.blocks]
        if stopping:
            raise Blocked(stopping)
        policy = policy_for(session, items.workspace_of(session, actor), revision)
        if not policy.bypass:
            raise NotAllowed(N_("This office does not allow publishing without approval."))
        item.policy = msgspec.to_builtins(policy)
        _decide(office, session, actor, item, revision, "bypass", comment=reason)
        note(session, office, actor, "approval.bypassed", item.id, hash=revision.hash, reason=reason[:300])
        approvers = people_with(session, "approve") | {p for step in policy.steps for p in step.people}
        _tell(office, session, "bypass_used", item, approvers - {actor.person}, by=actor.name, reason=reason[:500])
        _advance(office, session, actor, item, revision)
    office.wake()


def decidable(
    session: Session, item_id: int, content_hash: str, also: frozenset[str] = frozenset()
) -> tuple[Item, Revision]:
    item = items.load(session, item_id)
    revision = items.current(session, item)
    if item.state not in DECIDABLE | also or (item.state == "held" and item.reason != "unapproved"):
        raise Conflict(N_("It is not waiting for approval."))
    if revision.hash != content_hash:
        raise items.Changed(revision)
    return item, revision


def principal_for(
    office: Office, session: Session, actor: Actor, item: Item, revision: Revision, policy: Policy, step: int,
    said: list[Said],
) -> int:  # fmt: skip
    """For whom the actor's yes counts at ``step``: themselves, or somebody whose deputy they are now."""
    if actor.person is None:
        raise NotAllowed(N_("Only a person can approve."))
    if not policy.own and actor.person in writers_of(session, item, revision):
        raise NotAllowed(N_("Some of the words are your own. Somebody else must approve it."))
    counted = {one.person for one in standing(said, revision.hash) if one.step == step and one.verdict == "approve"}
    wanted = set(policy.steps[step].people) - counted
    if not policy.steps[step].people or actor.person in wanted:
        return actor.person
    for principal in principals(session, actor.person, office.now()):
        if principal in wanted:
            return principal
    raise NotAllowed(N_("It is not your turn to approve this."))


def _decide(
    office: Office, session: Session, actor: Actor, item: Item, revision: Revision, verdict: Verdict, *,
    comment: str = "", step: int = 0, in_place_of: int | None = None, until: datetime | None = None,
) -> None:  # fmt: skip
    workspace, now = items.workspace_of(session, actor), office.now()
    start, end = approval_window(item.publish_at, now, workspace.window_before_hours, workspace.window_after_hours)
    yes = verdict in ("approve", "bypass", "release")
    if until is not None and until <= now:
        raise Invalid(N_("“Approved until” lies in the past."), "until")
    session.add(
        Decision(
            workspace_id=item.workspace_id,
            item_id=item.id,
            revision_id=revision.id,
            hash=revision.hash,
            verdict=verdict,
            step=step,
            person_id=actor.person,
            in_place_of=in_place_of,
            comment=comment.strip(),
            window_start=min(start, now) if yes and item.publish_at is None else start if yes else None,
            window_end=(until or end) if yes else None,
            at=now,
            via=actor.via,
        )
    )
    session.flush()


def _advance(office: Office, session: Session, actor: Actor, item: Item, revision: Revision) -> None:
    """After a decision: ask the next in the chain, or, when the chain is done, approve and perhaps schedule."""
    policy = read_policy(item.policy)
    if cleared(policy, said_of(session, item.id), revision.hash) is None:
        item.state = "in_review"
        ask(office, session, item, revision)
        return
    item.state, item.reason = "approved", ""
    session.flush()
    _tell(office, session, "approved", item, [item.author_id] if item.author_id != actor.person else [], by=actor.name)
    if item.schedule_on_approval and item.publish_at is not None:
        schedule.on_approval(office, session, actor, item)


def _tell(office: Office, session: Session, kind: str, item: Item, people: Iterable[int | None], **facts: Any) -> None:
    wanted = [person for person in people if person is not None]
    notify.queue(session, office, wanted, kind, item=item, **facts)
