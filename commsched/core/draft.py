"""What a person or a client hands in: one model for the composer, the API and imports."""

from __future__ import annotations

from typing import Annotated

import msgspec

from commsched.core.content import MAX_TEXT, Genre, Kind, Quote
from commsched.core.crops import Crop

Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
Address = Annotated[str, msgspec.Meta(max_length=2000)]


class VariantIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the item differs on one channel."""

    text: Text | None = None
    options: dict[Line, Text] = {}
    crop: Crop = ""
    """The shape of its pictures there; empty is the whole picture."""


class PictureIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A picture from the library, with its alt text for this item."""

    id: int
    alt: Text | None = None


class SourceIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a claim rests on (underlag). The approver sees it; no reader does."""

    text: Text = ""
    url: Address = ""


class DraftIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An item as handed in. Times are RFC 3339 with an offset, or wall time in the workspace's zone."""

    kind: Kind = "post"
    title: Line = ""
    text: Text = ""
    lead: Text = ""
    genre: Genre = "pressmeddelande"
    short: Text = ""
    facts: Text = ""
    quotes: Annotated[list[Quote], msgspec.Meta(max_length=20)] = []
    contact: Text = ""
    link: Address = ""
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "sv"
    channels: Annotated[list[int], msgspec.Meta(max_length=200)] = []
    variants: dict[str, VariantIn] = {}
    media: Annotated[list[int | PictureIn], msgspec.Meta(max_length=20)] = []
    sources: Annotated[list[SourceIn], msgspec.Meta(max_length=50)] = []
    publish_at: str | None = None
    fold: Annotated[int, msgspec.Meta(ge=0, le=1)] | None = None
    """The answer, when the wall time comes twice: 0 is the first, 1 the second."""
    latest_at: str | None = None
    embargo: str | None = None
    correction: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    """What a correction corrects, as readers are told. Empty for everything else."""
