"""Everything the composer's page shows beside the fields: channels, previews, problems, and what will happen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.content.draft import DraftIn, PictureIn, own_field
from commsched.core.content.model import Content
from commsched.core.content.release_draft import EVENT_TIMES, contacts_in_text, event_field
from commsched.core.installation.inner_links import leads_inside
from commsched.core.platform import threads
from commsched.core.press.lengths import Length, lengths
from commsched.core.text.messages import N_, Invalid, Message, Problem, block, warn
from commsched.core.timing import dates, embargo
from commsched.core.timing.wall_time import Moment
from commsched.services.content import check, compose, drafts, embargo_times, habits, items
from commsched.services.content.neighbours import Neighbour, Neighbours
from commsched.services.kernel.context import Actor, Installation
from commsched.services.links.checks import is_own
from commsched.services.links.pages import Page, is_fresh, link_shown
from commsched.services.media import search
from commsched.services.media.renditions import make_ready
from commsched.services.views.preview import Ahead, Preview, ahead, previews
from commsched.store.models import Channel, Item, Media, Revision, Video, Workspace
from commsched.web.components.clock_input import WallFields
from commsched.web.composer import documents
from commsched.web.composer.advice import problem_list
from commsched.web.composer.fields import Fields, VideoFields, from_draft
from commsched.web.composer.parse import Meant
from commsched.web.composer.release_fields import Row, contact_row
from commsched.web.http.i18n import said_all

TIMES: Final = ("publish_at", "latest_at", "embargo")
"""The fields of the composer that hold a day and a time of day."""
EVENT: Final = frozenset(map(event_field, EVENT_TIMES))
"""Those of an invitation's event."""

MOST_BOOK: Final = 12
"""Contact persons that are offered."""
MOST_ALIKE: Final = 3
"""Items with the same text that are named."""


class View(msgspec.Struct):
    """The right-hand side of the composer: how it will look, what stands in the way, what a press will do."""

    previews: list[Preview] = msgspec.field(default_factory=list)
    problems: list[tuple[str, Problem]] = msgspec.field(default_factory=list)
    """With the channel's name, or empty where it is so on every channel."""
    faults: dict[str, Message] = msgspec.field(default_factory=dict)
    lengths: list[Length] = msgspec.field(default_factory=list)
    """How long the headline and the short version are."""
    channels: Mapping[int, Channel] = msgspec.field(default_factory=dict)
    """The office's, by their ids."""
    ahead: Ahead = msgspec.field(default_factory=lambda: Ahead(0, []))
    publish: Moment | None = None
    when_approved: bool = False
    """It goes out as soon as it is approved."""
    own: Mapping[int, Moment] = msgspec.field(default_factory=dict)
    """When the chosen channels that have a time of their own go out."""
    alike: list[Neighbour] = msgspec.field(default_factory=list)
    threads: dict[str, list[int]] = msgspec.field(default_factory=dict)
    """The channels on which a thread has room for a text that is too long, by the sentence that says so."""
    link: str = ""
    """The link whose card is shown, where some channel shows one."""
    page: Page | None = None
    """What is known of its page."""
    own_page: bool = False
    """It is a page of this very installation."""
    wants_page: bool = False
    """Nothing is known of its page, or not lately."""
    anchors: dict[str, str] = msgspec.field(default_factory=dict)
    """Where a problem is mended that its field alone does not say, by its sentence in English."""

    def anchor(self, problem: Problem) -> str:
        """The id of the element in which ``problem`` is mended, or nothing."""
        return self.anchors.get(str(problem.words)) or problem_list.anchor(problem)

    @property
    def stops(self) -> int:
        return sum(problem.blocks for _name, problem in self.problems)

    @property
    def cost(self) -> float:
        """US dollars, all channels together."""
        return sum(preview.checked.cost for preview in self.previews)


def channels_of(session: Session) -> list[Channel]:
    """Every channel an item can be sent to, in the order they were connected."""
    return list(session.scalars(select(Channel).where(Channel.state != "archived").order_by(Channel.id)))


MOST_MARKS: Final = 8
"""Channels that stand in a row; where an office has more, those that it uses least are in a menu beside."""


def at_hand(session: Session, channels: list[Channel]) -> set[int]:
    """The channels, by their ids, that stand in the row: those that the office used most of late, else the oldest."""
    if len(channels) <= MOST_MARKS + 1:  # a menu for one alone saves no room
        return {channel.id for channel in channels}
    used = habits.most_used(session)
    by_use = sorted(channels, key=lambda channel: (-used[channel.id], channel.id))
    return {channel.id for channel in by_use[:MOST_MARKS]}


