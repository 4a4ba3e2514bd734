"""Videos: read in a process of their own, kept without what they tell of a place, and looked into for a poster."""

from __future__ import annotations

import hashlib
import io
import subprocess
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from commsched.core.media.sizes import VIDEO_BYTES
from commsched.images.intake import errors, pictures, sanitize, video, video_worker
from tests.images import files, films

PLACE = (("location", "+59.3293+018.0686/"), ("com.apple.quicktime.location.ISO6709", "+59.3293+018.0686+000/"))


def take(data: bytes, folder: Path) -> tuple[video.Film, bytes]:
    """What intake makes of ``data``, and its new file."""
    old, new = folder / "old", folder / "new"
    old.write_bytes(data)
    new.unlink(missing_ok=True)
    taken = video.take(old, new)
    return taken, new.read_bytes()


@pytest.mark.parametrize(
    ("data", "suffix", "mime", "sound"),
    [
        (films.video(), ".mp4", "video/mp4", False),
        (films.video(sound="aac"), ".mp4", "video/mp4", True),
        (films.video("mov", sound="aac"), ".mov", "video/quicktime", True),
        (films.video("webm", "libvpx-vp9", sound="libopus"), ".webm", "video/webm", True),
        (films.video("mp4", "libx265"), ".mp4", "video/mp4", False),
        (films.video("webm", "libvpx"), ".webm", "video/webm", False),
        (films.video("mp4", "mpeg4", sound="libmp3lame"), ".mp4", "video/mp4", True),
    ],
    ids=["mp4", "mp4 with sound", "mov", "webm", "hevc", "vp8", "mpeg4"],
)
def test_what_phones_and_cameras_write_is_taken(
    tmp_path: Path, data: bytes, suffix: str, mime: str, sound: bool
) -> None:
    taken, new = take(data, tmp_path)
    assert (taken.suffix, taken.mime, taken.sound, taken.width, taken.height) == (suffix, mime, sound, 160, 90)
    assert 1900 <= taken.duration <= 2100
    assert taken.sha256 == hashlib.sha256(new).hexdigest()
    assert taken.size == len(new)
    with av.open(io.BytesIO(new)) as again:
        assert len([*again.decode(video=0)]) == 24
        assert len(again.streams.audio) == int(sound)


@pytest.mark.parametrize(("form", "tag"), [("mov", "hvc1"), ("mp4", "hvc1"), ("mp4", "hev1"), ("matroska", "")])
def test_a_video_from_a_phone_plays_on_apples_devices_too(tmp_path: Path, form: str, tag: str) -> None:
    """They play HEVC under the name hvc1 only; and a browser shows it at once where the index comes first."""
    _taken, new = take(films.video(form, "libx265", sound="aac", tag=tag), tmp_path)
    assert (b"hvc1" in new, b"hev1" in new) == (True, False)
    parts = films.atoms(new)
    assert parts.index(b"moov") < parts.index(b"mdat")
    with av.open(io.BytesIO(new)) as again:
        assert len([*again.decode(video=0)]) == 24


@pytest.mark.parametrize(
    ("codec", "sound", "suffix"),
    [
        ("libx264", "aac", ".mp4"),
        ("libx265", "aac", ".mp4"),
        ("libx264", "libopus", ".mp4"),
        ("libvpx-vp9", "libopus", ".webm"),
    ],
)
def test_a_matroska_becomes_what_can_be_published(tmp_path: Path, codec: str, sound: str, suffix: str) -> None:
    """What OBS writes, and what a browser records, is whole: it is only in another box."""
    taken, new = take(films.video("matroska", codec, sound=sound), tmp_path)
    assert (taken.suffix, taken.mime) == (suffix, video.MIMES[suffix])
    assert 1900 <= taken.duration <= 2100
    with av.open(io.BytesIO(new)) as again:
        frames = [*again.decode(video=0)]
        assert [round(float(frame.time or 0) * 12) for frame in frames] == list(range(24))
        assert len(again.streams.audio) == 1


