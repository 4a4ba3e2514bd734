"""Saying no once more after a restore: who left a list, wanted no more mail or was erased after the backup was made.

A *no* is taken back by nothing but the person's own later answer; so whatever the restored office knows that is newer
than the *no* stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.services.contacts import lists, suppression
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.services.privacy import erasure
from commsched.services.subscriptions import leaving
from commsched.store.models import Channel, Contact, ContactEvent, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.types import from_micros


def replay(
    installation: Installation,
    said_no: Iterable[tuple[str, str, str, str, int]],
    left: Iterable[tuple[str, int, str, int]],
) -> int:
    """Say every *no* again that ``installation`` does not know; returns how many. ``said_no``: office, world, blind
    index, reason, and when (microseconds); ``left``: office, list, blind index, and when."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        offices = {row.slug: row.id for row in session.scalars(select(Workspace))}
    count = 0
    for slug, world, blind, reason, at in said_no:
        if slug in offices and world == PRESS:
            with installation.store.write(offices[slug]) as session:
                count += _refuse(installation, session, offices[slug], blind, reason, from_micros(at))
    for slug, channel, blind, at in left:
        if slug in offices:
            with installation.store.write(offices[slug]) as session:
                count += _leave(installation, session, offices[slug], channel, blind, from_micros(at))
    return count


def _said_yes_since(session: Session, workspace: int, blind: str, at: datetime, channel: int | None = None) -> bool:
    mine = (Contact.workspace_id == workspace, Contact.world == PRESS, Contact.blind == blind)
    yes = (ContactEvent.act == "confirmed", ContactEvent.at > at)
    wanted = select(ContactEvent.id).join(Contact, Contact.id == ContactEvent.contact_id).where(*mine, *yes)
    if channel is not None:
        wanted = wanted.where(ContactEvent.channel_id == channel)
    return session.scalar(wanted.limit(1)) is not None


def _refuse(
    installation: Installation, session: Session, workspace: int, blind: str, reason: str, at: datetime
) -> bool:
    standing = suppression.suppressed(session, workspace, PRESS, [blind]).get(blind)
    if standing in (reason, "erased") or _said_yes_since(session, workspace, blind, at):
        return False
    if reason == "erased":
        erasure.erase(installation, session, workspace, blind)
    elif reason == "unsubscribed":
        leaving.leave_everything(installation, session, workspace, blind, leaving.BY_LINK)
    else:
        suppression.add(installation, session, workspace, PRESS, blind, "bounced")
    return True


def _leave(
    installation: Installation, session: Session, workspace: int, channel: int, blind: str, at: datetime
) -> bool:
    row = session.get(Channel, channel)
    if row is None or row.workspace_id != workspace or row.platform not in leaving.LISTS:
        return False
    if lists.has_left(session, channel, blind) or _said_yes_since(session, workspace, blind, at, channel):
        return False
    leaving.leave_list(
        installation, session, workspace, channel, blind, leaving.known(session, workspace, blind), leaving.BY_LINK
    )
    return True
