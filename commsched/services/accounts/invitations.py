"""Newcomers, and the link by which they choose their first password."""

from __future__ import annotations

from sqlalchemy import select

from commsched.services.accounts.people import member_of, password_link
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Membership
from commsched.store.session import EVERY_WORKSPACE


def link_for_newcomer(installation: Installation, actor: Actor, person: int) -> str:
    """The link of a member who has not chosen a password yet; empty for one who has, or who belongs to another office
    too, since it would open that office as well."""
    actor.require("administer")
    with installation.store.read(EVERY_WORKSPACE) as session:
        newcomer = member_of(session, actor, person).person
        places = set(session.scalars(select(Membership.workspace_id).where(Membership.person_id == person)))
    if newcomer.password_hash or not newcomer.active or places != {actor.workspace}:
        return ""
    return password_link(installation, newcomer)
