"""The picture of a link to the newsroom, or to a published item that has none of its own: drawn once, kept by what
it says."""

from __future__ import annotations

import hashlib

from commsched import images
from commsched.core.content.markup import first_words
from commsched.core.text.catalogues import translate
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Message
from commsched.core.timing import dates
from commsched.services.design import brand
from commsched.services.kernel.blobs import File, form_key, keep_form
from commsched.services.kernel.context import Installation
from commsched.services.media import thumbnails
from commsched.services.public import newsroom, published_media
from commsched.services.public.newsroom import Newsroom, Publication
from commsched.store.models import Workspace

SIZE = (1200, 630)


def picture(installation: Installation, slug: str, address: str) -> File:
    """The file of the picture for a published item: its own where that does, else a card with its headline. Raises
    :class:`NotFound` for what the public may not see."""
    room, entry = newsroom.entry(installation, slug, address)
    if entry.pictures and (
        own := thumbnails.link(installation, *published_media.picture(installation, slug, entry.pictures[0].name, None))
    ):
        return own
    language = known(entry.content.language, room.language)
    name, values = _words(room, entry)
    return _drawn(installation, room, name, values, language)


def front(installation: Installation, slug: str) -> File:
    """The file of the card for the newsroom itself. Raises :class:`NotFound` where there is none."""
    room = newsroom.room(installation, slug)
    title = translate(Message(N_("Newsroom – %(office)s"), {"office": room.name}), room.language)
    limit = images.designs.get("headline").fields["headline"].limit
    return _drawn(installation, room, "headline", {"headline": first_words(title, limit)}, room.language)


def _drawn(installation: Installation, room: Newsroom, name: str, values: dict[str, str], language: str) -> File:
    with installation.store.read(room.id) as session:
        own = brand.brand_of(installation, session, session.get_one(Workspace, room.id))
    made_of = repr((name, sorted(values.items()), own.key, language))
    key = hashlib.sha256(made_of.encode()).hexdigest()
    file = File(installation.cache, form_key("og", key, ".jpg"), "image/jpeg")
    if not file.exists():
        drawn = images.card.draw(name, SIZE, dict(values), own, language=language)
        keep_form(installation, file.key, drawn.data, file.mime)
    return file


def _words(room: Newsroom, entry: Publication) -> tuple[str, dict[str, str]]:
    """Which design, and what it says: never more than it has room for."""
    name = "release" if entry.kind == "release" else "headline"
    fields = images.designs.get(name).fields
    values = {"headline": first_words(entry.headline, fields["headline"].limit)}
    if name == "release":
        day = dates.local(entry.published_at, room.zone).date()
        values["lead"] = first_words(entry.content.lead, min(160, fields["lead"].limit))
        values["date"] = dates.long_day(day, room.language, year=True)[: fields["date"].limit]
    return name, {key: value for key, value in values.items() if value}
