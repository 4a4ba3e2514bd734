"""The office's settings: name, zone, language, how late is too late, and who must approve."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid
from commsched.services.accounts import office_settings, people
from commsched.services.accounts.office_settings import OfficeSettings
from commsched.services.accounts.policies import from_policy
from commsched.web.components import policy_form
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("settings", __name__, url_prefix="/w/<slug>/settings")
NAV = NavEntry("settings.index", N_("Settings"), "settings", order=90)


def _zones(kept: str) -> list[str]:
    """The zones to choose from. The kept one is always among them: a list without it would choose another."""
    return sorted({kept, "UTC"} | {zone for zone in available_timezones() if "/" in zone})


def _show(form: Form, policy: Form | None = None) -> str:
    row = office_settings.get(installation(), actor().workspace)
    members = people.members(installation(), actor().workspace)
    standing = from_policy(row.policy)
    names = {m.person_id: m.person.name or m.person.email for m in members}
    return page(
        "settings/index.html",
        form=form,
        row=row,
        zones=_zones(row.zone),
        policy=policy or Form(policy_form.policy_fields(standing)),
        approvers=policy_form.approvers(members),
        told=policy_form.describe_policy(standing, names),
        modes=policy_form.MODES,
        steps=policy_form.STEPS,
        mail=translated(installation().mailer.describe()),
    )


@bp.get("/")
@allow("read")
def index() -> str:
    return _show(Form())


@bp.post("/")
@allow("administer")
def update() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        office_settings.update(
            installation(),
            actor(),
            OfficeSettings(
                name=form.text("name", 300),
                zone=form.text("zone", 64),
                language=form.text("language", 8),
                latest_minutes=form.number("latest_minutes", 1, office_settings.MOST_LATE),
                window_before_hours=form.number("window_before_hours", 0, office_settings.MOST_WINDOW),
                window_after_hours=form.number("window_after_hours", 0, office_settings.MOST_WINDOW),
                alt_rule="warn" if form.text("alt_rule", 8) == "warn" else "stop",
            ),
        )
        return done(_("The settings are saved."), "settings.index")
    return _show(form), form.status


@bp.post("/public")
@allow("administer")
def public() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        about, contact = (
            form.text("about", office_settings.MOST_ABOUT),
            form.text("press_contact", office_settings.MOST_ABOUT),
        )
        office_settings.update_public(installation(), actor(), about, contact)
        return done(_("The settings are saved."), "settings.index")
    return _show(form), form.status


@bp.post("/policy")
@allow("administer")
def policy() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        asked = policy_form.read(form)
        if asked is None:
            raise Invalid(N_("Choose one from the list."), "policy")
        office_settings.set_policy(installation(), actor(), asked)
        return done(_("From now on this is how it is approved."), "settings.index")
    return _show(Form(), form), form.status
