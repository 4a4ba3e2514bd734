"""Erasing a person whom an office has written to: everywhere, in one transaction. One keyed hash stays, so that nobody
writes to them again when an old file is imported.

What was approved and how many got it stays true: the rows of a mailing stay, without the person.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Invalid
from commsched.core.text.recipients import is_address
from commsched.services.contacts import lists, suppression
from commsched.services.contacts.suppression import PRESS
from commsched.services.deliver import part_decisions
from commsched.services.inbox import keeping
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, scheduler
from commsched.services.subscriptions.questions import Question
from commsched.store.models import (
    Channel,
    Contact,
    ContactEvent,
    ContactMail,
    ListRecipient,
    Part,
    PartBounce,
    PressAnswer,
    Suppression,
    Workspace,
)

LATELY = timedelta(days=2)
"""How long after an erasure it is looked for once more: a call may have been under way."""


def forget(installation: Installation, actor: Actor, address: str) -> bool:
    """Erase everything about ``address`` in the actor's office; returns whether anything was known. The record says
    that somebody was erased, and not who."""
    actor.require("administer")
    if not is_address(address.strip()):
        raise Invalid(N_("“%(address)s” is not an e-mail address."), "address", address=address[:100])
    with installation.store.write(actor.workspace) as session:
        known = erase(installation, session, actor.workspace, installation.vault.blind(address))
        note(session, installation, actor, "contact.erased")
    return known


def answer(installation: Installation, question: Question) -> None:
    """The person themself has said yes, by the link in the mail."""
    with installation.store.write(question.workspace) as session:
        erase(installation, session, question.workspace, question.blind)
        note(session, installation, scheduler(question.workspace), "contact.erased_by_link")


def erase(installation: Installation, session: Session, workspace: int, blind: str) -> bool:
    """Erase the person ``blind`` within the caller's transaction, and have nothing sent to them any more; returns
    whether anything was known of them."""
    suppression.add(installation, session, workspace, PRESS, blind, "erased")
    known = _off_lists(installation, session, workspace, blind)
    ours = select(Part.id).where(Part.role == "recipient", Part.blind == blind)
    session.execute(update(PartBounce).where(PartBounce.part_id.in_(ours)).values(words=""))
    known |= part_decisions.forget_recipient(session, workspace, blind) > 0
    known |= keeping.erase_person(installation, session, blind) > 0
    session.execute(delete(PressAnswer).where(PressAnswer.workspace_id == workspace, PressAnswer.blind == blind))
    mine = (Contact.workspace_id == workspace, Contact.world == PRESS, Contact.blind == blind)
    contacts = session.scalars(select(Contact.id).where(*mine)).all()
    session.execute(delete(ContactEvent).where(ContactEvent.contact_id.in_(contacts)))
    session.execute(delete(Contact).where(Contact.id.in_(contacts)))
    mails = (ContactMail.workspace_id == workspace, ContactMail.world == PRESS, ContactMail.blind == blind)
    session.execute(delete(ContactMail).where(*mails))
    return known or bool(contacts)


def _off_lists(installation: Installation, session: Session, workspace: int, blind: str) -> bool:
    mine = (ListRecipient.workspace_id == workspace, ListRecipient.blind == blind)
    channels = session.scalars(select(ListRecipient.channel_id).where(*mine).order_by(ListRecipient.channel_id)).all()
    for number in channels:
        channel = session.get_one(Channel, number, with_for_update={"key_share": True})
        session.execute(delete(ListRecipient).where(*mine, ListRecipient.channel_id == number))
        channel.facts = channel.facts | {"recipients": lists.count(installation, session, channel)}
    return bool(channels)


def sweep(installation: Installation, session: Session, workspace: Workspace) -> None:
    """A chore: what was just being sent to somebody while they were erased is erased when it is over."""
    recent = (Suppression.reason == "erased", Suppression.at > installation.now() - LATELY)
    for blind in session.scalars(select(Suppression.blind).where(Suppression.workspace_id == workspace.id, *recent)):
        left = select(Part.id).where(Part.role == "recipient", Part.blind == blind, Part.recipient != "")
        if session.scalar(left.limit(1)) is not None:
            part_decisions.forget_recipient(session, workspace.id, blind)
