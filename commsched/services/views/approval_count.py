"""How many items wait for one person's yes: every page says so, so the figure is kept until somebody commits."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy.orm import defer

from commsched.core.access.roles import may
from commsched.services.approval.approvers import turns
from commsched.services.approval.roster import read_roster
from commsched.services.kernel.context import Actor, Installation
from commsched.services.views.review import in_review
from commsched.store.models import Revision
from commsched.store.session import Store

KEPT_MOST: Final = 500
"""Of so many people the figure is kept."""


class _Kept(msgspec.Struct, frozen=True):
    version: int
    minute: datetime
    """A deputy's turn begins and ends with the clock, so a figure holds for its minute at most."""
    count: int


_kept: WeakKeyDictionary[Store, dict[tuple[int, int], _Kept]] = WeakKeyDictionary()


def waiting_for(installation: Installation, actor: Actor) -> int:
    """How many items ``actor`` is asked about now; 0 for whoever may not approve."""
    if actor.person is None or not may(actor.role, "approve"):
        return 0
    store, key = installation.store, (actor.workspace, actor.person)
    version, minute = store.version(), installation.now().replace(second=0, microsecond=0)
    before = _kept.get(store, {}).get(key)
    if before is not None and before.version == version and before.minute == minute:
        return before.count
    count = _count(installation, actor)
    if version is not None:
        people = _kept.setdefault(store, {})
        if len(people) >= KEPT_MOST:
            people.clear()
        people[key] = _Kept(version, minute, count)
    return count


def _count(installation: Installation, actor: Actor) -> int:
    with installation.store.read(actor.workspace) as session:
        asked = in_review(session, defer(Revision.content))
        if not asked:
            return 0
        turned = turns(session, read_roster(session, installation.now()), asked)
    return sum(actor.person in turn.asked | turn.acceptors for turn in turned.values())
