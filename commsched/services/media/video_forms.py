"""Videos made anew for the networks that an item goes to, so that the approved file is the one that is published.

It takes minutes, so nobody waits at a page for it: :func:`wish` notes what is needed when a draft is looked at, the
clock makes it (:func:`make_next`), and the next version of the item has it. Until then the channel's check says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.content.draft import AttachmentIn, DraftIn
from commsched.core.content.model import Attachment, Captions, Rendition
from commsched.core.media.captions import cues, webvtt
from commsched.core.platform.channel_view import Form
from commsched.core.platform.contract import Limits
from commsched.core.platform.video_fitting import VideoRecipe, video_recipe_for
from commsched.core.text.messages import N_, Invalid, Message, Problem, block
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media.chosen import videos_of
from commsched.services.media.videos import beside
from commsched.store import locks
from commsched.store.models import Channel, Video
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.chores")

CLAIM: Final = timedelta(minutes=25)
"""How long nobody else begins with what a process has begun: longer than it may take."""


def forms_of(row: Video) -> dict[str, Form]:
    """What is made of a video, by the recipe's key."""
    return msgspec.convert(row.facts.get("forms", {}), dict[str, Form])


def wish(installation: Installation, actor: Actor, draft: DraftIn) -> None:
    """Note what the draft's channels need of its videos and nobody has noted yet. Called before the transaction that
    writes."""
    if not draft.attachments or not draft.channels:
        return
    with installation.store.read(actor.workspace) as session:
        needed = dict(_missing(installation, session, draft))
    for (number, key), recipe in needed.items():
        with installation.store.write(actor.workspace) as session:
            row = locks.row(session, Video, number)
            if key not in forms_of(row):
                _note(row, key, Form("wanted", captions=recipe.captions))


def _missing(
    installation: Installation, session: Session, draft: DraftIn
) -> Iterator[tuple[tuple[int, str], VideoRecipe]]:
    try:
        rows = videos_of(session, draft)
        asked = [(rows[chosen.id], as_asked(rows[chosen.id], chosen)) for chosen in draft.attachments]
    except Invalid:
        return  # said, by its field, where the content is built
    for channel in session.scalars(select(Channel).where(Channel.id.in_(draft.channel_ids))):
        limits = installation.platform(channel.platform).limits(channel.facts)
        for row, video in asked:
            recipe = video_recipe_for(video, row.size, limits)
            if recipe and recipe.key not in forms_of(row):
                yield (row.id, recipe.key), recipe


def as_asked(row: Video, chosen: AttachmentIn) -> Attachment:
    """A video of the library as somebody wants it in an item, but for what is said of it. Raises :class:`Invalid` for
    captions that are none."""
    return Attachment(
        kind="video",
        sha256=row.sha256,
        mime=row.mime,
        width=row.width,
        height=row.height,
        duration=row.duration,
        captions=[Captions(text=webvtt(each.text), language=each.language) for each in chosen.captions],
        burn=chosen.burn and bool(chosen.captions),
        codec=str(row.facts.get("codec", "")),
    )


def _note(row: Video, key: str, form: Form) -> None:
    forms = forms_of(row) | {key: form}
    row.facts = row.facts | {"forms": msgspec.to_builtins(forms)}
    row.waits = any(each.state == "wanted" for each in forms.values())


def renditions(session: Session, videos: Iterable[tuple[Video, Attachment]], limits: Limits) -> list[Rendition]:
    """What a channel with ``limits`` gets of an item's videos, as far as it has been made."""
    wanted = {}
    for row, attachment in videos:
        recipe = video_recipe_for(attachment, row.size, limits)
        form = forms_of(row).get(recipe.key) if recipe else None
        if recipe and form is not None and form.state == "ready":
            wanted[form.video] = (row, bool(recipe.captions))
    if not wanted:
        return []
    return [
        Rendition(
            of=wanted[row.id][0].sha256,
            sha256=row.sha256,
            mime=row.mime,
            width=row.width,
            height=row.height,
            codec=str(row.facts.get("codec", "")),
            burnt=wanted[row.id][1],
        )
        for row in session.scalars(select(Video).where(Video.id.in_(wanted)).order_by(Video.id))
    ]


