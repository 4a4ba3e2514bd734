"""Limits on guessing passwords that lock out the guesser and not the owner of the account.

Tries are counted by their origin. A device that has signed in to the account before (it has a cookie that only we can
make) has a counter of its own; an address has one for this account and one for all accounts; and everything unknown
shares one counter for the account, so that using many addresses does not help. So a stranger can lock *unknown* devices
out of an account for a day, but neither a known device nor a person with a link for a new password. After OWASP's "Slow
Down Online Guessing Attacks with Device Cookies" and NIST SP 800-63B 5.2.2 (at most 100 in all).
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, OfficeError
from commsched.services.kernel.context import Installation
from commsched.store import locks
from commsched.store.models import Person, SignInTry
from commsched.store.session import EVERY_WORKSPACE, again
from commsched.store.vault import new_token

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

WINDOW: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
PER_PLACE: Final = 10
"""Failed tries in :data:`WINDOW` from one device, or from one address on one account."""
PER_ADDRESS: Final = 50
"""The same from one address, whatever accounts it tries."""
PER_ACCOUNT: Final = 100
"""Failed tries in a :data:`DAY` on one account from all devices it does not know."""
PER_WISH: Final = 3
"""Mails with a link for a new password in :data:`WINDOW` to one address."""
KNOWN_FOR: Final = timedelta(days=365)
"""How long a device's cookie is kept."""


class TooManyTries(OfficeError):
    """Too many failures lately, from here or on this account (429)."""

    status, code = 429, "too-many"
    retry_after = int(WINDOW.total_seconds())


class Limit(msgspec.Struct, frozen=True):
    """At most ``most`` failed tries under ``key`` in ``during``."""

    key: str
    most: int
    during: timedelta = WINDOW


class Tries(msgspec.Struct, frozen=True):
    """A try under way, as it was counted. ``own`` is the key of the counter for its origin."""

    rows: list[int]
    own: str


def fold_email(email: str) -> str:
    """An address as it is compared: trimmed, lower case."""
    return email.strip().lower()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def network(address: str, bits: int = 64) -> str:
    """The address, or for IPv6 its network of ``bits``, which one household or attacker has all of."""
    try:
        ip = ipaddress.ip_address(address)
        ip = getattr(ip, "ipv4_mapped", None) or ip
        net = ipaddress.ip_network(f"{ip}/{bits if ip.version == 6 else 32}", strict=False)
        return str(net.network_address)
    except ValueError:
        return address[:60]


def _everywhere(address: str) -> list[Limit]:
    """The limits on failed tries from one address, whatever account; for IPv6 also from the larger networks that one
    visitor may have, each with twice as many."""
    limits = [Limit(f"i:{network(address)}", PER_ADDRESS)]
    if ":" in network(address):
        limits += [Limit(f"i:{network(address, 56)}/56", 2 * PER_ADDRESS)]
        limits += [Limit(f"i:{network(address, 48)}/48", 4 * PER_ADDRESS)]
    return limits


def limits(installation: Installation, email: str, address: str, device: str) -> list[Limit]:
    """What a try to sign in counts under, where it comes from first."""
    account, known = _short(fold_email(email)), _known(installation, device, email)
    if known:  # it counts by itself alone: what strangers do from the same address is not its doing
        return [Limit(f"d:{account}:{_short(known)}", PER_PLACE)]
    return [
        Limit(f"p:{account}:{_short(network(address))}", PER_PLACE),
        *_everywhere(address),
        Limit(f"a:{account}", PER_ACCOUNT, DAY),
    ]


def asking(email: str, address: str) -> list[Limit]:
    """What a wish for a new password counts under: the address that was typed, whether anybody has it or not, and where
    the wish comes from."""
    return [
        Limit(f"f:{_short(fold_email(email))}", PER_WISH),
        Limit(f"w:{network(address)}", PER_PLACE * 2),
    ]


def inside(person: Person, address: str) -> list[Limit]:
    """The counter for wrong entries of the present password by a person who is signed in."""
    return [Limit(f"s:{_short(fold_email(person.email))}", PER_PLACE), *_everywhere(address)]


def count(installation: Installation, under: list[Limit]) -> Tries:
    """Write the try down *before* the password is looked at, so that a hundred at once cannot slip through.

    Raises :class:`TooManyTries` where any limit is reached.
    """
    return again(lambda: _count(installation, under))


def _count(installation: Installation, under: list[Limit]) -> Tries:
    now = installation.now()
    with installation.store.write(EVERY_WORKSPACE) as session:
        locks.alone(session, *(f"sign-in {limit.key}" for limit in under))  # counted one after another
        session.execute(delete(SignInTry).where(SignInTry.at < now - DAY))
        for limit in under:
            lately = (SignInTry.key == limit.key, SignInTry.at > now - limit.during)
            if (session.scalar(select(func.count(SignInTry.id)).where(*lately)) or 0) >= limit.most:
                raise TooManyTries(_TOLD[limit.during])
        rows = [SignInTry(key=limit.key, at=now) for limit in under]
        session.add_all(rows)
        session.flush()
        return Tries([row.id for row in rows], under[0].key)


_TOLD: Final = {
    WINDOW: N_("Too many failed attempts. Wait a quarter of an hour and try again."),
    DAY: N_(
        "Too many failed attempts on this account. Use a device where you have signed in before, ask an "
        "administrator for a link for a new password, or wait until tomorrow."
    ),
}


def forgive(session: Session, tries: Tries) -> None:
    """The password was right: uncount this try and the others from the same origin.

    Tries from elsewhere stay counted, so that a guesser gains nothing by signing in to an account of their own, or by
    waiting until the owner signs in.
    """
    session.execute(delete(SignInTry).where(SignInTry.id.in_(tries.rows) | (SignInTry.key == tries.own)))


def forget(session: Session, person: Person) -> None:
    """Clear the account's counters, because it has a new password and the tries were made against the old one."""
    account = _short(fold_email(person.email))
    for kind in ("p", "a", "d", "s"):
        session.execute(delete(SignInTry).where(SignInTry.key.startswith(f"{kind}:{account}", autoescape=True)))


def _signer(installation: Installation) -> URLSafeSerializer:
    from itsdangerous import URLSafeSerializer

    return URLSafeSerializer(installation.vault.derive("known device"), salt="device")


def _known(installation: Installation, device: str, email: str) -> str:
    """The device's own secret, if ``device`` is a cookie of ours for this account; else empty."""
    from itsdangerous import BadData

    try:
        account, secret = _signer(installation).loads(device) if device else ("", "")
    except (BadData, ValueError, TypeError):
        return ""
    return str(secret) if account == _short(fold_email(email)) else ""


def remember(installation: Installation, email: str, device: str = "") -> str:
    """The cookie that marks a device as known after it has signed in: the one it already had if that is valid, else a
    new one."""
    if _known(installation, device, email):
        return device
    cookie: str = _signer(installation).dumps([_short(fold_email(email)), new_token(16)])
    return cookie
