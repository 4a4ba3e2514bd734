"""Press contacts: import a file, take one out, list them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commsched.cli._common import (
    OfficeGroup,
    echo,
    open_installation,
    table,
    translated,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.messages import N_

if TYPE_CHECKING:
    from commsched.services.contacts.imports import Preview
    from commsched.services.kernel.context import Actor, Installation


@click.group(cls=OfficeGroup)
def contacts() -> None:
    """The journalists and newsrooms that an office writes to."""


@contacts.command("import")
@workspace_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "channel", type=int, default=0, metavar="ID", help="Put everybody on this list, too.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=N",
    help="Which column says what, where the guess is wrong: address, name, first, last, outlet, beats, areas, "
    "language, notes; N is counted from one, and 0 leaves the field out.",
)
@click.option("--dry-run", is_flag=True, help="Only show what the columns are taken for.")
@click.option(
    "--basis",
    type=click.Choice(["interest", "consent"]),
    default="interest",
    show_default=True,
    help="Why they may be written to: it is their work to be told, or they have said yes to it.",
)
@click.option("--why", default="", metavar="WORDS", help="Why it is their work; or the text that they said yes to.")
@click.option("--given-on", default="", metavar="DAY", help="Of a consent: the day, such as 2026-03-01.")
@click.option("--how", default="", metavar="WORDS", help="Of a consent: how they said yes.")
@click.option("--proof", default="", metavar="WORDS", help="Of a consent: where the proof is.")
def import_contacts(
    workspace: str, file: Path, channel: int, columns: tuple[str, ...], dry_run: bool, basis: str, why: str, **said: str
) -> None:
    """Import a CSV or XLSX file. It may be imported again: nobody is doubled. Rows that name nobody are printed with
    their number; exit code 1 if there are any."""
    from commsched.services.contacts import consent, imports
    from commsched.services.contacts.suppression import PRESS

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    grounds = consent.asked(installation, actor, PRESS, consent.Grounds(basis, why, **said))
    with file.open("rb") as stream:
        number = imports.begin(installation, actor, PRESS, stream, file.name, channel)
    preview = imports.preview(installation, actor, number)
    fields = _fields(preview, columns)
    for place, field in enumerate(fields):
        echo(f"{place + 1}  {preview.heading[place] or '-'}  →  {field or '-'}")
    if dry_run:
        imports.stop(installation, actor, number)
        return
    imports.start(installation, actor, number, fields, preview.guessed.heading, channel, grounds)
    _follow(installation, actor, number)
    row = imports.get(installation, actor, number)
    for line, reason, _text in imports.remarks(installation, actor, number):
        click.echo(f"{line}  {translated(imports.REASONS.get(reason, reason))}")
    echo(
        N_("%(added)s new, %(changed)s changed, %(same)s as before, %(left_out)s left out, %(wrong)s wrong."),
        added=row.added,
        changed=row.changed,
        same=row.same,
        left_out=row.left_out,
        wrong=row.wrong,
    )
    if row.wrong:
        click.get_current_context().exit(1)


def _fields(preview: Preview, columns: tuple[str, ...]) -> list[str]:
    fields = list(preview.guessed.fields)
    for column in columns:
        field, equals, place = column.partition("=")
        if not equals or not place.isdecimal() or int(place) > len(fields):
            raise click.UsageError(f"--column takes FIELD=N, and “{column[:40]}” is not that.")
        fields = ["" if known == field else known for known in fields]
        if int(place):
            fields[int(place) - 1] = field
    return fields


def _follow(installation: Installation, actor: Actor, number: int) -> None:
    """Take the file in, with a line that tells how far it has come where somebody looks on."""
    from commsched.services.contacts import imports

    watched = sys.stderr.isatty()
    while imports.step(installation, int(actor.workspace), number):
        if watched:
            row = imports.get(installation, actor, number)
            click.echo(f"\r{row.position} / {row.rows}", nl=False, err=True)
    if watched:
        click.echo(err=True)


@contacts.command("export")
@workspace_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--list", "channel", type=int, default=0, metavar="ID", help="Only those on this list.")
def export_contacts(workspace: str, file: Path, channel: int) -> None:
    """Write all press contacts to FILE, whose ending says how: .csv or .xlsx. That stands in the record. Only its owner
    may read the file."""
    from commsched.services.contacts import exports
    from commsched.services.contacts.suppression import PRESS

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    taken = exports.take_out(installation, actor, PRESS, file.suffix.lstrip(".").lower(), channel)
    with taken.file, file.open("wb") as stream:
        shutil.copyfileobj(taken.file, stream)
    echo(N_("%(count)s contacts are in %(file)s."), count=taken.count, file=file)


@contacts.command("list")
@workspace_option
@click.option("--search", "words", default="", metavar="WORDS", help="Pieces of name, address or newspaper.")
@click.option("--list", "channel", type=int, default=0, metavar="ID", help="Only those on this list.")
@click.option("--beat", default="", help="Only those who write about this.")
def list_contacts(workspace: str, words: str, channel: int, beat: str) -> None:
    """List press contacts, by newspaper."""
    from commsched.services.contacts import search
    from commsched.services.contacts.suppression import PRESS

    installation = open_installation()
    _, actor = workspace_and_actor(installation, workspace)
    wanted = search.Wanted(words=words, channel=channel, beat=beat)
    with installation.store.read(actor.workspace) as session:
        rows: list[tuple[object, ...]] = [
            (person.id, person.name, person.address, person.outlet, ", ".join(person.beats), person.state)
            for person in search.look(installation, session, int(actor.workspace), PRESS, wanted, limit=10_000).people
        ]
    table(rows, ("id", "name", "address", "outlet", "writes about", "state"))


COMMANDS = (contacts,)
