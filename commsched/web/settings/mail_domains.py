"""The domains that the office's mail comes from: what receivers find in the DNS, and the keys that sign it."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.services.kernel.server_slots import waiting_for_a_server
from commsched.services.mailing import dkim_keys, dns_report
from commsched.services.mailing.dns_report import resolver_of
from commsched.store.models import DkimKey
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("mail_domains", __name__, url_prefix="/w/<slug>/mail-server/domains")
Answer = str | Response | tuple[str, int]


def _show(form: Form, reports: list[dns_report.Report] | None = None) -> str:
    keys = dkim_keys.of_office(installation(), actor().workspace)
    domains = dkim_keys.domains(installation(), actor().workspace)
    return page(
        "settings/mail_domains.html",
        form=form,
        domains=sorted({*domains, *(key.domain for key in keys)}),
        sends=set(domains),
        keys=[(key, dkim_keys.record(key)) for key in keys],
        reports={report.domain: report for report in reports or []},
        looked=reports is not None,
    )


@bp.get("/")
@allow("administer")
def index() -> str:
    return _show(Form())


@bp.post("/")
@allow("administer")
def look() -> Answer:
    """Ask the DNS now."""
    form = Form()
    with form.catch(), waiting_for_a_server(actor()):
        return _show(form, dns_report.report(installation(), actor().workspace, resolver_of(installation())))
    return _show(form), form.status


@bp.post("/keys")
@allow("administer")
def make_key() -> Answer:
    form = Form.read()
    with form.catch():
        key = dkim_keys.make(installation(), actor(), form.needed("domain", 253))
        sentence = _("The key %(selector)s is made. Put its line into the DNS of %(domain)s.", **_named(key))
        return done(sentence, "mail_domains.index", _anchor=f"key-{key.id}")
    return _show(form), form.status


def _named(key: DkimKey) -> dict[str, str]:
    return {"selector": key.selector, "domain": key.domain}


@bp.post("/keys/<int:key>/look")
@allow("administer")
def look_for_key(key: int) -> Response:
    form = Form()
    with form.catch(), waiting_for_a_server(actor()):
        if dkim_keys.look(installation(), actor(), key, resolver_of(installation())):
            return done(_("Its line is there. The mail is signed with it from now on."), "mail_domains.index")
        sentence = _("Its line is not there yet. It is looked for by itself every ten minutes.")
        return done(sentence, "mail_domains.index", "note", _anchor=f"key-{key}")
    return done(" ".join(form.errors.values()), "mail_domains.index", "bad")


@bp.post("/keys/<int:key>/force")
@allow("administer")
def force_key(key: int) -> Response:
    dkim_keys.force(installation(), actor(), key)
    return done(_("The mail is signed with it from now on."), "mail_domains.index")


@bp.post("/keys/<int:key>/away")
@allow("administer")
def remove_key(key: int) -> Response:
    dkim_keys.remove(installation(), actor(), key)
    return done(_("The key is forgotten."), "mail_domains.index", tone="note")
