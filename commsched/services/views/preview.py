"""How an item will look, channel by channel: divided into parts by the same code that publishes it."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from commsched.core.approval.rules import fitted, standing, strictest
from commsched.core.content.model import Attachment, Card, Content, canonical, digest
from commsched.core.platform.channel_view import for_channel
from commsched.core.platform.contract import ChannelContext, ChannelView, Part, Platform
from commsched.core.platform.http import Offline
from commsched.core.press.words import Box, event_rows, genre, language_of, press_boxes
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_
from commsched.core.text.recipients import read
from commsched.core.timing import embargo
from commsched.services.approval.approvers import ApprovalState, ItemHistory, histories, turn_in, writers_after
from commsched.services.approval.clearance import read_policy
from commsched.services.approval.roster import read_roster
from commsched.services.content import check
from commsched.services.kernel.context import Actor, Installation
from commsched.services.links.pages import Page, link_shown
from commsched.services.media.provenance import lent
from commsched.store.models import Channel, Item, Revision, Workspace


class Preview(msgspec.Struct, frozen=True):
    """One channel's view of an item. For e-mail there is one part, whoever gets it, and ``recipients`` of them."""

    channel: Channel
    checked: check.Checked
    view: ChannelView
    parts: list[Part]
    recipients: int
    sender: str
    """Whose name readers see: the same rule as for what goes out."""
    foot: list[str]
    """Lines below the words that the platform adds."""
    subject: str = ""
    """Of a mail."""
    link: str = ""
    """The link that the network shows a card of; empty where it shows none."""
    card: Card | None = None
    """What stands in that card: what is sent with it, or what its page said when it was read, as the network will read
    it. ``None`` where nothing is known."""
    card_at: int = 0
    """The number of the part below which that card stands: of the one that has the link in it."""
    lengths: list[int] = []
    """How long each part of a thread is, as its network counts; empty where there is one."""
    notice: str = ""
    """Until when it is under embargo, where this channel gets it before."""

    @property
    def boxes(self) -> list[Box]:
        """What stands below the text in boxes of its own, in the item's language."""
        return press_boxes(self.view.content)

    @property
    def genre(self) -> str:
        """What stands above the headline of a release, in the item's language, whatever its reader's is."""
        return genre(self.view.content)

    @property
    def corrected(self) -> str:
        """What a correction puts right, as it goes out; empty for what corrects nothing."""
        content = self.view.content
        return f"{gettext(language_of(content), N_('Corrected:'))} {content.correction}" if content.correction else ""

    @property
    def event_rows(self) -> list[tuple[str, str]]:
        """What an invitation is to."""
        return event_rows(self.view.content)


def previews(installation: Installation, content: Content, judgement: check.Judgement, uid: str = "") -> list[Preview]:
    """A look for each channel of ``content``, in its order, by the judgement of it."""
    checked = {channel.channel: channel for channel in judgement.checked}
    kept = _with(content, [each for each in content.attachments if each.sha256 in judgement.files])
    known = judgement.around
    return [
        _look(
            installation,
            known.workspace,
            known.channels[channel.channel],
            kept,
            uid,
            judgement,
            checked[channel.channel],
        )
        for channel in content.channels
        if channel.channel in checked
    ]


def _with(content: Content, attachments: list[Attachment]) -> Content:
    return msgspec.structs.replace(content, attachments=attachments)


def _look(
    installation: Installation,
    place: Workspace,
    channel: Channel,
    content: Content,
    uid: str,
    judgement: check.Judgement,
    checked: check.Checked,
) -> Preview:
    people = read("\n".join(judgement.people[channel.id])).addresses
    many = judgement.counts.get(channel.id, 0)
    platform = installation.platform(channel.platform)
    view = for_channel(content, channel.id, uid, judgement.files, people[:1], check.alt_rule(place))
    sender = platform.seen_as(channel.settings, channel.account_name or channel.name, place.name)
    context = _context(installation, place, channel)
    subject, foot = platform.subject(view, context), platform.foot(view, context)
    notice = ""
    if platform.carries_embargo(channel.settings):
        language = known(content.language, SOURCE)
        notice = embargo.notice(content.embargo, place.zone, language, installation.now())
    link = link_shown(view.content.link, view.text) if platform.link_card and not view.other_files else ""
    card_at = _card_at(platform, view, link)
    link = "" if view.pictures or card_at is None else link
    card = view.content.card if platform.link_card == "given" else _as_card(judgement.pages.get(link))
    parts = [msgspec.structs.replace(part, text=platform.shown(part.text)) for part in platform.parts(view)]
    lengths = (
        [platform.count(part.text, channel.facts) for part in parts] if platform.threads and len(parts) > 1 else []
    )
    return Preview(
        channel, checked, view, parts, many, sender, foot, subject, link, card, card_at or 0, lengths, notice
    )


def _card_at(platform: Platform, view: ChannelView, link: str) -> int | None:
    """The part of a thread that has ``link`` in it, the first for a link that is put below the text; ``None`` where the
    card would be ours to give, which only the first post is."""
    at = next((number for number, text in enumerate(split_thread(view.text)) if link in text), 0)
    if at and platform.link_card == "given":
        return None
    return at if platform.threads else 0


def _as_card(page: Page | None) -> Card | None:
    return page.as_card() if page is not None else None


def _context(installation: Installation, place: Workspace, channel: Channel) -> ChannelContext:
    """What the platform knows of the channel, with nothing in it that could send."""
    settings = {key: str(value) for key, value in channel.settings.items()}
    return ChannelContext(
        channel=channel.id,
        settings=settings,
        secrets={},
        now=installation.now,
        http=Offline(),
        facts=channel.facts,
        account=channel.account,
        account_name=channel.account_name,
        public_url=installation.base_url,
        workspace=place.slug,
        office_name=place.name,
        language=place.language,
        zone=place.zone,
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
    around: check.Around,
    content: Content,
    item: Item | None = None,
    revision: Revision | None = None,
) -> Ahead:
    """Who will be asked when ``actor`` saves ``content`` and sends it in: before anything is saved. ``revision`` is
    the newest of ``item``, where there is one."""
    chosen = (
        around.channels[channel.channel].policy for channel in content.channels if channel.channel in around.channels
    )
    policy = strictest([read_policy(around.workspace.policy), *[read_policy(row) for row in chosen if row]])
    if not policy.steps:
        return Ahead(0, [])
    data = canonical(content)
    roster = read_roster(session, installation.now())
    known = histories(session, [item.id])[item.id] if item else ItemHistory([], [])
    said = known.said()
    own: set[int] = set()
    if not policy.own:
        own = writers_after(session, item, known, actor.person, data, lent(session, content))
    policy = fitted(policy, roster.with_permission("approve"), own, standing(said, digest(data)))
    case = ApprovalState(policy, said, digest(data), own)
    last = revision.author_id if revision is not None and revision.hash == digest(data) else actor.person
    now = turn_in(roster, case, item.author_id if item else actor.person, last)
    accepting = now.acceptors - {actor.person}
    return Ahead(
        len(policy.steps),
        roster.names(now.asked),
        roster.names(accepting),
        roster.names(now.own - (accepting or {actor.person})),
        not now.asked and actor.person in now.may_accept,
        now.stuck,
    )
