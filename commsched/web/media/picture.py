"""One picture: what is known of it, who is shown and until when, how it is cropped, and where it is used."""

from __future__ import annotations

from datetime import date

from flask import Blueprint
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.media.consent import lapsed
from commsched.core.text.messages import N_, Invalid
from commsched.services.design import studio
from commsched.services.kernel.members import workspace_of
from commsched.services.media import consent_expiry, crops, details, library, near_duplicates, provenance, videos
from commsched.services.media import unused as cleanup
from commsched.services.media.details import PictureDetails
from commsched.store.models import Media
from commsched.web.components.pictures import picture_url
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("picture", __name__, url_prefix="/w/<slug>/pictures")


@bp.get("/<int:media_id>/details")
@allow("read")
def show(media_id: int) -> str:
    return _page(library.find(installation(), actor(), media_id), Form())


@bp.post("/<int:media_id>/details")
@allow("write")
def update(media_id: int) -> str | Response | tuple[str, int]:
    """Keep everything on the page, whichever of its buttons was pressed."""
    form = Form.read()
    row = library.find(installation(), actor(), media_id)
    with form.catch():
        details.write_down(installation(), actor(), media_id, _known(form), _places(form))
        return done(
            _("The picture is saved. What is written already keeps its pictures as they are."),
            "picture.show",
            media_id=media_id,
        )
    return _page(row, form), form.status


def _places(form: Form) -> dict[str, float | None]:
    """Where the crops lie. One that lies where the page proposed it is not moved, and follows a new focus."""
    centres: dict[str, float | None] = {}
    for name in form.typed:
        if name.startswith("at "):
            place, proposed = _number(form, name), _number(form, f"from {name[3:]}")
            centres[name[3:]] = None if abs(place - proposed) < crops.NEAR and 0 <= place <= 100 else place
    verb, _sep, crop = form.text("do", 20).partition(" ")
    return centres | {crop: None} if verb == "reset" else centres


def _number(form: Form, name: str) -> float:
    try:
        return float(form.text(name, 20))
    except ValueError:
        return -1.0


@bp.get("/consents")
@allow("read")
def consents() -> str:
    """Pictures with a consent that has ended, with what waits and what is out; and those in use that soon will."""
    with installation().store.read(actor().workspace) as session:
        rows = details.ended(session, installation().now())
        soon = [ending for ending in consent_expiry.ending(session, installation().now()) if not ending.over]
    return page("media/consents.html", rows=rows, soon=soon, picture_url=picture_url)


def _known(form: Form) -> PictureDetails:
    tags = [" ".join(tag.split()) for tag in form.text("tags", 2000).split(",")]
    return PictureDetails(
        alt=form.text("alt", 5000),
        credit=form.text("credit"),
        licence=form.text("licence"),
        tags=tuple(tag for tag in tags if tag),
        persons=_persons(form),
        focus=(form.number("x", 0, 100) / 100, form.number("y", 0, 100) / 100),
        named=form.flag("named"),
    )


def _persons(form: Form) -> tuple[tuple[str, date | None], ...]:
    persons: list[tuple[str, date | None]] = []
    for name, until in zip(form.many("person"), form.many("until"), strict=False):
        if not name.strip():
            continue
        try:
            persons.append((name, date.fromisoformat(until.strip()) if until.strip() else None))
        except ValueError:
            raise Invalid(N_("Write the day as year, month and day: 2027-01-31."), "persons") from None
    return tuple(persons)


def _page(row: Media, form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        used, near = details.uses_of(session, row, installation().now()), near_duplicates.alike(session, row)
        origins, drawn = provenance.sources(session, row.id), provenance.drawn_from(session, row.id)
        behind = provenance.persons(session, [row.sha256])
        credit = provenance.credits_of(session, [row])[row.id]
        unused = bool(cleanup.unused(session, workspace_of(session, actor()), wanted=[row.id]).rows)
        film = videos.of_poster(session, row)
    now = installation().now()
    gone, soon = lapsed(behind, now), lapsed(behind, now + consent_expiry.SOON)
    persons = [(person["name"], person["until"]) for person in row.facts.get("persons", ())]
    if form.typed:
        persons = list(zip(form.many("person"), form.many("until"), strict=False))
    x, y = row.facts.get("focus") or (0.5, 0.4)
    return page(
        "media/picture.html",
        row=row,
        form=form,
        used=used,
        near=near,
        persons=persons,
        picture_url=picture_url,
        focus=(round(x * 100), round(y * 100)),
        crops=crops.crop_views(row),
        film=film,
        made=studio.again(row),
        origins=origins,
        drawn=drawn,
        behind=behind,
        credit=credit,
        unused=unused,
        gone=gone,
        soon=sorted((ending for ending in soon if ending not in gone), key=lambda ending: str(ending["until"])),
    )
