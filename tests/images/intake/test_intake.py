"""What an office may put in its library, and what it gets back."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from commsched.core.text.messages import Invalid
from commsched.images.intake import confinement, errors, fingerprint, pictures, pool, sanitize
from tests.images import files


def sentence_of(error: errors.BadPicture) -> None:
    assert str(error.words), "a designed error has a sentence, and its fields are filled in"
    assert error.field == "file"


def reopened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("data", "mime", "suffix"),
    [
        (files.jpeg(), "image/jpeg", ".jpg"),
        (files.png(), "image/png", ".png"),
        (files.webp(), "image/webp", ".webp"),
        (files.gif(), "image/gif", ".gif"),
    ],
)
def test_the_four_formats_are_taken_and_named_after_their_content(data: bytes, mime: str, suffix: str) -> None:
    taken = pictures.take(data, "../../etc/passwd.exe")
    assert (taken.mime, taken.suffix, taken.width, taken.height) == (mime, suffix, 64, 48)
    assert taken.sha256 == hashlib.sha256(taken.data).hexdigest()
    assert not taken.animated
    assert reopened(taken.data).size == (64, 48)


@pytest.mark.parametrize("size", [(8160, 6144), (8192, 6144), (16382, 3852)])
def test_what_phones_call_fifty_megapixels_is_taken(size: tuple[int, int]) -> None:
    """They are a little more; and a phone's panorama is sixty-three."""
    data = files.save(Image.new("L", size, 120), "JPEG")
    assert (pictures.take(data).width, pictures.take(data).height) == size


