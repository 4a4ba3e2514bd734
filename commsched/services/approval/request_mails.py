"""The mails that ask a person for an approval, each with a link of its own.

What the link opens, and how a person decides with it, is in :mod:`commsched.services.workflow.approval_links`.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commsched.services.contacts import addressees
from commsched.services.kernel.context import Installation
from commsched.services.notices import gathering, outbox
from commsched.store.models import ApprovalLink, Item, Person, Revision
from commsched.store.vault import new_token, token_hash

LIFETIME = timedelta(days=7)


def has_open_link(installation: Installation, session: Session, item: Item, revision: Revision, person: int) -> bool:
    """Whether ``person`` has been asked about exactly this since it was sent in, and can still answer by that link."""
    live = (
        ApprovalLink.used_at.is_(None),
        ApprovalLink.replaced_at.is_(None),
        ApprovalLink.expires_at > installation.now(),
        ApprovalLink.created_at >= (item.submitted_at or item.created_at),
    )
    mine = (ApprovalLink.item_id == item.id, ApprovalLink.person_id == person, ApprovalLink.hash == revision.hash)
    return session.scalar(select(ApprovalLink.id).where(*mine, *live).limit(1)) is not None


def queue(
    installation: Installation,
    session: Session,
    item: Item,
    revision: Revision,
    person: int,
    kind: str,
    by: str | None = None,
) -> None:
    """Make a link for ``person`` and queue the mail that carries it, in the caller's transaction. What is asked of one
    person in a short time comes in one mail. ``by``: who asks, where that is not who sent the item in.

    An earlier link of theirs ends, and a mail with it that has not left is dropped. Nothing happens for a person who
    may not sign in.
    """
    who = session.get(Person, person)
    if who is None or not who.active:
        return
    token, now = new_token(), installation.now()
    outbox.drop(session, item, outbox.ASKING, only={person})
    older = (
        ApprovalLink.item_id == item.id,
        ApprovalLink.person_id == person,
        ApprovalLink.used_at.is_(None),
        ApprovalLink.replaced_at.is_(None),
    )
    session.execute(update(ApprovalLink).where(*older).values(replaced_at=now))
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
    after = gathering.wait(session, item, person, now)
    to = _addressed(session, item, revision)
    outbox.queue(session, installation, [person], kind, item=item, link_token=token, after=after, by=by, addressed=to)


def _addressed(session: Session, item: Item, revision: Revision) -> dict[str, object]:
    """How many it goes to by e-mail, list by list, for the mail to say; nothing where it goes to no list."""
    counted = addressees.of_item(
        session, item, [each.channel for each in revision.parsed().channels if each.recipients]
    )
    if not counted.lists:
        return {}
    lists = [[each.name, each.people, each.came, each.went] for each in counted.lists]
    return {"people": counted.people, "lists": lists}
