"""Tables of contacts that come in as files: read whole and encrypted at once, then taken in piece by piece.

Each piece is one transaction that also says how far the file has come, so a file is gone on with after any crash, and
no row is taken in twice. A contact is known by its address: a file that is imported again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import IO, Final

import msgspec
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from commsched.core.contacts.columns import FIELDS, Guess, guess, rows_above
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.contacts import _tables, consent
from commsched.services.contacts._intake import Row, take_in
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, scheduler
from commsched.store.models import Channel, ContactImport, ContactImportNote, ContactImportPiece
from commsched.store.session import EVERY_WORKSPACE

PIECE: Final = 500
"""Rows that one transaction takes in."""
MOST: Final = 40
"""Pieces of one turn of the engine."""
SHOWN: Final = 8
"""Rows that the preview shows."""
_LOOKED_AT: Final = 50
_UNDECIDED: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=30)
_ANALYZE: Final = text("ANALYZE contact, contact_event, list_recipient")
REASONS: Final = {
    "no address": N_("There is no e-mail address in the row."),
    "bad address": N_("This is no e-mail address."),
    "letters": N_("Mail servers take no letters such as å, ä or ö before the @. Ask for the address in plain letters."),
    "several": N_("There are several addresses in one cell. Give each a row of its own."),
    "unsubscribed": N_("Left out: they have said that they want no mail from you."),
    "bounced": N_("Left out: mail to this address has come back."),
    "erased": N_("Left out: they have asked to be erased, and are never written to again."),
    "unconfirmed": N_("Left out: they have yet to answer the mail that asks whether they want this."),
    "language": N_("Imported, but without a language: this one is not known."),
    "twice": N_("The address stands on several rows of the file. What they say is put together."),
    "cut": N_("Imported, but the text was too long and is cut."),
}
"""What is said of a row."""


def begin(
    installation: Installation, actor: Actor, world: str, file: IO[bytes], filename: str, channel: int | None = None
) -> int:
    """Read the table in ``file`` and keep it, encrypted, until its columns are chosen; returns the import's id. Raises
    :class:`Invalid` for what is no table of contacts. The reading is no transaction."""
    actor.require("write")
    rows = ((number, row) for number, row in enumerate(_tables.read(file), 1) if any(row))
    first = list(islice(rows, PIECE))
    first = first[rows_above([cells for _number, cells in first[:_LOOKED_AT]]) :]
    guessed = guess([cells for _number, cells in first[:_LOOKED_AT]])
    sealed, count = [], 0
    piece = first
    while piece:
        count += len(piece)
        sealed.append(installation.vault.seal(msgspec.json.encode(piece).decode()))
        piece = list(islice(rows, PIECE))
    if not count:
        raise Invalid(N_("The file is empty."), "file")
    with installation.store.write(actor.workspace) as session:
        row = ContactImport(
            world=world,
            actor=actor.name[:200],
            filename=one_line(filename)[:200] or "contacts.csv",
            fields=list(guessed.fields),
            heading=int(guessed.heading),
            channel_id=_list(session, channel),
            rows=count,
            created_at=installation.now(),
        )
        session.add(row)
        session.flush()
        for number, rows_of in enumerate(sealed):
            session.add(ContactImportPiece(import_id=row.id, number=number, rows=rows_of))
    return row.id


def _list(session: Session, channel: int | None) -> int | None:
    """A list that people fill, or none. Raises :class:`Invalid` for anything else."""
    if not channel:
        return None
    row = session.scalar(select(Channel).where(Channel.id == channel, Channel.platform == "presslist"))
    if row is None or row.state == "archived" or row.segment:
        raise Invalid(N_("Choose a list that people fill."), "channel")
    return row.id


def get(installation: Installation, actor: Actor, number: int) -> ContactImport:
    """The import. Raises :class:`NotFound`."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        row = session.scalar(select(ContactImport).where(ContactImport.id == number))
    if row is None:
        raise NotFound(N_("There is no such import."))
    return row


def recent(installation: Installation, actor: Actor, world: str, most: int = 10) -> list[ContactImport]:
    """The imports of late, newest first; those whose columns were never chosen are left out."""
    mine = (ContactImport.world == world, ContactImport.state != "new")
    with installation.store.read(actor.workspace) as session:
        rows = session.scalars(select(ContactImport).where(*mine).order_by(ContactImport.id.desc()).limit(most))
        return list(rows)


class Preview(msgspec.Struct, frozen=True):
    """What a file looks like before it is taken in: its first rows, and what its columns seem to say."""

    heading: list[str]
    rows: list[list[str]]
    guessed: Guess


def preview(installation: Installation, actor: Actor, number: int) -> Preview:
    """The first rows of an import whose columns are not chosen yet. Raises :class:`NotFound`."""
    row = get(installation, actor, number)
    with installation.store.read(actor.workspace) as session:
        rows = [cells for _number, cells in _piece(installation, session, number, 0)]
    width = max((len(cells) for cells in rows), default=0)
    shown = [[*cells, *[""] * (width - len(cells))] for cells in rows[: SHOWN + 1]]
    heading = shown[0] if row.heading else [""] * width
    fields = (*row.fields, *[""] * (width - len(row.fields)))[:width]
    return Preview(heading, shown[1:] if row.heading else shown[:SHOWN], Guess(fields, bool(row.heading)))


