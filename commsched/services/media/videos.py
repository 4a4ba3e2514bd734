"""The office's videos: kept without their metadata, each with a poster that is a picture like any other.

Whether one goes out with an item is for the platforms to say: see :mod:`commsched.core.platform.attached`.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.blobs import File, blob_of, form_key, keep_form
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.media import library, quota
from commsched.services.media.library import Added
from commsched.store import locks
from commsched.store.models import Media, Video, VideoUse

if TYPE_CHECKING:
    from commsched.images.intake.video import Film

PAGE: Final = 60
HEAD: Final = 192
"""Bytes of a file that :func:`is_video` wants to see."""


class TakenVideo(msgspec.Struct, frozen=True):
    """A video in the library, with its poster."""

    video: Video
    poster: Added
    had_location: bool
    again: bool
    """The office already had this video."""


def is_video(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a video, whatever it is called."""
    return images.video.is_film(head)


@contextmanager
def beside(installation: Installation) -> Iterator[Path]:
    """A place on the same disk as the media, for a file that is not whole yet."""
    installation.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = installation.incoming / f"new-{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def add(installation: Installation, actor: Actor, path: Path, filename: str = "") -> TakenVideo:
    """Take the video at ``path`` in; the best of a few moments becomes its poster.

    Raises a :class:`commsched.images.intake.errors.BadPicture` with a sentence for the person who uploads, and
    :class:`commsched.services.media.quota.Full` where there is no room for it.
    """
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        quota.refuse_over(session, workspace_of(session, actor), path.stat().st_size)
    with images.video.in_turn(), beside(installation) as new:  # its poster too, so that the video is not there without
        film = images.video.take(path, new)
        title = images.pictures.title(filename)
        known = _known(installation, actor, film)
        if known is not None:
            poster = library.find(installation, actor, known.poster_id) if known.poster_id else None
            if poster is not None:
                return TakenVideo(known, Added(poster, False, True), film.had_location, True)
        return _settle(installation, actor, film, new, title or one_line(filename)[:200])


def add_from(installation: Installation, actor: Actor, source: IO[bytes], filename: str = "") -> TakenVideo:
    """As :func:`add`, from a stream."""
    with beside(installation) as path:
        with path.open("xb") as file:
            shutil.copyfileobj(source, file)
        return add(installation, actor, path, filename)


def _known(installation: Installation, actor: Actor, film: Film) -> Video | None:
    with installation.store.read(actor.workspace) as session:
        return session.scalar(select(Video).where(Video.sha256 == film.sha256))


def _settle(installation: Installation, actor: Actor, film: Film, new: Path, title: str) -> TakenVideo:
    """The file first, then the row that names it, then the poster."""
    with installation.store.write(actor.workspace) as session:
        locks.shared(session, locks.FILES)
        locks.alone(session, f"video {actor.workspace} {film.sha256}")
        row = session.scalar(select(Video).where(Video.sha256 == film.sha256))
        if row is None:  # asked before, but others may have come in while this one was read
            quota.refuse_over(session, workspace_of(session, actor), film.size)
        installation.blobs.take(new, film.suffix, film.sha256)
        if row is None:
            row = Video(
                sha256=film.sha256,
                suffix=film.suffix,
                mime=film.mime,
                width=film.width,
                height=film.height,
                size=film.size,
                duration=film.duration,
                filename=title[:200],
                person_id=actor.person,
                created_at=installation.now(),
                facts={"moments": film.moments, "sound": film.sound, "codec": film.codec},
            )
            session.add(row)
            session.flush()
            note(session, installation, actor, "video.added", video=row.id)
        elif row.original_id is not None:  # it was made here for a network, and somebody has it as a video of its own
            row.original_id, row.facts = None, row.facts | {"moments": film.moments}
    for moment, still in zip(film.moments, film.stills, strict=True):
        keep_form(installation, _still_key(row, moment), still, "image/jpeg")
    poster = choose(installation, actor, row.id, film.moments[film.best])
    return TakenVideo(find(installation, actor, row.id), poster, film.had_location, False)


