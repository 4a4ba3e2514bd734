"""Saying that one comes to what an invitation is to: from the link in one's own mail, or openly from the newsroom.

A GET only asks, since mail scanners open every link. An answer that is sent twice is one answer.
"""

from __future__ import annotations

from flask import Blueprint, g, make_response, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import public
from commsched.core.content.mentions import plainly
from commsched.core.press.words import event_rows
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.press import answers
from commsched.services.press.answers import Invitation, Reply
from commsched.services.public import newsroom
from commsched.services.public.newsroom import Newsroom
from commsched.store.models import Workspace
from commsched.web.http.forms import Form
from commsched.web.http.request_context import installation, page

bp = Blueprint("answers", __name__)
FIELDS = ("coming", "name", "outlet", "email", "phone", "wishes")


@bp.route("/r/<token>", methods=["GET", "POST"])
@public
def own(token: str) -> Response:
    """From the link in a mail: its reader's address is known, and what they answered before stands in the form."""
    try:
        invitation, email = answers.by_token(installation(), token)
    except NotFound:
        return _gone()
    earlier = answers.mine(installation(), invitation, email) if email else None
    return _page(_room(invitation), invitation, earlier or Reply(True, "", "", email), email)


@bp.route("/n/<place>/<address>/rsvp", methods=["GET", "POST"])
@public
def openly(place: str, address: str) -> Response:
    """From the newsroom. What somebody else has answered is shown to nobody."""
    try:
        room, entry = newsroom.entry(installation(), place, address)
        invitation = answers.of_item(installation(), room.id, entry.uid, entry.content)
    except NotFound:
        return _gone()
    return _page(room, invitation, Reply(True, "", "", ""))


def _room(invitation: Invitation) -> Newsroom:
    with installation().store.read(invitation.workspace) as session:
        slug = session.get_one(Workspace, invitation.workspace).slug
    return newsroom.find_room(installation(), slug)


def _gone() -> Response:
    g.language = preferred(request.headers.get("Accept-Language", ""))
    return _answer("public/gone.html", 404, room=None)


def _page(room: Newsroom, invitation: Invitation, before: Reply, linked: str = "") -> Response:
    g.language = known(invitation.content.language, room.language)
    off = invitation.event.called_off
    over = off or installation().now() > invitation.closes
    form = Form.read() if request.method == "POST" else Form(_typed(before))
    answer: Reply | None = None
    if request.method == "POST":
        with form.catch():
            reply = _read(form)
            answers.give(installation(), invitation, reply, request.remote_addr or "", linked)
            answer = reply
    content = plainly(invitation.content)
    shown = {"content": content, "rows": event_rows(content), "form": form, "given": answer, "over": over, "off": off}
    return _answer("public/answer.html", form.status if answer is None else 200, room=room, fields=FIELDS, **shown)


def _typed(reply: Reply) -> dict[str, object]:
    return {
        "coming": "yes" if reply.coming else "no",
        "name": reply.name,
        "outlet": reply.outlet,
        "email": reply.email,
        "phone": reply.phone,
        "wishes": reply.wishes,
    }


def _read(form: Form) -> Reply:
    if form.text("coming", 5) not in ("yes", "no"):
        raise Invalid(N_("Choose whether you come."), "coming")
    return Reply(
        coming=form.text("coming", 5) == "yes",
        name=form.text("name", 200),
        outlet=form.text("outlet", 200),
        email=form.text("email", 254),
        phone=form.text("phone", 60),
        wishes=form.text("wishes", 2000),
    )


def _answer(template: str, status: int, **shown: object) -> Response:
    """A page that is kept nowhere and found by nobody: it may hold somebody's name."""
    response = make_response(page(template, **shown), status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
