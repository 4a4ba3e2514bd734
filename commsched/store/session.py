"""Opening the store, and the one place where a query is narrowed to a workspace.

SQLite runs WAL with ``synchronous=FULL``; every write transaction begins ``BEGIN IMMEDIATE``, since a deferred
one that turns into a writer fails at once with SQLITE_BUSY_SNAPSHOT whatever the busy timeout says.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.base import ExecutableOption

from commsched.core.text.messages import N_, OfficeError
from commsched.store.base import Scoped

EVERY_WORKSPACE = 0
"""Sees every workspace: for the scheduler and the administrator of the machine. Code that serves a request must not use
it."""

_AT_END = "at the end"
BUSY_SECONDS = 10.0
TIMES = 3
"""How often something is tried that another transaction got in the way of."""
Result = TypeVar("Result")
_SERVER_OPTIONS = " ".join(
    f"-c {setting}"
    for setting in (
        "synchronous_commit=on",
        f"lock_timeout={int(BUSY_SECONDS * 1000)}",
        "idle_in_transaction_session_timeout=600000",
    )
)
"""For PostgreSQL: an attempt is on the server's disk before its call, whatever the server's own default is; nobody
waits longer for another's row than for SQLite's writer; a transaction that its owner has forgotten ends after ten
minutes."""
_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""For PostgreSQL: a reader sees one moment from beginning to end, as a reader of SQLite does."""
_OUT_OF_RANGE = "22003"
_PASSING = frozenset({"40001", "40P01", "55P03", "57P03", "53300"})
"""PostgreSQL's codes for what another transaction or a full house caused: serialization failure, deadlock, lock not
available, cannot connect now, too many connections."""


def sqlite_url(path: Path) -> URL:
    """The address of a database file, whatever signs its folder's name has."""
    return URL.create("sqlite", database=str(path))


def open_engine(url: URL) -> Engine:
    """An SQLAlchemy engine for ``url``, with the settings that make SQLite durable. Statements' parameters are kept out
    of error messages, and so out of every log."""
    if url.get_backend_name() != "sqlite":
        server = {"options": _SERVER_OPTIONS}
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=server)
        event.listen(engine, "handle_error", _tell_of_large_numbers)
        return engine
    waits = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, connect_args=waits, hide_parameters=True)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tell_of_large_numbers(context: ExceptionContext) -> OverflowError | None:
    """A number that no column can hold is an ``OverflowError``, as SQLite's driver says it."""
    if getattr(context.original_exception, "sqlstate", None) == _OUT_OF_RANGE:
        return OverflowError("a number larger than the store can count to")
    return None


def _configure_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own comes after the first SELECT
    cursor = connection.cursor()
    _log_ahead(cursor)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-8000",
        "journal_size_limit=67108864",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _log_ahead(cursor: DBAPICursor) -> None:
    """Turn the write-ahead log on. On a file that has none yet SQLite answers at once that it is locked, whatever time
    to wait is set, where another process writes: it is being made by somebody who started at the same moment."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("commsched_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def busy(error: BaseException) -> bool:
    """Whether the database was only locked by another transaction, so that a retry may succeed."""
    if not isinstance(error, DBAPIError):
        return False
    if (code := getattr(error.orig, "sqlstate", None)) is not None:
        return code in _PASSING
    said = str(error.orig).lower()
    return "locked" in said or "busy" in said


def again(work: Callable[[], Result], wait: Callable[[float], None] = time.sleep) -> Result:
    """``work``, which is a whole transaction or several that may be repeated; once more where the database was only
    held by somebody else, at most :data:`TIMES` in all. Raises what the last try raised."""
    for number in range(1, TIMES):
        try:
            return work()
        except DBAPIError as error:
            if not busy(error):
                raise
            wait(0.05 * number)
    return work()


def damaged(error: BaseException) -> bool:
    """Whether the file on the disk is not a database, or a damaged one."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(said, "sqlite_errorname", "")).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def at_end(session: Session, write: Callable[[Connection], None]) -> None:
    """Have ``write`` called as the last thing of the transaction, or at once where :meth:`Store.write` does not hold
    it. What takes a lock that everybody needs is written then: whoever held it and waited for a row, while the row's
    holder waited for it, would stop both."""
    pending = session.info.get(_AT_END)
    if pending is None:
        write(session.connection())
    else:
        pending.append(write)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    workspace = state.session.info.get("workspace", EVERY_WORKSPACE)
    if workspace == EVERY_WORKSPACE or state.is_column_load or state.is_relationship_load:
        return
    state.statement = state.statement.options(_of_workspace(workspace))


