"""Two people saved at once: both versions side by side, field by field, and what a person chose of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from sqlalchemy.orm import Session

from commsched.core.content.changes import LABELS, DiffPiece, diff_words
from commsched.core.content.fields import TEXTS
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_, Message
from commsched.services.views.review import channel_names, choice_teller
from commsched.store.models import Media
from commsched.web.composer.fields import Fields, VideoFields
from commsched.web.composer.release_fields import spelled_event, spelled_rows, spelled_versions
from commsched.web.http.i18n import _
from commsched.web.http.request_context import installation, language


class ConflictRow(msgspec.Struct, frozen=True):
    """One part of the item that the two have differently. ``name`` is the choice's field in the form."""

    name: str
    label: Message
    mine: str
    theirs: str
    pieces: list[DiffPiece]


PARTS = (
    ("quotes", N_("Quotes")),
    ("contacts", N_("Contact persons")),
    ("event", N_("The invitation: when, where and who")),
    ("versions", N_("In other languages")),
    ("sources", N_("Sources")),
    ("channels", N_("Channels")),
    ("own", N_("Texts of single channels")),
    ("options", N_("Choices on channels")),
    ("crops", N_("Crops")),
    ("media", N_("Pictures")),
    ("videos", N_("Videos")),
    ("documents", N_("Documents")),
    ("publish", N_("Time")),
    ("times", N_("Times of single channels")),
    ("latest", N_("Latest time")),
    ("embargo", N_("Embargo")),
)


def differences(session: Session, mine: Fields, theirs: Fields) -> list[ConflictRow]:
    """Every part that differs, in reading order; ``pieces`` go from the saved version to what was typed."""
    names = channel_names(session)
    tell = _tellers(session, names)
    rows = []
    for name in TEXTS:
        a, b = mine.texts[name], theirs.texts[name]
        if not _alike(a, b):
            rows.append(ConflictRow(name, Message(LABELS[name]), a, b, diff_words(b, a)))
    for name, label in PARTS:
        a, b = (tell[name](fields) for fields in (mine, theirs))
        if not _alike(a, b):
            rows.append(ConflictRow(name, Message(label), a, b, diff_words(b, a)))
    return rows


def _alike(typed: str, saved: str) -> bool:
    """Whether what was typed says what was saved, once it is kept."""
    return clean(typed).strip() == clean(saved).strip()


def _tellers(session: Session, names: dict[int, str]) -> dict[str, Callable[[Fields], str]]:
    choices = choice_teller(installation(), session, language())

    def called(number: int) -> str:
        return names.get(number, str(number))

    def picture(number: int) -> str:
        row = session.get(Media, number)
        return row.filename if row and row.filename else str(number)

    return {
        "quotes": lambda fields: spelled_rows(fields.quotes),
        "contacts": lambda fields: spelled_rows(fields.contacts),
        "event": lambda fields: spelled_event(fields.event),
        "versions": lambda fields: spelled_versions(fields.versions),
        "sources": lambda fields: "\n".join(f"{text} {url}".strip() for text, url in fields.sources),
        "channels": lambda fields: ", ".join(called(n) for n in sorted(fields.channels)),
        "own": lambda fields: "\n\n".join(f"{called(n)}:\n{text}" for n, text in sorted(fields.own.items())),
        "options": lambda fields: "\n".join(
            f"{called(n)}: {choice}"
            for n, each in sorted(fields.options.items())
            if n in fields.channels and (choice := choices(n, each))
        ),
        "crops": lambda fields: "\n".join(
            f"{called(n)}: {crop}" for n, crop in sorted(fields.crops.items()) if n in fields.channels
        ),
        "media": lambda fields: "\n".join(
            f"{picture(n)}: {alt} {fields.under.get(n, '')}".rstrip() for n, alt in fields.media
        ),
        "documents": lambda fields: "\n".join(title or str(number) for number, title in fields.documents),
        "videos": lambda fields: "\n".join(_video(video) for video in fields.videos),
        "publish": lambda fields: (
            _("As soon as it is approved") if fields.when_approved else fields.publish.value.replace("T", " ")
        ),
        "times": lambda fields: "\n".join(
            f"{called(n)}: {wall.value.replace('T', ' ')}"
            for n, wall in sorted(fields.times.items())
            if n in fields.channels
        ),
        "latest": lambda fields: fields.latest.value.replace("T", " "),
        "embargo": lambda fields: fields.embargo.value.replace("T", " "),
    }


def _video(video: VideoFields) -> str:
    captions = [f"{language}: {text}" for language, text in video.captions.items()]
    head = f"{video.id}: {video.alt}" + (" [CC]" if video.burn else "")
    return "\n".join([head, *captions])


def taken(form: Mapping[str, str]) -> set[str]:
    """The parts of which a person chose the saved version."""
    return {value for name, value in form.items() if name.startswith("take-") and value}


def merged(mine: Fields, theirs: Fields, taken: set[str]) -> Fields:
    """``mine``, with the parts named in ``taken`` from ``theirs``. A text that a channel then has no longer is put by,
    switched off, as in the composer."""
    if "own" in taken:
        mine.kept |= {number: text for number, text in mine.own.items() if number not in theirs.own}
    for name in taken & {*TEXTS}:
        mine.texts[name] = theirs.texts[name]
    for name in taken & {name for name, _label in PARTS}:
        setattr(mine, name, getattr(theirs, name))
    if "publish" in taken:
        mine.when_approved = theirs.when_approved
    if "media" in taken:
        mine.under = theirs.under
    if "times" in taken:
        mine.spans = theirs.spans
    return mine
