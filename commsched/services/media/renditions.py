"""Pictures fitted to a channel: cropped or scaled down before the item is saved, so that the approved file is the one
that is published."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from io import BytesIO

import msgspec
from sqlalchemy import delete, desc, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.content.draft import DraftIn
from commsched.core.media.crops import shape_of
from commsched.core.platform.fitting import Recipe, recipe_for, shape_for
from commsched.core.text.messages import Invalid
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import video_forms
from commsched.services.media.chosen import derivatives, media_of
from commsched.store import locks
from commsched.store.models import Channel, Derivative, Media

log = logging.getLogger("commsched.pictures")


class _Wish(msgspec.Struct, frozen=True):
    media: Media
    recipe: Recipe


def make_ready(installation: Installation, actor: Actor, draft: DraftIn) -> None:
    """Make every file that the draft's channels need of its pictures and that is not there yet.

    Called before the transaction that writes: making one takes up to seconds, and no transaction waits for it. One
    that cannot be made is left out, and the channel's own check then says why the picture will not do. Videos take
    minutes: what is needed of them is noted, and made by the clock.
    """
    video_forms.wish(installation, actor, draft)
    if not draft.media or not draft.channels:
        return
    with installation.store.read(actor.workspace) as session:
        wishes = list(_missing(installation, session, draft))
    for wish in wishes:
        _make(installation, actor, wish)


def _missing(installation: Installation, session: Session, draft: DraftIn) -> Iterator[_Wish]:
    try:
        media = media_of(session, draft).values()
    except Invalid:
        return  # said, by its field, where the content is built
    existing, seen = derivatives(session, media), set[tuple[int, str]]()
    for channel in session.scalars(select(Channel).where(Channel.id.in_(draft.channel_ids))):
        variant = draft.variants.get(str(channel.id))
        platform = installation.platform(channel.platform)
        limits = platform.limits(channel.facts)
        for row in media:
            recipe = recipe_for(row, shape_for(row, variant.crop if variant else "", platform.shape), limits)
            if (
                recipe
                and (row.id, recipe.key) not in seen
                and not _there(installation, existing.get((row.id, recipe.key)))
            ):
                seen.add((row.id, recipe.key))
                yield _Wish(row, recipe)


def _there(installation: Installation, file: Derivative | None) -> bool:
    """Whether it has been made and still lies there, or is known to be impossible."""
    return file is not None and (not file.sha256 or blob_of(installation, file).exists())


def _make(installation: Installation, actor: Actor, wish: _Wish) -> None:
    recipe, row = wish.recipe, wish.media
    try:
        file = images.pictures.fit(
            blob_of(installation, _drawn_so(installation, actor, wish)).read(),
            recipe.types,
            recipe.max_bytes,
            recipe.max_side,
            ratio=recipe.ratio,
            centre=recipe.centre,
            max_pixels=recipe.max_pixels,
        )
    except images.errors.CannotFit:
        return _keep(installation, actor, wish, None, "")
    except (OSError, images.errors.BadPicture):
        log.warning("picture %s could not be made to fit", row.id, exc_info=True)
        return
    sha256 = images.pictures.name_of(file.data)
    installation.blobs.put(BytesIO(file.data), file.suffix, sha256)
    _keep(installation, actor, wish, file, sha256)


def _drawn_so(installation: Installation, actor: Actor, wish: _Wish) -> Media:
    """What the file is made from: of a card that is kept in that very shape, the drawing in it, since a cut would go
    through its words; else the picture."""
    if not wish.recipe.crop or wish.recipe.crop not in wish.media.facts.get("shapes", ()):
        return wish.media
    with installation.store.read(actor.workspace) as session:
        others = session.scalars(select(Media).where(Media.front_id == wish.media.id).order_by(desc(Media.id)))
        return next((row for row in others if shape_of((row.width, row.height)) == wish.recipe.crop), wish.media)


def _keep(
    installation: Installation, actor: Actor, wish: _Wish, derived: images.pictures.Derived | None, sha256: str
) -> None:
    file = Derivative(
        workspace_id=actor.workspace,
        media_id=wish.media.id,
        recipe=wish.recipe.key,
        sha256=sha256,
        suffix=derived.suffix if derived else "",
        mime=derived.mime if derived else "",
        width=derived.width if derived else 0,
        height=derived.height if derived else 0,
        size=len(derived.data) if derived else 0,
        created_at=installation.now(),
    )
    # another request may have made it or deleted the picture in between: then its row stays, or none is needed
    with contextlib.suppress(IntegrityError), installation.store.write(actor.workspace) as session:
        locks.shared(session, locks.FILES)
        session.execute(
            delete(Derivative).where(Derivative.media_id == file.media_id, Derivative.recipe == file.recipe)
        )
        session.add(file)
        if derived:  # again: it may just have been swept away
            installation.blobs.put(BytesIO(derived.data), derived.suffix, sha256)
