"""The first minutes of an office that came out of a backup: paused, signed out, and unsure of what has gone out."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import delete

from commsched.flow import operator, pause
from commsched.flow.context import Office
from commsched.flow.deliver.doubt import doubt
from commsched.flow.deliver.recover import recover
from commsched.flow.record import note
from commsched.store.models import Heartbeat, SignIn
from commsched.store.session import EVERY_WORKSPACE

REASON = "restored"
"""What stands as the reason of the pause; :data:`commsched.flow.pause.REASONS` says it to people."""


class Settled(msgspec.Struct, frozen=True):
    """What was done: offices paused, and deliveries whose fate must be read back or asked about."""

    paused: int
    doubted: int


def settle(office: Office, made_at: datetime) -> Settled:
    """Pause every office, end every session, and doubt whatever was not finished when the backup was made, at
    ``made_at`` (UTC). Nothing has been sent."""
    paused = 0
    for workspace in operator.workspaces(office):
        actor = operator.actor(workspace)
        if workspace.paused_at is None:
            pause.pause(office, actor, REASON)
            paused += 1
        with office.store.write(workspace.id) as session:
            note(session, office, actor, "office.restored", made_at=made_at.isoformat())
    with office.store.write(EVERY_WORKSPACE) as session:
        session.execute(delete(SignIn))
        session.execute(delete(Heartbeat))
    recover(office, "the office was restored from a backup")
    return Settled(paused, doubt(office, made_at))
