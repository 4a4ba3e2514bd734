"""Posts that are proposed from a release: one draft whose every channel has a text of its own, cut by that channel's
limits, under the release's embargo. It is never more than a draft: a person opens, changes and sends it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, PictureIn, SourceIn, VariantIn
from commsched.core.content.mentions import plainly
from commsched.core.content.model import Content
from commsched.core.press.posts import proposed
from commsched.core.text.messages import N_, Conflict
from commsched.core.text.slug import address_of
from commsched.platforms import shown_in
from commsched.services.content import items, neighbours
from commsched.services.kernel import confidants
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.workflow import editing
from commsched.store.models import Channel, Item, Media


def propose(installation: Installation, actor: Actor, item_id: int) -> int:
    """Begin the draft; returns its id. Where one of the same words is still a draft, that one's. Raises
    :class:`Conflict` for what is no release, and where no channel takes posts."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item, revision = items.load_whole(session, item_id)[:2]
        content = plainly(revision.parsed())
        channels = _channels(installation, session)
        if item.kind != "release":
            raise Conflict(N_("Posts are proposed from a press release."))
        if not channels:
            raise Conflict(N_("No connected channel takes posts. Connect one first."))
        link = _link(installation, session, actor, item, content)
        draft = _draft(installation, session, item, content, channels, link)
        open_ = _same(session, draft)
    if open_ is not None:
        return open_
    ready = editing.ready(installation, actor, draft)
    with installation.store.write(actor.workspace) as session:
        posts = editing.create_in(installation, session, actor, draft, ready)
        note(session, installation, actor, "item.posts_proposed", posts.id, of=item.id, title=item.title[:120])
        return posts.id


def _channels(installation: Installation, session: Session) -> list[Channel]:
    """The channels that posts go to by themselves and releases do not: networks, not the press and no newsroom."""
    rows = session.scalars(select(Channel).where(Channel.state == "ok").order_by(Channel.id))
    return [row for row in rows if _takes_posts(installation, row)]


def _takes_posts(installation: Installation, channel: Channel) -> bool:
    platform = installation.platform(channel.platform)
    return "post" in platform.kinds and "post" in platform.by_itself and "release" not in platform.by_itself


def _link(installation: Installation, session: Session, actor: Actor, item: Item, content: Content) -> str:
    """Where the release stands, or will; empty where it does not go to the newsroom."""
    going = [part.channel for part in content.channels]
    rooms = select(Channel.id).where(Channel.id.in_(going), Channel.platform.in_(shown_in("room"))).limit(1)
    number = session.scalar(rooms)
    if number is None:
        return ""
    slug = workspace_of(session, actor).slug
    return f"{installation.base_url}/n/{slug}/{address_of(content.title, content.text_on(number), item.uid)}"


def _draft(
    installation: Installation, session: Session, item: Item, content: Content, channels: Sequence[Channel], link: str
) -> DraftIn:
    texts = {}
    for channel in channels:
        platform = installation.platform(channel.platform)
        limits, facts = platform.limits(channel.facts), channel.facts
        count = partial(platform.count, facts=facts)
        texts[channel.id] = proposed(content, link, limits.characters, count)
    whole = max(texts.values(), key=len)
    return DraftIn(
        kind="post",
        text=whole,
        language=content.language,
        channels=[channel.id for channel in channels],
        variants={str(number): VariantIn(text=text) for number, text in texts.items() if text != whole},
        media=_pictures(session, content),
        embargo=content.embargo or None,
        sources=[SourceIn(text=content.title, url=link)],
        confidants=sorted(confidants.named(session, item)) if confidants.is_closed(item) else None,
    )


def _pictures(session: Session, content: Content) -> list[int | PictureIn]:
    """The release's first picture, with its alt text."""
    first = content.pictures[0] if content.pictures else None
    number = session.scalar(select(Media.id).where(Media.sha256 == first.sha256)) if first else None
    return [PictureIn(id=number, alt=first.alt)] if first and number is not None else []


def _same(session: Session, draft: DraftIn) -> int | None:
    wanted = (Item.text_hash == neighbours.text_hash(draft.text), Item.kind == "post", Item.state == "draft")
    return session.scalar(select(Item.id).where(*wanted).order_by(Item.id.desc()).limit(1))
