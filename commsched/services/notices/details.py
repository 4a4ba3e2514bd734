"""The details of a mail, each as a label and a value: when, where, until when it is under embargo, why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.catalogues import all_of, gettext, stored
from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_
from commsched.core.timing import dates, embargo
from commsched.services.kernel.context import Installation
from commsched.services.kernel.heartbeats import TROUBLES
from commsched.services.notices.gathering import ASKS
from commsched.store.models import Channel, ChannelTime, Item, Notice, Revision, Workspace

MOST_HEADLINE: Final = 60
"""Characters of a headline in a subject that says more than the headline."""


def details(
    installation: Installation,
    session: Session,
    row: Notice,
    workspace: Workspace,
    item: Item | None,
    language: str,
    now: datetime,
) -> list[tuple[str, str]]:
    """The details, each as a label and a value."""
    lines: list[tuple[str, str]] = []

    def add(label: str, value: str) -> None:
        if value:
            lines.append((gettext(language, label), value))

    facts = row.facts
    if item is not None and item.publish_at is not None:
        add(N_("Planned for"), dates.when(item.publish_at, workspace.zone, language, now))
        for name, at in _own_times(session, item):
            add(N_("Planned for"), f"{dates.when(at, workspace.zone, language, now)} · {name}")
    asks = row.kind in ASKS or row.kind in ("asked_to_accept", "approved", "bypass_used")
    if asks and item is not None:
        add(N_("Embargo"), _embargo(installation, session, item, workspace, language, now))
        add(N_("Correction"), _correction(session, item))
        add(N_("Channels"), ", ".join(row.name for row in _channels(session, item)))
        add(N_("By e-mail to"), _people(facts, language))
    reason = str(facts.get("reason") or "")
    add(N_("Why"), gettext(language, REASONS[reason]) if reason in REASONS else reason)
    if row.kind == "scheduler_stopped":
        why, help_ = TROUBLES.get(str(facts.get("trouble")), ("", ""))
        add(N_("Why"), gettext(language, why) if why else "")
        add(N_("What to do"), gettext(language, help_) if help_ else "")
    add(N_("The answer was"), stored(str(facts.get("detail") or ""), language))
    if int(facts.get("of") or 0) > 1:
        add(N_("Out so far"), gettext(language, N_("%(out)s of %(of)s")) % {"out": facts.get("out"), "of": facts["of"]})
    return lines


def _people(facts: JsonObject, language: str) -> str:
    """How many it goes to in all, and by each list, with how many have come and gone since that was last written to."""
    counted = facts.get("addressed") or {}
    if not counted.get("people"):
        return ""
    words = gettext(language, N_("%(num)s in all"))
    lists = []
    for name, people, came, went in counted.get("lists") or ():
        since = gettext(language, N_("since last time %(came)s new, %(went)s gone")) % {"came": came, "went": went}
        lists.append(f"{name} {people}" + (f" ({since})" if came or went else ""))
    return f"{words % {'num': counted['people']}}: {', '.join(lists)}"


def brief(session: Session, item: Item, workspace: Workspace, language: str, now: datetime) -> str:
    """When and where in a few words, for a subject: ``lör 5 dec 08:00, Facebook och X``; else what it is called. A
    press release is known by its headline, since an office's releases mostly go to the same lists at the same hour."""
    times = [at for at in (item.publish_at, *(at for _name, at in _own_times(session, item))) if at is not None]
    names = [row.name for row in _channels(session, item)]
    where = gettext(language, N_("%(n)s channels")) % {"n": len(names)} if len(names) > 3 else all_of(names, language)
    parts = [dates.when(min(times), workspace.zone, language, now) if times else "", where]
    said = ", ".join(part for part in parts if part)
    if item.kind == "release" and item.title and said:
        return f"{shorten(item.title, MOST_HEADLINE, placeholder='…')} ({said})"
    return said or item.title or gettext(language, N_("Untitled"))


def _channels(session: Session, item: Item) -> list[Channel]:
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    wanted = [part.channel for part in revision.parsed().channels] if revision is not None else []
    same = (Channel.id.in_(wanted), Channel.workspace_id == item.workspace_id)
    return list(session.scalars(select(Channel).where(*same).order_by(Channel.name)))


def _correction(session: Session, item: Item) -> str:
    """What it says of itself where it corrects what is out; else nothing."""
    revision = session.get(Revision, item.revision_id) if item.corrects_id and item.revision_id else None
    return revision.parsed().correction if revision is not None else ""


def _embargo(
    installation: Installation, session: Session, item: Item, workspace: Workspace, language: str, now: datetime
) -> str:
    """Until when, and who gets it before."""
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    until = embargo.end_of(revision.parsed().embargo) if revision is not None else None
    if until is None:
        return ""
    when = dates.when(until, workspace.zone, language, now)
    own = select(ChannelTime.channel_id, ChannelTime.publish_at).where(ChannelTime.item_id == item.id)
    times = {row.channel_id: row.publish_at for row in session.execute(own)} if item.own_times else {}
    early = [
        row.name
        for row in _channels(session, item)
        if (at := times.get(row.id, item.publish_at)) is not None
        and at < until
        and installation.platform(row.platform).carries_embargo(row.settings)
    ]
    words = gettext(language, N_("%(when)s (%(names)s get it before)"))
    return words % {"when": when, "names": all_of(early, language)} if early else when


def _own_times(session: Session, item: Item) -> Sequence[tuple[str, datetime]]:
    """The channels that go out at a time of their own."""
    if not item.own_times:
        return []
    wanted = select(Channel.name, ChannelTime.publish_at).join(Channel, Channel.id == ChannelTime.channel_id)
    rows = session.execute(wanted.where(ChannelTime.item_id == item.id).order_by(ChannelTime.publish_at, Channel.id))
    return [(name, at) for name, at in rows]
