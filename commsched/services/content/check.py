"""What every channel says of content, and what is wrong whatever the channel: one judgement for composer, API, import
and publisher."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from itertools import islice
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace
from sqlalchemy import BigInteger, Select, bindparam, select
from sqlalchemy.orm import Session

from commsched.core.content.mentions import NETWORKS, key_of, named_in, unknown_in
from commsched.core.content.model import Content
from commsched.core.installation import signed_addresses
from commsched.core.installation.inner_links import links_of
from commsched.core.media.consent import lapsed
from commsched.core.platform.attached import check_attached
from commsched.core.platform.channel_view import Stored, for_channel
from commsched.core.platform.contract import ChannelView, Platform
from commsched.core.platform.fitting import describe_fitting
from commsched.core.platform.limits import Limits
from commsched.core.platform.parts import AltRule
from commsched.core.platform.video_fitting import once_made
from commsched.core.press.release_checks import release_problems
from commsched.core.text.messages import N_, Message, Problem, block, warn
from commsched.core.timing import embargo
from commsched.core.timing.wall_time import PASSED, passed
from commsched.services.contacts import lists
from commsched.services.content import embargo_times
from commsched.services.content.compose import stored
from commsched.services.content.neighbours import Neighbour, Neighbours, neighbours
from commsched.services.costs.judging import judge_cost
from commsched.services.documents import remarks as document_remarks
from commsched.services.kernel.context import Installation, mute
from commsched.services.links.checks import MOST_LINKS, link_problems
from commsched.services.links.pages import Page
from commsched.services.links.pages import known as read_pages
from commsched.services.media import provenance, video_forms
from commsched.store.models import Channel, Workspace


class Checked(msgspec.Struct, frozen=True):
    """How one channel takes a draft: its length as the platform counts, its limit, and what is wrong."""

    channel: int
    name: str
    platform: str
    count: int
    limit: int | None
    cost: float
    problems: list[Problem]
    notes: list[Message] = []
    """What is done to it for this channel: to its pictures, and by its embargo."""


class Around(msgspec.Struct, frozen=True):
    """What a page has read already, so that no judgement reads it again: the office, and its channels by their ids."""

    workspace: Workspace
    channels: Mapping[int, Channel]


class Judgement(msgspec.Struct, frozen=True):
    """All that is to be said of one content: once a page, handed on to whatever shows some of it."""

    general: list[Problem]
    """Whatever the channel."""
    checked: list[Checked]
    """Channel by channel, in the content's order."""
    neighbours: Neighbours
    files: dict[str, Stored]
    """Its pictures' files, by SHA-256."""
    around: Around
    people: dict[int, tuple[str, ...]] = {}
    """By channel, a sample of its list for the platform to check: the first address, and every line that cannot be
    read."""
    counts: dict[int, int] = {}
    """How many people the list of a channel writes to."""
    pages: dict[str, Page] = {}
    """What was read of the pages that its links lead to, by the link."""

    @property
    def problems(self) -> list[Problem]:
        return [*self.general, *(problem for channel in self.checked for problem in channel.problems)]


def alt_rule(office: Workspace) -> AltRule:
    """What the office wants where alt text is missing. Who has chosen nothing is stopped."""
    return "warn" if office.settings.get("alt_rule") == "warn" else "stop"


def read_around(session: Session) -> Around:
    """The office of ``session`` and every channel of it, removed ones too, in one statement."""
    rows = session.execute(_office(), {"workspace": session.info["workspace"]}).all()
    return Around(rows[0][0], {channel.id: channel for _workspace, channel in rows if channel is not None})


@lru_cache(maxsize=1)
def _office() -> Select[Workspace, Channel]:
    return (
        select(Workspace, Channel)
        .outerjoin(Channel, Channel.workspace_id == Workspace.id)
        .where(Workspace.id == bindparam("workspace", type_=BigInteger))
        .order_by(Channel.id)
    )


