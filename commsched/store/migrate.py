"""Bringing a database to today's schema: a fresh one is made, an older one is backed up first, a newer one refused."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from commsched.core.text.messages import N_, OfficeError
from commsched.store import locks
from commsched.store.migrations import HEAD
from commsched.store.session import Store

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger("commsched.store")


class NewerDatabase(OfficeError):
    """The database was written by a newer commsched; this one must not touch it."""

    status, code = 500, "newer-database"


def version_of(connection: Connection) -> str | None:
    """The schema step the database stands at; ``None`` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def ready(store: Store, backups: Path, now: datetime) -> Path | None:
    """Make the store usable. Returns the backup made on the way, if any. Raises :class:`NewerDatabase`."""
    with store.engine.connect() as connection:
        version = version_of(connection)
    if version == HEAD:
        return None
    if version is not None and version not in known_steps():
        raise NewerDatabase(
            N_("This database was written by a newer version (%(found)s; this one knows up to %(head)s)."),
            found=version,
            head=HEAD,
        )
    saved = back_up(store, backups, now, label=f"before-{HEAD}") if version else None
    if saved:
        log.info("database at step %s: backed up to %s, migrating to %s", version, saved, HEAD)
    with store.ledger() as connection:
        locks.alone(connection, locks.SCHEMA)
        if version_of(connection) != HEAD:  # another process may have done it while this one waited
            upgrade(connection)
    return saved


def back_up(store: Store, folder: Path, now: datetime, label: str = "backup") -> Path | None:
    """A consistent copy of a live SQLite database, by ``VACUUM INTO``. ``None`` where there is no file."""
    if store.path is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{now:%Y%m%dT%H%M%S%f}Z-{label}.db"
    raw = store.engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
    target.chmod(0o600)
    return target


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our steps."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def known_steps() -> set[str]:
    from alembic.script import ScriptDirectory

    return {step.revision for step in ScriptDirectory.from_config(config()).walk_revisions()}


def upgrade(connection: Connection, to: str = "head") -> None:
    from alembic import command

    command.upgrade(config(connection), to)
