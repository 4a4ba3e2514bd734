"""Colours: a profile is obeyed in every mode, and one that is called sRGB is looked at all the same."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image, ImageCms

from commsched.images.intake import pictures, profiles
from tests.images import files

P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
"""Their primaries in XYZ, adapted to D50, red first."""


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def curve(gamma: float) -> bytes:
    return b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + b"\0\0"


def described(name: str) -> bytes:
    raw = name.encode() + b"\0"
    return b"desc" + struct.pack(">II", 0, len(raw)) + raw + bytes(12 + 67)


def profile(space: bytes, tags: dict[bytes, bytes], name: str) -> bytes:
    """An ICC profile (version 2) of a screen or of a scale of greys."""
    tags = {
        b"desc": described(name),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249),
    } | tags
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag, at + len(body), len(data))
        body += data
    whole = struct.pack(">I", len(tags)) + table + body
    head = struct.pack(">I4xI4s4s4s", 128 + len(whole), 0x02100000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    return head.ljust(68, b"\0") + fixed(0.9642, 1, 0.8249) + bytes(48) + whole


def screen(primaries: tuple[tuple[float, ...], ...], gamma: float, name: str = "wide") -> bytes:
    tags = {key: b"XYZ \0\0\0\0" + fixed(*row) for key, row in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma)), name)


GREY = profile(b"GRAY", {b"kTRC": curve(1.8)}, "grey 1.8")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
COLOUR = (200, 60, 50)


def by_littlecms(colour: tuple[int, ...], source: bytes) -> tuple[int, ...]:
    """What littleCMS itself makes of one colour or grey."""
    mode = "RGB" if len(colour) == 3 else "L"
    way = ImageCms.buildTransform(io.BytesIO(source), ImageCms.createProfile("sRGB"), mode, "RGB")
    moved = ImageCms.applyTransform(Image.new(mode, (1, 1), colour if mode == "RGB" else colour[0]), way)
    assert moved is not None
    return tuple(moved.tobytes())


def taken(data: bytes, place: tuple[int, int] = (20, 20)) -> tuple[int, ...]:
    """The colour that a picture has after intake, opaque, with nothing said of its profile any more."""
    with Image.open(io.BytesIO(pictures.take(data).data)) as image:
        assert "icc_profile" not in image.info
        return tuple(image.convert("RGBA").getpixel(place))[:3]  # type: ignore[arg-type]


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 2) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "PA"])
@pytest.mark.parametrize(
    "source",
    [screen(P3, 2.2), screen(ADOBE, 2.19921875), screen(P3, 2.2, "sRGB IEC61966-2.1")],
    ids=["P3", "Adobe RGB", "P3 by the name of sRGB"],
)
def test_a_wide_colour_is_the_same_in_every_mode(mode: str, source: bytes) -> None:
    expected = by_littlecms(COLOUR, source)
    assert not near(expected, COLOUR, 8), "the profile moves it far enough to be seen"
    image = Image.new("RGB", (64, 48), COLOUR)
    image.paste((0, 0, 0), (0, 0, 8, 8))
    options = {"icc_profile": source}
    if mode == "PA":
        image = image.quantize(8)
        options["transparency"] = image.getpixel((2, 2))
    else:
        image = image.quantize(8) if mode == "P" else image.convert(mode)
    assert near(taken(files.save(image, "PNG", **options)), expected)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "moving WEBP"])
def test_every_format_with_a_profile_obeys_it(form: str) -> None:
    source, image = screen(P3, 2.2), Image.new("RGB", (64, 48), COLOUR)
    more = {"save_all": True, "append_images": [Image.new("RGB", (64, 48), "black")]} if form[0] == "m" else {}
    data = files.save(image, form.split()[-1], icc_profile=source, quality=100, **more)
    assert near(taken(data), by_littlecms(COLOUR, source), 4)


@pytest.mark.parametrize("mode", ["L", "LA", "JPEG", "I;16"])
def test_greys_with_a_profile_obey_it(mode: str) -> None:
    expected = by_littlecms((90,), GREY)
    assert not near(expected, (90, 90, 90), 8)
    if mode == "I;16":
        image = Image.new("I", (64, 48), 90 * 257).convert("I;16")
    else:
        image = Image.new("LA" if mode == "LA" else "L", (64, 48), (90, 255) if mode == "LA" else 90)
    assert near(taken(files.save(image, "JPEG" if mode == "JPEG" else "PNG", icc_profile=GREY)), expected)


def test_a_grey_picture_with_a_profile_for_colours_is_as_bright_as_it_says() -> None:
    source = screen(P3, 1.4)
    data = files.save(Image.new("L", (64, 48), 90), "PNG", icc_profile=source)
    assert near(taken(data), by_littlecms((90, 90, 90), source))


def test_what_is_half_clear_stays_so() -> None:
    image = Image.new("RGBA", (64, 48), (*COLOUR, 77))
    new = pictures.take(files.save(image, "PNG", icc_profile=screen(P3, 2.2))).data
    with Image.open(io.BytesIO(new)) as again:
        assert again.mode == "RGBA"
        assert again.getpixel((9, 9))[3] == 77  # type: ignore[index]


def test_ordinary_colours_are_not_touched() -> None:
    """Most files have an sRGB profile: rounding would cost them a level here and there."""
    image = files.picture()
    assert profiles.Colours(SRGB).srgb(image) is image


def test_a_profile_that_does_not_fit_or_is_broken_changes_nothing() -> None:
    image = files.picture()
    for source in (GREY, b"", SRGB[:200], b"not a profile at all" * 20):
        assert profiles.Colours(source).srgb(image) is image


def test_the_values_are_those_of_the_standards() -> None:
    """Computed by hand from the primaries: pure green of sRGB in P3, and a grey of gamma 1.8."""
    assert near(by_littlecms((117, 251, 76), screen(P3, 2.2)), (0, 255, 0), 12)
    assert near(by_littlecms((90,), GREY), (111, 111, 111), 3)