PHOTO = Image.effect_mandelbrot((600, 400), (-2, -1.2, 1, 1.2), 60).convert("RGB")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_is_whole(progressive: bool) -> None:
    """Old cameras leave the last two bytes out, and every browser shows it."""
    whole = files.save(PHOTO, "JPEG", quality=90, progressive=progressive)
    assert whole[-2:] == b"\xff\xd9"
    assert pictures.take(whole[:-2]).data == pictures.take(whole).data
    for lost in (40, len(whole) // 2):
        with pytest.raises(errors.Damaged):
            pictures.take(whole[:-lost])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_only_exif_says_which_way_is_up(form: str) -> None:
    """What XMP says of it is heard by no browser."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    options: dict[str, object] = {"xmp": xmp}
    if form == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options = {"pnginfo": text}
    taken = pictures.take(files.save(files.picture(), form, **options))
    assert (taken.width, taken.height) == (64, 48)
    exif = Image.Exif()
    exif[0x0112] = 8
    turned = pictures.take(files.save(files.picture(), form, exif=exif.tobytes(), **options))
    assert (turned.width, turned.height) == (48, 64)


def test_files_do_not_grow() -> None:
    """Coded as they were: a palette stays one, and a lossless WebP stays lossless."""
    few = PHOTO.quantize(64)
    for name, data in {
        "PNG": files.save(few, "PNG", optimize=True),
        "GIF": files.save(few, "GIF"),
        "PNG of two": files.save(PHOTO.convert("1"), "PNG"),
        "WEBP": files.save(PHOTO, "WEBP", lossless=True),
    }.items():
        new = pictures.take(data).data
        assert len(new) < 1.15 * len(data), name
        assert reopened(new).convert("RGB").tobytes() == reopened(data).convert("RGB").tobytes(), name


def test_what_stands_still_in_an_animation_is_not_repeated() -> None:
    frames = []
    for number in range(8):
        frame = PHOTO.quantize(64).convert("RGB")
        frame.paste((255, 0, 0), (number * 20, 0, number * 20 + 20, 20))
        frames.append(frame.quantize(66))
    data = files.save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    taken = pictures.take(data)
    assert len(taken.data) < 1.3 * len(data)
    with Image.open(io.BytesIO(taken.data)) as new, Image.open(io.BytesIO(data)) as old:
        for number in range(8):
            new.seek(number)
            old.seek(number)
            difference = ImageChops.difference(new.convert("RGB"), old.convert("RGB"))
            assert max(high for _low, high in difference.getextrema()) <= 2  # type: ignore[misc]


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_what_is_clear_in_a_palette_stays_clear(form: str) -> None:
    few = PHOTO.quantize(32)
    data = files.save(few, form, transparency=few.getpixel((0, 0)))
    old, new = (reopened(one).convert("RGBA") for one in (data, pictures.take(data).data))
    assert old.getextrema()[3] == (0, 255)
    assert old.getchannel("A").tobytes() == new.getchannel("A").tobytes()
    assert sanitize.flat(old).tobytes() == sanitize.flat(new).tobytes()


def test_the_format_is_told_by_the_content_and_not_by_the_name() -> None:
    assert pictures.take(files.png(), "holiday.jpg").mime == "image/png"


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("C:\\Bilder\\Anna_Berg  2026.jpeg", "Anna Berg 2026"),
        ("../../../etc/passwd", "passwd"),
        ("evil\x00\n.png", "evil"),
        (".htaccess", ".htaccess"),
        ("å" * 300 + ".png", "å" * 120),
        ("", ""),
    ],
)
def test_a_file_name_becomes_a_title_and_nothing_else(filename: str, title: str) -> None:
    assert pictures.title(filename) == title


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_colour_mode_ends_as_ordinary_colours(mode: str) -> None:
    image = files.picture(mode="RGBA") if mode == "LA" else files.picture()
    if mode == "I;16":
        image = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")
    else:
        image = image.convert(mode)
    taken = pictures.take(files.save(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert reopened(taken.data).mode in ("RGB", "RGBA", "L", mode if mode in ("P", "1") else "RGB")


def test_a_sixteen_bit_grey_keeps_its_greys() -> None:
    deep = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")
    greys = reopened(pictures.take(files.save(deep, "PNG")).data).convert("L")
    assert [greys.getpixel((5, row)) for row in (0, 128, 255)] == [0, 128, 255]


def test_a_wide_gamut_photo_becomes_srgb() -> None:
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = files.jpeg(icc_profile=lab)
    taken = pictures.take(data)
    assert "icc_profile" not in reopened(taken.data).info


def test_a_broken_colour_profile_is_no_reason_to_refuse() -> None:
    assert pictures.take(files.jpeg(icc_profile=b"not a profile at all" * 20)).mime == "image/jpeg"


def test_a_phone_photo_stands_upright() -> None:
    taken = pictures.take(files.with_exif(orientation=6))
    assert (taken.width, taken.height) == (48, 64)
    top = reopened(taken.data).getpixel((24, 4))
    assert isinstance(top, tuple)
    assert top[0] > 150, "orientation 6: the left edge is the top"


def test_the_place_is_stripped_and_the_photographer_kept() -> None:
    taken = pictures.take(files.with_exif(artist="Åsa Öberg", copyright="Regionbild AB", gps=True))
    assert taken.had_location
    assert taken.credit == "Åsa Öberg / Regionbild AB"
    exif = reopened(taken.data).getexif()
    assert not exif.get_ifd(0x8825)
    assert b"SecretCameraMaker" not in taken.data
    assert pictures.take(taken.data).credit == taken.credit
    assert not pictures.take(taken.data).had_location


@pytest.mark.parametrize(
    ("artist", "owner", "credit"),
    [
        ("", "(c) Anna Foto", "Anna Foto"),
        ("", "© Anna Foto", "Anna Foto"),
        ("Foto: Anna Ek", "", "Anna Ek"),
        ("PHOTO : Anna Ek", "Copyright © Anna Ek", "Anna Ek"),
        ("Foto Ek", "", "Foto Ek"),
        ("Anna Ek", "©", "Anna Ek"),
    ],
)
def test_signs_before_a_name_are_left_out_of_the_credit(artist: str, owner: str, credit: str) -> None:
    assert pictures.take(files.with_exif(artist=artist, copyright=owner)).credit == credit


def test_no_location_no_credit_no_comment() -> None:
    taken = pictures.take(files.jpeg(comment=b"secret note"))
    assert not taken.had_location
    assert taken.credit == ""
    assert b"secret note" not in taken.data


def test_a_credit_is_one_clean_line() -> None:
    taken = pictures.take(files.with_exif(artist="Anna\r\nBcc: alla@example.se\x00\u202e" + "x" * 900))
    assert taken.credit.startswith("Anna Bcc: alla@example.se")
    assert len(taken.credit) <= 200


def test_a_credit_in_xmp_is_found_and_its_place_too() -> None:
    xmp = (
        b"<x:xmpmeta><dc:creator><rdf:Seq><rdf:li>Bo &amp; Lo</rdf:li></rdf:Seq></dc:creator>"
        b"<exif:GPSLatitude>63,10N</exif:GPSLatitude></x:xmpmeta>"
    )
    taken = pictures.take(files.webp(xmp=xmp))
    assert (taken.credit, taken.had_location) == ("Bo & Lo", True)
    assert b"GPSLatitude" not in taken.data


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_an_animation_keeps_its_frames(form: str) -> None:
    taken = pictures.take(files.moving(form))
    assert (taken.animated, taken.frames, taken.had_motion) == (True, 3, False)
    assert getattr(reopened(taken.data), "n_frames", 1) == 3


def test_an_animation_that_becomes_a_still_is_known_to_have_moved() -> None:
    taken = pictures.take(files.moving("PNG"))
    assert (taken.animated, taken.frames, taken.had_motion) == (False, 1, True)
    assert getattr(reopened(taken.data), "n_frames", 1) == 1


@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp, files.gif])
def test_what_never_moved_is_not_said_to_have(make: Callable[[], bytes]) -> None:
    taken = pictures.take(make())
    assert (taken.animated, taken.frames, taken.had_motion) == (False, 1, False)


def test_only_the_frames_that_are_kept_are_counted() -> None:
    same = [Image.new("RGB", (40, 30), (200, 0, 0))] * 4
    data = files.save(same[0], "WEBP", save_all=True, append_images=[*same[1:], Image.new("RGB", (40, 30))])
    taken = pictures.take(data)
    assert taken.frames == getattr(reopened(taken.data), "n_frames", 1)


def test_a_phones_second_picture_behind_the_first_is_no_motion() -> None:
    two = files.save(files.picture(), "MPO", save_all=True, append_images=[files.picture()])
    taken = pictures.take(two)
    assert (taken.mime, taken.animated, taken.had_motion) == ("image/jpeg", False, False)


BAD: dict[str, tuple[bytes, type[errors.BadPicture]]] = {
    "nothing": (b"", errors.EmptyFile),
    "too many bytes": (b"\xff\xd8\xff" + bytes(sanitize.MAX_BYTES), errors.FileTooLarge),
    "a text": (b"Hej! Det har ar ingen bild.", errors.NotAPicture),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', errors.Vector),
    "svg with a mark": (b"\xef\xbb\xbf  <SVG onload=alert(1)>", errors.Vector),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", errors.PhonePhoto),
    **{
        f"heic of the kind {kind}": (b"\0\0\0\x18ftyp" + kind.encode() + bytes(8), errors.PhonePhoto)
        for kind in ("heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "heif", "mif1", "msf1")
    },
    "canon's raw": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", errors.OtherPicture),
    "avif": (b"\0\0\0\x18ftypavif\0\0\0\0", errors.OtherPicture),
    "mp4": (b"\0\0\0\x18ftypmp42\0\0\0\0", errors.Film),
    "webm": (b"\x1aE\xdf\xa3" + bytes(40), errors.Film),
    "pdf": (b"%PDF-1.7\n", errors.Document),
    "zip": (files.archive(), errors.Document),
    "bmp": (files.save(files.picture(), "BMP"), errors.OtherPicture),
    "tiff": (files.save(files.picture(), "TIFF"), errors.OtherPicture),
    "pdf before a jpeg": (b"%PDF-1.7\n" + files.jpeg(), errors.Document),
    "html before a png": (b"<html>" + files.png(), errors.NotAPicture),
    "bomb, 900 megapixels": (files.png_bomb(), errors.TooManyPixels),
    "bomb of scans": (files.scan_bomb(), errors.Damaged),
    "bomb, just above": (files.png_bomb(8100, 8100), errors.TooManyPixels),
    "bomb in a comment": (files.text_bomb(), errors.Damaged),
    "bomb of frames": (files.gif_bomb(), errors.TooManyPixels),
    "half a jpeg": (files.jpeg((600, 400), quality=95)[:3000], errors.Damaged),
    "half a png": (files.png((300, 300))[:250], errors.Damaged),
    "half a webp": (files.webp((300, 300))[:150], errors.Damaged),
    "only a head": (files.jpeg()[:4], errors.Damaged),
    "png that lies about its size": (
        files.png()[:16] + b"\0\0\x0f\0\0\0\x0f\0" + files.png()[24:],
        errors.Damaged,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_its_own_sentence(name: str) -> None:
    data, kind = BAD[name]
    with pytest.raises(errors.BadPicture) as caught:
        pictures.take(data, "bild.jpg")
    assert type(caught.value) is kind
    assert isinstance(caught.value, Invalid)
    assert (caught.value.field, caught.value.status) == ("file", 422)
    assert str(caught.value.words), "the sentence can be filled in"


@pytest.mark.parametrize("tail", files.TAILS)
@pytest.mark.parametrize("make", [files.jpeg, files.png, files.webp, files.gif])
def test_what_hangs_behind_a_picture_is_cut_off(tail: str, make: object) -> None:
    assert callable(make)
    taken = pictures.take(make() + files.TAILS[tail])
    for other in files.TAILS.values():
        assert other not in taken.data
    assert b"<script" not in taken.data


def test_a_script_dressed_as_a_picture_is_undressed() -> None:
    assert b"alert" not in pictures.take(files.gif_script()).data
    assert b"<script" not in pictures.take(files.jpeg(comment=b"<script>alert(1)</script>")).data


def test_a_bomb_costs_the_server_no_memory() -> None:
    """The bomb is opened in another process, so that the server's own size does not move."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(errors.TooManyPixels):
        pictures.take(files.png_bomb())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_a_worker_that_hangs_is_killed_and_the_next_picture_is_read() -> None:
    workers = pool.Pool(size=1, timeout=0.001)
    with pytest.raises(errors.TooHeavy):
        pictures.take(files.png((6000, 6000)), workers=workers)
    workers.timeout = 20.0
    assert pictures.take(files.jpeg(), workers=workers).width == 64
    workers.close()


def test_a_worker_that_died_at_rest_is_replaced() -> None:
    workers = pool.Pool(size=1)
    pictures.take(files.jpeg(), workers=workers)
    worker = workers._idle[0]
    worker.process.kill()
    worker.process.wait()
    assert pictures.take(files.jpeg(), workers=workers).width == 64
    assert workers._idle[0] is not worker
    workers.close()


def test_the_worker_is_confined() -> None:
    workers = pool.Pool(size=1)
    pictures.take(files.jpeg(), workers=workers)
    number = workers._idle[0].process.pid
    limits = Path(f"/proc/{number}/limits").read_text()
    environment = Path(f"/proc/{number}/environ").read_text()
    handles = os.listdir(f"/proc/{number}/fd")
    workers.close()
    table = {line[:26].strip(): line[26:47].strip() for line in limits.splitlines()}
    assert table["Max address space"] == str(1536 * 2**20)
    assert table["Max file size"] == "0"
    assert table["Max processes"] == "0"
    assert "SECRET" not in environment.upper()
    assert sorted(handles) == ["0", "1", "2"]


def test_a_picture_that_needs_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pool,
        "START",
        pool.START.replace("main()", "w.MEMORY = 2**28; w.main()").replace(
            "import main", "import main; import commsched.images.intake.worker as w"
        ),
    )
    workers = pool.Pool(size=1)
    with pytest.raises(errors.BadPicture) as caught:
        pictures.take(files.png((7000, 7000)), workers=workers)
    workers.close()
    assert isinstance(caught.value, errors.TooHeavy | errors.Damaged)


