"""How many comments nobody has seen, and how many letters wait: every page says so, so the figures are kept until
somebody commits, or for a minute."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from commsched.services.followup import watch
from commsched.services.kernel.context import Actor, Installation
from commsched.store.session import Store

KEPT_MOST: Final = 500
"""Of so many offices the figure is kept."""


class _Kept(msgspec.Struct, frozen=True):
    version: int | None
    minute: datetime
    count: int | None
    letters: int


_kept: WeakKeyDictionary[Store, dict[int, _Kept]] = WeakKeyDictionary()


def waiting(installation: Installation, actor: Actor) -> int | None:
    """How many wait to be seen; ``None`` where no channel's comments can be read, so that there is no watch.

    Where the store does not tell cheaply that something has changed, it may be a minute old."""
    return _now(installation, actor).count


def letters(installation: Installation, actor: Actor) -> int:
    """How many letters wait for an answer; as old as :func:`waiting`."""
    return _now(installation, actor).letters


def _now(installation: Installation, actor: Actor) -> _Kept:
    store, key = installation.store, int(actor.workspace)
    version, minute = store.version(), installation.now().replace(second=0, microsecond=0)
    before = _kept.get(store, {}).get(key)
    if before is not None and (before.version, before.minute) == (version, minute):
        return before
    with store.read(actor.workspace) as session:
        fresh = _Kept(version, minute, *watch.waiting_where_kept(session))
    offices = _kept.setdefault(store, {})
    if len(offices) >= KEPT_MOST:
        offices.clear()
    offices[key] = fresh
    return fresh


def forget(installation: Installation) -> None:
    """Count anew: somebody has just seen or answered some."""
    _kept.pop(installation.store, None)
