"""The office's pictures: taken in safely, kept once, under a name that is the hash of their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import MOST_NOTE
from commsched.core.text.clean import line, one_line, passage
from commsched.core.text.messages import N_, Invalid, Message, NotFound
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.media import near_duplicates, provenance, quota
from commsched.store import locks
from commsched.store.models import Media

if TYPE_CHECKING:
    from commsched.images.intake.pictures import Taken


_STILL: Final = N_(
    "“%(name)s” is animated, but only its first picture is kept. Save it as a GIF or a video if it should move."
)
WRITTEN: Final = ("licence", "tags", "persons", "unnamed")
"""What a person writes down of a picture (:mod:`commsched.services.media.details`), and what follows a video's
poster."""


class Added(msgspec.Struct, frozen=True):
    """A picture in the library. ``had_location``: the file held the place where it was taken, and that was removed."""

    media: Media
    had_location: bool
    again: bool
    """The office already had this picture."""
    like: list[Media] = []
    """Others that show nearly the same, the nearest first, where this one is new."""
    had_motion: bool = False
    """The file was an animation, and only its first picture is kept."""

    @property
    def note(self) -> Message | None:
        """A sentence for the person who uploaded it; ``None`` where the file is kept as it was."""
        return Message(_STILL, {"name": self.media.filename}) if self.had_motion else None


def add(
    installation: Installation,
    actor: Actor,
    data: bytes,
    filename: str = "",
    alt: str = "",
    credit: str = "",
    facts: dict[str, object] | None = None,
    sources: Iterable[int] = (),
    *,
    ours: bool = False,
) -> Added:
    """Take a picture into the library. A picture that is already there is not added twice; a new alt text then replaces
    the old one. ``facts`` are stored beside those that the intake finds, but never replace what people have written
    about an existing picture. ``sources`` are the pictures that it was drawn from. ``ours``: this program has just
    drawn it, so its bytes are kept; a file from outside is encoded again.

    Raises a :class:`commsched.images.intake.errors.BadPicture` with a sentence for the person who uploads, and
    :class:`commsched.services.media.quota.Full` where there is no room. The whole file is on the disk before any row
    names it.
    """
    from commsched.images.intake.pictures import own, take

    actor.require("write")
    if len(alt) > MOST_NOTE:
        raise Invalid(N_("At most %(most)s characters."), "alt", most=MOST_NOTE)
    taken = own(data, filename) if ours else take(data, filename, owner=actor.workspace)
    _store(installation, taken)
    try:
        with installation.store.write(actor.workspace) as session:
            locks.shared(session, locks.FILES)
            locks.alone(session, f"picture {actor.workspace} {taken.sha256}")  # handed in twice at once it is one
            _store(installation, taken)  # again, in case the last row that named it has just been deleted
            existing = session.scalar(locks.rows(select(Media).where(Media.sha256 == taken.sha256)))
            row = existing or _row(installation, session, actor, taken, filename)
            credit = line(credit[:200], "credit") or row.credit
            row.describe(actor.person, alt=passage(alt, "alt") or row.alt, credit=credit)
            row.facts = row.facts | _news(row, facts or {})
            like = _settle(installation, session, actor, row) if existing is None else []
            provenance.derive(session, row, sources)
            return Added(row, taken.had_location, existing is not None, like, taken.had_motion)
    except quota.Full:
        quota.let_go(installation, taken.sha256, taken.suffix)
        raise


def _store(installation: Installation, taken: Taken) -> None:
    installation.blobs.put(BytesIO(taken.data), taken.suffix, taken.sha256)


def _news(row: Media, facts: dict[str, object]) -> dict[str, object]:
    """The part of ``facts`` that may be stored on an existing ``row``. What people have written about the picture
    stays, since only they may change it."""
    return {key: value for key, value in facts.items() if key not in WRITTEN} if "persons" in row.facts else facts


def _settle(installation: Installation, session: Session, actor: Actor, row: Media) -> list[Media]:
    """Store the row of a new picture and its fingerprint; returns the pictures that resemble it."""
    session.flush()
    near_duplicates.index(session, row)
    note(session, installation, actor, "picture.added", media=row.id)
    return near_duplicates.alike(session, row)


def _row(installation: Installation, session: Session, actor: Actor, taken: Taken, filename: str) -> Media:
    quota.refuse_over(session, workspace_of(session, actor), len(taken.data))
    row = Media(
        sha256=taken.sha256,
        suffix=taken.suffix,
        mime=taken.mime,
        width=taken.width,
        height=taken.height,
        size=len(taken.data),
        credit=taken.credit[:200],
        filename=one_line(taken.title or filename)[:200],
        alt="",
        person_id=actor.person,
        created_at=installation.now(),
        facts={"dhash": taken.dhash, "focus": list(taken.focus), "animated": taken.animated, "frames": taken.frames},
    )
    session.add(row)
    return row


def find(installation: Installation, actor: Actor, media_id: int) -> Media:
    """The picture, or :class:`NotFound`, also for another office's."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        row = session.scalar(select(Media).where(Media.id == media_id))
    if row is None:
        raise NotFound(N_("There is no such picture."))
    return row