@pytest.fixture
def slow_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that take a second of processor time and one more for a file, and then as long as it says."""
    code = (
        "import time; import commsched.images.intake.sanitize as c\n"
        "def slow(data, decoded):\n"
        "    end = time.process_time() + float(data)\n"
        "    while time.process_time() < end: pass\n"
        "    return {'mime': 'image/png'}, data\n"
        "c.clean = slow; w.CPU_SECONDS = 1; w.main()"
    )
    start = pool.START.replace("import main", "import main; import commsched.images.intake.worker as w")
    monkeypatch.setattr(pool, "START", start.replace("; main()", f"; exec({code!r})"))


def starts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one for every worker that is started from now on."""
    seen: list[int] = []
    whole = pool._Worker.__init__
    monkeypatch.setattr(pool._Worker, "__init__", lambda self, start: (seen.append(1), whole(self, start))[1])
    return seen


@pytest.mark.usefixtures("slow_reading")
def test_what_took_too_long_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warm worker that dies of a file is no sign that it was tired."""
    workers, started = pool.Pool(size=1), starts(monkeypatch)
    assert workers.run({"job": "clean"}, b"0")[1] == b"0"
    with pytest.raises(errors.TooHeavy):
        workers.run({"job": "clean"}, b"30")
    assert len(started) == 1
    workers.close()


def test_a_worker_that_goes_to_rest_as_it_is_asked_is_no_fault_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    start = pool.START.replace("import main", "import main; import commsched.images.intake.worker as w")
    monkeypatch.setattr(pool, "START", start.replace("; main()", "; w.IDLE_SECONDS = 0.2; w.main()"))
    workers, started = pool.Pool(size=1), starts(monkeypatch)
    pictures.take(files.jpeg(), workers=workers)
    workers._idle[0].process.wait()
    monkeypatch.setattr(workers._idle[0], "alive", lambda: True)  # as it seemed a moment ago
    assert pictures.take(files.jpeg(), workers=workers).width == 64
    assert len(started) == 2
    workers.close()


@pytest.mark.usefixtures("slow_reading")
def test_one_offices_slow_files_stop_no_other_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has one place, and whoever waits for it is soon told to come back, so that no thread is kept."""
    monkeypatch.setattr(pool, "PATIENCE", 0.05)
    workers, told = pool.Pool(size=2), list[str]()

    def ask(owner: int, seconds: bytes) -> None:
        try:
            workers.run({"job": "clean"}, seconds, owner)
            told.append(f"{owner} read")
        except errors.BadPicture as error:
            told.append(f"{owner} {type(error).__name__}")

    threads = [threading.Thread(target=ask, args=(1, b"30")) for _ in range(4)]
    for thread in threads:
        thread.start()
    while told.count("1 PictureBusy") < 3:
        threading.Event().wait(0.01)
    ask(2, b"0")
    for thread in threads:
        thread.join(60)
    assert told == ["1 PictureBusy", "1 PictureBusy", "1 PictureBusy", "2 read", "1 TooHeavy"]
    workers.close()