def judge(
    installation: Installation,
    session: Session,
    content: Content,
    *,
    uid: str = "",
    item: int = 0,
    publish_at: datetime | None = None,
    own: Mapping[int, datetime] | None = None,
    around: Around | None = None,
    near: bool = True,
) -> Judgement:
    """Judge ``content``, the next version of ``item`` (0: of something new) with the name ``uid``, were it to go out
    at ``publish_at`` (now, where no time is set), and at ``own`` times in some channels. ``around`` is given by whoever
    has read it already. Without ``near``, items that are planned close to it are not looked for."""
    known = around or read_around(session)
    files = stored(installation, session, content)
    texts = [content.link, content.text, *(part.text or "" for part in content.channels)]
    pages = read_pages(session, set(islice(links_of(texts), MOST_LINKS)))
    own, now = own or {}, installation.now()
    others = neighbours(session, item, content, publish_at if near else None, own)
    unwilling = _consent_problems(session, content, max([publish_at or now, now, *own.values()]))
    said = said_before(others.duplicates)
    going = [known.channels[channel.channel] for channel in content.channels if channel.channel in known.channels]
    people = {channel.id: lists.sample(installation, session, channel) for channel in going}
    checked = [
        _check_one(
            installation,
            channel,
            content,
            uid,
            files,
            people[channel.id],
            [*unwilling, *said.get(channel.id, ()), *_time_problems(own.get(channel.id), now)],
            known.workspace,
            pages,
            own.get(channel.id, publish_at),
            session,
        )
        for channel in going
    ]
    counts = {channel.id: lists.count(installation, session, channel) for channel in going if people[channel.id]}
    follows = not content.channels or any(channel.channel not in own for channel in content.channels)
    general = general_problems(content, publish_at if follows else None, now, known.workspace.zone)
    general += document_remarks.problems(installation, session, content)
    general += embargo_times.embargo_problems(installation, content, publish_at, own, known.channels)
    return Judgement(general, checked, others, files, known, people, counts, pages)


def check(
    installation: Installation,
    session: Session,
    content: Content,
    uid: str = "",
    at: datetime | None = None,
    own: Mapping[int, datetime] | None = None,
) -> list[Checked]:
    """What every channel of ``content`` says of it, were it to go out at ``at`` (now, where no time is set), and at its
    ``own`` time in some. The same answer for composer, API, import and publisher."""
    return judge(installation, session, content, uid=uid, publish_at=at, own=own).checked


def _consent_problems(session: Session, content: Content, at: datetime) -> list[Problem]:
    """What stops it: persons in its pictures, or in what they were drawn from, whose consent will have
    ended."""
    sentence = N_("%(name)s has agreed to be shown until %(until)s, and not after. Choose another picture.")
    everybody = provenance.persons(session, sorted(content.stills()))
    return [block("media", sentence, name=person["name"], until=person["until"]) for person in lapsed(everybody, at)]


def said_before(duplicates: list[Neighbour]) -> dict[int, list[Problem]]:
    """A warning for each channel where another item, not cancelled, says the same: queued already, or already out."""
    words = N_("“%(title)s” already says the same in this channel.")
    warnings: dict[int, list[Problem]] = {}
    for item in duplicates:
        for channel in item.channels:
            warnings.setdefault(channel, [warn("text", words, title=item.title)])
    return warnings


def _check_one(
    installation: Installation,
    channel: Channel,
    content: Content,
    uid: str,
    files: Mapping[str, Stored],
    people: tuple[str, ...],
    unwilling: list[Problem],
    office: Workspace,
    pages: Mapping[str, Page],
    at: datetime | None,
    session: Session,
) -> Checked:
    platform = installation.platform(channel.platform)
    view = for_channel(content, channel.id, uid, files, people, alt_rule(office))
    limits = platform.limits(channel.facts)
    problems = [*unwilling, *_content_problems(channel, platform, content, view, limits, files)]
    problems += link_problems(view, installation.base_url, pages, bool(platform.link_card))
    problems += _channel_problems(installation, channel, platform, content, view, office)
    now = installation.now()
    costs = judge_cost(session, platform, channel, view, at or now, now, office.zone)
    return Checked(
        channel.id,
        channel.name,
        platform.key,
        platform.count(view.text, channel.facts),
        limits.characters,
        platform.cost(view),
        problems + costs.problems,
        [
            *costs.notes,
            *embargo_times.embargo_notes(installation, content, at, channel),
            *_unlinked(platform.mentions, content, channel.id),
            *_notes(installation, channel, content, files),
        ],
    )


def _content_problems(
    channel: Channel,
    platform: Platform,
    content: Content,
    view: ChannelView,
    limits: Limits,
    files: Mapping[str, Stored],
) -> list[Problem]:
    """What the platform finds in the words and the files."""
    said = platform.check(view, platform.as_set(channel.facts, channel.settings))
    if content.answers:  # an answer to a comment needs neither a picture nor a headline
        said = [problem for problem in said if problem.field == "text"]
    unready = _unready(content, channel, limits, files)
    files_then = (once_made(file, limits) if file.sha256 in unready else file for file in view.other_files)
    attached = replace(view, other_files=tuple(files_then))
    return [*said, *unready.values(), *check_attached(attached, limits, platform.name)]


