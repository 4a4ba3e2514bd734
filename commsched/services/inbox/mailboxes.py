"""The mailboxes that an office reads: set up, tried out, taken away. What opens them is encrypted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Conflict, Invalid, Message, NotFound
from commsched.core.text.recipients import is_address
from commsched.mail.connection import Dial, NoAccess, Secret
from commsched.mail.imap import Account, Box, Security
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.services.mailing import server as servers
from commsched.services.mailing.tokens import AccessTokens
from commsched.store import locks
from commsched.store.models import Mailbox, MailServer

SECURITIES: Final[tuple[Security, ...]] = ("implicit", "required")
FORWARDS: Final = ("", "answers", "everything")
PATIENCE: Final = 25.0
"""Seconds that a page waits for a mailbox."""
MOST: Final = 10
"""Mailboxes of an office."""
EVERY: Final = timedelta(minutes=3)
"""How often one is read."""
SILENT: Final = timedelta(hours=1)
"""How long one may be in trouble before somebody is told."""
ENDED: Final = N_("Sign in at the mail server again: its access has ended.")
dial: Dial | None = None
"""How mailboxes are connected to, where the tests say another way."""


class Entered(msgspec.Struct, frozen=True):
    """What the form holds. An empty ``password`` means the one that is kept, for the same server and user only."""

    name: str
    host: str
    port: int
    security: str
    user: str
    password: str
    address: str
    folder: str = "INBOX"
    handled_folder: str = ""
    forward_to: str = ""
    forward_what: str = ""
    relay: str = ""
    """The number of the office's own relay that answers go through; empty for the installation's."""


class Opened(msgspec.Struct, frozen=True):
    """What the try-out saw."""

    fresh: int
    """Messages of the last thirty days."""


def connect(installation: Installation, account: Account, relay: int | None) -> Dial:
    """How a mailbox of an office is connected to: no page may point into the network of this machine, but to the host
    of a relay of the office's that the machine's own command line has let be there."""
    if dial is not None:
        return dial
    from commsched.platforms._http.dial import connect as anywhere
    from commsched.platforms._http.dial import connect_public

    row = servers.get(installation, relay) if relay is not None else None
    return anywhere if row is not None and row.private and row.host == account.host else connect_public


def open_box(installation: Installation, row: Mailbox, seconds: float) -> Box:
    """The mailbox, to be opened with ``with``, for ``seconds`` at most. Raises :class:`Invalid` where its relay's
    access has ended."""
    account = account_of(installation, row)
    return Box(account, connect(installation, account, row.server_id), seconds)


def every(session: Session) -> list[Mailbox]:
    """The office's mailboxes, by name."""
    return list(session.scalars(select(Mailbox).order_by(Mailbox.name, Mailbox.id)))


def silent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """SQL: a mailbox that has been in trouble for an hour, so that somebody should look."""
    return (Mailbox.trouble_since <= now - SILENT,)


def load(session: Session, number: int, *, lock: bool = False) -> Mailbox:
    """One mailbox. Raises :class:`NotFound`."""
    wanted = select(Mailbox).where(Mailbox.id == number)
    row = session.scalar(locks.rows(wanted) if lock else wanted)
    if row is None:
        raise NotFound(N_("There is no such mailbox."))
    return row


def account_of(installation: Installation, row: Mailbox) -> Account:
    """What opens the mailbox. Raises :class:`~commsched.store.vault.KeyMismatch`."""
    security: Security = "required" if row.security == "required" else "implicit"
    ca = installation.settings.get("ca_file", "")
    if not row.secret and row.server_id is not None:
        secret = Secret(_token(installation, row.server_id))
        return Account(row.host, row.port, row.user, security, secret, token=True, ca=ca)
    secret = Secret(installation.vault.unseal(row.secret))
    return Account(row.host, row.port, row.user, security, secret, ca=ca)


