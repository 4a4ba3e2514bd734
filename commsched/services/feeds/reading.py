"""Reading a feed: asked for what is new only, over a session that reaches no private network, at growing intervals
while it fails. Its new entries become drafts, each once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, SourceIn
from commsched.core.text.messages import N_, Message, OfficeError
from commsched.services.feeds.parsing import Entry, ParsedFeed, Unreadable, parse
from commsched.services.kernel.context import Actor, Installation
from commsched.services.workflow import editing
from commsched.store.models import Channel, NewsEntry, NewsFeed, Workspace
from commsched.store.session import EVERY_WORKSPACE

if TYPE_CHECKING:
    from requests import Response

log = logging.getLogger("commsched.chores")
EVERY: Final = timedelta(minutes=30)
AT_MOST: Final = timedelta(hours=24)
"""The longest wait for a feed that goes on failing."""
LEASE: Final = timedelta(minutes=10)
"""While one process reads it, no other does."""
MOST_DRAFTS: Final = 10
"""Drafts of one reading; a feed that has more news than that at once has lost its memory."""
MOST_A_DAY: Final = 60
"""Drafts of one feed within a day: whoever calls everything new with every reading shall not bury an office."""
TOO_MANY: Final = N_("The feed calls more new than becomes drafts in a day, at most %(most)s. The rest is left out.")
_MOVES: Final = 3
_TYPES: Final = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"


class Answer(msgspec.Struct, frozen=True):
    """What a feed answered: news, or that there are none (``feed`` is ``None``)."""

    feed: ParsedFeed | None
    etag: str = ""
    modified: str = ""


def fetch(installation: Installation, url: str, etag: str = "", modified: str = "") -> Answer:
    """Ask for the feed at ``url``. Raises :class:`Unreadable`, also for a server that cannot be reached."""
    asked = {"User-Agent": "commsched", "Accept": _TYPES}
    if etag:
        asked["If-None-Match"] = etag
    if modified:
        asked["If-Modified-Since"] = modified
    response = _get(installation, url, asked)
    if response.status_code == 304:
        return Answer(None, etag, modified)
    if response.status_code != 200:
        raise Unreadable(_REFUSED.get(response.status_code, N_("The feed's server answers with an error.")))
    feed = parse(response.content, str(response.headers.get("content-type") or ""))
    headers = response.headers
    return Answer(feed, str(headers.get("ETag") or "")[:300], str(headers.get("Last-Modified") or "")[:100])


_REFUSED: Final = {
    401: N_("The feed asks for a password."),
    403: N_("The feed's server does not let us read it."),
    404: N_("There is no feed at this address any more."),
    410: N_("There is no feed at this address any more."),
    429: N_("The feed's server says that it is asked too often."),
}


def _get(installation: Installation, url: str, headers: dict[str, str]) -> Response:
    """A few moves are followed, each looked at like the first."""
    from requests import RequestException

    from commsched.platforms._http.failures import in_words
    from commsched.platforms._http.network import Moved

    session = installation.http(False)
    for _move in range(_MOVES + 1):
        try:
            return session.request("GET", url, headers=headers, timeout=15.0)
        except Moved as moved:
            target = moved.response.headers.get("location", "") if moved.response is not None else ""
            try:
                url = urljoin(url, target)
            except ValueError:  # no address at all
                break
            if not url.startswith(("https://", "http://")):
                break
        except RequestException as error:
            words = in_words(error)
            raise Unreadable(words.message, words.params) from error
    raise Unreadable(N_("The feed's address leads on and on."))


def read_due(installation: Installation) -> bool:
    """Read the feed that has waited longest, if any is due; one at a time, so that no chore waits for many silent
    servers. Returns whether one was read. It is asked outside every transaction."""
    feed = _claim(installation)
    if feed is None:
        return False
    read(installation, feed)
    return True


def _claim(installation: Installation) -> NewsFeed | None:
    now = installation.now()
    due = select(NewsFeed).join(Workspace, Workspace.id == NewsFeed.workspace_id)
    due = (
        due.where(NewsFeed.next_at <= now, Workspace.is_demo.is_(False))
        .order_by(NewsFeed.next_at, NewsFeed.id)
        .limit(1)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.execute(due).first() is None:
            return None
    with installation.store.write(EVERY_WORKSPACE) as session:
        feed = session.scalar(due.with_for_update(of=NewsFeed, skip_locked=True))
        if feed is not None:
            feed.next_at = now + LEASE
        return feed


def read(installation: Installation, feed: NewsFeed) -> None:
    """Read ``feed`` now, and keep what came of it."""
    try:
        answer = fetch(installation, feed.url, feed.etag, feed.modified)
    except Unreadable as refused:
        _failed(installation, feed, refused.words)
    else:
        _answered(installation, feed, answer)


def _failed(installation: Installation, feed: NewsFeed, words: Message) -> None:
    """It stands on the feed's page. Nobody is mailed: a site that is down is no news."""
    with installation.store.write(feed.workspace_id) as session:
        row = session.get(NewsFeed, feed.id, with_for_update=True)
        if row is None:
            return
        row.failures += 1
        row.trouble = {"message": words.message, "params": {name: str(value) for name, value in words.params.items()}}
        _again(row, installation.now(), min(EVERY * 2 ** min(row.failures, 10), AT_MOST))


