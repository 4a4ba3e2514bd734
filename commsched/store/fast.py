"""Core statements without the price per row: compiled once, run by the driver on plain tuples.

SQLAlchemy's own execution spends more on preparing parameters than the database does on writing a row. The dispatcher
moves thousands of rows a second, so it keeps the statements (portable, typed) and skips the rest.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import Boolean, ClauseElement, Connection, Insert, Integer, Select, String, TypeDecorator, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Converter = Callable[[object], object]
_Compiled = tuple[
    str, Callable[[Mapping[str, object]], tuple[object, ...]], list[tuple[int, Converter]], tuple[object, ...]
]
DriverRow: TypeAlias = Any
"""A plain tuple as the driver makes it. Who asked for the columns unpacks it by the types that it knows they have."""
_POSITIONAL = ("qmark", "format")
_SIZES = (1, 4, 16, 64, 256, 1024, 4096)
_KNOWS_JSON: Final = sqlite3.sqlite_version_info >= (3, 38)
"""Whether this SQLite reads and writes JSON, and takes an update's rows from it."""
_SEVERAL: Final = 8
"""Rows from which on SQLite takes all of them from one text: with ``executemany`` it lets go of the interpreter for
each, and another thread takes it."""
_NUL: Final = b"\\u0000"
"""What SQLite's JSON would end a text at."""


def _positional(dialect: Dialect) -> Dialect:
    """``dialect``, or one like it whose parameters are told by their place: values are handed over as plain tuples."""
    if dialect.paramstyle in _POSITIONAL:
        return dialect
    make: Callable[..., Dialect] = type(dialect)  # what a dialect is made with is its own
    return make(paramstyle="format")


class FastSelect:
    """A select with one expanding list, ``ids``; gives rows as the driver does, without converting values."""

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._texts: dict[tuple[str, int], str] = {}

    def all(self, connection: Connection, ids: Sequence[object]) -> Sequence[DriverRow]:
        """The rows for ``ids``; lists are padded to a few sizes so that few texts are ever compiled, and a longer one
        is asked for piece by piece."""
        if not ids:
            return ()
        if connection.dialect.name == "postgresql":
            return self._rows(connection, self._array_text(connection.dialect, ids), {"ids": list(ids)})
        if len(ids) > _SIZES[-1]:
            pieces = (ids[start : start + _SIZES[-1]] for start in range(0, len(ids), _SIZES[-1]))
            return [row for piece in pieces for row in self.all(connection, piece)]
        size = next(size for size in _SIZES if size >= len(ids))
        padded = [*ids, *([ids[-1]] * (size - len(ids)))]
        text = self._texts.get((connection.dialect.name, size)) or self._compile(connection, size)
        return self._rows(connection, text, tuple(padded))

    @staticmethod
    def _rows(connection: Connection, text: str, values: tuple[object, ...] | dict[str, object]) -> Sequence[DriverRow]:
        with connection.exec_driver_sql(text, values) as result:
            assert result.cursor is not None, "a select has one"
            rows: Sequence[DriverRow] = result.cursor.fetchall()  # plain tuples, without a Row around each
        return rows

    def _array_text(self, dialect: Dialect, ids: Sequence[object]) -> str:
        """The text for PostgreSQL, which takes all ``ids`` as one array: one text, whatever their number."""
        kind = "BIGINT" if isinstance(ids[0], int) else "TEXT"
        if (kind, 0) not in self._texts:
            text = str(self.statement.compile(dialect=dialect))
            self._texts[kind, 0] = text.replace("IN (__[POSTCOMPILE_ids])", f"= ANY(%(ids)s::{kind}[])")
        return self._texts[kind, 0]

    def _compile(self, connection: Connection, size: int) -> str:
        compiled = self.statement.params(ids=list(range(size))).compile(
            dialect=_positional(connection.dialect), compile_kwargs={"render_postcompile": True}
        )
        text = self._texts[connection.dialect.name, size] = str(compiled)
        return text


