"""An office's feeds: added, changed, switched off and on, removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.content.links import whole_address
from commsched.core.text.clean import one_line
from commsched.core.text.messages import N_, Conflict, Invalid, Message, NotFound
from commsched.services.feeds import reading
from commsched.services.feeds.parsing import Unreadable
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.store.models import Channel, NewsEntry, NewsFeed

MOST: Final = 50
"""Feeds of one office."""


class Shown(msgspec.Struct, frozen=True):
    """A feed as its page shows it."""

    feed: NewsFeed
    channels: list[Channel]
    drafts: int
    trouble: Message | None

    @property
    def address(self) -> str:
        """Where it is, for whoever only reads."""
        return told(self.feed.url)

    @property
    def on(self) -> bool:
        return self.feed.next_at is not None


def feeds(session: Session) -> list[Shown]:
    """The office's feeds by name, in three statements."""
    rows = list(session.scalars(select(NewsFeed).order_by(func.lower(NewsFeed.name), NewsFeed.id)))
    if not rows:
        return []
    channels = {row.id: row for row in session.scalars(select(Channel))}
    counts = select(NewsEntry.news_feed_id, func.count(NewsEntry.item_id)).group_by(NewsEntry.news_feed_id)
    drafts = {row[0]: row[1] for row in session.execute(counts)}
    return [
        Shown(row, [channels[n] for n in _numbers(row) if n in channels], drafts.get(row.id, 0), _trouble(row))
        for row in rows
    ]


def _numbers(feed: NewsFeed) -> list[int]:
    return [int(number) for number in feed.channels.split(",") if number]


def _trouble(feed: NewsFeed) -> Message | None:
    message, params = feed.trouble.get("message"), feed.trouble.get("params")
    return Message(str(message), params if isinstance(params, dict) else {}) if message else None


def find(session: Session, number: int) -> NewsFeed:
    """The feed. Raises :class:`NotFound`."""
    row = session.scalar(select(NewsFeed).where(NewsFeed.id == number))
    if row is None:
        raise NotFound(N_("There is no such feed."))
    return row


def add(installation: Installation, actor: Actor, url: str, channels: Sequence[int]) -> str:
    """Add the feed at ``url``; it is asked at once. Returns its name. Raises :class:`Invalid` by its field."""
    actor.require("write")
    url = whole_address(one_line(url))
    if not url.startswith(("https://", "http://")) or len(url) > 1000:
        raise Invalid(N_("This is not an address on the web."), "url")
    try:
        with waiting_for_a_server(actor):
            answer = reading.fetch(installation, url)
    except Unreadable as refused:
        words = refused.words
        raise Invalid(words.message, "url", **{name: str(value) for name, value in words.params.items()}) from refused
    assert answer.feed is not None, "what was never read cannot be unchanged"
    name, now = answer.feed.name or told(url), installation.now()
    with installation.store.write(actor.workspace) as session:
        if session.scalar(select(NewsFeed.id).where(NewsFeed.url == url)) is not None:
            raise Invalid(N_("This feed is read already."), "url")
        if (session.scalar(select(func.count(NewsFeed.id))) or 0) >= MOST:
            raise Conflict(N_("An office reads at most %(most)s feeds."), most=MOST)
        feed = NewsFeed(workspace_id=actor.workspace, url=url, name=name[:200], created_at=now, checked_at=now)
        feed.channels, feed.next_at = _chosen(session, channels), now + reading.EVERY
        feed.etag, feed.modified, feed.failures, feed.trouble = answer.etag, answer.modified, 0, {}
        session.add(feed)
        session.flush()
        reading.remember(session, feed, answer.feed, now)
        note(session, installation, actor, "news_feed.added", name=feed.name, url=told(url))
    return name


def told(url: str) -> str:
    """``url`` as the record has it, which everybody reads: some feeds are opened by a password or a key in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:300]


def _chosen(session: Session, channels: Sequence[int]) -> str:
    living = set(session.scalars(select(Channel.id).where(Channel.state != "archived")))
    return ",".join(str(number) for number in dict.fromkeys(channels) if number in living)


def change(installation: Installation, actor: Actor, number: int, name: str, channels: Sequence[int]) -> None:
    """Another name, other channels. Raises :class:`Invalid` and :class:`NotFound`."""
    actor.require("write")
    name = one_line(name)
    if not name:
        raise Invalid(N_("This is needed."), "name")
    with installation.store.write(actor.workspace) as session:
        feed = find(session, number)
        feed.name, feed.channels = name[:200], _chosen(session, channels)


def switch(installation: Installation, actor: Actor, number: int, on: bool) -> None:
    """Read it no more, or again from now on."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        feed = find(session, number)
        feed.next_at = installation.now() if on else None
        if on:
            feed.failures, feed.trouble = 0, {}
        note(session, installation, actor, "news_feed.on" if on else "news_feed.off", name=feed.name)


def remove(installation: Installation, actor: Actor, number: int) -> None:
    """Forget it. Its drafts stay."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        feed = find(session, number)
        note(session, installation, actor, "news_feed.removed", name=feed.name, url=feed.url[:300])
        session.delete(feed)
