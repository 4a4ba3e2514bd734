"""What phones make: HEIC and AVIF are taken in, the right way up, in the right colours, and kept as JPEG or PNG."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

from commsched.images.intake import errors, phone_formats, pictures, pool
from tests.images import files
from tests.images.intake.test_profiles import COLOUR, P3, screen

heif = pytest.importorskip("pillow_heif")
KINDS = ["HEIF", "AVIF"]


def photo(kind: str, image: Image.Image, **options: object) -> bytes:
    heif.register_heif_opener()
    return files.save(image, kind, quality=90, **options)


def two_tone(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", size, (220, 30, 30))
    image.paste((30, 30, 220), (0, size[1] // 2, *size))
    return image


def seen(taken: pictures.Taken) -> Image.Image:
    with Image.open(io.BytesIO(taken.data)) as image:
        return image.convert("RGB")


def is_red(image: Image.Image, at: tuple[int, int]) -> bool:
    pixel = image.getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel[0] > 150 > pixel[2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_phones_photo_becomes_a_jpeg(kind: str) -> None:
    taken = pictures.take(photo(kind, two_tone()), "IMG_0001.HEIC")
    assert (taken.mime, taken.suffix, taken.width, taken.height) == ("image/jpeg", ".jpg", 96, 64)
    assert is_red(seen(taken), (48, 8))
    assert not is_red(seen(taken), (48, 56))
    assert not taken.had_motion


@pytest.mark.parametrize("kind", KINDS)
def test_it_stands_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: turned by a quarter to the right when it is shown
    taken = pictures.take(photo(kind, two_tone(), exif=exif.tobytes()))
    assert (taken.width, taken.height) == (64, 96)
    assert is_red(seen(taken), (56, 48))
    assert not is_red(seen(taken), (8, 48))


@pytest.mark.parametrize("kind", KINDS)
def test_its_colours_are_obeyed_before_the_profile_goes(kind: str) -> None:
    source, image = screen(P3, 2.2), Image.new("RGB", (64, 48), COLOUR)
    taken = pictures.take(photo(kind, image, icc_profile=source))
    plain = pictures.take(photo(kind, image))
    ours, as_it_was = (seen(one).getpixel((32, 24)) for one in (taken, plain))
    assert isinstance(ours, tuple)
    assert isinstance(as_it_was, tuple)
    assert max(abs(a - b) for a, b in zip(ours, as_it_was, strict=True)) > 8, "a phone's red is redder than it says"
    with Image.open(io.BytesIO(taken.data)) as image:
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", KINDS)
def test_the_place_is_stripped(kind: str) -> None:
    with Image.open(io.BytesIO(files.with_exif(artist="Anna Ek", gps=True))) as image:
        exif = image.info["exif"]
    taken = pictures.take(photo(kind, two_tone(), exif=exif))
    assert taken.had_location
    assert taken.credit == "Anna Ek"
    with Image.open(io.BytesIO(taken.data)) as image:
        assert 0x8825 not in image.getexif()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_clear_stays_clear(kind: str) -> None:
    logo = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    logo.paste((200, 0, 0, 255), (16, 16, 48, 48))
    taken = pictures.take(photo(kind, logo))
    assert taken.mime == "image/png"
    with Image.open(io.BytesIO(taken.data)) as image:
        assert image.convert("RGBA").getpixel((2, 2))[3] == 0  # type: ignore[index]


def test_a_moving_avif_keeps_its_first_picture_and_says_so() -> None:
    data = photo("AVIF", two_tone(), save_all=True, append_images=[two_tone().rotate(180)])
    taken = pictures.take(data)
    assert (taken.mime, taken.animated, taken.had_motion) == ("image/jpeg", False, True)


@pytest.mark.parametrize("share", [0.5, 0.05])
def test_half_a_file_is_refused_in_words(share: float) -> None:
    data = photo("HEIF", two_tone((600, 400)))
    with pytest.raises(errors.PhonePhoto):
        pictures.take(data[: int(len(data) * share)])


def test_without_the_library_it_is_refused_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    start = pool.START.replace("from commsched", "sys.modules['pillow_heif'] = None; from commsched", 1)
    bare = pool.Pool(size=1, start=start.replace("intake.worker", "intake.phone_formats"))
    monkeypatch.setattr(phone_formats, "reading", bare)
    try:
        with pytest.raises(errors.PhonePhoto):
            pictures.take(photo("HEIF", two_tone()))
    finally:
        bare.close()


BREAK_OUT = """
import os, subprocess, sys, threading
sys.path.insert(0, sys.argv[1])
from commsched.images.intake import phone_formats, worker
phone_formats.prepare()
held = worker.confine(threads=True)
assert held.seccomp, held
said = []
def attempt(name, deed):
    try:
        deed()
        said.append(f"{name} worked")
    except OSError as error:
        said.append(f"{name} {error.errno}")
thread = threading.Thread(target=lambda: attempt("a file in a thread", lambda: open("/etc/hostname")))
thread.start(); thread.join()
attempt("fork", os.fork)
attempt("a file", lambda: open("/etc/hostname"))
os.write(1, "; ".join(said).encode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_its_process_may_start_threads_and_nothing_else() -> None:
    given = subprocess.run(
        [sys.executable, "-I", "-c", BREAK_OUT, pool._ROOT], capture_output=True, timeout=60, check=False
    )
    assert given.stdout.decode() == "a file in a thread 1; fork 1; a file 1", given.stderr.decode()
