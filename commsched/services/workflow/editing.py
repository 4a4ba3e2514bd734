"""Write, save, bring back: every change a reader would see makes a new revision."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import desc, select, update
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, OwnTime, SourceIn, Times, times_of
from commsched.core.content.mentions import plainly
from commsched.core.content.model import Content, canonical, digest
from commsched.core.delivery.lifecycle import EDITABLE
from commsched.core.text.clean import passage
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.core.timing.plan import Slot
from commsched.core.timing.wall_time import latest_for
from commsched.services.approval import confidential
from commsched.services.approval.clearance import clearance
from commsched.services.content import compose, embargo_times, version_times
from commsched.services.content import times as planning
from commsched.services.content.items import (
    ONE_STRETCH,
    Changed,
    current,
    first_line,
    load,
    load_whole,
    return_to_draft,
    searchable,
    stamp,
)
from commsched.services.content.neighbours import text_hash
from commsched.services.documents import library as documents
from commsched.services.kernel import confidants
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.services.kernel.members import workspace_of
from commsched.services.links import pages
from commsched.services.media import details, provenance
from commsched.services.media.renditions import make_ready
from commsched.services.workflow._deliveries import partly_out
from commsched.services.workflow.schedule import follow_move, refuse_passed
from commsched.store.models import (
    AuditEntry,
    Delivery,
    DocumentUse,
    Item,
    Media,
    PictureUse,
    Revision,
    Video,
    VideoUse,
    Workspace,
)


class Ready(msgspec.Struct, frozen=True):
    """A revision's content as it will be kept. Whatever takes time in proportion to the text has been done."""

    content: Content
    data: bytes
    hash: str
    search: str
    text_hash: str
    times: Times = Times()

    @classmethod
    def of(cls, content: Content, times: Times = Times()) -> Ready:
        data = canonical(content)
        return cls(content, data, digest(data), searchable(content), text_hash(content.text), times)


def ready(
    installation: Installation,
    actor: Actor,
    draft: DraftIn,
    corrects: str = "",
    times: Times | None = None,
    answers: str = "",
) -> Ready:
    """Prepare ``draft`` as a revision, including pictures fitted to each channel. It is called before the write
    transaction, so that a long text does not hold up other offices' posts; :func:`compose.require_there` is called
    inside it. ``times`` are those of ``draft``, where the caller has read them already."""
    make_ready(installation, actor, draft)
    pages.make_ready(installation, actor, draft)
    with installation.store.read(actor.workspace) as session:
        workspace = workspace_of(session, actor)
        times = times or times_of(draft, workspace.zone)
        content = compose.content_from(installation, session, workspace, draft, corrects, times)
        return Ready.of(msgspec.structs.replace(content, answers=answers), times)


def _ready_for(installation: Installation, actor: Actor, draft: DraftIn, item_id: int, times: Times | None) -> Ready:
    """As :func:`ready`, for a new version of ``item_id``: each version of a correction names what it corrects, and of
    an answer the comment that it answers."""
    make_ready(installation, actor, draft)
    pages.make_ready(installation, actor, draft)
    with installation.store.read(actor.workspace) as session:
        item, revision, workspace = load_whole(session, item_id)
        before = revision.parsed()
        corrects = before.corrects if item.corrects_id else ""
        times = times or times_of(draft, workspace.zone)
        content = compose.content_from(installation, session, workspace, draft, corrects, times)
        return Ready.of(msgspec.structs.replace(content, answers=before.answers), times)


def create(installation: Installation, actor: Actor, draft: DraftIn, prepared: Ready | None = None) -> int:
    """Make a draft and its first revision; returns the item's id. ``prepared`` is :func:`ready`'s answer, where the
    caller has it already."""
    actor.require("write")
    prepared = prepared or ready(installation, actor, draft)
    with installation.store.write(actor.workspace) as session:
        return create_in(installation, session, actor, draft, prepared).id


