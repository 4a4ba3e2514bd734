"""Which mailboxes the office reads, and how long it keeps what came."""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_
from commsched.services.inbox import health, keeping, mailboxes
from commsched.services.inbox.mailboxes import Entered
from commsched.services.kernel import members
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("mailboxes", __name__, url_prefix="/w/<slug>/inbox/mailboxes")

SECURITIES: Final = (("implicit", N_("From the start (993)")), ("required", N_("STARTTLS (143)")))
FORWARDS: Final = (
    ("", N_("Nothing")),
    ("answers", N_("Messages from people")),
    ("everything", N_("Everything, also what machines write")),
)
Answer = str | Response | tuple[str, int]


@bp.get("/")
@allow("read")
def index() -> str:
    return _show(Form())


@bp.get("/<int:number>")
@allow("administer")
def edit(number: int) -> str:
    return _show(Form(), number)


def _show(form: Form, number: int = 0) -> str:
    with installation().store.read(actor().workspace) as session:
        rows = mailboxes.every(session)
        chosen = mailboxes.load(session, number) if number else None
        months = keeping.months(members.workspace_of(session, actor()))
    forward_to = installation().vault.unseal(chosen.forward_to) if chosen is not None else ""
    return page(
        "inbox/mailboxes.html",
        form=form,
        rows=rows,
        chosen=chosen,
        forward_to=forward_to,
        months=months,
        looks={row.id: list(health.of(installation(), row)) for row in rows},
        why_not=mailboxes.trouble_of,
        relays=mailboxes.relays(installation(), actor()),
        securities=[(key, translated(word)) for key, word in SECURITIES],
        forwards=[(key, translated(word)) for key, word in FORWARDS],
    )


@bp.post("/")
@allow("administer")
def add() -> Answer:
    return _keep(0)


@bp.post("/<int:number>")
@allow("administer")
def update(number: int) -> Answer:
    return _keep(number)


def _keep(number: int) -> Answer:
    form = Form.read()
    with form.catch():
        mailboxes.keep_if_it_opens(installation(), actor(), _entered(form), number)
        return done(_("The mailbox opens. It is read from now on."), "mailboxes.index")
    if "secret" in form.errors:
        form.errors.setdefault("password", form.errors.pop("secret"))
    return _show(form, number), form.status


def _entered(form: Form) -> Entered:
    return Entered(
        name=form.text("name", 100),
        host=form.needed("host", 255),
        port=form.number("port", 1, 65535),
        security=form.text("security", 20),
        user=form.needed("user", 255),
        password=form.secret("password"),
        address=form.text("address", 254),
        folder=form.text("folder", 200),
        handled_folder=form.text("handled_folder", 200),
        forward_to=form.text("forward_to", 254),
        forward_what=form.text("forward_what", 20),
        relay=form.text("relay", 20),
    )


@bp.post("/<int:number>/read")
@allow("resolve")
def read_now(number: int) -> Response:
    mailboxes.read_now(installation(), actor(), number)
    return done(_("The mailbox is read within a minute."), "mailboxes.index")


@bp.post("/<int:number>/away")
@allow("administer")
def take_away(number: int) -> Response:
    mailboxes.take_away(installation(), actor(), number)
    return done(_("The mailbox is read no more. What was read stays."), "mailboxes.index", "note")


@bp.post("/keep")
@allow("administer")
def keep() -> Answer:
    form = Form.read()
    with form.catch():
        keeping.keep(installation(), actor(), form.number("months", keeping.LEAST, keeping.MOST))
        return done(_("It is noted how long messages are kept."), "mailboxes.index")
    return _show(form), form.status
