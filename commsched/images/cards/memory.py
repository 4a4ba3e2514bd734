"""How much room drawing takes: few cards at a time, and what they took given back when it is quiet."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Final

AT_ONCE: Final = 2
"""Cards drawn at a time in one process. A card is several pictures of 8 MB while it is drawn, and every thread that
draws keeps room of its own; more at a time than there are cores is no faster."""
QUIET: Final = 5.0
"""Seconds after a card until its room is given back to the system."""

_places = threading.BoundedSemaphore(AT_ONCE)
_lock = threading.Lock()
_tidier: threading.Timer | None = None


@cache
def _few_arenas() -> None:
    """Let all threads share glibc's room instead of each keeping some: M_ARENA_MAX of mallopt(3)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(-8, AT_ONCE)


@contextmanager
def taken() -> Iterator[None]:
    """Waits for a place to draw in, and tidies up a while after the drawing."""
    _few_arenas()
    with _places:
        yield
    _tidy_later()


def _tidy_later() -> None:
    global _tidier
    with _lock:
        if _tidier is None:
            _tidier = threading.Timer(QUIET, give_back)
            _tidier.daemon = True
            _tidier.start()


def give_back() -> None:
    """Hand free memory back to the system, where its C library can (glibc keeps what its threads once took)."""
    global _tidier
    with _lock:
        _tidier = None
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
