"""From what was handed in to content, and from content to what one channel would say. Used by check and publisher."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.content.draft import AttachmentIn, DraftIn, PictureIn, Times, times_of
from commsched.core.content.fields import kept_texts, texts_of
from commsched.core.content.mentions import forms, named_in
from commsched.core.content.model import Attachment, Card, ChannelContent, Content, Rendition, printable
from commsched.core.content.release import Event
from commsched.core.content.release_draft import aside_from, contacts_from, event_from, quotes_from, versions_from
from commsched.core.platform.channel_view import Stored
from commsched.core.platform.fitting import recipe_for, shape_for
from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Invalid
from commsched.services.contacts import lists
from commsched.services.content import mention_book
from commsched.services.documents import library as documents
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.links import pages
from commsched.services.media import provenance, video_forms
from commsched.services.media.chosen import Made, derivatives, handed_in, media_of, videos_of
from commsched.store.models import Channel, Derivative, Document, Item, LinkPage, Media, Video, Workspace


def content_from(
    installation: Installation,
    session: Session,
    workspace: Workspace,
    draft: DraftIn,
    corrects: str = "",
    times: Times | None = None,
    channels: Mapping[int, Channel] | None = None,
) -> Content:
    """Build the content of a revision. Raises :class:`Invalid` naming the field that points at nothing.

    ``corrects`` is the uid of the published item that it is a correction of; ``times`` are those of ``draft``, where
    they have been read already.

    ``channels`` are the office's by their ids, where its caller has read them already.

    Pictures go to each channel as :func:`commsched.services.media.renditions.make_ready` has made them for it.
    """
    if draft.correction.strip() and not corrects:
        raise Invalid(N_("Only a correction says what is corrected."), "correction")
    chosen, media = _channels(session, draft.channel_ids, channels), media_of(session, draft)
    derived, films = derivatives(session, media.values()), _videos(session, draft)

    def made(channel: Channel) -> list[Rendition]:
        limits = installation.platform(channel.platform).limits(channel.facts)
        variant = draft.variants.get(str(channel.id))
        pictures = _renditions(installation, channel, variant.crop if variant else "", list(media.values()), derived)
        return [*pictures, *video_forms.renditions(session, films, limits)]

    embargo = (times or times_of(draft, workspace.zone)).embargo
    content = Content(
        kind=draft.kind,
        quotes=quotes_from(draft.quotes),
        contacts=contacts_from(draft),
        event=_event(session, draft, workspace.zone, corrects),
        event_aside=aside_from(draft, workspace.zone),
        versions=versions_from(draft),
        attachments=[
            *_pictures(session, media, handed_in(draft)),
            *(film for _row, film in films),
            *_documents(session, draft),
        ],
        channels=[_channel_content(installation, channel, draft, made(channel)) for channel in chosen],
        embargo=embargo.astimezone(UTC).isoformat().replace("+00:00", "Z") if embargo else "",
        corrects=corrects,
    )
    kept = _as_kept(replace(content, **texts_of(draft)))
    kept = replace(kept, card=_card(installation, session, chosen, kept))
    return _with_mentions(installation, workspace, chosen, kept)


def _event(session: Session, draft: DraftIn, zone: str, corrects: str) -> Event | None:
    """The event, which counts the corrections that were finished before: so that each goes before the one it corrects
    in whoever's calendar has it."""
    event = event_from(draft, zone)
    if event is not None and event.called_off and not corrects:
        words = N_("Only a correction calls an event off: those who were invited are told by it.")
        raise Invalid(words, "event.called_off")
    if event is None or not corrects:
        return event
    first = select(Item.id).where(Item.uid == corrects).scalar_subquery()
    over = ("published", "partly_published", "cancelled")
    earlier = select(func.count()).where(Item.corrects_id == first, Item.state.in_(over))
    return replace(event, sequence=(session.scalar(earlier) or 0) + 1)


