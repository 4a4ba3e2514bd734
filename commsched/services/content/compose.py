"""From what was handed in to content, and from content to what one channel would say. Used by check and publisher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, PictureIn
from commsched.core.content.model import ChannelContent, Content, Picture, Quote, Rendition, printable
from commsched.core.media.consent import lapsed
from commsched.core.platform.contract import Draft, PictureFile
from commsched.core.platform.fitting import describe_fitting, recipe_for
from commsched.core.text.clean import clean, one_line
from commsched.core.text.length import fold
from commsched.core.text.messages import N_, Invalid, Message, Problem, block, warn
from commsched.core.timing.wall_time import PASSED, passed, read_time
from commsched.services.channels import lists
from commsched.services.kernel.blobs import media_path
from commsched.services.kernel.context import Installation, mute
from commsched.services.media import provenance
from commsched.services.media.chosen import Made, derivatives, handed_in, media_of
from commsched.store.models import Channel, Derivative, Item, Media, Workspace
from commsched.store.search import holds


class Checked(msgspec.Struct, frozen=True):
    """How one channel takes a draft: its length as the platform counts, its limit, and what is wrong."""

    channel: int
    name: str
    platform: str
    count: int
    limit: int | None
    cost: float
    problems: list[Problem]
    notes: list[Message] = []
    """What is done to its pictures for this channel."""


def content_from(
    installation: Installation, session: Session, workspace: Workspace, given: DraftIn, corrects: str = ""
) -> Content:
    """Build the content of a revision. Raises :class:`Invalid` naming the field that points at nothing.

    ``corrects`` is the uid of the published item that it is a correction of.

    Pictures go to each channel as :func:`commsched.services.media.renditions.make_ready` has made them for it.
    """
    if given.correction.strip() and not corrects:
        raise Invalid(N_("Only a correction says what is corrected."), "correction")
    channels, media = _channels(session, given.channels), media_of(session, given)
    made = derivatives(session, media.values())
    embargo = read_time(given.embargo, workspace.zone, field="embargo").at if given.embargo else None
    content = Content(
        kind=given.kind,
        title=one_line(given.title),
        text=given.text,
        lead=given.lead,
        genre=given.genre,
        short=given.short,
        facts=given.facts,
        quotes=[Quote(text=one.text, person=one.person) for one in given.quotes],
        contact=given.contact,
        link=one_line(given.link),
        language=given.language,
        pictures=_pictures(session, media, handed_in(given)),
        channels=[_channel_content(installation, channel, given, list(media.values()), made) for channel in channels],
        embargo=embargo.astimezone(UTC).isoformat().replace("+00:00", "Z") if embargo else "",
        corrects=corrects,
        correction=given.correction.strip(),
    )
    return printable(content)


def _channels(session: Session, wanted: list[int]) -> list[Channel]:
    found = {
        c.id: c for c in session.scalars(select(Channel).where(Channel.id.in_(wanted), Channel.state != "archived"))
    }
    for number in wanted:
        if number not in found:
            raise Invalid(N_("There is no channel %(channel)s in this office."), "channels", channel=number)
    return [found[number] for number in dict.fromkeys(wanted)]


def require_there(session: Session, content: Content) -> None:
    """Within the transaction that keeps ``content``: that its channels and pictures are still there. Raises
    :class:`Invalid` as :func:`content_from` does, which was called before it."""
    _channels(session, [one.channel for one in content.channels])
    wanted = {picture.sha256 for picture in content.pictures}
    here = set(session.scalars(select(Media.sha256).where(Media.sha256.in_(wanted)))) if wanted else set()
    if not wanted <= here:
        raise Invalid(N_("A picture has been removed meanwhile. Choose another."), "media")


def _pictures(session: Session, media: Mapping[int, Media], given: list[PictureIn]) -> list[Picture]:
    credit = provenance.credits_of(session, media.values())
    return [_picture(media[one.id], one, credit[one.id]) for one in given]


def _picture(media: Media, given: PictureIn, credit: str) -> Picture:
    alt = media.alt if given.alt is None else given.alt
    return Picture(
        sha256=media.sha256, alt=alt.strip(), mime=media.mime, width=media.width, height=media.height, credit=credit
    )


def _renditions(
    installation: Installation, channel: Channel, crop: str, media: list[Media], made: Made
) -> list[Rendition]:
    limits = installation.platform(channel.platform).limits(channel.facts)
    found = []
    for row in media:
        recipe = recipe_for(row, crop, limits)
        file = made.get((row.id, recipe.key)) if recipe else None
        if file is not None and file.sha256 not in ("", row.sha256):
            found.append(
                Rendition(of=row.sha256, sha256=file.sha256, mime=file.mime, width=file.width, height=file.height)
            )
    return found


def _channel_content(
    installation: Installation, channel: Channel, given: DraftIn, media: list[Media], made: Made
) -> ChannelContent:
    variant = given.variants.get(str(channel.id))
    usual = {option.key: option.default for option in installation.platform(channel.platform).options}
    wished = variant.options if variant else {}
    # what is as usual is left out, so that the same choices make the same hash wherever they were made
    options = {key: value for key, value in wished.items() if key in usual and value not in ("", usual[key])}
    text = variant.text if variant else None
    return ChannelContent(
        channel=channel.id,
        text=None if text is None or clean(text) == clean(given.text) else text,
        options=options,
        recipients=lists.digest(installation, channel),
        crop=variant.crop if variant else "",
        pictures=_renditions(installation, channel, variant.crop if variant else "", media, made),
    )


class Stored(msgspec.Struct, frozen=True):
    """A picture's file: how to read it, its size in bytes, and how many frames it has."""

    read: Callable[[], bytes]
    size: int
    frames: int = 1


