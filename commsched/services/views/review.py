"""What waits for whom: the approver's list, and one item as its approver should see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import and_, desc, or_, select
from sqlalchemy.orm import Session, defer
from sqlalchemy.sql.base import ExecutableOption

from commsched.core.approval.rules import undone
from commsched.core.content import changes
from commsched.core.content.changes import Change
from commsched.core.platform.settings import Option
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import Conflict, Message, NotAllowed
from commsched.core.timing import embargo
from commsched.services.approval.approvers import ApprovalState, Turn, approval_states, principal_in, turn_in, turns
from commsched.services.approval.clearance import as_said
from commsched.services.approval.roster import Roster, read_roster
from commsched.services.contacts import addressees
from commsched.services.content import embargo_times, times
from commsched.services.kernel.context import Actor, Installation
from commsched.services.views import item_view
from commsched.services.views.preview import Preview, previews
from commsched.services.workflow import approve
from commsched.store.models import AuditEntry, Channel, Decision, Item, Revision

UNDECIDED: Final = frozenset({"draft", "changes_requested", "approved", "scheduled"})
"""States before publication besides those that wait for a decision."""
MOST = 200
"""Items in the list."""


class Waiting(msgspec.Struct, frozen=True):
    """An item in review. ``names`` are those whose yes it waits for; ``mine`` if the reader is one of them."""

    item: Item
    revision: Revision
    mine: bool
    names: list[str]
    accept: bool = False
    """What it waits for is that somebody accepts what another wrote."""
    stuck: bool = False
    """Nobody could move it on."""


class Place(msgspec.Struct, frozen=True):
    """Where an item stands among those that wait for its reader. ``number`` begins at one; ``before`` and ``after`` are
    the ids of its neighbours."""

    number: int
    total: int
    before: int | None = None
    after: int | None = None


class Review(msgspec.Struct, frozen=True):
    """An item as its approver sees it. ``before`` is the revision they last decided on, if it was another."""

    seen: item_view.ItemView
    previews: list[Preview]
    names: list[str]
    """Those whose yes it waits for."""
    cannot: Message | None
    """Why the reader cannot decide, if so."""
    before: Revision | None = None
    changes: list[Change] = msgspec.field(default_factory=list)
    moved: bool = False
    """Its time was changed since the reader last decided."""
    turn: Turn = msgspec.field(default_factory=Turn)
    others: list[str] = msgspec.field(default_factory=list)
    """Those who are to accept the words of :attr:`own`, so that these can say yes."""
    own: list[str] = msgspec.field(default_factory=list)
    """Those who could say yes, were some of the words not their own; without the reader, where the reader is to accept
    those words."""
    wrote: list[str] = msgspec.field(default_factory=list)
    """Those who have saved it, in the order that each of them first did."""
    embargo: datetime | None = None
    """Before which nothing of it is public."""
    before_embargo: list[str] = msgspec.field(default_factory=list)
    """The names of the channels that get it before its embargo ends."""
    late: bool = False
    """Its time has passed, so that a yes would lead to nothing."""
    at_once: bool = False
    """Its time has passed, but not its latest: a yes sends it out at this moment."""
    accepts: bool = False
    """The reader can accept what others wrote."""
    accepted: list[Change] = msgspec.field(default_factory=list)
    """What others changed in it since the reader last saved or began it."""
    place: Place | None = None
    """Among what waits for the reader, where this does."""
    addressed: addressees.Addressed = msgspec.field(default_factory=lambda: addressees.Addressed([]))
    """How many its lists write to, each person once."""
    asked_by: str = ""
    asked_at: datetime | None = None
    """Who sent it in last, and when."""

    @property
    def looks(self) -> list[list[Preview]]:
        """The previews, with those that say exactly the same put together."""
        groups: dict[object, list[Preview]] = {}
        for preview in self.previews:
            groups.setdefault(_look_of(preview), []).append(preview)
        return list(groups.values())


_OWN_LOOKS: Final = frozenset({"newsroom", "presslist"})
"""Platforms that dress the same words as a page or a letter."""


def _look_of(preview: Preview) -> object:
    """What a reader would see of ``preview``, whoever shows it."""
    key = preview.channel.platform
    parts = tuple(
        (part.role, part.text, tuple((each.sha256, each.alt, each.credit) for each in part.pictures))
        for part in preview.parts
    )
    notes = tuple((note.message, tuple(sorted(note.params.items()))) for note in preview.checked.notes)
    chosen = tuple(sorted(preview.view.options.items()))
    content = preview.view.content
    more = content.kind == "release" or content.link or content.title or content.quotes or preview.boxes
    dressed = key in _OWN_LOOKS or (key == "folder" and more)
    return key if dressed else "", parts, chosen, preview.subject, preview.notice, tuple(preview.foot), notes


def waiting(installation: Installation, actor: Actor) -> list[Waiting]:
    """Everything in review, what waits for the reader first, then by time."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        asked = in_review(session)
        roster = read_roster(session, installation.now())
        turned = turns(session, roster, asked)
        rows = [_waiting(actor, roster, item, revision, turned[item.id]) for item, revision in asked]
    return sorted(rows, key=lambda row: (not row.mine, row.item.publish_at is None, row.item.publish_at, row.item.id))


