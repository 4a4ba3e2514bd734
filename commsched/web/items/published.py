"""What is done to an item that is out: corrected, taken down, put back."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.services.upkeep import removals
from commsched.services.workflow import corrections, takedown
from commsched.web.components import mail_status
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation
from commsched.web.items.routes import act
from commsched.web.items.routes import bp as items_page


@items_page.post("/correct")
@allow("write")
def correct(item_id: int) -> str | Response | tuple[str, int]:
    """Begin a correction, or go on with the one that somebody has begun. With ``call_off`` it calls an event off."""
    begun: list[int] = []
    off = request.form.get("call_off") == "1"
    answer = act(item_id, "", lambda _form: begun.append(corrections.begin(installation(), actor(), item_id, off)))
    return redirect(url_for("write.edit", item_id=begun[0]), 303) if begun else answer


@items_page.post("/take-down")
@allow("resolve")
def take_down(item_id: int) -> str | Response | tuple[str, int]:
    def deed(form: Form) -> None:
        takedown.take_down(
            installation(),
            actor(),
            item_id,
            form.text("reason", 1000),
            next((kind for kind in takedown.KINDS if kind == form.text("kind", 20)), "withdrawn"),
            moved_to=form.text("moved_to", 2000),
            elsewhere=form.flag("elsewhere"),
        )

    return act(item_id, mail_status.taken_down, deed)


@items_page.post("/removals/<int:removal_id>")
@allow("resolve")
def remove(item_id: int, removal_id: int) -> str | Response | tuple[str, int]:
    """A person has taken it down on a network; with ``again`` it is tried once more from here."""
    if request.form.get("again"):
        return act(
            item_id, _("It is tried again."), lambda _form: removals.again(installation(), actor(), item_id, removal_id)
        )
    words = _("Noted: you have taken it down there.")
    return act(item_id, words, lambda _form: removals.confirm(installation(), actor(), item_id, removal_id))


@items_page.post("/put-back")
@allow("approve")
def put_back(item_id: int) -> str | Response | tuple[str, int]:
    return act(
        item_id,
        _("It stands on your own pages again."),
        lambda _form: takedown.put_back(installation(), actor(), item_id),
    )
