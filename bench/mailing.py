"""A mailing beside Postfix's own ``smtp-source``: how many messages a second leave, with everything written down.

    python -m bench.mailing [--count 5000] [--size 20480] [--lanes 4] [--store sqlite|postgresql] [--signed] [--profile]
                            [--rounds 5] [--relay smtp://host:port]

A release is approved for a list of so many, and the dispatcher sends it from one process into ``smtp-sink``, a
different message to each: the gate, the attempts before and the answers after every group are committed as at night.
``smtp-source -d -s 10`` sends as many messages of the same size into the same sink, before and after each round; what
is compared is the median of the rounds, each with the mean of its own two. With ``--relay`` both go to that server
instead. On a machine that does other things too the processor's time for each message says more than the ratio.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import URL, func, select

from bench.recipients import DUE, databases, office
from commsched.mail.connection import read_url
from commsched.mail.relay import SmtpMailer
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, DkimKey, Part, Workspace
from commsched.store.session import EVERY_WORKSPACE


def program(name: str) -> str:
    """Where a program of Postfix is; it needs Debian's ``postfix``."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        raise SystemExit(f"{name} is missing: install Debian's postfix")
    return path


@contextmanager
def sink() -> Iterator[str]:
    """An ``smtp-sink`` of its own; ``host:port``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program("smtp-sink"), "-u", "nobody", f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def yardstick(where: str, count: int, size: int, to: str) -> float:
    """Messages a second of ``smtp-source -d -s 10``."""
    command = [program("smtp-source"), "-d", "-s", "10", "-m", str(count), "-l", str(size), "-t", to, where]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return count / (time.perf_counter() - start)


def keep_key(installation: Installation) -> None:
    """The office's mail is signed from now on."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    sealed, moment = installation.vault.seal(private), {"created_at": DUE, "changed_at": DUE}
    with installation.store.write(EVERY_WORKSPACE) as session:
        office_id = session.scalars(select(Workspace.id)).one()
        row = DkimKey(domain="gruppen.example", selector="cs", private=sealed, public="", state="active", **moment)
        row.workspace_id = office_id
        session.add(row)


def ours(where: str, chosen: argparse.Namespace, url: URL | None) -> tuple[float, float, float]:
    """(messages a second from the first commit to the last, milliseconds of this process's time for each, seconds for
    the approval)."""
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(chosen.hands) as hands:
        installation, clock, approved = office(home, chosen.count, chosen.lanes, url, chosen.size)
        installation.mailer = SmtpMailer(read_url(f"smtp://{where}?starttls=0"), "press@gruppen.example")
        clock.at = DUE
        if chosen.signed:
            keep_key(installation)
        dispatcher = Dispatcher(installation, hands=hands, width=chosen.hands)
        profile = cProfile.Profile() if chosen.profile else None
        start, used = time.perf_counter(), time.process_time()
        if profile:
            profile.enable()
        dispatcher.run()
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        wall, processor = time.perf_counter() - start, time.process_time() - used
        with installation.store.read(0) as session:
            states = dict(session.execute(select(Part.state, func.count()).group_by(Part.state)).all())
            attempts = session.scalar(select(func.count()).select_from(Attempt))
        installation.store.close()
    if states != {"published": chosen.count} or attempts != chosen.count:
        print(f"states {states}, attempts {attempts}")
    return chosen.count / wall, processor / chosen.count * 1000, approved


class Round(NamedTuple):
    """One comparison."""

    rate: float
    """Messages a second."""
    source: float
    """Of ``smtp-source``, over the time of before and after together."""
    processor: float
    """Milliseconds of this process's time for each message."""
    approved: float
    """Seconds that the approval took."""

    @property
    def share(self) -> float:
        return self.rate / self.source


def measure(where: str, chosen: argparse.Namespace, create: Callable[[], URL | None]) -> list[Round]:
    """So many rounds, told as they come."""
    rounds: list[Round] = []
    before = yardstick(where, chosen.count, chosen.size, chosen.to)
    for _ in range(chosen.rounds):
        rate, each, approved = ours(where, chosen, create())
        after = yardstick(where, chosen.count, chosen.size, chosen.to)
        rounds.append(Round(rate, 2 / (1 / before + 1 / after), each, approved))
        words = f"commsched {rate:.0f}/s, {each:.3f} ms of processor each; smtp-source {before:.0f} and {after:.0f}/s"
        print(f"{words}: {rounds[-1].share:.0%}, load {os.getloadavg()[0]:.1f}", flush=True)
        before = after
    return rounds


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--size", type=int, default=20480)
    parser.add_argument("--lanes", type=int, default=4, choices=range(1, 5))
    parser.add_argument("--hands", type=int, default=8)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--relay", default="")
    parser.add_argument("--to", default="red0@tidning0.example", help="whom smtp-source writes to")
    parser.add_argument("--signed", action="store_true", help="with DKIM, RSA and 2048 bits")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args(arguments)
    print(f"{chosen.count} messages of {chosen.size} bytes, {chosen.lanes} lanes, {chosen.store}")
    with databases(chosen.store) as create, sink() as own:
        where = urlsplit(chosen.relay).netloc or own
        warm = argparse.Namespace(**{**vars(chosen), "count": 40, "profile": False})
        ours(where, warm, create())  # what is imported and compiled once, in a process that runs for weeks
        rounds = measure(where, chosen, create)
    print(f"median of {len(rounds)}: {statistics.median(each.share for each in rounds):.0%} of smtp-source -d -s 10")
    print(f"processor: {statistics.median(each.processor for each in rounds):.3f} ms each")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"approval {rounds[-1].approved:.1f} s, at most {memory:.0f} MB")


if __name__ == "__main__":
    main()
