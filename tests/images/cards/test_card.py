"""Cards as an office gets them: every design in every size, whatever is typed."""

from __future__ import annotations

import io
import resource
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from commsched.images.cards import card, designs, paint, values
from commsched.images.cards.brand import Brand
from commsched.images.cards.card import Photo
from commsched.images.cards.draw_ops import TextLine
from commsched.images.intake import errors
from commsched.images.text import contrast, runs
from commsched.images.tools import sheet
from tests.images import files

NAMES = list(designs.load())
OG = (1200, 630)
MANY = 60
BRANDS = (sheet.LIGHT, sheet.DARK)


def noisy(side: int = 500) -> Photo:
    """The worst ground for text: every brightness beside every other."""
    return Photo(files.save(Image.effect_noise((side, side), 120).convert("RGB"), "JPEG"))


def white() -> Photo:
    return Photo(files.save(Image.new("RGB", (300, 300), "white"), "JPEG"))


def example(name: str, length: str, photo: Photo | None = None) -> dict[str, Any]:
    design = designs.get(name)
    given_values: dict[str, Any] = dict(design.examples[length])
    if photo is not None:
        given_values |= dict.fromkeys(design.pictures()[:1], photo)
    return given_values


def pixels(drawn: card.Drawn) -> Image.Image:
    image = Image.open(io.BytesIO(drawn.data))
    image.load()
    return image


@pytest.mark.parametrize("name", NAMES)
def test_every_design_holds_its_longest_text_in_every_size(name: str) -> None:
    for size in designs.SIZES:
        for brand in BRANDS:
            for length in ("short", "normal", "long"):
                for photo in (None, noisy()) if designs.get(name).pictures() else (None,):
                    plan = card.layout(name, size, example(name, length, photo), brand)
                    said = [str(problem.words) for problem in (*plan.drawing.problems, *plan.filled.problems)]
                    assert said == [], f"{name} {size} {length}"
                    assert any(isinstance(op, TextLine) for op in plan.drawing.ops)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_a_card_has_the_size_and_format_that_were_asked_for(name: str, form: Any) -> None:
    drawn = card.draw(name, (1080, 1350), example(name, "normal"), sheet.LIGHT, format=form)
    assert (drawn.width, drawn.height, drawn.mime) == (1080, 1350, f"image/{form}")
    assert pixels(drawn).size == (1080, 1350)
    assert pixels(drawn).format == form.upper()


@given(
    st.sampled_from(NAMES),
    st.sampled_from([*designs.SIZES, (640, 640), (1000, 300), (300, 1200)]),
    st.text(max_size=300),
    st.sampled_from(BRANDS),
    st.booleans(),
)
@settings(max_examples=MANY, deadline=None)
def test_nothing_is_drawn_outside_the_areas_of_a_design(
    name: str, size: tuple[int, int], said: str, brand: Brand, pictured: bool
) -> None:
    design = designs.get(name)
    given_values: dict[str, Any] = {field: said for field, spec in design.fields.items() if spec.kind != "picture"}
    if pictured:
        given_values |= dict.fromkeys(design.pictures()[:1], PHOTO)
    plan = card.layout(name, size, given_values, brand)
    base = paint.base(design, plan.layers, size, brand, plan.filled, plan.areas).image
    drawn = base.copy()
    paint.apply(drawn, plan.drawing.ops)
    changed = ImageChops.difference(base, drawn)
    hide = ImageDraw.Draw(changed)
    for layer in plan.layers:
        if layer.kind not in ("fill", "motif", "photo", "sign") and layer.area in plan.areas:
            area = plan.areas[layer.area]
            if area.width > 0 and area.height > 0:
                hide.rectangle((area.left, area.top, area.right - 1, area.bottom - 1), fill=0)
    assert changed.getbbox() is None


PHOTO = Photo(files.jpeg((500, 400)))


@pytest.mark.parametrize("name", NAMES)
def test_every_word_can_be_read_on_what_it_stands_on(name: str) -> None:
    for brand in BRANDS:
        for size in designs.SIZES:
            for length in ("normal", "long"):
                plan = card.layout(name, size, example(name, length), brand)
                for op in plan.drawing.ops:
                    if isinstance(op, TextLine):
                        assert contrast.ratio(op.ink, op.ground) >= 4.5