def only_known(session: Session, draft: DraftIn) -> DraftIn:
    """``draft`` without channels and pictures that have been removed since its page was opened."""
    return without_removed(session, draft, {row.id: row for row in channels_of(session)})


def without_removed(session: Session, draft: DraftIn, channels: Mapping[int, Channel]) -> DraftIn:
    """As :func:`only_known`, by channels that have been read."""
    chosen = zip(draft.channels, draft.channel_ids, strict=True)
    draft.channels = [channel for channel, n in chosen if n in channels and channels[n].state != "archived"]
    media = search.rows(session, [picture.id for picture in draft.media if isinstance(picture, PictureIn)])
    draft.media = [picture for picture in draft.media if isinstance(picture, PictureIn) and picture.id in media]
    if draft.attachments:
        wanted = [each.id for each in draft.attachments]
        known = set(session.scalars(select(Video.id).where(Video.id.in_(wanted))))
        draft.attachments = [each for each in draft.attachments if each.id in known]
    draft.documents = documents.only_known(session, draft)
    return draft


class Target(msgspec.Struct, frozen=True):
    """The item that is written in, with its newest revision."""

    item: Item
    revision: Revision


def view(installation: Installation, actor: Actor, meant: Meant, target: Target | None) -> View:
    """Judge what is meant, without saving anything: once, for everything that the page shows of it."""
    own = {channel: time.publish for channel, time in meant.times.own.items()}
    shown = View(faults=dict(meant.faults), publish=meant.publish, when_approved=meant.times.when_approved, own=own)
    make_ready(installation, actor, meant.draft)
    item = target.item if target else None
    with installation.store.read(actor.workspace) as session:
        around = check.read_around(session)
        shown.channels = around.channels
        draft = without_removed(session, meant.draft, around.channels)
        try:
            corrects = target.revision.parsed().corrects if target and target.item.corrects_id else ""
            content = compose.content_from(
                installation, session, around.workspace, draft, corrects, meant.times, around.channels
            )
        except Invalid as error:
            shown.faults[error.field] = error.words
            shown.problems += _times(shown.faults)
            return shown
        office, now = around.workspace, installation.now()
        shown.lengths = list(lengths(content, embargo.notices(content.embargo, office.zone, content.languages, now)))
        judgement = check.judge(
            installation,
            session,
            content,
            uid=item.uid if item else "",
            item=item.id if item else 0,
            publish_at=meant.publish.at if meant.publish else None,
            own=meant.times.own_moments,
            around=around,
        )
        own_texts = {part.channel for part in content.channels if part.text is not None}
        shown.own = own | embargo_times.held_back(installation, content, meant.publish, own, around.channels)
        shown.previews = previews(installation, content, judgement, item.uid if item else "")
        shown.problems = _problems(shown, judgement, own_texts)
        _set_link(installation, shown, content, judgement)
        shown.threads = _threads(installation, shown.previews)
        shown.faults |= _time_faults(judgement, own)
        shown.faults |= {each.field: each.words for each in judgement.general if each.field == "link"}
        shown.problems += _near(around.workspace, judgement.neighbours)
        shown.alike = judgement.neighbours.duplicates[:MOST_ALIKE]
        shown.ahead = ahead(installation, session, actor, around, content, item, target.revision if target else None)
        shown.problems = _with_turn(shown.problems, shown.ahead)
    return shown


def _with_turn(problems: list[tuple[str, Problem]], ahead: Ahead) -> list[tuple[str, Problem]]:
    """The problems, with what whoever sends it in should know of who can approve it."""
    if ahead.stuck:
        nobody = N_(
            "Nobody here can approve this: whoever may has written some of it. An administrator can let "
            "somebody else in under People."
        )
        return [("", block("people", nobody)), *problems]
    if ahead.steps and ahead.acceptors and not ahead.names:
        then = N_("%(who)s is shown what is changed. When it is accepted, %(own)s can approve it.")
        who, own = said_all(ahead.acceptors), said_all(ahead.own)
        return [*problems, ("", warn("people", then, who=who, own=own))]
    return problems


def _times(faults: dict[str, Message]) -> list[tuple[str, Problem]]:
    """A time that does not say when stops it as surely as a text too long."""
    return [("", block(name, faults[name].message, **faults[name].params)) for name in faults if is_time(name)]


def is_told_early(field: str) -> bool:
    """Whether what is wrong with ``field`` stands at it before anybody has sent the form."""
    return is_time(field) or field == "link"


