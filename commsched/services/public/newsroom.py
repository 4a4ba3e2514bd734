"""What the public may see: an office's newsroom and its pictures.

One rule decides: a delivery is recorded as published, on a channel of that kind, the embargo of what it said has
passed, and it has not been taken down. What is shown is the delivery's own revision, or that of the newest published
correction, so an edit afterwards shows nothing that was not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from commsched.core.content.fields import TextField, boxes
from commsched.core.content.markup import first_words, plain_to_html, shown_words, to_html
from commsched.core.content.mentions import spoken
from commsched.core.content.model import Attachment, Content
from commsched.core.press.words import event_rows
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_, NotFound
from commsched.core.text.slug import TAIL, address_of, slug
from commsched.platforms import shown_in
from commsched.services.content import versions
from commsched.services.content.versions import Shot, Version, may_be_seen
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery, Item, Revision, Takedown, Workspace
from commsched.store.session import EVERY_WORKSPACE

MAP: Final = 5000
"""Addresses in a site map; the protocol's own limit is 50,000."""


class Publication(msgspec.Struct, frozen=True):
    """One published item as readers meet it."""

    uid: str
    kind: str
    address: str
    published_at: datetime
    content: Content
    text: str
    """As it was published in the newsroom."""
    pictures: tuple[Shot, ...] = ()
    versions: tuple[Version, ...] = ()
    """Every published wording, the original first."""
    version: int = 1
    """Which of them this is."""

    @property
    def updated_at(self) -> datetime:
        """When the newest wording was published."""
        return self.versions[-1].at if self.versions else self.published_at

    @property
    def corrected(self) -> bool:
        return len(self.versions) > 1

    @property
    def documents(self) -> list[Attachment]:
        """Its documents, in order. What a correction took away is gone, also from what stood before."""
        left = {each.sha256 for each in (self.versions[-1].content if self.versions else self.content).documents}
        return [each for each in self.content.documents if each.sha256 in left]

    @property
    def headline(self) -> str:
        """The title, or how a post without one begins."""
        return self.content.title or first_words(self.text, 80)

    @property
    def summary(self) -> str:
        """The beginning, for lists, feeds and previews."""
        return shown_words(self.content, self.text, 240)

    def in_language(self, language: str) -> Publication:
        """It as a reader in ``language`` gets it; itself where it has no words of that language."""
        content = self.content.in_language(language)
        return self if content is self.content else msgspec.structs.replace(self, content=content, text=content.text)

    def in_each_language(self) -> list[Publication]:
        """It in every language that it is written in, its own first."""
        return [self.in_language(tag) for tag in self.content.languages]

    def named(self, language: str = "") -> str:
        """How the name of a file of it begins, in ``language`` where it has words of that. Of a release in several
        languages it says which."""
        said = self.in_language(language)
        tag = f"-{said.content.language.lower()}" if self.content.versions else ""
        return f"{slug(said.headline, 50, whole_words=False) or self.uid[:8]}{tag}"

    def event_rows(self) -> list[tuple[str, str]]:
        """What an invitation is to: when, where, who; empty for what invites to nothing."""
        return event_rows(self.content)

    def html(self) -> str:
        """The body, sanitised. Releases are Markdown; posts are text, and the marks of a thread become rules."""
        if self.kind == "release":
            return to_html(self.text)
        return "<hr>".join(plain_to_html(part) for part in split_thread(self.text))

    def boxes(self) -> list[tuple[TextField, str]]:
        """What stands below the text in boxes of its own: Markdown as sanitised HTML, everything else as it is."""
        return [
            (field, to_html(text, top=3) if field.body == "markup" else text) for field, text in boxes(self.content)
        ]


Row = tuple[Delivery, Item, Content]
"""A delivery that may be seen, its item, and what its own revision says."""


