"""What a picture shows of other pictures: consents and photographers follow from a photo to every card drawn from it,
and to the cards drawn from that card."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.store.models import Media, PictureSource


def derive(session: Session, row: Media, sources: Iterable[int]) -> None:
    """Write down, in the caller's transaction, that ``row`` shows ``sources``, and whatever they show in their turn."""
    direct = set(sources) - {row.id}
    if not direct:
        return
    shown = direct | behind(session, direct)
    family = {row.id} | cards_of(session, [row.id])  # the same card drawn once more, from another photo
    existing = {
        (source.media_id, source.source_id)
        for source in session.scalars(select(PictureSource).where(PictureSource.media_id.in_(family)))
    }
    for pair in sorted({(card, photo) for card in family for photo in shown if card != photo} - existing):
        session.add(PictureSource(workspace_id=row.workspace_id, media_id=pair[0], source_id=pair[1]))
    session.flush()


def behind(session: Session, pictures: Collection[int]) -> set[int]:
    """The pictures that can be seen in ``pictures``."""
    return set(session.scalars(select(PictureSource.source_id).where(PictureSource.media_id.in_(pictures))))


def cards_of(session: Session, pictures: Collection[int]) -> set[int]:
    """The pictures that ``pictures`` can be seen in."""
    return set(session.scalars(select(PictureSource.media_id).where(PictureSource.source_id.in_(pictures))))


def sources(session: Session, media_id: int) -> list[Media]:
    """The library's rows of the pictures that can be seen in one, oldest first."""
    statement = select(Media).join(PictureSource, PictureSource.source_id == Media.id)
    return list(session.scalars(statement.where(PictureSource.media_id == media_id).order_by(Media.id)))


def drawn_from(session: Session, media_id: int) -> list[Media]:
    """The library's rows of the cards that one can be seen in, newest first."""
    statement = select(Media).join(PictureSource, PictureSource.media_id == Media.id)
    return list(session.scalars(statement.where(PictureSource.source_id == media_id).order_by(Media.id.desc())))


def persons(session: Session, files: Collection[str]) -> list[dict[str, object]]:
    """Everybody with a consent that ends who can be seen in the pictures with those hashes, each once."""
    if not files:
        return []
    shown = set(session.scalars(select(Media.id).where(Media.sha256.in_(files))))
    shown |= behind(session, shown)
    statement = select(Media.facts).where(Media.id.in_(shown), Media.consent_ends.is_not(None))
    everybody = [
        person for facts in session.scalars(statement.order_by(Media.id)) for person in facts.get("persons", ())
    ]
    return list({(person["name"], person["ends"]): dict(person) for person in everybody if person.get("ends")}.values())


def ends(session: Session, rows: Collection[Media]) -> dict[int, datetime]:
    """When the first consent ends of those who can be seen in each picture, by its id; only where one does."""
    ends = {row.id: row.consent_ends for row in rows if row.consent_ends is not None}
    behind = (
        select(PictureSource.media_id, func.min(Media.consent_ends))
        .join(Media, Media.id == PictureSource.source_id)
        .where(PictureSource.media_id.in_([row.id for row in rows]), Media.consent_ends.is_not(None))
        .group_by(PictureSource.media_id)
    )
    for number, end in session.execute(behind):
        if end is not None:
            ends[number] = min(end, ends.get(number, end))
    return ends


def credits_of(session: Session, rows: Collection[Media]) -> dict[int, str]:
    """Who took each picture, by its id. A card names the photographers of what it was drawn from, those who are to be
    named, unless it has a line of its own."""
    named: dict[int, list[str]] = {}
    silent = [row.id for row in rows if not row.credit]
    statement = (
        select(PictureSource.media_id, Media.credit, Media.facts)
        .join(Media, Media.id == PictureSource.source_id)
        .where(PictureSource.media_id.in_(silent), Media.credit != "")
        .order_by(Media.id)
    )
    for card, credit, facts in session.execute(statement) if silent else ():
        if to_be_named(facts) and credit not in named.setdefault(card, []):
            named[card].append(credit)
    return {row.id: row.credit or ", ".join(named.get(row.id, ()))[:200] for row in rows}


def credited_by(session: Session, rows: Collection[Media]) -> set[int | None]:
    """Who wrote the lines of :func:`credits_of`."""
    statement = select(Media).join(PictureSource, PictureSource.source_id == Media.id)
    silent = [row.id for row in rows if not row.credit]
    behind = session.scalars(statement.where(PictureSource.media_id.in_(silent), Media.credit != "")) if silent else ()
    named = [row for row in behind if to_be_named(row.facts)]
    return {row.credit_by for row in [*(row for row in rows if row.credit), *named]}


def lent(session: Session, content: Content) -> set[int]:
    """The people whose words go out with the pictures of ``content`` as the library has them: who wrote the alt text
    or the credit there, and who drew the words of a card."""
    wanted = {picture.sha256: picture for picture in content.pictures}
    rows = list(session.scalars(select(Media).where(Media.sha256.in_(wanted)))) if wanted else []
    people = {row.alt_by for row in rows if row.alt and row.alt.strip() == wanted[row.sha256].alt}
    people |= credited_by(session, rows)
    people |= {row.person_id for row in rows if "card" in row.facts}
    return {person for person in people if person is not None}


def to_be_named(facts: dict[str, object]) -> bool:
    """Whether the photographer is named wherever the picture is seen: as good practice wants, unless they agreed
    otherwise (1960:729, section 3)."""
    return not facts.get("unnamed")
