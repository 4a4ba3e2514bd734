"""What a person may ask of an office: to see what is kept of them, and to have it erased. For administrators."""

from __future__ import annotations

from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, NotFound
from commsched.services.contacts.suppression import PRESS
from commsched.services.privacy import erasure, own_data
from commsched.store.models import Contact
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, language
from commsched.web.http.responses import done

bp = Blueprint("contact_privacy", __name__, url_prefix="/w/<slug>/contacts")


def _address(number: int) -> str:
    with installation().store.read(actor().workspace) as session:
        row = session.get(Contact, number)
    if row is None or row.world != PRESS:
        raise NotFound(N_("There is no such contact."))
    return installation().vault.unseal(row.address)


@bp.post("/<int:contact_id>/data")
@allow("administer")
def data(contact_id: int) -> Response:
    """A file to send to the person: a page to read, or JSON. That it was taken out stands in the record."""
    kept = own_data.take(installation(), actor(), _address(contact_id))
    as_json = Form.read().text("what", 10) == "json"
    response = make_response(own_data.as_json(kept) if as_json else own_data.as_html(kept, language()))
    response.headers["Content-Type"] = "application/json" if as_json else "text/html; charset=utf-8"
    ending = "json" if as_json else "html"
    response.headers.set("Content-Disposition", "attachment", filename=f"contact-{contact_id}.{ending}")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<int:contact_id>/erase")
@allow("administer")
def erase(contact_id: int) -> Response:
    erasure.forget(installation(), actor(), _address(contact_id))
    return done(_("Erased. Nothing but a keyed hash is kept, so that nobody writes to them again."), "contacts.index")
