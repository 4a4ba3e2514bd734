"""Telling people by mail what needs them. A notice is a row in the transaction that caused it, so none is lost."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from commsched.core.delivery.outcome import Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import Email
from commsched.services.kernel import confidants
from commsched.services.kernel.context import Installation
from commsched.services.notices import gathering, kinds, mail_pictures, templates, wishes
from commsched.store import locks
from commsched.store.models import Item, Membership, Notice, Person, Workspace
from commsched.store.session import EVERY_WORKSPACE, again, narrowed
from commsched.store.sight import as_seen_by

log = logging.getLogger(__name__)

AT_ONCE: Final = 20
"""Notices that one call of :func:`send_due` takes, so that the clock is never held up for long."""
CLAIM: Final = timedelta(minutes=10)
"""How long a claimed notice belongs to the process that claimed it. After a crash it is sent again with the same
Message-ID, so that a mail program that received it twice can show it once."""
BACK_OFF: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
MOST_TRIES: Final = 12
"""With the waits above this takes about two days. After that only the first page shows the notice."""
ASKING: Final = ("asked_to_approve", "asked_to_accept", "reminder", "nudged")
"""Kinds that ask for a decision: of one person about one item there is never more than one on its way."""
_OPEN: Final = frozenset({"in_review", "held"})
"""Item states in which an approval is still asked for."""


def queue(
    session: Session,
    installation: Installation,
    person_ids: Iterable[int],
    kind: str,
    item: Item | None = None,
    *,
    link_token: str = "",
    workspace: int | None = None,
    after: timedelta = timedelta(0),
    **facts: object,
) -> None:
    """Add one notice of ``kind`` for each person, in the caller's transaction.

    ``link_token`` is kept encrypted until the mail has gone. ``workspace`` is needed only where neither ``item`` nor
    the session says which it is; ``after`` is how long the mail waits for more to say.

    Raises ``KeyError`` for a kind without a mail template.
    """
    kinds.KINDS[kind]
    belongs = workspace or (item.workspace_id if item is not None else session.info.get("workspace"))
    if not belongs:
        raise ValueError("a notice belongs to a workspace")
    people = confidants.of_those(session, item, dict.fromkeys(person_ids))
    wished = wishes.wishes(session, people) if kind in wishes.CAN_WAIT else {}
    for person in people:
        row = Notice(
            workspace_id=belongs,
            person_id=person,
            item_id=item.id if item is not None else None,
            kind=kind,
            facts=facts,
            link_token=installation.vault.seal(link_token) if link_token else "",
            created_at=installation.now(),
            next_at=installation.now() + after,
            state="waiting",
            tries=0,
        )
        _as_wished(session, row, wished.get(person, wishes.Wish()), installation.now())
        session.add(row)


def _as_wished(session: Session, row: Notice, wish: wishes.Wish, now: datetime) -> None:
    """What can wait comes when its reader wants it."""
    if wish.pace == "never":
        row.state, row.next_at = wishes.MUTED, None
    elif wish.pace == "daily":
        row.next_at = wishes.next_daily(session, row.workspace_id, wish.hour, now)
        row.facts = row.facts | {gathering.DAILY: True}


def drop(
    session: Session,
    item: Item,
    kinds: Iterable[str],
    *,
    only: Collection[int] | None = None,
    but: Collection[int] = (),
) -> None:
    """Stop unsent notices about ``item``: those to the people in ``only``, or to all except those in ``but``."""
    mine = [Notice.item_id == item.id, Notice.kind.in_(tuple(kinds)), Notice.state == "waiting"]
    mine.append(Notice.person_id.not_in(but) if only is None else Notice.person_id.in_(only))
    session.execute(update(Notice).where(*mine).values(state="dropped", next_at=None, link_token=""))


class _Claimed(msgspec.Struct, frozen=True):
    """One or more claimed notices and their mail. Without a mail, ``over`` and ``why`` say how it ended."""

    ids: tuple[int, ...]
    tries: int
    message: Email | None
    over: str = ""
    why: str = ""


def send_due(installation: Installation, most: int = AT_ONCE) -> int:
    """Mail the notices that are due, at most ``most``. Returns how many went. Raises nothing a network can do."""
    now, sent = installation.now(), 0
    claimed = _claim(installation, now, most)
    for place, notice in enumerate(claimed):
        if notice.message is None:
            _finish(installation, notice.ids, notice.over, notice.why)
            continue
        outcome = installation.mailer.send(notice.message)
        sent += isinstance(outcome, Published | Unknown)
        again(partial(_record, installation, notice, outcome, now))  # the mail has gone: that must be written down
        if isinstance(outcome, Retry) and outcome.whole_channel:
            _release(installation, claimed[place + 1 :], now + _wait(notice.tries))
            break
    return sent


def _claim(installation: Installation, now: datetime, most: int) -> list[_Claimed]:
    due = select(Notice).where(Notice.state == "waiting", or_(Notice.next_at.is_(None), Notice.next_at <= now))
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.scalar(due.with_only_columns(Notice.id).limit(1)) is None:
            return []  # the common case costs no write
        asking = select(Notice).where(Notice.state == "waiting", Notice.kind.in_(gathering.ASKS))
        mail_pictures.prepare(installation, session, session.scalars(asking.order_by(Notice.id).limit(most)).all())
    with installation.store.write(EVERY_WORKSPACE) as session:
        rows = list(session.scalars(locks.rows(due.order_by(Notice.id).limit(most), passing_over=True)))
        mails = gathering.batches(session, rows, now)
        for row in (row for mail in mails for row in mail):
            row.next_at, row.tries = now + CLAIM, row.tries + 1
        return [_written(installation, session, mail, now) for mail in mails]


def _written(installation: Installation, session: Session, rows: list[Notice], now: datetime) -> _Claimed:
    """The mail, unless its reader has left or its reason has passed. One that cannot be written stops no other."""
    first = rows[0]
    person, workspace = session.get(Person, first.person_id), session.get(Workspace, first.workspace_id)
    wanted = [row for row in rows if person is not None and _wanted(session, row, person)]
    if person is None or workspace is None or not wanted:
        return _Claimed(_ids(rows), first.tries, None, "dropped", "it was not needed any more")
    for row in rows:
        if row not in wanted:
            row.state, row.next_at, row.link_token = "dropped", None, ""
    try:
        with narrowed(session, workspace.id), as_seen_by(session, person.id):
            message = templates.write(installation, session, wanted, person, workspace, now)
    except Exception as error:
        log.exception("notice %s (%s) could not be written", first.id, first.kind)
        return _Claimed(_ids(wanted), first.tries, None, "failed", f"{type(error).__name__}: {error}")
    return _Claimed(_ids(wanted), first.tries, message)


def _ids(rows: Iterable[Notice]) -> tuple[int, ...]:
    return tuple(row.id for row in rows)


def _wanted(session: Session, row: Notice, person: Person) -> bool:
    item = session.get(Item, row.item_id) if row.item_id else None
    if not person.active:
        return False
    if item is not None and not confidants.sees(session, item, person.id):
        return False
    if row.kind in ASKING and (item is None or item.state not in _OPEN):
        return False
    if row.kind == "commented" and row.read_at is not None:
        return False
    member = select(Membership.id).where(Membership.person_id == person.id, Membership.workspace_id == row.workspace_id)
    return session.scalar(member) is not None


def _record(installation: Installation, notice: _Claimed, outcome: Outcome, now: datetime) -> None:
    match outcome:
        case Published(detail=detail):
            _finish(installation, notice.ids, "sent", detail)
        case Unknown(detail=detail):
            # It may lie in the inbox already. The first page says the same thing, so it is not sent again.
            _finish(installation, notice.ids, "sent", detail)
        case Rejected(detail=detail, why="content" | "address"):
            _finish(installation, notice.ids, "failed", detail)
        case Retry(detail=detail) | Rejected(detail=detail):
            # A password or a right that is missing can be mended; the mail waits for that.
            _later(installation, notice, detail, now)


def _later(installation: Installation, notice: _Claimed, detail: str, now: datetime) -> None:
    if notice.tries >= MOST_TRIES:
        _finish(installation, notice.ids, "failed", detail)
        return
    with installation.store.write(EVERY_WORKSPACE) as session:
        again = {"next_at": now + _wait(notice.tries), "detail": detail[:500]}
        session.execute(update(Notice).where(Notice.id.in_(notice.ids)).values(again))


def _wait(tries: int) -> timedelta:
    return BACK_OFF[min(max(tries, 1), len(BACK_OFF)) - 1]


def _release(installation: Installation, rest: Sequence[_Claimed], at: datetime) -> None:
    """Release claimed notices that were not tried, without counting a try."""
    if not rest:
        return
    with installation.store.write(EVERY_WORKSPACE) as session:
        mine = Notice.id.in_([number for notice in rest for number in notice.ids])
        session.execute(update(Notice).where(mine).values(next_at=at, tries=Notice.tries - 1))


def _finish(installation: Installation, notices: Collection[int], state: str, detail: str) -> None:
    """The secret of the link goes when the mail has gone."""
    done = {"state": state, "detail": detail[:500], "next_at": None, "link_token": ""}
    if state == "sent":
        done["sent_at"] = installation.now()  # type: ignore[assignment]
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Notice).where(Notice.id.in_(notices)).values(done))
