"""Several notices to one person in one mail: what waits for their approval, and what they want to hear once a day.

Each still has its own row, and each that asks has its own link. Which rows go together is settled when they are first
claimed and kept with them, so that a mail that is sent again after a crash is the same mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from commsched.services.notices.wishes import CAN_WAIT
from commsched.store import locks
from commsched.store.models import Item, Notice

ASKS: Final = frozenset({"asked_to_approve", "reminder", "nudged"})
"""Kinds whose mail carries a link by which its reader decides."""
WINDOW: Final = timedelta(minutes=5)
"""The first question goes at once. What is asked of the same person within this time comes in one mail after it."""
MOST: Final = 20
"""Notices in one mail."""
DAILY: Final = "daily"
"""The fact that marks a notice that its reader gets once a day."""
_LEAD: Final = "in_mail_of"


def wait(session: Session, item: Item, person: int, now: datetime) -> timedelta:
    """How long a question to ``person`` about ``item`` waits for others: until the window ends that a question about
    another item opened."""
    asked = (
        Notice.workspace_id == item.workspace_id,
        Notice.person_id == person,
        Notice.kind.in_(ASKS),
        Notice.item_id != item.id,
    )
    began = select(Notice.created_at).where(*asked, Notice.created_at > now - WINDOW, Notice.state != "dropped")
    first = session.scalar(began.order_by(Notice.created_at).limit(1))
    return max(first + WINDOW - now, timedelta(0)) if first is not None else timedelta(0)


def batches(session: Session, rows: Sequence[Notice], now: datetime) -> list[list[Notice]]:
    """The claimed ``rows``, each with those that go in its mail: rows not claimed yet are locked and taken along."""
    taken: set[int] = set()
    mails: list[list[Notice]] = []
    for row in rows:
        if row.id in taken:
            continue
        mail = [row, *(mate for mate in _mates(session, row, now) if mate.id not in taken)][:MOST]
        taken |= {each.id for each in mail}
        if len(mail) > 1:
            for each in mail:
                each.facts = each.facts | {_LEAD: row.id}
        mails.append(mail)
    return mails


def _mates(session: Session, row: Notice, now: datetime) -> Sequence[Notice]:
    """The other notices that go in the mail of ``row``. What was tried before keeps its company."""
    group = _group(row)
    if group is None:
        return []
    same = (
        Notice.workspace_id == row.workspace_id,
        Notice.person_id == row.person_id,
        Notice.kind.in_(group),
        Notice.state == "waiting",
        Notice.id != row.id,
    )
    if row.tries:
        statement = select(Notice).where(*same, Notice.tries > 0)
    else:
        due = () if row.kind in ASKS else (or_(Notice.next_at.is_(None), Notice.next_at <= now),)
        statement = select(Notice).where(*same, *due, Notice.tries == 0)
    others = session.scalars(locks.rows(statement.order_by(Notice.id).limit(10 * MOST), passing_over=True))
    lead = row.facts.get(_LEAD)
    return [
        mate
        for mate in others
        if _group(mate) == group and (not row.tries or (lead is not None and mate.facts.get(_LEAD) == lead))
    ]


def _group(row: Notice) -> frozenset[str] | None:
    """The kinds that may go in one mail with ``row``; ``None`` where it goes alone."""
    if row.kind in ASKS:
        return ASKS
    return CAN_WAIT if row.facts.get(DAILY) else None
