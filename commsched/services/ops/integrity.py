"""A daily check of the database's pages, so that damage is reported before the data is needed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from commsched.services.kernel import heartbeats
from commsched.services.kernel.context import Installation
from commsched.store.models import Heartbeat
from commsched.store.session import EVERY_WORKSPACE, damaged

log = logging.getLogger("commsched.store")

EVERY: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=10)
"""How soon it is looked through again while it is known to be damaged: it may have been restored."""


def look_daily(installation: Installation) -> None:
    """Check the database if that was not done today, and record the result."""
    if not installation.store.is_sqlite:
        return  # PostgreSQL has checksums and an administrator of its own
    now = installation.now()
    with installation.store.read(EVERY_WORKSPACE) as session:
        last = session.get(Heartbeat, heartbeats.WHOLE)
    if last is not None and timedelta(0) <= now - last.at < (AGAIN if last.detail else EVERY):
        return
    wrong = check_pages(installation)
    if wrong:
        log.error("the database is damaged: %s", wrong)
    heartbeats.write_beat(installation, heartbeats.WHOLE, wrong)


def check_pages(installation: Installation) -> str:
    """What is wrong with the database file, as SQLite says it; empty where it is whole. Reads all of it, once."""
    try:
        with installation.store.engine.connect() as connection:
            messages = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(3)"))]
            connection.execute(text("PRAGMA shrink_memory"))  # the connection lives on, and need not keep all that
    except DBAPIError as error:
        if not damaged(error):
            raise
        return str(error.orig)
    return "" if messages == ["ok"] else "; ".join(messages)
