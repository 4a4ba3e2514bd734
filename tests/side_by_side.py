"""Two transactions at once: the first is held just before its commit while the second runs as far as it gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

PATIENCE = 30.0
HELD = 0.6
"""Seconds that the second has to do what it can before the first commits: to wait for it, or to go wrong."""


def side_by_side(first: Callable[[], Any], second: Callable[[], Any], commit: int = 1) -> tuple[Any, Any]:
    """What each of the two returns or raises. ``first`` is held at its ``commit``-th commit until ``second`` has ended
    or has had :data:`HELD` seconds; what it has read by then is as old as it will ever be."""
    there, over = threading.Event(), threading.Event()
    holder: list[int] = []
    commits = 0

    def hold(_session: Session) -> None:
        nonlocal commits
        if threading.get_ident() not in holder:
            return
        commits += 1
        if commits == commit:
            there.set()
            over.wait(HELD)

    def begin() -> Any:
        holder.append(threading.get_ident())
        try:
            return first()
        finally:
            there.set()

    def follow() -> Any:
        assert there.wait(PATIENCE)
        try:
            return second()
        finally:
            over.set()

    event.listen(Session, "before_commit", hold)
    try:
        with ThreadPoolExecutor(2) as threads:
            both = threads.submit(begin), threads.submit(follow)
        return _end(both[0]), _end(both[1])
    finally:
        event.remove(Session, "before_commit", hold)


def _end(one: Future[Any]) -> Any:
    return one.exception(PATIENCE) or one.result(PATIENCE)
