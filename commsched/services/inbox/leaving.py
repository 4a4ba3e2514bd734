"""A mail that says “unsubscribe”: the way out that each mailing's List-Unsubscribe header offers beside its link."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.services.contacts import lists
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Installation, scheduler
from commsched.store.models import Channel, ListRecipient


def leave(installation: Installation, session: Session, workspace: int, address: str) -> int:
    """Take ``address`` off each of the office's lists: the mail does not say which one it is about. Returns how many
    lists that were."""
    blind = installation.vault.blind(address)
    wanted = (
        select(Channel.id)
        .join(ListRecipient, ListRecipient.channel_id == Channel.id)
        .where(ListRecipient.blind == blind, ListRecipient.state != "unsubscribed")
        .order_by(Channel.id)
    )
    channels = list(session.scalars(wanted))
    for channel in channels:
        lists.leave(installation, session, channel, address, "unsubscribed", "mail")
        note(session, installation, scheduler(workspace), "inbox.left", channel=channel)
    return len(channels)
