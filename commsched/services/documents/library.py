"""An office's documents: kept byte for byte as they came in, and read by whoever may read an item that has them.

There is no shelf of them. A document belongs to the items that name it, and one that no item came to name goes within
days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from commsched.core.media.documents import DOCUMENT_BYTES, FORMS, title_of
from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_, NotFound
from commsched.services.documents import errors, looking
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.media import quota, videos
from commsched.store import locks
from commsched.store.models import Document, DocumentUse, Revision
from commsched.store.session import EVERY_WORKSPACE

KEPT: Final = timedelta(days=3)
"""How long one waits for an item to name it."""
_PIECE: Final = 256 * 1024
_NONE: Final = N_("There is no such document.")


class Taken(msgspec.Struct, frozen=True):
    """A document that was taken in. ``again``: the office already had it."""

    document: Document
    again: bool


def add(installation: Installation, actor: Actor, path: Path, filename: str = "") -> Taken:
    """Look through the file at ``path`` and keep its bytes. Raises an :class:`errors.BadDocument` with a sentence for
    who hands it in, and :class:`commsched.services.media.quota.Full` where there is no room for it."""
    actor.require("write")
    sha256 = _digest(path)
    traits = looking.look(path, filename)
    form = FORMS[traits.kind]
    with installation.store.write(actor.workspace) as session:
        locks.shared(session, locks.FILES)
        locks.alone(session, f"document {actor.workspace} {sha256}")
        row = session.scalar(select(Document).where(Document.sha256 == sha256))
        again, size = row is not None, path.stat().st_size
        if row is None:
            quota.refuse_over(session, workspace_of(session, actor), size)
            row = Document(sha256=sha256, suffix=form.suffix, mime=form.mime, size=size)
            session.add(row)
        # Called as whoever hands it in calls it: another's name for the same bytes may be none of their business.
        row.title = title_of(filename) or form.called
        row.person_id, row.created_at = actor.person, installation.now()
        row.facts = _facts(traits)
        with path.open("rb") as source:
            installation.blobs.put(source, row.suffix, sha256)
        session.flush()
        if not again:
            note(session, installation, actor, "document.added", document=row.id)
    return Taken(row, again)


def _facts(traits: looking.Traits) -> JsonObject:
    facts: JsonObject = msgspec.to_builtins(traits)
    return {name: value for name, value in facts.items() if value and name != "kind"}


def add_from(installation: Installation, actor: Actor, source: IO[bytes], filename: str = "") -> Taken:
    """As :func:`add`, from a stream, of which no more is read than a document may have."""
    with videos.beside(installation) as path:
        with path.open("xb") as file:
            left = DOCUMENT_BYTES + 1
            while left and (piece := source.read(min(_PIECE, left))):
                file.write(piece)
                left -= len(piece)
        if not left:
            raise errors.TooLarge.of(DOCUMENT_BYTES + 1)
        return add(installation, actor, path, filename)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readable(session: Session, wanted: Collection[int]) -> dict[int, Document]:
    """Those of the documents, by id, whose item the session's reader may see, or that they handed in themselves: what
    goes with a confidential item is as confidential."""
    if not wanted:
        return {}
    reader = session.info.get("reader")
    rows = select(Document).where(Document.id.in_(wanted))
    if reader is None:
        return {row.id: row for row in session.scalars(rows)}
    own = session.scalars(rows.where(Document.person_id == reader))
    used = session.scalars(
        rows.join(DocumentUse, DocumentUse.document_id == Document.id)
        .join(Revision, Revision.id == DocumentUse.revision_id)
        .distinct()
    )
    return {row.id: row for row in (*own, *used)}


def find(installation: Installation, actor: Actor, number: int) -> Document:
    """The document, or :class:`NotFound`: also for one that goes with what ``actor`` may not see."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        row = readable(session, [number]).get(number)
    if row is None:
        raise NotFound(_NONE)
    return row


def find_by_hash(installation: Installation, actor: Actor, sha256: str) -> Document:
    """As :func:`find`, by the SHA-256 of its bytes."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        row = by_hash(session, [sha256]).get(sha256)
        if row is None or row.id not in readable(session, [row.id]):
            raise NotFound(_NONE)
    return row


def by_hash(session: Session, hashes: Collection[str]) -> dict[str, Document]:
    """The documents of the session's office with those SHA-256, whoever may read them."""
    rows = session.scalars(select(Document).where(Document.sha256.in_(hashes))) if hashes else ()
    return {row.sha256: row for row in rows}


def file_of(installation: Installation, row: Document) -> File:
    """Its file. Raises :class:`NotFound` where that is missing or not as long as it was."""
    file = blob_of(installation, row)
    if not is_whole(installation, row):
        raise NotFound(N_("The document's file is missing. Restore it from a backup, or attach it again."))
    return file


def is_whole(installation: Installation, row: Document) -> bool:
    """Whether its file is there and as long as it was."""
    try:
        return blob_of(installation, row).size() == row.size
    except OSError:
        return False


def tidy(installation: Installation, now: datetime) -> None:
    """Delete what has waited for days and no version of any item names: a page that was closed, an item that is
    gone."""
    used = exists().where(DocumentUse.document_id == Document.id)
    with installation.store.write(EVERY_WORKSPACE) as session:
        locks.alone(session, locks.FILES)
        rows = session.scalars(select(Document).where(Document.created_at < now - KEPT, ~used)).all()
        for row in rows:
            session.delete(row)
        if rows:
            session.flush()
            quota.put_on_list(session, [(row.sha256, row.suffix) for row in rows])
    if rows:
        quota.sweep(installation)
