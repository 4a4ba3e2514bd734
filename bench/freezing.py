"""What writing down a mailing's recipients takes: the memory of the process in which somebody approves it.

    python -m bench.freezing [--sizes 1000,100000] [--store sqlite|postgresql]

For each length a list is kept and a release to it approved, which freezes its recipients; what the approval alone added
to the memory in use is told, at its highest. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from bench.recipients import databases, office
from commsched.services.workflow import approve

_ME = Path("/proc/self")


def _megabytes(name: str) -> float:
    """A figure of this process: ``VmRSS`` now, ``VmHWM`` at its highest."""
    line = next(line for line in (_ME / "status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


class Watched:
    """The approval, with what it added to the memory."""

    def __init__(self) -> None:
        self.before = self.most = 0.0
        self._approve = approve.approve

    def __call__(self, *arguments: object, **named: object) -> object:
        gc.collect()
        (_ME / "clear_refs").write_text("5")  # the highest is from now on
        self.before = _megabytes("VmRSS")
        result = self._approve(*arguments, **named)  # type: ignore[arg-type]
        self.most = _megabytes("VmHWM")
        return result


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args(arguments)
    print(f"{'recipients':>10}  {'approval, s':>11}  {'before, MB':>10}  {'at most, MB':>11}  {chosen.store}")
    with databases(chosen.store) as create:
        for size in map(int, chosen.sizes.split(",")):
            watched = Watched()
            with tempfile.TemporaryDirectory() as home, mock.patch.object(approve, "approve", watched):
                installation, _clock, seconds = office(home, size, 1, create())
                installation.store.close()
            print(f"{size:>10}  {seconds:>11.1f}  {watched.before:>10.0f}  {watched.most:>11.0f}", flush=True)


if __name__ == "__main__":
    main()
