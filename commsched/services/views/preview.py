"""How an item will look, channel by channel: divided into parts by the same code that publishes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.approval.rules import fitted, standing, strictest
from commsched.core.content.model import Content, Picture, canonical, digest
from commsched.core.platform.contract import ChannelContext, Draft, Part
from commsched.core.text.recipients import read
from commsched.services.approval.approvers import ApprovalState, turn_in, writers_after
from commsched.services.approval.clearance import read_policy, said_of
from commsched.services.channels import lists
from commsched.services.content import compose
from commsched.services.content.items import current
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import people_with
from commsched.services.media.provenance import lent
from commsched.store.models import Channel, Item, Person, Workspace


class Preview(msgspec.Struct, frozen=True):
    """One channel's view of an item. For e-mail there is one part, whoever gets it, and ``recipients`` of them."""

    channel: Channel
    checked: compose.Checked
    draft: Draft
    parts: list[Part]
    recipients: int
    sender: str
    """Whose name readers see: the same rule as for what goes out."""
    foot: list[str]
    """Lines below the words that the platform adds."""
    subject: str = ""
    """Of a mail."""


def previews(
    installation: Installation, session: Session, content: Content, uid: str = "", at: datetime | None = None
) -> list[Preview]:
    """A look for each channel of ``content``, in its order."""
    checked = {one.channel: one for one in compose.check(installation, session, content, uid, at)}
    rows = {row.id: row for row in session.scalars(select(Channel).where(Channel.id.in_(checked)))}
    files = compose.stored(installation, session, content)
    kept = [p for p in content.pictures if p.sha256 in files]
    place = session.get_one(Workspace, session.info["workspace"])
    return [
        _look(installation, session, place, rows[one.channel], _with(content, kept), uid, files, checked[one.channel])
        for one in content.channels
        if one.channel in rows
    ]


def _with(content: Content, pictures: list[Picture]) -> Content:
    return msgspec.structs.replace(content, pictures=pictures)


def _look(
    installation: Installation,
    session: Session,
    place: Workspace,
    channel: Channel,
    content: Content,
    uid: str,
    files: dict[str, compose.Stored],
    checked: compose.Checked,
) -> Preview:
    people = read("\n".join(lists.sample(installation, session, channel))).addresses
    many = lists.count(installation, session, channel) if people else 0
    platform = installation.platform(channel.platform)
    draft = compose.draft_for(content, channel.id, uid, files, people[:1])
    sender = platform.seen_as(channel.settings, channel.account_name or channel.name, place.name)
    foot = platform.foot(draft, _context(installation, place, channel))
    return Preview(channel, checked, draft, platform.parts(draft), many, sender, foot, platform.subject(draft))


def _context(installation: Installation, place: Workspace, channel: Channel) -> ChannelContext:
    """What the platform knows of the channel, with nothing in it that could send."""
    settings = {key: str(value) for key, value in channel.settings.items()}
    return ChannelContext(
        channel=channel.id,
        settings=settings,
        secrets={},
        now=installation.now,
        http=None,
        facts=channel.facts,
        account=channel.account,
        account_name=channel.account_name,
        public_url=installation.base_url,
        workspace=place.slug,
        office_name=place.name,
        language=place.language,
    )


class Ahead(msgspec.Struct, frozen=True):
    """What sending it in will do: how many rounds of approval, and who is asked first."""

    steps: int
    names: list[str]
    acceptors: list[str] = []
    """Those who are asked to accept what others wrote, so that these can approve it."""
    own: list[str] = []
    """Those others."""
    accepts: bool = False
    """Whoever sends it in can accept it in the same press."""
    stuck: bool = False
    """Nobody here could approve it."""


def ahead(
    installation: Installation,
    session: Session,
    actor: Actor,
    workspace: Workspace,
    content: Content,
    item: Item | None = None,
) -> Ahead:
    """Who will be asked when ``actor`` saves ``content`` and sends it in: before anything is saved."""
    rows = session.scalars(select(Channel.policy).where(Channel.id.in_([one.channel for one in content.channels])))
    policy = strictest([read_policy(workspace.policy), *[read_policy(row) for row in rows if row]])
    if not policy.steps:
        return Ahead(0, [])
    data = canonical(content)
    able = people_with(session, "approve")
    said = said_of(session, item.id) if item else []
    own = set() if policy.own else writers_after(session, item, actor.person, data, lent(session, content))
    policy = fitted(policy, able, own, standing(said, digest(data)))
    case = ApprovalState(installation.now(), policy, said, digest(data), own)
    revision = current(session, item) if item else None
    last = revision.author_id if revision is not None and revision.hash == digest(data) else actor.person
    now = turn_in(session, case, item.author_id if item else actor.person, last)
    accepting = now.acceptors - {actor.person}
    return Ahead(
        len(policy.steps),
        _called(session, now.asked),
        _called(session, accepting),
        _called(session, now.own - (accepting or {actor.person})),
        not now.asked and actor.person in now.may_accept,
        now.stuck,
    )


def _called(session: Session, people: Iterable[int]) -> list[str]:
    rows = session.scalars(select(Person).where(Person.id.in_(list(people))).order_by(Person.name))
    return [row.name or row.email for row in rows]
