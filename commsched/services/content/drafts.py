"""A stored item as the draft it could be handed in as again."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import (
    AttachmentIn,
    CaptionsIn,
    ChannelIn,
    DocumentIn,
    DraftIn,
    PictureIn,
    SourceIn,
    VariantIn,
)
from commsched.core.content.fields import texts_of
from commsched.core.content.model import Attachment
from commsched.core.content.release_draft import aside_in, contacts_in, event_in, quotes_in, versions_in
from commsched.core.timing.plan import Plan
from commsched.services.content import embargo_times, times
from commsched.services.documents import library as documents
from commsched.services.kernel.context import Installation
from commsched.store.models import Item, Media, Revision, Video


def _media(session: Session, pictures: list[Attachment]) -> list[int | PictureIn]:
    wanted = [p.sha256 for p in pictures]
    rows = session.scalars(select(Media).where(Media.sha256.in_(wanted))) if wanted else ()
    ids = {row.sha256: row.id for row in rows}
    return [PictureIn(id=ids[p.sha256], alt=p.alt, caption=p.title) for p in pictures if p.sha256 in ids]


def _attachments(session: Session, videos: list[Attachment]) -> list[AttachmentIn]:
    wanted = [video.sha256 for video in videos]
    rows = session.scalars(select(Video).where(Video.sha256.in_(wanted))) if wanted else ()
    numbers = {row.sha256: row.id for row in rows}
    return [
        AttachmentIn(
            id=numbers[video.sha256],
            alt=video.alt,
            captions=[CaptionsIn(text=each.text, language=each.language) for each in video.captions],
            burn=video.burn,
        )
        for video in videos
        if video.sha256 in numbers
    ]


def _documents(session: Session, attached: list[Attachment]) -> list[int | DocumentIn]:
    rows = documents.by_hash(session, [each.sha256 for each in attached])
    return [DocumentIn(id=rows[each.sha256].id, title=each.title) for each in attached if each.sha256 in rows]


def _channel(number: int, plan: Plan) -> int | ChannelIn:
    slot = plan.own.get(number)
    if slot is None:
        return number
    return ChannelIn(id=number, publish_at=slot.at.isoformat(), latest_at=slot.latest.isoformat())


def as_draft(installation: Installation, session: Session, item: Item, revision: Revision) -> DraftIn:
    """The item as it could be handed in again: what a change that names only some fields starts from."""
    said, plan = revision.parsed(), times.plan(session, item)
    waits = embargo_times.anchored(installation, session, item, said, plan.own)  # follow an embargo that is changed
    plan = Plan(plan.item, {number: slot for number, slot in plan.own.items() if number not in waits}, plan.channels)
    variants = {
        str(channel.channel): VariantIn(text=channel.text, options=dict(channel.options), crop=channel.crop)
        for channel in said.channels
        if channel.text is not None or channel.options or channel.crop
    }
    draft = DraftIn(
        kind=said.kind,
        quotes=quotes_in(said.quotes),
        contacts=contacts_in(said),
        event=event_in(said),
        event_aside=aside_in(said),
        versions=versions_in(said),
        channels=[_channel(channel.channel, plan) for channel in said.channels],
        variants=variants,
        media=_media(session, said.pictures),
        attachments=_attachments(session, said.videos),
        documents=_documents(session, said.documents),
        sources=[SourceIn(**source) for source in revision.sources],
        embargo=said.embargo or None,
        publish_at=item.publish_at.isoformat() if item.publish_at and not item.when_approved else None,
        when_approved=item.when_approved,
        latest_at=item.latest_at.isoformat() if item.latest_at else None,
    )
    return replace(draft, **texts_of(said))
