"""Creating something once, however often the same request comes: ``Idempotency-Key``, and a page of something new."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, Times
from commsched.core.text.messages import N_, Invalid
from commsched.services.content import items
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import editing
from commsched.store import locks
from commsched.store.models import Idempotency, Item

LONGEST: Final = 200
"""Characters. Keys are forgotten after two days, by the engine's chores."""
_encoder = msgspec.json.Encoder(order="deterministic")


class KeyReused(Invalid):
    """The key has been used for another request (422, as the IETF draft on the header says)."""

    code = "idempotency-key"


class Once(msgspec.Struct, frozen=True):
    """The item that a request made, now or earlier. ``answer`` is the stored earlier answer, if there is one."""

    item_id: int
    answer: str = ""
    again: bool = False


def create(installation: Installation, actor: Actor, draft: DraftIn, key: str) -> Once:
    """Make an item, or name the one that the same person made with the same ``key`` before.

    The key and the item are written in one transaction: a crash leaves both or neither. Raises :class:`KeyReused`
    where ``draft`` is not what the key was used for.
    """
    actor.require("write")
    if len(key) > LONGEST or not key.isprintable():
        raise Invalid(N_("The key may have at most %(most)s printable characters."), "Idempotency-Key", most=LONGEST)
    asked = _digest(draft)
    with installation.store.read(actor.workspace) as session:
        before = _again(_find(session, actor, key), asked)
    if before is not None:
        return before
    prepared = editing.ready(installation, actor, draft)
    with installation.store.write(actor.workspace) as session:
        before = _again(_take(session, actor, key), asked)
        if before is not None:
            return before
        item = editing.create_in(installation, session, actor, draft, prepared)
        session.add(
            Idempotency(
                key=_name(actor, key), request_hash=asked, status=201, body={"item": item.id}, at=installation.now()
            )
        )
        return Once(item.id)


def save_new(
    installation: Installation,
    actor: Actor,
    draft: DraftIn,
    page: str,
    *,
    by_itself: bool = False,
    times: Times | None = None,
) -> int:
    """Save what the page of something new holds; returns the item's id, the same for the same ``page`` of a person.

    The page's script and its button may both send before either has an answer, and in any order. The first makes the
    item; what follows is saved into it. ``by_itself``: sent by the script; it then never goes over what was sent by a
    press, since it may be older. Raises :class:`commsched.services.content.items.Changed` where something else stands
    in the item than what this page last saved. Without a ``page`` every call makes an item. ``times`` are those of
    ``draft``, where they have been read already.
    """
    actor.require("write")
    prepared = editing.ready(installation, actor, draft, times=times)
    if not page:
        return editing.create(installation, actor, draft, prepared)
    key = f"page\n{page[:LONGEST]}"
    try:
        before = _make(installation, actor, draft, prepared, key, by_itself)
    except IntegrityError:  # another request of the same page made the item in the very same moment
        before = _make(installation, actor, draft, prepared, key, by_itself)
    if before.again and before.stamp:
        stamp = before.stamp
        editing.save(
            installation, actor, before.item_id, draft, expected_stamp=stamp, by_itself=by_itself, ready=prepared
        )
        with installation.store.write(actor.workspace) as session:
            row = _take(session, actor, key)
            if row is not None:
                row.request_hash = _digest(draft)
                row.body = _state(items.load(session, before.item_id), pressed=not by_itself)
    return before.item_id


class _Made(msgspec.Struct, frozen=True):
    """The item that a page made. ``stamp``: what the page last saved, where something else must now be saved into the
    item."""

    item_id: int
    again: bool = False
    stamp: str = ""


def _make(
    installation: Installation, actor: Actor, draft: DraftIn, prepared: editing.Ready, key: str, by_itself: bool
) -> _Made:
    """Make the item and write down that the page did, in one transaction; or say what the page made before."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = _take(session, actor, key)
        if row is None:
            item = editing.create_in(installation, session, actor, draft, prepared)
            session.add(
                Idempotency(
                    key=_name(actor, key),
                    request_hash=_digest(draft),
                    status=201,
                    at=installation.now(),
                    body=_state(item, pressed=not by_itself),
                )
            )
            return _Made(item.id)
        item = items.load(session, row.body["item"])
        revision = items.current(session, item)
        if row.request_hash == _digest(draft) and revision.hash == prepared.hash:
            row.body = row.body | {"pressed": row.body["pressed"] or not by_itself}
            return _Made(item.id, again=True)
        if by_itself and (row.body["pressed"] or item.state not in ("draft", "changes_requested")):
            raise items.Changed(revision)
        return _Made(item.id, again=True, stamp=row.body["stamp"])


def _state(item: Item, pressed: bool) -> dict[str, object]:
    """What is remembered of a page: its item, the item's stamp after this save, and whether a person pressed the
    button."""
    return {"item": item.id, "stamp": items.stamp(item), "pressed": pressed}


def _digest(draft: DraftIn) -> str:
    return hashlib.sha256(_encoder.encode(draft)).hexdigest()


def _again(row: Idempotency | None, asked: str) -> Once | None:
    if row is None:
        return None
    if row.request_hash != asked:
        raise KeyReused(N_("This key has been used for another request."), "Idempotency-Key")
    return Once(row.body["item"], row.body.get("answer", ""), again=True)


def keep(installation: Installation, actor: Actor, key: str, answer: str) -> None:
    """Remember the very words that were answered. Without them the item is shown as it is by then."""
    with installation.store.write(actor.workspace) as session:
        row = _take(session, actor, key)
        if row is not None:
            row.body = row.body | {"answer": answer}


def _find(session: Session, actor: Actor, key: str) -> Idempotency | None:
    return session.scalar(select(Idempotency).where(Idempotency.key == _name(actor, key)))


def _take(session: Session, actor: Actor, key: str) -> Idempotency | None:
    """As :func:`_find`, in a write transaction: a request with the same key waits until this one has ended."""
    locks.alone(session, f"request {_name(actor, key)}")
    return _find(session, actor, key)


def _name(actor: Actor, key: str) -> str:
    """The key as it is stored. Keys are a person's own: two people may well choose the same one."""
    return hashlib.sha256(f"{actor.person}\n{key}".encode()).hexdigest()
