"""Creating something once, however often the same request comes: ``Idempotency-Key``."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.draft import DraftIn
from commsched.core.words import N_, Invalid
from commsched.flow import write
from commsched.flow.context import Actor, Office
from commsched.store.models import Idempotency

LONGEST: Final = 200
"""Characters. Keys are forgotten after two days, by the engine's chores."""
_encoder = msgspec.json.Encoder(order="deterministic")


class KeyReused(Invalid):
    """The key has been used for another request (422, as the IETF draft on the header says)."""

    code = "idempotency-key"


class Once(msgspec.Struct, frozen=True):
    """The item that a request made, now or before. ``answer`` is what was answered then, where that was kept."""

    item_id: int
    answer: str = ""
    again: bool = False


def create(office: Office, actor: Actor, given: DraftIn, key: str) -> Once:
    """Make an item, or name the one that the same person made with the same ``key`` before.

    The key and the item are written in one transaction: a crash leaves both or neither. Raises :class:`KeyReused`
    where ``given`` is not what the key was used for.
    """
    actor.require("write")
    if len(key) > LONGEST or not key.isprintable():
        raise Invalid(N_("The key may have at most %(most)s printable characters."), "Idempotency-Key", most=LONGEST)
    asked = hashlib.sha256(_encoder.encode(given)).hexdigest()
    with office.store.read(actor.workspace) as session:
        before = _again(_find(session, actor, key), asked)
    if before is not None:
        return before
    made = write.ready(office, actor, given)
    with office.store.write(actor.workspace) as session:
        before = _again(_find(session, actor, key), asked)
        if before is not None:
            return before
        item = write.create_in(office, session, actor, given, made)
        session.add(Idempotency(key=_name(actor, key), request_hash=asked, status=201, body={"item": item.id},
                                at=office.now()))  # fmt: skip
        return Once(item.id)


def _again(found: Idempotency | None, asked: str) -> Once | None:
    if found is None:
        return None
    if found.request_hash != asked:
        raise KeyReused(N_("This key has been used for another request."), "Idempotency-Key")
    return Once(found.body["item"], found.body.get("answer", ""), again=True)


def keep(office: Office, actor: Actor, key: str, answer: str) -> None:
    """Remember the very words that were answered. Without them the item is shown as it is by then."""
    with office.store.write(actor.workspace) as session:
        found = _find(session, actor, key)
        if found is not None:
            found.body = found.body | {"answer": answer}


def _find(session: Session, actor: Actor, key: str) -> Idempotency | None:
    return session.scalar(select(Idempotency).where(Idempotency.key == _name(actor, key)))


def _name(actor: Actor, key: str) -> str:
    """Keys are a person's own: two people may well choose the same one."""
    return hashlib.sha256(f"{actor.person}\n{key}".encode()).hexdigest()
