"""An item and its revisions: find it, look at it, see what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec
from sqlalchemy import desc, select, update
from sqlalchemy.orm import Session, object_session

from commsched.core.content.fields import rows_of, searchable_texts
from commsched.core.content.model import Content
from commsched.core.content.release import texts_of_version
from commsched.core.platform.channel_view import for_channel
from commsched.core.text.length import fold
from commsched.core.text.messages import N_, Conflict, Message, NotFound, Problem, block
from commsched.core.timing.plan import Plan
from commsched.platforms import shown_in
from commsched.services.contacts import addressees
from commsched.services.content import check, times, versions
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Channel, Decision, Delivery, Item, Revision, Takedown, Workspace
from commsched.store.types import to_micros

ONE_STRETCH = timedelta(minutes=10)
"""Saves by one person this close together are one stretch of writing."""


class Changed(Conflict):
    """Somebody saved in between. ``current`` is the revision that stands; what was typed goes back to its writer."""

    code = "changed"

    def __init__(self, current: Revision) -> None:
        session = object_session(current)
        if session is not None:
            session.expunge(current)  # what it holds must outlive the rollback that this error causes
        self.current = current
        super().__init__(N_("Somebody else has changed this since you opened it. Both versions are kept."), "text")


def load(session: Session, item_id: int, *, lock: bool = False) -> Item:
    """The item, or :class:`NotFound`: also for another workspace's, which the session cannot see.

    ``lock``: what follows decides about it, so in a write transaction nobody else may meanwhile.
    """
    wanted = select(Item).where(Item.id == item_id)
    item = session.scalar(locks.rows(wanted) if lock and session.info.get("writing") else wanted)
    if item is None:
        raise NotFound(N_("There is no such item."))
    return item


def load_whole(session: Session, item_id: int) -> tuple[Item, Revision, Workspace]:
    """The item, its newest revision and its office, in one statement. Raises :class:`NotFound`."""
    wanted = (
        select(Item, Revision, Workspace)
        .join(Revision, Revision.id == Item.revision_id)
        .join(Workspace, Workspace.id == Item.workspace_id)
        .where(Item.id == item_id)
    )
    row = session.execute(wanted).first()
    if row is None:
        raise NotFound(N_("There is no such item."))
    return row[0], row[1], row[2]


def current(session: Session, item: Item) -> Revision:
    """The newest revision of ``item``."""
    revision = session.scalar(select(Revision).where(Revision.id == item.revision_id))
    assert revision is not None, "an item always has a revision"
    return revision


def stamp(item: Item) -> str:
    """Changes with every save, also of what no reader sees: the time, the sources. What a second writer's save is
    compared with."""
    return f"{item.version}.{to_micros(item.updated_at)}"


def first_line(text: str, size: int = 80) -> str:
    """What an item is called when nobody has named it."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= size:
        return line
    cut = line[: size - 1]
    whole = cut if line[size - 1] == " " else cut.rpartition(" ")[0]  # between words, unless the word is all there is
    return (whole if len(whole) > size // 2 else cut).rstrip(" ,;:–-") + "…"


def searchable(content: Content) -> str:
    """Everything a person may look for, as :func:`commsched.core.text.length.fold` has it."""
    words = searchable_texts(content)
    words += [c.text for c in content.channels if c.text] + [q.text for q in content.quotes]
    words += [word for each in content.attachments for word in (each.alt, each.title) if word]
    words += [*rows_of(content), *(text for version in content.versions for text in texts_of_version(version))]
    return fold("\n".join(words))


def return_to_draft(session: Session, item: Item) -> None:
    """Cancel every delivery of ``item`` that waits, and make it a draft that must be approved anew. An item that was
    sent back for changes stays so. Writes nothing in the audit log: the caller knows why."""
    session.execute(
        update(Delivery)
        .where(Delivery.item_id == item.id, Delivery.state.in_(times.STOPPABLE))
        .values(state="cancelled", next_at=None, reason="changed")
    )
    if item.state != "changes_requested":
        item.state = "draft"
    item.reason = ""
    item.submitted_at = item.reminded_at = None
    if item.when_approved:
        item.publish_at, item.latest_at, item.wall_time = None, None, ""


def history(session: Session, item: Item) -> list[Revision]:
    """Every revision, newest first."""
    return list(session.scalars(select(Revision).where(Revision.item_id == item.id).order_by(desc(Revision.number))))


def landmarks(session: Session, rows: list[Revision]) -> list[Revision]:
    """Of ``rows`` (newest first) those a person looks for: the last of each stretch of one person's writing, and
    whatever somebody decided on or brought back."""
    decided = set(session.scalars(select(Decision.revision_id).where(Decision.item_id.in_({r.item_id for r in rows}))))
    kept = []
    for number, row in enumerate(rows):
        newer = rows[number - 1] if number else None
        passing = (
            newer is not None
            and newer.author_id == row.author_id
            and row.id not in decided
            and not row.note
            and not newer.note
            and newer.created_at - row.created_at < ONE_STRETCH
        )
        if not passing or number == len(rows) - 1:
            kept.append(row)
    return kept


class Examined(msgspec.Struct, frozen=True):
    """What stops an item, and which item that was: its revision's hash and its times."""

    stopping: list[Problem]
    hash: str
    plan: Plan


def examine(installation: Installation, actor: Actor, item_id: int) -> Examined:
    """What stops ``item_id``, asked before the transaction that acts on it: to count a long text for every channel
    takes time, and no transaction waits for it. :func:`require_unchanged` is asked within it."""
    with installation.store.read(actor.workspace) as session:
        item = load(session, item_id)
        general, channels = problems(installation, session, item)
        stopping = [
            problem for problem in [*general, *(own for each in channels for own in each.problems)] if problem.blocks
        ]
        return Examined(stopping, current(session, item).hash, times.plan(session, item))


def require_unchanged(session: Session, examined: Examined, item: Item, revision: Revision) -> None:
    """Raise :class:`Changed` where the item is no longer the one that was examined."""
    if (examined.hash, examined.plan) != (revision.hash, times.plan(session, item)):
        raise Changed(revision)


def judge(
    installation: Installation, session: Session, item: Item, content: Content, around: check.Around | None = None
) -> check.Judgement:
    """What stands in the way of ``item``, were ``content`` its newest version: in general, and channel by channel.
    What is planned close to it stands in nobody's way, and is not looked for."""
    own = {channel: slot.at for channel, slot in times.plan(session, item).own.items()}
    judgement = check.judge(
        installation,
        session,
        content,
        uid=item.uid,
        item=item.id,
        publish_at=item.publish_at,
        own=own,
        around=around,
        near=False,
    )
    if item.corrects_id:
        _judge_correction(installation, session, item.corrects_id, content, judgement)
    return judgement


def _judge_correction(
    installation: Installation, session: Session, original: int, content: Content, judgement: check.Judgement
) -> None:
    """What stops a correction, and what it does on each network: the post there is changed, or it is a new one."""
    edits = 0
    lists = addressees.reached_channels(session, original)
    for checked in judgement.checked:
        platform = installation.platform(checked.platform)
        if platform.own_page or platform.independent_parts:
            edits += checked.channel in lists
            continue
        standing = versions.out_there(session, original, checked.channel) if "edit" in platform.can else {}
        if not standing:
            words = N_("%(name)s cannot change what is out: this becomes a new post there.")
            checked.notes.append(Message(words, {"name": checked.name}))
            continue
        edits += 1
        words = N_("What is out on %(name)s is changed: no new post is made.")
        checked.notes.append(Message(words, {"name": checked.name}))
        view = for_channel(content, checked.channel, "", judgement.files)
        roles = [part.role for part in platform.parts(view)]
        if roles[: len(standing)] != [role for _name, role in standing.values()]:
            words = N_(
                "What is out there has %(before)s parts, and this has %(now)s. A thread can be changed and made "
                "longer, but not shorter: write at least as many parts, or take it down and publish it anew."
            )
            checked.problems.append(block("text", words, before=len(standing), now=len(roles)))
    if not _goes_to_its_place(session, original, content, bool(edits)):
        words = N_("A correction goes to the pages where the text stands, and to no other page of your own.")
        judgement.general.append(block("channels", words))


def problems(installation: Installation, session: Session, item: Item) -> tuple[list[Problem], list[check.Checked]]:
    """:func:`judge` of the item as it is saved."""
    judgement = judge(installation, session, item, current(session, item).parsed())
    return judgement.general, judgement.checked


def _goes_to_its_place(session: Session, original: int, content: Content, edits: bool) -> bool:
    """Whether a correction goes to pages of ours on which what it corrects stands, and to no other: there it would take
    the place of nothing, and nobody would see it. Where it stands on none of them, it ``edits`` a network at least."""
    stood = select(Channel.id, Channel.platform).join(Delivery, Delivery.channel_id == Channel.id)
    out = stood.where(Delivery.item_id == original, Delivery.state == "published")
    chosen = select(Channel.id, Channel.platform).where(
        Channel.id.in_([channel.channel for channel in content.channels])
    )
    down = select(Takedown.id).where(Takedown.item_id == original, Takedown.ended_at.is_(None)).limit(1)
    standing, wanted = (_own_pages(session.execute(rows).all()) for rows in (out, chosen))
    if session.scalar(down) is not None:
        standing = set()
    return wanted <= standing and bool(wanted or (edits and not standing))


def _own_pages(channels: Iterable[tuple[int, str]]) -> set[str | int]:
    """The pages of ours that channels (id, platform) lead to: the one newsroom, each wall."""
    pages = dict.fromkeys(shown_in("room"), "room") | dict.fromkeys(shown_in("wall"), "")
    return {pages[key] or number for number, key in channels if key in pages}
