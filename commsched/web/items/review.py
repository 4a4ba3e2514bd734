"""Approving: what waits for me, and one item with everything an approver needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from flask import Blueprint, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import approval_window, read_time
from commsched.services.approval import comments
from commsched.services.content import times
from commsched.services.kernel import members
from commsched.services.kernel.context import Actor
from commsched.services.review import undo
from commsched.services.views import beside, review
from commsched.services.views.review import Review
from commsched.services.workflow import approve
from commsched.store.models import Decision, Item
from commsched.web.components.mail_status import mailed
from commsched.web.components.pictures import picture_url
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("approve", __name__, url_prefix="/w/<slug>")
NAV = NavEntry("approve.index", N_("Approve"), "stamp", order=25, permission="approve", phone=True, group="daily")


@bp.get("/approve")
@allow("read")
def index() -> str:
    """What waits for the reader, and what waits for others."""
    rows = review.waiting(installation(), actor())
    with installation().store.read(actor().workspace) as session:
        channels = review.channels_by_id(session)
    return page(
        "items/waiting.html",
        mine=[row for row in rows if row.mine],
        others=[row for row in rows if not row.mine],
        channels=channels,
        picture_url=picture_url,
        regret=_regret(),
    )


QUICK: Final = {"typo": N_("Typo"), "figure": N_("The figure"), "call": N_("Call me")}
"""Reasons that send it back in one press more."""


@bp.get("/items/<int:item_id>/review")
@allow("read")
def show(item_id: int) -> str:
    """One item. ``?done=2``: two have been decided before it in the same sitting. ``?regret=17``: the decision that was
    made a moment ago, which is offered to be taken back."""
    return _page(review.review(installation(), actor(), item_id, deciding=True), Form())


def _page(shown: Review, form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        workspace = members.workspace_of(session, actor())
    if shown.seen.unseen:
        comments.read(installation(), actor(), shown.seen.item.id)
    until = approval_window(
        shown.seen.plan.first,
        installation().now(),
        workspace.window_before_hours,
        workspace.window_after_hours,
        shown.seen.plan.last,
    )[1]
    return page(
        "items/review.html",
        shown=shown,
        form=form,
        picture_url=picture_url,
        until=until,
        quick=QUICK,
        checks=checked(shown, actor()),
        done_before=_count("done"),
        regret=_regret(),
    )


def checked(shown: Review, reader: Actor) -> list[beside.Checked]:
    """What others have said of the item's facts, for whoever decides."""
    if not shown.seen.beside:
        return []
    with installation().store.read(reader.workspace) as session:
        return beside.read_beside(installation(), session, reader, shown.seen).checks


def _count(name: str) -> int:
    """A number in the address, which anybody may have written."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


class Regret(msgspec.Struct, frozen=True):
    """A decision that can still be taken back."""

    item: Item
    decision: Decision
    until: datetime | None
    """When it goes out, if that is within the time in which the page offers the undo."""


def _regret() -> Regret | None:
    number = _count("regret")
    if not number:
        return None
    with installation().store.read(actor().workspace) as session:
        row = session.execute(
            select(Decision, Item).join(Item, Item.id == Decision.item_id).where(Decision.id == number)
        ).first()
        if row is None or not undo.can_undo(session, row[1], row[0], actor().person):
            return None
        first = times.plan(session, row[1]).first
    soon = row[1].state == "scheduled" and first is not None and first <= row[0].at + approve.SECOND_THOUGHTS
    return Regret(row[1], row[0], first if soon else None)


@bp.post("/items/<int:item_id>/review")
@allow("approve")
def decide(item_id: int) -> str | Response | tuple[str, int]:
    """Yes, or back with a word. The decision is on exactly the hash that the page showed. What waits next follows."""
    form = Form.read()
    with form.catch():
        content_hash, comment = form.text("hash", 64), form.text("comment", 10_000)
        verdict = form.text("verdict", 20)
        if verdict == "approve":
            until = read_until(form, place().zone)
            decision = approve.approve(installation(), actor(), item_id, content_hash, comment, until)
            return go_on(item_id, decision)
        reason = why(verdict, comment)
        decision = approve.request_changes(installation(), actor(), item_id, content_hash, reason)
        return go_on(item_id, decision, _sent_back())
    return _page(review.review(installation(), actor(), item_id, deciding=True), form), form.status


def why(verdict: str, comment: str) -> str:
    """The words with which it is sent back: a quick reason, what was typed, or both."""
    quick = translated(QUICK[verdict]) if verdict in QUICK else ""
    return ": ".join(words for words in (quick, comment) if words)


def go_on(item_id: int, decision: int, sentence: str = "") -> Response:
    """To the next that waits, or to the list where none does; both tell what was just decided, to be taken back.
    ``sentence`` is what more there is to say."""
    waits, wish = [number for number in review.mine(installation(), actor()) if number != item_id], _count("next")
    if not waits:
        return done(sentence, "approve.index", regret=decision)
    following = wish if wish in waits else waits[0]
    return done(sentence, "approve.show", item_id=following, done=_count("done") + 1, regret=decision)


@bp.post("/items/<int:item_id>/review/undo")
@allow("approve")
def take_back(item_id: int) -> str | Response | tuple[str, int]:
    """As if it had not been decided. Where that is too late, the page says so."""
    form = Form.read()
    with form.catch():
        undo.undo(installation(), actor(), item_id, form.number("decision", 1, 2**53))
        return done(_("Taken back. It waits for you again."), "approve.show", item_id=item_id)
    return _page(review.review(installation(), actor(), item_id, deciding=True), form), form.status


def _sent_back() -> str:
    if mailed():
        return ""
    return _("It is sent back. Its writer sees it on Today, but gets no mail: no mail server is set.")


def read_until(form: Form, zone: str) -> datetime | None:
    """Until when the yes counts: one of the choices, or a day (to its end); ``None``: the office's rule."""
    match form.text("until", 20):
        case "day":
            day = form.text("until_day", 20)
            if not day:
                raise Invalid(N_("Choose a day too."), "until")
            return read_time(f"{day}T23:59", zone, 0, field="until").at
        case "week":
            return installation().now() + timedelta(days=7)
    return None
