"""The office's pictures as people look for them: newest first, by words, small enough for a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, Literal

from sqlalchemy import ColumnElement, desc, exists, func, select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.content.draft import MOST_NOTE
from commsched.core.text.clean import line, passage
from commsched.core.text.json_values import JsonObject
from commsched.core.text.length import fold
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.core.text.words import Term, match, terms
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.blobs import File, blob_of, form_key, keep_form, shown_form
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Derivative, Item, LinkPage, Media, PictureSource, PictureUse, Revision

SIDE: Final = 480
"""Pixels of a small picture's longer side."""
MOST_ALT: Final = MOST_NOTE
TAGGED: Final = 5_000
"""Pictures whose tags are gathered for the filter."""
LAST_USES: Final = 200
"""Uses that are looked through for the pictures that were used last; each version of a post is one for each of its."""
BATCH: Final = 500
"""Pictures that are looked through at a time."""


Show = Literal["", "no-alt", "unused", "consent"]
"""What a list is narrowed to: pictures that nobody has described, that no post has, whose consent ends soon."""


def showing(show: Show, soon: datetime) -> list[ColumnElement[bool]]:
    """The condition of ``show``; a consent that ends before ``soon`` ends soon, and one that has ended too."""
    match show:
        case "no-alt":
            return [Media.alt == ""]
        case "unused":
            used = exists().where(PictureUse.media_id == Media.id)
            return [~used, ~exists().where(PictureSource.source_id == Media.id)]
        case "consent":
            return [Media.consent_ends <= soon]
    return []


def newest(
    session: Session,
    words: str = "",
    before: int | None = None,
    limit: int = 48,
    where: Sequence[ColumnElement[bool]] = (),
) -> list[Media]:
    """Pictures of the session's workspace, newest first, in whose name, alt text, photographer, licence, tags, persons
    or card every word stands, compared as :func:`commsched.core.text.length.fold` has it. A card in several sizes is
    one of them."""
    wanted = terms(words)
    statement = select(Media).where(Media.front_id.is_(None), *where).order_by(desc(Media.id)).limit(limit)
    if wanted:
        statement = statement.where(Media.id.in_(list(islice(_holding(session, wanted, before, where), limit))))
    elif before is not None:
        statement = statement.where(Media.id < before)
    return list(session.scalars(statement))


def _holding(
    session: Session, words: Collection[Term], before: int | None, where: Sequence[ColumnElement[bool]]
) -> Iterator[int]:
    """The ids of those with every one of ``words``, newest first. Read some at a time, and only as far as is asked:
    neither database can fold."""
    columns = (Media.id, Media.alt, Media.filename, Media.credit, Media.facts)
    while True:
        statement = select(*columns).where(Media.front_id.is_(None), *where).order_by(desc(Media.id)).limit(BATCH)
        rows = session.execute(statement if before is None else statement.where(Media.id < before)).all()
        for row in rows:
            said = fold("\n".join([row.alt, row.filename, row.credit, *_written(row.facts)]))
            if match(said, words):
                yield row.id
        if len(rows) < BATCH:
            return
        before = rows[-1].id


def _written(facts: JsonObject) -> Iterator[str]:
    """What people wrote among the facts of a picture: tags, licence, persons shown, and the words of a card."""
    yield from facts.get("tags", ())
    yield facts.get("licence", "")
    yield from (str(person.get("name", "")) for person in facts.get("persons", ()))
    yield from map(str, facts.get("card", {}).get("texts", {}).values())


def tags(session: Session) -> dict[str, list[int]]:
    """The tags of the newest :data:`TAGGED` pictures, the commonest first, each with the ids of its pictures. Neither
    database reads into the facts alike, so they are read here."""
    statement = select(Media.id, Media.facts).where(Media.front_id.is_(None)).order_by(desc(Media.id)).limit(TAGGED)
    by_tag: dict[str, list[int]] = {}
    for number, facts in session.execute(statement):
        for tag in facts.get("tags", ()):
            by_tag.setdefault(str(tag), []).append(number)
    return dict(sorted(by_tag.items(), key=lambda tagged: (-len(tagged[1]), tagged[0].casefold())))


def to_choose_from(session: Session, words: str = "", limit: int = 48) -> list[Media]:
    """Pictures for a post: those that the reader saw used last come first, then the newest."""
    if words.strip():
        return newest(session, words, limit=limit)
    last = (
        select(func.coalesce(Media.front_id, Media.id))
        .join(PictureUse, PictureUse.media_id == Media.id)
        .join(Revision, Revision.id == PictureUse.revision_id)
        .join(Item, Item.id == Revision.item_id)
        .order_by(desc(PictureUse.revision_id), PictureUse.media_id)
        .limit(LAST_USES)
    )
    used = list(dict.fromkeys(session.scalars(last)))[: limit // 2]
    known = rows(session, used)
    others = [row for row in newest(session, limit=limit) if row.id not in known]
    return [*(known[number] for number in used if number in known), *others][:limit]


def rows(session: Session, wanted: Iterable[int]) -> dict[int, Media]:
    """Pictures by their ids; those of other offices are not there."""
    numbers = list(wanted)
    return {row.id: row for row in session.scalars(select(Media).where(Media.id.in_(numbers)))} if numbers else {}


Row = Media | Derivative
"""Whatever has a file of its own: a picture, or what was made of one."""


def files(session: Session, wanted: Iterable[str]) -> dict[str, Row]:
    """The rows of files by their SHA-256; those of other offices are not there."""
    names = list(wanted)
    files: dict[str, Row] = {}
    if names:
        files |= {row.sha256: row for row in session.scalars(select(Derivative).where(Derivative.sha256.in_(names)))}
        files |= {row.sha256: row for row in session.scalars(select(Media).where(Media.sha256.in_(names)))}
    return files


def by_hash(installation: Installation, workspace: int, sha256: str) -> Row | LinkPage:
    """The file with that name in ``workspace``: also of a link's card. Raises :class:`NotFound`, also for another
    office's."""
    with installation.store.read(workspace) as session:
        row: Row | LinkPage | None = files(session, [sha256]).get(sha256) if sha256 else None
        if row is None and sha256:
            row = session.scalars(select(LinkPage).where(LinkPage.sha256 == sha256).limit(1)).first()
    if row is None:
        raise NotFound(N_("There is no such picture."))
    return row


def file_of(installation: Installation, row: Row | LinkPage, small: bool = False) -> File:
    """The picture's file. A small one is made the first time. Raises :class:`NotFound` where the file is missing."""
    whole = blob_of(installation, row)
    if not whole.exists():
        raise NotFound(N_("The picture's file is missing."))
    if not small or max(row.width, row.height) <= SIDE:
        return whole
    form = shown_form(installation, "small", row.sha256)
    if form is not None:
        return form
    thumbnail = images.pictures.thumbnail(whole.read(), SIDE)
    key = form_key("small", row.sha256, thumbnail.suffix)
    return keep_form(installation, key, thumbnail.data, thumbnail.mime)


def describe(installation: Installation, actor: Actor, media_id: int, alt: str, credit: str) -> None:
    """Set a picture's usual alt text and credit. What is already in an item stays as it was approved."""
    actor.require("write")
    if len(alt) > MOST_ALT:
        raise Invalid(N_("At most %(most)s characters."), "alt", most=MOST_ALT)
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(select(Media).where(Media.id == media_id))
        if row is None:
            raise NotFound(N_("There is no such picture."))
        row.describe(actor.person, alt=passage(alt, "alt"), credit=line(credit[:200], "credit"))
        note(session, installation, actor, "picture.described", media=row.id)