def _piece(installation: Installation, session: Session, number: int, piece: int) -> list[Row]:
    mine = (ContactImportPiece.import_id == number, ContactImportPiece.number == piece)
    sealed = session.scalar(select(ContactImportPiece.rows).where(*mine))
    return msgspec.json.decode(installation.vault.unseal(sealed), type=list[Row]) if sealed else []


def start(
    installation: Installation,
    actor: Actor,
    number: int,
    fields: Sequence[str],
    heading: bool,
    channel: int | None = None,
    grounds: consent.Grounds = consent.Grounds(),
) -> None:
    """Take the file in, with what each column says (keys of :data:`FIELDS`, or nothing). Everybody in it is put on the
    list ``channel``, if one is named; ``grounds`` are why they may be written to. The engine goes on with it."""
    actor.require("write")
    why = consent.asked(installation, actor, get(installation, actor, number).world, grounds)
    if fields.count("address") != 1:
        raise Invalid(N_("Choose the one column that holds the e-mail addresses."), "fields")
    twice = next((field for field in fields if field and fields.count(field) > 1), "")
    if twice or any(field not in FIELDS for field in fields if field):
        raise Invalid(N_("Two columns cannot say the same. Leave one of them out."), "fields")
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(select(ContactImport).where(ContactImport.id == number).with_for_update(key_share=True))
        if row is None:
            raise NotFound(N_("There is no such import."))
        if row.state == "new":
            row.fields, row.heading, row.state = list(fields), int(heading), "running"
            row.channel_id, row.grounds = _list(session, channel), msgspec.to_builtins(why)
            row.rows -= row.heading
    installation.wake()


def stop(installation: Installation, actor: Actor, number: int) -> None:
    """Take in no more of a file. What is taken in stays."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(select(ContactImport).where(ContactImport.id == number).with_for_update(key_share=True))
        if row is not None and row.state in ("new", "running"):
            _end(installation, session, row, "stopped")


def _end(installation: Installation, session: Session, row: ContactImport, state: str) -> None:
    row.state, row.ended_at = state, installation.now()
    session.execute(delete(ContactImportPiece).where(ContactImportPiece.import_id == row.id))
    facts = {"added": row.added, "changed": row.changed, "left_out": row.left_out, "wrong": row.wrong}
    actor = msgspec.structs.replace(scheduler(row.workspace_id), name=row.actor)
    if row.position:
        note(session, installation, actor, "contacts.imported", name=row.filename, **facts)


def run(installation: Installation, go_on: Callable[[], bool] = lambda: True) -> None:
    """Go on with every file that is being taken in, as long as ``go_on``; throw away those that nobody decided on."""
    running = select(ContactImport.id, ContactImport.workspace_id).where(ContactImport.state == "running")
    with installation.store.read(EVERY_WORKSPACE) as session:
        under_way = session.execute(running.order_by(ContactImport.id)).all()
    for number, workspace in under_way:
        for _turn in range(MOST):
            if not go_on() or not step(installation, workspace, number):
                break


def forget(installation: Installation) -> None:
    """Throw away files whose columns nobody chose for a day, and what was told of files a month ago."""
    now = installation.now()
    undecided = (ContactImport.state == "new") & (ContactImport.created_at < now - _UNDECIDED)
    long_over = (ContactImport.state.in_(("done", "stopped"))) & (ContactImport.ended_at < now - _KEPT)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(delete(ContactImport).where(undecided | long_over))


def step(installation: Installation, workspace: int, number: int) -> bool:
    """Take in the next piece of a file, in one transaction; returns whether there is more. Where another engine has it
    in hand, nothing is done."""
    mine = select(ContactImport).where(ContactImport.id == number, ContactImport.state == "running")
    with installation.store.write(workspace) as session:
        row = session.scalar(mine.with_for_update(key_share=True, skip_locked=True))
        if row is None:
            return False
        rows = _piece(installation, session, number, row.piece)
        if not rows:
            _end(installation, session, row, "done")
            return False
        take_in(installation, session, row, rows[row.heading :] if row.piece == 0 else rows)
        row.piece += 1
        done = row.piece
    if done & (done - 1) == 0:
        _reckon(installation, workspace)
    return True


def _reckon(installation: Installation, workspace: int) -> None:
    """Have PostgreSQL look at how large the tables are: it keeps the plans that it made when they were empty, and each
    piece would read all that came before it. Asked after the first piece, the second, the fourth and so on."""
    if not installation.store.is_sqlite:
        with installation.store.write(workspace) as session:
            session.execute(_ANALYZE)


def remarks(
    installation: Installation, actor: Actor, number: int, most: int | None = None
) -> Iterator[tuple[int, str, str]]:
    """What is to be said of the rows of a file: (row, reason, what stands there), by row."""
    get(installation, actor, number)
    mine = select(ContactImportNote).where(ContactImportNote.import_id == number)
    with installation.store.read(actor.workspace) as session:
        for row in session.scalars(mine.order_by(ContactImportNote.row, ContactImportNote.id).limit(most)):
            yield row.row, row.reason, installation.vault.unseal(row.text)
