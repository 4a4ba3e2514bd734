"""Approving by the address in a mail: GET shows, POST decides, once. Works without an account, for nobody else.

A mail scanner that follows every link spends nothing: only a POST with this page's own form decides.
"""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from commsched.core.access.routes import public
from commsched.core.text.messages import N_, Conflict, NotAllowed, NotFound, OfficeError
from commsched.core.timing.wall_time import approval_window
from commsched.services.content import items
from commsched.services.documents import library as documents
from commsched.services.media import search
from commsched.services.review import proposals, undo
from commsched.services.views import review
from commsched.services.workflow import approval_links
from commsched.store.models import Decision
from commsched.web.components.documents import serve as serve_document
from commsched.web.components.pictures import serve
from commsched.web.http.forms import Form
from commsched.web.http.i18n import translated
from commsched.web.http.request_context import installation, page
from commsched.web.items.proposals import fields_of, prepared_from
from commsched.web.items.review import QUICK, checked, read_until, why

bp = Blueprint("links", __name__, url_prefix="/a")

OVER = (approval_links.Spent, NotFound)


@bp.get("/<token>")
@public
def show(token: str) -> Response:
    """The item as it will look. Nothing is spent."""
    try:
        return _shown(approval_links.open_link(installation(), token), token, Form())
    except OVER as error:
        return _over(error, token)


def _shown(link: approval_links.LinkPage, token: str, form: Form) -> Response:
    """In the language of the person the link was sent to, and the zone of their office."""
    if not request.cookies.get("language"):
        g.language = link.actor.language
    shown = review.review(installation(), link.actor, link.item.id, deciding=True)
    workspace = link.workspace
    until = approval_window(
        shown.seen.plan.first,
        installation().now(),
        workspace.window_before_hours,
        workspace.window_after_hours,
        shown.seen.plan.last,
    )[1]

    def picture_url(sha256: str, small: bool = False) -> str:
        return url_for("links.picture", token=token, sha256=sha256, small=1 if small else None)

    def document_url(sha256: str) -> str:
        return url_for("links.document", token=token, sha256=sha256)

    body = page(
        "items/approval_link.html",
        shown=shown,
        link=link,
        form=form,
        workspace=workspace,
        zone=workspace.zone,
        picture_url=picture_url,
        document_url=document_url,
        until=until,
        token=token,
        quick=QUICK,
        checks=checked(shown, link.actor),
    )
    return _private(make_response(body, form.status))


def _over(error: OfficeError, token: str) -> Response:
    """Why it is over; to whoever has used it, what they decided, what became of it and whether they can take it
    back."""
    outcome = getattr(error, "outcome", None)
    if outcome is not None and not request.cookies.get("language"):
        g.language = outcome.language
    zone = outcome.workspace.zone if outcome is not None else ""
    body = page(
        "items/approval_link_over.html",
        words=translated(error.words),
        thanks=None,
        outcome=outcome,
        zone=zone,
        token=token,
        undoable=undo.link_can_be_undone(installation(), outcome),
    )
    return _private(make_response(body, error.status))


def _private(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<token>")
@public
def decide(token: str) -> Response:
    """The decision, on exactly the version the page showed."""
    form = Form.read()
    try:
        link = approval_links.open_link(installation(), token)
        with form.catch():
            pressed, comment = form.text("verdict", 20), form.text("comment", 10_000)
            verdict = "approve" if pressed == "approve" else "changes"
            until = read_until(form, link.workspace.zone) if verdict == "approve" else None
            words = comment if verdict == "approve" else why(pressed, comment)
            approval_links.decide(installation(), token, verdict, form.text("hash", 64), words, until)
            return _thanks(link, verdict, token)
        return _shown(approval_links.open_link(installation(), token), token, form)
    except OVER as error:
        return _over(error, token)


@bp.post("/<token>/undo")
@public
def take_back(token: str) -> Response:
    """As if the link had not been used: it shows the item again. Where that is too late, it says so."""
    try:
        approval_links.open_link(installation(), token)
    except approval_links.Spent as error:
        used = error.outcome
        if used is None or used.actor is None:
            return _over(error, token)
        try:
            undo.undo_by_link(installation(), used.actor, used.link_id)
        except (Conflict, NotAllowed) as late:
            return _over(approval_links.Spent(late.words.message, used), token)
    return redirect(url_for("links.show", token=token), 303)


def _thanks(link: approval_links.LinkPage, verdict: str, token: str) -> Response:
    if not request.cookies.get("language"):
        g.language = link.actor.language
    with installation().store.read(link.actor.workspace) as session:
        item = items.load(session, link.item.id)
    return _private(
        make_response(
            page(
                "items/approval_link_over.html",
                words="",
                thanks=verdict,
                item=item,
                outcome=None,
                token=token,
                undoable=item.state not in ("publishing", "published", "partly_published"),
                workspace=link.workspace,
                zone=link.workspace.zone,
            )
        )
    )


@bp.get("/<token>/propose")
@public
def propose(token: str) -> Response:
    """Other words, to be proposed by the link. Nothing is spent."""
    try:
        return _proposing(approval_links.open_link(installation(), token), token, Form())
    except OVER as error:
        return _over(error, token)


def _proposing(link: approval_links.LinkPage, token: str, form: Form) -> Response:
    if not request.cookies.get("language"):
        g.language = link.actor.language
    shown = review.review(installation(), link.actor, link.item.id)
    body = page(
        "items/approval_link_propose.html",
        link=link,
        workspace=link.workspace,
        action=url_for("links.make_proposal", token=token),
        back=url_for("links.show", token=token),
        **fields_of(shown, form),
    )
    return _private(make_response(body, form.status))


@bp.post("/<token>/propose")
@public
def make_proposal(token: str) -> Response:
    """Send the proposal, by which the link is used."""
    form = Form.read()
    try:
        link = approval_links.open_link(installation(), token)
        with form.catch():
            prepared = prepared_from(form, link.actor, link.item.id)
            words, approves, shown = form.text("comment", 10_000), form.flag("approves"), form.text("hash", 64)

            def deed(session: Session, used: approval_links.LinkPage) -> Decision:
                item = used.item.id
                return proposals.propose_in(installation(), session, used.actor, item, shown, prepared, words, approves)

            approval_links.spend(installation(), token, deed)
            return _thanks(link, "changes", token)
        return _proposing(approval_links.open_link(installation(), token), token, form)
    except OVER as error:
        return _over(error, token)


@bp.get("/<token>/pictures/<sha256>")
@public
def picture(token: str, sha256: str) -> Response:
    """A picture of the item that the link is for, also one that was taken away; no other."""
    link = approval_links.open_link(installation(), token)
    if not approval_links.shows(installation(), link, sha256):
        raise NotFound(N_("There is no such picture."))
    return serve(search.by_hash(installation(), link.workspace.id, sha256), bool(request.args.get("small")))


@bp.get("/<token>/documents/<sha256>")
@public
def document(token: str, sha256: str) -> Response:
    """A document of the item that the link is for, to be saved; no other."""
    link = approval_links.open_link(installation(), token)
    with installation().store.read(link.workspace.id) as session:
        row = documents.by_hash(session, [sha256]).get(sha256)
    if row is None or not approval_links.shows(installation(), link, sha256):
        raise NotFound(N_("There is no such document."))
    shown = next((each for each in link.revision.parsed().documents if each.sha256 == sha256), None)
    return _private(serve_document(documents.file_of(installation(), row), row, shown.title if shown else ""))
