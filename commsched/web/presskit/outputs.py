"""What follows from one release: its PDF before anybody else has it, who comes to what it invites to, and proposed
posts."""

from __future__ import annotations

import csv
import io
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow
from commsched.core.content.mentions import plainly
from commsched.core.press.words import event_rows
from commsched.core.text.messages import OfficeError
from commsched.core.text.slug import slug
from commsched.services.content import items
from commsched.services.press import answers, posts
from commsched.services.press.answers import Given
from commsched.services.public import release_pdf
from commsched.store.models import Item
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("outputs", __name__, url_prefix="/w/<slug>/items/<int:item_id>")

_RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, in wide letters too."""


@bp.get("/release.pdf")
@allow("read")
def pdf(item_id: int) -> Response:
    """The newest version as it would be printed. What nobody has approved says so first."""
    file, name = release_pdf.of_item(installation(), actor(), item_id)
    response = Response(file.read(), mimetype=file.mime)
    response.set_etag(file.key.rpartition("-")[2][:-4])
    response.make_conditional(request)
    response.headers.set("Content-Disposition", "inline", filename=name)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@bp.get("/answers")
@allow("read")
def coming(item_id: int) -> str:
    """Who comes, from which newsroom, and whom they would like to interview."""
    item, rows = _invitation(item_id)
    replies = answers.listed(installation(), actor(), item_id)
    return page("presskit/answers.html", item=item, rows=rows, given=replies)


@bp.get("/answers.csv")
@allow("read")
def as_csv(item_id: int) -> Response:
    """The same for a spreadsheet. No cell begins as a formula does."""
    item, _rows = _invitation(item_id)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(
        (_("Comes"), _("Name"), _("Newspaper or newsroom"), _("E-mail address"), _("Telephone"), _("Wishes"))
    )
    for answer in answers.listed(installation(), actor(), item_id):
        writer.writerow([_plain(cell) for cell in _cells(answer)])
    response = Response("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    name = slug(item.title, 50, whole_words=False) or item.uid[:8]
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}-{slug(_('Who comes'), 30)}.csv")
    response.headers["Cache-Control"] = "no-store"
    return response


def _invitation(item_id: int) -> tuple[Item, list[tuple[str, str]]]:
    with installation().store.read(actor().workspace) as session:
        item, revision = items.load_whole(session, item_id)[:2]
        return item, event_rows(plainly(revision.parsed()))


def _cells(answer: Given) -> tuple[str, ...]:
    reply = answer.reply
    return (_("Yes") if reply.coming else _("No"), reply.name, reply.outlet, reply.email, reply.phone, reply.wishes)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_RUN) else cell


@bp.post("/propose-posts")
@allow("write")
def propose(item_id: int) -> AnyResponse:
    """Begin a draft of posts, and open it."""
    try:
        number = posts.propose(installation(), actor(), item_id)
    except OfficeError as error:
        return done(translated(error.words), "items.show", "bad", item_id=item_id)
    return redirect(url_for("write.edit", item_id=number), 303)
