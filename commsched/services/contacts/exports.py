"""Contacts that go out as a file: whose choice it was and how many stands in the record, never who."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Final, Literal

import msgspec
from sqlalchemy.orm import Session

from commsched.core.contacts.columns import FIELDS
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import N_, Invalid
from commsched.services.contacts import _tables, consent, imports
from commsched.services.contacts.search import Wanted, everybody, press_lists
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation

Kind = Literal["csv", "xlsx"]
KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_HEADINGS: Final = ("name", "address", "outlet", "beats", "areas", "language", "notes")
_STATE: Final = N_("State")
_WHY: Final = (
    N_("May be written to because"),
    N_("Since"),
    N_("How"),
    N_("Why, or to which text"),
    N_("Where the proof is"),
    N_("Who wrote it down"),
)
_AT_ONCE: Final = 500
_IN_MEMORY: Final = 1024 * 1024
"""A larger file lies on the disk until it is sent."""


class File(msgspec.Struct, frozen=True):
    """A file to be sent: ``file`` stands at its beginning, and is gone when it is closed."""

    name: str
    media_type: str
    file: IO[bytes]
    count: int


class _Counter:
    """How many contacts a file holds, counted while it is written."""

    def __init__(self) -> None:
        self.count = 0


def take_out(installation: Installation, actor: Actor, world: str, kind: str, channel: int = 0) -> File:
    """Everybody in ``world``, or on the list ``channel``, as a file. Only administrators; the record says so."""
    actor.require("administer")
    if kind not in KINDS:
        raise Invalid(N_("Choose CSV or Excel."), "kind")
    counter = _Counter()
    with installation.store.read(actor.workspace) as session:
        names = {row.id: row.name for row in press_lists(session)}
        if channel and channel not in names:
            raise Invalid(N_("There is no such list."), "channel")
        rows = _rows(installation, session, actor, world, channel, counter)
        file = _written(rows, kind)
    name = names.get(channel, "")
    with installation.store.write(actor.workspace) as session:
        note(session, installation, actor, "contacts.exported", count=counter.count, name=name or kind, channel=channel)
    words = [translate(N_("press contacts"), actor.language), name, installation.now().date().isoformat()]
    title = " ".join(word for word in words if word)
    return File(f"{title}.{kind}", KINDS[kind], file, counter.count)


def _rows(
    installation: Installation, session: Session, actor: Actor, world: str, channel: int, counter: _Counter
) -> Iterator[Sequence[str]]:
    language, unseal = actor.language, installation.vault.unseal
    heads = [*(FIELDS[field] for field in _HEADINGS), _STATE, *_WHY]
    yield [translate(head, language) for head in heads]
    people = everybody(installation, session, int(actor.workspace), world, Wanted(channel=channel))
    while some := list(islice(people, _AT_ONCE)):
        said = consent.standing(session, [row.id for row in some])
        for row in some:
            counter.count += 1
            yield (
                unseal(row.name),
                unseal(row.address),
                row.outlet,
                ", ".join(row.beats),
                ", ".join(row.areas),
                row.language,
                unseal(row.notes),
                row.state,
                *_why(said.get(row.id), language),
            )


def _why(said: consent.Said | None, language: str) -> tuple[str, ...]:
    """Why a contact may be written to, by the columns of :data:`_WHY`."""
    if said is None:
        return ("",) * len(_WHY)
    basis = translate(consent.BASES[said.basis], language) if said.basis in consent.BASES else said.basis
    since = said.given_on or said.at.date().isoformat()
    return basis, since, said.how, said.words, said.proof, said.source


def _written(rows: Iterable[Sequence[str]], kind: str) -> IO[bytes]:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (whoever sends it closes it)
    if kind == "xlsx":
        _tables.write_xlsx(rows, "Kontakter", file)
    else:
        file.writelines(_tables.write_csv(rows))
    file.seek(0)
    return file


def remarks(installation: Installation, actor: Actor, number: int) -> Iterator[bytes]:
    """What is to be said of each row of an imported file, as CSV. Raises ``NotFound``."""
    row = imports.get(installation, actor, number)
    language = actor.language
    head = [translate(word, language) for word in (N_("Row"), N_("What is wrong"), N_("What stands there"))]
    lines = (
        [str(line), translate(imports.REASONS.get(reason, reason), language), text]
        for line, reason, text in imports.remarks(installation, actor, row.id)
    )
    return _tables.write_csv(chain([head], lines))
