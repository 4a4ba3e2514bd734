"""Deciding by the link in an approval mail: GET shows, POST decides, once, for one person and one hash.

A mail scanner that follows every link spends nothing, since only a POST with the page's own form decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commsched.core.text.messages import N_, Conflict, NotFound
from commsched.services.content import items
from commsched.services.kernel import confidants
from commsched.services.kernel.context import Actor, Installation
from commsched.services.links import pages
from commsched.services.workflow import approve
from commsched.store.models import ApprovalLink, Decision, Item, Membership, Person, Revision, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import token_hash


class Outcome(msgspec.Struct, frozen=True):
    """What a link that is over was used for, and how the item stands now."""

    verdict: str
    at: datetime
    item: Item
    workspace: Workspace
    language: str
    link_id: int
    decision_id: int
    actor: Actor | None
    """Whose link it is, while they belong to the office and the link would still be good."""


class Spent(Conflict):
    """The link was used, has expired, or belongs to an older version. ``outcome``: what its holder decided with it, if
    anything."""

    code = "spent"

    def __init__(self, message: str, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome


class LinkPage(msgspec.Struct, frozen=True):
    """What the page behind a link needs."""

    link_id: int
    actor: Actor
    workspace: Workspace
    item: Item
    revision: Revision
    changed: bool
    """The item has been edited since the link was sent; the page shows the new version and says so."""


def open_link(installation: Installation, token: str) -> LinkPage:
    """Look at what a link is for, without spending it. Raises :class:`NotFound` or :class:`Spent`."""
    with installation.store.read(EVERY_WORKSPACE) as session:
        return _open(installation, session, token)


def _open(installation: Installation, session: Session, token: str) -> LinkPage:
    link, person = _valid(installation, session, token)
    role = _role(session, link)
    workspace = session.get(Workspace, link.workspace_id)
    item = session.scalar(select(Item).where(Item.id == link.item_id))
    if role is None or workspace is None or item is None or not confidants.sees(session, item, person.id):
        raise NotFound(N_("This link leads nowhere any more."))
    if item.state not in approve.DECIDABLE:
        raise Spent(N_("This has already been decided, or was taken back by its writer."))
    revision = items.current(session, item)
    return LinkPage(link.id, _actor(person, workspace, role), workspace, item, revision, revision.hash != link.hash)


def shows(installation: Installation, link: LinkPage, sha256: str) -> bool:
    """Whether the item has, or had in an earlier version, that picture: what has changed is shown with it. So is what
    the page of its link shows."""
    content = link.revision.parsed()
    if sha256 in content.files() | content.stills():
        return True
    with installation.store.read(link.actor.workspace) as session:
        links = [pages.link_shown(content.link, content.text_on(own.channel)) for own in content.channels]
        if any(page.picture == sha256 for page in pages.known(session, set(links)).values()):
            return True
        return any(sha256 in row.parsed().files() for row in items.history(session, link.item))


def _valid(installation: Installation, session: Session, token: str) -> tuple[ApprovalLink, Person]:
    link = session.scalar(select(ApprovalLink).where(ApprovalLink.token_hash == token_hash(token)))
    person = session.get(Person, link.person_id) if link else None
    if link is None or person is None or not person.active or person.stamp != link.stamp:
        raise NotFound(N_("This link leads nowhere any more."))
    if link.used_at is not None:
        used = _outcome(installation, session, link, person)
        raise Spent(N_("This link has been used. Sign in to see what became of it."), used)
    if link.replaced_at is not None:
        raise Spent(N_("A newer mail about this has been sent to you since. Use the link in that one."))
    if link.expires_at <= installation.now():
        raise Spent(N_("This link has expired. Sign in, or ask for a new one."))
    return link, person


def _outcome(installation: Installation, session: Session, link: ApprovalLink, person: Person) -> Outcome | None:
    decision = session.scalar(select(Decision).where(Decision.id == link.decision_id)) if link.decision_id else None
    item = session.scalar(select(Item).where(Item.id == link.item_id))
    workspace = session.get(Workspace, link.workspace_id)
    if decision is None or item is None or workspace is None or not confidants.sees(session, item, person.id):
        return None
    session.expunge(item)  # the page shows these objects after this transaction has ended
    session.expunge(workspace)
    role = _role(session, link)
    good = role is not None and link.expires_at > installation.now() and link.replaced_at is None
    actor = _actor(person, workspace, role) if good and role else None
    return Outcome(decision.verdict, decision.at, item, workspace, person.language, link.id, decision.id, actor)


def _role(session: Session, link: ApprovalLink) -> str | None:
    return session.scalar(
        select(Membership.role).where(
            Membership.person_id == link.person_id, Membership.workspace_id == link.workspace_id
        )
    )


def _actor(person: Person, workspace: Workspace, role: str) -> Actor:
    return Actor(person.id, person.name or person.email, workspace.id, role, "link", person.language)


def decide(
    installation: Installation,
    token: str,
    verdict: str,
    content_hash: str,
    comment: str = "",
    until: datetime | None = None,
) -> LinkPage:
    """Spend the link: ``approve`` or ``changes`` on exactly ``content_hash``."""

    def deed(session: Session, shown: LinkPage) -> Decision:
        item = shown.item.id
        if verdict == "approve":
            return approve.approve_in(installation, session, shown.actor, item, content_hash, comment, until)
        return approve.request_changes_in(installation, session, shown.actor, item, content_hash, comment)

    return spend(installation, token, deed)


def spend(installation: Installation, token: str, deed: Callable[[Session, LinkPage], Decision]) -> LinkPage:
    """Spend the link on ``deed``, a decision.

    The link is spent first, and in the decision's own transaction: pressed twice at once it decides once, and a
    conflict or an empty comment costs nothing.
    """
    workspace = open_link(installation, token).workspace.id
    with installation.store.write(workspace) as session:
        shown = _open(installation, session, token)
        spent = update(ApprovalLink).where(ApprovalLink.id == shown.link_id, ApprovalLink.used_at.is_(None))
        if session.connection().execute(spent.values(used_at=installation.now())).rowcount != 1:
            raise Spent(N_("This link has been used. Sign in to see what became of it."))
        decision = deed(session, shown)
        session.execute(update(ApprovalLink).where(ApprovalLink.id == shown.link_id).values(decision_id=decision.id))
    installation.wake()
    return shown
