"""Seeded random walks through the world of :mod:`tests.sims.world`.

    python -m tests.sims.walk --seeds 0-10000 [--steps 40] [--dispatchers 2]

Each seed draws its own weights (some moves and faults never happen, others all the time), so that rare combinations
come up. A seed that fails is printed; the same seed fails again with ``--seeds N-N --tell``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable

from commsched.core.platform.contract import Part, Platform
from tests.sims.platform import LOOK_FAULTS, PREPARE_FAULTS, SEND_FAULTS, Faulty
from tests.sims.world import FIRST, LIST, SECOND, TROUBLES, World, discard

LISTS = (LIST, LIST[::-1], (LIST[0].upper(), *LIST[1:]), (*LIST, "ny@tidningen.se"))
SPANS = (0.5, 3, 6, 20, 95, 400, 1900)
DEEDS = (
    "create",
    "edit",
    "yes",
    "second yes",
    "take back",
    "submit",
    "move",
    "schedule",
    "cancel",
    "pause",
    "resume",
    "decide",
    "list",
    "leave",
    "mend",
    "tamper",
    "picture",
    "crash",
    "trouble",
    "back",
    "time",
    "step",
    "call",
    "run",
    "chores",
    "drop",
    "backup",
    "restore",
)
PAIRS = ("freeze", "wake", "other step", "glance")
"""What happens only where there is more than one dispatcher."""
ALWAYS = {"create": 4, "yes": 6, "second yes": 3, "time": 8, "step": 10, "call": 10, "run": 3, "decide": 2}
ALWAYS |= {"freeze": 3, "wake": 4, "other step": 10, "glance": 3}


class Walk:
    """One seed's way through the world."""

    def __init__(self, seed: int, tell: bool = False, dispatchers: int = 1) -> None:
        self.random = random.Random(seed)
        self.world = World(self.random, dispatchers)
        self.tell = tell
        self.deeds = DEEDS if dispatchers == 1 else DEEDS + PAIRS
        self.weights = [ALWAYS.get(deed, 0) or self.random.choice((0, 0, 1, 1, 3)) for deed in self.deeds]
        self.fault_rate = self.random.choice((0.0, 0.1, 0.3, 0.6))
        self.faults = self.random.sample(SEND_FAULTS, self.random.randint(1, len(SEND_FAULTS)))
        self.world.wall.fault = self._fault
        self.world.set_lanes("none", self.random.choice((1, 2, 3, 4)))
        self.world.set_group("none", self.random.choice((1, 1, 2, 5)))
        for kind in ("key", "two", "read"):
            self.world.set_lanes(kind, self.random.choice((1, 1, 1, 2)))

    def _fault(self, kind: str, platform: Platform, part: Part) -> str:
        if self.random.random() >= self.fault_rate:
            return ""
        choices = {"send": self.faults, "look": LOOK_FAULTS, "prepare": PREPARE_FAULTS}[kind]
        assert isinstance(platform, Faulty)
        return self.random.choice(choices)

    def go(self, steps: int) -> Counter[str]:
        """Walk, look at every step, let everything end, and look at the whole."""
        for _ in range(steps):
            (deed,) = self.random.choices(self.deeds, self.weights)
            if self.tell:
                print(f"{self.world.clock.at:%H:%M:%S} {deed}")
            self._do(deed)
            self.world.check()
        if self.random.random() < 0.5:
            self.world.mend()
        for _ in range(self.random.choice((0, 0, 4, 8))):  # somebody sits down and clears the first page
            self.world.clock.forward(self.random.choice(SPANS))
            self.world.settle()
            self.world.decide(self.random.randrange(8))
            self.world.check()
        self.world.finish()
        return self.world.moves

    def _item(self) -> int | None:
        return self.random.choice(self.world.items[-4:]) if self.world.items else None

    def _do(self, deed: str) -> None:
        world, rnd = self.world, self.random
        plain: dict[str, Callable[[], object]] = {
            "create": self._create,
            "pause": world.pause,
            "mend": world.mend,
            "crash": lambda: world.crash(rnd.randrange(8) % len(world.nodes) if len(world.nodes) > 1 else 0),
            "chores": world.chores,
            "step": world.step,
            "call": lambda: world.call(rnd.randrange(8)),
            "run": world.settle,
            "resume": lambda: world.resume(rnd.choice(("hold", "send"))),
            "drop": lambda: world.drop(rnd.randrange(8)),
            "backup": world.backup,
            "restore": lambda: world.restore(rnd.randrange(4)),
            "decide": lambda: world.decide(rnd.randrange(8)),
            "list": lambda: world.set_list(rnd.choice(LISTS)),
            "leave": lambda: world.leave(rnd.randrange(8), rnd.choice(("unsubscribed", "bounced"))),
            "time": lambda: world.clock.forward(rnd.choice(SPANS)),
            "back": self._set_back,
            "freeze": lambda: world.freeze(rnd.randrange(8)),
            "wake": world.wake,
            "glance": lambda: world.glance(rnd.randrange(8)),
            "other step": lambda: world.step(1 + rnd.randrange(8)),
            "picture": lambda: world.picture_file.write_bytes(b"something else"),
        }
        if deed in plain:
            plain[deed]()
        elif deed == "trouble":
            world.trouble = rnd.choice(TROUBLES)
        elif (item := self._item()) is not None:
            self._to(item, deed)

    def _set_back(self) -> None:
        """The clock is set back. Not while one of several dispatchers has a call before it: that it is too late for it
        is told by the clock here, where a real process has a steady one beside (`engine.clock_guard`)."""
        seconds = self.random.choice((2, 30, 600))
        if len(self.world.nodes) == 1 or not any(node.hands.calls for node in self.world.nodes):
            self.world.clock.forward(-seconds)

    def _create(self) -> None:
        rnd = self.random
        channels = tuple(sorted(rnd.sample((1, 2, 3, 4), rnd.choice((1, 1, 2, 4)))))
        self.world.create(
            place=rnd.choice((1, 1, 1, 2)),
            channels=channels,
            minutes=rnd.choice((0.1, 1, 5, 30)),
            parts=rnd.choice((1, 1, 2, 3)),
            picture=rnd.random() < 0.3,
            embargo=rnd.choice((None, None, 0.0, 1.0)),
            latest=rnd.choice((None, None, 1.0, 10.0)),
            own=rnd.choice((None, None, -0.1, 3.0, 60.0 * 40)),
        )
        for person in (FIRST, SECOND) if self.world.items and rnd.random() < 0.7 else ():
            self.world.say_yes(self.world.items[-1], person)

    def _to(self, item: int, deed: str) -> None:
        world, rnd = self.world, self.random
        match deed:
            case "edit":
                world.edit(item, parts=rnd.choice((1, 2)), minutes=rnd.choice((1, 5)), only_time=rnd.random() < 0.3)
            case "yes" | "second yes":
                world.say_yes(item, FIRST if deed == "yes" else SECOND)
            case "take back":
                world.take_back(item, changes=rnd.random() < 0.5)
            case "submit":
                world.submit(item)
            case "move":
                minutes = rnd.choice((0.2, 3, 60 * 5, 60 * 40))
                world.move(item, minutes, ask_again=rnd.random() < 0.5, alone=rnd.random() < 0.4)
            case "schedule":
                world.schedule(item, rnd.choice((None, None, 0.2, 2)))
            case "cancel":
                world.cancel(item)
            case "tamper":
                world.tamper(item)


def main(argv: list[str] | None = None) -> int:
    """Walk a range of seeds; returns 1 where one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sims.walk", description="Random walks by seed.")
    parser.add_argument("--seeds", default="0-1000", help="a range, both ends included")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--dispatchers", type=int, default=1, help="how many share the store")
    parser.add_argument("--tell", action="store_true", help="print every step")
    given = parser.parse_args(argv)
    first, _, last = given.seeds.partition("-")
    began, bad, moves = time.monotonic(), [], Counter[str]()
    seeds = range(int(first), int(last or first) + 1)
    for seed in seeds:
        try:
            moves += Walk(seed, given.tell, given.dispatchers).go(given.steps)
        except Exception:
            bad.append(seed)
            print(f"seed {seed} fails:", traceback.format_exc(limit=-4), sep="\n")
    took = time.monotonic() - began
    print(f"{len(seeds)} walks in {took:.0f} s ({len(seeds) / took * 60:.0f} a minute), {len(bad)} failed: {bad[:20]}")
    print(", ".join(f"{name} {count}" for name, count in moves.most_common()))
    discard()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
