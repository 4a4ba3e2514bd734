"""Pages of links that nothing needs any more: their rows go, and their pictures unless something else has those."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from commsched.services.kernel.context import Installation
from commsched.services.media import quota
from commsched.store import locks
from commsched.store.models import Item, LinkPage, Proposal, Revision, Workspace
from commsched.store.session import EVERY_WORKSPACE

KEPT: Final = timedelta(days=90)
"""How long a page is kept that nobody has looked up again."""
_ENDED: Final = ("published", "cancelled")
_looked: dict[tuple[str, int], str] = {}
"""The day on which this process has last looked, by home and office."""


class _Old(msgspec.Struct, frozen=True):
    """A page that may go, and the bytes by which a text would name it: its picture's hash, and its address."""

    id: int
    file: tuple[str, str]
    picture: bytes
    link: bytes


def forget_daily(installation: Installation) -> None:
    """The chore: every office once a day."""
    today = f"{installation.now():%Y-%m-%d}"
    with installation.store.read(EVERY_WORKSPACE) as session:
        offices = list(session.scalars(select(Workspace.id).order_by(Workspace.id)))
    for office in offices:
        if _looked.get((str(installation.home), office)) != today:
            forget(installation, office)
            _looked[str(installation.home), office] = today


def forget(installation: Installation, workspace: int) -> int:
    """Delete the office's pages that have not been looked up for :data:`KEPT`, are named by no version and no proposal
    of any item, and are linked by none that is still to go out. Returns how many.

    The texts are gone through before the transaction that deletes; within it only those that came meanwhile are, while
    nobody can add a text with a card (:func:`commsched.services.links.pages.card_for`).
    """
    with installation.store.read(workspace) as session:
        old = _old(session, installation)
        if not old:
            return 0
        last = session.scalar(select(func.max(Revision.id))) or 0
        old = _unlinked(session, _unnamed(session, old))
    if not old:
        return 0
    with installation.store.write(workspace) as session:
        locks.alone(session, locks.FILES)
        old = _unlinked(session, _unnamed(session, old, after=last))
        still = LinkPage.fetched_at < installation.now() - KEPT
        wanted = select(LinkPage.id).where(LinkPage.id.in_([page.id for page in old]), still)
        going = set(session.scalars(locks.rows(wanted)))
        session.execute(delete(LinkPage).where(LinkPage.id.in_(going)))
        quota.put_on_list(session, [page.file for page in old if page.id in going and page.picture])
    return len(going)


def _old(session: Session, installation: Installation) -> list[_Old]:
    columns = select(LinkPage.id, LinkPage.sha256, LinkPage.suffix, LinkPage.link)
    rows = session.execute(columns.where(LinkPage.fetched_at < installation.now() - KEPT))
    return [
        _Old(number, (sha256, suffix), sha256.encode(), msgspec.json.encode(link)[1:-1])
        for number, sha256, suffix, link in rows
    ]


def _unnamed(session: Session, old: list[_Old], after: int = 0) -> list[_Old]:
    """Those of ``old`` whose picture no version after the ``after``\\ th, and no proposal, has in its card."""
    left = [page for page in old if page.picture]
    for statement in (select(Revision.content).where(Revision.id > after), select(Proposal.content)):
        left = _without(left, "picture", _texts(session, statement))
    return [page for page in old if not page.picture or page in left]


def _unlinked(session: Session, old: list[_Old]) -> list[_Old]:
    """Those of ``old`` that no item links to which is still to go out: its checks know the page by its row."""
    current = select(Revision.content).join(Item, Item.revision_id == Revision.id).where(Item.state.not_in(_ENDED))
    return _without(old, "link", _texts(session, current))


def _texts(session: Session, statement: Select[bytes]) -> Iterable[bytes]:
    return session.scalars(statement.execution_options(yield_per=200))


def _without(old: list[_Old], key: str, texts: Iterable[bytes]) -> list[_Old]:
    for text in texts:
        if not old:
            break
        old = [page for page in old if getattr(page, key) not in text]
    return old
