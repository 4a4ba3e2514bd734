"""Mails that ask for no more mail. Anybody can write one in another's name, so it counts where it proves whose it is;
any other waits for a person, as a letter does."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.mail import bounces as parsing
from commsched.mail.incoming import Incoming
from commsched.services.contacts import leave_links
from commsched.services.kernel.context import Installation
from commsched.services.subscriptions import leaving
from commsched.store.models import Channel, Part


class Departure(msgspec.Struct, frozen=True):
    """Who leaves, by their blind index, and which list; 0 is everything that the office sends."""

    blind: str
    channel: int = 0


def proven(installation: Installation, session: Session, says: Incoming, answered: Part | None) -> Departure | None:
    """Who leaves by ``says``: whom the secret names that the list's own mail had written beside the word, or whoever
    answers the very mail ``answered`` that they got from us. ``None`` where it proves nothing."""
    if not parsing.wants_to_leave(says):
        return None
    named = leave_links.read(installation, parsing.leave_secret(says))
    if named is not None:
        mine = select(Channel.id).where(Channel.id == named[0], Channel.platform.in_(leaving.LISTS))
        return Departure(named[1], named[0]) if session.scalar(mine) is not None else None
    blind = installation.vault.blind(says.address) if says.address else ""
    return Departure(blind) if blind and answered is not None and answered.blind == blind else None


def leave(installation: Installation, session: Session, workspace: int, departure: Departure) -> None:
    """Send them no more, in the caller's transaction."""
    if not departure.channel:
        leaving.leave_everything(installation, session, workspace, departure.blind, leaving.BY_MAIL)
        return
    contact = leaving.known(session, workspace, departure.blind)
    channel, blind = departure.channel, departure.blind
    leaving.leave_list(installation, session, workspace, channel, blind, contact, leaving.BY_MAIL)