@pytest.mark.parametrize("name", [name for name in NAMES if designs.get(name).pictures()])
@pytest.mark.parametrize("photo", [noisy(), white()], ids=["noise", "white"])
def test_every_pixel_of_a_photo_behind_text_carries_it(name: str, photo: Photo) -> None:
    for brand in BRANDS:
        for size in designs.SIZES:
            plan = card.layout(name, size, example(name, "long", photo), brand)
            base = paint.base(plan.design, plan.layers, size, brand, plan.filled, plan.areas).image
            for op in plan.drawing.ops:
                if isinstance(op, TextLine) and op.ground == brand.grounds["photo"]:
                    assert worst(base, op) >= 4.5


def worst(base: Image.Image, line: TextLine) -> float:
    extent = runs.extent(line.text, line.face)
    box = (
        int(line.x + extent.left * line.size),
        int(line.y - extent.top * line.size),
        int(line.x + extent.right * line.size),
        int(line.y + extent.bottom * line.size) + 1,
    )
    seen = base.crop(box).getcolors(1_000_000) or []
    colours = {colour for _, colour in seen if isinstance(colour, tuple)}
    return min(contrast.ratio(line.ink, (c[0], c[1], c[2])) for c in colours)


@given(
    st.tuples(*[st.integers(0, 255)] * 3).map(contrast.hexed), st.tuples(*[st.integers(0, 255)] * 3).map(contrast.hexed)
)
@settings(max_examples=40, deadline=None)
def test_any_two_colours_of_an_office_give_readable_cards(primary: str, accent: str) -> None:
    brand = Brand(name="Alla", primary=primary, accent=accent)
    for name in NAMES:
        for op in card.layout(name, OG, example(name, "normal"), brand).drawing.ops:
            if isinstance(op, TextLine):
                assert contrast.ratio(op.ink, op.ground) >= 4.5


def test_the_alt_text_says_what_the_card_says() -> None:
    drawn = card.draw("quote", OG, example("quote", "normal"), sheet.LIGHT)
    assert drawn.alt.startswith("Citat: ”Ingen ska behöva åka tolv mil")
    assert "Åsa Öberg, Gruppledare i regionfullmäktige." in drawn.alt
    english = card.draw("result", OG, {"headline": "Yes", "votes": "Yes: 4\nNo: 3"}, sheet.LIGHT, language="en")
    assert english.alt == "Result: Yes. Yes: 4; No: 3."
    assert "{" not in drawn.alt + english.alt


def test_the_alt_text_names_whoever_is_quoted_though_no_office_is_given() -> None:
    drawn = card.draw("quote", OG, {"quote": "Vård nära", "person": "Åsa Öberg"}, sheet.LIGHT)
    assert drawn.alt == "Citat: ”Vård nära” Åsa Öberg."
    assert "Åsa" not in card.draw("quote", OG, {"quote": "Vård nära"}, sheet.LIGHT).alt


def test_each_sentence_of_the_alt_text_ends() -> None:
    drawn = card.draw("headline", OG, {"headline": "Fler bussar!", "sub": "Även på kvällen"}, sheet.LIGHT)
    assert drawn.alt == "Bild med texten: Fler bussar! Även på kvällen."


@pytest.mark.parametrize("name", NAMES)
def test_every_design_proposes_an_alt_text_in_both_languages(name: str) -> None:
    for language in ("sv", "en"):
        for length in ("short", "normal", "long"):
            plan = card.layout(name, OG, example(name, length), sheet.LIGHT, language)
            assert len(card.alt_text(plan.design, plan.filled, language)) > 3


@pytest.mark.parametrize(
    ("given", "language", "says"),
    [
        ({"figure": "1"}, "sv", "dag kvar"),
        ({"figure": "1"}, "en", "day left"),
        ({"figure": "2"}, "sv", "dagar kvar"),
        ({"figure": "11"}, "en", "days left"),
        ({"figure": " 1 ", "unit": "dagar kvar"}, "sv", "dag kvar"),
        ({"figure": "1", "unit": "veckor kvar"}, "sv", "veckor kvar"),
        ({"figure": "1", "unit": ""}, "sv", ""),
    ],
)
def test_one_day_left_is_said_in_the_singular(given: dict[str, Any], language: str, says: str) -> None:
    filled = values.fill(designs.get("countdown"), {"to": "valet", **given}, language)
    assert filled.texts["unit"] == says


