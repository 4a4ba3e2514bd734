"""Signing in, out, and choosing a password by a link."""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import public
from commsched.core.text.messages import OfficeError
from commsched.services.accounts import credential_inventory, invitations, login_throttle, people, sessions
from commsched.services.ops import custody
from commsched.web.http import cookies
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import installation, page
from commsched.web.http.responses import done, local_path

bp = Blueprint("signin", __name__)


@bp.get("/sign-in")
@public
def form() -> str | Response:
    wish = local_path(request.args.get("next", ""))
    if g.visitor:
        return redirect(wish, 303)
    return _shown(Form(), wish)


def _shown(form: Form, wish: str) -> str:
    unknown = custody.behind_unknown_proxy(installation(), "X-Forwarded-For" in request.headers)
    return page("session/sign_in.html", form=form, next=wish, unknown_proxy=unknown)


@bp.post("/sign-in")
@public
def enter() -> str | Response | tuple[str, int, dict[str, str]]:
    """Start a session under a new secret; the session that the browser had before ends."""
    typed = Form.read()
    wish = local_path(typed.text("next", 4000))
    try:
        secret = sessions.sign_in(
            installation(),
            typed.text("email", 300),
            typed.secret("password"),
            request.remote_addr or "",
            request.user_agent.string,
            cookies.device(),
        )
    except OfficeError as error:
        typed.fail("", _(error.words.message), error.status)
        waits = {"Retry-After": str(login_throttle.TooManyTries.retry_after)} if error.status == 429 else {}
        return _shown(typed, wish), error.status, waits
    if old := cookies.session_secret():
        sessions.sign_out(installation(), old)
    response = redirect(wish, 303)
    cookies.set_session(response, secret)
    cookies.set_device(response, login_throttle.remember(installation(), typed.text("email", 300), cookies.device()))
    return response


@bp.post("/sign-out")
@public
def leave() -> Response:
    if secret := cookies.session_secret():
        sessions.sign_out(installation(), secret)
    response = redirect(url_for("signin.form"), 303)
    cookies.clear_session(response)
    return response


@bp.get("/password/<token>")
@public
def choose_password(token: str) -> str:
    """Show the form only: a mail scanner that follows the link spends nothing."""
    person = people.read_password_link(installation(), token)
    return page(
        "session/password_link.html",
        form=Form(),
        person=person,
        keys=credential_inventory.of(installation(), person.id),
    )


@bp.post("/password/<token>")
@public
def keep_password(token: str) -> str | Response | tuple[str, int]:
    person = people.read_password_link(installation(), token)
    typed = Form.read()
    with typed.catch():
        secret = people.enter_by_link(
            installation(),
            token,
            typed.secret("password"),
            typed.many("end"),
            request.remote_addr or "",
            request.user_agent.string,
        )
        if old := cookies.session_secret():
            sessions.sign_out(installation(), old)
        response = make_response(done(_("Your password is set, and you are signed in."), "frame.choose"))
        cookies.set_session(response, secret)
        cookies.set_device(response, login_throttle.remember(installation(), person.email, cookies.device()))
        return response
    mine = credential_inventory.of(installation(), person.id)
    return page("session/password_link.html", form=typed, person=person, keys=mine), typed.status


@bp.get("/forgotten-password")
@public
def forgotten() -> str:
    return page("session/forgotten.html", form=Form(), asked="")


@bp.post("/forgotten-password")
@public
def ask_for_password() -> str | Response | tuple[str, int]:
    """Mail a link to whoever has the address. The answer never says whether anybody has."""
    typed = Form.read()
    with typed.catch():
        email = people.check_email(typed.needed("email", 300))
        if installation().mailer.reaches():
            invitations.ask_for_password(installation(), email, request.remote_addr or "")
        return page("session/forgotten.html", form=Form(), asked=email)
    if typed.status == login_throttle.TooManyTries.status:
        typed.errors = {"": _("Asked for too often just now. Look in your mail, or wait a quarter of an hour.")}
    return page("session/forgotten.html", form=typed, asked=""), typed.status
