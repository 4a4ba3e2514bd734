"""The secret address at which an item can be read while it is under embargo.

It stays the same, so that every mail names the same one, until a person ends it. Then it leads nowhere for ever, and a
new one may be made. What is looked up is the hash of its secret; the secret itself is kept encrypted, since mails and
pages name it again and again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from commsched.services.kernel.context import Installation
from commsched.store.models import Base, Item, PreviewAddress
from commsched.store.vault import new_token, token_hash

PATH: Final = "/e/{token}"
_table: Final = Base.metadata.tables[PreviewAddress.__tablename__]


def make(installation: Installation, session: Session, item: Item) -> None:
    """Give ``item``, which the caller has locked, an address, unless one stands."""
    if _standing(session, item.id) is not None:
        return
    token = new_token()
    row = PreviewAddress(
        workspace_id=item.workspace_id,
        item_id=item.id,
        token_hash=token_hash(token),
        token=installation.vault.seal(token),
        created_at=installation.now(),
    )
    session.add(row)
    session.flush()


def make_first(installation: Installation, session: Session, item: Item) -> None:
    """As :func:`make`, only where there never was one: what a person has ended nobody brings back unasked."""
    if session.scalar(select(PreviewAddress.id).where(PreviewAddress.item_id == item.id).limit(1)) is None:
        make(installation, session, item)


def revoke(session: Session, item: Item, now: datetime) -> bool:
    """End the address of ``item``; whether there was one. Its secret is forgotten."""
    ended = update(_table).where(_table.c.item_id == item.id, _table.c.revoked_at.is_(None))
    return session.connection().execute(ended.values(revoked_at=now, token="")).rowcount > 0


def url(installation: Installation, connection: Session | Connection, item_id: int) -> str:
    """The whole address that stands for an item; empty where there is none."""
    sealed = connection.execute(
        select(_table.c.token).where(_table.c.item_id == item_id, _table.c.revoked_at.is_(None))
    ).scalar()
    return installation.base_url + PATH.format(token=installation.vault.unseal(sealed)) if sealed else ""


def _standing(session: Session, item_id: int) -> int | None:
    mine = (PreviewAddress.item_id == item_id, PreviewAddress.revoked_at.is_(None))
    return session.scalar(select(PreviewAddress.id).where(*mine))


def item_of(session: Session, token: str) -> tuple[int, int] | None:
    """The ids of the office and of the item that ``token`` leads to, if that address stands."""
    wanted = (PreviewAddress.token_hash == token_hash(token), PreviewAddress.revoked_at.is_(None))
    row = session.execute(select(PreviewAddress.workspace_id, PreviewAddress.item_id).where(*wanted)).first()
    return (row[0], row[1]) if row is not None else None
