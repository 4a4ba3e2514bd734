"""What it takes to import, look through and export press contacts.

    python -m bench.contacts [--rows 50000] [--kind csv|xlsx] [--store sqlite|postgresql]

A file of so many contacts is written, imported to a list beside one that fills itself, imported again, looked through
and exported, each timed. What the process took at its most is printed last; the file is written by another process, so
that only the import counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.recipients import databases
from commsched.bootstrap import open_installation
from commsched.core.contacts.segment import Segment
from commsched.services.accounts import people
from commsched.services.channels import list_editing
from commsched.services.contacts import _tables, exports, imports, search
from commsched.services.kernel.context import Actor, Installation

BEATS = ("sjukvård", "skola", "kollektivtrafik", "kultur", "miljö", "ekonomi")
FIRST = ("Åsa", "Bo", "Karin", "Nils", "Märta", "Olof", "Fatima", "Erik")


def rows(count: int) -> Iterator[Sequence[str]]:
    yield "Namn", "E-post", "Tidning", "Bevakar", "Område", "Språk", "Anteckning"
    for number in range(count):
        name = f"{FIRST[number % 8]} Efternamnsson {number}"
        beats = f"{BEATS[number % 6]}, {BEATS[number % 5]}"
        address = f"red{number}@tidning{number % 400}.example"
        yield name, address, f"Tidning {number % 400}", beats, f"ort {number % 20}", "sv", "ring efter tio"


def write(path: Path, count: int) -> None:
    with path.open("wb") as file:
        if path.suffix == ".xlsx":
            _tables.write_xlsx(rows(count), "Kontakter", file)
        else:
            file.writelines(_tables.write_csv(rows(count)))


def told(what: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    result = work()
    print(f"{what:<44}{time.perf_counter() - start:8.2f} s   {result}")


def take_in(installation: Installation, actor: Actor, path: Path, channel: int) -> str:
    with path.open("rb") as file:
        number = imports.begin(installation, actor, "press", file, path.name)
    guessed = imports.preview(installation, actor, number).guessed
    imports.start(installation, actor, number, guessed.fields, guessed.heading, channel)
    while imports.step(installation, int(actor.workspace), number):
        pass
    row = imports.get(installation, actor, number)
    return f"{row.added} new, {row.changed} changed, {row.same} the same, {row.wrong} wrong"


def look(installation: Installation, actor: Actor, wanted: search.Wanted) -> int:
    with installation.store.read(actor.workspace) as session:
        return len(search.look(installation, session, int(actor.workspace), "press", wanted).people)


def last_page(installation: Installation, actor: Actor) -> int:
    with installation.store.read(actor.workspace) as session:
        everybody = search.everybody(installation, session, int(actor.workspace), "press", search.Wanted())
        last = [row.id for row in everybody][-40]
    start = time.perf_counter()
    count = look(installation, actor, search.Wanted(after=last))
    print(f"{'the last page, from its place':<44}{time.perf_counter() - start:8.3f} s   {count}")
    return count


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args(arguments)
    print(f"{chosen.rows} contacts, {chosen.kind}, {chosen.store}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as home, databases(chosen.store) as create:
        path = Path(home) / f"contacts.{chosen.kind}"
        writer = multiprocessing.get_context("spawn").Process(target=write, args=(path, chosen.rows))
        writer.start()
        writer.join()
        installation = open_installation(home, url=create())
        place, admin = people.create_workspace(installation, "Gruppen", "a@gruppen.example", "ett långt lösenord")
        actor = Actor(admin.id, "Astrid", place.id, "administrator")
        list_editing.make_list(installation, actor, "Vård", segment=Segment(beats=("sjukvård",)))
        channel = list_editing.make_list(installation, actor, "Alla").id
        told("imported", lambda: take_in(installation, actor, path, channel))
        print(
            f"{'the most that the process took':<44}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB"
        )
        told("imported again", lambda: take_in(installation, actor, path, channel))
        told("the first page", lambda: look(installation, actor, search.Wanted()))
        last_page(installation, actor)
        told("searched: many fit", lambda: look(installation, actor, search.Wanted(words="åsa")))
        told("searched: nobody fits", lambda: look(installation, actor, search.Wanted(words="finns inte")))
        told(
            "searched: a whole address", lambda: look(installation, actor, search.Wanted(words="red7@tidning7.example"))
        )
        told("by beat and list", lambda: look(installation, actor, search.Wanted(beat="skola", channel=channel)))
        for kind in ("csv", "xlsx"):
            told(f"exported, {kind}", lambda kind=kind: exports.take_out(installation, actor, "press", kind).count)
        print(
            f"{'the most that the process took':<44}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB"
        )
        installation.store.close()


if __name__ == "__main__":
    main()
