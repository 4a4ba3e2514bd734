"""What starting costs: the web process as ``wsgi.py`` makes it, beside importing what it is built on; idle memory.

    python -m bench.start [--rounds 7]

Each start is a fresh process, timed until it says that it is ready; the two are run in turn. Memory is the resident
size of web and engine together, idle, ten seconds after the first page.
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


def run(code: str, home: str = "") -> float:
    """Milliseconds until a fresh process has run ``code``; how long it takes to end is not counted."""
    start = time.perf_counter()
    command = [sys.executable, "-c", f"{code}\nprint(flush=True)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"COMMSCHED_HOME": home}) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "it did not start"
        return (time.perf_counter() - start) * 1000


def resident(pid: int) -> float:
    """Megabytes resident, the process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = [int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in [str(pid), *children]]
    return sum(pages) * 4096 / 1e6


def idle(home: Path) -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "commsched", "up", "--home", str(home), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=2).read()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(10)
        return resident(server.pid)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        command = [sys.executable, "-m", "commsched", "init", "--home", str(home), "--workspace", "Bench",
                   "--email", "bench@example.org", "--password-stdin"]  # fmt: skip
        subprocess.run(command, input=b"ett-langt-losenord-2026\n", check=True, stdout=subprocess.DEVNULL)
        pairs = [(run(BARE), run(OURS, str(home))) for _ in range(given.rounds)]
        bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"start: flask + sqlalchemy + waitress {bare:.0f} ms, the web app {ours:.0f} ms ({ours / bare:.2f} times)"
        )
        print(f"idle, web and engine in one process: {idle(home):.0f} MB resident")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
