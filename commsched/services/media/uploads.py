"""Files on their way in, piece by piece, so that a broken connection, a closed lid or a restart costs one piece.

How much of a file is here is the size of what lies in ``incoming``, and nothing else: no crash can make the two differ.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

from sqlalchemy import delete, func, select

from commsched.core.media.documents import DOCUMENT_BYTES, TYPES
from commsched.core.media.sizes import MB, PICTURE_BYTES, VIDEO_BYTES
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound, OfficeError
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.media import quota
from commsched.store.models import Upload
from commsched.store.session import EVERY_WORKSPACE

KEPT: Final = timedelta(hours=24)
"""How long half a file is waited for."""
MOST_OPEN: Final = 60
"""Uploads that one person may have begun and not finished."""
PIECE: Final = 256 * 1024
_GONE: Final = N_("There is no such upload. Begin again.")


class TooLarge(OfficeError):
    """No file may be that large (413)."""

    status, code = 413, "upload-size"


class OtherOffset(Conflict):
    """The piece does not begin where the file ends (409). Whoever sends it asks again where that is."""

    code = "upload-offset"


class UploadBusy(OfficeError):
    """Another connection is writing the same file (423): usually one that has broken without the server noticing
    yet."""

    status, code = 423, "upload-busy"


def begin(installation: Installation, actor: Actor, length: int, filename: str, kind: str = "") -> Upload:
    """Make room for a file of ``length`` bytes. ``kind`` is what its sender believes it to be, a MIME type.

    Raises :class:`TooLarge`, and :class:`commsched.services.media.quota.Full` where the office has no room for it.
    """
    actor.require("write")
    most = PICTURE_BYTES if kind.startswith("image/") else DOCUMENT_BYTES if kind in TYPES else VIDEO_BYTES
    if length < 1:
        raise Invalid(N_("The file is empty. It was probably not fully copied: choose it again."), "file")
    if length > most:
        raise too_large(length, most)
    uid = uuid.uuid4().hex
    with installation.store.write(actor.workspace) as session:
        promised = select(func.coalesce(func.sum(Upload.length), 0)).where(
            Upload.answer == {}, Upload.created_at > installation.now() - KEPT
        )
        quota.refuse_over(session, workspace_of(session, actor), length, promised=session.scalar(promised) or 0)
        mine = select(func.count(Upload.id)).where(Upload.person_id == actor.person, Upload.answer == {})
        if (session.scalar(mine) or 0) >= MOST_OPEN:
            raise Conflict(N_("Too many files are on their way in at once. Wait until some of them are here."), "file")
        row = Upload(
            uid=uid,
            person_id=actor.person,
            filename=one_line(filename)[:200],
            length=length,
            created_at=installation.now(),
            answer={},
        )
        session.add(row)
        path = path_of(installation, uid)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    return row


def too_large(length: int, most: int) -> TooLarge:
    """The error for a file of ``length`` bytes where ``most`` are taken."""
    words = N_("The file is %(size)s MB, and may be at most %(limit)s MB.")
    return TooLarge(words, "file", size=-(-length // MB), limit=most // MB)


def path_of(installation: Installation, uid: str) -> Path:
    """Where the pieces of an upload are put together."""
    return installation.incoming / uid


def find(installation: Installation, actor: Actor, uid: str) -> Upload:
    """The person's own upload, or :class:`NotFound`: also for one that was waited for too long."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        row = session.scalar(select(Upload).where(Upload.uid == uid, Upload.person_id == actor.person))
    if row is None or (not row.answer and not path_of(installation, uid).is_file()):
        raise NotFound(_GONE)
    return row


def offset(installation: Installation, row: Upload) -> int:
    """How many bytes are here."""
    if row.answer:
        return row.length
    try:
        return path_of(installation, row.uid).stat().st_size
    except FileNotFoundError:  # finished or forgotten by another connection just now
        raise NotFound(_GONE) from None


def append(installation: Installation, actor: Actor, uid: str, at: int, piece: IO[bytes]) -> int:
    """Put ``piece`` behind the ``at`` bytes that are here; returns how many are here then. What came before a
    connection broke is kept. Raises :class:`OtherOffset`, :class:`UploadBusy` and :class:`TooLarge`."""
    row = find(installation, actor, uid)
    with _held(installation, row) as file:
        size = file.seek(0, os.SEEK_END)
        if at != size:
            raise OtherOffset(N_("Another part of the file was expected."), "file")
        try:
            while part := piece.read(PIECE):
                size += len(part)
                if size > row.length:
                    file.truncate(at)
                    raise TooLarge(N_("More came than the file was said to hold."), "file")
                file.write(part)
        finally:
            file.flush()
            os.fsync(file.fileno())
        return file.tell()


@contextlib.contextmanager
def _held(installation: Installation, row: Upload) -> Iterator[IO[bytes]]:
    """The file, locked so that no one else writes to it. The kernel releases the lock when its holder dies."""
    if row.answer:
        raise OtherOffset(N_("Another part of the file was expected."), "file")
    try:
        file = path_of(installation, row.uid).open("r+b")
    except FileNotFoundError:  # finished or forgotten by another connection just now
        raise OtherOffset(N_("Another part of the file was expected."), "file") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UploadBusy(
                N_("The file is being written by another connection. Try again in a moment."), "file"
            ) from None
        yield file


Take = Callable[[Path, str], dict[str, object]]
"""Takes a complete file with its name into the library; returns the answer for the sender."""


def finish(installation: Installation, actor: Actor, uid: str, take: Take) -> dict[str, object]:
    """Take the whole file in with ``take``. Asked again, it answers the same and takes nothing in twice."""
    row = find(installation, actor, uid)
    if row.answer:
        return dict(row.answer)
    with _held(installation, row):
        row = find(installation, actor, uid)  # another connection may have finished it until just now
        if row.answer:
            return dict(row.answer)
        if offset(installation, row) < row.length:
            raise Conflict(N_("The file is not whole yet."), "file")
        answer = take(path_of(installation, uid), row.filename)
        with installation.store.write(actor.workspace) as session:
            kept = session.get(Upload, row.id)
            if kept is not None:  # forgotten meanwhile: what was taken in stays
                kept.answer = answer
        path_of(installation, uid).unlink(missing_ok=True)
    return answer


def cancel(installation: Installation, actor: Actor, uid: str) -> None:
    """Delete the upload. Raises :class:`UploadBusy` for one that is just being added to the library, since it is too
    late then."""
    row = find(installation, actor, uid)
    whole = not row.answer and offset(installation, row) == row.length
    with _held(installation, row) if whole else contextlib.nullcontext():
        with installation.store.write(actor.workspace) as session:
            session.execute(delete(Upload).where(Upload.id == row.id))
        path_of(installation, uid).unlink(missing_ok=True)


def tidy(installation: Installation, now: datetime) -> None:
    """Throw away what has been waited for a day, and files that no row knows: those of a restored or crashed office."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(delete(Upload).where(Upload.created_at < now - KEPT))
        known = set(session.scalars(select(Upload.uid)))
        folder = installation.incoming
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in known and not (path.name.startswith("new-") and _young(path, now)):
                path.unlink(missing_ok=True)


def _young(path: Path, now: datetime) -> bool:
    """A video may just be being read."""
    return path.stat().st_mtime > (now - KEPT).timestamp()
