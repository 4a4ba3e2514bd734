"""What the API gives, as structs: the same ones that are written and described in OpenAPI.

Every time in an answer is RFC 3339 in UTC with a ``Z``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from commsched.core.content.draft import SourceIn
from commsched.core.content.model import Content
from commsched.core.delivery.lifecycle import DeliveryState, ItemState
from commsched.core.text import languages
from commsched.core.text.json_values import JsonObject
from commsched.services.upkeep.removals import State as RemovalState

Outcome = Literal["published", "retry", "rejected", "unknown", "absent"]
if TYPE_CHECKING:
    Language = str
else:
    Language = Literal[("", *languages.codes())]
"""One of the languages there are, or nothing."""
Hash = Annotated[str, msgspec.Meta(description="SHA-256 in hex of exactly what a reader would see")]


class PersonOut(msgspec.Struct):
    id: int
    name: str


class RevisionOut(msgspec.Struct):
    number: int
    hash: Hash
    content: Content
    """The very bytes that the hash covers: canonical JSON, fields that say nothing left out."""
    author: PersonOut | None
    created_at: datetime


class ApprovalOut(msgspec.Struct):
    id: int
    verdict: Literal["approve", "changes", "bypass", "release", "withdraw", "accept", "lapse", "undo"]
    hash: Hash
    person: PersonOut | None
    in_place_of: PersonOut | None
    step: int
    comment: str
    at: datetime
    window_start: datetime | None
    window_end: datetime | None
    via: str


class ProblemOut(msgspec.Struct):
    level: Literal["block", "warn"]
    field: str
    message: str
    channel: int | None = None


class AttemptOut(msgspec.Struct):
    part: int
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome | None
    """Null while it is under way."""
    detail: str


class PartsOut(msgspec.Struct):
    """Posts of a thread, or recipients of a list."""

    out: int
    under_way: int
    """Being sent, or lost on the way."""
    of: int
    missed: list[int]
    """Numbers of those that did not go out, of a delivery that stopped."""


class DeliveryOut(msgspec.Struct):
    id: int
    uid: str
    item: int
    channel: int
    state: DeliveryState
    due_at: datetime
    latest_at: datetime
    next_at: datetime | None
    published_at: datetime | None
    url: str
    reason: str
    """A code: ``late``, ``paused``, ``ask``, ``rejected``, ``token`` …"""
    reason_text: str
    detail: str
    unknown_parts: list[int]
    """Numbers of the parts (recipients of a list) that nobody knows the fate of, as in ``attempts``."""
    stopped: Literal["", "cancelled", "dropped"]
    """A person's word that nothing more of it goes out, also while a call is under way."""
    parts: PartsOut | None
    """How much of it is out, where it has more than one part."""
    attempts: list[AttemptOut]


class CommentOut(msgspec.Struct):
    id: int
    person: PersonOut | None
    body: str
    revision: int
    at: datetime
    quote: str = ""
    """The words that it is about, as they stood in that revision."""


class RevisionRef(msgspec.Struct):
    number: int
    hash: Hash


class ChannelTimeOut(msgspec.Struct):
    """When an item goes out in one channel, as planned; its delivery says what came of it."""

    channel: int
    publish_at: datetime
    latest_at: datetime
    wall_time: str
    own: bool
    """Whether it is the channel's own time, and not the item's."""


class ItemLine(msgspec.Struct):
    """An item in a list."""

    id: int
    uid: str
    kind: Literal["post", "release", "letter"]
    title: str
    state: ItemState
    reason: str
    publish_at: datetime | None
    when_approved: bool
    latest_at: datetime | None
    wall_time: str
    zone: str
    author: PersonOut | None
    channels: list[int]
    channel_times: list[ChannelTimeOut]
    revision: RevisionRef
    created_at: datetime
    updated_at: datetime


class RemovalOut(msgspec.Struct):
    channel: int
    part: int
    state: RemovalState
    """``by_hand``: somebody must take it down there; ``confirmed``: somebody has."""
    url: str
    detail: str


