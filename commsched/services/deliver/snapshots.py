"""Reading the outbox in batches: many channels' deliveries, with their parts and decisions, in one statement each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import BindParameter, Connection, and_, bindparam, func, literal_column, or_, select

from commsched.core.approval.rules import CastDecision
from commsched.core.content.model import parse
from commsched.services.contacts.addressees import Mailing
from commsched.services.kernel.superseded import superseded
from commsched.store.fast import FastSelect
from commsched.store.models import (
    Attempt,
    Base,
    Channel,
    Decision,
    Delivery,
    Item,
    Media,
    Part,
    PictureSource,
    RemoteComment,
    Revision,
    Workspace,
)
from commsched.store.types import from_micros

_answered = Base.metadata.tables[RemoteComment.__tablename__].alias()
_ids: BindParameter[int] = bindparam("ids", expanding=True)
_case = FastSelect(
    select(
        Delivery.id,
        Delivery.uid,
        Delivery.state,
        Delivery.due_at,
        Delivery.latest_at,
        Delivery.next_at,
        Delivery.tries,
        Delivery.item_id,
        Delivery.revision_id,
        Delivery.channel_id,
        Delivery.workspace_id,
        Item.uid.label("item_uid"),
        Item.state.label("item_state"),
        Item.policy,
        Item.revision_id.label("newest"),
        Revision.content,
        Revision.hash,
        Channel.platform,
        Channel.settings,
        Channel.secrets,
        Channel.list_digest,
        Channel.facts,
        Channel.state.label("channel_state"),
        Channel.not_before,
        Channel.account,
        Channel.account_name,
        Channel.name.label("channel_name"),
        Workspace.slug.label("workspace"),
        Workspace.paused_at,
        Workspace.language,
        Workspace.zone,
        Workspace.name.label("office_name"),
        Workspace.is_demo,
        Delivery.stop,
        Delivery.doubt_since,
        Delivery.was,
        Delivery.was_reason,
        superseded.label("superseded"),
        Item.corrects_id,
        select(_answered.c.id).where(_answered.c.answer_item_id == Item.id).correlate(Item).scalar_subquery(),
        Item.follows_id,
    )
    .join(Item, Item.id == Delivery.item_id)
    .join(Revision, Revision.id == Delivery.revision_id)
    .join(Channel, Channel.id == Delivery.channel_id)
    .join(Workspace, Workspace.id == Delivery.workspace_id)
    .where(Delivery.id.in_(_ids))
)
_decisions = FastSelect(
    select(
        Decision.item_id,
        Decision.hash,
        Decision.verdict,
        Decision.person_id,
        Decision.in_place_of,
        Decision.at,
        Decision.step,
        Decision.window_start,
        Decision.window_end,
    )
    .where(Decision.item_id.in_(_ids))
    .order_by(Decision.id)
)
_parts = FastSelect(
    select(
        Part.delivery_id,
        Part.number,
        Part.key,
        Part.role,
        Part.state,
        Part.recipient,
        Part.message_id,
        Part.handles,
        Part.remote_id,
        Part.url,
        Part.tries,
        Part.next_at,
        Part.detail,
        Part.was,
        Part.blind,
        Part.edits,
        Part.language,
        Part.corrects,
        Part.basis,
    )
    .where(Part.delivery_id.in_(_ids))
    .order_by(Part.delivery_id, Part.number)
)
_unverified = FastSelect(
    select(Attempt.delivery_id, Attempt.part, func.min(Attempt.started_at).label("since"))
    .where(Attempt.delivery_id.in_(_ids), Attempt.outcome == literal_column("'unknown'"))
    .group_by(Attempt.delivery_id, Attempt.part)
)
# aliases of tables: one of a class would have all classes configured at import
_photo = Base.metadata.tables[Media.__tablename__].alias()
_behind = (
    select(func.min(_photo.c.consent_ends))
    .join(PictureSource, PictureSource.source_id == _photo.c.id)
    .where(PictureSource.media_id == Media.id)
    .correlate(Media)
    .scalar_subquery()
)
_shown = FastSelect(select(Media.workspace_id, Media.sha256, Media.consent_ends, _behind).where(Media.sha256.in_(_ids)))


def moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


class DeliverySnapshot(msgspec.Struct):
    """A delivery with its item, revision, channel and workspace, as the driver read them (moments in microseconds,
    JSON as text): what is needed is converted when it is needed."""

    id: int
    uid: str
    state: str
    due: int
    latest: int
    next: int | None
    tries: int
    item_id: int
    revision_id: int
    channel_id: int
    workspace_id: int
    item_uid: str
    item_state: str
    policy: str
    newest: int
    content: bytes
    hash: str
    platform: str
    settings: str
    secrets: str
    list_digest: str
    """Of a list, as it is now: who would get it."""
    facts: str
    channel_state: str
    resting: int | None
    account: str
    account_name: str
    channel_name: str
    workspace: str
    paused: int | None
    language: str
    zone: str
    office_name: str
    is_demo: int
    stop: str = ""
    """A person's word that nothing more of it goes out."""
    doubt_since: int | None = None
    was: str = ""
    was_reason: str = ""
    superseded: str = ""
    """Why what it says no longer stands: it was taken down, or corrected."""
    corrects: int | None = None
    """The item that it is a correction of."""
    answered: int | None = None
    """The comment on a network that it is the answer to."""
    follows: int | None = None
    """The item that it sends once more, to those who have not got it."""

    @property
    def mailing(self) -> Mailing:
        return Mailing(self.item_id, self.follows, self.corrects)