def draft_for(
    content: Content, channel: int, uid: str, files: Mapping[str, Stored], people: Iterable[str] = ()
) -> Draft:
    """What ``channel`` would say. ``files`` are those of its pictures, by SHA-256; a picture that has none is left
    out."""
    own = content.on(channel)
    pictures = tuple(
        PictureFile(
            sha256=p.sha256,
            mime=p.mime,
            alt=p.alt,
            width=p.width,
            height=p.height,
            credit=p.credit,
            read=files[p.sha256].read,
            size=files[p.sha256].size,
            frames=files[p.sha256].frames,
        )
        for p in content.pictures_on(channel)
        if p.sha256 in files
    )
    return Draft(
        kind=content.kind,
        title=content.title,
        text=content.text if own.text is None else own.text,
        lead=content.lead,
        short=content.short,
        facts=content.facts,
        genre=content.genre,
        quotes=tuple(content.quotes),
        contact=content.contact,
        link=content.link,
        language=content.language,
        pictures=pictures,
        options=own.options,
        recipients=tuple(people),
        uid=uid,
        correction=content.correction,
    )


def stored(installation: Installation, session: Session, content: Content) -> dict[str, Stored]:
    """The files of ``content``'s pictures in the media folder, by SHA-256."""
    wanted = content.files()
    if not wanted:
        return {}
    rows: list[Media | Derivative] = list(session.scalars(select(Media).where(Media.sha256.in_(wanted))))
    rows += session.scalars(select(Derivative).where(Derivative.sha256.in_(wanted)))
    return {
        row.sha256: Stored(media_path(installation, row.sha256, row.suffix).read_bytes, row.size, _frames(row))
        for row in rows
    }


def _frames(row: Media | Derivative) -> int:
    """Animations are kept as they are, so whatever was made of a picture is a still. Of what was taken in before frames
    were counted, only whether it moves is known."""
    if isinstance(row, Derivative):
        return 1
    return int(row.facts.get("frames") or (2 if row.facts.get("animated") else 1))


def check(
    installation: Installation, session: Session, content: Content, uid: str = "", at: datetime | None = None
) -> list[Checked]:
    """What every channel of ``content`` says of it, were it to go out at ``at`` (now, where no time is set).
    The same answer for composer, API, import and publisher."""
    unwilling = _unwilling(session, content, max(at or installation.now(), installation.now()))
    files = stored(installation, session, content)
    rows = {
        c.id: c for c in session.scalars(select(Channel).where(Channel.id.in_([c.channel for c in content.channels])))
    }
    before = said_before(session, content, uid)
    demo = bool(session.scalar(select(Workspace.is_demo).where(Workspace.id == session.info["workspace"])))
    return [
        _check_one(
            installation,
            rows[one.channel],
            content,
            uid,
            files,
            lists.sample(installation, session, rows[one.channel]),
            [*unwilling, *before.get(one.channel, ())],
            demo,
        )
        for one in content.channels
        if one.channel in rows
    ]


