"""The pages that an office's links lead to, as they were when somebody wrote: kept with their age, so that a check asks
no server, and what was approved has the very card that its writer saw."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn
from commsched.core.content.model import Card
from commsched.core.installation.inner_links import links_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.links.fetching import Fetched, State, fetch
from commsched.store import locks
from commsched.store.models import Channel, LinkPage

FRESH: Final = timedelta(days=1)
"""A page that was read so lately is not read again by itself."""
MOST_LINK: Final = 2000
"""Characters; a longer one is not followed."""


class Page(msgspec.Struct, frozen=True):
    """A page as it was read."""

    link: str
    state: State
    status: int
    title: str
    description: str
    picture: str
    """The SHA-256 of its picture, or nothing."""
    width: int
    height: int
    at: datetime

    def as_card(self) -> Card | None:
        """What a network is given to show; nothing where the page has no title."""
        if self.state != "ok" or not self.title:
            return None
        return Card(
            url=self.link,
            title=self.title,
            description=self.description,
            picture=self.picture,
            width=self.width,
            height=self.height,
        )


def link_shown(link: str, text: str) -> str:
    """The link that networks show a card of: the item's own, else the first in its text; empty where there is none."""
    return link or next(links_of([text]), "")


def known(session: Session, links: Collection[str]) -> dict[str, Page]:
    """What is known of ``links``, by the link: as they were read last."""
    wanted = [_digest(link) for link in links if link]
    if not wanted:
        return {}
    rows = session.scalars(select(LinkPage).where(LinkPage.digest.in_(wanted)).order_by(LinkPage.fetched_at))
    return {row.link: _page(row) for row in rows}


def look_up(installation: Installation, actor: Actor, link: str) -> None:
    """Read the page of ``link`` now, and keep what it says."""
    if not link or len(link) > MOST_LINK or not link.lower().startswith(("http://", "https://")):
        return
    fetched = fetch(installation, link)
    if fetched.picture is not None:
        installation.blobs.put(BytesIO(fetched.picture.data), fetched.picture.suffix, fetched.picture.sha256)
    with installation.store.write(actor.workspace) as session:
        locks.shared(session, locks.FILES)
        new = _row(installation, actor, link, fetched)
        last = session.scalars(
            select(LinkPage).where(LinkPage.digest == new.digest).order_by(LinkPage.fetched_at.desc()).limit(1)
        ).first()
        if last is not None and _said(last) == _said(new):
            last.fetched_at = new.fetched_at
            return
        # what has no picture of ours is named by nothing that was approved
        session.execute(delete(LinkPage).where(LinkPage.digest == new.digest, LinkPage.sha256 == ""))
        session.add(new)
        if fetched.picture is not None:  # again: it may just have been swept away
            installation.blobs.put(BytesIO(fetched.picture.data), fetched.picture.suffix, fetched.picture.sha256)


def make_ready(installation: Installation, actor: Actor, draft: DraftIn) -> None:
    """Read the page of the draft's link, where it goes to a channel that is given a card and nothing is known of it.

    Called before the transaction that writes, which waits for nobody.
    """
    link = link_shown(draft.link.strip(), draft.text)
    if not link or not draft.channels:
        return
    with installation.store.read(actor.workspace) as session:
        chosen = select(Channel.platform).where(Channel.id.in_(draft.channel_ids))
        if not is_given(installation, session.scalars(chosen)) or link in known(session, [link]):
            return
    look_up(installation, actor, link)


def is_given(installation: Installation, platforms: Iterable[str]) -> bool:
    """Whether a channel on one of ``platforms`` (their keys) is given the card of a link."""
    return any(installation.platform(key).link_card == "given" for key in set(platforms))


def card_for(session: Session, link: str) -> Card | None:
    """The card of ``link``, as its page was when it was read last. Until the transaction ends nobody takes the page
    away, which may be about to be named in a text."""
    locks.shared(session, locks.FILES)
    page = known(session, [link]).get(link)
    return page.as_card() if page is not None else None


def is_fresh(page: Page | None, now: datetime) -> bool:
    return page is not None and now - page.at < FRESH


def _digest(link: str) -> str:
    return hashlib.sha256(link.encode("utf-8", "replace")).hexdigest()


def _row(installation: Installation, actor: Actor, link: str, fetched: Fetched) -> LinkPage:
    picture = fetched.picture
    return LinkPage(
        workspace_id=actor.workspace,
        digest=_digest(link),
        link=link,
        state=fetched.state,
        status=fetched.status,
        title=fetched.facts.title,
        description=fetched.facts.description,
        sha256=picture.sha256 if picture else "",
        suffix=picture.suffix if picture else "",
        mime=picture.mime if picture else "",
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
        size=len(picture.data) if picture else 0,
        fetched_at=installation.now(),
    )


def _said(row: LinkPage) -> tuple[str, int, str, str, str]:
    return row.state, row.status, row.title, row.description, row.sha256


def _page(row: LinkPage) -> Page:
    state: State = msgspec.convert(row.state, State)
    return Page(
        row.link, state, row.status, row.title, row.description, row.sha256, row.width, row.height, row.fetched_at
    )
