"""What a person posts: the text to copy, the files to take along, the steps, and the word that it is done."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.content.model import ENDINGS
from commsched.core.text.slug import slug
from commsched.services.hands import tasks
from commsched.web.components import files
from commsched.web.components.pictures import picture_url
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("by_hand", __name__, url_prefix="/w/<slug>/by-hand/<int:delivery_id>")


@bp.get("")
@allow("resolve")
def show(delivery_id: int) -> str:
    return _page(delivery_id, Form())


def _page(delivery_id: int, form: Form) -> str:
    task = tasks.read(installation(), actor(), delivery_id)
    return page("items/by_hand.html", task=task, form=form, picture_url=picture_url)


@bp.get("/files/<int:number>")
@allow("resolve")
def file(delivery_id: int, number: int) -> Response:
    """One of the files, saved under a name that says what it is."""
    stored, shown = tasks.file_of(installation(), actor(), delivery_id, number)
    name = f"{number + 1}-{slug(shown.title or shown.alt, 40) or shown.kind}{ENDINGS.get(shown.mime, '')}"
    response = files.send(stored, shown.sha256, name=name, mime=shown.mime)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.post("/done")
@allow("resolve")
def confirm(delivery_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        tasks.confirm(installation(), actor(), delivery_id, form.text("hash", 64), form.text("link"))
        return done(_("Thank you. It is written down as posted."), "by_hand.show", delivery_id=delivery_id)
    return _page(delivery_id, form), form.status


@bp.post("/not-done")
@allow("resolve")
def refuse(delivery_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        tasks.refuse(installation(), actor(), delivery_id, form.text("why", tasks.MOST_WHY))
        return done(_("It is written down. Now it is held."), "by_hand.show", delivery_id=delivery_id)
    return _page(delivery_id, form), form.status
