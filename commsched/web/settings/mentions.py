"""The mention book and the office's hashtags: a page to keep them."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.content.mentions import NETWORKS, key_of
from commsched.services.content import mention_book
from commsched.services.kernel import members
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("mentions", __name__, url_prefix="/w/<slug>/mentions")


def _show(form: Form, tags_form: Form | None = None) -> str:
    with installation().store.read(actor().workspace) as session:
        office = members.workspace_of(session, actor())
        known = mention_book.book(office)
        used = mention_book.used_tags(session)
        tags = mention_book.tags(office)
    edited = known.get(key_of(request.args.get("edit", "")))
    return page(
        "settings/mentions.html",
        form=form,
        tags_form=tags_form or Form(),
        entries=list(known.values()),
        edited=edited,
        networks=NETWORKS,
        tags=tags,
        used=[word for word in used if key_of(word) not in {key_of(tag) for tag in tags}],
    )


@bp.get("/")
@allow("read")
def index() -> str:
    """Everybody in the book. ``?edit=name`` opens an entry."""
    return _show(Form())


@bp.post("/")
@allow("write")
def keep() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        handles = {network: form.text(network, 200) for network in NETWORKS}
        entry = mention_book.keep(installation(), actor(), form.text("name", 200), handles, form.text("before", 200))
        return done(_("%(name)s is in the mention book.", name=entry.name), "mentions.index")
    return _show(form), form.status


@bp.post("/remove")
@allow("write")
def remove() -> Response:
    name = request.form.get("name", "")[:200]
    mention_book.remove(installation(), actor(), name)
    words = _("%(name)s is out of the mention book. What has been approved is as it was.", name=name)
    return done(words, "mentions.index")


@bp.post("/tags")
@allow("write")
def tags() -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        mention_book.keep_tags(installation(), actor(), form.text("tags", 12_000))
        return done(_("The hashtags are saved."), "mentions.index")
    return _show(Form(), form), form.status