def is_time(field: str) -> bool:
    """Whether ``field`` is a time: the item's, or a channel's own."""
    return field in TIMES or field in EVENT or (field.startswith("channels.") and field.endswith(".publish_at"))


def _problems(shown: View, judgement: check.Judgement, own: Collection[int]) -> list[tuple[str, Problem]]:
    """What stops it first. What several channels say in the same words is said once, of no channel in particular."""
    said: dict[tuple[str, str], tuple[str, Problem]] = {}
    for problem in judgement.general:
        said[problem_list.said_of(problem.words)] = "", problem
        shown.anchors.setdefault(str(problem.words), problem_list.anchor(problem))
    for channel in judgement.checked:
        for problem in channel.problems:
            key = problem_list.said_of(problem.words)
            said[key] = ("" if key in said else channel.name), problem
            place = problem_list.anchor(problem, channel.channel, channel.channel in own)
            shown.anchors.setdefault(str(problem.words), place)
    gathered = problem_list.gathered(said.values())
    return sorted([*_times(shown.faults), *gathered], key=lambda pair: not pair[1].blocks)


def _set_link(installation: Installation, shown: View, content: Content, judgement: check.Judgement) -> None:
    link = link_shown(content.link, content.text)
    ours = is_own(link, installation.base_url)
    if link and any(preview.link == link for preview in shown.previews) and (ours or not leads_inside(link)):
        shown.link, shown.page = link, judgement.pages.get(link)
        shown.wants_page = not is_fresh(shown.page, installation.now())
        shown.own_page = ours


def _threads(installation: Installation, looks: list[Preview]) -> dict[str, list[int]]:
    said: dict[str, list[int]] = {}
    for preview in looks:
        for problem in preview.checked.problems:
            if problem.words.message not in threads.TOO_LONG:
                continue
            platform = installation.platform(preview.channel.platform)
            if threads.offered(platform, preview.view, preview.channel.facts):
                said.setdefault(str(problem.words), []).append(preview.channel.id)
            break
    return said


def _time_faults(judgement: check.Judgement, own: Collection[int]) -> dict[str, Message]:
    """What is wrong with a time, by its field; ``own`` are the channels that have one of their own."""
    faults = {problem.field: problem.words for problem in judgement.general if problem.field in TIMES}
    for checked in judgement.checked:
        for problem in checked.problems:
            if problem.field in TIMES:
                alone = problem.field == "publish_at" and checked.channel in own
                faults[own_field(checked.channel, problem.field) if alone else problem.field] = problem.words
    return faults


def _near(workspace: Workspace, others: Neighbours) -> list[tuple[str, Problem]]:
    """What goes out within an hour in the same channel, said where the time is chosen."""
    words = N_("“%(title)s” goes out at %(time)s in the same channel, within an hour.")
    return [
        ("", warn("publish_at", words, title=row.title, time=dates.clock(others.near_at[row.id], workspace.zone)))
        for row in others.near
    ]


def stored(installation: Installation, session: Session, workspace: Workspace, target: Target) -> Fields:
    """The fields of the item as it is saved."""
    item = target.item
    draft = drafts.as_draft(installation, session, item, target.revision)
    usual = timedelta(minutes=workspace.latest_minutes)
    is_usual = bool(item.publish_at and item.latest_at and item.latest_at - item.publish_at == usual)
    return from_draft(draft, workspace.zone, is_usual)


def blank(installation: Installation, session: Session, actor: Actor, workspace: Workspace, kind: str) -> Fields:
    """A new item's fields: the channels its writer used last for that kind, and the office's press contact."""
    fields = Fields(kind=kind)
    fields.texts["language"] = workspace.language
    last = session.scalar(
        select(Item).where(Item.kind == kind, Item.author_id == actor.person).order_by(desc(Item.id)).limit(1)
    )
    usable = {row.id: row for row in channels_of(session) if row.state == "ok"}
    if last is not None:
        used = [channel.channel for channel in items.current(session, last).parsed().channels]
    else:
        used = [number for number, row in usable.items() if kind in installation.platform(row.platform).by_itself]
    # nobody's inbox is ever chosen by itself, not even because it was the last time
    fields.channels = [
        number
        for number in used
        if number in usable and not installation.platform(usable[number].platform).independent_parts
    ]
    if kind == "release":
        said = str(workspace.settings.get("press_contact", ""))
        fields.contacts = [contact_row(person) for person in contacts_in_text(said)]
        fields.texts["contact"] = "" if fields.contacts else said
        fields.texts["about"] = str(workspace.settings.get("about", ""))
    return fields


