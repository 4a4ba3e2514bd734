"""The studio: choose a design, type, see every size, keep it or put it in a post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, make_response, request
from werkzeug.wrappers import Response

from commsched import images
from commsched.core.access.routes import allow
from commsched.core.content.model import Content
from commsched.core.text.messages import N_, NotFound, OfficeError
from commsched.services.content import items
from commsched.services.design import brand, studio
from commsched.services.kernel import members
from commsched.services.media import library, search
from commsched.store.models import Item
from commsched.web.components.pictures import picture_url, take_in
from commsched.web.design import form as desk
from commsched.web.design.form import SIZES, Typed, spelled
from commsched.web.http.forms import Form
from commsched.web.http.i18n import ngettext, translated
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page, place
from commsched.web.http.responses import done

if TYPE_CHECKING:
    from commsched.images.cards.brand import Brand
    from commsched.images.cards.designs import Design, Field

bp = Blueprint("studio", __name__, url_prefix="/w/<slug>/studio")
NAV = NavEntry(
    "studio.index", N_("Studio"), "palette", order=51, permission="write", group="daily", under="pictures.index"
)

EXAMPLE = (600, 315)
SHOWN = 36
"""Pictures of the library to choose from in the form; those that are newer go first."""

bp.add_app_template_filter(desk.worded, "worded")
bp.add_app_template_filter(spelled, "spelled")


@bp.get("/")
@allow("write")
def index() -> str:
    """Every design, as it looks in the office's colours."""
    return page("design/designs.html", designs=images.designs.load().values(), item=desk.asked_item(), key=_brand().key)


def _named(name: str) -> Design:
    """The design, or 404."""
    try:
        return images.designs.get(name)
    except images.errors.NoSuchDesign as error:
        raise NotFound(error.words.message, "", **error.words.params) from None


def _brand() -> Brand:
    with installation().store.read(actor().workspace) as session:
        return brand.brand_of(installation(), session, members.workspace_of(session, actor()))


@bp.get("/examples/<name>.jpg")
@allow("read")
def example(name: str) -> Response:
    """A design with its own example in it, drawn in the office's look."""
    design = _named(name)
    own = _brand()
    tag = f"{name}-{own.key}"
    response = make_response("", 304)
    if tag not in request.if_none_match:
        response = make_response(images.card.draw(name, EXAMPLE, dict(design.examples["normal"]), own).data)
        response.mimetype = "image/jpeg"
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, max-age=604800"
    return response


@bp.get("/<name>")
@allow("write")
def design(name: str) -> str:
    """The form of one design. ``?from=7`` starts as picture 7 was drawn, ``?item=3`` with item 3's words."""
    typed = desk.prefilled(_named(name), *_item_said(desk.asked_item()))
    start = request.args.get("from", "")
    if start.isascii() and start.isdigit() and len(start) < 18:
        card = studio.again(library.find(installation(), actor(), int(start)))
        if card is not None and card.design == name:
            typed.texts, typed.pictures = dict(card.texts), dict(card.pictures)
    return _page(typed, Form())


@bp.post("/<name>/look")
@allow("write")
def look(name: str) -> Response | tuple[Response, int]:
    """What is typed, drawn: for the page's script. Keeps nothing."""
    typed = desk.read(_named(name), request.form)
    try:
        return jsonify(desk.answer(typed))
    except OfficeError as error:
        return jsonify(cards=[], faults={error.field: translated(error.words)}, others=[], stops=True), error.status


@bp.post("/<name>")
@allow("write")
def make(name: str) -> str | Response | tuple[str, int]:
    """One press of a button: look, turn to another design, keep in the library, or put in a post."""
    press = request.form.get("do", "look")
    if press.startswith("to:"):
        return _page(desk.read(_named(press[3:]), request.form), Form())
    typed, form = desk.read(_named(name), request.form), Form()
    _take_in(typed, form)
    if press not in ("save", "post", "item") or form.errors:
        return _page(typed, form), form.status
    try:
        numbers = studio.save(installation(), actor(), typed.wish(), typed.sizes, typed.alt)
        return _after(press, typed, studio.fronts(installation(), actor(), numbers))
    except studio.Unfit as error:
        form.errors, form.status = desk.in_words(error.problems), 422
    except OfficeError as error:
        if error.status >= 500:
            raise
        form.fail(error.field, translated(error.words), error.status)
    return _page(typed, form), form.status


def _take_in(typed: Typed, form: Form) -> None:
    """A portrait that was chosen from the person's own files goes into the library first."""
    for name in typed.design.pictures():
        file = request.files.get(f"file-{name}")
        if file is None or not file.filename:
            continue
        taken, refused = take_in([file])
        if taken:
            typed.pictures[name] = taken[0].media.id
        for sentence in refused:
            form.fail(name, sentence)


def _after(press: str, typed: Typed, pictures: list[int]) -> Response:
    if press == "item":
        studio.attach(installation(), actor(), typed.item, pictures)
        words = ngettext("The picture is in the post.", "The %(n)s pictures are in the post.", len(pictures))
        return done(words, "write.edit", item_id=typed.item)
    words = ngettext("The picture is in the library.", "The %(n)s pictures are in the library.", len(pictures))
    if press == "post":
        return done(words, "write.new", media=",".join(map(str, pictures)))
    return done(words, "pictures.index")


def _page(typed: Typed, form: Form) -> str:
    seen, chosen = None, {}
    try:
        seen = desk.see(typed)
    except OfficeError as error:
        if error.status >= 500:
            raise
        typed.pictures.clear()  # one that is gone: the form is shown without it, and says so
        form.fail(error.field, translated(error.words), error.status)
        seen = desk.see(typed)
    faults, others = desk.describe_problems(typed, seen)
    with installation().store.read(actor().workspace) as session:
        chosen = search.rows(session, typed.pictures.values())
        rows = search.newest(session, limit=SHOWN * 2) if typed.design.pictures() else []
    photos = [row for row in rows if "card" not in row.facts][:SHOWN]
    photos += [row for row in chosen.values() if row.id not in {photo.id for photo in photos}]
    return page(
        "design/design.html",
        typed=typed,
        form=form,
        seen=seen,
        faults=faults | form.errors,
        others=others,
        designs=images.designs.load().values(),
        sizes=SIZES,
        photos=photos,
        picture_url=picture_url,
        address=desk.address,
        item=_item(typed.item),
        fields=_fields(typed.design),
        language_of=place().language,
    )


def _fields(design: Design) -> list[tuple[str, Field]]:
    """Words first, pictures last, as one thinks of them."""
    return sorted(design.fields.items(), key=lambda pair: pair[1].kind == "picture")


def _item(number: int) -> Item | None:
    return _item_said(number)[0]


def _item_said(number: int) -> tuple[Item | None, Content | None]:
    """The item that the picture is for, and what it says; neither where there is none."""
    if not number:
        return None, None
    try:
        with installation().store.read(actor().workspace) as session:
            item = items.load(session, number)
            return item, items.current(session, item).parsed()
    except NotFound:
        return None, None