def test_a_missing_text_is_said_and_the_card_is_drawn_all_the_same() -> None:
    drawn = card.draw("event", OG, {"title": "Årsmöte"}, sheet.LIGHT)
    assert [(problem.field, problem.blocks) for problem in drawn.warnings] == [("when", True)]
    assert len(drawn.data) > 5000


def test_a_label_has_a_default_that_can_be_taken_away() -> None:
    said = [
        values.fill(designs.get("event"), given, "sv").texts["kicker"]
        for given in ({}, {"kicker": ""}, {"kicker": "Nu"})
    ]
    assert said == ["Välkommen", "", "Nu"]


def test_a_text_above_its_limit_is_cut_and_said_so() -> None:
    drawn = card.draw("headline", OG, {"headline": "ord " * 100}, sheet.LIGHT)
    assert drawn.warnings[0].field == "headline"
    assert drawn.warnings[0].words.params == {"limit": 120, "count": 279}


def test_a_field_that_the_design_lacks_is_said() -> None:
    drawn = card.draw("headline", OG, {"headline": "Ja", "headlin": "?"}, sheet.LIGHT)
    assert [problem.field for problem in drawn.warnings] == ["headlin"]


def test_a_sign_that_no_font_has_is_said() -> None:
    drawn = card.draw("headline", OG, {"headline": "Ja 漢"}, sheet.LIGHT)
    assert [(problem.level, problem.words.params["signs"]) for problem in drawn.warnings] == [("block", "漢")]


def test_lines_without_a_figure_are_said() -> None:
    drawn = card.draw("bars", OG, {"headline": "Jämför", "rows": "Buss: 12\nTåg: många"}, sheet.LIGHT)
    assert [(problem.field, problem.words.params) for problem in drawn.warnings] == [("rows", {"line": "Tåg: många"})]


@pytest.mark.parametrize("bad", ["mycket", "140 %", "-3 %", "5 av 0"])
def test_a_share_that_is_none_is_said(bad: str) -> None:
    drawn = card.draw("share", OG, {"share": bad, "says": "vill"}, sheet.LIGHT)
    assert [problem.field for problem in drawn.warnings] == ["share"]


@pytest.mark.parametrize(
    ("text", "share"),
    [("62 %", 0.62), ("62,5 %", 0.625), ("5 av 8", 0.625), ("3/4", 0.75), ("5 of 8", 0.625), ("0", 0.0)],
)
def test_a_share_may_be_written_in_many_ways(text: str, share: float) -> None:
    assert values.share(text) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "amount"), [("1 234", 1234), ("1\u00a0234,5", 1234.5), ("−3", -3), ("12.5", 12.5), ("inget", None)]
)
def test_figures_are_read_the_swedish_way(text: str, amount: float | None) -> None:
    assert values.number(text) == amount


def test_a_name_that_no_design_has_is_refused() -> None:
    with pytest.raises(errors.NoSuchDesign):
        card.draw("../../etc/passwd", OG, {}, sheet.LIGHT)


@pytest.mark.parametrize("size", [(0, 0), (10, 10), (-1200, 630), (100_000, 630), (1200, 5000)])
def test_a_size_that_is_none_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(card.BadSize):
        card.draw("headline", size, {"headline": "Ja"}, sheet.LIGHT)


def test_a_photo_that_is_none_is_refused() -> None:
    with pytest.raises(errors.BadPicture):
        card.draw("headline", OG, {"headline": "Ja", "photo": b"<svg/>"}, sheet.LIGHT)


def test_a_carousel_has_a_cover_and_its_pages() -> None:
    given_values = example("carousel", "normal")
    count = card.pages("carousel", given_values)
    assert count == 4
    drawn = [card.draw("carousel", (1080, 1350), given_values, sheet.LIGHT, page=page) for page in range(count)]
    assert len({one.data for one in drawn}) == 4
    assert drawn[0].alt == "Tre saker vi vill ändra i vården nästa år."
    assert drawn[2].alt == "Sida 2: Öppet i juli. Förlossningen ska vara öppen hela sommaren."
    assert card.pages("headline", {"headline": "Ja"}) == 1


def logo(colour: str) -> bytes:
    image = Image.new("RGBA", (200, 60))
    ImageDraw.Draw(image).ellipse((0, 0, 60, 60), fill=colour)
    ImageDraw.Draw(image).rectangle((75, 15, 199, 45), fill=colour)
    return files.save(image, "PNG")


