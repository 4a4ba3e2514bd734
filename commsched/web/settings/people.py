"""The people of an office and their roles."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.roles import ROLES
from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.services.accounts import invitations, people
from commsched.services.staff import leaving
from commsched.services.staff.succession import PassedOn
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("people", __name__, url_prefix="/w/<slug>/people")
NAV = NavEntry("people.index", N_("People"), "users", order=80)


def _show(form: Form | None = None, **more: object) -> str:
    members = people.members(installation(), actor().workspace)
    return page("settings/people.html", form=form or Form(), members=members, roles=ROLES, **more)


def _passed_on(passed: PassedOn) -> str:
    """The people who now decide about items that had waited for another person."""
    if not passed.items:
        return ""
    return " " + ngettext(
        "%(n)s item that waited for them now waits for %(names)s.",
        "%(n)s items that waited for them now wait for %(names)s.",
        passed.items,
        names=passed.names,
    )


@bp.get("/")
@allow("read")
def index() -> str:
    return _show()


@bp.post("/")
@allow("administer")
def add() -> str | Response | tuple[str, int]:
    """Let somebody in. Their link to choose a password is mailed where a mail server is set, and shown in any case."""
    form = Form.read()
    with form.catch():
        new = people.add_person(
            installation(), actor(), form.needed("email", 300), form.text("role", 20), name=form.needed("name", 200)
        )
        if new.link:
            mailed = invitations.mail_link(installation(), actor(), new.person.id, new.link, "invited")
            return _show(link=new.link, whose=new.person.name, mailed_to=new.person.email if mailed else "")
        return done(_("%(name)s is let in, with the password they have already.", name=new.person.name), "people.index")
    return _show(form), form.status


@bp.post("/<int:person>/role")
@allow("administer")
def role(person: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        passed = leaving.set_role(installation(), actor(), person, form.text("role", 20))
        return done(_("The role is changed.") + _passed_on(passed), "people.index")
    return _show(Form().with_errors(form)), form.status


@bp.post("/<int:person>/password")
@allow("administer")
def password(person: int) -> str | tuple[str, int]:
    form = Form.read()
    with form.catch():
        link = people.reset_password(installation(), actor(), person)
        members = people.members(installation(), actor().workspace)
        whose = next(member.person for member in members if member.person_id == person)
        occasion: invitations.Occasion = "new_password" if whose.password_hash else "invited"
        mailed = invitations.mail_link(installation(), actor(), person, link, occasion)
        return _show(link=link, whose=whose.name or whose.email, mailed_to=whose.email if mailed else "")
    return _show(form), form.status


@bp.post("/<int:person>/remove")
@allow("administer")
def remove(person: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        passed = leaving.remove_person(installation(), actor(), person)
        sentence = _("They are no longer in this office. What they did stays in the record.")
        return done(sentence + _passed_on(passed), "people.index")
    return _show(form), form.status