def test_many_at_once_are_all_read() -> None:
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda side=side: done.append(pictures.take(files.png((side, side))).width))
        for side in range(20, 32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == list(range(20, 32))


ORIGINALS = (files.jpeg(), files.png(mode="RGBA"), files.webp(), files.gif(), files.moving("GIF"))


@given(st.sampled_from(ORIGINALS), st.integers(0, 2**32), st.integers(1, 30))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mutilated_file_ends_in_a_picture_or_in_a_designed_error(original: bytes, seed: int, changes: int) -> None:
    try:
        facts, new = sanitize.clean(files.mutated(original, seed, changes))
    except errors.BadPicture as error:
        sentence_of(error)
    else:
        again = reopened(new)
        assert again.size == (facts["width"], facts["height"])


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_at_all_end_in_a_designed_error(tail: bytes, head: bytes) -> None:
    try:
        sanitize.clean(head + tail)
    except errors.BadPicture as error:
        sentence_of(error)


@given(st.sampled_from(ORIGINALS), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_worker_survives_what_it_reads(original: bytes, seed: int) -> None:
    try:
        pictures.take(files.mutated(original, seed, 12))
    except errors.BadPicture as error:
        sentence_of(error)


def test_a_thumbnail_is_small_and_keeps_its_shape() -> None:
    made = pictures.thumbnail(files.jpeg((1200, 800)), 240)
    assert (made.width, made.height, made.mime, made.suffix) == (240, 160, "image/jpeg", ".jpg")
    clear = pictures.thumbnail(files.png((600, 600), mode="RGBA"), 100)
    assert (clear.mime, reopened(clear.data).mode) == ("image/webp", "RGBA")


def test_whose_picture_it_is_follows_into_the_smaller_one() -> None:
    taken = pictures.take(files.with_exif(artist="Åsa Öberg", copyright="Regionbild AB", gps=True))
    made = pictures.fit(taken.data, ["image/jpeg"], ratio=(1, 1))
    again = pictures.take(made.data)
    assert (again.credit, again.had_location) == ("Åsa Öberg / Regionbild AB", False)


def noise(side: int = 900) -> bytes:
    return files.save(Image.effect_noise((side, side), 60).convert("RGB"), "PNG")


def test_a_picture_that_fits_is_left_alone() -> None:
    data = files.jpeg()
    made = pictures.fit(data, ["image/jpeg", "image/png"], 1_000_000)
    assert made.data == data


def test_a_picture_too_large_for_the_channel_is_made_to_fit() -> None:
    data = noise()
    made = pictures.fit(data, ["image/jpeg", "image/png"], 200_000)
    assert len(made.data) <= 200_000
    assert made.mime in ("image/jpeg", "image/png")


def test_a_type_that_the_channel_does_not_take_is_changed() -> None:
    made = pictures.fit(files.webp(), ["image/jpeg"], None, None)
    assert (made.mime, made.width) == ("image/jpeg", 64)
    clear = pictures.fit(files.png(mode="RGBA"), ["image/jpeg"])
    corner = reopened(clear.data).getpixel((2, 1))
    assert isinstance(corner, tuple)
    assert min(corner) > 200, "what was transparent is white, not black"


def test_the_longest_side_is_kept() -> None:
    made = pictures.fit(files.jpeg((800, 400)), ["image/jpeg"], None, 300)
    assert (made.width, made.height) == (300, 150)


def test_a_picture_that_nothing_makes_small_enough_is_said_so() -> None:
    with pytest.raises(errors.CannotFit):
        pictures.fit(noise(200), ["image/jpeg"], 100)


def test_the_same_picture_in_another_size_is_recognised() -> None:
    photo = Image.effect_mandelbrot((900, 700), (-2, -1.2, 1, 1.2), 60).convert("RGB")
    first = pictures.take(files.save(photo, "PNG"))
    second = pictures.take(files.save(photo.resize((450, 350)), "JPEG", quality=60))
    other = pictures.take(files.save(photo.rotate(180), "PNG"))
    assert fingerprint.distance(first.dhash, second.dhash) <= 6
    assert fingerprint.distance(first.dhash, other.dhash) > 6


def test_the_proposed_focus_lies_on_the_face() -> None:
    image = Image.new("RGB", (400, 300), (70, 90, 120))
    image.paste((224, 172, 140), (280, 40, 340, 120))
    x, y = pictures.take(files.save(image, "PNG")).focus
    assert 0.65 < x < 0.88
    assert 0.1 <= y < 0.45


@pytest.mark.parametrize("ratio", [(16, 9), (1, 1), (4, 5), (9, 16), (1, 10_000)])
def test_a_crop_has_its_ratio_and_keeps_its_focus(ratio: tuple[int, int]) -> None:
    image = Image.new("RGB", (900, 600), "blue")
    image.paste((255, 0, 0), (700, 100, 740, 140))
    made = pictures.fit(files.save(image, "PNG"), ["image/png"], ratio=ratio, centre=(0.8, 0.2))
    scale = min(900 / ratio[0], 600 / ratio[1])
    assert abs(made.width - max(1, ratio[0] * scale)) <= 1
    assert abs(made.height - max(1, ratio[1] * scale)) <= 1
    colours = reopened(made.data).getcolors(1_000_000) or []
    assert any(colour == (255, 0, 0) for _, colour in colours)


def test_a_focus_outside_the_picture_is_its_edge() -> None:
    made = pictures.fit(files.jpeg((300, 200)), ["image/jpeg"], ratio=(1, 1), centre=(9.0, -4.0))
    assert (made.width, made.height) == (200, 200)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_of_our_own_is_kept_as_it_is_and_told_of_as_any_other(form: str) -> None:
    drawn = files.save(Image.radial_gradient("L").resize((900, 500)).convert("RGB"), form)
    own, taken = pictures.own(drawn, "Rubrik: Ja.jpg"), pictures.take(drawn, "Rubrik: Ja.jpg")
    assert own.data == drawn
    assert (own.mime, own.width, own.height, own.suffix, own.title) == (
        taken.mime,
        taken.width,
        taken.height,
        taken.suffix,
        taken.title,
    )
    assert fingerprint.distance(own.dhash, taken.dhash) <= 3
    assert not own.had_location


def test_the_limit_that_macos_refuses_is_not_asked_for_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, _limits: asked.append(kind))
    for system in ("darwin", "linux"):
        monkeypatch.setattr(sys, "platform", system)
        confinement.limit("AS", 2**40)
        confinement.limit("NOFILE", 32)
    assert asked == [resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_NOFILE]
