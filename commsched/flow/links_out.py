"""Making approval links and queueing the mails that carry them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from commsched.flow import notify
from commsched.flow.context import Office
from commsched.store.models import ApprovalLink, Item, Person, Revision
from commsched.store.vault import new_token, token_hash

LIFETIME = timedelta(days=7)


def send(office: Office, session: Session, item: Item, revision: Revision, person: int, kind: str) -> None:
    """Make a link for ``person`` and queue the mail that carries it."""
    who = session.get(Person, person)
    if who is None or not who.active:
        return
    token, now = new_token(), office.now()
    session.add(
        ApprovalLink(
            workspace_id=item.workspace_id,
            token_hash=token_hash(token),
            item_id=item.id,
            person_id=person,
            hash=revision.hash,
            stamp=who.stamp,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    notify.queue(session, office, [person], kind, item=item, link_token=token)
