"""What one recipient of a mailing costs the courier: admitted, called and recorded, at lists of several lengths.

    python -m bench.recipients [--sizes 500,2000,8000,50000] [--calls 200] [--lanes 1] [--store sqlite|postgresql]

For each length a list is kept, a release to it approved (which freezes its recipients), and so many calls of the
dispatcher are timed in the middle of the mailing, several committed together where there are lanes. The relay answers
at once and nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import URL, select, update

from commsched.bootstrap import open_installation
from commsched.core.content.draft import DraftIn
from commsched.core.delivery.outcome import Outcome, Published
from commsched.core.platform.contract import Email, Mailer
from commsched.services.accounts import people
from commsched.services.channels import connect
from commsched.services.content import items
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import approve, editing
from commsched.store.models import Part

DUE = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)


class Relay(Mailer):
    """Takes every message at once."""

    sender = "press@gruppen.example"

    def send(self, message: Email) -> Outcome:
        return Published(message.message_id)


class AtOnce(Executor):
    """Hands that make each call in the dispatcher's own thread, so that all of its cost is seen."""

    def submit(self, call: Callable[..., object], /, *args: object, **kwargs: object) -> Future[object]:  # type: ignore[override]
        call(*args, **kwargs)
        return Future()


class Clock:
    """Stands still, at a moment that is set."""

    at = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def office(home: str, size: int, lanes: int, url: URL | None, octets: int = 0) -> tuple[Installation, Clock, float]:
    """An office with a release approved for a list of ``size``, due now; and how long the approval took, in seconds.
    ``octets``: about how large each mail is to be; else it is short."""
    clock = Clock()
    installation = open_installation(home, clock=clock, url=url)
    installation.mailer = Relay()
    place, boss = people.create_workspace(
        installation, "Regiongruppen", "astrid@example.org", "ett långt lösenord", person_name="Astrid", slug="gruppen"
    )
    lead = Actor(boss.id, boss.name, place.id, "administrator")
    approver = people.add_person(installation, lead, "gunnar@example.org", "approver", name="Gunnar").person
    line = "Redaktion {n} <red{n}@tidning{m}.example>" if size <= 50_000 else "red{n}@tidning{m}.example"
    addresses = "\n".join(line.format(n=n, m=n % 97) for n in range(size))
    channel = connect.connect(
        installation, lead, "presslist", "Pressen", {"addresses": addresses, "connections": str(lanes)}
    )
    given = DraftIn(
        kind="release",
        title="Ja till fler turer",
        text="\n\n".join(["Regionen säger ja till fler turer. " * 12] * (max(octets // 950, 1) if octets else 5)),
        channels=[channel.id],
        publish_at=DUE.isoformat(),
        contact="Eva, 070-000 00 00",
    )
    item = editing.create(installation, lead, given)
    approve.submit(installation, lead, item, then_schedule=True)
    with installation.store.read(place.id) as session:
        hashed = items.current(session, items.load(session, item)).hash
    start = time.perf_counter()
    approve.approve(installation, Actor(approver.id, approver.name, place.id, "approver"), item, hashed)
    return installation, clock, time.perf_counter() - start


def in_the_middle(installation: Installation) -> None:
    """Half of the recipients have got it."""
    with installation.store.write(0) as session:
        numbers = session.scalars(select(Part.number)).all()
        session.execute(update(Part).where(Part.number < len(numbers) // 2).values(state="published"))


def measure(size: int, calls: int, lanes: int, url: URL | None) -> tuple[float, float, float]:
    """(milliseconds of processor time for each recipient, the same by the clock on the wall, seconds for the
    approval)."""
    with tempfile.TemporaryDirectory() as home:
        installation, clock, approved = office(home, size, lanes, url)
        clock.at = DUE
        dispatcher = Dispatcher(installation, hands=AtOnce(), width=lanes, wait=lambda seconds: None)
        dispatcher.step()  # freezes, where that was not done by the approval
        in_the_middle(installation)
        made, wanted = 0, min(calls, size // 4)
        start, used = time.perf_counter(), time.process_time()
        while made < wanted:
            made += dispatcher.step() or 0
        wall, processor = time.perf_counter() - start, time.process_time() - used
        installation.store.close()
    return processor / made * 1000, wall / made * 1000, approved


@contextmanager
def databases(store: str) -> Iterator[Callable[[], URL | None]]:
    """What gives each office its database: a file in its home, or one on a server of this run."""
    if store == "sqlite":
        yield lambda: None
        return
    from bench.databases import durable_server

    with durable_server() as server:
        yield server.create


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="500,2000,8000,50000")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--lanes", type=int, default=1, choices=range(1, 5))
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args(arguments)
    print(f"{chosen.lanes} lanes, {chosen.store}, load {os.getloadavg()[0]:.1f}")
    print(f"{'recipients':>10}  {'ms of processor each':>20}  {'ms each':>8}  {'approval, s':>11}")
    with databases(chosen.store) as create:
        for size in map(int, chosen.sizes.split(",")):
            processor, wall, approved = measure(size, chosen.calls, chosen.lanes, create())
            print(f"{size:>10}  {processor:>20.2f}  {wall:>8.2f}  {approved:>11.2f}", flush=True)


if __name__ == "__main__":
    main()