def _card(installation: Installation, session: Session, chosen: list[Channel], content: Content) -> Card | None:
    """The card of the item's link, where a channel is given one, the page has been read, and nothing else goes with
    the words, which would be shown in its place."""
    if content.attachments:
        return None
    link = pages.link_shown(content.link, content.text)
    if not link or not pages.is_given(installation, (channel.platform for channel in chosen)):
        return None
    return pages.card_for(session, link)


def _with_mentions(
    installation: Installation, workspace: Workspace, chosen: list[Channel], content: Content
) -> Content:
    """``content`` with what stands on each channel for those who are mentioned, by the office's book of now."""
    names = named_in(content)
    if not names:
        return content
    book, platforms = mention_book.book(workspace), {channel.id: channel.platform for channel in chosen}
    networks = {number: installation.platform(key).mentions for number, key in platforms.items()}
    channels = [replace(own, mentions=forms(names, book, networks[own.channel])) for own in content.channels]
    return replace(content, channels=channels)


def _as_kept(content: Content) -> Content:
    """The one place where the texts of an item are cleaned, whatever door they came in by. A channel's own text that
    says what all the others say is none. Raises :class:`Invalid` by the field."""
    settled = printable(content)
    channels = [replace(own, text=None) if own.text == settled.text else own for own in settled.channels]
    return replace(settled, channels=channels, **kept_texts(settled))


def _channels(session: Session, wanted: list[int], known: Mapping[int, Channel] | None = None) -> list[Channel]:
    if known is None:
        known = {row.id: row for row in session.scalars(select(Channel).where(Channel.id.in_(wanted)))}
    for number in wanted:
        if number not in known or known[number].state == "archived":
            raise Invalid(N_("There is no channel %(channel)s in this office."), "channels", channel=number)
    return [known[number] for number in dict.fromkeys(wanted)]


def require_there(session: Session, content: Content) -> None:
    """Within the transaction that keeps ``content``: that its channels and pictures are still there. Raises
    :class:`Invalid` as :func:`content_from` does, which was called before it."""
    _channels(session, [channel.channel for channel in content.channels])
    wanted = content.stills()
    here = set(session.scalars(select(Media.sha256).where(Media.sha256.in_(wanted)))) if wanted else set()
    if not wanted <= here:
        raise Invalid(N_("A picture has been removed meanwhile. Choose another."), "media")
    wanted = {video.sha256 for video in content.videos}
    here = set(session.scalars(select(Video.sha256).where(Video.sha256.in_(wanted)))) if wanted else set()
    if not wanted <= here:
        raise Invalid(N_("A video has been removed meanwhile. Choose another."), "attachments")
    wanted = {document.sha256 for document in content.documents}
    if not wanted <= documents.by_hash(session, wanted).keys():
        raise Invalid(N_("A document has been removed meanwhile. Attach it again."), "documents")


def _pictures(session: Session, media: Mapping[int, Media], chosen: list[PictureIn]) -> list[Attachment]:
    credit = provenance.credits_of(session, media.values())
    return [_picture(media[picture.id], picture, credit[picture.id]) for picture in chosen]


def _picture(media: Media, chosen: PictureIn, credit: str) -> Attachment:
    alt = media.alt if chosen.alt is None else chosen.alt
    return Attachment(
        sha256=media.sha256,
        alt=alt.strip(),
        mime=media.mime,
        width=media.width,
        height=media.height,
        credit=credit,
        title=chosen.caption.strip(),
    )


def _videos(session: Session, draft: DraftIn) -> list[tuple[Video, Attachment]]:
    """The draft's videos as the library has them and as readers meet them, each with what its poster is known by: what
    it shows, and who took it."""
    if not draft.attachments:
        return []
    rows = videos_of(session, draft)
    wanted = [row.poster_id for row in rows.values() if row.poster_id]
    posters = {row.id: row for row in session.scalars(select(Media).where(Media.id.in_(wanted)))}
    credit = provenance.credits_of(session, posters.values())
    chosen = [(rows[each.id], each) for each in draft.attachments]
    return [(row, _video(row, each, posters.get(row.poster_id or 0), credit)) for row, each in chosen]


