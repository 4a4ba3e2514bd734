"""The secret address at which the group reads the office's plan without an account: when, where, what it is called and
how far it has come, and nothing that can be pressed.

One stands at a time, until a person ends it; then it leads nowhere for ever. What is looked up is the hash of its
secret; the secret itself is kept encrypted, since the calendar shows the address again.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import PlanLink, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import new_token, token_hash

PATH: Final = "/plan/{token}"
UNTOLD: Final = frozenset({"draft", "changes_requested"})
"""States of items whose names the plan keeps to itself, unless the link was made to tell them."""


class Standing(msgspec.Struct, frozen=True):
    """The link that stands."""

    url: str
    shows_drafts: bool


class Plan(msgspec.Struct, frozen=True):
    """Whose plan a link leads to."""

    workspace: int
    name: str
    zone: str
    language: str
    shows_drafts: bool


def standing(installation: Installation, actor: Actor) -> Standing | None:
    """The office's link, for those who may hand it on."""
    actor.require("schedule")
    with installation.store.read(actor.workspace) as session:
        row = _standing(session)
        if row is None:
            return None
        token = installation.vault.unseal(row.token)
        return Standing(installation.base_url + PATH.format(token=token), row.shows_drafts)


def make(installation: Installation, actor: Actor, *, shows_drafts: bool = False) -> None:
    """Make a link; one that stands is ended first, so that a choice made anew reaches nobody by the old address."""
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        _end(installation, session, actor)
        token = new_token()
        session.add(
            PlanLink(
                workspace_id=actor.workspace,
                token_hash=token_hash(token),
                token=installation.vault.seal(token),
                shows_drafts=shows_drafts,
                created_at=installation.now(),
            )
        )
        note(session, installation, actor, "plan.shared")


def revoke(installation: Installation, actor: Actor) -> bool:
    """End the link; whether there was one."""
    actor.require("schedule")
    with installation.store.write(actor.workspace) as session:
        ended = _end(installation, session, actor)
        if ended:
            note(session, installation, actor, "plan.unshared")
    return ended


def _end(installation: Installation, session: Session, actor: Actor) -> bool:
    locks.row(session, Workspace, actor.workspace)  # two who make one at a time
    row = _standing(session)
    if row is None:
        return False
    row.revoked_at, row.token = installation.now(), ""
    session.flush()
    return True


def _standing(session: Session) -> PlanLink | None:
    return session.scalar(select(PlanLink).where(PlanLink.revoked_at.is_(None)))


def plan_of(installation: Installation, token: str) -> Plan | None:
    """Whose plan ``token`` leads to, if that link stands."""
    wanted = (PlanLink.token_hash == token_hash(token), PlanLink.revoked_at.is_(None))
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.execute(
            select(Workspace.id, Workspace.name, Workspace.zone, Workspace.language, PlanLink.shows_drafts)
            .join(Workspace, Workspace.id == PlanLink.workspace_id)
            .where(*wanted)
        ).first()
    return Plan(*row) if row is not None else None
