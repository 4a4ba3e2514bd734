"""The comments on an item, as a mail quotes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.store.models import Comment, Decision, Person


class Remark(msgspec.Struct, frozen=True):
    """One remark: a comment, or the text of a decision."""

    at: datetime
    person: int | None
    body: str


def said_since(session: Session, item_id: int, since: datetime, but: int) -> list[Remark]:
    """The comments since ``since`` by everyone except ``but``, in order."""
    remarks = [
        Remark(row.at, row.person_id, row.body)
        for row in session.scalars(select(Comment).where(Comment.item_id == item_id, Comment.at >= since))
    ]
    remarks += [
        Remark(row.at, row.person_id, row.comment)
        for row in session.scalars(
            select(Decision).where(Decision.item_id == item_id, Decision.at >= since, Decision.comment != "")
        )
    ]
    return sorted((word for word in remarks if word.person != but), key=lambda word: word.at)


def speakers(session: Session, words: Collection[Remark]) -> dict[int, str]:
    """The names of the people who wrote ``words``, by id."""
    rows = session.scalars(
        select(Person).where(Person.id.in_([word.person for word in words if word.person is not None]))
    )
    return {row.id: row.name or row.email for row in rows}
