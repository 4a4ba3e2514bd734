"""The office's look: colours, fonts, logo, margins, with the cards beside that they make."""

from __future__ import annotations

from typing import Final

import msgspec
from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from commsched import images
from commsched.core.access.routes import allow
from commsched.core.media.cards import MAX_FONT_BYTES
from commsched.core.text.messages import N_, Invalid, OfficeError
from commsched.services.design import brand
from commsched.services.kernel import members
from commsched.services.kernel.brand_kit import Kit
from commsched.services.media import search
from commsched.store.models import Media
from commsched.web.components.pictures import picture_url, take_in
from commsched.web.design import form as desk
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("brand", __name__, url_prefix="/w/<slug>/settings/look")

COLOURS: Final = {
    "primary": N_("The office's colour"),
    "accent": N_("Accent"),
    "light": N_("Paper"),
    "dark": N_("Ink"),
}
FONTS: Final = {"heading": N_("Headlines"), "body": N_("Text"), "serif": N_("Quotes")}
MOTIFS: Final = {"arcs": N_("Arcs"), "slope": N_("A slope"), "none": N_("Nothing")}
LOGOS: Final = {"logo": N_("Logo"), "logo_on_dark": N_("Logo on dark grounds")}
SHARES: Final = ("margin", "safe_top", "safe_bottom")
SHOWN: Final = (("headline", (600, 315)), ("quote", (480, 480)), ("figure", (480, 600)))
"""Designs that together use every part of the kit, small."""
PAIRS: Final = (("ground", "ink"), ("ground", "strong"), ("ground", "muted"), ("primary", "ink"), ("accent", "ink"))


@bp.get("/")
@allow("read")
def index() -> str:
    return _page(brand.get(installation(), actor().workspace), Form())


@bp.post("/look")
@allow("administer")
def look() -> Response | tuple[Response, int]:
    """The kit as it stands in the form, drawn; for the page's script. Keeps nothing."""
    try:
        kit = brand.checked(_read(Form.read()))
        return jsonify(html=page("design/_brand_cards.html", **_shown(kit)), faults={})
    except OfficeError as error:
        return jsonify(html="", faults={error.field: translated(error.words)}), error.status


@bp.post("/")
@allow("administer")
def update() -> str | Response | tuple[str, int]:
    form = Form.read()
    kit = brand.get(installation(), actor().workspace)
    with form.catch():
        kit = brand.checked(_read(form))
        if form.text("do", 20) == "look":
            return _page(kit, form)
        kit = _with_files(kit)
        brand.save(installation(), actor(), kit)
        return done(_("The office's look is saved. New pictures are drawn in it."), "brand.index")
    return _page(kit, form), form.status


@bp.post("/fonts")
@allow("administer")
def add_font() -> str | Response | tuple[str, int]:
    form = Form()
    file = request.files.get("font")
    with form.catch():
        if file is None or not file.filename:
            raise Invalid(N_("Choose a file."), "font")
        with file.stream as stream:
            data = stream.read(MAX_FONT_BYTES + 1)
        family = brand.add_font(installation(), actor(), data, file.filename)
        if family in brand.get(installation(), actor().workspace).emoji:
            return done(_("Emoji are drawn with %(family)s from now on.", family=family), "brand.index")
        return done(_("The font %(family)s can be chosen now.", family=family), "brand.index")
    form.errors = {"font": next(iter(form.errors.values()))}
    return _page(brand.get(installation(), actor().workspace), form), form.status


@bp.post("/fonts/remove")
@allow("administer")
def remove_font() -> Response:
    brand.remove_font(installation(), actor(), request.form.get("family", "")[:80])
    return done(_("The font is no longer used."), "brand.index")


def _read(form: Form) -> Kit:
    """What stands in the form. Raises :class:`Invalid` for a share that is no number."""
    old = brand.get(installation(), actor().workspace)
    words: dict[str, object] = {name: form.text(name, 80) for name in ("name", *COLOURS, *FONTS, "motif")}
    logos = {name: _id(form.text(name, 20)) for name in LOGOS}
    shares = {name: form.number(name, 0, 100) / 100 for name in SHARES}
    values = msgspec.to_builtins(old) | words | logos | shares | {"is_dark": form.flag("is_dark")}
    try:
        return msgspec.convert(values, Kit)
    except msgspec.ValidationError as error:
        raise Invalid(N_("Choose one from the list."), "motif") from error


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _with_files(kit: Kit) -> Kit:
    """Logos that were chosen from the person's own files go into the library, and then into the kit."""
    for name in LOGOS:
        file = request.files.get(f"file-{name}")
        if file is None or not file.filename:
            continue
        taken, refused = take_in([file])
        if refused:
            raise Invalid(refused[0], name)
        kit = msgspec.structs.replace(kit, **{name: taken[0].media.id})
    return kit


def _shown(kit: Kit) -> dict[str, object]:
    """The example cards, and how well each pair of colours can be read."""
    with installation().store.read(actor().workspace) as session:
        workspace = members.workspace_of(session, actor())
        own = brand.brand_of(installation(), session, workspace, kit)
    shown_designs = [(name, size, images.designs.get(name).examples["normal"]) for name, size in SHOWN]
    examples = [images.card.draw(*example, own, language=workspace.language) for example in shown_designs]
    pairs = [
        (
            ground,
            role,
            round(images.contrast.ratio(own.grounds[ground], own.on(ground, role)), 1),
            images.contrast.hexed(own.grounds[ground]),
            images.contrast.hexed(own.on(ground, role)),
        )
        for ground, role in PAIRS
    ]
    return {"examples": examples, "pairs": pairs, "address": desk.address}


def _page(kit: Kit, form: Form) -> str:
    with installation().store.read(actor().workspace) as session:
        chosen = search.rows(session, [number for number in (kit.logo, kit.logo_on_dark) if number])
        newest = [row for row in search.newest(session, limit=60) if "card" not in row.facts]
    logos: dict[int, Media] = {row.id: row for row in newest[:30]} | chosen
    return page(
        "design/brand.html",
        kit=kit,
        form=form,
        colours=COLOURS,
        fonts=FONTS,
        motifs=MOTIFS,
        logos=LOGOS,
        families=brand.families(kit),
        pictures=list(logos.values()),
        picture_url=picture_url,
        **_shown(kit),
    )
