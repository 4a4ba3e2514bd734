"""What a person or a client hands in: one model for the composer, the API and imports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from commsched.core.content.model import MAX_TEXT, Genre, Kind
from commsched.core.media.crops import Crop
from commsched.core.media.documents import MOST, TITLE
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import Moment, read_time

Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
"""A whole text: the item's own, or one channel's."""
Passage = Annotated[str, msgspec.Meta(max_length=20_000)]
"""Some paragraphs: a facts box, a comment, what somebody wants changed."""
Short = Annotated[str, msgspec.Meta(max_length=5_000)]
"""A paragraph or two: a quotation, a short version, a first comment."""
MOST_NOTE: Final = 2_000
Note = Annotated[str, msgspec.Meta(max_length=MOST_NOTE)]
"""A few sentences: a lead, a press contact, an alt text."""
Line = Annotated[str, msgspec.Meta(max_length=500)]
Address = Annotated[str, msgspec.Meta(max_length=2000)]
Language = Annotated[str, msgspec.Meta(max_length=35, pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
MOST_CHANNELS: Final = 200


class VariantIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the item differs on one channel."""

    text: Text | None = None
    options: Annotated[dict[Line, Short], msgspec.Meta(max_length=50)] = {}
    crop: Crop = ""
    """The shape of its pictures there; empty is the whole picture."""


class PictureIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A picture from the library, with its alt text for this item."""

    id: int
    alt: Note | None = None
    caption: Note = ""
    """What readers of a release see below it, beside who took it."""


class CaptionsIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is said in a video, as WebVTT or SRT."""

    text: Text
    language: Language = "sv"


class AttachmentIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes with the words beside the pictures: a video of the library."""

    kind: Literal["video"] = "video"
    id: int
    alt: Note | None = None
    """What it shows, for those who do not see it; without it, as its poster is described."""
    captions: Annotated[list[CaptionsIn], msgspec.Meta(max_length=10)] = []
    burn: bool = False
    """Whether they are written into the pictures where a network takes no file of captions."""


class DocumentIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A document that was handed in (POST /documents), and what readers see it called."""

    id: int
    title: Annotated[str, msgspec.Meta(max_length=TITLE)] = ""
    """Without it, after its file."""


class QuoteIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody's words in a release, and who said them."""

    text: Short
    person: Line = ""
    role: Line = ""


class ContactIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody whom the press may call about a release."""

    name: Line = ""
    role: Line = ""
    phone: Line = ""
    email: Line = ""
    hours: Line = ""
    """When they are reached."""


class EventIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a press invitation is to. Times as those of the item; an offset answers which of two equal wall times is
    meant."""

    starts: Line = ""
    ends: Line = ""
    zone: Line = ""
    """The clock that people read its times on; without it the office's."""
    place: Line = ""
    address: Line = ""
    people: Passage = ""
    """Who takes part and can be interviewed, one person a line."""
    reply_by: Line = ""
    reply_to: Line = ""
    """The e-mail address that newsrooms answer to."""
    called_off: bool = False
    """It does not take place. A correction alone says so; it takes the entry out of its readers' calendars."""


class VersionIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The same release in another language."""

    language: Language
    title: Line = ""
    lead: Note = ""
    text: Text = ""
    short: Short = ""
    facts: Passage = ""
    about: Short = ""
    quotes: Annotated[list[QuoteIn], msgspec.Meta(max_length=20)] = []


class ChannelIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A channel, and the time that it goes out at where that is not the item's."""

    id: int
    publish_at: Line | None = None
    fold: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    latest_at: Line | None = None
    """Without it, as long after its time as the item's latest is after the item's."""


class SourceIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a claim rests on (underlag). The approver sees it; no reader does."""

    text: Short = ""
    url: Address = ""


class DraftIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An item as handed in. Times are RFC 3339 with an offset, or wall time in the workspace's zone."""

    kind: Kind = "post"
    title: Line = ""
    text: Text = ""
    lead: Note = ""
    genre: Genre = "pressmeddelande"
    short: Short = ""
    facts: Passage = ""
    quotes: Annotated[list[QuoteIn], msgspec.Meta(max_length=20)] = []
    contact: Note = ""
    """Press contacts as running text; :attr:`contacts` has them as rows."""
    contacts: Annotated[list[ContactIn], msgspec.Meta(max_length=20)] = []
    about: Short = ""
    """What the office says of itself below it."""
    event: EventIn | None = None
    """Of a ``pressinbjudan`` only."""
    event_aside: EventIn | None = None
    """What was written of an event while the genre is another: it is kept and sent to nobody. It is the event again
    once the genre is ``pressinbjudan``."""
    versions: Annotated[list[VersionIn], msgspec.Meta(max_length=10)] = []
    """The same in other languages."""
    link: Address = ""
    language: Language = "sv"
    channels: Annotated[list[int | ChannelIn], msgspec.Meta(max_length=MOST_CHANNELS)] = []
    """Ids; an object for a channel that has a time of its own."""
    variants: Annotated[dict[str, VariantIn], msgspec.Meta(max_length=MOST_CHANNELS)] = {}
    media: Annotated[list[int | PictureIn], msgspec.Meta(max_length=20)] = []
    """Its pictures, in order."""
    attachments: Annotated[
        list[AttachmentIn],
        msgspec.Meta(
            max_length=20,
            description="What goes with it after the pictures: videos by their ids in GET /videos. In a revision's "
            "content they stand among the pictures, with their kind.",
        ),
    ] = []
    """What goes with it after the pictures."""
    documents: Annotated[
        list[int | DocumentIn],
        msgspec.Meta(
            max_length=MOST,
            description="Documents that go with it, in order, by the ids that POST /documents answers with. In a "
            "revision's content they stand among the pictures, with their kind, title and size.",
        ),
    ] = []
    """Documents that go with it, in order."""
    sources: Annotated[list[SourceIn], msgspec.Meta(max_length=50)] = []
    publish_at: Line | None = None
    fold: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    """The answer, when the wall time comes twice: 0 is the first, 1 the second."""
    latest_at: Line | None = None
    when_approved: bool = False
    """It goes out as soon as it is approved, and has no time before that."""
    embargo: Line | None = None
    correction: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    """What a correction corrects, as readers are told. Empty for everything else."""
    confidants: Annotated[list[int], msgspec.Meta(max_length=500)] | None = None
    """Ids of the people who alone see it until it is published, beside its writer. Without it, as it was."""

    @property
    def attached(self) -> list[DocumentIn]:
        """Its documents, each once."""
        wanted = [each if isinstance(each, DocumentIn) else DocumentIn(id=each) for each in self.documents]
        return list({each.id: each for each in wanted}.values())

    @property
    def channel_ids(self) -> list[int]:
        return [channel.id if isinstance(channel, ChannelIn) else channel for channel in self.channels]


ONE_OF_BOTH: Final = N_("Choose either a time, or that it goes out as soon as it is approved.")


class OwnTime(msgspec.Struct, frozen=True):
    """A channel's own time."""

    publish: Moment
    latest: datetime | None = None
    """In UTC; ``None`` where it follows from the item's."""


class Times(msgspec.Struct, frozen=True):
    """The times of a draft, parsed. They are handed on, so that a request parses each of them once."""

    publish: Moment | None = None
    latest: datetime | None = None
    """In UTC; ``None`` where the office's own rule decides, and where there is no time to be late for."""
    embargo: datetime | None = None
    """In UTC."""
    own: Mapping[int, OwnTime] = {}
    """By channel, where it has a time of its own."""
    when_approved: bool = False
    """It goes out as soon as it is approved: there is no time, and no channel has one of its own."""

    @property
    def own_moments(self) -> dict[int, datetime]:
        return {channel: time.publish.at for channel, time in self.own.items()}


def times_of(draft: DraftIn, zone: str) -> Times:
    """The times of ``draft`` in an office whose clocks go by ``zone``. Raises :class:`Invalid`, ``Gap`` and ``Fold`` as
    :func:`commsched.core.timing.wall_time.read_time`, by the field.

    A draft that has no time, but whose channels have, is planned for the first of these.
    """
    publish = read_time(draft.publish_at, zone, draft.fold) if draft.publish_at else None
    has_time = publish is not None or draft.when_approved
    latest = read_time(draft.latest_at, zone, field="latest_at").at if draft.latest_at and has_time else None
    embargo = read_time(draft.embargo, zone, field="embargo").at if draft.embargo else None
    own = _own_times(draft, zone)
    if draft.when_approved and (publish is not None or own):
        raise Invalid(ONE_OF_BOTH, "publish_at")
    if publish is None and own:
        publish = min((time.publish for time in own.values()), key=lambda moment: moment.at)
    return Times(publish, latest, embargo, own, draft.when_approved)


def own_field(channel: int, name: str) -> str:
    """What a channel's own ``publish_at`` or ``latest_at`` is called in an error."""
    return f"channels.{channel}.{name}"


def _own_times(draft: DraftIn, zone: str) -> dict[int, OwnTime]:
    own: dict[int, OwnTime] = {}
    for channel in draft.channels:
        if not isinstance(channel, ChannelIn):
            continue
        field = own_field(channel.id, "latest_at")
        if channel.publish_at is None:
            if channel.latest_at is not None:
                raise Invalid(N_("A channel's latest time needs a time of its own."), field)
            continue
        moment = read_time(channel.publish_at, zone, channel.fold, own_field(channel.id, "publish_at"))
        latest = read_time(channel.latest_at, zone, field=field).at if channel.latest_at else None
        if latest is not None and latest < moment.at:
            raise Invalid(N_("The latest time is before the time itself."), field)
        if own.get(channel.id, time := OwnTime(moment, latest)) != time:
            raise Invalid(N_("A channel is there twice, with different times."), field)
        own[channel.id] = time
    return own
