"""What the public may see: an office's newsroom and its pictures.

One rule decides: a delivery is recorded as published, on a channel of that kind, and the embargo of what it said has
passed. What is shown is the delivery's own revision, so an edit afterwards shows nothing that was not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from commsched.core.content import Content, Picture, parse
from commsched.core.markup import first_words, plain_to_html, shown_words, to_html
from commsched.core.slug import TAIL, address_of
from commsched.core.text import split_thread
from commsched.core.words import N_, NotFound
from commsched.flow import gallery
from commsched.flow.compose import media_path
from commsched.flow.context import Office
from commsched.store.models import Channel, Delivery, Item, Membership, Revision, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.types import from_micros, to_micros

PAGE: Final = 20
FEED: Final = 30
MAP: Final = 5000
"""Addresses in a site map; the protocol's own limit is 50,000."""
SHOWN: Final = ("newsroom", "sandbox")
"""The platforms whose publications are pages of ours."""
_MEDIA_NAME: Final = re.compile(r"([0-9a-f]{64})(\.[a-z]{3,4})")


class Shot(msgspec.Struct, frozen=True):
    """A picture of a public page."""

    name: str
    alt: str
    credit: str
    width: int
    height: int
    mime: str
    size: int


class Entry(msgspec.Struct, frozen=True):
    """One published item as readers meet it."""

    uid: str
    kind: str
    address: str
    published_at: datetime
    content: Content
    text: str
    """As it went to the newsroom."""
    pictures: tuple[Shot, ...] = ()

    @property
    def headline(self) -> str:
        """The title, or how a post without one begins."""
        return self.content.title or first_words(self.text, 80)

    @property
    def summary(self) -> str:
        """The beginning, for lists, feeds and previews."""
        return shown_words(self.content, self.text, 240)

    def html(self) -> str:
        """The body, sanitised. Releases are Markdown; posts are text, and the marks of a thread become rules."""
        if self.kind == "release":
            return to_html(self.text)
        return "<hr>".join(plain_to_html(part) for part in split_thread(self.text))

    def facts_html(self) -> str:
        """The facts box, sanitised; empty where there is none."""
        return to_html(self.content.facts, top=3) if self.content.facts.strip() else ""


class Room(msgspec.Struct, frozen=True):
    """An office's public face. ``settings`` are what it has written about itself."""

    id: int
    slug: str
    name: str
    language: str
    zone: str
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    is_demo: bool = False


class Front(msgspec.Struct, frozen=True):
    """A page of the newsroom's list. ``older`` is the cursor of the next page, empty on the last."""

    room: Room
    entries: list[Entry]
    older: str = ""
    kind: str = ""
    has_posts: bool = False


def room(office: Office, slug: str) -> Room:
    """The newsroom called ``slug``. Raises :class:`NotFound` for an office that has none."""
    found = find_room(office, slug)
    has = select(Channel.id).where(Channel.platform == "newsroom").limit(1)
    with office.store.read(found.id) as session:
        if session.scalar(has) is None:
            raise NotFound(N_("There is no such newsroom."))
    return found


def find_room(office: Office, slug: str) -> Room:
    """An office by its slug, whether or not it has a newsroom."""
    with office.store.read(EVERY_WORKSPACE) as session:
        row = session.scalar(select(Workspace).where(Workspace.slug == slug))
    if row is None:
        raise NotFound(N_("There is no such newsroom."))
    return Room(row.id, row.slug, row.name, row.language, row.zone, row.settings, row.is_demo)


def rooms(office: Office) -> list[str]:
    """The slugs of every office with a newsroom, for search engines."""
    has = exists().where(Channel.workspace_id == Workspace.id, Channel.platform == "newsroom")
    real = select(Workspace.slug).where(has, Workspace.is_demo.is_(False)).order_by(Workspace.slug)
    with office.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(real))


def front(office: Office, slug: str, kind: str = "", cursor: str = "", size: int = PAGE) -> Front:
    """The newest first. ``kind`` narrows to ``release`` or ``post``; ``cursor`` is the ``older`` of the page before."""
    here = room(office, slug)
    where = [Item.kind == kind] if kind in ("release", "post") else []
    before = _read_cursor(cursor)
    if before is not None:
        at, number = before
        where.append(or_(Delivery.published_at < at, and_(Delivery.published_at == at, Delivery.id < number)))
    with office.store.read(here.id) as session:
        entries: list[Entry] = []
        older = last = ""
        for delivery, item, content in _published(office, session, *where):
            if len(entries) == size:
                older = last
                break
            one = _entry(session, delivery, item, content)
            entries.append(one)
            last = f"{to_micros(one.published_at)}-{delivery.id}"
        mixed = {k for k in ("post", "release") if session.scalar(_deliveries(Item.kind == k).limit(1)) is not None}
    return Front(here, entries, older, kind, len(mixed) > 1)


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    match = re.fullmatch(r"(\d{1,17})-(\d{1,15})", cursor)
    if match is None:
        return None
    return from_micros(int(match[1])), int(match[2])


