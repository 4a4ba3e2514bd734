"""The keys that an office's mail is signed with (DKIM): made here, known by a line in the office's own DNS.

A key is used once its line is seen there, or when a person says so. To change it another is made under another
selector; the old one goes on signing until the new one's line is seen, and its own line may go a week later.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.core.text.recipients import is_address
from commsched.mail import dns_checks
from commsched.mail.dns_checks import NoDns, Record, Resolve
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation, scheduler
from commsched.store.models import Channel, DkimKey, MailServer
from commsched.store.session import EVERY_WORKSPACE

BITS: Final = 2048
PREFIX: Final = "cs"
"""How our selectors begin; the month and a number follow."""
LOOK_EVERY: Final = timedelta(minutes=10)
"""How often the DNS is asked for a key that waits for its line."""
LONGEST_WAIT: Final = timedelta(days=60)
"""A key whose line nobody has put in by then is not asked about by itself any more."""


class SigningKey(msgspec.Struct, frozen=True):
    """What a mail is signed with. ``private`` is PKCS#8 in PEM and does not show itself."""

    domain: str
    selector: str
    private: str

    def __repr__(self) -> str:
        return f"SigningKey(domain={self.domain!r}, selector={self.selector!r})"


def signing_key(installation: Installation, workspace: int, domain: str) -> SigningKey | None:
    """The key that the office's mail from ``domain`` is signed with now, if there is one."""
    active = (DkimKey.domain == domain.lower(), DkimKey.state == "active")
    with installation.store.read(workspace) as session:
        row = session.scalar(select(DkimKey).where(*active).order_by(DkimKey.id.desc()).limit(1))
    return None if row is None else SigningKey(row.domain, row.selector, installation.vault.unseal(row.private))


def of_office(installation: Installation, workspace: int) -> list[DkimKey]:
    """The office's keys, the newest of each domain first."""
    with installation.store.read(workspace) as session:
        return list(session.scalars(select(DkimKey).order_by(DkimKey.domain, DkimKey.id.desc())))


def record(key: DkimKey) -> Record:
    """The line to put into the DNS."""
    return dns_checks.key_record(key.domain, key.selector, key.public)


def domains(installation: Installation, workspace: int) -> list[str]:
    """The domains that the office's mail comes from: by its lists, its relays and the installation's."""
    with installation.store.read(workspace) as session:
        lists = [
            str(channel.settings.get("sender", ""))
            for channel in session.scalars(select(Channel).where(Channel.platform == "presslist"))
            if channel.state != "archived"
        ]
    with installation.store.read(EVERY_WORKSPACE) as session:
        own = (MailServer.host != "") & (
            MailServer.workspace_id.is_(None) | (MailServer.workspace_id == int(workspace))
        )
        usual = [installation.mailer.sender] if installation.mailer else []
        senders = [*lists, *session.scalars(select(MailServer.sender).where(own)), *usual]
    names = {sender.rpartition("@")[2].lower() for sender in senders if is_address(sender)}
    return sorted(domain for domain in names if "." in domain and domain != "localhost")


def make(installation: Installation, actor: Actor, domain: str) -> DkimKey:
    """Make a key for ``domain``. Raises :class:`Invalid` for what is no domain, :class:`Conflict` where one made before
    still waits for its line."""
    actor.require("administer")
    domain = line(domain, "domain").strip().lower().removeprefix("@")
    if not is_address(f"a@{domain}"):
        raise Invalid(N_("Write a domain, such as your-party.example."), "domain")
    private, public = _pair()
    now = installation.now()
    with installation.store.write(actor.workspace) as session:
        kept = list(session.scalars(select(DkimKey).where(DkimKey.domain == domain)))
        if any(key.state == "new" for key in kept):
            raise Conflict(N_("A key for %(domain)s waits for its line in the DNS already."), "domain", domain=domain)
        key = DkimKey(
            domain=domain,
            selector=_selector(f"{now:%y%m}", {key.selector for key in kept}),
            private=installation.vault.seal(private),
            public=public,
            created_at=now,
            changed_at=now,
        )
        session.add(key)
        note(session, installation, actor, "mail.key_made", domain=domain, selector=key.selector)
    return key


def _selector(month: str, taken: set[str]) -> str:
    return next(name for number in range(1, 1000) if (name := f"{PREFIX}{month}{number:02}") not in taken)


def _pair() -> tuple[str, str]:
    """A private key in PEM and its public key in base64."""
    import base64

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), base64.b64encode(public).decode()


def look(installation: Installation, actor: Actor, number: int, resolve: Resolve) -> bool:
    """Ask the DNS for the key's line, outside every transaction, and sign with it from now on if it is there. Returns
    whether it is. Raises :class:`Conflict` where the DNS does not answer."""
    key = _find(installation, actor, number)
    try:
        seen = dns_checks.sees_key(key.domain, key.selector, key.public, resolve)
    except NoDns as error:
        raise Conflict(N_("The DNS did not answer. Try again in a while.")) from error
    with installation.store.write(actor.workspace) as session:
        row = _row(session, number)
        row.checked_at = installation.now()
        if seen:
            row.seen_at = installation.now()
            _use(installation, session, actor, row)
    return seen


def force(installation: Installation, actor: Actor, number: int) -> None:
    """Sign with the key from now on, whatever the DNS says."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        row = _row(session, number)
        row.forced = True
        _use(installation, session, actor, row)


def remove(installation: Installation, actor: Actor, number: int) -> None:
    """Forget a key. What was signed with it is distrusted only once its line is taken out of the DNS."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        row = _row(session, number)
        session.delete(row)
        note(session, installation, actor, "mail.key_removed", domain=row.domain, selector=row.selector)


def look_at_waiting(installation: Installation, resolve: Resolve) -> int:
    """Ask the DNS for every key that waits for its line; returns how many are there now."""
    now = installation.now()
    waits = (DkimKey.state == "new", DkimKey.created_at > now - LONGEST_WAIT)
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = list(session.scalars(select(DkimKey).where(*waits)))
    due = [row for row in rows if row.checked_at is None or row.checked_at <= now - LOOK_EVERY]
    count = 0
    for row in due:
        try:
            count += look(installation, scheduler(row.workspace_id), row.id, resolve)
        except (Conflict, NotFound):
            continue
    return count


def _use(installation: Installation, session: Session, actor: Actor, row: DkimKey) -> None:
    """Sign with ``row``; the key before it retires."""
    if row.state == "active":
        return
    for other in session.scalars(select(DkimKey).where(DkimKey.domain == row.domain, DkimKey.state == "active")):
        other.state, other.changed_at = "retired", installation.now()
    row.state, row.changed_at = "active", installation.now()
    note(session, installation, actor, "mail.key_used", domain=row.domain, selector=row.selector)


def _find(installation: Installation, actor: Actor, number: int) -> DkimKey:
    with installation.store.read(actor.workspace) as session:
        return _row(session, number, lock=False)


def _row(session: Session, number: int, lock: bool = True) -> DkimKey:
    wanted = select(DkimKey).where(DkimKey.id == number)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound(N_("There is no such key."))
    return row
