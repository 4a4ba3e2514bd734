"""Looking for a piece inside a column of bytes or of folded text, on each database in its own words.

No LIKE: SQLite's may skip blobs, and on both databases it compares letter by letter, which costs the product of the
lengths on a text made for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, LargeBinary, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


class holds(FunctionElement[bool]):
    """``holds(column, needle)``: whether ``needle`` stands in ``column``, exactly as it is."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, needle: bytes | str) -> None:
        super().__init__(column, literal(needle, Text() if isinstance(needle, str) else LargeBinary()))


@compiles(holds, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **kw)}) > 0)"


@compiles(holds, "postgresql")
def _postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, needle = (compiler.process(one, **kw) for one in element.clauses)
    return f"(position({needle} in {column}) > 0)"