def entry(office: Office, slug: str, address: str) -> tuple[Room, Entry]:
    """The item at ``address``: its own, an older one, or its whole uid. Raises :class:`NotFound`."""
    here = room(office, slug)
    tail = address[-TAIL:]
    same = [Item.uid == address, Item.slug == address] if address else []
    if re.fullmatch(r"[0-9a-f]{8}", tail):
        same.append(Item.uid.startswith(tail, autoescape=True))
    with office.store.read(here.id) as session:
        found = [_entry(session, *row) for row in _published(office, session, or_(*same))] if same else []
    if not found:
        raise NotFound(N_("There is no such release."))
    exact = [one for one in found if address in (one.address, one.uid)]
    return here, (exact or found)[0]


def site_map(office: Office, slug: str) -> tuple[Room, list[tuple[str, datetime]]]:
    """The address of everything in a newsroom, and when it was published."""
    here, made = room(office, slug), []
    with office.store.read(here.id) as session:
        for delivery, item, content in _published(office, session):
            assert delivery.published_at is not None
            address = address_of(content.title, content.text_on(delivery.channel_id), item.uid)
            made.append((address, delivery.published_at))
            if len(made) == MAP:
                break
    return here, made


def _deliveries(*where: Any) -> Any:
    return (
        select(Delivery, Item, Revision)
        .join(Item, Item.id == Delivery.item_id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Channel.platform == "newsroom", Delivery.state == "published", *where)
        .order_by(Delivery.published_at.desc(), Delivery.id.desc())
    )


def _published(office: Office, session: Session, *where: Any) -> Iterator[tuple[Delivery, Item, Content]]:
    """Everything that may be seen now, the newest first; an item once, however many newsrooms it went to."""
    now, seen = office.now(), set()
    rows = session.execute(_deliveries(*where).execution_options(yield_per=50))
    for delivery, item, revision in rows:
        content = revision.parsed()
        if item.id in seen or not may_be_seen(content, now) or delivery.published_at is None:
            continue
        seen.add(item.id)
        yield delivery, item, content


def may_be_seen(content: Content, now: datetime) -> bool:
    """The embargo holds to the second, whatever the rows say; one that cannot be read never ends."""
    if not content.embargo:
        return True
    try:
        return datetime.fromisoformat(content.embargo) <= now
    except (ValueError, TypeError):
        return False


def _entry(session: Session, delivery: Delivery, item: Item, content: Content) -> Entry:
    text = content.text_on(delivery.channel_id)
    assert delivery.published_at is not None
    return Entry(item.uid, content.kind, address_of(content.title, text, item.uid), delivery.published_at, content,
                 text, shots(session, content.pictures_on(delivery.channel_id)))  # fmt: skip


def shots(session: Session, pictures: list[Picture]) -> tuple[Shot, ...]:
    """The ``pictures`` whose files are known."""
    files = gallery.files(session, [picture.sha256 for picture in pictures])
    return tuple(
        Shot(f"{p.sha256}{files[p.sha256].suffix}", p.alt, p.credit, p.width or files[p.sha256].width,
             p.height or files[p.sha256].height, files[p.sha256].mime, files[p.sha256].size)
        for p in pictures if p.sha256 in files
    )  # fmt: skip


def picture(office: Office, slug: str, name: str, person: int | None) -> tuple[Path, gallery.Row]:
    """The file of a picture that is part of something published, or that ``person`` may see as a member.

    Raises :class:`NotFound` for everything else, so that nobody learns which pictures there are.
    """
    here, match = find_room(office, slug), _MEDIA_NAME.fullmatch(name)
    with office.store.read(here.id) as session:
        row = gallery.files(session, [match[1]]).get(match[1]) if match else None
        if (
            row is None
            or not match
            or row.suffix != match[2]
            or not (_is_member(session, person) or _is_published(office, session, row.sha256))
        ):
            raise NotFound(N_("There is no such picture."))
    path = media_path(office, row.sha256, row.suffix)
    if not path.is_file():
        raise NotFound(N_("There is no such picture."))
    return path, row


def _is_member(session: Session, person: int | None) -> bool:
    mine = select(Membership.id).where(Membership.person_id == person)
    return person is not None and session.scalar(mine) is not None


def _is_published(office: Office, session: Session, sha256: str) -> bool:
    """Searched in the bytes first: parsing every revision for one picture would be slow."""
    rows = session.execute(
        select(Revision.content, Delivery.channel_id)
        .join(Delivery, Delivery.revision_id == Revision.id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Channel.platform.in_(SHOWN), Delivery.state == "published")
        .order_by(Delivery.published_at.desc())
        .execution_options(yield_per=100)
    )
    name, now = sha256.encode(), office.now()
    return any(name in content and _shows(parse(content), channel, sha256, now) for content, channel in rows)


def _shows(content: Content, channel: int, sha256: str, now: datetime) -> bool:
    """Whether it is one of the pictures as they went out there: what a crop left out is nobody's to see."""
    return may_be_seen(content, now) and any(one.sha256 == sha256 for one in content.pictures_on(channel))