def _documents(session: Session, draft: DraftIn) -> list[Attachment]:
    """The draft's documents as readers meet them. Raises :class:`Invalid` for one that is not there, or that goes with
    what whoever writes may not see."""
    rows = documents.readable(session, [each.id for each in draft.attached])
    for each in draft.attached:
        if each.id not in rows:
            raise Invalid(N_("There is no document %(document)s in this office."), "documents", document=each.id)
    return [_document(rows[each.id], each.title) for each in draft.attached]


def _document(row: Document, title: str) -> Attachment:
    shown = line(title, "documents") or row.title
    return Attachment(kind="document", sha256=row.sha256, mime=row.mime, title=shown, size=row.size)


def _video(row: Video, chosen: AttachmentIn, poster: Media | None, credit: Mapping[int, str]) -> Attachment:
    if len({each.language for each in chosen.captions}) < len(chosen.captions):
        raise Invalid(N_("Two captions are in the same language. Keep one of them."), "captions")
    usual = poster.alt if poster is not None else ""
    return replace(
        video_forms.as_asked(row, chosen),
        alt=(usual if chosen.alt is None else chosen.alt).strip(),
        credit=credit[poster.id] if poster is not None else "",
        poster=poster.sha256 if poster is not None else "",
    )


def _renditions(
    installation: Installation, channel: Channel, crop: str, media: list[Media], derived: Made
) -> list[Rendition]:
    platform = installation.platform(channel.platform)
    limits = platform.limits(channel.facts)
    renditions = []
    for row in media:
        recipe = recipe_for(row, shape_for(row, crop, platform.shape), limits)
        file = derived.get((row.id, recipe.key)) if recipe else None
        if file is not None and file.sha256 not in ("", row.sha256):
            renditions.append(
                Rendition(of=row.sha256, sha256=file.sha256, mime=file.mime, width=file.width, height=file.height)
            )
    return renditions


def _channel_content(
    installation: Installation, channel: Channel, draft: DraftIn, renditions: list[Rendition]
) -> ChannelContent:
    variant = draft.variants.get(str(channel.id))
    usual = {option.key: option.default for option in installation.platform(channel.platform).options}
    wished = variant.options if variant else {}
    # what is as usual is left out, so that the same choices make the same hash wherever they were made
    options = {key: value for key, value in wished.items() if key in usual and value not in ("", usual[key])}
    return ChannelContent(
        channel=channel.id,
        text=variant.text if variant else None,
        options=options,
        recipients=lists.digest(installation, channel),
        crop=variant.crop if variant else "",
        pictures=renditions,
    )


def stored(installation: Installation, session: Session, content: Content) -> dict[str, Stored]:
    """The files of ``content``'s attachments, by SHA-256."""
    wanted = content.files()
    if not wanted:
        return {}
    rows: list[Media | Derivative | Video | LinkPage | Document] = []
    rows += session.scalars(select(Media).where(Media.sha256.in_(wanted)))
    rows += session.scalars(select(Derivative).where(Derivative.sha256.in_(wanted)))
    if content.card and content.card.picture:
        rows += session.scalars(select(LinkPage).where(LinkPage.sha256 == content.card.picture).limit(1))
    if content.videos:
        rows += session.scalars(select(Video).where(Video.sha256.in_(wanted)))
    rows += documents.by_hash(session, [each.sha256 for each in content.documents]).values()
    return {
        row.sha256: Stored(
            blob_of(installation, row).open,
            row.size,
            _frames(row),
            video_forms.forms_of(row) if isinstance(row, Video) else {},
        )
        for row in rows
    }


def _frames(row: Media | Derivative | Video | LinkPage | Document) -> int:
    """Animations are kept as they are, so whatever was made of a picture is a still. Of what was taken in before frames
    were counted, only whether it moves is known."""
    if not isinstance(row, Media):
        return 1
    return int(row.facts.get("frames") or (2 if row.facts.get("animated") else 1))
