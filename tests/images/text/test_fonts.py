"""Fonts that an office uploads: text fonts, emoji in colour, and what is none or worse."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from commsched.core.media.cards import MAX_FONT_BYTES
from commsched.images.cards import card, paint
from commsched.images.cards.brand import Brand
from commsched.images.intake import emoji, errors
from commsched.images.text import fonts, glyphs, runs
from commsched.images.text.fonts import BadFont, Face, TakenFont, take_font
from tests.images import files

TEXT = Path(fonts.path_of(Face("Source Sans 3"))).read_bytes()


def colour_font(signs: str = "😀❤🎉🚀") -> bytes:
    """A small font with the given signs as coloured squares: bitmaps (CBDT) of 109 pixels, as Noto's are."""
    out = io.BytesIO()
    Image.new("RGBA", (100, 100), (230, 40, 60, 255)).save(out, "PNG")
    png, count = out.getvalue(), len(signs) + 1
    picture = struct.pack(">BBbbB", 100, 100, 5, 95, 110) + struct.pack(">L", len(png)) + png
    cbdt = struct.pack(">HH", 3, 0) + picture * (count - 1)
    offsets = b"".join(struct.pack(">L", number * len(picture)) for number in range(count))
    sub = struct.pack(">HHL", 1, 17, 4) + offsets
    metrics = struct.pack(">bbBbbbbbbbbb", 95, -14, 110, 0, 0, 0, 5, 5, 95, 5, 0, 0)
    strike = (
        struct.pack(">LLLL", 8 + 48, len(sub) + 8, 1, 0)
        + metrics * 2
        + struct.pack(">HHBBBb", 1, count - 1, 109, 109, 32, 1)
    )
    cblc = struct.pack(">HHL", 3, 0, 1) + strike + struct.pack(">HHL", 1, count - 1, 8) + sub
    groups = b"".join(struct.pack(">LLL", ord(sign), ord(sign), 1 + signs.index(sign)) for sign in sorted(signs))
    cmap = struct.pack(">HHHHL", 0, 1, 3, 10, 12)
    cmap += struct.pack(">HHLLL", 12, 0, 16 + len(groups), 0, len(signs)) + groups
    words = "Egna Emojier".encode("utf-16-be")
    tables = {
        b"CBDT": cbdt,
        b"CBLC": cblc,
        b"cmap": cmap,
        b"head": struct.pack(
            ">LLLLHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1024, 0, 0, 0, 0, 1024, 1024, 0, 8, 2, 0, 0
        ),
        b"hhea": struct.pack(">LhhhHhhhhhhhhhhhH", 0x10000, 950, -250, 0, 1100, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, count),
        b"hmtx": struct.pack(">Hh", 1100, 0) * count,
        b"maxp": struct.pack(">LH", 0x5000, count),
        b"name": struct.pack(">HHH", 0, 1, 18) + struct.pack(">HHHHHH", 3, 1, 0x409, 1, len(words), 0) + words,
        b"post": struct.pack(">LLhhLLLLL", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return sfnt(tables)


def sfnt(tables: dict[bytes, bytes]) -> bytes:
    """A font file of ``tables``."""
    at, entries, body = 12 + 16 * len(tables), b"", b""
    for tag, data in sorted(tables.items()):
        entries += struct.pack(">4sLLL", tag, 0, at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    return struct.pack(">LHHHH", 0x10000, len(tables), 0, 0, 0) + entries + body


def test_a_font_for_text_says_its_family() -> None:
    assert take_font(TEXT) == TakenFont("Source Sans 3", emoji=False)


def test_a_font_with_emoji_in_colour_is_told_from_one_for_text() -> None:
    assert take_font(colour_font()) == TakenFont("Egna Emojier", emoji=True)
    with pytest.raises(BadFont):
        take_font(colour_font("🚀🎈"))  # not even the usual ones


def reds(data: bytes) -> int:
    with Image.open(io.BytesIO(data)) as image:
        pixels = image.convert("RGB").tobytes()
    return sum(pixels[at] > 200 and pixels[at + 1] < 80 for at in range(0, len(pixels), 3))


def test_emoji_are_drawn_in_the_colours_of_the_offices_font(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(colour_font())
    brand = Brand(name="Norra", emoji_font=str(tmp_path / "own.ttf"))
    with_it = card.draw("headline", (1200, 630), {"headline": "Äntligen 🚀 klart"}, brand, format="png").data
    without = card.draw("headline", (1200, 630), {"headline": "Äntligen klart"}, brand, format="png").data
    assert reds(with_it) > 1000 > reds(without)


@pytest.fixture
def opened_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every font file that this process opens."""
    seen: list[str] = []
    whole = ImageFont.truetype
    monkeypatch.setattr(
        ImageFont, "truetype", lambda font, *given, **named: (seen.append(str(font)), whole(font, *given, **named))[1]
    )
    return seen


def test_an_offices_own_font_is_opened_by_the_confined_process_only(tmp_path: Path, opened_here: list[str]) -> None:
    """A font is a program for whoever draws with it: the server has every password in its memory."""
    (tmp_path / "own.ttf").write_bytes(TEXT)
    (tmp_path / "emoji.ttf").write_bytes(colour_font())
    plain = Brand(name="Norra", heading="Source Sans 3")
    own = Brand(name="Norra", heading="Egen", fonts={"Egen": str(tmp_path / "own.ttf")})
    values = {"headline": "Fler turer på landsbygden", "sub": "Även på kvällen"}
    here = card.draw("headline", (1200, 630), values, plain, format="png")
    opened_here.clear()
    for brand in (own, msgspec.structs.replace(own, emoji_font=str(tmp_path / "emoji.ttf"))):
        there = card.draw("headline", (1200, 630), values, brand, format="png")
        assert opened_here == []
        assert (there.alt, there.warnings, there.mime) == (here.alt, here.warnings, here.mime)
        assert pixels(there.data) == pixels(here.data), "set in the same letters, it is the same card"


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


def test_what_a_card_in_the_offices_own_font_lacks_is_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(TEXT)
    brand = Brand(heading="Egen", fonts={"Egen": str(tmp_path / "own.ttf")})
    drawn = card.draw("headline", (1200, 630), {"headline": "ord " * 100}, brand)
    assert drawn.warnings == card.draw("headline", (1200, 630), {"headline": "ord " * 100}, Brand()).warnings != ()
    with pytest.raises(card.BadSize):
        card.draw("headline", (1, 1), {}, brand)
    with pytest.raises(errors.NoSuchDesign):
        card.draw("nothing", (1200, 630), {}, brand)


def test_a_font_that_is_gone_costs_only_its_looks(tmp_path: Path) -> None:
    brand = Brand(heading="Egen", fonts={"Egen": str(tmp_path / "gone.ttf")})
    plain = card.draw("headline", (1200, 630), {"headline": "Ja"}, Brand(), format="png")
    assert pixels(card.draw("headline", (1200, 630), {"headline": "Ja"}, brand, format="png").data) == pixels(
        plain.data
    )


def test_a_font_that_breaks_the_drawing_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(b"no font any more")
    with pytest.raises(errors.BadCardFont):
        card.draw(
            "headline", (1200, 630), {"headline": "Ja"}, Brand(heading="E", fonts={"E": str(tmp_path / "own.ttf")})
        )


def test_a_photo_goes_along(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(TEXT)
    brand = Brand(heading="Egen", fonts={"Egen": str(tmp_path / "own.ttf")})
    photo = card.Photo(files.jpeg((800, 600)), (0.2, 0.3), "Två personer")
    values = {"quote": "Vård nära", "person": "Åsa Öberg", "portrait": photo}
    drawn = card.draw("quote", (1080, 1350), values, brand)
    plain = card.draw("quote", (1080, 1350), values, Brand(heading="Source Sans 3"))
    assert (drawn.alt, drawn.warnings) == (plain.alt, plain.warnings)
    assert drawn.warnings == ()


def test_an_emoji_that_the_colour_font_lacks_is_drawn_flat(tmp_path: Path) -> None:
    (tmp_path / "own.ttf").write_bytes(colour_font())
    assert emoji.drawn(fonts.coloured(str(tmp_path / "own.ttf")), "🦔") is None
    mask, _x, _y = glyphs._emoji("🦔", 60, str(tmp_path / "own.ttf"))
    assert mask.mode == "L"
    assert mask.getbbox()


def test_a_colour_font_that_is_gone_costs_only_the_colours(tmp_path: Path) -> None:
    path = tmp_path / "own.ttf"
    path.write_bytes(b"no font any more")
    fonts.coloured.cache_clear()
    mask, _x, _y = glyphs._emoji("🚀", 60, str(path))
    assert mask.mode == "L"


def huge_tables() -> bytes:
    """Says that its tables are four gigabytes each."""
    return struct.pack(">LHHHH", 0x10000, 60000, 0, 0, 0) + struct.pack(">4sLLL", b"glyf", 0, 12, 0xFFFFFFFF) * 40


BAD = {
    "empty": b"",
    "text": b"This is not a font.",
    "cut in its directory": TEXT[:40],
    "cut in the middle": TEXT[: len(TEXT) // 2],
    "a zip": b"PK\x03\x04" + TEXT[:1000],
    "compressed for the web": b"wOFF" + TEXT[4:],
    "compressed for the web, a bomb": b"wOF2" + zlib.compress(b"\0" * 5_000_000),
    "a collection": b"ttcf" + TEXT[4:],
    "a picture": b"\x89PNG\r\n\x1a\n" + TEXT[:500],
    "tables without end": huge_tables(),
    "letters without Swedish": colour_font("ab").replace(b"CBDT", b"CBDX").replace(b"CBLC", b"CBLX"),
    "colour that is damaged": colour_font()[:600],
    "pictures of any size": colour_font().replace(b"CBDT", b"sbix"),
    "too large": b"\0\1\0\0" + bytes(MAX_FONT_BYTES),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_is_no_font_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(BadFont) as told:
        take_font(data, "font.ttf")
    assert str(told.value.words).endswith((".", "MB."))
    assert take_font(TEXT).family == "Source Sans 3"  # and the process that reads them goes on


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=40), st.booleans())
def test_a_damaged_font_is_refused_or_drawn_and_never_a_surprise(at: int, noise: bytes, in_colour: bool) -> None:
    whole = colour_font() if in_colour else TEXT
    data = whole[: at + 4] + noise + whole[at + 4 + len(noise) :]
    try:
        taken = take_font(data)
    except BadFont:
        return
    assert isinstance(taken.family, str)


def teardown_module() -> None:
    paint.forget()
    glyphs.forget()


def test_what_nothing_here_has_a_font_for_is_said_and_crashes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    caches = (fonts.path_of, fonts.covers, fonts.face_for, fonts.colour_emoji, fonts._system)
    monkeypatch.setattr(fonts, "there", lambda path: "/site-packages/" in path)
    for cache in caches:
        cache.cache_clear()
    try:
        assert fonts.path_of(Face("script:Georgian")) == fonts.path_of(Face(fonts.EMOJI)) == fonts.colour_emoji() == ""
        assert runs.unknown("Hej გამარჯობა 🎉", Face("Inter", 700)) == sorted({*"გამარჯობა", "🎉"})
        made = card.draw("headline", (1200, 630), {"headline": "Hej 🎉"}, Brand(name="Norra"))
        assert made.data
    finally:
        monkeypatch.undo()
        for cache in caches:
            cache.cache_clear()


@pytest.mark.parametrize("script", fonts._SCRIPTS)
def test_the_packages_have_the_scripts_that_they_are_here_for(script: str) -> None:
    sign = {
        "Arabic": "س",
        "Bengali": "ক",
        "Devanagari": "क",
        "Hebrew": "א",
        "Khmer": "ក",
        "Tamil": "க",
        "Telugu": "క",
        "Thai": "ก",
    }[script]
    for weight in (400, 700):
        face = Face(f"script:{script}", weight)
        assert fonts.covers(face, sign)
        assert fonts.face_for(Face("Inter", weight), sign) == face
