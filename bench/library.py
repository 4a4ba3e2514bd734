"""What a large library costs: what is nearly the same as one picture, where it is used, who is shown, how full it is.

    python -m bench.library [--pictures 10000]

An office of its own with that many photos of random fingerprints, a hundred of them made near the first, a card drawn
from every tenth, and every picture in a draft. Each question is asked in turn 50 times; the middle one is told, and
the slowest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from commsched.services.media import consent_expiry, details, near_duplicates, provenance, quota, search, unused
from commsched.store.migrate import ready
from commsched.store.models import Item, Likeness, Media, PictureSource, PictureUse, Revision, Workspace
from commsched.store.session import Store

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
ROUNDS = 50


def furnish(session: Session, count: int) -> None:
    chooser = random.Random(1)
    own = chooser.getrandbits(64)
    hashes = [own, *(own ^ (1 << chooser.randrange(64)) for _ in range(100))]
    hashes += [chooser.getrandbits(64) for _ in range(count - len(hashes))]
    session.add(Workspace(id=1, slug="g", name="G", created_at=NOW))
    session.flush()

    def put(model: Any, rows: list[dict[str, Any]]) -> None:
        session.execute(insert(model), [{"workspace_id": 1} | row for row in rows])

    put(
        Media,
        [
            {
                "id": n,
                "sha256": f"{n:064x}",
                "suffix": ".jpg",
                "mime": "image/jpeg",
                "width": 1,
                "height": 1,
                "size": 900_000,
                "created_at": NOW,
                "facts": {"dhash": f"{bits:016x}"},
                "consent_ends": NOW if n % 50 == 1 else None,
            }
            for n, bits in enumerate(hashes, 1)
        ],
    )
    put(
        Likeness,
        [
            {"media_id": n, "quarter": (q << 16) + (bits >> 16 * q & 0xFFFF), "dhash": f"{bits:016x}"}
            for n, bits in enumerate(hashes, 1)
            for q in range(4)
        ],
    )
    put(PictureSource, [{"media_id": n, "source_id": n - 1} for n in range(10, count, 10)])
    put(
        Item,
        [
            {
                "id": n,
                "uid": str(n),
                "kind": "post",
                "state": "draft",
                "revision_id": n,
                "created_at": NOW,
                "updated_at": NOW,
            }
            for n in range(1, count)
        ],
    )
    put(
        Revision,
        [
            {"id": n, "item_id": n, "number": 1, "content": b"{}", "hash": "", "created_at": NOW}
            for n in range(1, count)
        ],
    )
    put(PictureUse, [{"revision_id": n, "media_id": n} for n in range(1, count)])


def measure(session: Session) -> dict[str, list[float]]:
    row, installation = session.get_one(Media, 1), session.get_one(Workspace, 1)
    page = search.newest(session, limit=60)
    asked: dict[str, Callable[[], object]] = {
        "nearly the same": lambda: near_duplicates.alike(session, row),
        "where it is used": lambda: details.uses_of(session, row, NOW),
        "who is shown in ten": lambda: provenance.persons(session, [f"{n:064x}" for n in range(10, 110, 10)]),
        "consents of a page of 60": lambda: provenance.ends(session, page),
        "what soon ends, for the first page": lambda: consent_expiry.ending(session, NOW),
        "how full it is": lambda: quota.usage(session, installation),
        "what is unused": lambda: unused.unused(session, installation),
    }
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            start = time.process_time()
            ask()
            found[name].append((time.process_time() - start) * 1000)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000)
    count = parser.parse_args().pictures
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'commsched.db'}")
        ready(store, Path(folder), NOW)
        with store.write(1) as session:
            furnish(session, count)
        with store.read(1) as session:
            for name, times in measure(session).items():
                print(f"{name:36} {statistics.median(times):7.2f} ms, slowest {max(times):7.2f} ms")
        store.close()


if __name__ == "__main__":
    main()
