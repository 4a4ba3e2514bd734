"""The lock of the composer: what is being written is seen by some people only, from its first save on."""

from __future__ import annotations

import msgspec
from flask import request

from commsched.core.content.draft import DraftIn
from commsched.services.approval.roster import read_roster
from commsched.services.kernel import confidants
from commsched.store.models import Item
from commsched.web.components.pictures import numbers
from commsched.web.http.request_context import actor, installation


class Lock(msgspec.Struct, frozen=True):
    """Who may be named: number, name, whether they are; and whether the lock is on."""

    people: list[tuple[int, str, bool]]
    on: bool


def choices(item: Item | None) -> Lock:
    """What the switch shows. Whoever writes is always named, so they do not stand there."""
    with installation().store.read(actor().workspace) as session:
        kept = confidants.named(session, item) if item is not None and item.confidential else set()
        members = read_roster(session, installation().now()).members.values()
    posted = request.method == "POST" and "lock_shown" in request.form
    named = _chosen() if posted else kept
    here = [each for each in members if each.active and each.person != actor().person]
    people = sorted(((each.person, each.name, each.person in named) for each in here), key=lambda row: row[1])
    return Lock(people, request.form.get("lock") == "1" if posted else bool(item is not None and item.confidential))


def confided(draft: DraftIn) -> DraftIn:
    """``draft`` with the people that the form names, where its lock is on. It is opened again on the item's page."""
    if request.form.get("lock") != "1":
        return draft
    return msgspec.structs.replace(draft, confidants=sorted(_chosen()))


def _chosen() -> set[int]:
    return set(numbers(request.form.getlist("confidants")))
