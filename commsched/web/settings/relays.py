"""The office's own mail servers: chosen in steps, tried at once, each with how it is doing."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.delivery.rates import Limits
from commsched.core.text.messages import N_
from commsched.services.mailing import guessing, server, signing_in, trial
from commsched.services.mailing.dns_report import resolver_of
from commsched.services.mailing.providers import PROVIDERS, SIGN_INS, Provider, provider
from commsched.store.models import MailServer
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("mail_relays", __name__, url_prefix="/w/<slug>/mail-server")
Answer = str | Response | tuple[str, int]
SECURITIES = (
    ("required", N_("STARTTLS (usual with port 587)")),
    ("implicit", N_("Encrypted from the start (usual with port 465)")),
    ("none", N_("Not encrypted, and without a password")),
)


def _show(form: Form, chosen: Provider, kept: MailServer | None, guess: guessing.Guess | None = None) -> str:
    sign_in = SIGN_INS.get(chosen.signs_in)
    return page(
        "settings/relay.html",
        form=form,
        kept=kept,
        chosen=chosen,
        guess=guess or guessing.Guess(chosen.host, chosen.port, chosen.security),
        guessed=guess is not None,
        address=request.args.get("address", "")[:254],
        sign_in=sign_in,
        signs=bool(sign_in and signing_in.is_ready(installation(), sign_in.key)),
        can_register=bool(sign_in) and server.may_set(installation(), actor()),
        callback=signing_in.callback_address(installation(), place().slug),
        securities=[(key, translated(word)) for key, word in SECURITIES],
        office=place().name,
    )


@bp.get("/new")
@allow("administer")
def new() -> str:
    """What kind of mail server it is; then, for one that can be guessed, the address; then the rest."""
    chosen = PROVIDERS.get(request.args.get("kind", ""))
    if chosen is None:
        return page("settings/relay_kinds.html", providers=list(PROVIDERS.values()))
    address = request.args.get("address", "")[:254]
    if chosen.key == "host" and "@" in address:
        return _show(Form(), chosen, None, guessing.guess(address, resolver_of(installation())))
    return _show(Form(), chosen, None)


@bp.get("/<int:relay>")
@allow("administer")
def show(relay: int) -> str:
    kept = server.find(installation(), actor(), relay)
    return _show(Form(), provider(kept.kind), kept)


@bp.post("/new", endpoint="create")
@bp.post("/<int:relay>", endpoint="update")
@allow("administer")
def save(relay: int = server.NEW) -> Answer:
    """Keep the relay if a trial mail to whoever asks gets through it; or go and sign in at the provider first."""
    form = Form.read()
    kept = server.find(installation(), actor(), relay) if relay else None
    with form.catch():
        entered = _entered(form)
        if form.flag("sign_in"):
            address = signing_in.begin(installation(), actor(), entered, relay, g.visitor.session)
            return redirect(address, 303)
        trial.keep_if_it_sends(installation(), actor(), entered, g.visitor.email, relay)
        return done(_("Saved. A trial mail is on its way to %(to)s: look there.", to=g.visitor.email), "mail.index")
    return _show(form, provider(str(form.value("kind", ""))), kept), form.status


def _entered(form: Form) -> server.Entered:
    kind = form.text("kind", 20)
    return server.Entered(
        host=form.needed("host", 255),
        port=form.number("port", 1, 65535),
        security=form.text("security", 20),
        user=form.text("user", 255),
        password=form.secret("password")[:1000],
        sender=form.text("sender", 254),
        sender_name=form.text("sender_name", 100),
        name=form.text("name", 100),
        kind=kind if kind in PROVIDERS else "host",
        limits=Limits(
            form.number("per_minute", 0, 1_000_000),
            form.number("per_day", 0, 1_000_000),
            form.number("connections", 0, 100),
        ),
        outgoing=form.text("outgoing", 200),
        signs_in=provider(kind).signs_in if form.flag("sign_in") else "",
    )


@bp.get("/callback")
@allow("administer")
def callback() -> Response:
    """A person is back from the provider."""
    form = Form()
    with form.catch():
        signing_in.finish(installation(), actor(), request.args.to_dict(), g.visitor.email, g.visitor.session)
        sentence = _("Signed in. A trial mail is on its way to %(to)s: look there.", to=g.visitor.email)
        return done(sentence, "mail.index")
    return done(" ".join(form.errors.values()), "mail.index", "bad")


@bp.post("/app")
@allow("administer")
def register() -> Answer:
    """Keep what the installation is known by at a provider."""
    form = Form.read()
    chosen = provider(form.text("kind", 20))
    with form.catch():
        values = {key: form.text(key, 1000) for key in ("client_id", "tenant")}
        values["client_secret"] = form.secret("client_secret")
        signing_in.keep_app(installation(), actor(), chosen.signs_in, values)
        return done(_("Kept. Now you can sign in."), "mail_relays.new", kind=chosen.key)
    return _show(form, chosen, None), form.status


@bp.post("/<int:relay>/trial")
@allow("administer")
def send_trial(relay: int) -> Response:
    form = Form()
    with form.catch():
        trial.send_trial(installation(), actor(), g.visitor.email, relay)
        return done(_("A trial mail is on its way to %(to)s: look there.", to=g.visitor.email), "mail.index")
    return done(" ".join(form.errors.values()), "mail.index", "bad")


@bp.post("/<int:relay>/away")
@allow("administer")
def take_away(relay: int) -> Response:
    form = Form()
    with form.catch():
        server.take_away(installation(), actor(), relay)
        return done(_("The mail server is taken away."), "mail.index", tone="note")
    return done(" ".join(form.errors.values()), "mail.index", "bad")