def mine(installation: Installation, actor: Actor) -> list[int]:
    """The ids of what waits for the approval of ``actor``, in the order of :func:`waiting`."""
    with installation.store.read(actor.workspace) as session:
        return _mine(session, actor, read_roster(session, installation.now()))


def _mine(session: Session, actor: Actor, roster: Roster) -> list[int]:
    asked = in_review(session, defer(Revision.content))
    turned = turns(session, roster, asked) if asked else {}
    own = [item for item, _revision in asked if actor.person in turned[item.id].asked]
    own.sort(key=lambda item: (item.publish_at is None, item.publish_at, item.id))
    return [item.id for item in own]


def _place(session: Session, actor: Actor, seen: item_view.ItemView) -> Place | None:
    """Nothing for whoever came by the link in a mail: what else waits is not that link's business."""
    if actor.via == "link" or actor.person not in seen.roster.with_permission("approve"):
        return None
    waits = _mine(session, actor, seen.roster)
    if seen.item.id not in waits:
        return None
    at = waits.index(seen.item.id)
    around = [*waits[:at][-1:], None][0], [*waits[at + 1 :], None][0]
    return Place(at + 1, len(waits), *around)


def in_review(session: Session, *options: ExecutableOption) -> list[tuple[Item, Revision]]:
    """What waits for somebody's yes, also what is held because nobody said it in time; with ``options`` of loading."""
    late = and_(Item.state == "held", Item.reason == "unapproved")
    statement = select(Item, Revision).join(Revision, Revision.id == Item.revision_id)
    statement = statement.where(or_(Item.state == "in_review", late)).order_by(Item.id).limit(MOST).options(*options)
    return [(item, revision) for item, revision in session.execute(statement)]


def _late(item: Item) -> bool:
    return item.reason == "unapproved"


def _waiting(actor: Actor, roster: Roster, item: Item, revision: Revision, now: Turn) -> Waiting:
    return Waiting(
        item,
        revision,
        actor.person in now.asked | now.acceptors,
        roster.names(now.asked or now.acceptors),
        not now.asked and bool(now.acceptors),
        now.stuck,
    )