def sign_of(brand: Brand) -> Image.Image:
    foot = designs.areas(designs.get("headline"), OG, brand, True)["foot"]
    base = pixels(card.draw("headline", OG, {"headline": "Ja"}, brand, format="png"))
    return base.crop((foot.left, foot.top, foot.left + 200, foot.bottom))


def test_a_logo_that_would_not_show_gets_a_plate() -> None:
    clear = sign_of(Brand(primary="#14532d", logo=logo("#ffffff"), motif="none"))
    hidden = sign_of(Brand(primary="#14532d", logo=logo("#14532d"), motif="none"))
    assert clear.getpixel((3, 3)) == (0x14, 0x53, 0x2D)
    assert max(high for _, high in hidden.getextrema()) == 255  # type: ignore[misc]


def test_the_logo_for_dark_grounds_is_used_on_them() -> None:
    brand = Brand(primary="#101010", logo=logo("#000000"), logo_on_dark=logo("#00ff00"), motif="none")
    assert any(colour == (0, 255, 0) for _, colour in sign_of(brand).getcolors(100_000) or [])


def test_the_offices_own_font_is_used() -> None:
    from commsched.images.text import fonts

    own = Brand(name="A", heading="Egen", fonts={"Egen": fonts.path_of(fonts.Face("Source Serif 4"))})
    given_values = {"headline": "Ja"}
    assert (
        card.draw("headline", OG, given_values, own).data
        != card.draw("headline", OG, given_values, Brand(name="A")).data
    )


def test_a_story_keeps_clear_of_what_the_app_lays_over_it() -> None:
    for name in NAMES:
        plan = card.layout(name, (1080, 1920), example(name, "long"), sheet.LIGHT)
        for op in plan.drawing.ops:
            if isinstance(op, TextLine) and name != "release":
                assert op.y - op.size > 0.1 * 1920
            if isinstance(op, TextLine):
                assert op.y < 0.86 * 1920


def test_the_same_card_is_the_same_bytes_from_many_threads() -> None:
    got: list[bytes] = []

    def work() -> None:
        for name in ("headline", "bars", "share", "quote"):
            got.append(card.draw(name, OG, example(name, "normal"), sheet.DARK).data)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 24
    assert len(set(got)) == 4


def test_a_long_day_of_drawing_does_not_grow() -> None:
    def some(start: int) -> None:
        for number in range(start, start + 120):
            headline = f"Rubrik nummer {number} om {chr(97 + number % 26)} {number * 7919}"
            card.draw("headline", designs.SIZES[number % 2], {"headline": headline}, sheet.LIGHT)

    some(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    some(1000)
    some(2000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000
    assert paint._bases.bytes <= paint.BASES


@pytest.mark.parametrize("name", NAMES)
def test_a_design_is_whole(name: str) -> None:
    design = designs.get(name)
    assert set(design.examples) == {"short", "normal", "long"}
    assert {"sv", "en"} <= set(design.title) & set(design.about) & set(design.alt)
    used = {field for layer in design.layers for block in layer.blocks for field in block.fields}
    used |= {layer.field for layer in design.layers if layer.field}
    own = {"page_head", "page_text", "page_number"}
    assert used - own <= set(design.fields)
    assert set(design.fields) - used <= {"pages"}
    for spec in design.fields.values():
        assert {"sv", "en"} <= set(spec.label)
    for layer in design.layers:
        assert layer.on in sheet.LIGHT.grounds
        for size in designs.SIZES:
            for bare in (True, False):
                assert designs.areas(design, size, sheet.LIGHT, bare)


def test_the_sheet_shows_every_design(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "BRANDS", {"light": sheet.LIGHT})
    out = tmp_path / "sheet.png"
    sheet.main([str(out), "--design", "share", "--scale", "0.05"])
    with Image.open(out) as image:
        assert image.size[0] > 300
        assert image.size[1] > 3 * 90


def test_the_alt_text_has_no_hyphens_that_nobody_sees_and_no_empty_lines() -> None:
    drawn = card.draw("result", OG, {"headline": "Social\u00adtjänsten", "votes": "Ja: 4\n\nNej: 3"}, sheet.LIGHT)
    assert drawn.alt == "Resultat: Socialtjänsten. Ja: 4; Nej: 3."