class PartSnapshot(msgspec.Struct, gc=False):
    """A part as this transaction knows it: what is stored, and what has just been decided about it."""

    delivery_id: int
    number: int
    key: str
    role: str = "post"
    state: str = "waiting"
    recipient: str = ""
    message_id: str = ""
    handles: dict[str, str] = msgspec.field(default_factory=dict)
    remote_id: str = ""
    url: str = ""
    tries: int = 0
    next_at: datetime | None = None
    detail: str = ""
    was: str = ""
    blind: str = ""
    """What finds its recipient in the list again."""
    edits: str = ""
    """The platform's id of what is out already, in whose place this part is put."""
    language: str = ""
    """Which language its recipient reads."""
    corrects: str = ""
    """Of a mail: the ``message_id`` of the one that it corrects for its recipient."""
    basis: str = ""
    """Why its recipient may be written to."""
    reason: str = ""
    id: int = 0
    """What the store knows it by; read of recipients only."""

    def set(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)


STORED: Final = tuple(name for name in PartSnapshot.__struct_fields__ if name not in ("reason", "id"))
"""What of a part snapshot is a column of the table."""
PartsByNumber = dict[int, PartSnapshot]
"""The parts of a delivery by their numbers."""


class Snapshots(msgspec.Struct):
    """Everything in the store about a batch of deliveries."""

    rows: dict[int, DeliverySnapshot]
    decisions: dict[int, list[CastDecision]]
    parts: dict[int, PartsByNumber]
    """By delivery. Of a list's recipients there are those alone that the batch is about."""
    unverified: dict[tuple[int, int], datetime]
    """Since when a part's fate is unknown: when the first attempt not accounted for was committed."""
    consents: dict[tuple[int, str], int] = msgspec.field(default_factory=dict)
    """When the first consent ends of those shown in a workspace's picture, or in what it was drawn from."""
    others: dict[int, frozenset[str]] = msgspec.field(default_factory=dict)
    """For a delivery that is read back: what else its account has published since."""


IsList = Callable[[str], bool]
"""Whether a platform's parts are recipients, by its key."""


def _no_list(_platform: str) -> bool:
    return False


Unchanged = dict[int, tuple[DeliverySnapshot, PartsByNumber]]
"""By delivery: what was read when an attempt at its only part was committed."""


def load(
    connection: Connection, deliveries: Sequence[int], unchanged: Unchanged | None = None, is_list: IsList = _no_list
) -> Snapshots:
    """Read a batch in at most five statements, a sixth where there are pictures in it, and one for each post that is to
    be read back.

    The recipients of a list (``is_list``, by platform) are not among them: there may be thousands, and one is called
    for at a time (:class:`commsched.services.deliver.recipients.RecipientRows`). ``unchanged`` are deliveries of which
    nothing that may have changed since they were read matters any more; they are not read again. An answer that has
    been in a failed transaction is never among them.
    """
    loaded = _load(connection, deliveries, is_list)
    for delivery, (row, parts) in (unchanged or {}).items():
        loaded.rows[delivery], loaded.parts[delivery] = row, parts
    return loaded


