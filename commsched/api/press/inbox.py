"""The inbox over the API: what came by mail, who answers it, and the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from flask import request

from commsched.api import bodies
from commsched.api.routing import ID, Paged, Param, actor, installation, number, route, section
from commsched.core.content.draft import Passage
from commsched.services.inbox import answering, messages
from commsched.services.inbox.messages import PAGE, TABS, Line, Sent, Shown, Tab

bp = section("inbox")
_LETTER = f"/inbox/<{ID}:id>"
Version = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class LetterOut(msgspec.Struct):
    """A mail that came in."""

    id: int
    kind: Literal["letter", "automatic", "bounce", "delayed", "leave"]
    state: Literal["new", "answered", "done"]
    version: int
    """What an answer or an assignment must name: who decides on an older one is refused with 409."""
    sender: str
    address: str
    outlet: str
    subject: str
    begins: str
    item: int | None
    assigned_to: int | None
    attachments: int
    at: datetime


class SaidOut(msgspec.Struct):
    """One mail of a conversation: one that came in, or one of ours."""

    ours: bool
    sender: str
    text: str
    state: str
    """Of ours: ``waiting``, ``sending``, ``sent``, ``unknown`` or ``failed``."""
    at: datetime


class ConversationOut(msgspec.Struct):
    letter: LetterOut
    said: list[SaidOut]


class AssignIn(bodies.In):
    version: Version
    person: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    """Whom it is given to; 0 for nobody."""


class AnswerIn(bodies.In):
    version: Version
    text: Passage


class AnsweredOut(msgspec.Struct):
    reply: int
    """The number of the answer, which goes out at once."""


def _letter(line: Line) -> LetterOut:
    row = line.row
    return LetterOut(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        version=row.version,
        sender=line.who,
        address=line.address,
        outlet=row.outlet,
        subject=line.subject,
        begins=line.begins,
        item=row.item_id,
        assigned_to=row.assigned_to,
        attachments=row.attachments,
        at=row.at,
    )


def _said(each: Shown | Sent) -> SaidOut:
    if isinstance(each, Shown):
        return SaidOut(False, each.who, each.text, "", each.row.at)
    return SaidOut(True, each.who, each.text, each.row.state, each.row.created_at)


@route(
    bp,
    "GET",
    "/inbox",
    "read",
    "What came by mail, the newest first",
    answer=list[LetterOut],
    params=(
        Param("tab", "new (waits for an answer; the usual), mine, answered, all, or folded (what machines wrote)."),
        Param("cursor", "Where to go on: from the Link header of the answer before."),
    ),
    errors=(422,),
)
def list_letters() -> Paged:
    wish = request.args.get("tab", "new")
    tab: Tab = next((tab for tab in TABS if tab == wish), "new")
    listing = messages.read(installation(), actor(), tab, number("cursor") or 0)
    rows = [_letter(line) for line in listing.lines]
    return Paged(rows, rows[PAGE - 1].id if listing.more else None)


@route(bp, "GET", _LETTER, "read", "A mail with its conversation", answer=ConversationOut, errors=(404,))
def get_letter(id: int) -> ConversationOut:
    return _conversation(id)


def _conversation(number: int) -> ConversationOut:
    talk = messages.open_one(installation(), actor(), number)
    shown = talk.message
    line = Line(shown.row, shown.who, shown.address, shown.subject, shown.text[:160], talk.title, talk.assigned)
    return ConversationOut(_letter(line), [_said(each) for each in talk.thread])


@route(
    bp,
    "POST",
    f"{_LETTER}/assign",
    "resolve",
    "Say who answers a mail; they are told",
    body=AssignIn,
    answer=ConversationOut,
    errors=(404, 409, 422),
)
def assign_letter(id: int, body: AssignIn) -> ConversationOut:
    messages.assign(installation(), actor(), id, body.person, body.version)
    return _conversation(id)


@route(
    bp,
    "POST",
    f"{_LETTER}/answer",
    "write",
    "Answer a mail from the office's own address, once",
    body=AnswerIn,
    answer=AnsweredOut,
    status=201,
    errors=(404, 409, 422),
)
def answer_letter(id: int, body: AnswerIn) -> AnsweredOut:
    return AnsweredOut(answering.answer(installation(), actor(), id, body.text, body.version))