def create_in(
    installation: Installation,
    session: Session,
    actor: Actor,
    draft: DraftIn,
    prepared: Ready,
    corrects: Item | None = None,
) -> Item:
    """As :func:`create`, within a transaction that has more to do; ``prepared`` is :func:`ready`'s answer.

    ``corrects`` is the published item that the new one replaces once it is out.
    """
    workspace = workspace_of(session, actor)
    compose.require_there(session, prepared.content)
    now = installation.now()
    item = Item(
        uid=uuid.uuid4().hex,
        workspace_id=actor.workspace,
        kind=draft.kind,
        author_id=actor.person,
        created_at=now,
        updated_at=now,
        corrects_id=corrects.id if corrects else None,
    )
    _set_times(item, workspace, prepared.times)
    session.add(item)
    session.flush()
    _set_own_times(installation, session, item, prepared)
    learns = draft.confidants is None
    _add_revision(installation, session, actor, item, prepared, list(draft.sources), learns=learns)
    note(session, installation, actor, "item.created", item.id, title=prepared.content.title[:120], kind=draft.kind)
    _confide(installation, session, actor, item, draft)
    return item


def _confide(installation: Installation, session: Session, actor: Actor, item: Item, draft: DraftIn) -> None:
    """Only those named see it, from the same moment on."""
    if draft.confidants is not None:
        confidential.restrict_in(installation, session, actor, item, draft.confidants)


def save(
    installation: Installation,
    actor: Actor,
    item_id: int,
    draft: DraftIn,
    expected_hash: str | None = None,
    *,
    expected_stamp: str | None = None,
    by_itself: bool = False,
    times: Times | None = None,
    ready: Ready | None = None,
) -> bool:
    """Save a new revision if anything a reader sees has changed; returns whether it has.

    Every change voids the approval: waiting deliveries are cancelled and the item is a draft again. Raises
    :class:`Changed` when ``expected_hash`` (or ``expected_stamp``, see :func:`commsched.services.content.items.stamp`)
    is not the current one, :class:`Conflict` when something is already out. ``by_itself``: an autosave. The record gets
    one line for a period of writing instead of one every few seconds. ``times`` and ``ready``: what the caller has read
    or made of ``draft`` already, so that it is not done twice.
    """
    actor.require("write")
    prepared = ready or _ready_for(installation, actor, draft, item_id, times)
    with installation.store.write(actor.workspace) as session:
        item = load(session, item_id, lock=True)
        revision = current(session, item)
        if expected_hash not in (None, revision.hash) or expected_stamp not in (None, stamp(item)):
            raise Changed(revision)
        require_editable(session, item)
        workspace = workspace_of(session, actor)
        compose.require_there(session, prepared.content)
        _confide(installation, session, actor, item, draft)
        was = item.state if clearance(session, item, revision.hash) is not None else ""
        left = version_times.record(installation, session, item, revision)
        difference = Difference(
            content=prepared.hash != revision.hash,
            sources=[_plain(source) for source in draft.sources] != revision.sources,
            times=_set_times(item, workspace, prepared.times) | _set_own_times(installation, session, item, prepared),
        )
        _keep_changes(installation, session, actor, item, prepared, draft.sources, difference)
        if item.revision_id != revision.id:
            revision.times = left
        if difference.content:
            _void_approval(installation, session, actor, item, was, prepared.times)
        elif difference.times and item.state in ("scheduled", "approved", "in_review"):
            follow_move(installation, session, actor, item)
        if difference.any:
            item.updated_at = installation.now()
            if difference.times or not (by_itself and _told_lately(installation, session, actor, item)):
                _note_edit(installation, session, actor, item, difference)
    if difference.times:
        installation.wake()
    return difference.content


class Difference(msgspec.Struct, frozen=True):
    """What a save changes: what a reader sees, the sources, the times."""

    content: bool
    sources: bool
    times: bool

    @property
    def any(self) -> bool:
        return self.content or self.sources or self.times