def _token(installation: Installation, relay: int) -> str:
    """The access token of a relay that somebody signed in at. Raises :class:`Invalid` where there is none."""
    http, settings = installation.http, installation.settings
    tokens = AccessTokens(installation.store, installation.vault, installation.now, http, settings)
    try:
        return tokens.of(relay)(False)
    except NoAccess as error:
        raise Invalid(ENDED, "relay") from error
    except OSError as error:  # whoever gives access does not answer, or another process asks just now
        raise Invalid(N_("The access could not be renewed just now. It is tried again by itself."), "relay") from error


def _relay(installation: Installation, actor: Actor, wish: str) -> MailServer | None:
    """The office's own relay with that number. Raises :class:`Invalid` for another's."""
    if not wish:
        return None
    row = next((row for row in servers.of_office(installation, actor.workspace) if str(row.id) == wish), None)
    if row is None:
        raise Invalid(N_("Choose one from the list."), "relay")
    return row


def keep_if_it_opens(installation: Installation, actor: Actor, entered: Entered, number: int = 0) -> int:
    """Try the mailbox, and keep it if it opens: a new one, or ``number`` with other settings. Returns its number.

    Raises :class:`Invalid` by the field that is wrong; then nothing is kept."""
    actor.require("administer")
    with installation.store.read(actor.workspace) as session:
        if workspace_of(session, actor).is_demo:
            raise Conflict(N_("A demo reads no mailbox."))
        before = load(session, number) if number else None
        if before is None and (session.scalar(select(func.count(Mailbox.id))) or 0) >= MOST:
            raise Conflict(N_("At most %(most)s mailboxes."), most=MOST)
    relay = _relay(installation, actor, entered.relay)
    values, account = _judged(installation, entered, before, relay)
    with waiting_for_a_server(actor):
        look(installation, account, values["folder"], relay.id if relay is not None else None)
    return _keep(installation, actor, values, account, number, relay)


def look(installation: Installation, account: Account, folder: str, relay: int | None = None) -> Opened:
    """Open the mailbox and its folder, and change nothing. Raises :class:`Invalid`."""
    since = (installation.now() - timedelta(days=30)).date()
    with Box(account, connect(installation, account, relay), PATIENCE) as box:
        box.look_in(folder)
        return Opened(len(box.numbers(0, since)))


def _judged(
    installation: Installation, entered: Entered, before: Mailbox | None, relay: MailServer | None
) -> tuple[dict[str, str], Account]:
    host, user = line(entered.host, "host").lower(), line(entered.user, "user")
    address = line(entered.address, "address") or (user if is_address(user) else "")
    if not host or len(host) > 255 or any(sign in host for sign in "/@: "):
        raise Invalid(N_("Write only the server's name, such as imap.example.org."), "host")
    if not user or len(user) > 255:
        raise Invalid(N_("This is needed."), "user")
    if not is_address(address):
        raise Invalid(N_("Write the address that answers come from."), "address")
    if not 1 <= entered.port <= 65535:
        raise Invalid(N_("A whole number from %(least)s to %(most)s."), "port", least=1, most=65535)
    security = next((kind for kind in SECURITIES if kind == entered.security), None)
    if security is None:
        raise Invalid(N_("Choose one from the list."), "security")
    values = {"address": address, "name": line(entered.name, "name")[:100] or address}
    values |= _folders(entered) | _forwarding(entered, address, user)
    password = entered.password or _kept(installation, before, host, entered.port, user)
    ca = installation.settings.get("ca_file", "")
    if not password and relay is not None and relay.signs_in:
        return values, Account(host, entered.port, user, security, Secret(_token(installation, relay.id)), True, ca)
    if not password:
        raise Invalid(N_("This is needed."), "password")
    return values, Account(host, entered.port, user, security, Secret(password), ca=ca)


