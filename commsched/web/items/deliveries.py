"""One delivery of an item: send it after all, let it be, answer whether it went out."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.content import items
from commsched.services.workflow import resolve
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.items import status_text
from commsched.web.items.routes import act
from commsched.web.items.routes import bp as items_page


@items_page.post("/deliveries/<int:delivery_id>/send")
@allow("resolve")
def send(item_id: int, delivery_id: int) -> str | Response | tuple[str, int]:
    """Now. What is past its latest time goes only after a second question, on a page of its own."""
    with installation().store.read(actor().workspace) as session:
        row, item = resolve.load(session, _belongs(item_id, delivery_id)), items.load(session, item_id)
    if row.latest_at < installation().now() and not request.form.get("sure"):
        return page(
            "http/sure.html",
            title=item.title,
            latest=row.latest_at,
            fields={},
            action=url_for("items.send", item_id=item_id, delivery_id=delivery_id),
            back=url_for("items.show", item_id=item_id),
        )
    return act(item_id, _("It is on its way again."), lambda _form: resolve.send(installation(), actor(), delivery_id))


@items_page.post("/deliveries/<int:delivery_id>/drop")
@allow("resolve")
def drop(item_id: int, delivery_id: int) -> str | Response | tuple[str, int]:
    return act(
        item_id,
        _("It is left alone and will not go out there."),
        lambda _form: status_text.stopped(resolve.drop(installation(), actor(), _belongs(item_id, delivery_id))),
    )


@items_page.post("/deliveries/<int:delivery_id>/resolve")
@allow("resolve")
def answer(item_id: int, delivery_id: int) -> str | Response | tuple[str, int]:
    """Yes, it went out (and where), or no; of a list's recipients, those that are chosen or all of them."""

    def deed(form: Form) -> None:
        number = _belongs(item_id, delivery_id)
        out, whom = form.text("answer", 20) == "published", _whom(form)
        try:
            resolve.resolve(
                installation(),
                actor(),
                number,
                "published" if out else "not_published",
                form.text("url", 1000) if out else "",
                whom,
            )
        except Invalid as error:
            raise Invalid(error.words.message, f"{error.field}-{delivery_id}", **error.words.params) from error

    return act(item_id, _("Thank you, that is written down."), deed)


def _whom(form: Form) -> list[int] | None:
    """The recipients that were ticked; ``None`` where there was nothing to choose among, or all are meant."""
    if not form.flag("choose") or form.flag("all"):
        return None
    return [int(number) for number in form.many("part") if number.isascii() and number.isdigit() and len(number) < 10]


def _belongs(item_id: int, delivery_id: int) -> int:
    with installation().store.read(actor().workspace) as session:
        if resolve.load(session, delivery_id).item_id != item_id:
            raise NotFound(N_("There is no such delivery."))
    return delivery_id
