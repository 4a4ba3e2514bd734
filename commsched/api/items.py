"""Items: write, change, ask, approve, schedule, move, stop."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import msgspec
from flask import request

from commsched.api import bodies, schemas, serializers
from commsched.api.problems import NoIfMatch, Stale
from commsched.api.routing import (
    ID,
    Paged,
    Param,
    WithHeaders,
    actor,
    convert,
    installation,
    number,
    page,
    paged,
    read_json,
    route,
    section,
    several,
)
from commsched.core.content.draft import DraftIn
from commsched.core.timing.wall_time import read_bound, read_time
from commsched.services.approval import comments
from commsched.services.content import items as rows
from commsched.services.content import queries, times
from commsched.services.content.drafts import as_draft
from commsched.services.content.items import Changed
from commsched.services.kernel import members
from commsched.services.views.item_view import names, read_item
from commsched.services.workflow import approve as approving
from commsched.services.workflow import corrections, editing, idempotency, takedown
from commsched.services.workflow import schedule as scheduling

bp = section("items")
ONE = f"/items/<{ID}:id>"
KEY = Param("Idempotency-Key", "Any text of your own. The same key again gives the same answer.", "header")
IF_MATCH = Param(
    "If-Match",
    "The hash of the revision that you read, or the item's stamp, with or without quotes.",
    "header",
    required=True,
)
TRIES = 3
"""How often a change is laid anew over what somebody else saved while it was being made."""
FILTERS = (
    Param("state", "One or several states.", many=True),
    Param("channel", "The id of a channel.", type="integer"),
    Param("person", "The id of its writer.", type="integer"),
    Param("kind", "post, release or letter."),
    Param("q", "Words that it contains."),
    Param("from", "Planned at this time or later."),
    Param("to", "Planned before this time; a day alone is included."),
)


def full(id: int) -> WithHeaders[schemas.ItemOut]:
    """The item as it is now, its revision's hash as its ETag."""
    seen = serializers.item(read_item(installation(), actor(), id))
    return WithHeaders(seen, {"ETag": f'"{seen.revision.hash}"'})


@route(
    bp,
    "POST",
    "/items",
    "write",
    "Make a draft",
    body=DraftIn,
    answer=schemas.ItemOut,
    status=201,
    params=(KEY,),
    errors=(422,),
)
def create_item(body: DraftIn) -> WithHeaders[schemas.ItemOut | str]:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        created = full(editing.create(installation(), actor(), body))
        return WithHeaders(created.body, created.headers | _location(created.body.id))
    claim = idempotency.create(installation(), actor(), body, key)
    if claim.answer:
        item = msgspec.json.decode(claim.answer)
        return WithHeaders(claim.answer, {"ETag": f'"{item["revision"]["hash"]}"'} | _location(claim.item_id))
    created = full(claim.item_id)
    if not claim.again:
        idempotency.keep(installation(), actor(), key, msgspec.json.encode(created.body).decode())
    return WithHeaders(created.body, created.headers | _location(claim.item_id))


def _location(id: int) -> dict[str, str]:
    return {"Location": f"{installation().base_url}/api/v1/items/{id}"}


@route(
    bp,
    "GET",
    "/items",
    "read",
    "List items, newest first",
    answer=list[schemas.ItemLine],
    params=FILTERS,
    errors=(422,),
    paged=True,
)
def list_items() -> Paged:
    with installation().store.read(actor().workspace) as session:
        zone = members.workspace_of(session, actor()).zone
        wish = queries.ItemQuery(
            states=several("state"),
            channel=number("channel"),
            person=number("person"),
            words=request.args.get("q", "")[:200],
            kind=request.args.get("kind", ""),
            start=_time("from", zone),
            end=_time("to", zone),
        )
        asked = page()
        matches = queries.items(session, wish, asked)
        called = names(session, (item.author_id for item, _ in matches))
        plans = times.plans(session, (item for item, _ in matches))
        return paged(
            matches, lambda row: serializers.line(row, called, plans[row[0].id]), asked, lambda row: int(row[0].id)
        )


def _time(name: str, zone: str) -> datetime | None:
    value = request.args.get(name, "").strip()
    # a + that was not escaped has become a space on the way
    value = value.replace(" ", "+") if value.count(" ") == 1 and "T" in value else value
    return read_bound(value, zone, name, end=name == "to") if value else None


@route(
    bp,
    "GET",
    ONE,
    "read",
    "Show an item with its revision, approvals and deliveries",
    answer=schemas.ItemOut,
    errors=(404,),
)
def get_item(id: int) -> WithHeaders[schemas.ItemOut]:
    return full(id)


@route(
    bp,
    "PUT",
    ONE,
    "write",
    "Make a new revision. Fields left out stay as they are, null or empty clears them",
    body=DraftIn,
    answer=schemas.ItemOut,
    params=(IF_MATCH,),
    errors=(404, 409, 412, 422, 428),
)
def change_item(id: int, body: DraftIn) -> WithHeaders[schemas.ItemOut]:
    expected = request.headers.get("If-Match", "").strip()
    if not expected:
        raise NoIfMatch
    for _ in range(TRIES):
        with installation().store.read(actor().workspace) as session:
            item = rows.load(session, id)
            current = rows.current(session, item)
            before = as_draft(installation(), session, item, current)
        if not _matches(expected, current.hash, serializers.stamp(item, current)):
            break
        # what was left out of the change is as it was read here: a save in between would be undone by it
        with suppress(Changed):
            editing.save(installation(), actor(), id, _merge(before), current.hash, expected_stamp=rows.stamp(item))
            return full(id)
    raise Stale(current.hash)


