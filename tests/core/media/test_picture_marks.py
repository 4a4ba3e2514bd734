"""Who took a picture stands in the file, where other makers' programs read it, and the picture is as it was."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin

from commsched.core.media.picture_marks import Marks, marked

MARKS = Marks("En buss i snö & <slask>", "Anna Ek", "Regiongruppen", "Ja till fler turer")


def picture(kind: str) -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 1
    Image.radial_gradient("L").convert("RGB").save(out, kind, exif=exif)
    return out.getvalue()


def after(data: bytes, mime: str, marks: Marks = MARKS) -> bytes:
    return b"".join(marked(BytesIO(data), mime, marks))


def test_a_jpeg_says_it_in_both_ways_and_is_the_same_picture() -> None:
    data = picture("JPEG")
    once = after(data, "image/jpeg", Marks("Förr", "Någon"))
    with Image.open(BytesIO(after(once, "image/jpeg"))) as image, Image.open(BytesIO(data)) as before:
        said = IptcImagePlugin.getiptcinfo(image)
        assert said is not None
        assert said[(2, 80)] == b"Anna Ek"
        assert said[(2, 120)].decode() == MARKS.caption
        assert b"Anna Ek" in image.info["xmp"]
        assert "En buss i snö &amp; &lt;slask&gt;".encode() in image.info["xmp"]
        assert b"rr" not in image.info["xmp"].partition(b"dc:description")[2][:20], "what stood there before is gone"
        assert image.getexif()[0x0112] == 1
        assert image.tobytes() == before.tobytes()


def test_a_png_says_it_before_its_picture() -> None:
    data = picture("PNG")
    with Image.open(BytesIO(after(data, "image/png"))) as image, Image.open(BytesIO(data)) as before:
        assert "Anna Ek" in image.text["XML:com.adobe.xmp"]
        assert image.tobytes() == before.tobytes()


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/webp", "application/pdf"])
@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=80), st.text(max_size=40))
@example(b"\xff\xd8", "")
def test_a_file_that_is_built_otherwise_loses_nothing(mime: str, data: bytes, words: str) -> None:
    for start in (b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x04", b"\x89PNG\r\n\x1a\n"):
        whole = start + data
        given_back = after(whole, mime, Marks(words, words))
        assert given_back.startswith(whole[:2])
        assert given_back.endswith(data[-4:])