def pending(
    number: int, video: Attachment, size: int, forms: Mapping[str, Form], limits: Limits, name: str
) -> Problem | None:
    """Why the ``number``th video of an item cannot go to the channel called ``name`` yet, where it must be made anew
    for it; ``video`` is the item's own."""
    recipe = video_recipe_for(video, size, limits)
    if recipe is None:
        return None
    form = forms.get(recipe.key, Form("wanted"))
    if form.state == "failed":
        words = N_("Video %(number)d could not be made ready for %(name)s. %(why)s")
        return block("attachments", words, number=number, name=name, why=Message(form.words, form.params))
    if form.state == "ready":
        words = N_("Video %(number)d is ready for %(name)s now. Save once more, so that it goes out so.")
        return block("attachments", words, number=number, name=name)
    words = N_("Video %(number)d is being made ready for %(name)s. That takes some minutes; then save once more.")
    return block("attachments", words, number=number, name=name)


def make_next(installation: Installation) -> bool:
    """Make one of the files that are wanted; returns whether there was one. Nobody else makes the same meanwhile."""
    claimed = _claim(installation)
    if claimed is None:
        return False
    row, key, form = claimed
    try:
        _make(installation, row, key, form)
    except images.errors.BadPicture as error:
        _settle(installation, row, key, Form("failed", words=error.words.message, params=_plain(error.words)))
    except InterruptedError:
        _settle(installation, row, key, msgspec.structs.replace(form, until=""))
    except OSError:
        log.warning("video %s could not be made ready", row.id, exc_info=True)  # tried again when the claim has ended
    return True


def stop() -> None:
    """End what this process is making; it is begun again elsewhere, or when it has started anew."""
    images.video.stop_fitting()


def _claim(installation: Installation) -> tuple[Video, str, Form] | None:
    now = installation.now()
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows = session.scalars(select(Video).where(Video.waits).order_by(Video.id)).all()
    for row in rows:
        with installation.store.write(row.workspace_id) as session:
            locked = session.scalar(select(Video).where(Video.id == row.id).with_for_update())
            for key, form in forms_of(locked).items() if locked is not None else ():
                free = not form.until or datetime.fromisoformat(form.until) <= now
                if locked is not None and form.state == "wanted" and free:
                    taken = msgspec.structs.replace(form, until=(now + CLAIM).isoformat())
                    _note(locked, key, taken)
                    return locked, key, taken
    return None


def _make(installation: Installation, row: Video, key: str, form: Form) -> None:
    codec, side, most = _wanted(key)
    said = tuple(images.video.Cue(*cue) for cue in cues(form.captions)) if form.captions else ()
    recipe = images.video.Wish((codec,), side, most, said)
    with beside(installation) as new, blob_of(installation, row).local() as path:
        fitted = images.video.fit(path, new, recipe)
        with installation.store.write(row.workspace_id) as session:
            locks.shared(session, locks.FILES)
            locks.alone(session, f"video {row.workspace_id} {fitted.sha256}")
            known = session.scalar(select(Video).where(Video.sha256 == fitted.sha256))
            installation.blobs.take(new, ".mp4", fitted.sha256)
            if known is None:
                known = _row(installation, row, fitted)
                session.add(known)
                session.flush()
            _note(locks.row(session, Video, row.id), key, Form("ready", video=known.id))


def _row(installation: Installation, of: Video, fitted: images.video.Fitted) -> Video:
    return Video(
        sha256=fitted.sha256,
        suffix=".mp4",
        mime="video/mp4",
        width=fitted.width,
        height=fitted.height,
        size=fitted.size,
        duration=fitted.duration,
        filename=of.filename,
        person_id=of.person_id,
        created_at=installation.now(),
        facts={"sound": fitted.sound, "codec": fitted.codec},
        original_id=of.id,
    )


def _wanted(key: str) -> tuple[str, int | None, int | None]:
    """What a recipe's key says of the file: its codec, its longer side, its size at most."""
    codec, side, most = [*key.split(" "), "", ""][:3]
    return codec, int(side) if side else None, int(most) if most else None


def _settle(installation: Installation, row: Video, key: str, form: Form) -> None:
    with installation.store.write(row.workspace_id) as session:
        locked = session.scalar(select(Video).where(Video.id == row.id).with_for_update())
        if locked is not None:
            _note(locked, key, form)


def _plain(words: Message) -> dict[str, str | int]:
    return {key: value if isinstance(value, int) else str(value) for key, value in words.params.items()}
