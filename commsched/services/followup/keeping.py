"""Tells of comments that wait or hold the office's words, and forgets what is needed no more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commsched.services.followup import watch_settings
from commsched.services.followup.replies import hashed
from commsched.services.followup.watch import UNSEEN
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation, scheduler
from commsched.services.kernel.members import people_with
from commsched.services.notices import outbox
from commsched.store import locks
from commsched.store.models import RemoteComment, Workspace

AT_ONCE = 500


def tell(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Tell, once for each comment, of those that hold a word of the office's list, and of those that nobody has seen
    for as long as the office has decided."""
    kept, now = watch_settings.of(workspace), installation.now()
    waits = RemoteComment.found_at <= now - timedelta(hours=kept.hours)
    due = (
        select(RemoteComment)
        .where(*UNSEEN, RemoteComment.told_at.is_(None), or_(waits, RemoteComment.word != ""))
        .limit(AT_ONCE)
    )
    rows = list(session.scalars(locks.rows(due)))
    if not rows:
        return
    for row in rows:
        row.told_at = now
    words = [row for row in rows if row.word]
    people = sorted(people_with(session, "resolve"))
    if words:
        outbox.queue(session, installation, people, "comment_words", count=len(words))
    if len(rows) > len(words):
        outbox.queue(session, installation, people, "comments_wait", count=len(rows) - len(words), hours=kept.hours)


def forget(installation: Installation, session: Session, workspace: Workspace) -> None:
    """Erase words and writers of comments that are older than the office keeps them. That there was one, and what was
    done with it, stands in the record."""
    days = watch_settings.of(workspace).days
    old = RemoteComment.found_at <= installation.now() - timedelta(days=days)
    due = select(RemoteComment).where(old, RemoteComment.erased_at.is_(None)).limit(AT_ONCE)
    rows = list(session.scalars(locks.rows(due)))
    unseen = sum(row.seen_at is None for row in rows)
    for row in rows:
        row.author = row.text = row.url = row.handle = row.word = ""
        row.remote_id, row.erased_at = hashed(row.remote_id), installation.now()
    if rows:
        note(session, installation, scheduler(workspace.id), "watch.erased", count=len(rows), days=days, unseen=unseen)
