"""The demo's mailbox at a provider, and a key that waits for its line. Nothing is sent by them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commsched.services.kernel.context import Actor, Installation
from commsched.services.mailing import dkim_keys, server
from commsched.services.mailing.providers import PROVIDERS
from commsched.store.models import Channel, MailServer
from commsched.store.session import EVERY_WORKSPACE

DOMAIN = "ljungpartiet.example"


def _mailbox(installation: Installation, session: Session, workspace: int) -> int:
    """A mailbox at a provider; returns its number. It is written as it stands, since nobody could try it."""
    provider = PROVIDERS["microsoft"]
    if session.get(MailServer, server.ROW) is None:  # the first number is the installation's
        empty = {"host": "", "port": 587, "security": "required", "sender": ""}
        session.add(MailServer(id=server.ROW, changed_at=installation.now(), **empty))
        session.flush()
    row = MailServer(
        workspace_id=workspace,
        name="Pressbrevlådan",
        kind=provider.key,
        host=provider.host,
        port=provider.port,
        security=provider.security,
        user=f"press@{DOMAIN}",
        password=installation.vault.seal("prova-lugnt"),
        sender=f"press@{DOMAIN}",
        sender_name="Ljungpartiet",
        per_minute=provider.limits.per_minute,
        per_day=provider.limits.per_day,
        connections=provider.limits.connections,
        changed_at=installation.now(),
    )
    session.add(row)
    session.flush()
    return row.id


def furnish(installation: Installation, actor: Actor, press_list: int) -> None:
    """The office's mailbox, which its press list sends through, and a key that its line is waited for."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        number = _mailbox(installation, session, int(actor.workspace))
        channel = session.get_one(Channel, press_list)
        channel.settings = channel.settings | {"relay": str(number)}
    dkim_keys.make(installation, actor, DOMAIN)