def _load(connection: Connection, deliveries: Sequence[int], is_list: IsList) -> Snapshots:
    ids = list(deliveries)
    rows = {row[0]: DeliverySnapshot(*row) for row in _case.all(connection, ids)}
    decisions: dict[int, list[CastDecision]] = defaultdict(list)
    for item, hashed, verdict, person, other, at, step, start, end in _decisions.all(
        connection, list({row.item_id for row in rows.values()})
    ):
        decisions[item].append(
            CastDecision(
                hash=hashed,
                verdict=verdict,
                person=other or person,
                by=person,
                at=from_micros(at),
                step=step,
                window_start=moment(start),
                window_end=moment(end),
            )
        )
    own = {number: row for number, row in rows.items() if not is_list(row.platform)}
    parts: dict[int, PartsByNumber] = defaultdict(dict)
    for raw in _parts.all(connection, list(own)):
        part = PartSnapshot(*raw)
        part.handles = msgspec.json.decode(raw[7]) if raw[7] != "{}" else {}
        part.next_at = moment(raw[11])
        parts[part.delivery_id][part.number] = part
    lost = _unverified.all(connection, [row.id for row in _unknown(own)])
    since = {(row[0], row[1]): from_micros(row[2]) for row in lost}
    siblings = {row.id: published_since(connection, row.channel_id, _first_loss(row, since)) for row in _unknown(own)}
    return Snapshots(rows, decisions, parts, since, _consents(connection, rows.values()), siblings)


def _unknown(rows: dict[int, DeliverySnapshot]) -> list[DeliverySnapshot]:
    return [row for row in rows.values() if row.state == "unknown"]


def _first_loss(row: DeliverySnapshot, lost: dict[tuple[int, int], datetime]) -> datetime:
    doubted = row.doubt_since if row.was and row.doubt_since is not None else row.due
    mine = [at for (delivery, _), at in lost.items() if delivery == row.id]
    return min(mine if row.was == "" and mine else [*mine, from_micros(doubted)])


def _consents(connection: Connection, rows: Iterable[DeliverySnapshot]) -> dict[tuple[int, str], int]:
    wanted: set[str] = set()
    for row in rows:
        if b'"pictures":[' in row.content:
            with suppress(msgspec.MsgspecError):  # content that cannot be read is held when it is considered
                wanted |= parse(row.content).stills()
    ends: dict[tuple[int, str], list[int]] = {}
    for workspace, sha256, own, source in _shown.all(connection, sorted(wanted)):
        ends[workspace, sha256] = [moment for moment in (own, source) if moment is not None]
    return {key: min(moments) for key, moments in ends.items() if moments}


def answered_by(connection: Connection, comment: int | None, channel: int) -> tuple[str, str, str] | None:
    """The network's id of a comment on ``channel``, of what it is written under, and its handle; ``None`` where its
    words and its id have been forgotten."""
    wanted = select(_answered.c.remote_id, _answered.c.answers, _answered.c.handle)
    known = wanted.where(_answered.c.id == comment, _answered.c.channel_id == channel, _answered.c.erased_at.is_(None))
    row = connection.execute(known).first()
    return (row[0], row[1], row[2]) if row is not None else None


MARGIN: Final = timedelta(hours=1)
"""How long before the lost call the reading may reach, for clocks that differ."""

_mine: Final = Channel.__table__.alias()  # an alias of the class would have all classes configured at import
_SAME_ACCOUNT: Final = and_(
    _mine.c.platform == Channel.platform, _mine.c.account == Channel.account, _mine.c.account_url == Channel.account_url
)


def published_since(connection: Connection, channel: int, since: datetime) -> frozenset[str]:
    """The ids and addresses of what ``channel``'s account has published since ``since``, also through another channel
    or another office: a server knows one account, whoever writes in its name."""
    rows = connection.execute(
        select(Part.remote_id, Part.url)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(_mine, _SAME_ACCOUNT)
        .where(_mine.c.id == channel, Part.finished_at >= since - MARGIN, Part.role != "recipient")
        .where(or_(Part.remote_id != "", Part.url != ""))
    )
    return frozenset(name for row in rows for name in row if name)
