"""What the engine does between deliveries: reminders, the unapproved, dying tokens and consents, the morning mail,
a look at the database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from commsched.core.platform.channel_state import WARN
from commsched.core.text.json_values import JsonObject
from commsched.services.approval.approvers import ask
from commsched.services.channels import checks, renewal
from commsched.services.contacts import arrivals, imports
from commsched.services.content import times
from commsched.services.content.items import current
from commsched.services.content.times import planned_between
from commsched.services.documents import library as documents
from commsched.services.feeds import reading
from commsched.services.followup import keeping
from commsched.services.inbox import keeping as inbox
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation, scheduler
from commsched.services.kernel.members import people_with
from commsched.services.kernel.overdue import overdue
from commsched.services.links import forgetting
from commsched.services.mailing import dkim_keys
from commsched.services.mailing.dns_report import resolver_of
from commsched.services.media import quota, uploads
from commsched.services.media.consent_expiry import warn_of_consents
from commsched.services.media.details import learn_of_published
from commsched.services.notices import outbox, shifted_times, week
from commsched.services.ops.integrity import look_daily
from commsched.services.press import answers
from commsched.services.privacy import erasure
from commsched.services.subscriptions import subscribing
from commsched.store import locks
from commsched.store.models import (
    ApprovalLink,
    Channel,
    ConsentWarning,
    Delivery,
    Idempotency,
    Item,
    Notice,
    PendingAuthorization,
    SignIn,
    SignInTry,
    Workspace,
)
from commsched.store.session import EVERY_WORKSPACE, busy

log = logging.getLogger("commsched.chores")

REMIND_BEFORE = timedelta(hours=2)
"""How long before its time an item that still waits for approval is reminded of."""
MORNING = 7
"""The hour, by the office's own clock, of the morning mail."""


def run(installation: Installation) -> None:
    """Do every chore, workspace by workspace; one that fails stops no other."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        workspaces = list(session.scalars(select(Workspace.id).order_by(Workspace.id)))
    for workspace in workspaces:
        for chore in (
            hold_unapproved,
            remind,
            warn_of_tokens,
            warn_of_consents,
            shifted_times.check_daily,
            morning_mail,
            week.send,
            learn_of_published,
            keeping.tell,
            keeping.forget,
            subscribing.forget_unconfirmed,
            erasure.sweep,
            inbox.forget,
            answers.forget,
        ):
            _safely(installation, workspace, chore)
    with installation.store.write(EVERY_WORKSPACE) as session:
        tidy(session, installation.now())
    forgetting.forget_daily(installation)
    arrivals.arrive(installation)
    imports.forget(installation)
    quota.sweep(installation)
    uploads.tidy(installation, installation.now())
    documents.tidy(installation, installation.now())
    look_daily(installation)
    renewal.renew_due(installation)
    dkim_keys.look_at_waiting(installation, lambda name, kind: resolver_of(installation)(name, kind))
    checks.look_again(installation)
    reading.read_due(installation)


def _safely(
    installation: Installation, workspace: int, chore: Callable[[Installation, Session, Workspace], None]
) -> None:
    try:
        with installation.store.write(workspace) as session:
            row = session.get(Workspace, workspace)
            if row is not None:
                chore(installation, session, row)
    except Exception as error:
        if busy(error):
            raise  # nothing else can be written either; the engine says so once and comes back
        log.exception("the chore %s failed in workspace %s", chore.__name__, workspace)


def hold_unapproved(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Hold every item that still waits for approval at its time, and notify everyone concerned. An item that was sent
    back for changes stays in that state until its writer acts."""
    late = (Item.state == "in_review", planned_between(None, installation.now() + timedelta.resolution))
    for item in session.scalars(locks.rows(select(Item).where(*late))):
        if not _due(session, item, installation.now()):
            continue
        item.state, item.reason = "held", "unapproved"
        note(session, installation, scheduler(workspace.id), "item.held", item.id, reason="unapproved")
        people = people_with(session, "approve") | ({item.author_id} if item.author_id else set())
        outbox.queue(session, installation, sorted(people), "held", item=item, reason="unapproved")