def _channel_problems(
    installation: Installation,
    channel: Channel,
    platform: Platform,
    content: Content,
    view: ChannelView,
    office: Workspace,
) -> list[Problem]:
    """What stops the channel itself: its access, the mail server, an address that a network cannot reach."""
    problems = []
    if content.kind not in platform.kinds:
        problems.append(block("channels", N_("%(name)s does not take this kind of item."), name=channel.name))
    if channel.state == "broken":
        problems.append(block("channels", N_("%(name)s has lost its access. Connect it again."), name=channel.name))
    if platform.fetches_files and (view.pictures or view.other_files):
        problems += _fetching_problems(installation, channel, platform.name)
    if mute(installation, channel.platform, office.is_demo, channel.settings.get("relay", "")):
        words = N_("No mail server is set, so %(name)s reaches nobody. It is held at its time, until one is set.")
        problems.append(warn("channels", words, name=channel.name))
    return problems


def _fetching_problems(installation: Installation, channel: Channel, name: str) -> list[Problem]:
    """What stops a platform that fetches pictures and videos itself from having any."""
    if signed_addresses.is_reachable(installation.base_url) or str(channel.settings.get("allow_private", "")) == "1":
        return []
    words = N_(
        "%(platform)s fetches pictures and videos from the office's own address, and %(address)s is not reached from "
        "outside: it must begin with https:// and lie on the internet. Whoever runs the installation sets base_url."
    )
    return [block("channels", words, platform=Message(name), address=installation.base_url)]


def _unready(content: Content, channel: Channel, limits: Limits, files: Mapping[str, Stored]) -> dict[str, Problem]:
    """The item's videos that are not as ``channel`` takes them yet, by their SHA-256, and why."""
    rendered = {rendition.of for rendition in content.on(channel.id).pictures}
    problems = {
        video.sha256: video_forms.pending(
            number, video, files[video.sha256].size, files[video.sha256].forms, limits, channel.name
        )
        for number, video in enumerate(content.videos, 1)
        if video.sha256 in files and video.sha256 not in rendered
    }
    return {sha256: problem for sha256, problem in problems.items() if problem is not None}


def _unlinked(network: str, content: Content, channel: int) -> list[Message]:
    """Who is mentioned by name only on a network, since the mention book has no handle there."""
    words = N_("The mention book has no address for %(name)s on %(network)s, so the name stands there.")
    known = content.on(channel).mentions
    by_name = [name for name in named_in(content) if network and key_of(name) in known and _is_name(name, known)]
    return [Message(words, {"name": name, "network": NETWORKS.get(network, network)}) for name in by_name]


def _is_name(name: str, known: Mapping[str, str]) -> bool:
    return key_of(known[key_of(name)]) == key_of(name)


def _notes(
    installation: Installation, channel: Channel, content: Content, files: Mapping[str, Stored]
) -> list[Message]:
    """What is done to each picture before it goes to ``channel``, so that nobody is surprised by it."""
    own, limits = content.on(channel.id), installation.platform(channel.platform).limits(channel.facts)
    renditions = {rendition.of: rendition for rendition in own.pictures}
    size = {sha256: file.size for sha256, file in files.items()}
    return [
        words
        for number, picture in enumerate(content.pictures, 1)
        for words in describe_fitting(
            number, picture, renditions.get(picture.sha256), own.crop, size, limits, channel.name
        )
    ]


def is_link(text: str) -> bool:
    """Whether ``text`` is a whole address on the web, that a reader could follow."""
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in host.strip(".") and not any(c.isspace() for c in text.strip())


def general_problems(content: Content, publish_at: datetime | None, now: datetime, zone: str) -> list[Problem]:
    """What is wrong whatever the channel: nowhere to go, nothing to say, a time that has passed."""
    problems = _time_problems(publish_at, now)
    if not content.channels:
        problems.append(block("channels", N_("Choose at least one channel.")))
    if not content.text.strip() and not content.attachments and not all(c.text for c in content.channels or ()):
        problems.append(block("text", N_("There is no text.")))
    if content.link and not is_link(content.link):
        words = N_("“%(link)s” is not an address on the web: write the whole of it, with https:// first.")
        problems.append(block("link", words, link=content.link[:80]))
    if content.kind == "release" and not content.title:
        problems.append(block("title", N_("A press release needs a headline.")))
    problems += release_problems(content, publish_at, embargo.notices(content.embargo, zone, content.languages, now))
    for name in unknown_in(content):
        words = N_("“%(name)s” is not in the mention book: write the name without @[ ], or put it in the book.")
        problems.append(block("text", words, name=name))
    if content.corrects and not content.correction:
        problems.append(block("correction", N_("Write what is corrected: readers are told.")))
    return problems


def _time_problems(at: datetime | None, now: datetime) -> list[Problem]:
    """What is wrong with going out at ``at``, the item's time or a channel's own."""
    if at is None:
        return []
    return [block("publish_at", PASSED)] if passed(at, now) else []