def _keep_changes(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    prepared: Ready,
    sources: Sequence[SourceIn],
    difference: Difference,
) -> None:
    """Make the new revision, where content or sources changed. Raises :class:`Invalid` where what waits would go on
    with a time that has passed."""
    if difference.times and not difference.content and item.state not in ("draft", "changes_requested"):
        refuse_passed(planning.plan(session, item), installation.now())
    if not (difference.content or difference.sources):
        return
    new = _add_revision(installation, session, actor, item, prepared, list(sources))
    if not difference.content:  # the same words with other sources: what waits goes on, under the newest's number
        waits = update(Delivery).where(Delivery.item_id == item.id, Delivery.state.in_(planning.STOPPABLE))
        session.execute(waits.values(revision_id=new.id))


def _note_edit(installation: Installation, session: Session, actor: Actor, item: Item, difference: Difference) -> None:
    facts = {"revision": item.version, "content": difference.content, "moved": difference.times}
    note(session, installation, actor, "item.edited", item.id, **facts)


def _void_approval(
    installation: Installation, session: Session, actor: Actor, item: Item, was: str, times: Times = Times()
) -> None:
    """Void the approval, since it was of other words. ``was`` is the state that it had brought the item to, if any."""
    return_to_draft(session, item)
    if times.when_approved:
        item.latest_at = times.latest
    if was not in ("", "draft", "in_review", "changes_requested"):
        note(session, installation, actor, "approval.voided", item.id, was=was)


def _told_lately(installation: Installation, session: Session, actor: Actor, item: Item) -> bool:
    """Whether the record's last line about the item says that this person is editing it."""
    last = session.scalar(
        select(AuditEntry).where(AuditEntry.item_id == item.id).order_by(desc(AuditEntry.id)).limit(1)
    )
    return (
        last is not None
        and last.action in ("item.edited", "item.created")
        and last.actor_id == actor.person
        and last.at > installation.now() - ONE_STRETCH
    )


def require_editable(session: Session, item: Item) -> None:
    """Raise :class:`Conflict` where something of it is out or on its way."""
    out = session.scalar(
        select(Delivery.id).where(Delivery.item_id == item.id, Delivery.state.in_(("published", "sending", "unknown")))
    )
    if item.state not in EDITABLE or out is not None or partly_out(session, item):
        raise Conflict(N_("It is already on its way or out, and cannot be changed. Make a correction instead."))


def _add_revision(
    installation: Installation,
    session: Session,
    actor: Actor,
    item: Item,
    prepared: Ready,
    sources: Sequence[SourceIn | dict[str, str]],
    text: str = "",
    learns: bool = True,
) -> Revision:
    """``learns``: what it says of its pictures is kept with them, unless only some may see the item."""
    content = prepared.content
    revision = Revision(
        workspace_id=item.workspace_id,
        item_id=item.id,
        number=item.version + 1,
        content=prepared.data,
        hash=prepared.hash,
        sources=[_plain(source) for source in sources],
        author_id=actor.person,
        created_at=installation.now(),
        note=text,
        lent=",".join(map(str, sorted(provenance.lent(session, content)))),
    )
    session.add(revision)
    session.flush()
    _use_files(session, actor, item, revision, content, learns and not confidants.is_closed(item))
    item.revision_id, item.version = revision.id, revision.number
    item.kind = content.kind
    named = plainly(content)
    item.title = named.title or first_line(named.text)
    item.search, item.text_hash = prepared.search, prepared.text_hash
    item.channels = "".join(f",{channel.channel}" for channel in content.channels) + "," if content.channels else ""
    return revision


def replace_content(
    installation: Installation, session: Session, actor: Actor, item: Item, content: Content
) -> Revision:
    """Make ``content`` the newest version of ``item``, which the caller has locked and may change: what waits is void,
    and what is out stays as it went out."""
    before = current(session, item)
    before.times = version_times.record(installation, session, item, before)
    revision = _add_revision(installation, session, actor, item, Ready.of(content), before.sources)
    return_to_draft(session, item)
    item.updated_at = installation.now()
    return revision


