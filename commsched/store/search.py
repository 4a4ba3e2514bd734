"""Looking for bytes inside a column of bytes, on each database in its own words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, LargeBinary, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


class holds(FunctionElement[bool]):
    """``holds(column, needle)``: whether the bytes ``needle`` stand in ``column``. No LIKE: SQLite's may skip blobs."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, needle: bytes) -> None:
        super().__init__(column, literal(needle, LargeBinary()))


@compiles(holds, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **kw)}) > 0)"


@compiles(holds, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, needle = (compiler.process(one, **kw) for one in element.clauses)
    return f"(position({needle} in {column}) > 0)"
