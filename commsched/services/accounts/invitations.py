"""The links by which people choose a password, and the mails that carry them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from commsched.services.accounts import login_throttle
from commsched.services.accounts.login_throttle import fold_email
from commsched.services.accounts.people import member_of, password_link
from commsched.services.kernel.context import Actor, Installation
from commsched.services.notices import outbox
from commsched.store.models import Membership, Person
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


Occasion = Literal["invited", "new_password"]
"""What the mail says of itself: somebody was let in, or gets a new password."""


def mail_link(installation: Installation, actor: Actor, person: int, link: str, occasion: Occasion) -> bool:
    """Mail ``link`` to a member. Returns whether it will be: where no mail server is set, it is handed over by hand."""
    actor.require("administer")
    if not link or not installation.mailer.reaches():
        return False
    with installation.store.write(actor.workspace) as session:
        member_of(session, actor, person)
        outbox.queue(session, installation, [person], occasion, link_token=link, by=actor.name)
    installation.wake()
    return True


def ask_for_password(installation: Installation, email: str, address: str) -> None:
    """Mail a link to whoever has that address, if anybody does. The answer, and the work, are the same either way.

    ``address`` is where the wish comes from. Raises :class:`login_throttle.TooManyTries`, for any address alike.
    """
    login_throttle.count(installation, login_throttle.asking(email, address))
    with installation.store.write(EVERY_WORKSPACE) as session:
        wanted = select(Person).where(Person.email == fold_email(email), Person.active)
        person = session.scalar(wanted)
        places = select(Membership.workspace_id).where(Membership.person_id == (person.id if person else 0))
        place = session.scalar(places.order_by(Membership.id).limit(1))
        if person is not None and place is not None:
            link = password_link(installation, person)
            outbox.queue(session, installation, [person.id], "new_password", link_token=link, workspace=place)
    installation.wake()
