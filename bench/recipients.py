"""What one recipient of a mailing costs the courier: admitted, called and recorded, at lists of several lengths.

    python -m bench.recipients [--sizes 500,2000,8000,50000] [--turns 200]

For each length a list is kept, a release to it approved (which freezes its recipients), and so many turns of the
courier are timed in the middle of the mailing. The relay answers at once and nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select, update

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


class Clock:
    """Stands still, at a moment that is set."""

    at = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def office(home: str, size: int) -> tuple[Installation, Clock, float]:
    """An office with a release approved for a list of ``size``, due now; and how long the approval took, in seconds."""
    clock = Clock()
    installation = open_installation(home, clock=clock)
    installation.mailer = Relay()
    place, boss = people.create_workspace(
        installation, "Regiongruppen", "astrid@example.org", "ett långt lösenord", person_name="Astrid", slug="gruppen"
    )
    lead = Actor(boss.id, boss.name, place.id, "administrator")
    approver = people.add_person(installation, lead, "gunnar@example.org", "approver", name="Gunnar").person
    addresses = "\n".join(f"Redaktion {n} <red{n}@tidning{n % 97}.example>" for n in range(size))
    channel = connect.connect(installation, lead, "presslist", "Pressen", {"addresses": addresses})
    given = DraftIn(
        kind="release",
        title="Ja till fler turer",
        text="Regionen säger ja. " * 100,
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


def measure(size: int, turns: int) -> tuple[float, float, float]:
    """(milliseconds of processor time for each recipient, the same by the clock on the wall, seconds for the
    approval)."""
    with tempfile.TemporaryDirectory() as home:
        installation, clock, approved = office(home, size)
        clock.at = DUE
        courier = Dispatcher(installation, wait=lambda seconds: None)
        courier.step()  # freezes, where that was not done by the approval
        in_the_middle(installation)
        times: list[float] = []
        cpu = time.process_time()
        for _ in range(min(turns, size // 4)):
            start = time.perf_counter()
            courier.step()
            times.append(time.perf_counter() - start)
        each = (time.process_time() - cpu) / len(times)
        installation.store.close()
    return each * 1000, statistics.median(times) * 1000, approved


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="500,2000,8000,50000")
    parser.add_argument("--turns", type=int, default=200)
    given = parser.parse_args(arguments)
    print(f"{'recipients':>10}  {'ms of processor each':>20}  {'ms each, median':>15}  {'approval, s':>11}")
    for size in map(int, given.sizes.split(",")):
        cpu, each, approved = measure(size, given.turns)
        print(f"{size:>10}  {cpu:>20.2f}  {each:>15.2f}  {approved:>11.2f}", flush=True)


if __name__ == "__main__":
    main()
