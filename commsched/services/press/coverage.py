"""What the press made of a release: links that people paste, with the outlet, what they think of it, and a note."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.installation.inner_links import leads_inside
from commsched.core.text.clean import one_line, passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.core.timing.dates import local
from commsched.services.content import items
from commsched.services.kernel import members
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.links import pages
from commsched.store.models import Coverage

TONES: Final = {"positive": N_("Positive"), "neutral": N_("Neutral"), "negative": N_("Negative")}
MOST: Final = 500
"""Links that one release can have."""
_ONLY_THE_WAY: Final = ("utm_", "fbclid", "gclid", "mc_", "igsh", "ref_src", "cmpid", "s_cid")
"""Beginnings of what stands in a link to tell how somebody came to it."""


class ArticleIn(msgspec.Struct, frozen=True):
    """A link as it was pasted, with what a person says of it. ``day`` is ``2026-11-26``, or empty for today."""

    link: str
    outlet: str = ""
    title: str = ""
    tone: str = "neutral"
    day: str = ""
    note: str = ""


def same_link(link: str) -> str:
    """``link`` without what only says how somebody came to it, so that one article has one link."""
    parts = urlsplit(link)
    asked = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)]
    kept = [(key, value) for key, value in asked if not key.lower().startswith(_ONLY_THE_WAY)]
    host = parts.netloc.lower().removeprefix("www.").removeprefix("m.")
    return urlunsplit(("https", host, parts.path.rstrip("/"), urlencode(kept), ""))


def add(installation: Installation, actor: Actor, item_id: int, article: ArticleIn) -> int:
    """Note a link; returns its id. Its page is read, with care, for what was left out. Raises :class:`Conflict` for one
    that is noted already, also under another form of its address."""
    actor.require("write")
    link = _checked(installation, article.link)
    tone, written = article.tone if article.tone in TONES else "neutral", _day(article.day)
    digest = hashlib.sha256(same_link(link).encode()).hexdigest()
    with installation.store.read(actor.workspace) as session:
        items.load(session, item_id)
        _refuse_known(session, item_id, digest)
    title, outlet = _from_its_page(installation, actor, link, article)
    with installation.store.write(actor.workspace) as session:
        items.load(session, item_id, lock=True)
        _refuse_known(session, item_id, digest)
        now = installation.now()
        row = Coverage(
            workspace_id=actor.workspace,
            item_id=item_id,
            link=link,
            digest=digest,
            title=title[:300],
            outlet=outlet[:200],
            tone=tone,
            day=written or local(now, members.workspace_of(session, actor).zone).date().isoformat(),
            note=passage(article.note)[:2000],
            person_id=actor.person,
            at=now,
        )
        session.add(row)
        session.flush()
        note(session, installation, actor, "coverage.added", item_id, link=link[:300], outlet=row.outlet)
        return row.id


def _checked(installation: Installation, typed: str) -> str:
    link = one_line(typed)
    if link and "://" not in link:
        link = f"https://{link}"
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or "." not in host or len(link) > pages.MOST_LINK:
        raise Invalid(N_("Paste the address of the article: it begins with https://."), "link")
    if parts.username or parts.password or leads_inside(link):
        raise Invalid(N_("No reader can open that address."), "link")
    return link


def _day(typed: str) -> str:
    day = one_line(typed)
    if not day:
        return ""
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise Invalid(N_("Write the day as 2026-11-26."), "day") from error


def _refuse_known(session: Session, item_id: int, digest: str) -> None:
    mine = select(Coverage.digest).where(Coverage.item_id == item_id)
    known = session.scalars(mine).all()
    if digest in known:
        raise Conflict(N_("That article is noted already."), "link")
    if len(known) >= MOST:
        raise Conflict(N_("No more than %(most)s articles are noted for one release."), "link", most=MOST)


def _from_its_page(installation: Installation, actor: Actor, link: str, article: ArticleIn) -> tuple[str, str]:
    """Its title and outlet: what the person wrote goes before what its page says."""
    title, outlet = one_line(article.title), one_line(article.outlet)
    if not title:
        pages.look_up(installation, actor, link)
        with installation.store.read(actor.workspace) as session:
            page = pages.known(session, [link]).get(link)
        title = page.title if page is not None else ""
    return title, outlet or _outlet_of(link)


def _outlet_of(link: str) -> str:
    """The outlet, as its address names it: ``almebladet.se``."""
    return (urlsplit(link).hostname or "").removeprefix("www.").removeprefix("m.")


def remove(installation: Installation, actor: Actor, item_id: int, number: int) -> None:
    """Take a link away that was noted by mistake."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = session.scalar(select(Coverage).where(Coverage.id == number, Coverage.item_id == item_id))
        if row is None:
            raise NotFound(N_("That article is not noted here."))
        note(session, installation, actor, "coverage.removed", item_id, link=row.link[:300])
        session.delete(row)


def of_item(session: Session, item_id: int) -> list[Coverage]:
    """What is noted of a release, the newest first."""
    mine = select(Coverage).where(Coverage.item_id == item_id)
    return list(session.scalars(mine.order_by(desc(Coverage.day), desc(Coverage.id)).limit(MOST)))


def noted_since(session: Session, start: datetime, end: datetime) -> list[Coverage]:
    """What was noted between two moments."""
    when = select(Coverage).where(Coverage.at >= start, Coverage.at < end)
    return list(session.scalars(when.order_by(Coverage.day, Coverage.id)))
