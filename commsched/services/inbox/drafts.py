"""Answers that are being written: one for each writer, so that two who write at once both keep their words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commsched.core.text.clean import settled
from commsched.core.text.messages import N_, Invalid
from commsched.services.inbox import messages
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import InboxDraft, Person

MOST: Final = 20_000
"""Characters of an answer."""
NOW: Final = timedelta(minutes=2)
"""Who has saved within that time is writing now."""


class Writing(msgspec.Struct, frozen=True):
    """Somebody's draft."""

    person: int
    who: str
    text: str
    at: datetime
    now: bool
    """Whether they are writing at this moment."""


def save(installation: Installation, actor: Actor, number: int, text: str) -> None:
    """Keep what ``actor`` has written so far. An empty text is no draft. Raises :class:`Invalid` where it is too
    long."""
    actor.require("write")
    if len(text) > MOST:
        raise Invalid(N_("At most %(most)s characters."), "text", most=MOST)
    words = settled(text, "text")
    sealed = installation.vault.seal(words) if words.strip() else ""
    with installation.store.write(actor.workspace) as session:
        messages.load(session, number, lock=True)
        mine = (InboxDraft.message_id == number, InboxDraft.person_id == actor.person)
        row = session.scalar(locks.rows(select(InboxDraft).where(*mine)))
        if not sealed:
            session.execute(delete(InboxDraft).where(*mine))
        elif row is None:
            at = installation.now()
            session.add(InboxDraft(message_id=number, person_id=actor.person, text=sealed, at=at))
        else:
            row.text, row.at = sealed, installation.now()


def of_message(installation: Installation, session: Session, number: int) -> list[Writing]:
    """Everybody's drafts of an answer, the newest first."""
    rows = session.execute(
        select(InboxDraft, Person.name, Person.email)
        .join(Person, Person.id == InboxDraft.person_id)
        .where(InboxDraft.message_id == number)
        .order_by(InboxDraft.at.desc())
    )
    since = installation.now() - NOW
    unseal = installation.vault.unseal
    return [
        Writing(row[0].person_id, row[1] or row[2], unseal(row[0].text), row[0].at, row[0].at >= since) for row in rows
    ]
