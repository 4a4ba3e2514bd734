"""Submitting, approving and sending back. Every decision is bound to the hash of the content that the person saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from commsched.core.approval.rules import LETS_OUT, Verdict, cleared, current_step, standing
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotAllowed, Problem
from commsched.core.timing.wall_time import PASSED, passed
from commsched.services.approval import beforehand, comments, release_reviews, rounds
from commsched.services.approval.approvers import approval_states, ask, histories, principal_in, turn, writers_of
from commsched.services.approval.approvers import names as names_of
from commsched.services.approval.clearance import policy_for, read_policy, said_of
from commsched.services.approval.roster import read_roster, seeing
from commsched.services.content import items, times
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.services.workflow import schedule
from commsched.store.models import Decision, Item, Revision

ASKABLE = frozenset({"draft", "changes_requested", "held", "approved"})
DECIDABLE = frozenset({"in_review", "held"})
SECOND_THOUGHTS: Final = timedelta(seconds=10)
"""How long the pages offer to undo a decision, and how long the mail that tells its writer waits."""


OVERDUE: Final = N_("Its time has passed. Choose a new time first, then it can be approved.")


class Blocked(Invalid):
    """The draft has problems that stop it; they are in ``problems``."""

    code = "blocked"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        first = self.problems[0]
        super().__init__(first.words.message, first.field, **first.words.params)


def submit(
    installation: Installation, actor: Actor, item_id: int, *, then_schedule: bool = False, accepting: str | None = None
) -> None:
    """Ask for approval of the current revision. Where the policy asks no one, it is approved at once.

    Raises :class:`Blocked` with every problem that stops it, and :class:`commsched.services.approval.rounds.Nobody`
    where no one could approve it. ``then_schedule`` schedules it as soon as the last approval is given. ``accepting``:
    the hash of a version in which the actor accepts others' words, so that those others can approve it.
    """
    actor.require("write")
    examined = items.examine(installation, actor, item_id)
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        if item.state not in ASKABLE:
            raise Conflict(N_("It is already with the approver or past that."))
        revision = items.current(session, item)
        items.require_unchanged(session, examined, item, revision)
        _refuse_blocked(examined.stopping)
        _send_in(installation, session, actor, item, revision, then_schedule)
        if accepting is not None:
            rounds.begin(session, actor, item, revision)
            _accept(installation, session, actor, item, revision, accepting)
        _open(installation, session, actor, item, revision)
    installation.wake()


def ask_again(
    installation: Installation, session: Session, actor: Actor, item: Item, *, then_schedule: bool = True
) -> None:
    """Ask for approval of a version that was made of ``item`` in this very transaction; it then goes on by itself, with
    ``then_schedule``."""
    revision = items.current(session, item)
    _send_in(installation, session, actor, item, revision, then_schedule)
    _open(installation, session, actor, item, revision)


def _send_in(
    installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision, then_schedule: bool
) -> None:
    item.schedule_on_approval = then_schedule or item.when_approved
    item.submitted_at, item.reason = installation.now(), ""
    item.state, item.reminded_at = "in_review", None
    note(session, installation, actor, "item.submitted", item.id, hash=revision.hash)


def _refuse_blocked(stopping: Sequence[Problem]) -> None:
    if stopping:
        raise Blocked(stopping)


def _open(installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision) -> None:
    """Start a round of approval under today's policy. Earlier approvals of exactly this content count where they cover
    the time."""
    policy = rounds.begin(session, actor, item, revision)
    rounds.lapse(installation, session, actor, item, revision)
    if not policy.steps:
        schedule.decide(installation, session, actor, item, revision, "release")
    advance(installation, session, actor, item, revision)
    if item.state == "in_review":
        rounds.refuse_nobody(installation, session, item, revision)


def accept(installation: Installation, actor: Actor, item_id: int, content_hash: str) -> None:
    """Accept others' words in the version ``content_hash``: the words count as the actor's from then on, and their
    writers can approve them. So two people agree to every word. Raises :class:`Conflict` where there is nothing to
    accept, or where no one could approve the item afterwards.
    """
    with installation.store.write(actor.workspace) as session:
        accept_in(installation, session, actor, item_id, content_hash)
    installation.wake()


def accept_in(installation: Installation, session: Session, actor: Actor, item_id: int, content_hash: str) -> None:
    """As :func:`accept`, within a transaction that has more to do."""
    actor.require("write")
    item, revision = decidable(session, item_id, content_hash)
    _refuse_late(installation, session, item)
    _accept(installation, session, actor, item, revision, content_hash)
    item.state = "in_review"
    _open(installation, session, actor, item, revision)


def _accept(
    installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision, content_hash: str
) -> None:
    if revision.hash != content_hash:
        raise items.Changed(revision)
    if actor.person is None:
        raise NotAllowed(N_("Only a person can approve."))
    if actor.person not in turn(installation, session, item, revision).may_accept:
        raise Conflict(N_("There is nothing here that you need to accept."))
    names = names_of(session, writers_of(session, item, revision) - {actor.person})
    schedule.decide(installation, session, actor, item, revision, "accept")
    note(session, installation, actor, "item.accepted", item.id, hash=revision.hash, names=names)


def approve(
    installation: Installation,
    actor: Actor,
    item_id: int,
    content_hash: str,
    comment: str = "",
    until: datetime | None = None,
) -> int:
    """Approve exactly ``content_hash``; ``until`` sets how long the approval is valid. Returns the decision's id.

    Raises :class:`Conflict` if the item has changed since or its time has passed, :class:`NotAllowed` for one's own
    words or another's turn.
    """
    with installation.store.write(actor.workspace) as session:
        number = approve_in(installation, session, actor, item_id, content_hash, comment, until).id
    installation.wake()
    return number


def approve_in(
    installation: Installation,
    session: Session,
    actor: Actor,
    item_id: int,
    content_hash: str,
    comment: str = "",
    until: datetime | None = None,
) -> Decision:
    """As :func:`approve`, within a transaction that has more to do; its caller wakes the engine afterwards."""
    actor.require("approve")
    item, revision = decidable(session, item_id, content_hash)
    _refuse_late(installation, session, item)
    slots = times.chosen(times.left(session, item, installation.now()))
    if until is not None and slots and installation.now() < until < slots[-1].at:
        raise Invalid(N_("It goes out later than that. Choose a later day, or leave it to the office's rule."), "until")
    principal = principal_for(installation, session, actor, item, revision)
    step = current_step(read_policy(item.policy), said_of(session, item.id), content_hash)
    row = schedule.decide(
        installation,
        session,
        actor,
        item,
        revision,
        "approve",
        comment=comment,
        step=step or 0,
        in_place_of=principal if principal != actor.person else None,
        until=until,
    )
    note(session, installation, actor, "item.approved", item.id, hash=content_hash, step=row.step)
    advance(installation, session, actor, item, revision, comment=row.comment)
    return row


def _refuse_late(installation: Installation, session: Session, item: Item) -> None:
    """Refuse an approval of an item that can no longer go out in some channel, since it would have no effect there."""
    now = installation.now()
    if item.when_approved and item.latest_at is not None and item.latest_at < now:
        raise Conflict(OVERDUE, "publish_at")
    if any(slot.latest < now for slot in times.chosen(times.left(session, item, now))):
        raise Conflict(OVERDUE, "publish_at")


def request_changes(installation: Installation, actor: Actor, item_id: int, content_hash: str, comment: str) -> int:
    """Send it back with a word on what to change. Returns the decision's id."""
    with installation.store.write(actor.workspace) as session:
        return request_changes_in(installation, session, actor, item_id, content_hash, comment).id


