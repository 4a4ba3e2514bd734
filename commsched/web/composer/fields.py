"""What stands in the composer's fields, whether it came from the store or from somebody's fingers.

Nothing is judged or cleaned here: bad input is shown back exactly as it was typed. :mod:`commsched.web.composer.parse`
judges, and :mod:`commsched.services.content.compose` cleans.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from werkzeug.datastructures import MultiDict

from commsched.core.content.draft import ChannelIn, DraftIn, PictureIn
from commsched.core.content.fields import TEXT_FIELDS, texts_of
from commsched.core.content.model import Content
from commsched.core.content.threading import still_broken
from commsched.web.components.clock_input import WallFields, read_wall, typed
from commsched.web.composer import documents
from commsched.web.composer.documents import Documents
from commsched.web.composer.release_fields import (
    CONTACT,
    QUOTE,
    EventFields,
    Row,
    VersionFields,
    event_of,
    read_draft,
    rows,
    versions_of,
)

MOST_SPAN: Final = 366 * 24 * 60


class VideoFields(msgspec.Struct):
    """A video that goes with the item: what it shows, and its captions by their language."""

    id: int
    alt: str = ""
    captions: dict[str, str] = msgspec.field(default_factory=dict)
    burn: bool = False
    """Whether they are written into the picture where a network takes no file of them."""


class Before(msgspec.Struct):
    """A text as it was, whether its channel had one of its own, and which parts of its thread end within a sentence."""

    text: str
    own: bool = True
    broken: list[int] = msgspec.field(default_factory=list)


class Fields(msgspec.Struct):
    """Every field of the composer."""

    kind: str = "post"
    texts: dict[str, str] = msgspec.field(default_factory=lambda: texts_of(Content()))
    """Every text of the item, by the name of its field."""
    quotes: list[Row] = msgspec.field(default_factory=list)
    """What is said, who says it, and what they are."""
    contacts: list[Row] = msgspec.field(default_factory=list)
    """Contact persons, each as its row in the form."""
    event: EventFields = msgspec.field(default_factory=EventFields)
    versions: list[VersionFields] = msgspec.field(default_factory=list)
    """The same in other languages."""
    sources: list[Row] = msgspec.field(default_factory=list)
    channels: list[int] = msgspec.field(default_factory=list)
    own: dict[int, str] = msgspec.field(default_factory=dict)
    """The text of the channels that have one of their own."""
    kept: dict[int, str] = msgspec.field(default_factory=dict)
    """Own text of channels where it is switched off right now, so that switching it on again brings it back."""
    options: dict[int, dict[str, str]] = msgspec.field(default_factory=dict)
    crops: dict[int, str] = msgspec.field(default_factory=dict)
    """The shape of the pictures on the channels that do not show them whole."""
    media: list[tuple[int, str]] = msgspec.field(default_factory=list)
    under: dict[int, str] = msgspec.field(default_factory=dict)
    """What stands below a picture of a release, by its id."""
    videos: list[VideoFields] = msgspec.field(default_factory=list)
    documents: Documents = msgspec.field(default_factory=list)
    """The documents that go with it."""
    publish: WallFields = msgspec.field(default_factory=WallFields)
    latest: WallFields = msgspec.field(default_factory=WallFields)
    embargo: WallFields = msgspec.field(default_factory=WallFields)
    when_approved: bool = False
    """It goes out as soon as it is approved: no time is chosen."""
    times: dict[int, WallFields] = msgspec.field(default_factory=dict)
    """The time of the channels that have one of their own."""
    whole: dict[int, Before] = msgspec.field(default_factory=dict)
    """What stood there before a text was divided into a thread, by its channel (0: the common text)."""
    spans: dict[int, int] = msgspec.field(default_factory=dict)
    """Minutes from a channel's own time to its latest, where that does not follow from the item's."""

    def walls(self) -> dict[str, WallFields]:
        """Every time, by what the form calls it."""
        named = {"publish": self.publish, "latest": self.latest, "embargo": self.embargo}
        named |= {f"event-{name}": wall for name, wall in self.event.times.items()}
        return named | {f"at-{number}": wall for number, wall in self.times.items()}

    @property
    def empty(self) -> bool:
        """Nobody has written anything yet."""
        written = [self.texts[field.name] for field in TEXT_FIELDS if field.searchable] + list(self.own.values())
        written += [text for version in self.versions for text in version.texts.values()]
        files = self.media or self.videos or self.documents
        return not (files or any(text.strip() for text in written)) and self.event.empty


def numbers(joined: str) -> list[int]:
    """The numbers in ``1.2.3``, at most 200; what is none is left out."""
    return _numbers(joined.split(".")[:200])


def from_form(form: MultiDict[str, str]) -> Fields:
    """The posted fields."""
    fields = Fields(kind=form.get("kind", "post"))
    fields.texts = {name: typed(form.get(name, usual)) for name, usual in fields.texts.items()}
    fields.quotes = rows(form, "quote", QUOTE)
    fields.contacts = rows(form, "contact", CONTACT)
    fields.event = event_of(form)
    fields.versions = versions_of(form)
    fields.sources = rows(form, "source", ("text", "url"))
    fields.channels = _numbers(form.getlist("channels"))
    fields.media = [(number, typed(form.get(f"alt-{number}", ""))) for number in _numbers(form.getlist("media"))]
    fields.under = {number: said for number, _alt in fields.media if (said := typed(form.get(f"caption-{number}", "")))}
    fields.videos = [_video(form, number) for number in _numbers(form.getlist("videos"))]
    fields.documents = documents.of_form(form, _numbers(form.getlist("documents")))
    _variants(form, fields)
    for number, was in fields.whole.items():
        was.broken = still_broken(fields.own.get(number, "") if number else fields.texts["text"], was.broken)
    fields.publish, fields.latest, fields.embargo = (read_wall(form, name) for name in ("publish", "latest", "embargo"))
    fields.when_approved = form.get("when_approved", "") == "1"
    fields.times, fields.spans = _own_times(form)
    return fields


def _video(form: MultiDict[str, str], number: int) -> VideoFields:
    head = f"captions-{number}-"
    captions = {name.removeprefix(head)[:35]: typed(text) for name, text in form.items() if name.startswith(head)}
    alt = typed(form.get(f"video-alt-{number}", ""))
    said = {name: text for name, text in captions.items() if text.strip()}
    return VideoFields(number, alt, said, form.get(f"burn-{number}", "") == "1")


def _own_times(form: MultiDict[str, str]) -> tuple[dict[int, WallFields], dict[int, int]]:
    names = [name.removeprefix("at-").partition("_")[0] for name in form if name.startswith("at-")]
    times = {number: read_wall(form, f"at-{number}") for number in _numbers(names)}
    times = {number: wall for number, wall in times.items() if wall.value}
    spans = {number: _numbers([form.get(f"span-{number}", "")]) for number in times}
    return times, {number: minutes[0] for number, minutes in spans.items() if minutes and minutes[0] <= MOST_SPAN}


def _numbers(values: Iterable[str]) -> list[int]:
    wanted = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 16]
    return list(dict.fromkeys(wanted))


def _variants(form: MultiDict[str, str], fields: Fields) -> None:
    on = set(_numbers(form.getlist("own")))
    for name, value in form.items():
        head, _, tail = name.partition("-")
        number, _, key = tail.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            continue
        if head == "own" and not key:
            (fields.own if int(number) in on else fields.kept)[int(number)] = typed(value)
        elif head == "opt" and key:
            fields.options.setdefault(int(number), {})[key] = typed(value)
        elif head == "whole" and not key:
            broken = numbers(form.get(f"{name}-broken", ""))
            fields.whole[int(number)] = Before(typed(value), form.get(f"{name}-own", "") == "1", broken)
        elif head == "crop" and not key and value:
            fields.crops[int(number)] = typed(value)[:20]


def from_draft(draft: DraftIn, zone: str, latest_is_usual: bool = False) -> Fields:
    """A stored item's fields. ``latest_is_usual``: the latest time is the office's own rule and is left empty."""
    fields = Fields(kind=draft.kind, texts=texts_of(draft))
    fields.quotes = [(quote.text, quote.person, quote.role) for quote in draft.quotes]
    read_draft(fields, draft, zone)
    fields.sources = [(source.text, source.url) for source in draft.sources]
    fields.channels = draft.channel_ids
    for key, variant in draft.variants.items():
        if variant.text is not None:
            fields.own[int(key)] = variant.text
        fields.options[int(key)] = dict(variant.options)
        if variant.crop:
            fields.crops[int(key)] = variant.crop
    fields.media = [(picture.id, picture.alt or "") for picture in draft.media if isinstance(picture, PictureIn)]
    fields.under = {each.id: each.caption for each in draft.media if isinstance(each, PictureIn) and each.caption}
    fields.videos = [
        VideoFields(
            each.id, each.alt or "", {captions.language: captions.text for captions in each.captions}, each.burn
        )
        for each in draft.attachments
    ]
    fields.documents = documents.of_draft(draft)
    times = [_moment(draft.publish_at), None if latest_is_usual else _moment(draft.latest_at), _moment(draft.embargo)]
    fields.publish, fields.latest, fields.embargo = (WallFields.of(moment, zone) for moment in times)
    fields.when_approved = draft.when_approved
    for channel in draft.channels:
        if isinstance(channel, ChannelIn) and (at := _moment(channel.publish_at)) is not None:
            fields.times[channel.id] = WallFields.of(at, zone)
            span = _span(draft.publish_at, draft.latest_at)
            if (own := _span(channel.publish_at, channel.latest_at)) is not None and own != span:
                fields.spans[channel.id] = own
    return fields


def _span(publish: str | None, latest: str | None) -> int | None:
    """Minutes from a time to its latest."""
    start, end = _moment(publish), _moment(latest)
    return None if start is None or end is None else round((end - start) / timedelta(minutes=1))


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
