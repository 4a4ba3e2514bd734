"""What the office knows about a picture: who took it, who is shown and until when, where it is used, and similar
pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import desc, or_, select, update
from sqlalchemy.orm import Session

from commsched.core.media.consent import lapsed, person
from commsched.core.text.clean import line, passage
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.kernel import confidants, members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.display_state import states
from commsched.services.media import crops, provenance
from commsched.services.media.consent_expiry import WAITS
from commsched.services.media.search import MOST_ALT
from commsched.store import locks
from commsched.store.models import Delivery, Item, Media, PictureUse, Revision, Workspace
from commsched.store.sight import OUT

MOST_PERSONS: Final = 20
MOST_TAGS: Final = 20
MOST_LEARNED: Final = 100
"""Items that one chore looks through."""


class PictureDetails(msgspec.Struct, frozen=True):
    """What a person writes down of a picture. ``persons``: name, and the last day of their consent if it has one."""

    alt: str = ""
    credit: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    persons: tuple[tuple[str, date | None], ...] = ()
    focus: tuple[float, float] = (0.5, 0.4)
    named: bool = True
    """The photographer is named wherever the picture is seen, also in a card that is drawn from it."""


class Use(msgspec.Struct, frozen=True):
    """An item with the picture in it. ``links`` are where it can be seen, once it is out."""

    item: Item
    out: bool
    links: list[str] = []
    state: str = ""
    """The state as it is shown to people."""


def write_down(
    installation: Installation,
    actor: Actor,
    media_id: int,
    known: PictureDetails,
    places: Mapping[str, float | None] | None = None,
) -> None:
    """Keep what is known, and move the crops to ``places`` (:func:`commsched.services.media.crops.move`): both or
    neither. Items that already use the picture keep what was approved; a changed consent takes effect at once."""
    actor.require("write")
    _check(known)
    crops.check(places or {})
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(locks.rows(select(Media).where(Media.id == media_id)))
        if row is None:
            raise NotFound(N_("There is no such picture."))
        zone = members.workspace_of(session, actor).zone
        row.describe(actor.person, alt=passage(known.alt, "alt"), credit=line(known.credit, "credit"))
        persons = [person(line(name, "persons"), until, zone) for name, until in known.persons]
        row.facts = (
            {key: value for key, value in row.facts.items() if key != "unnamed"}
            | {
                "licence": line(known.licence, "licence"),
                "tags": _tags(known.tags),
                "persons": persons,
                "focus": [round(known.focus[0], 3), round(known.focus[1], 3)],
            }
            | ({} if known.named else {"unnamed": True})
        )
        note(session, installation, actor, "picture.described", media=row.id, persons=len(persons))
        crops.move(installation, session, actor, row, places or {})


def _tags(tags: Iterable[str]) -> list[str]:
    """Each once, in the order in which they were written."""
    return list(dict.fromkeys(kept for tag in tags if (kept := line(tag, "tags"))))


def _check(known: PictureDetails) -> None:
    for name, text, most in (
        ("alt", known.alt, MOST_ALT),
        ("credit", known.credit, 200),
        ("licence", known.licence, 200),
    ):
        if len(text) > most:
            raise Invalid(N_("At most %(most)s characters."), name, most=most)
    if len(known.tags) > MOST_TAGS or any(len(tag) > 40 for tag in known.tags):
        raise Invalid(N_("At most %(most)s tags, of at most 40 characters."), "tags", most=MOST_TAGS)
    if len(known.persons) > MOST_PERSONS or any(len(name) > 120 for name, _until in known.persons):
        raise Invalid(
            N_("At most %(most)s persons, with names of at most 120 characters."), "persons", most=MOST_PERSONS
        )
    if any(until is not None and not 1900 < until.year < 2200 for _name, until in known.persons):
        raise Invalid(N_("Write the day as year, month and day: 2027-01-31."), "persons")
    if not all(0 <= share <= 1 for share in known.focus):
        raise Invalid(N_("The focus must be within the picture."), "focus")


def uses(session: Session, pictures: Collection[int], now: datetime) -> list[Use]:
    """Items whose newest version, or whose published one, has one of ``pictures`` in it; newest first."""
    inside = select(Revision.id).join(PictureUse, PictureUse.revision_id == Revision.id)
    inside = inside.where(PictureUse.media_id.in_(pictures))
    newest = select(Item).join(Revision, Revision.item_id == Item.id).where(Revision.id == Item.revision_id)
    sent = (
        select(Item, Delivery.url)
        .join(Delivery, Delivery.item_id == Item.id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .where(Revision.id.in_(inside), Delivery.state == "published")
        .order_by(Delivery.id)
    )
    uses = {item.id: Use(item, False) for item in session.scalars(newest.where(Revision.id.in_(inside)))}
    for item, url in session.execute(sent):
        links = uses[item.id].links if item.id in uses and uses[item.id].out else []
        uses[item.id] = Use(item, True, list(dict.fromkeys([*links, *([url] if url else [])])))
    shown_states = states(session, uses, now)
    return [
        msgspec.structs.replace(use, state=shown_states[number]) for number, use in sorted(uses.items(), reverse=True)
    ]


def uses_of(session: Session, row: Media, now: datetime) -> list[Use]:
    """Where a picture can be seen: itself, or in a card that was drawn from it."""
    return uses(session, {row.id} | provenance.cards_of(session, [row.id]), now)


class Ended(msgspec.Struct, frozen=True):
    """A picture that must not be published any more, and where it is all the same."""

    media: Media
    persons: list[dict[str, object]]
    waiting: list[Use]
    out: list[Use]


def ended(session: Session, now: datetime) -> list[Ended]:
    """Pictures with a consent that has ended, newest first, with what is planned and what is out."""
    marked = select(Media).where(Media.consent_ends <= now).order_by(desc(Media.id))
    lines = []
    for row in session.scalars(marked):
        used = uses_of(session, row, now)
        lines.append(
            Ended(
                row,
                [dict(person) for person in lapsed(row.facts.get("persons", ()), now)],
                [use for use in used if not use.out and use.item.state in WAITS],
                [use for use in used if use.out],
            )
        )
    return lines


def learn_alts(
    session: Session, person: int | None, item: Item, pictures: Iterable[Media], alts: Mapping[str, str]
) -> None:
    """Keep the first alt text that is written for a picture, for the next post with it. It follows the item that it is
    written in until somebody describes the picture in the library; another post's own words stay that post's own.
    A confidential item's words are kept once it is out, since everybody reads the library.

    ``alts`` are the item's, by SHA-256; ``person`` wrote them. Whether the picture still has none is asked by the
    statement that writes.
    """
    if confidants.is_closed(item):
        return
    for row in pictures:
        said = alts.get(row.sha256, "").strip()
        if not said or said == row.alt:
            continue
        nobody_elses = or_(Media.alt == "", Media.alt_item == item.id)
        session.execute(
            update(Media)
            .where(Media.id == row.id, nobody_elses)
            .values(alt=said, alt_by=person, alt_item=item.id)
            .execution_options(synchronize_session=False)
        )


def forget_alts(session: Session, item: int) -> None:
    """Take the words of an item that has become confidential out of the library again."""
    session.execute(
        update(Media)
        .where(Media.alt_item == item)
        .values(alt="", alt_by=None, alt_item=None)
        .execution_options(synchronize_session=False)
    )


def learn_from(session: Session, item: Item) -> None:
    """As :func:`learn_alts`, from the newest version of an item that has just been opened to everybody."""
    revision = session.get(Revision, item.revision_id) if item.revision_id else None
    if revision is None:
        return
    alts = {picture.sha256: picture.alt for picture in revision.parsed().pictures}
    pictures = session.scalars(select(Media).where(Media.sha256.in_(alts))).all() if alts else ()
    learn_alts(session, revision.author_id, item, pictures, alts)


def learn_of_published(_installation: Installation, session: Session, _workspace: Workspace) -> None:
    """Keep the words of what was confidential and is out by now, for pictures that still have none."""
    statement = (
        select(Item)
        .join(PictureUse, PictureUse.revision_id == Item.revision_id)
        .join(Media, Media.id == PictureUse.media_id)
        .where(Item.confidential.is_(True), Item.state.in_(OUT), Media.alt == "")
        .distinct()
        .limit(MOST_LEARNED)
    )
    for item in session.scalars(statement).all():
        learn_from(session, item)
