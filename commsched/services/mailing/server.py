"""The relays that mail leaves through, as an administrator sets them on a page, their passwords encrypted.

One is the installation's: every office's notices go through it, and every list that chooses no other, so only whoever
administers every office may set it, and what a settings file says wins. Others are an office's own, for its lists.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.delivery.rates import Limits
from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.core.text.recipients import is_address
from commsched.mail.connection import NoAccess, Relay, Secret, Security
from commsched.mail.live import LiveMailer, Server, Standing
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.mailing import states
from commsched.services.mailing.tokens import AccessTokens
from commsched.store.models import Channel, MailServer, Membership, Workspace
from commsched.store.session import EVERY_WORKSPACE, Store
from commsched.store.vault import KeyMismatch, Vault

log = logging.getLogger(__name__)
ROW: Final = states.DEFAULT
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEW: Final = 0
"""The number of a relay that is not kept yet."""
MOST: Final = 20
"""Relays of one office."""
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
    name: str = ""
    kind: str = ""
    limits: Limits = Limits()
    outgoing: str = ""
    signs_in: str = ""
    """At whom, where a person has signed in or is about to; then there is no password."""
    private: bool = False


class Reader(msgspec.Struct, frozen=True):
    """Reads relays from the store, for whoever sends through them."""

    store: Store
    vault: Vault
    tokens: AccessTokens | None = None

    def standing(self, number: int = ROW) -> Standing:
        """What the store says now. A password that the key does not open is as good as none, and the log says so. In a
        demo nothing is sent, whatever is set."""
        with self.store.read(EVERY_WORKSPACE) as session:
            row = session.get(MailServer, number)
            office = session.get(Workspace, row.workspace_id) if row is not None and row.workspace_id else None
        if row is None:
            return Standing()
        if not row.host or (office is not None and office.is_demo):
            return Standing(None, ever=True)
        try:
            return Standing(self._server(row), ever=True)
        except KeyMismatch:
            log.error("the password of the mail server cannot be read with this key: no mail is sent")
            return Standing(None, ever=True)

    def _server(self, row: MailServer) -> Server:
        token = None
        if row.signs_in:
            token = self.tokens.of(row.id) if self.tokens is not None else _no_access
        secret = Secret(self.vault.unseal(row.password) if row.password else "")
        relay = Relay(row.host, row.port, row.user, _security(row.security), secret, token=token)
        limits = Limits(row.per_minute, row.per_day, row.connections)
        return Server(relay, row.sender, row.sender_name, limits, row.name, row.signs_in, row.private)


def standing(store: Store, vault: Vault) -> Standing:
    """What the store says now of the installation's server."""
    return Reader(store, vault).standing()


def _no_access(_refused: bool) -> str:
    raise NoAccess("signed in elsewhere")


def _security(value: str) -> Security:
    return next((kind for kind in SECURITIES if kind == value), "required")


def is_fixed(installation: Installation, number: int = ROW) -> bool:
    """Whether a settings file or the environment says which server it is, so that no page can."""
    return number == ROW and bool(installation.settings.get("smtp_url", "").strip())


def get(installation: Installation, number: int = ROW) -> MailServer | None:
    """The relay that is kept, if one is."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.get(MailServer, number)
    return row if row is not None and row.host else None


def of_office(installation: Installation, workspace: int) -> list[MailServer]:
    """The office's own relays, by name."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        wanted = select(MailServer).where(MailServer.workspace_id == int(workspace), MailServer.host != "")
        rows = list(session.scalars(wanted))
    return sorted(rows, key=lambda row: row.name.casefold())


def find(installation: Installation, actor: Actor, number: int) -> MailServer:
    """A relay that ``actor``'s office sends through: its own, or the installation's. Raises :class:`NotFound`."""
    row = get(installation, number)
    if row is None or row.workspace_id not in (None, int(actor.workspace)):
        raise NotFound(N_("There is no such mail server."))
    return row


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


def check_may(installation: Installation, actor: Actor, number: int = ROW) -> None:
    """Raise :class:`Conflict` where the offices or the settings file are such that ``actor`` cannot set it."""
    actor.require("administer")
    if number != ROW:
        _check_own(installation, actor, number)
        return
    with installation.store.read(EVERY_WORKSPACE) as session:
        why = _why_not(session, actor)
    if why:
        raise Conflict(why)
    if is_fixed(installation):
        raise Conflict(N_("The mail server is set in commsched.toml or the environment (smtp_url), which wins."))


def check_may_all(installation: Installation, actor: Actor) -> None:
    """Raise :class:`Conflict` where ``actor`` does not administer every office: the installation's own things."""
    actor.require("administer")
    with installation.store.read(EVERY_WORKSPACE) as session:
        why = _why_not(session, actor)
    if why and actor.via != "cli":
        raise Conflict(why)


def _check_own(installation: Installation, actor: Actor, number: int) -> None:
    if number != NEW:
        row = find(installation, actor, number)
        if row.workspace_id is None:
            raise NotFound(N_("There is no such mail server."))
    elif len(of_office(installation, actor.workspace)) >= MOST:
        raise Conflict(N_("An office has at most %(most)s mail servers of its own."), most=MOST)
    with installation.store.read(actor.workspace) as session:
        if session.get_one(Workspace, actor.workspace).is_demo and actor.via != "cli":
            raise Conflict(N_("A demo sends no mail."))