def request_changes_in(
    installation: Installation, session: Session, actor: Actor, item_id: int, content_hash: str, comment: str
) -> Decision:
    """As :func:`request_changes`, within a transaction that has more to do."""
    actor.require("approve")
    if not passage(comment, "comment"):
        raise Invalid(N_("Say what should be changed."), "comment")
    item, revision = decidable(session, item_id, content_hash, also=frozenset({"approved", "scheduled"}))
    row = send_back(installation, session, actor, item, revision, "changes", comment)
    note(session, installation, actor, "item.sent_back", item.id, hash=content_hash)
    return row


def withdraw(installation: Installation, actor: Actor, item_id: int, comment: str = "") -> None:
    """Withdraw an approval of an item that is not out yet. The item must be approved again."""
    actor.require("approve")
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        if item.state not in ("approved", "scheduled"):
            raise Conflict(N_("It is not approved, or already on its way."))
        revision = items.current(session, item)
        said = standing(said_of(session, item.id), revision.hash)
        if not any(decision.verdict in LETS_OUT - {"release"} for decision in said):
            raise Conflict(N_("Nobody had to approve it, so there is no approval to take back. It can be cancelled."))
        send_back(installation, session, actor, item, revision, "withdraw", comment)
        note(session, installation, actor, "approval.withdrawn", item.id, hash=revision.hash)


def send_back(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    revision: Revision,
    verdict: Verdict,
    comment: str,
    kind: str = "changes_requested",
) -> Decision:
    """Set aside what was approved, also what the actor approved beforehand, and make the writer's turn of it; ``kind``
    is the notice that they get."""
    row = schedule.decide(installation, session, actor, item, revision, verdict, comment=comment)
    beforehand.withdraw_all(installation, session, item, actor.person)
    items.return_to_draft(session, item)
    item.state = "changes_requested"
    session.flush()
    facts = {"by": actor.name, "comment": row.comment[:500]}
    _tell(installation, session, kind, item, [item.author_id], after=SECOND_THOUGHTS, **facts)
    comments.spread(installation, session, actor, item, row.comment, besides=[item.author_id])
    return row


