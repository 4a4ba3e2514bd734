"""Core statements without the price per row: compiled once, run by the driver on plain tuples.

SQLAlchemy's own execution spends more on preparing parameters than the database does on writing a row. The courier
moves thousands of rows a second, so it keeps the statements (portable, typed) and skips the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql import Executable

Processor = Any
_Compiled = tuple[str, list[tuple[str, Processor]], tuple[Any, ...]]
_SIZES = (1, 4, 16, 64, 256, 1024, 4096)


class FastSelect:
    """A select with one expanding list, ``ids``; gives rows as the driver does, without converting values."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._texts: dict[tuple[str, int], str] = {}

    def all(self, connection: Connection, ids: Sequence[int]) -> Sequence[Any]:
        """The rows for ``ids``; lists are padded to a few sizes so that few texts are ever compiled."""
        if not ids:
            return ()
        size = next(size for size in _SIZES if size >= len(ids))
        padded = [*ids, *([ids[-1]] * (size - len(ids)))]
        text = self._texts.get((connection.dialect.name, size)) or self._compile(connection, size)
        return connection.exec_driver_sql(text, tuple(padded)).all()

    def _compile(self, connection: Connection, size: int) -> str:
        compiled = self.statement.params(ids=list(range(size))).compile(
            dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
        )
        text = self._texts[connection.dialect.name, size] = str(compiled)
        return text


class FastMany:
    """``executemany`` of one insert or update: dictionaries in, tuples to the driver."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...]) -> None:
        """Run it for ``rows``, which all have exactly ``columns``."""
        kind = (connection.dialect.name, columns)
        text, binds, fixed = self._compiled.get(kind) or self._compile(connection, columns)
        values = [
            tuple([row[name] if process is None else process(row[name]) for name, process in binds]) + fixed
            for row in rows
        ]
        connection.exec_driver_sql(text, values)

    def _compile(self, connection: Connection, columns: tuple[str, ...]) -> _Compiled:
        statement: Any = self.statement
        compiled = statement.compile(dialect=connection.dialect, column_keys=list(columns))
        order = compiled.positiontup or list(compiled.params)
        given = [name for name in order if name in columns]
        if order[: len(given)] != given:
            raise ValueError("constants of a fast statement must come last")
        binds = [(name, compiled._bind_processors.get(name)) for name in given]
        made = (str(compiled), binds, tuple(compiled.params[name] for name in order[len(given) :]))
        self._compiled[connection.dialect.name, columns] = made
        return made
