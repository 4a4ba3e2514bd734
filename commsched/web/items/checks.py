"""Asking somebody without an account whether some words are right, and the page where they answer.

A mail scanner that follows the link answers nothing: only a POST with the page's own form does.
"""

from __future__ import annotations

from flask import Blueprint, g, make_response, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow, public
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known
from commsched.core.text.messages import NotFound
from commsched.services.review import fact_checks
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.items import routes

bp = Blueprint("checks", __name__)


@bp.post("/w/<slug>/items/<int:item_id>/checks")
@allow("write")
def ask(item_id: int) -> str | Response | tuple[str, int]:
    """Make the link, and mail it where there is an address."""

    def deed(form: Form) -> str:
        number = fact_checks.ask(
            installation(),
            actor(),
            item_id,
            form.text("name", 200),
            form.text("passage", fact_checks.MOST_PASSAGE),
            form.text("question", 1000),
            form.text("email", 320),
        )
        if not form.text("email", 320):
            return _("The link is made. Copy it below, and send it yourself.")
        if fact_checks.mail(installation(), actor(), item_id, number):
            return _("The question is mailed.")
        return _("The link is made, but no mail was sent. Copy it below, and send it yourself.")

    return routes.act(item_id, "", deed)


@bp.post("/w/<slug>/items/<int:item_id>/checks/<int:check_id>/revoke")
@allow("write")
def revoke(item_id: int, check_id: int) -> str | Response | tuple[str, int]:
    words = _("The question is taken back. Its link leads nowhere any more.")
    return routes.act(item_id, words, lambda _form: fact_checks.revoke(installation(), actor(), item_id, check_id))


@bp.get("/f/<token>")
@public
def show(token: str) -> Response:
    """The words and the question, and nothing else of the item."""
    return _shown(token, Form())


def _shown(token: str, form: Form) -> Response:
    try:
        question = fact_checks.open_link(installation(), token)
    except NotFound as error:
        g.language = preferred(request.headers.get("Accept-Language", ""))
        return _private(make_response(page("items/fact_over.html", words=translated(error.words)), 404))
    g.language = known(question.language)
    return _private(make_response(page("items/fact.html", asked=question, form=form, token=token), form.status))


@bp.post("/f/<token>")
@public
def answer(token: str) -> Response:
    """Right or not, once."""
    form = Form.read()
    with form.catch():
        fact_checks.answer(installation(), token, form.text("verdict", 10), form.text("words", 2_000))
        form = Form()
    return _shown(token, form)


def _private(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"  # a stricter one would hide where the form comes from, too
    return response