def _due(session: Session, item: Item, now: datetime) -> bool:
    """Whether the first of the times that are left has come."""
    slots = times.chosen(times.left(session, item, now))
    return bool(slots) and slots[0].at <= now


def remind(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Remind the approvers, two hours before the time, of items that are still undecided."""
    now = installation.now()
    soon = (
        Item.state == "in_review",
        Item.reminded_at.is_(None),
        planned_between(now + timedelta.resolution, now + REMIND_BEFORE + timedelta.resolution),
        Item.submitted_at <= now - timedelta(minutes=30),
    )
    for item in session.scalars(locks.rows(select(Item).where(*soon))):
        item.reminded_at = now
        ask(installation, session, item, current(session, item), "reminder")


def warn_of_tokens(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Tell the administrators of access that dies within a fortnight: once, and again on the last two days."""
    now = installation.now()
    dying = (
        Channel.state == "ok",
        Channel.token_expires_at.is_not(None),
        Channel.token_expires_at <= now + WARN,
    )
    for channel in session.scalars(locks.rows(select(Channel).where(*dying))):
        assert channel.token_expires_at is not None
        days = max(0, (channel.token_expires_at - now).days)
        stage = "last" if days <= 2 else "first"
        mark = f"{channel.token_expires_at:%Y%m%d}-{stage}"
        if channel.facts.get("warned") == mark:
            continue
        channel.facts = channel.facts | {"warned": mark}
        people = sorted(people_with(session, "administer"))
        outbox.queue(session, installation, people, "token_expiring", channel=channel.name, days=days)


def morning_mail(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Once a day, at seven by the office's clock: what did not go out, what waits, what goes out today."""
    now = installation.now()
    local = now.astimezone(ZoneInfo(workspace.zone))
    today = f"{local:%Y-%m-%d}"
    if local.hour < MORNING or workspace.settings.get("morning") == today:
        return
    workspace = locks.row(session, Workspace, workspace.id)
    if workspace.settings.get("morning") == today:
        return  # another engine was first
    first = "morning" not in workspace.settings
    workspace.settings = workspace.settings | {"morning": today}
    facts: JsonObject = dict(summary(session, local))
    if first or not any(facts.values()):
        return  # there is nothing to report, or the office was created today
    outbox.queue(session, installation, sorted(people_with(session, "resolve")), "morning", **facts)


def summary(session: Session, local: datetime) -> dict[str, int]:
    """The numbers of the day: stopped deliveries, questions to answer, items that wait for approval, deliveries due
    today."""
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)

    def deliveries(*states: str) -> int:
        return session.scalar(select(func.count(Delivery.id)).where(Delivery.state.in_(states))) or 0

    today = (Item.state.in_(("scheduled", "publishing")), planned_between(start, end))
    return {
        "stopped": deliveries("held", "failed"),
        "overdue": len(overdue(session, local.astimezone(UTC))),
        "unknown": deliveries("unknown"),
        "waiting": session.scalar(select(func.count(Item.id)).where(Item.state == "in_review")) or 0,
        "today": session.scalar(select(func.count(Item.id)).where(*today)) or 0,
    }


def tidy(session: Session, now: datetime) -> None:
    """Delete what is no longer needed: ended sessions, old sign-in tries, used links, old idempotency keys, sent
    notices."""
    session.execute(delete(SignIn).where(SignIn.expires_at < now))
    session.execute(delete(SignInTry).where(SignInTry.at < now - timedelta(days=1)))
    session.execute(delete(ApprovalLink).where(ApprovalLink.expires_at < now - timedelta(days=30)))
    session.execute(delete(PendingAuthorization).where(PendingAuthorization.expires_at < now))
    session.execute(delete(Idempotency).where(Idempotency.at < now - timedelta(days=2)))
    session.execute(delete(ConsentWarning).where(ConsentWarning.ends < now - timedelta(days=30)))
    session.execute(delete(Notice).where(Notice.state == "sent", Notice.sent_at < now - timedelta(days=30)))
