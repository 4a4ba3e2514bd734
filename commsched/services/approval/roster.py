"""Who works in an office and who stands in for whom, read in one statement: every question of turn is asked of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

import msgspec
from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from commsched.core.access.roles import Permission, may
from commsched.services.kernel import confidants
from commsched.store.models import Deputy, Item, Membership, Person


class Member(msgspec.Struct, frozen=True):
    """Somebody who belongs to the office, perhaps shut out for now. ``principals`` are those whose deputy they are."""

    person: int
    role: str
    name: str
    active: bool
    principals: tuple[int, ...] = ()


class Roster(msgspec.Struct, frozen=True):
    """The members by person, at one moment."""

    members: dict[int, Member]

    def with_permission(self, permission: Permission) -> set[int]:
        """The active members whose role grants ``permission``."""
        return {member.person for member in self.members.values() if member.active and may(member.role, permission)}

    def approvers(self) -> set[int]:
        """The active members with the role of approver."""
        return {member.person for member in self.members.values() if member.active and member.role == "approver"}

    def writers(self) -> set[int]:
        """The members with the role of writer."""
        return {member.person for member in self.members.values() if member.role == "writer"}

    def principals(self, person: int) -> tuple[int, ...]:
        """Those whose deputy ``person`` is."""
        member = self.members.get(person)
        return member.principals if member else ()

    def deputies(self, people: Collection[int]) -> set[int]:
        """Those who stand in for any of ``people``."""
        return {member.person for member in self.members.values() if not set(people).isdisjoint(member.principals)}

    def only(self, people: Collection[int]) -> Roster:
        """The same moment, as if nobody but ``people`` worked here."""
        return Roster({person: member for person, member in self.members.items() if person in people})

    def called(self, people: Collection[int]) -> dict[int, str]:
        """Those of ``people`` who are members with what they are called, by name."""
        named = [(self.members[person].name, person) for person in people if person in self.members]
        return {person: name for name, person in sorted(named)}

    def names(self, people: Collection[int | None]) -> list[str]:
        """What those of ``people`` who are members are called, by name."""
        return sorted(self.members[person].name for person in people if person in self.members)


def read_roster(session: Session, now: datetime) -> Roster:
    """The office's members, and their deputies at ``now``."""
    rows = session.execute(_roster(), {"now": now})
    members: dict[int, Member] = {}
    for person, role, name, email, active, principal in rows:
        before = members[person].principals if person in members else ()
        principals = (*before, principal) if principal is not None else before
        members[person] = Member(person, role, name or email, active, principals)
    return Roster(members)


def seeing(session: Session, roster: Roster, item: Item) -> Roster:
    """Those of ``roster`` who may see ``item``: nobody else is asked about it, or may decide."""
    return roster.only(confidants.named(session, item)) if confidants.is_closed(item) else roster


@lru_cache(maxsize=1)
def _roster() -> Select[int, str, str, str, bool, int | None]:
    now = bindparam("now", type_=Deputy.starts_at.type)
    during = and_(Deputy.deputy_id == Person.id, Deputy.starts_at <= now, Deputy.ends_at > now)
    columns = (Person.id, Membership.role, Person.name, Person.email, Person.active, Deputy.person_id)
    return (
        select(*columns)
        .join_from(Membership, Person, Person.id == Membership.person_id)
        .outerjoin(Deputy, during)
        .order_by(Membership.id, Deputy.id)
    )
