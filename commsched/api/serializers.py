"""From rows to answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import msgspec
from flask import g

from commsched.api import schemas as out
from commsched.api.problems import in_language
from commsched.api.routing import PREFIX
from commsched.core.approval.rules import Verdict
from commsched.core.content.draft import SourceIn
from commsched.core.content.model import Content, Kind
from commsched.core.delivery.lifecycle import REASONS, DeliveryState, ItemState
from commsched.core.text.catalogues import gettext, stored, translate
from commsched.core.text.languages import DEFAULT
from commsched.core.timing.plan import Plan
from commsched.services.accounts.sessions import Visitor
from commsched.services.content.check import Checked
from commsched.services.content.items import stamp as item_stamp
from commsched.services.content.queries import Doubt, Reach
from commsched.services.kernel.context import Installation
from commsched.services.media.library import Added
from commsched.services.notices.shifted_times import wall
from commsched.services.upkeep.removals import State as RemovalState
from commsched.services.views.item_view import ItemView
from commsched.services.workflow.pause import why
from commsched.store.models import (
    Attempt,
    AuditEntry,
    Channel,
    Decision,
    Delivery,
    Item,
    Media,
    Revision,
    Video,
    Workspace,
)

Names = Mapping[int, str]
Stopped = Literal["", "cancelled", "dropped"]
ChannelState = Literal["ok", "broken", "archived"]


def language() -> str:
    return str(g.get("language") or DEFAULT)


def reason_text(reason: str) -> str:
    """Why something waits or stopped, in words."""
    return gettext(language(), REASONS[reason]) if reason in REASONS else ""


def person(number: int | None, names: Names) -> out.PersonOut | None:
    return out.PersonOut(number, names.get(number, "")) if number is not None else None


def attempt(row: Attempt) -> out.AttemptOut:
    return out.AttemptOut(
        row.part, row.started_at, row.finished_at, cast(out.Outcome | None, row.outcome or None), row.detail
    )


def delivery(
    row: Delivery, attempts: list[Attempt], doubts: Sequence[Doubt] = (), reach: Reach | None = None
) -> out.DeliveryOut:
    return out.DeliveryOut(
        id=row.id,
        uid=row.uid,
        item=row.item_id,
        channel=row.channel_id,
        state=cast(DeliveryState, row.state),
        due_at=row.due_at,
        latest_at=row.latest_at,
        next_at=row.next_at,
        published_at=row.published_at,
        url=row.url,
        reason=row.reason,
        reason_text=reason_text(row.reason),
        detail=row.detail,
        unknown_parts=[doubt.number for doubt in doubts],
        attempts=[attempt(tried) for tried in attempts],
        stopped=cast(Stopped, row.stop),
        parts=parts(reach) if reach else None,
    )


def parts(reach: Reach) -> out.PartsOut:
    return out.PartsOut(reach.out, reach.under_way, reach.of, [missed.number for missed in reach.missed])


def decision(row: Decision, names: Names) -> out.ApprovalOut:
    return out.ApprovalOut(
        id=row.id,
        verdict=cast(Verdict, row.verdict),
        hash=row.hash,
        person=person(row.person_id, names),
        in_place_of=person(row.in_place_of, names),
        step=row.step,
        comment=row.comment,
        at=row.at,
        window_start=row.window_start,
        window_end=row.window_end,
        via=row.via,
    )


def revision(row: Revision, names: Names) -> out.RevisionOut:
    """The answer holds the very bytes that the hash covers; they are not decoded and encoded again."""
    content = cast(Content, msgspec.Raw(row.content))
    return out.RevisionOut(row.number, row.hash, content, person(row.author_id, names), row.created_at)


def wall_time(row: Item) -> str:
    """The wall clock of the item's zone at its moment, by today's rules: the two never contradict each other."""
    return wall(row.publish_at, row.zone) if row.publish_at and row.zone else row.wall_time


def channel_times(plan: Plan) -> list[out.ChannelTimeOut]:
    return [
        out.ChannelTimeOut(
            channel, slot.at, slot.latest, wall(slot.at, slot.zone) if slot.zone else slot.wall, channel in plan.own
        )
        for channel, slot in plan.slots.items()
    ]


def line(row: tuple[Item, Revision], names: Names, plan: Plan) -> out.ItemLine:
    item, newest = row
    return out.ItemLine(
        id=item.id,
        uid=item.uid,
        kind=cast(Kind, item.kind),
        title=item.title,
        state=cast(ItemState, item.state),
        reason=item.reason,
        publish_at=item.publish_at,
        when_approved=item.when_approved,
        latest_at=item.latest_at,
        wall_time=wall_time(item),
        zone=item.zone,
        author=person(item.author_id, names),
        channels=[channel.channel for channel in newest.parsed().channels],
        channel_times=channel_times(plan),
        revision=out.RevisionRef(newest.number, newest.hash),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def stamp(row: Item, current: Revision) -> str:
    """What an item and its times are as they stand, in one word."""
    return f"{current.hash}.{item_stamp(row)}"


def item(seen: ItemView) -> out.ItemOut:
    row, names = seen.item, seen.people
    return out.ItemOut(
        id=row.id,
        uid=row.uid,
        kind=cast(Kind, row.kind),
        title=row.title,
        state=cast(ItemState, row.state),
        reason=row.reason,
        reason_text=reason_text(row.reason),
        publish_at=row.publish_at,
        when_approved=row.when_approved,
        latest_at=row.latest_at,
        wall_time=wall_time(row),
        zone=row.zone,
        channel_times=channel_times(seen.plan),
        author=person(row.author_id, names),
        created_at=row.created_at,
        updated_at=row.updated_at,
        stamp=stamp(row, seen.revision),
        revision=revision(seen.revision, names),
        sources=[SourceIn(**source) for source in seen.revision.sources],
        approvals=[decision(cast_decision, names) for cast_decision in seen.standing],
        decisions=[decision(cast_decision, names) for cast_decision in seen.decisions],
        problems=_problems(seen),
        deliveries=[
            delivery(entry, seen.attempts.get(entry.id, []), seen.doubts.get(entry.id, ()), seen.reach.get(entry.id))
            for entry in seen.deliveries
        ],
        comments=[
            out.CommentOut(
                comment.id,
                person(comment.person_id, names),
                comment.body,
                comment.revision,
                comment.at,
                comment.quote,
            )
            for comment in seen.comments
        ],
        corrects=row.corrects_id,
        taken_down=seen.taken_down,
        removals=[
            out.RemovalOut(
                each.channel_id, each.part, cast(RemovalState, each.state), each.url, stored(each.detail, language())
            )
            for each in seen.removals
        ],
    )


def _problems(seen: ItemView) -> list[out.ProblemOut]:
    general = [in_language(problem, language()) for problem in seen.problems]
    return general + [
        in_language(problem, language(), check.channel) for check in seen.checked for problem in check.problems
    ]


def checked(channel: Checked, general: list[out.ProblemOut]) -> out.CheckOut:
    """The check of one channel, and the problems that concern every channel."""
    own = [in_language(problem, language(), channel.channel) for problem in channel.problems]
    said = {(problem.level, problem.field) for problem in own}
    rest = [problem for problem in general if (problem.level, problem.field) not in said]
    notes = [translate(words, language()) for words in channel.notes]
    return out.CheckOut(
        channel.channel, channel.name, channel.platform, channel.count, channel.limit, channel.cost, own + rest, notes
    )


def added(installation: Installation, addition: Added, credit: str) -> out.MediaOut:
    """A picture just added: what was removed from its file, and which pictures resemble it."""
    answer = media(installation, addition.media, credit)
    answer.had_location, answer.had_motion = addition.had_location, addition.had_motion
    answer.again, answer.like = addition.again, [row.id for row in addition.like]
    return answer


def video(row: Video) -> out.VideoOut:
    return out.VideoOut(
        id=row.id,
        sha256=row.sha256,
        mime=row.mime,
        width=row.width,
        height=row.height,
        duration=row.duration,
        size=row.size,
        name=row.filename,
        poster=row.poster_id,
    )


def media(installation: Installation, row: Media, credit: str) -> out.MediaOut:
    """``credit``: what goes out with it (:func:`commsched.services.media.provenance.credits_of`)."""
    url = f"{installation.base_url}{PREFIX}/media/{row.id}/file"
    return out.MediaOut(row.id, row.sha256, row.width, row.height, row.mime, row.size, row.alt, credit, url)


def channel(installation: Installation, row: Channel) -> out.ChannelOut:
    limits = installation.platform(row.platform).limits(row.facts)
    return out.ChannelOut(
        id=row.id,
        platform=row.platform,
        name=row.name,
        account=row.account,
        account_name=row.account_name,
        account_url=row.account_url,
        state=cast(ChannelState, row.state),
        trouble=row.trouble,
        token_expires_at=row.token_expires_at,
        checked_at=row.checked_at,
        limits=out.LimitsOut(limits.characters, limits.pictures, limits.alt_characters, limits.needs_picture),
    )


def workspace(place: Workspace, visitor: Visitor) -> out.WorkspaceOut:
    return out.WorkspaceOut(
        id=place.id,
        slug=place.slug,
        name=place.name,
        zone=place.zone,
        language=place.language,
        latest_minutes=place.latest_minutes,
        paused=place.paused_at is not None,
        paused_at=place.paused_at,
        paused_by=place.paused_by,
        pause_reason=gettext(language(), why(place.pause_reason)),
        heartbeat=visitor.heartbeat,
        person=out.PersonOut(visitor.person, visitor.name or visitor.email),
        role=visitor.role,
    )


def entry(row: AuditEntry) -> out.EntryOut:
    return out.EntryOut(
        row.id, row.at, row.actor, row.actor_id, row.action, row.item_id, row.facts, row.hash, row.previous
    )
