"""The tasks of a channel that a person posts to: what is to be posted, and the word that it is done, or that it is not.

The gate is asked when the text is shown and again when it is confirmed: what is handed out is exactly what an approval
stands for at that moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from commsched.core.content.model import ENDINGS, parse
from commsched.core.delivery.gate import Go, Hold, Wait, judge
from commsched.core.delivery.lifecycle import REASONS
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.clean import one_line, passage
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_, Conflict, Invalid, Message, NotFound
from commsched.platforms import by_person_keys
from commsched.platforms.by_hand import PLACES, Place, place_of
from commsched.services.content import items
from commsched.services.deliver import part_decisions, snapshots
from commsched.services.deliver.admission import Admission
from commsched.services.deliver.batch import Batch
from commsched.services.deliver.recipients import RecipientRows
from commsched.services.deliver.snapshots import DeliverySnapshot
from commsched.services.deliver.types import Job
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.blobs import File, key_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.mailing.states import RelayStates
from commsched.services.workflow import resolve, schedule
from commsched.store.models import Channel, Delivery, Item

MOST_LINK = 1000
MOST_WHY = 300


class Task(msgspec.Struct, frozen=True):
    """One thing for a person to post. ``part`` is only there while it may go out."""

    delivery: Delivery
    item: Item
    channel: Channel
    place: Place
    hash: str
    """Of exactly what is shown."""
    part: Part | None
    stopped: Message | None
    """Why it may not be posted now; nothing where it may."""
    open: bool
    """Whether it waits for somebody's word."""
    by: str = ""
    """Who has confirmed it."""

    @property
    def text(self) -> str:
        """What is copied. What is a thread elsewhere is one text of several paragraphs where a place has none."""
        words = self.part.text if self.part else ""
        return words if self.place is PLACES["other"] else "\n\n".join(split_thread(words))

    @property
    def files(self) -> tuple[AttachmentFile, ...]:
        return (*self.part.pictures, *self.part.other_files) if self.part else ()


def read(installation: Installation, actor: Actor, delivery_id: int) -> Task:
    """The task. Raises :class:`NotFound` for a delivery that no person posts, or that this one may not see."""
    actor.require("resolve")
    with installation.store.read(actor.workspace) as session:
        return _read(installation, session, delivery_id)


def _read(installation: Installation, session: Session, delivery_id: int, lock: bool = False) -> Task:
    delivery = resolve.load(session, delivery_id, lock=lock)
    item = items.load(session, delivery.item_id)
    channel = session.get_one(Channel, delivery.channel_id)
    if channel.platform not in by_person_keys():
        raise NotFound(N_("There is no task like that."))
    gate = _Gate(installation, session.connection(), delivery.id)
    waits = delivery.state == "waiting" and part_decisions.was_handed_out(session, delivery.id)
    stopped = gate.stopped() if waits else _ended(delivery)
    part = gate.part() if stopped is None else None
    by = part_decisions.posted_by(session, delivery.id) if delivery.state == "published" else ""
    return Task(delivery, item, channel, place_of(channel.settings), gate.row.hash, part, stopped, waits, by)


def _ended(delivery: Delivery) -> Message:
    if delivery.state == "published":
        return Message(N_("It is posted and confirmed."))
    if delivery.state == "waiting" and not delivery.reason:
        return Message(N_("Its time has not come yet."))
    if delivery.state == "waiting":
        return Message(N_("It is being written down as posted."))
    return Message(REASONS.get(delivery.reason) or N_("It is not to be posted."))


class _Gate:
    """The publisher's own gate, asked of one delivery within a transaction."""

    def __init__(self, installation: Installation, connection: Connection, delivery: int) -> None:
        now = installation.now()
        self.now, self.installation = now, installation
        self.loaded = snapshots.load(connection, [delivery])
        self.row: DeliverySnapshot = self.loaded.rows[delivery]
        rows = RecipientRows(installation, connection, now, Batch())
        relays = RelayStates(connection, now)
        self.admission = Admission(installation, _no_context, "", now, self.loaded, Batch(), frozenset(), rows, relays)
        self.job = Job(self.row.id, self.row.channel_id)

    def stopped(self) -> Message | None:
        """Why it may not go out now; ``None`` where it may."""
        verdict = judge(self.admission.gate_input(self.job, self.row, parse(self.row.content)), self.now)
        match verdict:
            case Go():
                return None
            case Hold(reason=reason):
                return Message(REASONS.get(reason, REASONS["internal"]))
            case Wait():
                return Message(N_("Its time has not come yet."))

    def part(self) -> Part:
        """What is to be posted."""
        view = self.admission.view(self.job, self.row, parse(self.row.content))
        return self.installation.platform(self.row.platform).parts(view)[0]


