"""What is the same in every office of a run is made once a process: compiled templates, statements and addresses.

Each test has an app and a store of its own, and each of those would compile again what the one before had compiled,
which is a third of what the tests cost. What lives as long as the process is kept from the collector of garbage, which
would look through all of it again every few tests.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from copy import copy
from types import CodeType, MethodType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule


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
    Rule.compile = _once(Rule.compile)  # type: ignore[method-assign]


def keep() -> None:
    """What is here now lives as long as the process: the collector need never look at it. And it looks more seldom, as
    in the engine: what a test leaves behind is found among what is young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


_COMPILED = ("arguments", "_converters", "_trace", "_parts", "_build", "_build_unknown")
"""What Werkzeug's compiling of a rule leaves in it."""


def _once(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """As Werkzeug compiles a rule, but what was compiled for one app is what the next one gets."""
    compiled: dict[object, dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        assert rule.map is not None
        words = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, rule.strict_slashes, repr(rule.defaults))
        key = (type(rule), *words, rule.map.host_matching, frozenset(rule.map.converters.items()))
        if key not in compiled:
            compile_rule(rule)
            compiled[key] = {name: _unbound(vars(rule)[name]) for name in _COMPILED}
        for name, value in compiled[key].items():
            setattr(rule, name, MethodType(value, rule) if name.startswith("_build") else copy(value))

    return compile_once


def _unbound(value: Any) -> Any:
    return value.__func__ if isinstance(value, MethodType) else copy(value)


def _is_same(self: DefaultDialect, other: object) -> bool:
    if self is other:
        return True
    return (
        type(self) is type(other)
        and isinstance(other, DefaultDialect)
        and (self.paramstyle, self.server_version_info) == (other.paramstyle, other.server_version_info)
    )
