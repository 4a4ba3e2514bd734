"""What a person has begun at a platform, encrypted until they are back: good for one answer, theirs, within minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commsched.core.platform.contract import Account
from commsched.core.text.messages import N_, Conflict
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import PendingAuthorization
from commsched.store.vault import token_hash

LASTS: Final = timedelta(minutes=15)
"""How long a person may take at the platform, and then to choose."""
STRANGE: Final = N_("This answer does not belong to anything you have begun here. Begin again.")


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """What was filled in before the person left, and the secret that the answer is traded with."""

    verifier: str
    name: str
    plain: dict[str, str]
    secret: dict[str, str]
    kept: dict[str, str] = {}
    """What the platform wanted to have again when the answer comes."""
    session: int = 0
    """The browser session in which it was begun."""


class Offered(msgspec.Struct, frozen=True, tag="offered"):
    """The accounts that a person may choose from, with all that is needed to keep them."""

    begun: Begun
    accounts: list[Account]

    @property
    def session(self) -> int:
        return self.begun.session


Kept = TypeVar("Kept", Begun, Offered)


def keep(
    installation: Installation,
    actor: Actor,
    platform: str,
    token: str,
    what: Begun | Offered,
    channel_id: int | None = None,
) -> None:
    """Keep ``what`` under ``token``, of which only the hash is stored."""
    with installation.store.write(actor.workspace) as session:
        session.add(
            PendingAuthorization(
                state_hash=_hash(type(what), token),
                person_id=actor.person,
                platform=platform,
                channel_id=channel_id,
                begun=installation.vault.seal(msgspec.json.encode(what).decode()),
                expires_at=installation.now() + LASTS,
            )
        )


def look(installation: Installation, actor: Actor, platform: str, token: str, kind: type[Kept], browser: int) -> Kept:
    """What ``token`` stands for, left where it is. Raises :class:`Conflict` where it is nothing of this person's."""
    with installation.store.read(actor.workspace) as session:
        return _opened(installation, _row(installation, session, actor, platform, _hash(kind, token)), kind, browser)


def take(
    installation: Installation, actor: Actor, platform: str, token: str, kind: type[Kept], browser: int
) -> tuple[Kept, int | None]:
    """As :func:`look`, but from now on it stands for nothing: what it stood for, and the channel that it is for."""
    with installation.store.write(actor.workspace) as session:
        row = _row(installation, session, actor, platform, _hash(kind, token), lock=True)
        if row is not None:
            session.execute(delete(PendingAuthorization).where(PendingAuthorization.id == row.id))
    kept = _opened(installation, row, kind, browser)
    assert row is not None
    return kept, row.channel_id


def _row(
    installation: Installation, session: Session, actor: Actor, platform: str, hashed: str, lock: bool = False
) -> PendingAuthorization | None:
    wanted = select(PendingAuthorization).where(
        PendingAuthorization.state_hash == hashed,
        PendingAuthorization.person_id == actor.person,
        PendingAuthorization.platform == platform,
        PendingAuthorization.expires_at > installation.now(),
    )
    return session.scalar(wanted.with_for_update() if lock else wanted)


def _opened(installation: Installation, row: PendingAuthorization | None, kind: type[Kept], browser: int) -> Kept:
    if row is None:
        raise Conflict(STRANGE)
    kept = msgspec.json.decode(installation.vault.unseal(row.begun), type=kind)
    if kept.session != browser:
        raise Conflict(STRANGE)
    return kept


def _hash(kind: type[Begun] | type[Offered], token: str) -> str:
    """A state is no token of a choice, and the other way round."""
    return token_hash(token if kind is Begun else f"choice:{token}")
