"""The room that an office's pictures may take, and their files: how one leaves the disk without ever being missed.

A deletion is two transactions. The first takes the rows away and writes down which files nothing names any more; the
second takes those off the disk, while no other transaction writes. A crash in between leaves the list, which is gone
through again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.media.sizes import GB, MB, size
from commsched.core.text.messages import N_, Invalid, OfficeError
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.blobs import File, forms_of, key_of
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Derivative, Document, GoneFile, LinkPage, Media, Video, Workspace
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.pictures")

USUAL: Final = 5 * GB
"""Bytes that an office may fill unless its administrator says otherwise."""
LEAST_MB: Final = 10
MOST_MB: Final = 1_000_000
AT_ONCE: Final = 200
"""Files taken off the disk in one transaction."""
KINDS: Final[tuple[type[Media | Derivative | Video | LinkPage | Document], ...]] = (
    Media,
    Derivative,
    Video,
    LinkPage,
    Document,
)
"""Everything that is a file under ``media``, named by its hash."""


class Full(OfficeError):
    """There is no room for it (413)."""

    status, code = 413, "quota"


class Quota(msgspec.Struct, frozen=True):
    """How many bytes an office's pictures, videos and documents take, of how many."""

    used: int
    most: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.used / self.most)


def usage(session: Session, workspace: Workspace) -> Quota:
    """How full it is in ``workspace``, which the session sees."""
    parts = [session.scalar(select(func.coalesce(func.sum(kind.size), 0))) or 0 for kind in KINDS]
    return Quota(sum(parts), int(workspace.settings.get("room_mb", USUAL // MB)) * MB)


def refuse_over(session: Session, workspace: Workspace, length: int, field: str = "file", promised: int = 0) -> None:
    """Raise :class:`Full` where ``length`` more bytes find no room beside the ``promised`` ones, still on their way."""
    locks.row(session, Workspace, workspace.id)  # two that come at once do not both take the last of the room
    quota = usage(session, workspace)
    if quota.used + promised + length > quota.most:
        raise Full(
            N_(
                "There is no room for it: the office's pictures may take %(most)s, and %(left)s of that is left. Clean "
                "up among pictures that were never used, or let an administrator give them more room."
            ),
            field,
            most=size(quota.most),
            left=size(max(0, quota.left - promised)),
        )


def set_room(installation: Installation, actor: Actor, megabytes: int) -> None:
    """How much the office's pictures may take from now on. What is there stays, even if it is more."""
    actor.require("administer")
    if not LEAST_MB <= megabytes <= MOST_MB:
        raise Invalid(N_("A whole number from %(least)s to %(most)s."), "room_mb", least=LEAST_MB, most=MOST_MB)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        if row.settings.get("room_mb") != megabytes:
            row.settings = row.settings | {"room_mb": megabytes}
            note(session, installation, actor, "workspace.settings", changed={"room_mb": megabytes})


def put_on_list(session: Session, files: Iterable[tuple[str, str]]) -> None:
    """Write down, with the deletion of their rows, that these files (hash and suffix) may go."""
    locks.alone(session, locks.FILES)
    for sha256, suffix in files:
        session.merge(GoneFile(sha256=sha256, suffix=suffix))


def let_go(installation: Installation, sha256: str, suffix: str) -> None:
    """Take a file that no row came to name off the disk, unless one does after all."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        put_on_list(session, [(sha256, suffix)])
    sweep(installation)


def sweep(installation: Installation) -> None:
    """Delete files that no row names any more. During this transaction no other one can add a row that names them. A
    process that wrote the same file just before checks in its own transaction that the file is still there."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        waiting = list(
            session.scalars(select(GoneFile.sha256).order_by(GoneFile.sha256))
        )  # most often none, for no write
    for start in range(0, len(waiting), AT_ONCE):
        with installation.store.write(EVERY_WORKSPACE) as session:
            locks.alone(session, locks.FILES)
            batch = waiting[start : start + AT_ONCE]
            kept = _named(session, batch)
            for file in session.scalars(select(GoneFile).where(GoneFile.sha256.in_(batch))):
                if file.sha256 in kept or _unlink(installation, file):
                    session.delete(file)


def _named(session: Session, files: Collection[str]) -> set[str]:
    """Those of the hashes that a row of any office still names."""
    return {sha for kind in KINDS for sha in session.scalars(select(kind.sha256).where(kind.sha256.in_(files)))}


def _unlink(installation: Installation, file: GoneFile) -> bool:
    """Whether it is gone. The original last, so that a file left half way is still on the list."""
    try:
        for form in list(forms_of(installation, file.sha256)):
            installation.cache.delete(form)
        installation.blobs.delete(key_of(file.sha256, file.suffix))
    except OSError:
        log.exception("the file %s could not be removed; it is tried again", file.sha256)
        return False
    return True


def orphans(installation: Installation) -> list[File]:
    """Files among the pictures that no row names: left by a crash, or put there by hand."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        known = {
            key_of(sha, suffix) for kind in KINDS for sha, suffix in session.execute(select(kind.sha256, kind.suffix))
        }
        known |= {key_of(file.sha256, file.suffix) for file in session.scalars(select(GoneFile))}
    files = (key for key in installation.blobs.keys("") if len(key.partition("/")[0]) == 2)
    return [File(installation.blobs, key) for key in files if key not in known]
