"""The room that the office's pictures take, and what may leave it: the unused, and the newer of two that are alike."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.media.sizes import GB, MB, size
from commsched.core.text.messages import N_, Invalid
from commsched.core.timing.dates import short_day
from commsched.services.kernel.members import workspace_of
from commsched.services.media import near_duplicates, quota, search, unused
from commsched.store.models import Media
from commsched.web.components.pictures import numbers, picture_url
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, decimal, ngettext
from commsched.web.http.request_context import actor, installation, language, page
from commsched.web.http.responses import done

bp = Blueprint("cleanup", __name__, url_prefix="/w/<slug>/pictures")

DAYS: Final = (30, 90, 180, 365)
USUAL: Final = 90
"""Days that a picture may lie unused before it is proposed for deletion."""


@bp.app_template_filter("size")
def _sized(number: int) -> str:
    """``840 MB``, ``4,9 GB``."""
    if number < GB or number % GB == 0:
        return size(number)
    return f"{decimal(number / GB, 1)} GB"


@bp.app_template_filter("iso_day")
def _iso_day(text: str) -> str:
    """A day that is stored as ``2026-12-24``, as people write it; what is no day stays as it is."""
    try:
        return short_day(date.fromisoformat(text), language(), year=True)
    except ValueError:
        return text


@bp.get("/unused")
@allow("read")
def index() -> str:
    """How full it is, and what has never been used."""
    return _page(Form())


def _page(form: Form) -> str:
    wish = request.args.get("days", "")
    days = int(wish) if wish in {str(choice) for choice in DAYS} else USUAL
    with installation().store.read(actor().workspace) as session:
        workspace = workspace_of(session, actor())
        room = quota.usage(session, workspace)
        pictures = unused.unused(session, workspace, unused.old(installation().now(), days))
    return page(
        "media/unused.html",
        form=form,
        room=room,
        found=pictures,
        days=days,
        choices=DAYS,
        picture_url=picture_url,
        megabytes=room.most // MB,
    )


@bp.post("/unused")
@allow("write")
def ask() -> str | tuple[str, int]:
    """Asks for confirmation before the chosen pictures are deleted. Pictures that came into use in the meantime are
    left out."""
    form = Form.read()
    with form.catch():
        rows = _still(form)
        if not rows:
            raise Invalid(N_("Choose at least one picture."), "picture")
        return page("media/remove.html", rows=rows, size=sum(row.size for row in rows), picture_url=picture_url)
    return _page(form), form.status


def _still(form: Form) -> list[Media]:
    with installation().store.read(actor().workspace) as session:
        wanted = numbers(form.many("picture"))
        return unused.unused(session, workspace_of(session, actor()), wanted=wanted).rows


@bp.post("/unused/remove")
@allow("write")
def remove() -> Response:
    gone = unused.remove(installation(), actor(), numbers(Form.read().many("picture")))
    if not gone:
        return done(_("Nothing was deleted: the pictures are in use, or gone already."), "cleanup.index", tone="note")
    words = ngettext(
        "%(n)s picture is deleted, and %(size)s is free again.",
        "%(n)s pictures are deleted, and %(size)s is free again.",
        len(gone),
        size=_sized(sum(row.size for row in gone)),
    )
    return done(words, "cleanup.index")


@bp.post("/room")
@allow("administer")
def room() -> str | Response | tuple[str, int]:
    """How much the pictures may take."""
    form = Form.read()
    with form.catch():
        quota.set_room(installation(), actor(), form.number("room_mb", quota.LEAST_MB, quota.MOST_MB))
        return done(_("The room for pictures is changed."), "cleanup.index")
    return _page(form), form.status


@bp.get("/alike")
@allow("read")
def alike() -> str | Response:
    """Pictures just added (``?new=3,4``), each beside those it is like."""
    wanted = numbers(request.args.get("new", "").split(","))
    with installation().store.read(actor().workspace) as session:
        rows = search.rows(session, wanted)
        pairs = [(row, like) for row in rows.values() if (like := near_duplicates.alike(session, row, 3))]
    if not pairs:
        return done("", "pictures.index")
    return page("media/alike.html", pairs=pairs, new=wanted, picture_url=picture_url)


@bp.post("/<int:media_id>/instead")
@allow("write")
def instead(media_id: int) -> Response:
    """Use the older picture: the new one is deleted, unless something has begun to use it."""
    left = [number for number in numbers(request.form.get("new", "").split(",")) if number != media_id]
    gone = unused.remove(installation(), actor(), [media_id])
    words = _("The new one is deleted; the old one is used.") if gone else _("It is used already, and is kept.")
    tone = "good" if gone else "note"
    if not left:
        return done(words, "pictures.index", tone)
    return done(words, "cleanup.alike", tone, new=",".join(map(str, left)))
