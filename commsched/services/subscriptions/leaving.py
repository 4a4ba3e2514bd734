"""Leaving: a list, or everything that an office sends. It takes effect with the commit, also for what is going out.

Whoever holds the mail may leave; nothing is asked, and saying it twice changes nothing.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, NotFound
from commsched.services.contacts import consent, leave_links, lists, suppression
from commsched.services.contacts.consent import Said
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.store import locks
from commsched.store.models import Channel, Contact, ListRecipient, Workspace
from commsched.store.session import EVERY_WORKSPACE, again

LISTS: Final = ("presslist",)
"""The platforms whose channels are lists of the world :data:`~commsched.services.contacts.suppression.PRESS`."""
BY_LINK: Final = N_("the link in the mail")
BY_ONE_CLICK: Final = N_("the mail program’s own button")
BY_MAIL: Final = N_("a mail that asked for it")


class Recipient(msgspec.Struct, frozen=True):
    """Whom a link names: a person by their blind index, on a list of an office."""

    workspace: int
    slug: str
    channel: int
    list: str
    blind: str


def open_link(installation: Installation, token: str, slug: str = "") -> Recipient:
    """Whom ``token`` names. Raises :class:`NotFound` for a token that is not ours, whose list is gone, or that is of
    another office than ``slug`` (empty: any)."""
    named = leave_links.read(installation, token)
    if named is not None:
        wanted = select(Channel.workspace_id, Workspace.slug, Channel.id, Channel.name)
        wanted = wanted.join(Workspace, Workspace.id == Channel.workspace_id)
        with installation.store.read(EVERY_WORKSPACE) as session:
            row = session.execute(wanted.where(Channel.id == named[0], Channel.platform.in_(LISTS))).first()
        if row is not None and slug in ("", row[1]):
            return Recipient(row[0], row[1], row[2], row[3], named[1])
    raise NotFound(N_("This link leads nowhere."))


def leave(installation: Installation, whom: Recipient, *, everything: bool = False, source: str = BY_LINK) -> None:
    """Write nothing more to ``whom`` from that list; with ``everything`` from no list of the office."""
    again(lambda: _leave(installation, whom, everything, source))  # a mail program does not try a second time


def _leave(installation: Installation, whom: Recipient, everything: bool, source: str) -> None:
    with installation.store.write(whom.workspace) as session:
        if everything:
            leave_everything(installation, session, whom.workspace, whom.blind, source)
        else:
            contact = known(session, whom.workspace, whom.blind)
            leave_list(installation, session, whom.workspace, whom.channel, whom.blind, contact, source)


def leave_by_mail(installation: Installation, workspace: int, address: str, channel: int | None = None) -> None:
    """What a mail to the list's own address asks for ("unsubscribe"): its sender leaves ``channel``, or where the mail
    does not say which, everything that the office sends. ``address`` is whom the mail is from; nobody needs to be known
    for it."""
    blind = installation.vault.blind(address)
    with installation.store.write(workspace) as session:
        if channel is None:
            leave_everything(installation, session, workspace, blind, BY_MAIL)
        else:
            contact = known(session, workspace, blind)
            leave_list(installation, session, workspace, channel, blind, contact, BY_MAIL)


def known(session: Session, workspace: int, blind: str) -> Contact | None:
    """The contact with that index, locked until the caller's transaction ends."""
    mine = (Contact.workspace_id == workspace, Contact.world == PRESS, Contact.blind == blind)
    return session.scalar(locks.rows(select(Contact).where(*mine)))


def leave_list(
    installation: Installation,
    session: Session,
    workspace: int,
    channel: int,
    blind: str,
    contact: Contact | None,
    source: str,
) -> None:
    """Take one person off one list within the caller's transaction, for good."""
    row = session.get(Channel, channel, with_for_update={"key_share": True})
    if row is None or row.workspace_id != workspace or row.platform not in LISTS:
        return
    row.secrets, row.list_digest = lists.take_over(installation, session, row.id)
    if not lists.refuse(installation, session, channel, workspace, blind, "link" if source == BY_LINK else "person"):
        return
    session.flush()
    row.facts = row.facts | {"recipients": lists.count(installation, session, row)}
    if contact is not None:
        said = Said("left", installation.now(), source=source)
        consent.note(session, workspace, [contact.id], said, channel)


def leave_everything(
    installation: Installation, session: Session, workspace: int, blind: str, source: str
) -> list[int]:
    """Send nothing more to one person from any list of an office, within the caller's transaction, whoever writes them
    down anew; returns the lists that they were on."""
    contact = known(session, workspace, blind)
    new = suppression.add(installation, session, workspace, PRESS, blind, "unsubscribed")
    on = select(ListRecipient.channel_id).where(
        ListRecipient.workspace_id == workspace, ListRecipient.blind == blind, ListRecipient.state != "unsubscribed"
    )
    channels = session.scalars(on.order_by(ListRecipient.channel_id)).all()
    for channel in channels:
        leave_list(installation, session, workspace, channel, blind, contact, source)
    if contact is not None and (new or contact.state != "unsubscribed"):
        contact.state, contact.since = "unsubscribed", installation.now()
        contact.changed_at = contact.since
        consent.note(session, workspace, [contact.id], Said("unsubscribed", contact.since, source=source))
    return list(channels)