def _use_files(session: Session, actor: Actor, item: Item, revision: Revision, content: Content, learns: bool) -> None:
    """Record where pictures, videos and documents are used, so that none of them can be deleted. A picture that nobody
    has described keeps the words it gets here, where the item ``learns`` it."""
    wanted = content.stills()
    pictures = session.scalars(select(Media).where(Media.sha256.in_(wanted))).all() if wanted else ()
    for row in pictures:
        session.add(PictureUse(workspace_id=revision.workspace_id, revision_id=revision.id, media_id=row.id))
    if learns:
        details.learn_alts(session, actor.person, item, pictures, {p.sha256: p.alt for p in content.pictures})
    wanted = {video.sha256 for video in content.videos}
    for number in session.scalars(select(Video.id).where(Video.sha256.in_(wanted))) if wanted else ():
        session.add(VideoUse(workspace_id=revision.workspace_id, revision_id=revision.id, video_id=number))
    for document in documents.by_hash(session, {each.sha256 for each in content.documents}).values():
        session.add(DocumentUse(workspace_id=revision.workspace_id, revision_id=revision.id, document_id=document.id))


def _plain(source: SourceIn | dict[str, str]) -> dict[str, str]:
    if isinstance(source, dict):
        return source
    return {"text": passage(source.text, "sources"), "url": passage(source.url, "sources")}


def _set_times(item: Item, workspace: Workspace, times: Times) -> bool:
    """Set the submitted times on the item; returns whether they differ from the ones before."""
    before = (item.publish_at, item.latest_at, item.when_approved)
    if times.when_approved and item.when_approved and item.publish_at is not None:
        return False  # it has been approved, and this is when
    item.when_approved = times.when_approved
    if times.publish is None:
        item.publish_at, item.latest_at = None, times.latest if times.when_approved else None
        item.wall_time, item.zone = "", workspace.zone if times.when_approved else ""
    else:
        item.publish_at, item.wall_time, item.zone = times.publish.at, times.publish.wall, times.publish.zone
        item.latest_at = times.latest or latest_for(item.publish_at, workspace.latest_minutes)
        if item.latest_at < item.publish_at:
            raise Invalid(N_("The latest time is before the time itself."), "latest_at")
    return before != (item.publish_at, item.latest_at, item.when_approved)


def _set_own_times(installation: Installation, session: Session, item: Item, prepared: Ready) -> bool:
    """Give the channels the times of their own that ``prepared`` names; returns whether any differs from before."""
    chosen = {channel.channel for channel in prepared.content.channels}
    own = {channel: _slot(item, time) for channel, time in prepared.times.own.items() if channel in chosen}
    return planning.keep(session, item, embargo_times.at_embargo(installation, session, item, prepared.content, own))


def _slot(item: Item, time: OwnTime) -> Slot:
    slot = planning.item_slot(item)
    assert slot is not None, "an item with a channel's time has one"
    latest = time.latest or time.publish.at + (slot.latest - slot.at)
    return Slot(time.publish.at, latest, time.publish.wall, time.publish.zone)


def restore(installation: Installation, actor: Actor, item_id: int, number: int) -> version_times.BroughtBack:
    """Bring back revision ``number`` as a new one, with the times that it had; what stood in between stays in the
    history. Returns what became of the times."""
    actor.require("write")
    with installation.store.read(actor.workspace) as session:
        item_id = load(session, item_id).id
        old = session.scalar(select(Revision).where(Revision.item_id == item_id, Revision.number == number))
    if old is None:
        raise NotFound(N_("There is no such version."))
    prepared = Ready.of(old.parsed())
    with installation.store.write(actor.workspace) as session:
        item = load(session, item_id, lock=True)
        require_editable(session, item)
        now = current(session, item)
        was = item.state if clearance(session, item, now.hash) is not None else ""
        now.times = version_times.record(installation, session, item, now)
        _add_revision(installation, session, actor, item, prepared, old.sources, text=f"restored:{number}")
        _void_approval(installation, session, actor, item, was)
        latest = now if old.id == now.id else old
        back = version_times.bring_back(installation, session, item, latest, now.parsed(), prepared.content)
        item.updated_at = installation.now()
        note(session, installation, actor, "item.restored", item.id, revision=number)
    installation.wake()
    return back