class FastRead:
    """A select of few columns and parameters; gives rows as the driver does, without converting values.

    SQLite hands all of them over as one value, since it lets go of the interpreter for each row that it is asked for.
    """

    def __init__(self, statement: Select[*tuple[object, ...]]) -> None:
        self.statement = statement
        self._texts: dict[str, tuple[str, dict[str, object], bool]] = {}

    def all(self, connection: Connection, about: Mapping[str, object]) -> Sequence[DriverRow]:
        """The rows for the parameters ``about``, given as the driver takes them (a list for an expanding one)."""
        name = connection.dialect.name
        text, fixed, as_json = self._texts.get(name) or self._compile(connection.dialect)
        values: dict[str, object] = {**fixed, **about}
        if name == "sqlite":
            values = {key: _listed(value) for key, value in values.items()}
        with connection.exec_driver_sql(text, values) as result:
            assert result.cursor is not None, "a select has one"
            rows: Sequence[DriverRow] = result.cursor.fetchall()
        return msgspec.json.decode(rows[0][0]) if as_json else rows

    def _compile(self, dialect: Dialect) -> tuple[str, dict[str, object], bool]:
        if dialect.name == "postgresql":
            compiled = self.statement.compile(dialect=dialect)
            text, as_json = _ARRAY.sub(r"= ANY(%(\1)s)", str(compiled)), False
        else:
            make: Callable[..., Dialect] = type(dialect)
            compiled = self.statement.compile(dialect=make(paramstyle="named"))
            text, as_json = _ARRAY.sub(r"IN (SELECT value FROM json_each(:\1))", str(compiled)), _KNOWS_JSON
            if as_json:
                names = ", ".join(f"c{place}" for place in range(len(self.statement.selected_columns)))
                text = f"WITH asked ({names}) AS ({text}) {_AS_ONE.format(names=names)}"
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._texts[dialect.name] = text, fixed, as_json
        return self._texts[dialect.name]


_AS_ONE: Final = "SELECT json_group_array(json_array({names})) FROM asked"
_ARRAY: Final = re.compile(r"IN \(__\[POSTCOMPILE_(\w+)\]\)")