def bypass(installation: Installation, actor: Actor, item_id: int, reason: str) -> None:
    """In an emergency: release the current revision without approval. The reason goes to every approver at once."""
    actor.require("bypass")
    reason = passage(reason, "reason")
    if len(reason) < 10:
        raise Invalid(N_("Say why it cannot wait, in at least ten characters."), "reason")
    examined = items.examine(installation, actor, item_id)
    with installation.store.write(actor.workspace) as session:
        item = items.load(session, item_id, lock=True)
        if item.state not in ASKABLE | DECIDABLE:
            raise Conflict(N_("There is nothing to bypass here."))
        revision = items.current(session, item)
        items.require_unchanged(session, examined, item, revision)
        stopping = examined.stopping
        slots = times.chosen(times.left(session, item, installation.now()))
        if slots and not any(passed(slot.latest, installation.now()) for slot in slots):
            stopping = [p for p in stopping if p.words.message != PASSED]  # late, but not too late: it goes at once
        _refuse_blocked(stopping)
        policy = policy_for(session, members.workspace_of(session, actor), revision)
        if not policy.bypass:
            raise NotAllowed(N_("This office does not allow publishing without approval."))
        item.policy = msgspec.to_builtins(policy)
        release = schedule.decide(installation, session, actor, item, revision, "bypass", comment=reason)
        release_reviews.open_task(installation, session, item, release)
        note(session, installation, actor, "approval.bypassed", item.id, hash=revision.hash, reason=reason[:300])
        approvers = people_with(session, "approve")
        _tell(
            installation, session, "bypass_used", item, approvers - {actor.person}, by=actor.name, reason=reason[:500]
        )
        advance(installation, session, actor, item, revision)
    installation.wake()


def decidable(
    session: Session, item_id: int, content_hash: str, also: frozenset[str] = frozenset()
) -> tuple[Item, Revision]:
    """The item and its revision, if that is the version the person saw and it waits for approval. An item that was sent
    back must be submitted again first."""
    item = items.load(session, item_id, lock=True)
    revision = items.current(session, item)
    require_decidable(item, revision, content_hash, also)
    return item, revision


def require_decidable(item: Item, revision: Revision, content_hash: str, also: frozenset[str] = frozenset()) -> None:
    """Raise :class:`Conflict` where the item does not wait for a yes, or is no longer what was seen."""
    waits = item.state in DECIDABLE and (item.state != "held" or (item.reason == "unapproved" and item.submitted_at))
    if not waits and item.state not in also:
        raise Conflict(N_("It is not waiting for approval."))
    if revision.hash != content_hash:
        raise items.Changed(revision)


def principal_for(installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision) -> int:
    """The person for whom the actor's approval counts: themselves, or someone whose deputy they are now. Raises
    :class:`NotAllowed` with the reason where it does not count, :class:`Conflict` where no approval is asked for.
    """
    known = histories(session, [item.id])
    case = approval_states(session, [(item, revision)], known)[item.id]
    return principal_in(seeing(session, read_roster(session, installation.now()), item), case, actor.person)


def advance(
    installation: Installation, session: Session, actor: Actor, item: Item, revision: Revision, comment: str = ""
) -> None:
    """After a decision: ask the next in the chain, or, when the chain is done, approve and perhaps schedule."""
    policy = read_policy(item.policy)
    done = cleared(policy, said_of(session, item.id), revision.hash) is not None
    notified = [item.author_id] if done and item.author_id != actor.person else []
    comments.spread(installation, session, actor, item, comment, besides=notified)
    if not done:
        item.state = "in_review"
        session.flush()
        ask(installation, session, item, revision)
        return
    item.state, item.reason = "approved", ""
    session.flush()
    outbox.drop(session, item, outbox.ASKING)
    facts = {"by": actor.name, "comment": comment[:500]}
    _tell(installation, session, "approved", item, notified, after=SECOND_THOUGHTS, **facts)
    if item.when_approved and item.publish_at is None:
        schedule.at_once(installation, session, actor, item)
    elif item.schedule_on_approval and item.publish_at is not None:
        schedule.on_approval(installation, session, actor, item)


def _tell(
    installation: Installation, session: Session, kind: str, item: Item, people: Iterable[int | None], **facts: Any
) -> None:
    wanted = [person for person in people if person is not None]
    outbox.queue(session, installation, wanted, kind, item=item, **facts)