def server_of(installation: Installation, entered: Entered, number: int = ROW) -> Server:
    """The server that a form describes. Raises :class:`Invalid` by the field that cannot be."""
    host, user = line(entered.host, "host").strip().lower(), line(entered.user, "user").strip()
    sender = line(entered.sender, "sender").strip() or (user if is_address(user) else "")
    if not host or len(host) > 255 or any(sign in host for sign in "/@: "):
        raise Invalid(N_("Write only the server's name, such as smtp.example.org."), "host")
    if entered.security not in SECURITIES:
        raise Invalid(N_("Choose one from the list."), "security")
    if not is_address(sender):
        raise Invalid(N_("Write the address that mail comes from."), "sender")
    password = entered.password or _kept_password(installation, host, entered.port, user, number)
    if entered.signs_in and not is_address(user):
        raise Invalid(N_("Write the address that you sign in with."), "user")
    if entered.signs_in and entered.security == "none":
        raise Invalid(N_("A password is sent only where the connection is encrypted."), "security")
    if user and not password and not entered.signs_in:
        raise Invalid(N_("This is needed."), "password")
    if user and entered.security == "none":
        raise Invalid(N_("A password is sent only where the connection is encrypted."), "security")
    security = next(kind for kind in SECURITIES if kind == entered.security)
    relay = Relay(host, entered.port, user, security, Secret(password if user and not entered.signs_in else ""))
    name = line(entered.name, "name").strip()[:100] or host
    shown = line(entered.sender_name, "sender_name").strip()[:100]
    return Server(relay, sender, shown, _limits(entered.limits), name, entered.signs_in, entered.private)


def _limits(limits: Limits) -> Limits:
    fields = {"per_minute": limits.per_minute, "per_day": limits.per_day, "connections": limits.connections}
    for field, value in fields.items():
        if not 0 <= value <= 1_000_000:
            raise Invalid(N_("Write a number from 0 to %(most)s. 0 is as many as there are."), field, most=1_000_000)
    return limits


def _kept_password(installation: Installation, host: str, port: int, user: str, number: int) -> str:
    """The kept password, for the very server and user that it was given for: it follows nobody elsewhere."""
    row = get(installation, number)
    if row is None or (row.host, row.port, row.user) != (host, port, user):
        return ""
    return installation.vault.unseal(row.password)


def keep(
    installation: Installation,
    actor: Actor,
    server: Server,
    number: int = ROW,
    entered: Entered | None = None,
    tokens: tuple[str, datetime | None] = ("", None),
) -> int:
    """Keep ``server``: from now on mail goes through it, in every process within seconds, and what waited for it goes
    on. ``tokens`` is what a signing in gave, sealed, and until when. Returns its number."""
    check_may(installation, actor, number)
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = _row(session, actor, number)
        _refuse_name(session, row, server.name)
        _write(installation, row, server)
        row.kind, row.outgoing = (entered.kind[:20], entered.outgoing[:200]) if entered else (row.kind, row.outgoing)
        row.tokens, row.token_until, row.renewing_until = *tokens, None
        session.flush()
        states.settle(session.connection(), row.id, installation.now())
        note(session, installation, actor, "mail.server_set", host=server.relay.name, sender=server.sender)
    heed(installation)
    return row.id


def _row(session: Session, actor: Actor, number: int) -> MailServer:
    row = session.get(MailServer, number) if number != NEW else None
    if row is None:
        row = MailServer(workspace_id=None if number == ROW else int(actor.workspace), kind="", outgoing="")
        if number == ROW:
            row.id = ROW
        elif session.get(MailServer, ROW) is None:  # the first number is the installation's, whoever comes first
            session.add(MailServer(id=ROW, host="", port=587, security="required", sender="", changed_at=EPOCH))
            session.flush()
        session.add(row)
    return row


def _refuse_name(session: Session, row: MailServer, name: str) -> None:
    with session.no_autoflush:
        wanted = select(MailServer).where(MailServer.workspace_id == row.workspace_id, MailServer.host != "")
        others = [other for other in session.scalars(wanted) if other is not row] if row.workspace_id else []
    if any(other.name.casefold() == name.casefold() for other in others):
        raise Invalid(N_("Another mail server has that name."), "name")


def _write(installation: Installation, row: MailServer, server: Server) -> None:
    relay, limits = server.relay, server.limits
    row.name, row.host, row.port, row.security, row.user = (
        server.name,
        relay.host,
        relay.port,
        relay.security,
        relay.user,
    )
    row.password = installation.vault.seal(relay.secret.value) if relay.secret.value else ""
    row.signs_in, row.private = server.signs_in, server.private
    row.sender, row.sender_name = server.sender, server.sender_name
    row.per_minute, row.per_day, row.connections = limits.per_minute, limits.per_day, limits.connections
    row.changed_at = installation.now()


def take_away(installation: Installation, actor: Actor, number: int = ROW) -> None:
    """Send no mail any more. That there was a server is kept: what left by it can never be called absent. Raises
    :class:`Conflict` where a list sends through it."""
    check_may(installation, actor, number)
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get(MailServer, number)
        if row is None or not row.host:
            return
        lists = [channel.name for channel in users(session, row)]
        if lists:
            words = N_("%(lists)s sends through it. Choose another mail server there first.")
            raise Conflict(words, lists=", ".join(lists[:5]))
        host, row.host, row.password, row.tokens = row.host, "", "", ""
        row.changed_at = installation.now()
        note(session, installation, actor, "mail.server_removed", host=host)
    heed(installation)


def users(session: Session, row: MailServer) -> Sequence[Channel]:
    """The channels that chose the relay, which must be an office's own."""
    wanted = select(Channel).where(Channel.workspace_id == row.workspace_id, Channel.state != "archived")
    return [channel for channel in session.scalars(wanted) if str(channel.settings.get("relay", "")) == str(row.id)]


def heed(installation: Installation) -> None:
    """Have this process read its relays anew; others do within seconds."""
    if installation.relays is not None:
        installation.relays.forget()
    elif isinstance(installation.mailer, LiveMailer):
        installation.mailer.forget()
    installation.wake()
