"""``python -m tests.torture --kills 1000 [--seed N] [--store postgresql]`` kills the real process so often, and prints
the figures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.peers.postgres import serve
from tests.torture.run import torture


def main() -> int:
    """Returns 1 where anything was doubled or lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="commsched-torture-") as folder:
        if chosen.store == "sqlite":
            figures = torture(Path(folder), chosen.kills, chosen.seed)
        else:
            with serve() as databases:
                database = databases.create(empty=True).render_as_string(hide_password=False)
                figures = torture(Path(folder), chosen.kills, chosen.seed, database)
    print(figures.table())
    return 1 if figures.broken else 0


if __name__ == "__main__":
    sys.exit(main())
