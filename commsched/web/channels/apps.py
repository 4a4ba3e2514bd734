"""The installation's own apps at the networks: what whoever runs it enters once, so that every office signs in."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.platform.contract import Platform
from commsched.core.text.messages import N_, NotFound
from commsched.services.accounts import machine_admin
from commsched.services.channels import apps, authorize, entered
from commsched.services.kernel import apps as kept_apps
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("apps", __name__, url_prefix="/w/<slug>/apps")
Answer = str | Response | tuple[str, int]


@bp.get("/")
@allow("administer")
def index() -> str:
    wanting = apps.wanting(installation())
    return page(
        "channels/apps.html",
        platforms=wanting,
        ready={platform.key: kept_apps.is_ready(installation(), platform) for platform in wanting},
        can_set=apps.may_set(installation(), actor()),
    )


@bp.get("/<key>")
@allow("administer")
def show(key: str) -> str:
    return _show(_platform(key), Form())


@bp.post("/<key>")
@allow("administer")
def update(key: str) -> Answer:
    platform, form = _platform(key), Form.read()
    with form.catch():
        values = {s.key: form.text(s.key, entered.MOST) for s in platform.app if s.key in form.typed}
        apps.keep(installation(), actor(), key, values)
        return done(_("Kept. From now on offices sign in at %(platform)s.", platform=_name(platform)), "apps.index")
    return _show(platform, form), form.status


@bp.post("/<key>/away")
@allow("administer")
def take_away(key: str) -> Answer:
    platform, form = _platform(key), Form.read()
    with form.catch():
        apps.take_away(installation(), actor(), key)
        return done(_("The app is forgotten. What is connected stays connected."), "apps.index", tone="note")
    return _show(platform, Form().with_errors(form)), form.status


def _platform(key: str) -> Platform:
    platform = installation().platform(key)
    if not platform.app:
        raise NotFound(N_("There is no such page."))
    return platform


def _name(platform: Platform) -> str:
    return translated(platform.name)


def _show(platform: Platform, form: Form) -> str:
    offices = machine_admin.workspaces(installation())
    can_set = apps.may_set(installation(), actor())
    mine = [office.slug for office in offices if can_set or office.id == actor().workspace]
    return page(
        "channels/app.html",
        kind=platform,
        form=form,
        can_set=can_set,
        kept=apps.plain_values(installation(), platform) if can_set else {},
        fixed=kept_apps.fixed(installation(), platform),
        ready=kept_apps.is_ready(installation(), platform),
        addresses=[authorize.callback_address(installation(), slug, platform.key) for slug in mine],
    )