def find(installation: Installation, actor: Actor, number: int) -> Video:
    """The video, or :class:`NotFound`: also for another office's."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        row = session.scalar(select(Video).where(Video.id == number))
    if row is None:
        raise NotFound(N_("There is no such video."))
    return row


def newest(session: Session, before: int | None = None, limit: int = PAGE) -> list[tuple[Video, Media | None]]:
    """Videos with their posters, newest first."""
    wanted = select(Video, Media).outerjoin(Media, Media.id == Video.poster_id).where(Video.original_id.is_(None))
    wanted = wanted.order_by(desc(Video.id)).limit(limit)
    if before is not None:
        wanted = wanted.where(Video.id < before)
    return [(row[0], row[1]) for row in session.execute(wanted)]


def of_poster(session: Session, poster: Media) -> Video | None:
    """The video that a picture was taken from, while it is there."""
    number = poster.facts.get("video")
    return session.scalar(select(Video).where(Video.id == number)) if number else None


def file_of(installation: Installation, row: Video) -> File:
    """The video's file. Raises :class:`NotFound` where it is missing."""
    file = blob_of(installation, row)
    if not file.exists():
        raise NotFound(N_("The video's file is missing."))
    return file


def _still_key(row: Video, moment: int) -> str:
    return form_key("stills", row.sha256, f"-{moment}.jpg")


def still(installation: Installation, row: Video, moment: int) -> File:
    """A small picture of one of the proposed moments; it is drawn again where the cache has been emptied."""
    if moment not in row.facts.get("moments", ()):
        raise NotFound(N_("There is no such picture."))
    file = File(installation.cache, _still_key(row, moment), "image/jpeg")
    if not file.exists():
        keep_form(installation, file.key, images.pictures.thumbnail(_frame(installation, row, moment)).data, file.mime)
    return file


def _frame(installation: Installation, row: Video, moment: int) -> bytes:
    """What is shown at ``moment`` (milliseconds), as a JPEG in full size."""
    with file_of(installation, row).local() as path:
        return images.video.moment(path, moment)


def choose(installation: Installation, actor: Actor, number: int, moment: int) -> Added:
    """Make what is shown at ``moment`` (milliseconds) the poster: a picture of its own, which knows the same persons
    and photographer as the poster before it. The one before stays in the library; where the library has the new one
    already, the persons recorded for it stay."""
    actor.require("write")
    row = find(installation, actor, number)
    if not 0 <= moment <= row.duration:
        raise Invalid(N_("The video is %(seconds)s seconds long."), "moment", seconds=-(-row.duration // 1000))
    before = library.find(installation, actor, row.poster_id) if row.poster_id else None
    facts = {key: before.facts[key] for key in library.WRITTEN if before is not None and key in before.facts}
    data = _frame(installation, row, moment)
    added = library.add(
        installation, actor, data, row.filename, credit=before.credit if before else "", facts=facts | {"video": row.id}
    )
    with installation.store.write(actor.workspace) as session:
        kept = locks.row(session, Video, row.id)
        kept.poster_id, kept.facts = added.media.id, kept.facts | {"moment": moment}
        if before is not None:
            note(session, installation, actor, "video.poster", video=row.id, media=added.media.id)
    return added


def remove(installation: Installation, actor: Actor, number: int) -> None:
    """Delete the video. Its posters are pictures, and stay. Raises :class:`Conflict` while it is in an item."""
    actor.require("write")
    row = find(installation, actor, number)
    with installation.store.write(actor.workspace) as session:
        locks.row(session, Video, number)
        if session.scalar(select(VideoUse.video_id).where(VideoUse.video_id == number).limit(1)) is not None:
            raise Conflict(N_("The video goes with an item, and stays with it."), "video")
        forms = session.scalars(select(Video).where(Video.original_id == number)).all()
        quota.put_on_list(session, [(each.sha256, each.suffix) for each in (row, *forms)])
        for each in forms:
            session.delete(each)
        session.delete(session.get_one(Video, row.id))
        note(session, installation, actor, "video.removed", name=row.filename[:60])
    quota.sweep(installation)
