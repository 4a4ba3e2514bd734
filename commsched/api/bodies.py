"""What the API takes, as structs: what a client sends in, read and checked by them and described in OpenAPI."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from commsched.api.schemas import Hash, Language
from commsched.core.content.draft import MOST_CHANNELS, Address, Line, Note, Passage, Short
from commsched.core.timing.again import MOST_DAYS


class In(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a client sends. A field that nobody knows is refused by name, so that a typing error is not lost."""


class Nothing(In):
    """Nothing is needed."""


class SubmitIn(In):
    schedule: bool = False
    """Schedule by itself as soon as the last yes is in."""
    accepting: Hash | None = None
    """The hash of the version in which you take on what others wrote, so that they may approve it."""


class ApproveIn(In):
    hash: Hash
    comment: Passage = ""
    until: Line | None = None
    """How long the yes lasts; without it, the office's own window around the planned time."""


class AcceptIn(In):
    hash: Hash


class ChangesIn(In):
    hash: Hash
    comment: Passage


class ScheduleIn(In):
    publish_at: Line | None = None
    latest_at: Line | None = None
    fold: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None


class MoveIn(In):
    publish_at: Line
    fold: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    ask_again: bool = False
    """Send it for approval anew where the approval does not cover the new time."""
    channels: Annotated[list[int], msgspec.Meta(min_length=1, max_length=MOST_CHANNELS)] | None = None
    """These channels alone, which get a time of their own; the others stay. Without it all are moved, and a channel
    with a time of its own keeps its distance on the clock."""


class DuplicateIn(In):
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)] | None = None
    """So many days after the original, at the same time of day; where that has passed, some weeks later still."""
    publish_at: Line | None = None
    """At this time instead. Without both, the copy has no time."""


class ReasonIn(In):
    reason: Note


class CommentIn(In):
    body: Passage
    """``@`` and a name of somebody in the office tells them."""
    quote: Note = ""
    """The words of the text that it is about, exactly as they stand there."""


class CardIn(In):
    design: Line
    values: Annotated[dict[Line, Short], msgspec.Meta(max_length=50)] = {}
    """What the fields say, by the names in ``GET /designs``."""
    pictures: dict[Line, int] = {}
    """Ids of pictures in the library, by field."""
    sizes: Annotated[list[Line], msgspec.Meta(max_length=10)] = []
    """Such as ``1080x1350``; none: ``1200x630``."""
    alt: Note = ""
    """Instead of the alt text that the design proposes."""
    language: Language = ""


class ResolveIn(In):
    answer: Literal["published", "not_published"] = msgspec.field(name="as")
    url: Address = ""
    parts: Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(max_length=20_000)] | None = None
    """Those of ``unknown_parts`` the answer is about: recipients of a list, one by one. Without it, all of them."""


class RetryIn(In):
    latest_minutes: Annotated[int, msgspec.Meta(ge=1, le=43200)] | None = None
    """How long from now it may still go out; without it, the office's own rule."""


class ResumeIn(In):
    missed: Literal["hold", "send"] = "hold"


class TakeDownIn(In):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    """What readers are told where it stood, if it is ``withdrawn``."""
    kind: Literal["withdrawn", "error", "moved"] = "withdrawn"
    """``error``: its address says nothing. ``moved``: its address leads to ``moved_to``."""
    moved_to: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    elsewhere: bool = True
    """Whether it is taken down on the networks too."""


class Upload(msgspec.Struct, kw_only=True):
    """``multipart/form-data``."""

    file: Annotated[bytes, msgspec.Meta(extra_json_schema={"format": "binary"})]
    alt: Note = ""
    credit: Line = ""
