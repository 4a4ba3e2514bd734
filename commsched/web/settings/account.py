"""One's own: name and language, password, where one is signed in, keys for programs, calendar address, deputies."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, g, make_response, request
from werkzeug.wrappers import Response

from commsched.core.access.roles import may
from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.wall_time import wall_to_utc, zone_of
from commsched.services.accounts import credential_inventory, deputies, login_throttle, people, sessions, tokens
from commsched.services.notices import push, wishes
from commsched.web.http import cookies
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

_PUSH_FIELDS = (("endpoint", 1001), ("p256dh", 200), ("auth", 100))

bp = Blueprint("account", __name__, url_prefix="/w/<slug>/me")


def _show(form: Form | None = None, **more: object) -> str:
    me = g.visitor.person
    members = people.members(installation(), actor().workspace)
    return page(
        "settings/account.html",
        form=form or Form(),
        wish=_wish(),
        sessions=sessions.sessions_of(installation(), me),
        devices=push.devices(installation(), me),
        push_key=push.public_key(installation()),
        keys=credential_inventory.of(installation(), me),
        tokens=tokens.tokens(installation(), actor().workspace, me),
        feed=tokens.feed(installation(), actor().workspace, me),
        deputies=[d for d in deputies.deputies(installation(), actor().workspace) if me in (d.person_id, d.deputy_id)],
        names={m.person_id: m.person.name or m.person.email for m in members},
        others=[m for m in members if m.person_id != me and may(m.role, "approve")],
        **more,
    )


def _wish() -> wishes.Wish:
    me = g.visitor.person
    with installation().store.read(actor().workspace) as session:
        return wishes.wishes(session, [me])[me]


@bp.get("/")
@allow("read")
def index() -> str:
    return _show()


@bp.post("/")
@allow("read")
def update() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        people.set_own(installation(), g.visitor.person, name=form.text("name", 300), language=form.text("language", 8))
        g.language = form.text("language", 8)
        return done(_("Saved."), "account.index")
    return _show(form), form.status


@bp.post("/mail")
@allow("read")
def mail() -> str | Response | tuple[str, int]:
    """When one wants to hear by mail of what can wait."""
    form = Form.read()
    with form.catch():
        wishes.set_wish(installation(), g.visitor.person, form.text("mail_pace", 10), form.number("mail_hour", 0, 23))
        week = form.number("mail_week", 0, 23) if form.text("mail_week", 8) else None
        wishes.set_week(installation(), g.visitor.person, week)
        return done(_("Saved."), "account.index")
    return _show(form), form.status


@bp.post("/password")
@allow("read")
def password() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        secret = sessions.change_password(
            installation(),
            g.visitor.person,
            form.secret("old"),
            form.secret("password"),
            request.remote_addr or "",
            request.user_agent.string,
            form.many("end"),
        )
        response = make_response(
            done(_("The password is changed, and every other sign-in has ended."), "account.index")
        )
        cookies.set_session(response, secret)
        cookies.set_device(response, login_throttle.remember(installation(), g.visitor.email, cookies.device()))
        return response
    return _show(form), form.status


@bp.post("/sessions/<int:session_id>/end")
@allow("read")
def end_session(session_id: int) -> Response:
    sessions.revoke_session(installation(), g.visitor.person, session_id)
    return done(_("That sign-in has ended."), "account.index")


@bp.post("/devices")
@allow("read")
def add_device() -> str | Response | tuple[str, int]:
    """Have this browser told at once. What it answers to its own question is filled in by the script."""
    form = Form.read()
    with form.catch():
        endpoint, point, auth = (form.text(name, most) for name, most in _PUSH_FIELDS)
        push.subscribe(installation(), g.visitor.person, endpoint, point, auth, request.headers.get("User-Agent", ""))
        return done(_("This device is told as soon as something waits for you."), "account.index")
    return _show(form), form.status


@bp.post("/devices/<int:device_id>/end")
@allow("read")
def end_device(device_id: int) -> Response:
    push.end(installation(), g.visitor.person, device_id)
    return done(_("That device is told no more."), "account.index")


@bp.post("/tokens")
@allow("read")
def create_token() -> str | tuple[str, int]:
    """The new key is on this page and on no other: only its hash is kept."""
    form = Form.read()
    with form.catch():
        secret = tokens.create_token(installation(), actor(), form.text("token_name", 200), form.text("role", 20))
        return _show(new_token=secret)
    form.errors = {"token_name" if key == "name" else key: value for key, value in form.errors.items()}
    return _show(form), form.status


@bp.post("/tokens/<int:token_id>/revoke")
@allow("read")
def revoke_token(token_id: int) -> Response:
    tokens.revoke_token(installation(), actor(), token_id)
    return done(_("The key no longer works."), "account.index")


@bp.post("/calendar")
@allow("read")
def create_feed() -> str:
    secret = tokens.create_feed(installation(), actor())
    return _show(new_feed=f"{installation().base_url}/calendar/{secret}.ics")


@bp.post("/calendar/revoke")
@allow("read")
def revoke_feed() -> Response:
    tokens.revoke_feed(installation(), actor())
    return done(_("The calendar address no longer works."), "account.index")


@bp.post("/deputy")
@allow("approve")
def set_deputy() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        starts, ends = _day(form, "starts"), _day(form, "ends") + timedelta(days=1)
        deputies.set_deputy(installation(), actor(), g.visitor.person, form.number("deputy", 1, 2**31), starts, ends)
        return done(_("Your deputy is named."), "account.index")
    form.errors = {"ends" if key == "ends_at" else key: value for key, value in form.errors.items()}
    return _show(form), form.status


def _day(form: Form, name: str) -> datetime:
    """Midnight of a typed day, in the office's zone."""
    try:
        day = datetime.strptime(form.needed(name, 10), "%Y-%m-%d").date()  # noqa: DTZ007
        return wall_to_utc(datetime.combine(day, time()), zone_of(place().zone), 0)
    except (ValueError, OverflowError) as error:
        raise Invalid(N_("Write the day as 2026-11-26."), name) from error


@bp.post("/deputy/<int:deputy_id>/end")
@allow("read")
def end_deputy(deputy_id: int) -> Response:
    deputies.end_deputy(installation(), actor(), deputy_id)
    return done(_("That is over now."), "account.index")
