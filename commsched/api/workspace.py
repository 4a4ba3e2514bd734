"""The office itself: its channels, its state, its switch, its record; and what a draft would meet on each channel."""

from __future__ import annotations

from flask import g, request
from sqlalchemy import select

from commsched.api import bodies, schemas, serializers
from commsched.api.problems import in_language
from commsched.api.routing import Paged, Param, actor, installation, number, page, paged, route, section
from commsched.core.content.draft import DraftIn, times_of
from commsched.services.content import check, compose, queries
from commsched.services.kernel import members
from commsched.services.media.renditions import make_ready
from commsched.services.workflow import pause
from commsched.store.models import Channel

bp = section("place")


@route(
    bp,
    "POST",
    "/check",
    "read",
    "What each channel says of a draft: its length, its limit, what is wrong",
    body=DraftIn,
    answer=list[schemas.CheckOut],
    errors=(422,),
)
def check_draft(body: DraftIn) -> list[schemas.CheckOut]:
    make_ready(installation(), actor(), body)
    with installation().store.read(actor().workspace) as session:
        workspace = members.workspace_of(session, actor())
        times = times_of(body, workspace.zone)
        content = compose.content_from(installation(), session, workspace, body, times=times)
        at, own = times.publish.at if times.publish else None, times.own_moments
        judged = check.judge(installation(), session, content, publish_at=at, own=own)
        general = [in_language(problem, serializers.language()) for problem in judged.general]
        return [serializers.checked(checked, general) for checked in judged.checked]


@route(
    bp,
    "GET",
    "/channels",
    "read",
    "List the connected channels",
    answer=list[schemas.ChannelOut],
    params=(Param("archived", "1 to see those that were removed, too."),),
)
def list_channels() -> list[schemas.ChannelOut]:
    statement = select(Channel).order_by(Channel.id)
    if request.args.get("archived", "") not in ("1", "true"):
        statement = statement.where(Channel.state != "archived")
    with installation().store.read(actor().workspace) as session:
        return [serializers.channel(installation(), row) for row in session.scalars(statement)]


@route(
    bp,
    "GET",
    "/workspace",
    "read",
    "The office that the token is for, and whether it is paused",
    answer=schemas.WorkspaceOut,
)
def get_workspace() -> schemas.WorkspaceOut:
    return _workspace()


def _workspace() -> schemas.WorkspaceOut:
    with installation().store.read(actor().workspace) as session:
        row = members.workspace_of(session, actor())
    return serializers.workspace(row, g.visitor)


@route(
    bp,
    "POST",
    "/pause",
    "pause",
    "Stop everything",
    body=bodies.ReasonIn,
    answer=schemas.WorkspaceOut,
    errors=(409, 422),
)
def pause_all(body: bodies.ReasonIn) -> schemas.WorkspaceOut:
    pause.pause(installation(), actor(), body.reason)
    return _workspace()


@route(
    bp,
    "POST",
    "/resume",
    "pause",
    "Start again; what fell due meanwhile is held, or sent if it is not too late",
    body=bodies.ResumeIn,
    answer=schemas.ResumedOut,
    errors=(409, 422),
)
def resume_all(body: bodies.ResumeIn) -> schemas.ResumedOut:
    held = pause.resume(installation(), actor(), body.missed)
    return schemas.ResumedOut(False, held, _workspace())


@route(
    bp,
    "GET",
    "/record",
    "read",
    "What was done, by whom: newest first",
    answer=list[schemas.EntryOut],
    params=(Param("item", "Only what concerns this item.", type="integer"),),
    paged=True,
    errors=(422,),
)
def read_record() -> Paged:
    asked = page()
    with installation().store.read(actor().workspace) as session:
        lines = queries.record(session, actor().workspace, asked, number("item"))
    return paged(lines, serializers.entry, asked, lambda row: int(row.id))
