"""Looking for a piece inside a column of bytes or of folded text, on each database in its own words.

No LIKE: SQLite's may skip blobs, and on both databases it compares letter by letter, which costs the product of the
lengths on a text made for it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, ColumnElement, LargeBinary, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class holds(FunctionElement[bool]):
    """``holds(column, needle)``: whether ``needle`` stands in ``column``, exactly as it is."""

    type = Boolean()
    inherit_cache = True

    def __init__(
        self,
        column: ColumnElement[bytes] | ColumnElement[str] | InstrumentedAttribute[bytes] | InstrumentedAttribute[str],
        needle: bytes | str,
    ) -> None:
        super().__init__(column, literal(needle, Text() if isinstance(needle, str) else LargeBinary()))


@compiles(holds, "sqlite")
def _sqlite(element: holds, compiler: SQLCompiler, **kw: object) -> str:
    return f"(instr({compiler.process(element.clauses, **kw)}) > 0)"


@compiles(holds, "postgresql")
def _postgresql(element: holds, compiler: SQLCompiler, **kw: object) -> str:
    column, needle = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(position({needle} in {column}) > 0)"
