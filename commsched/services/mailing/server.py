"""The mail server that an administrator sets on a page: one for the whole installation, its password encrypted.

What a settings file says wins. Only whoever administers every office of the installation may set it, since every
office's mail goes through it.
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.core.text.recipients import is_address
from commsched.mail.connection import Relay, Secret, Security
from commsched.mail.live import LiveMailer, Server, Standing
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import MailServer, Membership, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store
from commsched.store.vault import KeyMismatch, Vault

log = logging.getLogger(__name__)
ROW: Final = 1
SECURITIES: Final[tuple[Security, ...]] = ("required", "implicit", "none")
_FORBIDDEN: Final = N_("Only whoever administers every office of this installation can set the mail server.")


class Entered(msgspec.Struct, frozen=True):
    """What the form holds. An empty ``password`` means the one that is kept, for the same server and user only."""

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str
    sender_name: str


def standing(store: Store, vault: Vault) -> Standing:
    """What the store says now. A password that the key does not open is as good as none, and the log says so."""
    with store.read(EVERY_WORKSPACE) as session:
        row = session.get(MailServer, ROW)
    if row is None:
        return Standing()
    if not row.host:
        return Standing(None, ever=True)
    try:
        return Standing(_server(row, vault.unseal(row.password)), ever=True)
    except KeyMismatch:
        log.error("the password of the mail server cannot be read with this key: no mail is sent")
        return Standing(None, ever=True)


def _server(row: MailServer, password: str) -> Server:
    security: Security = next((kind for kind in SECURITIES if kind == row.security), "required")
    return Server(Relay(row.host, row.port, row.user, security, Secret(password)), row.sender, row.sender_name)


def is_fixed(installation: Installation) -> bool:
    """Whether a settings file or the environment says which server it is, so that no page can."""
    return bool(installation.settings.get("smtp_url", "").strip())


def get(installation: Installation) -> MailServer | None:
    """The server that is kept, if one is."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get(MailServer, ROW)
    return row if row is not None and row.host else None


def may_set(installation: Installation, actor: Actor) -> bool:
    """Whether ``actor`` administers every office there is, and none of them is a demo, which sends no mail."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        return not _why_not(session, actor)


def _why_not(session: Session, actor: Actor) -> str:
    offices = select(func.count(Workspace.id))
    if session.scalar(offices.where(Workspace.is_demo)):
        return N_("A demo sends no mail.")
    administered = select(func.count(Membership.id)).where(
        Membership.person_id == actor.person, Membership.role == "administrator"
    )
    everywhere = session.scalar(offices) == session.scalar(administered)
    return "" if everywhere and actor.role == "administrator" else _FORBIDDEN


def check_may(installation: Installation, actor: Actor) -> None:
    """Raise :class:`Conflict` where the offices or the settings file are such that ``actor`` cannot set it."""
    actor.require("administer")
    with installation.store.read(EVERY_WORKSPACE) as session:
        why = _why_not(session, actor)
    if why:
        raise Conflict(why)
    if is_fixed(installation):
        raise Conflict(N_("The mail server is set in commsched.toml or the environment (smtp_url), which wins."))


def server_of(installation: Installation, entered: Entered) -> Server:
    """The server that a form describes. Raises :class:`Invalid` by the field that cannot be."""
    host, user = line(entered.host, "host").strip().lower(), line(entered.user, "user").strip()
    sender = line(entered.sender, "sender").strip() or (user if is_address(user) else "")
    if not host or len(host) > 255 or any(sign in host for sign in "/@: "):
        raise Invalid(N_("Write only the server's name, such as smtp.example.org."), "host")
    if entered.security not in SECURITIES:
        raise Invalid(N_("Choose one from the list."), "security")
    if not is_address(sender):
        raise Invalid(N_("Write the address that mail comes from."), "sender")
    password = entered.password or _kept_password(installation, host, entered.port, user)
    if user and not password:
        raise Invalid(N_("This is needed."), "password")
    if user and entered.security == "none":
        raise Invalid(N_("A password is sent only where the connection is encrypted."), "security")
    security = next(kind for kind in SECURITIES if kind == entered.security)
    relay = Relay(host, entered.port, user, security, Secret(password if user else ""))
    return Server(relay, sender, line(entered.sender_name, "sender_name").strip()[:100])


def _kept_password(installation: Installation, host: str, port: int, user: str) -> str:
    """The kept password, for the very server and user that it was given for: it follows nobody elsewhere."""
    row = get(installation)
    if row is None or (row.host, row.port, row.user) != (host, port, user):
        return ""
    return installation.vault.unseal(row.password)


def keep(installation: Installation, actor: Actor, server: Server) -> None:
    """Keep ``server``: from now on mail goes through it, in every process within seconds."""
    check_may(installation, actor)
    relay = server.relay
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.merge(
            MailServer(
                id=ROW,
                host=relay.host,
                port=relay.port,
                security=relay.security,
                user=relay.user,
                password=installation.vault.seal(relay.secret.value) if relay.secret.value else "",
                sender=server.sender,
                sender_name=server.sender_name,
                changed_at=installation.now(),
            )
        )
        note(session, installation, actor, "mail.server_set", host=relay.name, sender=server.sender)
    _heed(installation)


def take_away(installation: Installation, actor: Actor) -> None:
    """Send no mail any more. That there was a server is kept: what left by it can never be called absent."""
    check_may(installation, actor)
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get(MailServer, ROW)
        if row is None or not row.host:
            return
        host, row.host, row.password = row.host, "", ""
        row.changed_at = installation.now()
        note(session, installation, actor, "mail.server_removed", host=host)
    _heed(installation)


def _heed(installation: Installation) -> None:
    if isinstance(installation.mailer, LiveMailer):
        installation.mailer.forget()
    installation.wake()