def review(installation: Installation, actor: Actor, item_id: int, *, deciding: bool = False) -> Review:
    """One item for the eyes of ``actor``. ``deciding``: with who asked, and its place among what waits for the actor.
    Raises :class:`commsched.core.text.messages.NotFound`."""
    actor.require("read")
    with installation.store.read(actor.workspace) as session:
        seen = item_view.read_item_in(installation, session, item_id, actor.person)
        item, revision, roster = seen.item, seen.revision, seen.roster
        case = _case(session, seen)
        now = turn_in(roster, case, item.author_id, revision.author_id) if case else Turn()
        last = _last_decision(actor, seen)
        compare = _Comparison(installation, session, actor, seen)
        before = last.revision_id if last and last.hash != revision.hash else None
        asked = _sent_in(session, item_id) if deciding else None
        return Review(
            seen,
            previews(installation, seen.content, seen.judgement, item.uid),
            roster.names(now.asked),
            _cannot(actor, seen, case),
            compare.revision(before),
            compare.with_(before),
            last is not None and _moved_since(session, item_id, last),
            now,
            roster.names(now.acceptors),
            roster.names(_freed(now, actor)),
            wrote=_wrote(seen),
            embargo=embargo.end_of(seen.content.embargo),
            before_embargo=_before_embargo(installation, seen),
            late=_too_late(session, item, installation.now()),
            at_once=_at_once(session, item, installation.now()),
            accepts=actor.person in now.may_accept and _waits(item),
            accepted=compare.with_(_last_own(actor, seen)),
            place=_place(session, actor, seen) if deciding and case else None,
            addressed=_addressed(session, seen),
            asked_by=asked.actor if asked else "",
            asked_at=asked.at if asked else None,
        )


def _addressed(session: Session, seen: item_view.ItemView) -> addressees.Addressed:
    lists = [channel.channel for channel in seen.content.channels if channel.recipients]
    return addressees.of_item(session, seen.item, lists)


def _sent_in(session: Session, item_id: int) -> AuditEntry | None:
    last = select(AuditEntry).where(AuditEntry.item_id == item_id, AuditEntry.action == "item.submitted")
    return session.scalar(last.order_by(desc(AuditEntry.id)).limit(1))


def _too_late(session: Session, item: Item, now: datetime) -> bool:
    """Whether it has become too late for some channel that is not out. Only what can still be approved is too late."""
    if not (_waits(item) or item.state in UNDECIDED):
        return False
    if not item.own_times:
        return item.latest_at is not None and item.latest_at < now
    return any(slot.latest < now for slot in times.chosen(times.left(session, item, now)))


def _at_once(session: Session, item: Item, now: datetime) -> bool:
    """Whether some channel's time has passed, so that what is approved in time goes out there at once."""
    if item.publish_at is None or not item.schedule_on_approval:
        return False
    if not item.own_times:
        return item.publish_at <= now and not _too_late(session, item, now)
    slots = times.chosen(times.left(session, item, now))
    return any(slot.at <= now <= slot.latest for slot in slots) and not any(slot.latest < now for slot in slots)


def _case(session: Session, seen: item_view.ItemView) -> ApprovalState | None:
    """What the turn of an item follows from that waits for somebody; else ``None``."""
    if seen.item.state not in approve.DECIDABLE:
        return None
    number = seen.item.id
    return approval_states(session, [(seen.item, seen.revision)], {number: seen.history})[number]


def _before_embargo(installation: Installation, seen: item_view.ItemView) -> list[str]:
    """The names of the channels that get it before its embargo ends."""
    end = embargo.end_of(seen.content.embargo)
    if end is None:
        return []
    known, slots = seen.judgement.around.channels, seen.plan.slots
    going = [known[channel] for channel, slot in slots.items() if slot.at < end and channel in known]
    early = embargo_times.carriers(installation, going)
    return [channel.name for channel in going if channel.id in early]


def _freed(now: Turn, actor: Actor) -> frozenset[int]:
    """Whom accepting lets approve: told to one who may accept, the others; told to anybody else, all but the asked."""
    if actor.person in now.may_accept:
        return now.own - {actor.person}
    return (now.own - now.acceptors) or now.own


def _wrote(seen: item_view.ItemView) -> list[str]:
    people = dict.fromkeys(
        version.author for version in seen.history.versions if version.number <= seen.revision.number
    )
    return [seen.people[author] for author in people if author in seen.people]


def _waits(item: Item) -> bool:
    return item.state == "in_review" or (item.state == "held" and _late(item) and item.submitted_at is not None)


