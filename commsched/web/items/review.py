"""Approving: what waits for me, and one item with everything an approver needs."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import approval_window, read_time
from commsched.services.approval import comments
from commsched.services.kernel import members
from commsched.services.views import review
from commsched.services.views.review import Review
from commsched.services.workflow import approve
from commsched.web.components.mail_status import mailed
from commsched.web.components.pictures import picture_url
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
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
    )


@bp.get("/items/<int:item_id>/review")
@allow("read")
def show(item_id: int) -> str:
    return _page(review.review(installation(), actor(), item_id), Form())


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
    return page("items/review.html", shown=shown, form=form, picture_url=picture_url, until=until)


@bp.post("/items/<int:item_id>/review")
@allow("approve")
def decide(item_id: int) -> str | Response | tuple[str, int]:
    """Yes, or back with a word. The decision is on exactly the hash that the page showed."""
    form = Form.read()
    with form.catch():
        content_hash, comment = form.text("hash", 64), form.text("comment", 10_000)
        if form.text("verdict", 20) == "approve":
            approve.approve(installation(), actor(), item_id, content_hash, comment, read_until(form, place().zone))
            return done(_("Approved. Thank you."), "approve.index")
        approve.request_changes(installation(), actor(), item_id, content_hash, comment)
        return done(_sent_back(), "approve.index")
    return _page(review.review(installation(), actor(), item_id), form), form.status


def _sent_back() -> str:
    if mailed():
        return _("It is sent back, and its writer is told.")
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