def _unwilling(session: Session, content: Content, at: datetime) -> list[Problem]:
    """What stops it: persons in its pictures, or in what they were drawn from, whose consent will have
    ended."""
    sentence = N_("%(name)s has agreed to be shown until %(until)s, and not after. Choose another picture.")
    everybody = provenance.persons(session, [picture.sha256 for picture in content.pictures])
    return [block("media", sentence, name=one["name"], until=one["until"]) for one in lapsed(everybody, at)]


SHORT = 20
"""Characters. Shorter texts ("Tack!") may well be said twice."""


def said_before(session: Session, content: Content, uid: str) -> dict[int, list[Problem]]:
    """A warning for each channel where another item, not cancelled, says the same: queued already, or already out."""
    text = fold(content.text.strip())
    if len(text) < SHORT or content.corrects:
        return {}
    same = select(Item.title, Item.channels).where(
        Item.uid != uid, Item.state != "cancelled", holds(Item.search, text[:400])
    )
    found: dict[int, list[Problem]] = {}
    for title, channels in session.execute(same.order_by(Item.id.desc()).limit(20)):
        for channel in filter(None, channels.split(",")):
            words = N_("“%(title)s” already says the same in this channel.")
            found.setdefault(int(channel), [warn("text", words, title=title)])
    return found


def _check_one(
    installation: Installation,
    channel: Channel,
    content: Content,
    uid: str,
    files: Mapping[str, Stored],
    people: tuple[str, ...],
    unwilling: list[Problem],
    is_demo: bool,
) -> Checked:
    platform = installation.platform(channel.platform)
    draft = draft_for(content, channel.id, uid, files, people)
    problems = [*unwilling, *platform.check(draft, channel.facts)]
    if content.kind not in platform.kinds:
        problems.append(block("channels", N_("%(name)s does not take this kind of item."), name=channel.name))
    if channel.state == "broken":
        problems.append(block("channels", N_("%(name)s has lost its access. Connect it again."), name=channel.name))
    if mute(installation, channel.platform, is_demo):
        problems.append(
            warn(
                "channels",
                N_("No mail server is set, so %(name)s reaches nobody. It is held at its time, until one is set."),
                name=channel.name,
            )
        )
    limit = platform.limits(channel.facts).characters
    return Checked(
        channel.id,
        channel.name,
        platform.key,
        platform.count(draft.text, channel.facts),
        limit,
        platform.cost(draft),
        problems,
        _notes(installation, channel, content, files),
    )


def _notes(
    installation: Installation, channel: Channel, content: Content, files: Mapping[str, Stored]
) -> list[Message]:
    """What is done to each picture before it goes to ``channel``, so that nobody is surprised by it."""
    own, limits = content.on(channel.id), installation.platform(channel.platform).limits(channel.facts)
    made = {one.of: one for one in own.pictures}
    size = {sha256: one.size for sha256, one in files.items()}
    return [
        words
        for number, picture in enumerate(content.pictures, 1)
        for words in describe_fitting(number, picture, made.get(picture.sha256), own.crop, size, limits, channel.name)
    ]


def is_link(text: str) -> bool:
    """Whether ``text`` is a whole address on the web, that a reader could follow."""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host.strip(".") and not any(c.isspace() for c in text.strip())


def general_problems(content: Content, publish_at: datetime | None, now: datetime) -> list[Problem]:
    """What is wrong whatever the channel: nowhere to go, nothing to say, a time that has passed or lies before the
    embargo."""
    found = []
    if publish_at is not None and passed(publish_at, now):
        found.append(block("publish_at", PASSED))
    if not content.channels:
        found.append(block("channels", N_("Choose at least one channel.")))
    if not content.text.strip() and not content.pictures and not all(c.text for c in content.channels or ()):
        found.append(block("text", N_("There is no text.")))
    if content.link and not is_link(content.link):
        words = N_("“%(link)s” is not an address on the web: write the whole of it, with https:// first.")
        found.append(block("link", words, link=content.link[:80]))
    if content.kind == "release" and not content.title:
        found.append(block("title", N_("A press release needs a headline.")))
    if content.corrects and not content.correction:
        found.append(block("correction", N_("Write what is corrected: readers are told.")))
    if content.embargo and publish_at and publish_at < datetime.fromisoformat(content.embargo):
        found.append(block("publish_at", N_("It would go out before its embargo.")))
    return found