class ItemOut(msgspec.Struct):
    id: int
    uid: str
    kind: Literal["post", "release", "letter"]
    title: str
    state: ItemState
    reason: str
    reason_text: str
    publish_at: datetime | None
    when_approved: bool
    latest_at: datetime | None
    wall_time: str
    """What the clock of ``zone`` shows at ``publish_at``."""
    zone: str
    channel_times: list[ChannelTimeOut]
    author: PersonOut | None
    created_at: datetime
    updated_at: datetime
    stamp: str
    """Changes with every save, also of the time alone. In If-Match instead of the revision's hash, it keeps a change
    of the time from undoing somebody else's."""
    revision: RevisionOut
    sources: list[SourceIn]
    approvals: list[ApprovalOut]
    """The decisions that stand for the content as it is now."""
    decisions: list[ApprovalOut]
    """Every decision ever made on the item, of whatever version."""
    problems: list[ProblemOut]
    deliveries: list[DeliveryOut]
    comments: list[CommentOut]
    corrects: int | None = None
    """The id of the item that it corrects, where it is a correction."""
    taken_down: str | None = None
    """Why it was taken down, where it is."""
    removals: list[RemovalOut] = []
    """What is taken down, or is to be, on networks, part by part."""


class CheckOut(msgspec.Struct):
    channel: int
    name: str
    platform: str
    count: int
    limit: int | None
    cost: float
    problems: list[ProblemOut]
    notes: list[str] = []
    """What is done to the pictures for this channel: cropped, or made smaller."""


class VideoOut(msgspec.Struct):
    """A video of the library: what ``attachments`` of an item names by its id."""

    id: int
    sha256: str
    mime: str
    width: int
    height: int
    duration: int
    """Milliseconds."""
    size: int
    name: str
    poster: int | None
    """The id of the picture that stands for it."""


class MediaOut(msgspec.Struct):
    id: int
    sha256: str
    width: int
    height: int
    mime: str
    size: int
    alt: str
    credit: str
    url: str
    had_location: bool = False
    """The file told where it was taken; that has been removed."""
    had_motion: bool = False
    """The file was an animation of a kind of which only the first picture is kept; a GIF keeps moving."""
    again: bool = False
    """The office had this very picture already, and it is the one told of here."""
    like: list[int] = []
    """Other pictures that show nearly the same, the nearest first, where this one is new."""


class DesignFieldOut(msgspec.Struct):
    name: str
    kind: str
    label: dict[str, str]
    limit: int
    """Characters as a reader sees them."""
    rows: int
    required: bool


class DesignOut(msgspec.Struct):
    name: str
    title: dict[str, str]
    about: dict[str, str]
    fields: list[DesignFieldOut]
    sizes: list[str]


class LimitsOut(msgspec.Struct):
    characters: int | None
    pictures: int
    alt_characters: int | None
    needs_picture: bool


class ChannelOut(msgspec.Struct):
    id: int
    platform: str
    name: str
    account: str
    account_name: str
    account_url: str
    state: Literal["ok", "broken", "archived"]
    trouble: str
    token_expires_at: datetime | None
    checked_at: datetime | None
    limits: LimitsOut


class WorkspaceOut(msgspec.Struct):
    id: int
    slug: str
    name: str
    zone: str
    language: str
    latest_minutes: int
    paused: bool
    paused_at: datetime | None
    paused_by: str
    pause_reason: str
    heartbeat: datetime | None
    """When the scheduler's clock last ticked."""
    person: PersonOut
    role: str


class ResumedOut(msgspec.Struct):
    paused: bool
    held: int
    """Deliveries that fell due meanwhile and now wait for a person's choice."""
    workspace: WorkspaceOut


class EntryOut(msgspec.Struct):
    id: int
    at: datetime
    actor: str
    actor_id: int | None
    action: str
    item: int | None
    facts: JsonObject
    hash: str
    previous: str


class ProblemDocument(msgspec.Struct, omit_defaults=True):
    """RFC 9457. ``field`` names what in the request is wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str = ""
    field: str = ""
    problems: list[ProblemOut] = []
    choices: list[datetime] = []
    """The moments that a wall time may mean, when it falls in the gap or the fold of a clock change."""
    current: str = ""
    """The hash of the revision that stands, when the one named is no longer it."""
