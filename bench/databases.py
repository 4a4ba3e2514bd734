"""The databases that measurements run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from tests.peers.postgres import Databases, serve


class Server:
    """A PostgreSQL server of this run, and its process."""

    def __init__(self, databases: Databases, process: int) -> None:
        self._databases, self.process = databases, process

    def create(self) -> URL:
        """A database with nothing in it."""
        return self._databases.create(empty=True)


@contextmanager
def durable_server() -> Iterator[Server]:
    """PostgreSQL as an office would run it: every commit is on the disk before it is answered."""
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}
    with serve(**durable) as databases:
        process = (Path(databases.socket) / "data" / "postmaster.pid").read_text().split()[0]
        yield Server(databases, int(process))
