"""Deputies: who approves in somebody's place, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from commsched.core.access.roles import may
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.accounts.people import member_of
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Deputy

LONGEST: Final = timedelta(days=731)


def set_deputy(
    installation: Installation, actor: Actor, person: int, deputy: int, starts_at: datetime, ends_at: datetime
) -> Deputy:
    """Let ``deputy`` approve in ``person``'s place for a while. One's own, or an administrator's doing."""
    if person != actor.person:
        actor.require("administer")
    if ends_at <= starts_at or ends_at <= installation.now():
        raise Invalid(N_("The end must come after the start, and not have passed."), "ends_at")
    if ends_at - installation.now() > LONGEST:
        raise Invalid(N_("At most two years ahead."), "ends_at")
    if person == deputy:
        raise Invalid(N_("Choose somebody else."), "deputy")
    with installation.store.write(actor.workspace) as session:
        theirs, stand_in = member_of(session, actor, person), member_of(session, actor, deputy)
        if not may(theirs.role, "approve"):
            raise Invalid(
                N_("%(name)s does not approve here, so nobody can do it for them."), "person", name=theirs.person.name
            )
        if not may(stand_in.role, "approve"):
            raise Invalid(
                N_("%(name)s needs the role of approver to approve for somebody else."),
                "deputy",
                name=stand_in.person.name,
            )
        row = Deputy(
            person_id=person, deputy_id=deputy, starts_at=starts_at, ends_at=ends_at, created_at=installation.now()
        )
        session.add(row)
        note(
            session,
            installation,
            actor,
            "deputy.set",
            person=person,
            name=theirs.person.name,
            deputy=deputy,
            deputy_name=stand_in.person.name,
            starts=starts_at.isoformat(),
            ends=ends_at.isoformat(),
        )
    return row


def end_deputy(installation: Installation, actor: Actor, deputy_id: int) -> None:
    """Take a deputy's right back, at once."""
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(select(Deputy).where(Deputy.id == deputy_id))
        if row is None:
            raise NotFound(N_("There is no such deputy."))
        if row.person_id != actor.person:
            actor.require("administer")
        session.delete(row)
        note(session, installation, actor, "deputy.ended", person=row.person_id, deputy=row.deputy_id)


def deputies(installation: Installation, workspace: int) -> list[Deputy]:
    """The deputies of the office and whose place they take, current and future."""
    with installation.store.read(workspace) as session:
        return list(
            session.scalars(select(Deputy).where(Deputy.ends_at > installation.now()).order_by(Deputy.starts_at))
        )
