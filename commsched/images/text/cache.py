"""A store of things drawn, bounded by bytes: what was used longest ago goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Bounded(Generic[Value]):
    """Keeps values up to ``limit`` bytes in all. Safe from many threads; two may make the same value."""

    def __init__(self, limit: int, size: Callable[[Value], int]) -> None:
        self._limit, self._size = limit, size
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value under ``key``, made by ``make`` where it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self.bytes += self._size(value)
            while self.bytes > self._limit and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self.bytes -= self._size(old)
        return value

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0
