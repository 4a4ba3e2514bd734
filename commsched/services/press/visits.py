"""How often a release is opened in the newsroom and how much is taken from it: numbers a day and nothing else.

No cookie, no address, no hash of one: nobody is told apart from anybody, so a reader who comes twice counts twice. A
number of *readers* would take something that stands for each of them, if only for a day, and that is not kept.

Programs that say so are left out, and so are people who are signed in, and pages that a browser fetches ahead. Counts
wait in memory and are written together, :data:`EVERY` at most, so that a page costs its reader no write. What waits is
lost when the process dies.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from commsched.core.timing.dates import local
from commsched.services.kernel.context import Installation
from commsched.store import locks
from commsched.store.models import Item, Visits
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.press")

What = Literal["page", "picture", "kit", "pdf", "text"]
EVERY: Final = timedelta(minutes=1)
"""How long counts wait to be written, at most, as long as somebody comes by."""
MOST: Final = 5000
"""Different counts that are kept in memory; of what comes beyond them nothing is counted until they are written."""
_PROGRAMS: Final = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|curl|wget|python|java/|go-http|feed|monitor"
    r"|headless|lighthouse|scan|check|archive|embed|validator|okhttp|axios|libwww|http_|http-client|commsched",
    re.IGNORECASE,
)
Key = tuple[str, str, What]
"""An item's uid, the day in the office's zone, and what of it."""


class Counting:
    """The counts of one process that are not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[Key] = Counter()
        self._since: datetime | None = None

    def add(self, key: Key, now: datetime) -> bool:
        """Count one; returns whether it is time to write."""
        with self._lock:
            if key in self._waiting or len(self._waiting) < MOST:
                self._waiting[key] += 1
            self._since = self._since or now
            return now - self._since >= EVERY

    def take(self) -> Counter[Key]:
        """What waits, which is the caller's from now on."""
        with self._lock:
            taken, self._waiting, self._since = self._waiting, Counter(), None
        return taken

    def put_back(self, taken: Mapping[Key, int], now: datetime) -> None:
        with self._lock:
            self._waiting.update(taken)
            self._since = now


def is_program(agent: str) -> bool:
    """Whether a ``User-Agent`` is one of a program; a browser always names itself."""
    return not agent.strip() or bool(_PROGRAMS.search(agent))


def note(
    installation: Installation, counting: Counting, uid: str, zone: str, what: What, headers: Mapping[str, str]
) -> None:
    """Count an opened page, or something that was taken from it. ``headers`` are the request's. Raises nothing: a page
    is never worse for being counted."""
    ahead = headers.get("Sec-Purpose", "") or headers.get("Purpose", "") or headers.get("X-Moz", "")
    if is_program(headers.get("User-Agent", "")) or "prefetch" in ahead:
        return
    now = installation.now()
    if counting.add((uid, local(now, zone).date().isoformat(), what), now):
        write(installation, counting)


def write(installation: Installation, counting: Counting) -> None:
    """Write down what waits. What cannot be written waits on."""
    taken = counting.take()
    if not taken:
        return
    try:
        with installation.store.write(EVERY_WORKSPACE) as session:
            _add(session, taken)
    except SQLAlchemyError as error:
        log.info("visits could not be written down yet: %s", type(error).__name__)
        counting.put_back(taken, installation.now())


def _add(session: Session, taken: Mapping[Key, int]) -> None:
    items = select(Item.uid, Item.id, Item.workspace_id).where(Item.uid.in_({key[0] for key in taken}))
    known = {uid: (number, workspace) for uid, number, workspace in session.execute(items.order_by(Item.id))}
    locks.alone(session, "visits")  # two processes may begin the same day's row at once
    here = select(Visits).where(Visits.item_id.in_([number for number, _ in known.values()]))
    rows = {(row.item_id, row.day, row.what): row for row in session.scalars(here)}
    for (uid, day, what), count in taken.items():
        if uid not in known:
            continue
        number, workspace = known[uid]
        row = rows.get((number, day, what))
        if row is None:
            row = rows[number, day, what] = Visits(workspace_id=workspace, item_id=number, day=day, what=what, count=0)
            session.add(row)
        row.count += count
