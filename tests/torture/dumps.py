"""A PostgreSQL database put away in a file and brought back, as an office's operator does it with other programs."""

from __future__ import annotations

import pickle
from pathlib import Path

from sqlalchemy import Engine

from commsched.store.models import Base

_TABLES = [table.name for table in Base.metadata.sorted_tables]


def dump(engine: Engine, file: Path) -> None:
    """Write every table to ``file``, all as of one moment."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        cursor = connection.connection.cursor()
        tables = {}
        for name in _TABLES:
            with cursor.copy(f"COPY {name} TO STDOUT") as copy:
                tables[name] = b"".join(bytes(piece) for piece in copy)
    file.write_bytes(pickle.dumps(tables))


def load(engine: Engine, file: Path) -> None:
    """Put every table back as it was. Nobody else may be at work."""
    tables = pickle.loads(file.read_bytes())
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("SET LOCAL session_replication_role = replica")  # rows refer to rows that come later
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)}")
        for name, rows in tables.items():
            with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                copy.write(rows)
        for table in Base.metadata.sorted_tables:
            if table.autoincrement_column is not None:
                largest = f"(SELECT coalesce(max(id), 0) + 1 FROM {table.name})"
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {largest}, false)")
