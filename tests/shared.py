"""What is the same in every office of a run is made once a process: compiled templates and compiled statements.

Each test has an app and a store of its own, and each of those would compile again what the one before had compiled,
which is a third of what the tests cost.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache


class Templates(BytecodeCache):
    """Compiled templates in memory, by name and by the hash of what stands in them."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def share() -> None:
    """From now on the apps and the engines of this process share what they compile."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
    statements: LRUCache[Any, Any] = LRUCache(3000)
    Engine._compiled_cache = property(lambda _engine: statements, lambda _engine, _its_own: None)  # type: ignore
    # A compiled statement is kept by the dialect that it was compiled for, and every engine has its own.
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign, assignment]
    DefaultDialect.__eq__ = _is_same  # type: ignore[method-assign, assignment]


def _is_same(self: DefaultDialect, other: object) -> bool:
    if self is other:
        return True
    return (
        type(self) is type(other)
        and isinstance(other, DefaultDialect)
        and (self.paramstyle, self.server_version_info) == (other.paramstyle, other.server_version_info)
    )
