"""The office's pictures: taken in, described, shown. A picture's address is the hash of its bytes."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import allow
from commsched.core.media.sizes import MB, PICTURE_BYTES, VIDEO_BYTES
from commsched.core.text.messages import N_
from commsched.services.kernel.members import workspace_of
from commsched.services.media import provenance, quota, search
from commsched.services.media.consent_expiry import SOON
from commsched.services.media.library import Added
from commsched.store.models import Media
from commsched.web.components.pictures import describe_added, numbers, picture_url, serve, take_in
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, ngettext, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("pictures", __name__, url_prefix="/w/<slug>/pictures")
NAV = NavEntry("pictures.index", N_("Pictures"), "images", order=50, group="daily")

PAGE = 60
MOST_TAGS = 40
"""Tags in the filter's menu, the commonest."""
_SHOWN: Final[tuple[search.Show, ...]] = ("no-alt", "unused", "consent")


@bp.get("/")
@allow("read")
def index() -> str:
    """All pictures, newest first."""
    return _index(Form())


def _index(form: Form) -> str:
    words = request.args.get("q", "")[:200]
    before = request.args.get("before", "")
    before = before if before.isascii() and before.isdigit() and len(before) < 16 else ""
    show, soon = _shown(request.args.get("show", "")), installation().now() + SOON
    with installation().store.read(actor().workspace) as session:
        tags, tag = search.tags(session), request.args.get("tag", "")[:40]
        only = search.showing(show, soon)
        if tag:
            only.append(Media.id.in_(tags.get(tag, ())))
        rows = search.newest(session, words, int(before) if before else None, PAGE + 1, only)
        again = list(search.rows(session, numbers(request.args.get("again", "").split(","))).values())
        room = quota.usage(session, workspace_of(session, actor()))
        ends = provenance.ends(session, rows[:PAGE])
    return page(
        "media/pictures.html",
        form=form,
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        q=words,
        again=again,
        room=room,
        ends=ends,
        soon=soon,
        show=show,
        tag=tag,
        tags={name: len(tagged) for name, tagged in list(tags.items())[:MOST_TAGS]},
        picture_url=picture_url,
        MOST_MB=PICTURE_BYTES // MB,
        MOST_VIDEO_MB=VIDEO_BYTES // MB,
    )


def _shown(wish: str) -> search.Show:
    return next((show for show in _SHOWN if show == wish), "")


@bp.post("/")
@allow("write")
def add() -> str | AnyResponse | tuple[str, int]:
    """Take in what a form or a script sends. A script is answered in JSON, file by file."""
    files = [file for file in request.files.getlist("files") if file.filename]
    taken, refused = take_in(files, with_videos=True)
    if request.headers.get("Accept", "").startswith("application/json"):
        return jsonify(pictures=[describe_added(picture) for picture in taken], refused=refused)
    if not refused and taken:
        return _taken(taken)
    form = Form()
    form.fail("files", "\n".join(refused) or _("Choose at least one picture."))
    return _index(form), form.status


def _taken(taken: list[Added]) -> AnyResponse:
    """What was there already is said so, and what is like another is asked about."""
    new = [picture.media for picture in taken if not picture.again]
    added = ngettext(
        "%(n)s picture is added. Describe it for those who do not see it.",
        "%(n)s pictures are added. Describe them for those who do not see them.",
        len(new),
    )
    words = added if new else ""
    for picture in taken:
        if picture.note:
            flash(translated(picture.note), "note")
    like = [str(picture.media.id) for picture in taken if picture.like]
    if like:
        return done(words, "cleanup.alike", new=",".join(like))
    again = [str(picture.media.id) for picture in taken if picture.again]
    return done(words, "pictures.index", again=",".join(again) or None)


@bp.post("/<int:media_id>")
@allow("write")
def describe(media_id: int) -> str | AnyResponse | tuple[str, int]:
    form = Form.read()
    with form.catch():
        search.describe(installation(), actor(), media_id, form.text("alt", search.MOST_ALT), form.text("credit", 200))
        return done(_("The picture's description is saved."), "pictures.index", q=form.text("q", 200) or None)
    shown = Form()
    shown.fail("", next(iter(form.errors.values())), form.status)
    return _index(shown), form.status


@bp.get("/<sha256>")
@allow("read")
def file(sha256: str) -> AnyResponse:
    """A picture's bytes, or with ``?small=1`` a small one."""
    return serve(search.by_hash(installation(), actor().workspace, sha256), bool(request.args.get("small")))