@lru_cache(maxsize=512)
def _of_workspace(workspace: int) -> ExecutableOption:
    """What narrows a statement to ``workspace``. It is kept, since to make it costs more than most statements do."""
    return with_loader_criteria(
        Scoped,
        lambda cls: cls.workspace_id == workspace,
        include_aliases=True,
        track_closure_variables=True,
    )


@event.listens_for(Session, "before_flush")
def _refuse_strangers(session: Session, _context: object, _instances: object) -> None:
    workspace = session.info.get("workspace", EVERY_WORKSPACE)
    for row in session.new if workspace != EVERY_WORKSPACE else ():
        if isinstance(row, Scoped):
            if getattr(row, "workspace_id", None) is None:
                row.workspace_id = workspace
            elif row.workspace_id != workspace:
                raise PermissionError(f"{type(row).__name__} of another workspace")


@contextmanager
def narrowed(session: Session, workspace: int) -> Iterator[None]:
    """Narrow a session that sees every workspace to one of them for a while, within the same transaction."""
    before, session.info["workspace"] = session.info.get("workspace", EVERY_WORKSPACE), workspace
    try:
        yield
        session.flush()
    finally:
        session.info["workspace"] = before


def _seen(workspace: int) -> dict[str, object]:
    """What a session sees: the workspace, and whose eyes it is seen with where it is a ``store.sight.Sight``."""
    return {"workspace": int(workspace), "reader": getattr(workspace, "person", None)}


class Watch:
    """Notices that a database has changed without reading its tables, by SQLite's ``data_version`` on its own
    connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0

    def version(self) -> int:
        with self._lock:
            if self._connection is None or self._process != os.getpid():  # never one from before a fork
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                self._process = os.getpid()
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class Replaced(OfficeError):
    """The file of the open database was replaced by another, so that writes to the open one would be lost (503)."""

    status, code = 503, "replaced"

    def __init__(self) -> None:
        super().__init__(
            N_("The office's database was replaced while it was open. Nothing was saved. Restart commsched.")
        )


class Store:
    """The database. ``read`` and ``write`` give a session that lives as long as one transaction."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self.engine = open_engine(self.url)
        self._writer = self.engine.execution_options(commsched_write=True)
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(**_ONE_MOMENT)
        self._watch = Watch(self.path) if self.path else None
        self._file: tuple[int, int] | None = None
        if self.path:
            event.listen(self.engine, "connect", self._know)

    def _know(self, _connection: object, _record: object) -> None:
        if self._file is None:
            self._file = self._there()

    def _there(self) -> tuple[int, int] | None:
        assert self.path is not None, "asked for a database in a file only"
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def check(self) -> None:
        """Raises :class:`Replaced` where the file that was opened first is not the one that lies there now."""
        if self._file is not None and self._there() != self._file:
            raise Replaced

    def version(self) -> int | None:
        """A number that changes whenever any connection commits; ``None`` where the database has no such number. It
        cannot be compared between processes or after a restart, but it costs a hundredth of a query.
        """
        return self._watch.version() if self._watch else None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The database file, where there is one."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def read(self, workspace: int) -> Iterator[Session]:
        """A session that sees one workspace (or :data:`EVERY_WORKSPACE`) and writes nothing."""
        with Session(self._reader, info=_seen(workspace), expire_on_commit=False) as session:
            yield session  # closing rolls back, and unlike rollback() leaves what was read readable

    @contextmanager
    def write(self, workspace: int) -> Iterator[Session]:
        """A write transaction: committed at the end of the block, rolled back by any exception. Raises
        :class:`Replaced` instead of writing to a file that is no longer the office's database."""
        self.check()
        with (
            Session(self._writer, info=_seen(workspace) | {"writing": True}, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.info[_AT_END] = list[Callable[[Connection], None]]()
            yield session
            session.flush()
            for write in session.info.pop(_AT_END):
                write(session.connection())

    @contextmanager
    def ledger(self) -> Iterator[Connection]:
        """A bare write transaction over every workspace, for the dispatcher, which works in batches of rows. Raises
        :class:`Replaced`: no call is made while an attempt cannot be kept."""
        self.check()
        with self._writer.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close the connections: idle ones now, one in use when it is returned. A store that is used afterwards opens
        new ones."""
        if self._watch:
            self._watch.close()
        pool = self.engine.pool
        self.engine.dispose()
        event.listen(pool, "checkin", _close_returned)  # only the old pool: the engine has a new one by now
        pool.dispose()  # what was given back in between


def _close_returned(_connection: object, record: ConnectionPoolEntry) -> None:
    record.invalidate()
