"""The mails that nobody got, because no mail server is set: they became files, and can be read here.

A link in a mail is its reader's own: with it one approves in their name. So outside a demo it is withheld from
everybody else, administrators too, and the page says where the same thing can be done signed in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import ColumnElement, distinct, func, select
from sqlalchemy.orm import Session

from commsched.mail.folder import FolderMailer
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Delivery, Item, Notice, Part, Person, Workspace
from commsched.store.sight import everything, hidden

MOST: Final = 60
"""Mails shown at most."""
FOR: Final = timedelta(days=30)
"""How far back the badge counts."""
_URL: Final = re.compile(r"https?://[^\s<>\"]+")
ASKS: Final = ("asked_to_approve", "reminder", "nudged")
"""The kinds that ask for an approval, with a link."""
OF_THE_OFFICE: Final = ("morning", "week")
"""The kinds that list whatever their reader sees, confidential items too."""
SECRET: Final = ("/a/", "/f/", "/password/")
"""How the paths of links begin that are one person's alone."""
_LARGEST: Final = 200_000
"""Bytes read of one file."""
Kind = Literal["text", "link", "button", "withheld"]


class Piece(msgspec.Struct, frozen=True):
    """A run of a mail's text. ``button`` is a link that stands alone, after the words for it; ``withheld`` is another
    person's own link."""

    kind: Kind
    text: str
    url: str = ""


class UnsentMail(msgspec.Struct, frozen=True):
    """One mail that became a file. ``pieces`` is its text, safe to print; empty where the file is gone."""

    at: datetime
    to: str
    subject: str
    pieces: list[Piece]
    asks: bool = False
    """Whether it asks for an approval."""
    mine: bool = False
    closed: bool = False
    """Whether it tells of what its reader sees and whoever looks here may not, so that none of it is shown."""


def count(installation: Installation, actor: Actor) -> int:
    """How many mails of the last :data:`FOR` nobody got."""
    with installation.store.read(actor.workspace) as session:
        return session.scalar(select(func.count(distinct(Notice.detail))).where(*_filed(installation.now() - FOR))) or 0


def _filed(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Notice.state == "sent", Notice.sent_at > since, Notice.detail.like("%.eml"))


def read(installation: Installation, actor: Actor) -> list[UnsentMail]:
    """The office's mails that became files, newest first: those to its people, and those to its press lists."""
    actor.require("administer")
    with installation.store.read(actor.workspace) as session:
        is_demo = session.get_one(Workspace, actor.workspace).is_demo
        mails = [*_notices(installation, session, actor, is_demo), *_press(installation, session, actor.workspace)]
    return sorted(mails, key=lambda mail: mail.at, reverse=True)[:MOST]


def newest_request(installation: Installation, actor: Actor) -> tuple[str, str] | None:
    """Whom the newest mail asks that still waits for an approval, and the path of the link in it; ``None`` where
    there is none. For a demo's first page."""
    wanted = (
        select(Notice, Person.name)
        .join(Person, Person.id == Notice.person_id)
        .join(Item, Item.id == Notice.item_id)
        .where(*_filed(installation.now() - FOR), Notice.kind.in_(ASKS), Item.state == "in_review")
        .order_by(Notice.id.desc())
        .limit(1)
    )
    with installation.store.read(actor.workspace) as session:
        row = session.execute(wanted).first()
    if row is None:
        return None
    message = _message(_folder(installation) / row[0].detail)
    links = _URL.findall(_text(message)) if message else []
    paths = [path for path in (urlsplit(link).path for link in links) if path.startswith("/a/")]
    return (row[1], paths[0]) if paths else None


def _folder(installation: Installation) -> Path:
    return installation.home / "outbox"


def _notices(installation: Installation, session: Session, actor: Actor, is_demo: bool) -> Iterator[UnsentMail]:
    rows = session.execute(
        select(Notice, Person)
        .join(Person, Person.id == Notice.person_id)
        .where(Notice.state == "sent", Notice.detail.like("%.eml"))
        .order_by(Notice.id.desc())
        .limit(MOST)
    ).all()
    closed = _closed(session, actor, {notice.detail for notice, _person in rows})
    with everything(session):
        some = actor.person is not None and session.scalar(hidden(actor.person).limit(1)) is not None
    shown: set[str] = set()  # several requests may be one mail
    for notice, person in rows:
        if notice.detail in shown:
            continue
        shown.add(notice.detail)
        mine = person.id == actor.person
        kept = not mine and ((some and notice.kind in OF_THE_OFFICE) or notice.detail in closed)
        message = _message(_folder(installation) / Path(notice.detail).name)
        yield UnsentMail(
            at=notice.sent_at or notice.created_at,
            to=f"{person.name} <{person.email}>" if person.name else person.email,
            subject=str(message["Subject"] or "") if message and not kept else "",
            pieces=list(_pieces(_text(message), is_demo or mine)) if message and not kept else [],
            asks=notice.kind in ASKS,
            mine=mine,
            closed=kept,
        )


def _closed(session: Session, actor: Actor, files: Collection[str]) -> set[str]:
    """Those of ``files`` in which something stands that the actor may not see, beside what they may: several requests
    are one mail."""
    if actor.person is None:
        return set()
    unseen = select(Notice.detail).where(Notice.detail.in_(files), Notice.item_id.in_(hidden(actor.person)))
    with everything(session):
        return set(session.scalars(unseen))


def _press(installation: Installation, session: Session, workspace: int) -> Iterator[UnsentMail]:
    rows = session.execute(
        select(Part.message_id, Part.finished_at, Delivery.due_at)
        .join(Delivery, Delivery.id == Part.delivery_id)
        .where(Delivery.workspace_id == workspace, Part.message_id != "", Part.state == "published")
        .order_by(Part.id.desc())
        .limit(MOST)
    )
    quiet = FolderMailer(_folder(installation), "")
    for message_id, finished, due in rows:
        message = _message(quiet.file(message_id))
        if message is not None:
            pieces = list(_pieces(_text(message), True))
            yield UnsentMail(finished or due, str(message["To"] or ""), str(message["Subject"] or ""), pieces)


def _message(file: Path) -> EmailMessage | None:
    """The mail in ``file``; ``None`` where it is gone or is no mail."""
    try:
        with file.open("rb") as opened:
            message = message_from_bytes(opened.read(_LARGEST), policy=policy.default)
    except OSError:
        return None
    return message if isinstance(message, EmailMessage) else None


def _text(message: EmailMessage) -> str:
    """Its plain text: what a template prints escaped, so nothing in it is ever markup."""
    body = message.get_body(("plain",))
    return str(body.get_content()).strip() if body is not None else ""


def _pieces(text: str, own: bool) -> Iterator[Piece]:
    """The text with its links apart. ``own`` is whether the reader may use links that are somebody's alone."""
    at, after_button = 0, False
    for match in _URL.finditer(text):
        url = match[0].rstrip(".,;:!?)")
        before = text[at : match.start()]
        at = match.start() + len(url)
        label = before.rstrip().rpartition("\n")[2].strip()
        alone = label.endswith(":") and before.endswith("\n")
        if alone:
            before = before.rstrip()[: -len(label)].rstrip()
        yield Piece("text", before.lstrip("\n") if after_button else before)
        after_button = alone
        if urlsplit(url).path.startswith(SECRET) and not own:
            yield Piece("withheld", label.rstrip(":"))
        elif alone:
            yield Piece("button", label.rstrip(":"), url)
        else:
            yield Piece("link", url, url)
    yield Piece("text", text[at:].lstrip("\n") if after_button else text[at:])
