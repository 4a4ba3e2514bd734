"""The page on which a person chooses which of their accounts become channels."""

from __future__ import annotations

from flask import Blueprint, g
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.channels import choice, portraits
from commsched.store.models import Channel
from commsched.web.components.pictures import serve_portrait
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("accounts", __name__, url_prefix="/w/<slug>/channels/<key>/accounts/<token>")


@bp.get("/")
@allow("administer")
def index(key: str, token: str) -> str:
    return _show(key, token, Form())


@bp.post("/")
@allow("administer")
def keep(key: str, token: str) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        wanted = [_number(value) for value in form.many("account")]
        connected = choice.choose(installation(), actor(), key, token, wanted, g.visitor.session)
        if len(connected) == 1:
            return done(_said(connected), "channels.show", channel_id=connected[0].id)
        return done(_said(connected), "channels.index")
    return _show(key, token, form), form.status


@bp.get("/<int:number>/picture")
@allow("administer")
def picture(key: str, token: str, number: int) -> Response:
    """The picture of one of the accounts, as it was fetched when they came."""
    candidates = choice.candidates(installation(), actor(), key, token, g.visitor.session)
    addresses = [each.account.picture for each in candidates if each.number == number]
    file = portraits.portrait(installation(), addresses[0]) if addresses else None
    if file is None:
        raise NotFound(N_("There is no picture."))
    return serve_portrait(file)


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 4:
        raise Invalid(N_("Choose among the accounts that are shown here."), "account")
    return int(value)


def _said(channels: list[Channel]) -> str:
    return _("Connected: it answers as %(account)s.", account=", ".join(each.account_name for each in channels))


def _show(key: str, token: str, form: Form) -> str:
    candidates = choice.candidates(installation(), actor(), key, token, g.visitor.session)
    kind = installation().platform(key)
    shown = {each.number for each in candidates if portraits.portrait(installation(), each.account.picture)}
    return page("channels/accounts.html", kind=kind, token=token, candidates=candidates, shown=shown, form=form)
