"""From the composer's fields to the draft they mean, with every fault told by its field."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from commsched.core.content.draft import ONE_OF_BOTH, ChannelIn, DraftIn, OwnTime, Times, own_field
from commsched.core.content.model import MAX_TEXT
from commsched.core.content.release_draft import event_field
from commsched.core.text.field_errors import read_error
from commsched.core.text.messages import N_, Invalid, Message
from commsched.core.timing.day_words import read_day
from commsched.core.timing.wall_time import Fold, Gap, Moment, read_time
from commsched.web.components.clock_input import WallFields
from commsched.web.composer import documents
from commsched.web.composer.fields import Fields, VideoFields
from commsched.web.composer.release_fields import event_zone, quote_rows
from commsched.web.composer.release_fields import raw as release_raw

_PARTS: Final = {"variants": "variants", "media": "pictures"}


class Meant(msgspec.Struct):
    """The draft, with whatever could not be meant left out of it, and what is wrong by field."""

    draft: DraftIn
    faults: dict[str, Message] = msgspec.field(default_factory=dict)
    clash: Gap | Fold | None = None
    """The clock change that must be asked about, on the field it names."""
    times: Times = Times()

    @property
    def publish(self) -> Moment | None:
        """When it is to go out."""
        return self.times.publish

    def raise_first(self) -> None:
        """Raise :class:`Invalid` for the first fault, if there is one."""
        if self.clash is not None:
            raise self.clash
        for name, words in self.faults.items():
            raise Invalid(words.message, name, **words.params)


def meaning(fields: Fields, zone: str, today: date | None = None) -> Meant:
    """What ``fields`` mean in an office whose clocks go by ``zone``, on ``today``; days that were understood are put in
    the fields as dates. Raises nothing."""
    faults: dict[str, Message] = {}
    if today is not None:
        _read_days(fields, today, faults)
    raw = _raw(fields)
    draft = _convert(raw, faults)
    meant = Meant(draft, faults)
    publish = _time(meant, fields.publish, zone, "publish_at")
    latest = _time(meant, fields.latest, zone, "latest_at")
    embargo = _time(meant, fields.embargo, zone, "embargo")
    _event_times(meant, fields, event_zone(fields, zone))
    if publish is None and not fields.when_approved and "publish_at" not in faults:
        latest = None
    own = _own_times(meant, fields, zone)
    if fields.when_approved and (publish is not None or own):
        faults["publish_at"], publish, own = Message(ONE_OF_BOTH), None, {}
    if publish is None and own and "publish_at" not in faults:
        publish = min((time.publish for time in own.values()), key=lambda moment: moment.at)
    meant.times = Times(
        publish, latest.at if latest else None, embargo.at if embargo else None, own, fields.when_approved
    )
    draft.when_approved = fields.when_approved
    draft.channels = [_channel(number, own.get(number)) for number in draft.channel_ids]
    for name, moment in (("publish_at", publish), ("latest_at", latest), ("embargo", embargo)):
        setattr(draft, name, moment.at.isoformat() if moment else None)
    return meant


def _read_days(fields: Fields, today: date, faults: dict[str, Message]) -> None:
    named = {"publish_at": fields.publish, "latest_at": fields.latest, "embargo": fields.embargo}
    if not fields.event.empty:
        named |= {event_field(name): wall for name, wall in fields.event.times.items()}
    named |= {own_field(number, "publish_at"): wall for number, wall in fields.times.items()}
    for name, wall in named.items():
        try:
            wall.day = read_day(wall.day, today, name).isoformat() if wall.day else ""
        except Invalid as error:
            faults[name] = error.words


def _event_times(meant: Meant, fields: Fields, zone: str) -> None:
    """Put the times of an invitation's event in the draft, as far as they are understood."""
    event = meant.draft.event or meant.draft.event_aside
    for name, wall in fields.event.times.items():
        moment = _time(meant, wall, zone, event_field(name)) if event is not None else None
        if event is not None and moment is not None:
            setattr(event, name, moment.at.isoformat())


def _own_times(meant: Meant, fields: Fields, zone: str) -> dict[int, OwnTime]:
    """The times of the chosen channels that have one of their own."""
    own: dict[int, OwnTime] = {}
    for number in meant.draft.channel_ids:
        moment = _time(meant, fields.times.get(number, WallFields()), zone, own_field(number, "publish_at"))
        if moment is not None:
            span = fields.spans.get(number)
            own[number] = OwnTime(moment, None if span is None else moment.at + timedelta(minutes=span))
    return own


def _channel(number: int, time: OwnTime | None) -> int | ChannelIn:
    if time is None:
        return number
    latest = time.latest.isoformat() if time.latest else None
    return ChannelIn(id=number, publish_at=time.publish.at.isoformat(), latest_at=latest)


def _raw(fields: Fields) -> dict[str, object]:
    variants: dict[str, dict[str, object]] = {}
    for number in fields.channels:
        options = {key: value for key, value in fields.options.get(number, {}).items() if value}
        crop = fields.crops.get(number, "")
        if number in fields.own or options or crop:
            variants[str(number)] = {"text": fields.own.get(number), "options": options, "crop": crop}
    return {
        "kind": fields.kind,
        **fields.texts,
        "title": " ".join(fields.texts["title"].splitlines()),  # its box wraps, and takes line breaks too
        "language": fields.texts["language"] or DraftIn().language,
        "quotes": quote_rows(fields.quotes),
        **release_raw(fields),
        "sources": [{"text": text, "url": url} for text, url in fields.sources],
        "channels": fields.channels,
        "variants": variants,
        "media": [{"id": number, "alt": alt, "caption": fields.under.get(number, "")} for number, alt in fields.media],
        "attachments": [_attachment(video) for video in fields.videos],
        "documents": documents.raw(fields.documents),
    }


def _attachment(video: VideoFields) -> dict[str, object]:
    captions = [{"language": language, "text": text} for language, text in video.captions.items()]
    return {"id": video.id, "alt": video.alt, "captions": captions, "burn": video.burn}


def _convert(raw: dict[str, object], faults: dict[str, Message]) -> DraftIn:
    """Convert, leaving out field by field what will not do; at most as many rounds as there are fields."""
    for _ in range(len(raw) + 1):
        try:
            return msgspec.convert(raw, DraftIn)
        except msgspec.ValidationError as error:
            name, words = _fault(error)
            faults.setdefault(_PARTS.get(name, name), words)
            if raw.pop(name, None) is None:
                break
    return DraftIn()


def _fault(error: msgspec.ValidationError) -> tuple[str, Message]:
    """The field of the draft that will not do, and what to say of it."""
    fault = read_error(error)
    name = fault.path[0] if fault.path else ""
    if fault.reason not in ("characters", "items"):
        return name, Message(N_("This cannot be read. Choose again."))
    most = int(fault.params["most"])
    if most == MAX_TEXT:
        return name, Message(N_("The text is far too long: at most %(most)s characters."), {"most": most})
    return name, Message(N_("At most %(most)s characters."), {"most": most})


def _time(meant: Meant, wall: WallFields, zone: str, name: str) -> Moment | None:
    if not wall.value or name in meant.faults:
        return None
    if not wall.exact and not (wall.day and wall.time):
        words = N_("Choose a day too.") if wall.time else N_("Choose a time of day too.")
        meant.faults[name] = Message(words)
        return None
    try:
        return read_time(wall.value, zone, int(wall.fold) if wall.fold else None, field=name)
    except (Gap, Fold) as clash:
        meant.faults[name] = clash.words
        meant.clash = clash
    except Invalid as error:
        meant.faults[name] = error.words
    return None