class Newsroom(msgspec.Struct, frozen=True):
    """An office's public face. ``settings`` are what it has written about itself."""

    id: int
    slug: str
    name: str
    language: str
    zone: str
    settings: dict[str, object] = msgspec.field(default_factory=dict)
    is_demo: bool = False
    preview: str = ""
    """The secret by which one item is read under embargo; its pictures are then behind the same. Empty in public."""


def room(installation: Installation, slug: str) -> Newsroom:
    """The newsroom called ``slug``. Raises :class:`NotFound` for an office that has none."""
    room = find_room(installation, slug)
    has = select(Channel.id).where(Channel.platform.in_(shown_in("room"))).limit(1)
    with installation.store.read(room.id) as session:
        if session.scalar(has) is None:
            raise NotFound(N_("There is no such newsroom."))
    return room


def find_room(installation: Installation, slug: str) -> Newsroom:
    """An office by its slug, whether or not it has a newsroom."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        row = session.scalar(select(Workspace).where(Workspace.slug == slug))
    if row is None:
        raise NotFound(N_("There is no such newsroom."))
    return Newsroom(row.id, row.slug, row.name, row.language, row.zone, row.settings, row.is_demo)


def rooms(installation: Installation) -> list[str]:
    """The slugs of every office with a newsroom, for search engines."""
    has = exists().where(Channel.workspace_id == Workspace.id, Channel.platform.in_(shown_in("room")))
    real = select(Workspace.slug).where(has, Workspace.is_demo.is_(False)).order_by(Workspace.slug)
    with installation.store.read(EVERY_WORKSPACE) as session:
        return list(session.scalars(real))


class TakenDown(NotFound):
    """The publication was taken down. ``reason`` and ``at`` are shown to readers; without a reason they are told
    nothing. With ``moved_to`` they are sent there."""

    def __init__(self, room: Newsroom, reason: str, at: datetime, moved_to: str = "", item: int = 0) -> None:
        super().__init__(N_("This has been taken down."))
        self.room, self.reason, self.at, self.moved_to, self.item = room, reason, at, moved_to, item


def entry(
    installation: Installation, slug: str, address: str, version: int | None = None
) -> tuple[Newsroom, Publication]:
    """The item at ``address``: its own, an older one, or its whole uid; a correction's leads to what it corrects.

    ``version`` asks for an earlier wording. Raises :class:`TakenDown`, or :class:`NotFound`.
    """
    here = room(installation, slug)
    with installation.store.read(here.id) as session:
        wanted = _at_address(session, address)
        rows = list(published(installation, session, Item.id.in_(wanted))) if wanted else []
        if not rows:
            _say_why(session, here, wanted)
            raise NotFound(N_("There is no such release."))
        entries = entries_of(installation, session, rows)
        chosen = next((entry for entry in entries if address in (entry.address, entry.uid)), entries[0])
        if version is not None:
            row = next(row for row in rows if row[1].uid == chosen.uid)
            chosen = entries_of(installation, session, [row], version)[0]
    return here, chosen


def _at_address(session: Session, address: str) -> set[int]:
    """The ids of the items that an address may mean. These are originals, never corrections."""
    tail = address[-TAIL:]
    same = [Item.uid == address] if address else []
    if re.fullmatch(r"[0-9a-f]{8}", tail):
        same.append(Item.uid.startswith(tail, autoescape=True))
    originals = select(func.coalesce(Item.corrects_id, Item.id)).where(or_(*same))
    return set(session.scalars(originals)) if same else set()


def _say_why(session: Session, here: Newsroom, wanted: set[int]) -> None:
    """Raise :class:`TakenDown` where one of ``wanted`` was published in the newsroom and then taken down."""
    stood = exists().where(
        Delivery.item_id == Takedown.item_id,
        Delivery.state == "published",
        Delivery.channel_id == Channel.id,
        Channel.platform.in_(shown_in("room")),
    )
    standing = (Takedown.item_id.in_(wanted), Takedown.ended_at.is_(None), stood)
    row = session.scalar(select(Takedown).where(*standing).order_by(Takedown.id.desc()).limit(1))
    if row is not None:
        raise TakenDown(here, row.reason if row.kind == "withdrawn" else "", row.at, row.moved_to, row.item_id)


def site_map(installation: Installation, slug: str) -> tuple[Newsroom, list[tuple[str, datetime]]]:
    """The address of everything in a newsroom, and when it was last changed."""
    here = room(installation, slug)
    with installation.store.read(here.id) as session:
        rows = []
        for row in published(installation, session):
            rows.append(row)
            if len(rows) == MAP:
                break
        addresses = [
            (entry.address, entry.updated_at) for entry in entries_of(installation, session, rows, pictured=False)
        ]
    return here, addresses


def deliveries(*where: ColumnElement[bool]) -> Select[Delivery, Item, Revision]:
    return (
        select(Delivery, Item, Revision)
        .join(Item, Item.id == Delivery.item_id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Channel.platform.in_(shown_in("room")), Delivery.state == "published")
        .where(Item.corrects_id.is_(None), *where)
        .where(~versions.down())
        .order_by(Delivery.published_at.desc(), Delivery.id.desc())
    )


def published(installation: Installation, session: Session, *where: ColumnElement[bool]) -> Iterator[Row]:
    """Everything that may be seen now, the newest first; an item once, however many newsrooms it went to."""
    now, seen = installation.now(), set()
    # Whoever has read enough leaves the rest unread; a server then keeps it for nobody until it is closed.
    with session.execute(deliveries(*where).execution_options(yield_per=50)) as rows:
        for delivery, item, revision in rows:
            content = revision.parsed()
            if item.id in seen or not may_be_seen(content, now) or delivery.published_at is None:
                continue
            seen.add(item.id)
            yield delivery, item, content


def entries_of(
    installation: Installation,
    session: Session,
    rows: Sequence[Row],
    version: int | None = None,
    *,
    pictured: bool = True,
) -> list[Publication]:
    """Each publication as readers meet it now, in its newest wording, or in the one that ``version`` counts.

    Raises :class:`NotFound` where there is no such version. One question a kind, however many there are.
    """
    now = installation.now()
    later = versions.corrections(session, [item.id for _delivery, item, _content in rows], shown_in("room"), now)
    stories = []
    for delivery, item, content in rows:
        assert delivery.published_at is not None
        first = Version(1, item.id, delivery.channel_id, delivery.published_at, content)
        every = [first, *later.get(item.id, ())]
        number = len(every) if version is None else version
        if not 1 <= number <= len(every):
            raise NotFound(N_("There is no such release."))
        stories.append((item, every, number))
    return _with_pictures(session, stories, now) if pictured else [_entry(*entry, ()) for entry in stories]


def _with_pictures(
    session: Session, shown_items: list[tuple[Item, list[Version], int]], now: datetime
) -> list[Publication]:
    wanted = [versions.pictures_of(every, number) for _item, every, number in shown_items]
    shown = {shot.name[:64]: shot for shot in versions.shots(session, (p for group in wanted for p in group), now)}
    entries = []
    for (item, every, number), group in zip(shown_items, wanted, strict=True):
        pictures = [
            msgspec.structs.replace(
                shown[version.sha256], alt=version.alt, credit=version.credit, caption=version.title
            )
            for version in group
            if version.sha256 in shown
        ]
        entries.append(_entry(item, every, number, pictures))
    return entries


def _entry(item: Item, every: list[Version], number: int, pictures: Sequence[Shot]) -> Publication:
    newest, chosen = every[-1], every[number - 1]
    newest_words, words = (spoken(version.content, version.channel) for version in (newest, chosen))
    address = address_of(newest_words.title, newest_words.text_on(newest.channel), item.uid)
    text = words.text_on(chosen.channel)
    return Publication(item.uid, words.kind, address, every[0].at, words, text, tuple(pictures), tuple(every), number)