def test_tracks_that_no_box_takes_together_are_named(tmp_path: Path) -> None:
    with pytest.raises(errors.OtherFilm) as caught:
        take(films.video("matroska", "libvpx", sound="aac"), tmp_path)
    assert caught.value.params == {"format": "vp8"}


OTHERS = {
    "AVI": films.video("avi", "mpeg4"),
    "MPEG-TS": films.video("mpegts", "libx264"),
    "MPEG": films.video("vob", "mpeg2video", rate=25),
    "FLV": films.video("flv", "flv", rate=25),
    "WMV": films.video("asf", "wmv2", rate=25),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_video_in_a_box_that_is_not_taken_is_called_a_video(tmp_path: Path, name: str) -> None:
    assert video.is_film(OTHERS[name][: sanitize.HEAD])
    with pytest.raises(errors.OtherFilm) as caught:
        take(OTHERS[name], tmp_path)
    assert caught.value.params == {"format": name}
    with pytest.raises(errors.Film):
        pictures.take(OTHERS[name])


def test_where_it_was_filmed_is_told_and_then_gone(tmp_path: Path) -> None:
    data = films.video(said=(*PLACE, ("comment", "hemma hos Anna"), ("make", "SecretPhoneMaker")))
    assert b"59.3293" in data
    taken, new = take(data, tmp_path)
    assert taken.had_location
    for secret in (b"59.3293", b"hemma hos", b"SecretPhone"):
        assert secret not in new
    assert not take(new, tmp_path)[0].had_location


def test_the_poster_proposed_is_not_the_black_beginning(tmp_path: Path) -> None:
    taken, _new = take(films.video(), tmp_path)
    assert len(taken.moments) == len(taken.stills) == video_worker.MOMENTS
    assert taken.moments == sorted(taken.moments)
    assert taken.moments[taken.best] > 500
    still = Image.open(io.BytesIO(taken.stills[taken.best])).convert("L")
    assert still.resize((1, 1)).getpixel((0, 0)) > 60  # type: ignore[operator]
    black = Image.open(io.BytesIO(taken.stills[0])).convert("L")
    assert black.resize((1, 1)).getpixel((0, 0)) < 20  # type: ignore[operator]


def test_any_moment_can_be_seen_and_it_is_the_right_one(tmp_path: Path) -> None:
    """The lit square moves from left to right, so its place tells the time."""
    path = tmp_path / "a"
    path.write_bytes(films.video(keys=100))
    places = []
    for moment in (700, 1200, 1900):
        frame = Image.open(io.BytesIO(video.moment(path, moment))).convert("RGB")
        row = [frame.getpixel((x, 20)) for x in range(160)]
        lit = [x for x, (red, _green, blue) in enumerate(row) if red - blue > 90]  # type: ignore[misc]
        places.append(sum(lit) / len(lit))
    expected = [130 * (moment / 1000 * 12) / 24 + 14 for moment in (700, 1200, 1900)]
    assert all(abs(a - b) < 10 for a, b in zip(places, expected, strict=True)), (places, expected)


def test_a_video_held_upright_stands_upright(tmp_path: Path) -> None:
    """Turned a quarter clockwise: what was at the top is at the right."""
    taken, new = take(films.turned(films.video()), tmp_path)
    assert (taken.width, taken.height) == (90, 160)
    (tmp_path / "b").write_bytes(new)
    frame = Image.open(io.BytesIO(video.moment(tmp_path / "b", 1500))).convert("RGB")
    assert frame.size == (90, 160)
    reds = [sum(frame.getpixel((x, y))[0] - frame.getpixel((x, y))[2] > 90 for y in range(160)) for x in range(90)]  # type: ignore[index]
    assert sum(reds[45:]) > sum(reds[:45])


BAD: dict[str, tuple[bytes, type[errors.BadPicture]]] = {
    "nothing": (b"", errors.EmptyFile),
    "a picture": (files.jpeg(), errors.NotAPicture),
    "a text": (b"#EXTM3U\nfile:///etc/passwd\n", errors.NotAPicture),
    "only a head": (films.video()[:64], errors.FilmDamaged),
    "half of it": (films.video(sound="aac")[:9000], errors.FilmDamaged),
    "half a webm": (films.video("webm", "libvpx-vp9")[:200], errors.FilmDamaged),
    "a head and noise": (films.video()[:400] + bytes(range(256)) * 40, errors.FilmDamaged),
    "only sound": (films.sound_only(), errors.NoPictures),
    "frames beyond 4K": (films.video("mp4", "mpeg4", (5000, 2600), 0.1), errors.FilmTooWide),
    "a kind nobody takes": (films.video("mov", "mpeg2video", rate=25), errors.OtherFilm),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_video_gets_its_own_sentence_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    data, kind = BAD[name]
    with pytest.raises(errors.BadPicture) as caught:
        take(data, tmp_path)
    assert type(caught.value) is kind
    assert str(caught.value.words)
    assert not (tmp_path / "new").exists()


def test_one_that_is_too_large_is_never_read(tmp_path: Path) -> None:
    with (tmp_path / "old").open("wb") as file:
        file.truncate(VIDEO_BYTES + 1)
    with pytest.raises(errors.FilmTooLarge):
        video.take(tmp_path / "old", tmp_path / "new")


def test_its_length_is_measured_and_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live recording says nothing of its length, and an endless one would never end."""
    monkeypatch.setattr(video_worker, "MAX_SECONDS", 1)
    facts, _files = video_worker.answer({"job": "film", "kind": "mov", "brand": "isom"}, io.BytesIO(films.video()))
    assert facts["error"] == "FilmTooLong"
    monkeypatch.setattr(video_worker, "MAX_SECONDS", 1200)
    monkeypatch.setattr(video_worker, "MAX_PACKETS", 10)
    facts, _files = video_worker.answer({"job": "film", "kind": "mov", "brand": "isom"}, io.BytesIO(films.video()))
    assert facts["error"] == "FilmTooLong"


def test_one_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "TIMEOUT", 0.001)
    with pytest.raises(errors.FilmTooHeavy):
        take(films.video(), tmp_path)


def test_one_that_ends_before_it_is_asked_is_the_same_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header then waits in a pipe that nobody reads: closing it fails once more."""
    answer = video._answer

    def late(process: subprocess.Popen[bytes], *rest: Any) -> Any:
        process.kill()
        process.wait()
        return answer(process, *rest)

    monkeypatch.setattr(video, "_answer", late)
    with pytest.raises(errors.FilmTooHeavy):
        take(films.video(), tmp_path)


def test_the_process_is_confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own limits, read by itself after it has set them: no files written, no processes, bounded memory and time."""
    import json
    import resource
    import subprocess
    import sys

    code = (
        "import sys, json, resource; sys.path.insert(0, sys.argv[1]);"
        "from commsched.images.intake import video_worker; video_worker.confine();"
        "print(json.dumps([resource.getrlimit(getattr(resource, 'RLIMIT_' + n))[0]"
        " for n in ('AS', 'CPU', 'FSIZE', 'CORE', 'NPROC')]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(Path(video_worker.__file__).parents[3])], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == [video_worker.MEMORY, video_worker.CPU_SECONDS, 0, 0, 0]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0, "and the server's own are as they were"


@given(st.sampled_from([films.video(), films.video("webm", "libvpx-vp9")]), st.integers(0, 2**32), st.integers(1, 25))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mutilated_video_ends_in_a_video_or_in_a_designed_error(
    tmp_path: Path, original: bytes, seed: int, changes: int
) -> None:
    told = 0
    try:
        told = take(files.mutated(original, seed, changes), tmp_path)[0].duration
    except errors.BadPicture as error:
        told = len(str(error.words))
    assert told > 0
