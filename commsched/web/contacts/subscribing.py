"""Which lists anybody may subscribe to, and the words that they say yes to."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.catalogues import gettext
from commsched.services.kernel import members
from commsched.services.subscriptions import offers
from commsched.services.subscriptions.offers import Offer, Offers
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

bp = Blueprint("subscribing", __name__, url_prefix="/w/<slug>/subscribing")


def _show(form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        office = members.workspace_of(session, actor())
    opened = offers.of(office.settings)
    return page(
        "contacts/subscribing.html",
        form=form,
        lists=offers.lists_of(installation(), actor().workspace),
        opened={offer.channel: offer for offer in opened.lists},
        words=opened.words or gettext(office.language, offers.USUAL_WORDS) % {"office": office.name},
        address=f"{installation().base_url}/n/{place().slug}/subscribe",
    )


@bp.get("/")
@allow("write")
def index() -> str:
    return _show(Form())


@bp.post("/")
@allow("administer")
def update() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        offers.update(installation(), actor(), Offers(_offers(form), form.text("words", offers.MOST_WORDS)))
        return done(_("Saved."), "subscribing.index")
    return _show(form), form.status


def _offers(form: Form) -> tuple[Offer, ...]:
    ticked = {typed for typed in form.many("open") if typed.isascii() and typed.isdigit() and len(typed) < 18}
    return tuple(
        Offer(int(number), form.text(f"name-{number}", 200), form.text(f"about-{number}", 500))
        for number in sorted(ticked, key=int)
    )