def _matches(header: str, *current: str) -> bool:
    """``If-Match`` as RFC 9110 has it, or just the hash or the stamp."""
    wanted = (tag.strip().removeprefix("W/").strip('"').lower() for tag in header.split(","))
    return any(tag in ("*", *current) for tag in wanted)


def _merge(before: DraftIn) -> DraftIn:
    """What was sent, laid over what was there. A new time brings its own latest time, and an item without a time has
    no channels with one."""
    sent = convert(read_json(), dict[str, object])
    kept = msgspec.to_builtins(before)
    if sent.get("publish_at", "") is None:
        kept["channels"] = before.channel_ids
    if "publish_at" in sent:
        kept.pop("latest_at", None)
        kept.pop("when_approved", None)
    if sent.get("when_approved"):
        kept["channels"] = before.channel_ids
        kept.pop("publish_at", None)
    return convert(kept | sent, DraftIn)


@route(
    bp,
    "POST",
    f"{ONE}/submit",
    "write",
    "Ask for approval of the current revision",
    body=bodies.SubmitIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def submit_item(id: int, body: bodies.SubmitIn) -> WithHeaders[schemas.ItemOut]:
    accepting = _hash(body.accepting) if body.accepting else None
    approving.submit(installation(), actor(), id, then_schedule=body.schedule, accepting=accepting)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/approve",
    "approve",
    "Say yes to exactly the content with this hash",
    body=bodies.ApproveIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def approve_item(id: int, body: bodies.ApproveIn) -> WithHeaders[schemas.ItemOut]:
    until = _moment(body.until, "until") if body.until else None
    approving.approve(installation(), actor(), id, _hash(body.hash), body.comment, until)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/accept",
    "write",
    "Take on what another wrote in exactly this hash",
    body=bodies.AcceptIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def accept_item(id: int, body: bodies.AcceptIn) -> WithHeaders[schemas.ItemOut]:
    approving.accept(installation(), actor(), id, _hash(body.hash))
    return full(id)


def _moment(value: str, field: str) -> datetime:
    with installation().store.read(actor().workspace) as session:
        zone = members.workspace_of(session, actor()).zone
    return read_time(value, zone, field=field).at


def _hash(value: str) -> str:
    return value.strip().strip('"').lower()


@route(
    bp,
    "POST",
    f"{ONE}/request-changes",
    "approve",
    "Send it back with a word on what to change",
    body=bodies.ChangesIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def request_changes(id: int, body: bodies.ChangesIn) -> WithHeaders[schemas.ItemOut]:
    approving.request_changes(installation(), actor(), id, _hash(body.hash), body.comment)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/schedule",
    "schedule",
    "Put an approved item in the outbox",
    body=bodies.ScheduleIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def schedule_item(id: int, body: bodies.ScheduleIn) -> WithHeaders[schemas.ItemOut]:
    scheduling.schedule(installation(), actor(), id, body.publish_at, body.fold, body.latest_at)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/move",
    "schedule",
    "Move it to another time; the approval stands inside its window",
    body=bodies.MoveIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def move_item(id: int, body: bodies.MoveIn) -> WithHeaders[schemas.ItemOut]:
    scheduling.move(installation(), actor(), id, body.publish_at, body.fold, body.ask_again, body.channels)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/cancel",
    "schedule",
    "Stop everything of it that is not out yet",
    body=bodies.Nothing,
    answer=schemas.ItemOut,
    errors=(404, 409),
)
def cancel_item(id: int, body: bodies.Nothing) -> WithHeaders[schemas.ItemOut]:
    scheduling.cancel(installation(), actor(), id)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/bypass",
    "bypass",
    "In an emergency, let it out without approval; every approver is told",
    body=bodies.ReasonIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def bypass_approval(id: int, body: bodies.ReasonIn) -> WithHeaders[schemas.ItemOut]:
    approving.bypass(installation(), actor(), id, body.reason)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/correct",
    "write",
    "Begin a correction of what stands on the office's own pages",
    body=bodies.Nothing,
    answer=schemas.ItemOut,
    errors=(404, 409),
)
def correct_item(id: int, body: bodies.Nothing) -> WithHeaders[schemas.ItemOut]:
    """The draft that was begun, or the one that somebody has begun already."""
    return full(corrections.begin(installation(), actor(), id))


@route(
    bp,
    "POST",
    f"{ONE}/take-down",
    "resolve",
    "Take it off the office's own pages and off the networks",
    body=bodies.TakeDownIn,
    answer=schemas.ItemOut,
    errors=(404, 409, 422),
)
def take_down_item(id: int, body: bodies.TakeDownIn) -> WithHeaders[schemas.ItemOut]:
    """What has become of it on each network stands in ``removals``."""
    takedown.take_down(
        installation(), actor(), id, body.reason, body.kind, moved_to=body.moved_to, elsewhere=body.elsewhere
    )
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/put-back",
    "approve",
    "Let it stand on the office's own pages again",
    body=bodies.Nothing,
    answer=schemas.ItemOut,
    errors=(404, 409),
)
def put_back_item(id: int, body: bodies.Nothing) -> WithHeaders[schemas.ItemOut]:
    takedown.put_back(installation(), actor(), id)
    return full(id)


@route(
    bp,
    "POST",
    f"{ONE}/comments",
    "comment",
    "Say something about it to the others",
    body=bodies.CommentIn,
    answer=schemas.CommentOut,
    status=201,
    errors=(404, 422),
)
def add_comment(id: int, body: bodies.CommentIn) -> schemas.CommentOut:
    number = comments.comment(installation(), actor(), id, body.body, body.quote).id
    seen = serializers.item(read_item(installation(), actor(), id))
    return next(comment for comment in seen.comments if comment.id == number)