def _again(row: NewsFeed, now: datetime, wait: timedelta) -> None:
    row.checked_at = now
    if row.next_at is not None:  # switched off meanwhile it stays off
        row.next_at = now + wait


def _answered(installation: Installation, feed: NewsFeed, answer: Answer) -> None:
    left_out = _keep(installation, feed, answer.feed) if answer.feed is not None else False
    trouble = {"message": TOO_MANY, "params": {"most": str(MOST_A_DAY)}} if left_out else {}
    with installation.store.write(feed.workspace_id) as session:
        row = session.get(NewsFeed, feed.id, with_for_update=True)
        if row is not None:
            row.failures, row.trouble, row.etag, row.modified = 0, trouble, answer.etag, answer.modified
            _again(row, installation.now(), EVERY)


def _keep(installation: Installation, feed: NewsFeed, parsed: ParsedFeed) -> bool:
    """A draft of each entry that was never seen, the oldest first. Returns whether the day's drafts had no room for
    all of them."""
    with installation.store.read(feed.workspace_id) as session:
        seen = set(session.scalars(select(NewsEntry.guid).where(NewsEntry.news_feed_id == feed.id)))
        channels = _channels(session, feed)
        workspace = session.get_one(Workspace, feed.workspace_id)
        room = max(0, MOST_A_DAY - _drafts_today(session, feed, installation.now()))
    fresh = [entry for entry in parsed.entries if not seen & {entry.guid, entry.same}]
    most = min(MOST_DRAFTS, room)
    for entry in fresh[most:]:
        _mark(installation, feed, entry, None)
    for entry in reversed(fresh[:most]):
        draft = _draft(feed, entry, channels, workspace.language)
        try:
            _mark(installation, feed, entry, draft)
        except OfficeError as refused:
            log.info("an entry of feed %s makes no draft: %s", feed.id, refused)
            _mark(installation, feed, entry, None)
    return room < min(MOST_DRAFTS, len(fresh))


def _drafts_today(session: Session, feed: NewsFeed, now: datetime) -> int:
    """How many drafts it has become within a day."""
    lately = (NewsEntry.news_feed_id == feed.id, NewsEntry.seen_at > now - timedelta(days=1))
    return session.scalar(select(func.count(NewsEntry.item_id)).where(*lately)) or 0


def _channels(session: Session, feed: NewsFeed) -> list[int]:
    wanted = [int(number) for number in feed.channels.split(",") if number]
    living = set(session.scalars(select(Channel.id).where(Channel.id.in_(wanted), Channel.state != "archived")))
    return [number for number in wanted if number in living]


def _draft(feed: NewsFeed, entry: Entry, channels: list[int], language: str) -> DraftIn:
    text = entry.title if not entry.words or entry.words == entry.title else f"{entry.title}\n\n{entry.words}".strip()
    source = SourceIn(text=feed.name, url=entry.link or feed.url)
    return DraftIn(
        title=entry.title, text=text, link=entry.link, channels=list(channels), language=language, sources=[source]
    )


def _mark(installation: Installation, feed: NewsFeed, entry: Entry, draft: DraftIn | None) -> None:
    """Write down that ``entry`` was seen and, in the same transaction, the draft that it becomes. Who else has seen it
    meanwhile has made the draft."""
    actor = Actor(None, feed.name, feed.workspace_id, "writer", "engine")
    prepared = editing.ready(installation, actor, draft) if draft else None
    with installation.store.write(feed.workspace_id) as session:
        if session.get(NewsFeed, feed.id, with_for_update=True) is None:
            return
        names = dict.fromkeys((entry.guid, entry.same))
        same = select(NewsEntry.id).where(NewsEntry.news_feed_id == feed.id, NewsEntry.guid.in_(names))
        if session.scalar(same.limit(1)) is not None:
            return
        item = editing.create_in(installation, session, actor, draft, prepared) if draft and prepared else None
        session.add_all(_rows(feed, entry, installation.now(), item.id if item else None))


def _rows(feed: NewsFeed, entry: Entry, now: datetime, item: int | None = None) -> list[NewsEntry]:
    """What ``entry`` is known by from now on: its id, and what it says. Its draft is counted once."""
    workspace, number = feed.workspace_id, feed.id
    rows = [NewsEntry(workspace_id=workspace, news_feed_id=number, guid=entry.guid, item_id=item, seen_at=now)]
    if entry.same != entry.guid:
        rows.append(NewsEntry(workspace_id=workspace, news_feed_id=number, guid=entry.same, seen_at=now))
    return rows


def remember(session: Session, feed: NewsFeed, parsed: ParsedFeed, now: datetime) -> None:
    """What stands in a feed when it is added is old: it makes no drafts."""
    rows = (row for entry in parsed.entries for row in _rows(feed, entry, now))
    session.add_all({row.guid: row for row in rows}.values())