def _no_context(row: DeliverySnapshot) -> ChannelContext:
    return _never()


def _never() -> NoReturn:
    raise AssertionError("nothing is called while a task is read")


def file_of(installation: Installation, actor: Actor, delivery_id: int, number: int) -> tuple[File, AttachmentFile]:
    """One of the task's files, while it may be posted. Raises :class:`NotFound`."""
    files = read(installation, actor, delivery_id).files
    if not 0 <= number < len(files):
        raise NotFound(N_("There is no such file."))
    file = files[number]
    return File(installation.blobs, key_of(file.sha256, ENDINGS.get(file.mime, ""))), file


def confirm(installation: Installation, actor: Actor, delivery_id: int, seen: str, link: str) -> None:
    """Somebody has posted it, at ``link`` if it has an address; ``seen`` is the hash of what their page showed.

    Raises :class:`Conflict` where what they saw may not go out (any more): an approval that was taken back, another
    version, a pause, the latest time.
    """
    actor.require("resolve")
    link = one_line(link)
    if link and not link.startswith(("https://", "http://")):
        raise Invalid(N_("The address must begin with https://."), "link")
    if len(link) > MOST_LINK:
        raise Invalid(N_("At most %(most)s characters."), "link", most=MOST_LINK)
    with installation.store.write(actor.workspace) as session:
        task = _read(installation, session, delivery_id, lock=True)
        _refuse_stopped(task, seen)
        part_decisions.was_posted_by_hand(session, delivery_id, actor.name, link)
        task.delivery.next_at, task.delivery.reason = installation.now(), ""
        facts = {"delivery": delivery_id, "channel": task.channel.name, "url": link[:300]}
        note(session, installation, actor, "delivery.posted_by_hand", task.item.id, **facts)
    installation.wake()


def _refuse_stopped(task: Task, seen: str) -> None:
    if task.stopped is not None:
        raise Conflict(task.stopped.message)
    if seen != task.hash:
        raise Conflict(N_("It has been changed since the page was opened. What is to be posted now stands below."))


def refuse(installation: Installation, actor: Actor, delivery_id: int, why: str) -> None:
    """Somebody says that it was not posted: it is held, for a person to decide what becomes of it."""
    actor.require("resolve")
    why = passage(why)
    if len(why) > MOST_WHY:
        raise Invalid(N_("At most %(most)s characters."), "why", most=MOST_WHY)
    with installation.store.write(actor.workspace) as session:
        task = _read(installation, session, delivery_id, lock=True)
        if not task.open:
            raise Conflict(N_("This task does not wait for an answer any more."))
        part_decisions.was_not_posted(session, delivery_id)
        row = task.delivery
        row.state, row.next_at, row.reason, row.detail = "held", None, "undone", why
        session.flush()
        schedule.refresh(session, task.item)
        facts = {"delivery": delivery_id, "channel": task.channel.name, "why": why}
        note(session, installation, actor, "delivery.not_posted", task.item.id, **facts)


class OpenTask(msgspec.Struct, frozen=True):
    """A task on the first page."""

    delivery: int
    item: int
    title: str
    channel: str
    latest: datetime


def open_tasks(session: Session, channels: list[int], most: int) -> list[OpenTask]:
    """What waits for somebody to post it, what must be done first on top. ``channels`` are those that people post
    to."""
    rows = session.execute(
        select(Delivery.id, Delivery.item_id, Item.title, Channel.name, Delivery.latest_at)
        .join(Item, Item.id == Delivery.item_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.channel_id.in_(channels), Delivery.state == "waiting", Delivery.reason == "by_hand")
        .order_by(Delivery.latest_at, Delivery.id)
        .limit(most)
    )
    return [OpenTask(*row) for row in rows]
