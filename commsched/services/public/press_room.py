"""The office's standing press kit in public: portraits with biographies, the logos, what the office says of itself,
and all of it as one file; and the press pictures, every picture of the releases that stand in its newsroom, once each.

A press picture is here because a release that was approved and published shows it. It goes when that does: taken down,
corrected away, or of somebody whose consent has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from sqlalchemy.orm import Session

from commsched.core.content.model import ENDINGS, Attachment
from commsched.core.media.picture_marks import Marks
from commsched.core.media.press_names import distinct, press_name
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import known
from commsched.core.text.messages import N_
from commsched.core.text.slug import slug
from commsched.services.content import versions
from commsched.services.content.versions import Shot
from commsched.services.kernel import brand_kit
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import search
from commsched.services.press import standing
from commsched.services.public import front_page, newsroom
from commsched.services.public.front_page import Wish
from commsched.services.public.newsroom import Newsroom, Publication
from commsched.services.public.press_kit import Kit, Picture, byline
from commsched.store.models import PressPerson, Workspace

PAGE = 30
"""Releases a page."""


class PressPicture(msgspec.Struct, frozen=True):
    """A picture, and the newest release that it was published with."""

    shot: Shot
    entry: Publication


class PressPictures(msgspec.Struct, frozen=True):
    """A page of them. ``older`` is the cursor of the next, empty on the last."""

    room: Newsroom
    pictures: list[PressPicture]
    entries: list[Publication]
    """The releases that they were looked for in."""
    older: str = ""


def pictures(installation: Installation, place: str, cursor: str = "") -> PressPictures:
    """The newest first. Raises :class:`NotFound` for an office without a newsroom."""
    shown = front_page.front(installation, place, Wish(kind="release", cursor=cursor), PAGE, menu=False)
    seen: dict[str, PressPicture] = {}
    for entry in shown.entries:
        for shot in entry.pictures:
            seen.setdefault(shot.name, PressPicture(shot, entry))
    return PressPictures(shown.room, list(seen.values()), shown.entries, shown.older)


_BIOGRAPHIES = N_("Biographies")


class Portrayed(msgspec.Struct, frozen=True):
    """Somebody of the kit. ``shot`` is missing where there is no portrait, or the consent to it has ended."""

    id: int
    name: str
    role: str
    biography: str
    shot: Shot | None = None


class Logo(msgspec.Struct, frozen=True):
    """One form of the logo. ``dark`` is the one for dark grounds."""

    dark: bool
    file: File
    width: int
    height: int
    sha256: str


class PressRoom(msgspec.Struct, frozen=True):
    """What the press may always fetch."""

    room: Newsroom
    people: list[Portrayed]
    logos: list[Logo]

    @property
    def about(self) -> str:
        return str(self.room.settings.get("about", ""))

    @property
    def empty(self) -> bool:
        return not (self.people or self.logos)


def press_room(installation: Installation, place: str) -> PressRoom:
    """The kit of that office. Raises :class:`NotFound` for an office without a newsroom."""
    room = newsroom.room(installation, place)
    with installation.store.read(room.id) as session:
        people = portrayed(installation, session, standing.people(session))
        kit = brand_kit.kit_of(session.get_one(Workspace, room.id))
        numbers = [number for number in (kit.logo, kit.logo_on_dark) if number]
        rows = search.rows(session, numbers) if numbers else {}
    logos = []
    for number, dark in ((kit.logo, False), (kit.logo_on_dark, True)):
        row = rows.get(number)
        if row is not None and (file := blob_of(installation, row)).exists():
            logos.append(Logo(dark, file, row.width, row.height, row.sha256))
    return PressRoom(room, people, logos)


def portrayed(installation: Installation, session: Session, rows: Sequence[PressPerson]) -> list[Portrayed]:
    """``rows`` with the portraits that may be shown now."""
    media = search.rows(session, {row.media_id for row in rows if row.media_id is not None})
    wanted = [Attachment(sha256=row.sha256, alt=row.alt, credit=row.credit) for row in media.values()]
    shots = {shot.name[:64]: shot for shot in versions.shots(session, wanted, installation.now())}
    people = []
    for row in rows:
        picture = media.get(row.media_id or 0)
        shot = shots.get(picture.sha256) if picture is not None else None
        shot = msgspec.structs.replace(shot, called=row.name, alt=shot.alt or row.name) if shot else None
        people.append(Portrayed(row.id, row.name, row.role, row.biography, shot))
    return people


def logo(installation: Installation, place: str, dark: bool) -> Logo | None:
    """The logo as the office has it, for print."""
    return next((each for each in press_room(installation, place).logos if each.dark == dark), None)


def kit(installation: Installation, place: str) -> tuple[Newsroom, Kit]:
    """Everything as one file."""
    shown = press_room(installation, place)
    room, language = shown.room, known(shown.room.language)
    with installation.store.read(room.id) as session:
        hashes = [each.shot.name[:64] for each in shown.people if each.shot]
        rows = search.files(session, hashes)
    pictures = []
    for each in shown.people:
        row = rows.get(each.shot.name[:64]) if each.shot else None
        if each.shot is None or row is None or not (file := blob_of(installation, row)).exists():
            continue
        marks = Marks(
            ", ".join(part for part in (each.name, each.role) if part), each.shot.credit, room.name, each.name
        )
        pictures.append(Picture(portrait_name(each, row.suffix, language), file, marks))
    files = [(f"{room.slug}-{_form(each)}{ENDINGS.get(each.file.mime, '')}", each.file) for each in shown.logos]
    texts = _texts(shown, language)
    names = distinct([*(name for name, _text in texts), *(name for name, _file in files), *(p.name for p in pictures)])
    pictures = [
        msgspec.structs.replace(each, name=name)
        for each, name in zip(pictures, names[len(texts) + len(files) :], strict=True)
    ]
    parts = (texts, [(name, file.key) for name, file in files], [(each.name, each.file.key) for each in pictures])
    etag = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    return room, Kit(f"{room.slug}-press.zip", etag, texts, files, pictures)


def portrait_name(person: Portrayed, suffix: str, language: str) -> str:
    """What a portrait is called where it is saved: who it shows, and who took it."""
    credit = byline(person.shot.credit, language) if person.shot else ""
    return press_name([person.name], credit, suffix) or f"{slug(person.name, 40) or person.id}{suffix}"


def _form(each: Logo) -> str:
    return "logo-on-dark" if each.dark else "logo"


def _texts(shown: PressRoom, language: str) -> list[tuple[str, str]]:
    """The biographies, and what the office says of itself."""
    texts = []
    if shown.people:
        blocks = ["\n".join(part for part in (each.name, each.role, each.biography) if part) for each in shown.people]
        name = slug(gettext(language, _BIOGRAPHIES), 40)
        texts.append((f"{name}.txt", "\n\n".join(blocks) + "\n"))
    if shown.about.strip():
        texts.append((f"{slug(shown.room.name, 40, whole_words=False) or 'about'}.txt", shown.about.strip() + "\n"))
    return texts