def _folders(entered: Entered) -> dict[str, str]:
    folder, handled = line(entered.folder, "folder") or "INBOX", line(entered.handled_folder, "handled_folder")
    if len(folder) > 200 or len(handled) > 200:
        raise Invalid(N_("At most %(most)s characters."), "folder", most=200)
    if handled and handled.casefold() == folder.casefold():
        raise Invalid(N_("What is handled must go to another folder than the one that is read."), "handled_folder")
    return {"folder": folder, "handled_folder": handled}


def _forwarding(entered: Entered, address: str, user: str) -> dict[str, str]:
    to, what = line(entered.forward_to, "forward_to"), entered.forward_what
    if what not in FORWARDS:
        raise Invalid(N_("Choose one from the list."), "forward_what")
    if what and not is_address(to):
        raise Invalid(N_("Write the address that copies go to."), "forward_to")
    if what and to.casefold() in (address.casefold(), user.casefold()):
        raise Invalid(N_("A copy to the mailbox itself would come back for ever."), "forward_to")
    return {"forward_to": to if what else "", "forward_what": what}


def _kept(installation: Installation, before: Mailbox | None, host: str, port: int, user: str) -> str:
    """The kept password, for the very server and user that it was given for: it follows nobody elsewhere."""
    if before is None or (before.host, before.port, before.user) != (host, port, user):
        return ""
    return installation.vault.unseal(before.secret)


def _keep(
    installation: Installation,
    actor: Actor,
    values: dict[str, str],
    account: Account,
    number: int,
    relay: MailServer | None,
) -> int:
    seal = installation.vault.seal
    with installation.store.write(actor.workspace) as session:
        row = load(session, number, lock=True) if number else Mailbox(created_at=installation.now())
        moved = not number or (row.host, row.user, row.folder) != (account.host, account.user, values["folder"])
        if moved:
            row.validity = row.last_uid = 0
        row.name, row.address, row.folder = values["name"], values["address"], values["folder"]
        row.handled_folder, row.forward_what = values["handled_folder"], values["forward_what"]
        row.host, row.port, row.user, row.security = account.host, account.port, account.user, account.security
        row.secret = "" if account.token else seal(account.secret.value)
        row.server_id = relay.id if relay is not None else None
        row.forward_to = seal(values["forward_to"]) if values["forward_to"] else ""
        row.trouble, row.trouble_since, row.next_at = "", None, installation.now()
        session.add(row)
        session.flush()
        note(session, installation, actor, "inbox.mailbox_set", mailbox=row.id, host=row.host)
        kept = row.id
    installation.wake()
    return kept


def relays(installation: Installation, actor: Actor) -> list[tuple[str, str]]:
    """The office's own relays, which answers can go through: numbers and names."""
    rows = servers.of_office(installation, actor.workspace)
    return [(str(row.id), row.name or row.host) for row in rows]


def read_now(installation: Installation, actor: Actor, number: int) -> None:
    """Read it as soon as may be."""
    actor.require("resolve")
    with installation.store.write(actor.workspace) as session:
        load(session, number, lock=True).next_at = installation.now()


def take_away(installation: Installation, actor: Actor, number: int) -> None:
    """Read it no more, and forget what opens it. What was read stays."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        row = load(session, number, lock=True)
        note(session, installation, actor, "inbox.mailbox_removed", mailbox=row.id, host=row.host)
        session.delete(row)


class _Trouble(msgspec.Struct, frozen=True):
    message: str
    params: dict[str, str]


def kept_trouble(error: Message) -> str:
    """A sentence as the row keeps it, to be shown in its reader's language."""
    params = {name: str(value) for name, value in error.params.items()}
    return msgspec.json.encode(_Trouble(error.message, params)).decode()


def trouble_of(row: Mailbox) -> Message | None:
    """Why it could not be read the last time."""
    if not row.trouble:
        return None
    kept = msgspec.json.decode(row.trouble, type=_Trouble)
    return Message(kept.message, dict(kept.params))
