"""Kills the process in the middle of a mailing, again and again, and compares what the relay took with what is said.

    python -m tests.torture.mailing [--kills 100] [--count 5000]

The relay lives on while the sender is killed (SIGKILL), each time after some messages more have come in. At the end
nobody may have got it twice, nobody be forgotten, and the sum must balance.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bench.recipients import DUE, Clock, office
from commsched.bootstrap import open_installation
from commsched.mail.connection import read_url
from commsched.mail.relay import SmtpMailer
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.deliver.recovery import recover
from commsched.store.models import Attempt, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.mail.servers import Relay, Script

LANES, GROUP = 4, 50
PIPELINING = b"250-relay\r\n250-PIPELINING\r\n250 SIZE 10000000"


@dataclass
class Figures:
    """What came of it."""

    kills: int
    chosen: int
    states: Counter[str]
    open: int
    """Attempts without an outcome."""
    taken: Counter[str]
    """How often the relay took a message to each."""
    said: dict[str, str]
    """The state that each recipient is said to be in."""

    def wrong(self) -> list[str]:
        """Everything that may not be."""
        twice = [to for to, times in self.taken.items() if times > 1]
        untrue = [to for to, state in self.said.items() if state == "published" and not self.taken[to]]
        secret = [to for to in self.taken if self.said.get(to) not in ("published", "unknown")]
        rules = {
            "got it twice": twice,
            "said to be published, and not taken": untrue,
            "taken, and not said": secret,
            "forgotten": [to for to, state in self.said.items() if state not in ("published", "unknown", "failed")],
            "the sum does not balance": [] if sum(self.states.values()) == self.chosen else [str(self.states)],
            "attempts open": [str(self.open)] if self.open else [],
            "more unknown than were under way": self._too_many_unknown(),
        }
        return [f"{words}: {cases[:5]}" for words, cases in rules.items() if cases]

    def _too_many_unknown(self) -> list[str]:
        unknown = self.states["unknown"]
        return [str(unknown)] if unknown > self.kills * LANES * GROUP else []


class Sender:
    """A process with everything imported, that forks one sender after another."""

    def __init__(self, home: Path, port: int) -> None:
        command = [sys.executable, "-m", "tests.torture.mailing", "--home", str(home), "--port", str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, life: int) -> int:
        """Begin a sender's life; its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{life}\n")
        self.process.stdin.flush()
        return int(self._line())

    def end(self) -> bool:
        """Wait for the end of the life; whether it ended by itself, with everything done."""
        return self._line() == "0"

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


def torture(home: Path, kills: int, count: int, seed: int) -> Figures:
    """A mailing to ``count``, its sender killed ``kills`` times at most, until nothing is left to do."""
    installation, _clock, _ = office(str(home), count, LANES, None)
    installation.store.close()
    chance, script = random.Random(seed), Script(ehlo=PIPELINING)
    relay = Relay(script)
    sender, killed, life = Sender(home, relay.port), 0, 0
    step = max(count // (kills + 1), 2)
    try:
        while True:
            life += 1
            pid = sender.start(life)
            if killed < kills and _wait_for(script, len(script.messages) + chance.randint(1, step), pid):
                os.kill(pid, signal.SIGKILL)
                killed += 1
            if sender.end():
                break
    finally:
        sender.close()
        relay.close()
    return _figures(home, killed, count, Counter(to for to, _ in script.messages))


def _wait_for(script: Script, messages: int, pid: int) -> bool:
    """Whether so many have come in while the sender ``pid`` still lives."""
    until = time.monotonic() + 20
    while len(script.messages) < messages and time.monotonic() < until:
        if not _lives(pid):
            return False
        time.sleep(0.002)
    return _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _figures(home: Path, killed: int, count: int, taken: Counter[str]) -> Figures:
    installation = open_installation(str(home))
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.execute(select(Part.recipient, Part.state)).all()
        left = len(session.scalars(select(Attempt.id).where(Attempt.outcome == "")).all())
    said = {installation.vault.unseal(recipient): state for recipient, state in rows}
    installation.store.close()
    return Figures(killed, count, Counter(said.values()), left, taken, said)


def _live(home: str, port: int, life: int) -> None:
    """One sender's life: what a dead one left is recovered, and the mailing goes on."""
    clock = Clock()
    clock.at = DUE + timedelta(seconds=10 * life)
    installation = open_installation(home, clock=clock)
    installation.mailer = SmtpMailer(read_url(f"smtp://127.0.0.1:{port}?starttls=0"), "press@gruppen.example")
    with ThreadPoolExecutor(LANES) as hands:
        dispatcher = Dispatcher(installation, hands=hands)
        recover(installation, owner=dispatcher.owner, alone=True)
        dispatcher.run()


def _serve(home: str, port: int) -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                _live(home, port, int(line))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        print(os.waitpid(pid, 0)[1], flush=True)


def main() -> int:
    """Returns 1 where anything was doubled, lost or not said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", default="", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.home:
        _serve(chosen.home, chosen.port)
        return 0
    with tempfile.TemporaryDirectory(prefix="commsched-mailing-") as folder:
        figures = torture(Path(folder) / "home", chosen.kills, chosen.count, chosen.seed)
    print(f"{figures.kills} kills, {figures.chosen} recipients: {dict(figures.states)}")
    print("\n".join(figures.wrong()) or "nobody twice, nobody forgotten, the sum balances")
    return 1 if figures.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