def _listed(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value


class _FromArrays(NamedTuple):
    """A statement for PostgreSQL with one array a column."""

    text: str
    converters: dict[str, Converter | None]
    fixed: dict[str, object]
    """Parameters that are the same for every row."""

    def values(self, rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
        arrays: dict[str, object] = {
            name: [row[name] if convert is None else convert(row[name]) for row in rows]
            for name, convert in self.converters.items()
        }
        return arrays | self.fixed


def _element(kind: TypeEngine[object]) -> str:
    """What an array of such values holds. Texts have no length there: a cast to a shorter one would cut them."""
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    for family, name in ((Integer, "BIGINT"), (Boolean, "BOOLEAN"), (String, "TEXT")):
        if isinstance(plain, family):
            return name
    raise TypeError(f"no array of {kind!r} is known")


class _FromJson(NamedTuple):
    """A statement for SQLite that takes all rows from one text."""

    text: str
    columns: list[tuple[str, Converter | None]]
    fixed: dict[str, object]
    """Parameters that are the same for every row."""

    def encoded(self, rows: Sequence[Mapping[str, object]]) -> bytes:
        columns = self.columns
        return msgspec.json.encode(
            [[row[name] if convert is None else convert(row[name]) for name, convert in columns] for row in rows]
        )


class FastMany:
    """One insert or update of many rows: one statement that takes them from arrays on PostgreSQL, where each statement
    costs a server's work anew, and from one JSON text on SQLite, where few rows go by ``executemany``."""

    def __init__(self, statement: Insert | Update) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}
        self._from_arrays: dict[tuple[str, ...], _FromArrays] = {}
        self._from_json: dict[tuple[str, ...], _FromJson] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]], columns: tuple[str, ...]) -> int:
        """Run it for ``rows``, which all have exactly ``columns`` and change no row of the table twice. Returns how
        many rows in the table it met."""
        if connection.dialect.name == "postgresql":
            statement = self._from_arrays.get(columns) or self._take_from_arrays(connection.dialect, columns)
            return connection.exec_driver_sql(statement.text, statement.values(rows)).rowcount
        if _KNOWS_JSON and len(rows) >= _SEVERAL:
            several = self._from_json.get(columns) or self._take_from_json(connection.dialect, columns)
            encoded = several.encoded(rows)
            if _NUL not in encoded:
                values = {"all_rows": encoded.decode()} | several.fixed
                return connection.exec_driver_sql(several.text, values).rowcount
        return self._one_by_one(connection, rows, columns)

    def _one_by_one(
        self, connection: Connection, rows: Sequence[Mapping[str, object]], columns: tuple[str, ...]
    ) -> int:
        kind = (connection.dialect.name, columns)
        text, get, converted, fixed = self._compiled.get(kind) or self._compile(connection, columns)
        values = []
        for row in rows:
            line = [*get(row), *fixed]
            for place, convert in converted:
                line[place] = convert(line[place])
            values.append(tuple(line))
        return connection.exec_driver_sql(text, values).rowcount

    def _compile(self, connection: Connection, columns: tuple[str, ...]) -> _Compiled:
        compiled = self.statement.compile(dialect=_positional(connection.dialect), column_keys=list(columns))
        order = compiled.positiontup or list(compiled.params)
        leading = [name for name in order if name in columns]
        if order[: len(leading)] != leading or len(leading) < 2:
            raise ValueError("constants of a fast statement must come last, after two values at least")
        converted = [
            (place, convert) for place, name in enumerate(leading) if (convert := self._converter(compiled, name))
        ]
        fixed = tuple(compiled.params[name] for name in order[len(leading) :])
        result = (str(compiled), itemgetter(*leading), converted, fixed)
        self._compiled[connection.dialect.name, columns] = result
        return result

    def _take_from_json(self, dialect: Dialect, columns: tuple[str, ...]) -> _FromJson:
        make: Callable[..., Dialect] = type(dialect)
        compiled = self.statement.compile(
            dialect=make(paramstyle="named"), column_keys=list(columns), for_executemany=True
        )
        text, source = str(compiled), "FROM json_each(:all_rows) AS v WHERE"
        for place, name in enumerate(columns):
            _element(compiled.binds[name].type)
            text = re.sub(rf":{name}\b", f"json_extract(v.value, '$[{place}]')", text)
        if isinstance(self.statement, Insert):
            head, _, selected = text.partition(" VALUES (")
            text = f"{head} SELECT {selected.removesuffix(')')} {source} true ORDER BY v.key"
        else:
            text = text.replace(" WHERE ", f" {source} ", 1)
        fixed = {name: value for name, value in compiled.params.items() if name not in columns}
        converters = [(name, self._converter(compiled, name)) for name in columns]
        statement = self._from_json[columns] = _FromJson(text, converters, fixed)
        return statement

    def _take_from_arrays(self, dialect: Dialect, columns: tuple[str, ...]) -> _FromArrays:
        compiled = self.statement.compile(dialect=dialect, column_keys=list(columns), for_executemany=True)
        text = str(compiled)
        for name in columns:
            text = text.replace(f"%({name})s", f'v."{name}"')
        arrays = ", ".join(f"%({name})b::{_element(compiled.binds[name].type)}[]" for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        source = f"FROM unnest({arrays}) WITH ORDINALITY AS v({names}, _row)"
        if isinstance(self.statement, Insert):
            head, _, selected = text.partition(" VALUES (")
            text = f"{head} SELECT {selected.removesuffix(')')} {source} ORDER BY v._row"  # ids follow the rows' order
        else:
            text = text.replace(" WHERE ", f" {source} WHERE ", 1)
        fixed = {name: value for name, value in compiled.params.items() if name not in columns}
        converters = {name: self._converter(compiled, name) for name in columns}
        statement = self._from_arrays[columns] = _FromArrays(text, converters, fixed)
        return statement

    def _converter(self, compiled: SQLCompiler, name: str) -> Converter | None:
        column = self.statement.table.c.get(name)
        own: Converter | None = None if column is None else getattr(column.type, "to_driver", None)
        usual = compiled._bind_processors.get(name)
        return own or (usual if callable(usual) else None)
