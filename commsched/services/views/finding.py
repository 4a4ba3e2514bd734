"""What else than items is found by words: pictures and people of the office."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from commsched.core.text.length import fold
from commsched.core.text.words import match, terms
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import search
from commsched.store.models import Media, Membership

MOST_PICTURES: Final = 8
MOST_PEOPLE: Final = 5
MOST_MEMBERS: Final = 500
"""Members whose names are looked through."""


class Besides(msgspec.Struct, frozen=True):
    """Pictures by name, alt text, photographer and labels; people by name and address."""

    pictures: list[Media]
    people: list[Membership]


def besides(installation: Installation, actor: Actor, words: str) -> Besides:
    """The first of each that have all of ``words``; nothing where there are none."""
    actor.require("read")
    wanted = terms(words)
    if not wanted:
        return Besides([], [])
    with installation.store.read(actor.workspace) as session:
        pictures = search.newest(session, words, limit=MOST_PICTURES)
        everybody = select(Membership).options(joinedload(Membership.person)).limit(MOST_MEMBERS)
        people = [
            member
            for member in session.scalars(everybody).unique()
            if match(fold(f"{member.person.name}\n{member.person.email}"), wanted)
        ]
    return Besides(pictures, sorted(people, key=lambda member: member.person.name.casefold())[:MOST_PEOPLE])
