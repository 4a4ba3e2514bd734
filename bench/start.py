"""What starting costs: the web process as ``wsgi.py`` makes it, beside importing what it is built on; idle memory.

    python -m bench.start [--rounds 7]

Each start is a fresh process with its bytecode at hand, as after any first start, timed until it says that it is
ready; the two are run in turn. Memory is what the web
process and the engine's take together (proportional set size), idle, ten seconds after the first page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BARE = "import flask, sqlalchemy.orm, waitress"
OURS = """
import sys
import wsgi, waitress
heavy = [name for name in ("tweepy", "facebook", "mastodon", "PIL", "alembic") if name in sys.modules]
assert not heavy, heavy
"""


os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # where it is set, each start would compile every module anew


def run(code: str, home: str = "") -> float:
    """Milliseconds until a fresh process has run ``code``; how long it takes to end is not counted."""
    start = time.perf_counter()
    command = [sys.executable, "-c", f"{code}\nprint(flush=True)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"COMMSCHED_HOME": home}) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "it did not start"
        return (time.perf_counter() - start) * 1000


def family(pid: int) -> list[int]:
    """The process and all its descendants. A child stands under the thread that made it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def proportional(pid: int) -> float:
    """Megabytes that the process and its descendants take together: what several share counts once (PSS). Where we may
    not look so closely, what each has written, which counts some of it twice."""
    return sum(_one(pid) for pid in family(pid)) / 1e6


def _one(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except PermissionError:  # the office's processes let nobody but root look in
        _, resident, shared, *_ = map(int, Path(f"/proc/{pid}/statm").read_text().split())
        return (resident - shared) * os.sysconf("SC_PAGESIZE")
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def idle(command: str, home: Path) -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = [sys.executable, "-m", "commsched", command, "--home", str(home), "--port", str(port)]
    server = subprocess.Popen(start, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=2).read()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(10)
        return proportional(server.pid)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        command = [
            sys.executable,
            "-m",
            "commsched",
            "init",
            "--home",
            str(home),
            "--workspace",
            "Bench",
            "--email",
            "bench@example.org",
            "--password-stdin",
        ]
        subprocess.run(command, input=b"ett-langt-losenord-2026\n", check=True, stdout=subprocess.DEVNULL)
        pairs = [(run(BARE), run(OURS, str(home))) for _ in range(given.rounds)]
        bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"start: flask + sqlalchemy + waitress {bare:.0f} ms, the web app {ours:.0f} ms ({ours / bare:.2f} times)"
        )
        installation, demo = idle("up", home), idle("demo", home / "demo")
        print(f"idle, web and engine together: {installation:.0f} MB; the demo: {demo:.0f} MB (PSS)")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