def book(session: Session, workspace: Workspace, fields: Fields) -> list[Row]:
    """Whom the office may name as a contact and this release does not name yet, those named most first."""
    if fields.kind != "release":
        return []
    named = {row[0].strip().casefold() for row in fields.contacts}
    people = habits.contact_book(session, workspace)
    return [contact_row(person) for person in people if person.name and person.name.casefold() not in named][:MOST_BOOK]


def pictures(session: Session, fields: Fields) -> list[tuple[Media, str]]:
    """The chosen pictures with their alt text here, in order."""
    rows = search.rows(session, [number for number, _alt in fields.media])
    return [(rows[number], alt) for number, alt in fields.media if number in rows]


def videos(session: Session, fields: Fields) -> list[tuple[Video, VideoFields]]:
    """The videos that go with it, with what is said of each here."""
    wanted = [video.id for video in fields.videos]
    rows = {row.id: row for row in session.scalars(select(Video).where(Video.id.in_(wanted)))} if wanted else {}
    return [(rows[video.id], video) for video in fields.videos if video.id in rows]


def chosen(installation: Installation, actor: Actor, wish: str) -> list[tuple[int, str]]:
    """The pictures that an address names (``3,4``), those that are there, each with its usual alt text."""
    wanted = [int(number) for number in wish.split(",")[:10] if _is_id(number)]
    with installation.store.read(actor.workspace) as session:
        rows = search.rows(session, wanted)
    return [(number, rows[number].alt) for number in dict.fromkeys(wanted) if number in rows]


def filmed(installation: Installation, actor: Actor, wish: str) -> list[VideoFields]:
    """The video that an address names, if it is there, described as its poster is."""
    with installation.store.read(actor.workspace) as session:
        row = session.scalar(select(Video).where(Video.id == int(wish))) if _is_id(wish) else None
        poster = search.rows(session, [row.poster_id]) if row is not None and row.poster_id else {}
    return [] if row is None else [VideoFields(row.id, next((each.alt for each in poster.values()), ""))]


def _is_id(text: str) -> bool:
    """A number that the store can count to; ``"²".isdigit()`` is true and no number."""
    return text.isascii() and text.isdigit() and len(text) < 18


def rearranged(fields: Fields, press: str) -> bool:
    """Do what a button inside the form says (``add:7``, ``drop:7``, ``up:7``, ``down:7``, ``film:7:3``,
    ``time:…``)."""
    verb, _, what = press.partition(":")
    if verb == "slot":
        _choose(fields, what)
        return True
    if verb == "time":
        name, _, exact = what.partition(":")
        _answer(fields, name, WallFields(exact=exact[:40]))
        return False
    order = [number for number, _alt in fields.media]
    which = int(what) if _is_id(what) else 0
    if verb == "add" and which and which not in order:
        fields.media.append((which, ""))
    elif verb in ("drop", "up", "down") and which in order:
        _shift(fields.media, order.index(which), verb)
    elif verb == "film":
        _film(fields, what)
    return documents.rearranged(fields.documents, press) or verb in ("add", "drop", "up", "down", "again", "film")


def _film(fields: Fields, what: str) -> None:
    """Put a video in the place of the picture that stands for it: ``7:3`` is picture 7 of video 3."""
    picture, _, video = what.partition(":")
    said = next((alt for number, alt in fields.media if str(number) == picture), "")
    if _is_id(video) and int(video) not in [each.id for each in fields.videos]:
        fields.videos.append(VideoFields(int(video), said))
    fields.media = [(number, alt) for number, alt in fields.media if str(number) != picture]


def _choose(fields: Fields, what: str) -> None:
    """A time that the bar suggests, as wall time; or ``approved``: as soon as it is."""
    day, _at, time = what[:16].partition("T")
    fields.when_approved = what == "approved"
    fields.publish = WallFields() if fields.when_approved else WallFields(day, time)


def _answer(fields: Fields, name: str, wall: WallFields) -> None:
    """Which of two moments was meant, in the field ``name``: ``publish``, or ``at-3`` for a channel's own time."""
    head, _, number = name.partition("-")
    if head == "at" and _is_id(number):
        fields.times[int(number)] = wall
    elif head == "event" and number in fields.event.times:
        fields.event.times[number] = wall
    elif name in ("publish", "latest", "embargo"):
        setattr(fields, name, wall)


def _shift(media: list[tuple[int, str]], place: int, verb: str) -> None:
    moved = media.pop(place)
    if verb != "drop":
        media.insert(max(0, place - 1 if verb == "up" else place + 1), moved)