class _Comparison:
    """What has changed in an item since one of its earlier versions, for the eyes of one reader."""

    def __init__(self, installation: Installation, session: Session, actor: Actor, seen: item_view.ItemView) -> None:
        self._installation, self._session, self._actor, self._seen = installation, session, actor, seen

    def revision(self, number: int | None) -> Revision | None:
        """The version with the id ``number``."""
        if number is None or number == self._seen.revision.id:
            return self._seen.revision if number is not None else None
        return self._session.get(Revision, number)

    def with_(self, number: int | None) -> list[Change]:
        """What has changed since that version, channel names and choices in the reader's language."""
        before = self.revision(number)
        if before is None or before.hash == self._seen.revision.hash:
            return []
        channels = self._seen.judgement.around.channels
        tell = choices_told(self._installation, channels, self._actor.language)
        called = {number: row.name for number, row in channels.items()}
        zone = self._seen.judgement.around.workspace.zone
        return changes.compare(before.parsed(), self._seen.content, called, tell, zone)


def _last_own(actor: Actor, seen: item_view.ItemView) -> int | None:
    """The newest version that the reader saved or accepted themselves, by its id; what has come since is somebody
    else's."""
    if not actor.person:
        return None
    accepted = {row.revision_id for row in seen.decisions if row.verdict == "accept" and row.person_id == actor.person}
    mine = (
        version.id
        for version in reversed(seen.history.versions)
        if version.author == actor.person or version.id in accepted
    )
    return next(mine, None)


def channels_by_id(session: Session) -> dict[int, Channel]:
    """Every channel of the office, removed ones too."""
    return {row.id: row for row in session.scalars(select(Channel))}


def channel_names(session: Session) -> dict[int, str]:
    """What they are called."""
    return {number: row.name for number, row in channels_by_id(session).items()}


def choice_teller(installation: Installation, session: Session, language: str) -> changes.Teller:
    """Spells a channel's choices in ``language``, by the words its platform has for them; the usual ones left out."""
    return choices_told(installation, channels_by_id(session), language)


def choices_told(installation: Installation, channels: Mapping[int, Channel], language: str) -> changes.Teller:
    """As :func:`choice_teller`, by channels that have been read."""

    def tell(number: int, chosen: Mapping[str, str]) -> str:
        known = installation.platform(channels[number].platform).options if number in channels else ()
        return "\n".join(
            _choice_told(option, value, language)
            for option in known
            if (value := chosen.get(option.key, option.default)) not in ("", option.default)
        )

    return tell


def _choice_told(option: Option, value: str, language: str) -> str:
    """One choice on one line: what is ticked is told by its label alone, several lines stand beside each other."""
    label = translate(option.label, language)
    if option.kind == "bool":
        return label
    shown = translate(dict(option.choices).get(value, value), language)
    return f"{label}: {' / '.join(shown.split(chr(10)))}" if option.kind == "long" else f"{label}: {shown}"


def _last_decision(actor: Actor, seen: item_view.ItemView) -> Decision | None:
    over = undone([as_said(row) for row in seen.decisions])
    counts = [row for number, row in enumerate(seen.decisions) if number not in over]
    own = (row for row in reversed(counts) if row.person_id == actor.person)
    return next(own, None) if actor.person else None


def _moved_since(session: Session, item_id: int, last: Decision) -> bool:
    after = select(AuditEntry).where(
        AuditEntry.item_id == item_id, AuditEntry.at > last.at, AuditEntry.action.in_(("item.moved", "item.edited"))
    )
    return any(row.action == "item.moved" or row.facts.get("moved") for row in session.scalars(after))


def _cannot(actor: Actor, seen: item_view.ItemView, case: ApprovalState | None) -> Message | None:
    """Why the reader cannot decide, by the rules that a decision itself is held to."""
    try:
        actor.require("approve")
        approve.require_decidable(seen.item, seen.revision, seen.revision.hash)
        if case is not None:
            principal_in(seen.roster, case, actor.person)
    except (NotAllowed, Conflict) as error:
        return error.words
    return None
