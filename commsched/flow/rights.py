"""What the office knows of a picture: who took it, who is shown and until when, where it is used, what is like it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Text, desc, select, type_coerce
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.consent import lapsed, person
from commsched.core.words import N_, Invalid, NotFound
from commsched.flow import items
from commsched.flow.context import Actor, Office
from commsched.flow.gallery import MOST_ALT
from commsched.flow.record import note
from commsched.flow.shown import states
from commsched.store.models import Delivery, Item, Media, Revision
from commsched.store.search import holds

MOST_PERSONS: Final = 20
MOST_TAGS: Final = 20
NEAR: Final = 6
"""Bits of 64 that two pictures' hashes may differ in and still show the same."""
WAITING: Final = ("draft", "in_review", "changes_requested", "approved", "scheduled", "held", "failed", "publishing")


class Known(msgspec.Struct, frozen=True):
    """What a person writes down of a picture. ``persons``: name, and the last day of their consent if it has one."""

    alt: str = ""
    credit: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    persons: tuple[tuple[str, date | None], ...] = ()
    focus: tuple[float, float] = (0.5, 0.4)


class Use(msgspec.Struct, frozen=True):
    """An item with the picture in it. ``links`` are where it can be seen, once it is out."""

    item: Item
    out: bool
    links: list[str] = []
    state: str = ""
    """As people are told it."""


def write_down(office: Office, actor: Actor, media_id: int, known: Known) -> None:
    """Keep what is known. What is in an item already stays as it was approved; a consent counts at once."""
    actor.require("write")
    _check(known)
    with office.store.write(actor.workspace) as session:
        row = session.scalar(select(Media).where(Media.id == media_id))
        if row is None:
            raise NotFound(N_("There is no such picture."))
        zone = items.workspace_of(session, actor).zone
        row.alt, row.credit = known.alt.strip(), " ".join(known.credit.split())
        persons = [person(" ".join(name.split()), until, zone) for name, until in known.persons]
        row.facts = row.facts | {
            "licence": " ".join(known.licence.split()), "tags": list(dict.fromkeys(known.tags)), "persons": persons,
            "focus": [round(known.focus[0], 3), round(known.focus[1], 3)],
        }  # fmt: skip
        note(session, office, actor, "picture.described", media=row.id, persons=len(persons))


def _check(known: Known) -> None:
    for name, text, most in (("alt", known.alt, MOST_ALT), ("credit", known.credit, 200),
                             ("licence", known.licence, 200)):  # fmt: skip
        if len(text) > most:
            raise Invalid(N_("At most %(most)s characters."), name, most=most)
    if len(known.tags) > MOST_TAGS or any(len(tag) > 40 for tag in known.tags):
        raise Invalid(N_("At most %(most)s tags, of at most 40 characters."), "tags", most=MOST_TAGS)
    if len(known.persons) > MOST_PERSONS or any(len(name) > 120 for name, _until in known.persons):
        raise Invalid(N_("At most %(most)s persons, with names of at most 120 characters."), "persons",
                      most=MOST_PERSONS)  # fmt: skip
    if not all(0 <= share <= 1 for share in known.focus):
        raise Invalid(N_("The focus must be within the picture."), "focus")


def uses(session: Session, sha256: str) -> list[Use]:
    """Items whose newest version, or whose published one, has the picture in it; newest first."""
    named = holds(Revision.content, sha256.encode())
    newest = select(Item).join(Revision, Revision.id == Item.revision_id).where(named)
    sent = (
        select(Item, Delivery.url)
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .where(named, Delivery.state == "published")
    )
    found = {item.id: Use(item, False) for item in session.scalars(newest)}
    for item, url in session.execute(sent):
        links = found[item.id].links if item.id in found and found[item.id].out else []
        found[item.id] = Use(item, True, [*links, *([url] if url else [])])
    told = states(session, found)
    return [msgspec.structs.replace(use, state=told[number]) for number, use in sorted(found.items(), reverse=True)]


def alike(session: Session, row: Media, limit: int = 12) -> list[Media]:
    """Other pictures that show nearly the same, by their perceptual hashes."""
    own = str(row.facts.get("dhash", ""))
    if not own or not any(own.strip("0")) or own.strip("f") == "":
        return []
    near = [
        number for number, facts in session.execute(select(Media.id, Media.facts).where(Media.id != row.id))
        if facts.get("dhash") and "card" not in facts and images.look.distance(own, str(facts["dhash"])) <= NEAR
    ]  # fmt: skip
    return list(session.scalars(select(Media).where(Media.id.in_(near[:500])).order_by(desc(Media.id)).limit(limit)))


class Ended(msgspec.Struct, frozen=True):
    """A picture that must not be published any more, and where it is all the same."""

    media: Media
    persons: list[dict[str, Any]]
    waiting: list[Use]
    out: list[Use]


def ended(session: Session, now: datetime) -> list[Ended]:
    """Pictures with a consent that has ended, newest first, with what is planned and what is out."""
    marked = select(Media).where(type_coerce(Media.facts, Text).contains('"ends":"2')).order_by(desc(Media.id))
    made = []
    for row in session.scalars(marked):
        gone = [dict(one) for one in lapsed(row.facts.get("persons", ()), now)]
        if gone:
            used = uses(session, row.sha256)
            made.append(Ended(row, gone, [u for u in used if not u.out and u.item.state in WAITING],
                              [u for u in used if u.out]))  # fmt: skip
    return made
