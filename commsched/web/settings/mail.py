"""The mail server: what it is, a form to set it, a trial mail."""

from __future__ import annotations

from flask import Blueprint, g
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.services.inbox import health as inbox_health
from commsched.services.mailing import condition, health, server, trial
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("mail", __name__, url_prefix="/w/<slug>/mail-server")
Answer = str | Response | tuple[str, int]
SECURITIES = (
    ("required", N_("STARTTLS (usual with port 587)")),
    ("implicit", N_("Encrypted from the start (usual with port 465)")),
    ("none", N_("Not encrypted, and without a password")),
)


def _show(form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        wrong = [*health.lists(session), *inbox_health.quick(session, installation())]
    return page(
        "settings/mail.html",
        form=form,
        wrong=wrong,
        kept=server.get(installation()),
        fixed=server.is_fixed(installation()),
        can_set=server.may_set(installation(), actor()),
        mail=translated(installation().mailer.describe()),
        securities=[(key, translated(word)) for key, word in SECURITIES],
        office=place().name,
        own=server.of_office(installation(), actor().workspace),
        conditions=condition.of_office(installation(), actor().workspace),
    )


@bp.get("/")
@allow("administer")
def index() -> str:
    return _show(Form())


@bp.post("/")
@allow("administer")
def update() -> Answer:
    """Keep the server if a trial mail to whoever asks gets through it."""
    form = Form.read()
    with form.catch():
        entered = server.Entered(
            host=form.needed("host", 255),
            port=form.number("port", 1, 65535),
            security=form.text("security", 20),
            user=form.text("user", 255),
            password=form.secret("password")[:1000],
            sender=form.text("sender", 254),
            sender_name=form.text("sender_name", 100),
        )
        trial.keep_if_it_sends(installation(), actor(), entered, g.visitor.email)
        sentence = _("Saved. A trial mail is on its way to %(to)s: look there.", to=g.visitor.email)
        return done(sentence, "mail.index")
    return _show(form), form.status


@bp.post("/trial")
@allow("administer")
def send_trial() -> Answer:
    form = Form.read()
    with form.catch():
        trial.send_trial(installation(), actor(), g.visitor.email)
        return done(_("A trial mail is on its way to %(to)s: look there.", to=g.visitor.email), "mail.index")
    return _show(Form().with_errors(form)), form.status


@bp.post("/away")
@allow("administer")
def take_away() -> Answer:
    form = Form.read()
    with form.catch():
        server.take_away(installation(), actor())
        return done(_("No mail is sent any more."), "mail.index", tone="note")
    return _show(Form().with_errors(form)), form.status
