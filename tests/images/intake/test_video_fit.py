"""Videos made anew for networks, from what phones write: HEVC in MOV, held upright, at an uneven pace."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from commsched.images.intake import errors, video
from tests.images import films

H264 = ("h264",)


def fit(data: bytes, folder: Path, **wish: Any) -> tuple[video.Fitted, bytes]:
    """What is made of ``data``, and its file."""
    old, new = folder / "old", folder / "new"
    old.write_bytes(data)
    new.unlink(missing_ok=True)
    fitted = video.fit(old, new, video.Wish(**wish))
    return fitted, new.read_bytes()


def moments(data: bytes) -> list[float]:
    with av.open(io.BytesIO(data)) as container:
        return [round(float(frame.time or 0), 2) for frame in container.decode(video=0)]


def uneven(times: list[float]) -> bytes:
    """A video in HEVC whose frames were filmed at ``times`` (seconds), as phones do in the dark."""
    out = io.BytesIO()
    with av.open(out, "w", format="mov") as made:
        track: Any = made.add_stream("libx265", rate=30, options={"x265-params": "log-level=none:bframes=0"})
        track.width, track.height, track.pix_fmt = 160, 90, "yuv420p"
        track.codec_context.codec_tag = "hvc1"
        track.codec_context.time_base = Fraction(1, 600)
        for number, at in enumerate(times):
            frame = av.VideoFrame.from_image(films.picture(number, len(times), (160, 90)))
            frame.pts, frame.time_base = round(at * 600), Fraction(1, 600)
            made.mux(track.encode(frame))
        made.mux(track.encode(None))
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        films.video("mov", "libx265", sound="aac", tag="hvc1"),
        films.video("webm", "libvpx-vp9", sound="libopus"),
        films.video("mp4", "mpeg4", sound="libmp3lame"),
    ],
    ids=["a phone's HEVC", "webm", "an old camera"],
)
def test_it_becomes_what_every_phone_plays(tmp_path: Path, data: bytes) -> None:
    fitted, new = fit(data, tmp_path, codecs=H264)
    assert (fitted.codec, fitted.sound, fitted.width, fitted.height) == ("h264", True, 160, 90)
    assert 1900 <= fitted.duration <= 2100
    assert fitted.size == len(new)
    names = films.atoms(new)
    assert names.index(b"moov") < names.index(b"mdat"), "a phone begins to play before all of it is there"
    with av.open(io.BytesIO(new)) as container:
        assert (container.streams.video[0].codec_context.pix_fmt, len(container.streams.audio)) == ("yuv420p", 1)
        assert container.streams.audio[0].codec_context.name == "aac"
        heard = [float(frame.time or 0) for frame in container.decode(audio=0)]
        assert heard[0] < 0.05
        assert 1.8 < heard[-1] < 2.2


def test_one_that_was_filmed_upright_is_upright(tmp_path: Path) -> None:
    held = films.turned(films.video("mp4", "libx265"))
    fitted, new = fit(held, tmp_path, codecs=H264)
    assert (fitted.width, fitted.height) == (90, 160)
    with av.open(io.BytesIO(held)) as before, av.open(io.BytesIO(new)) as after:
        first = list(before.decode(video=0))[12]
        shown = first.to_image().rotate(first.rotation, expand=True)
        now = list(after.decode(video=0))[12]
        assert now.rotation == 0
        ours = now.to_image()
    assert shown.size == ours.size == (90, 160)
    for place in ((80, 80), (20, 20), (45, 150)):
        assert all(abs(a - b) < 40 for a, b in zip(shown.getpixel(place), ours.getpixel(place), strict=True))


def test_one_that_is_right_and_held_upright_moves_as_it_is_and_is_still_upright(tmp_path: Path) -> None:
    fitted, new = fit(films.turned(films.video("mov", "libx264")), tmp_path, codecs=H264)
    assert (fitted.width, fitted.height) == (90, 160)
    with av.open(io.BytesIO(new)) as container:
        assert next(container.decode(video=0)).rotation % 180 == 90


def test_an_uneven_pace_stays_as_it_was(tmp_path: Path) -> None:
    times = [0, 0.03, 0.1, 0.13, 0.4, 0.5, 0.9, 1.0, 1.5, 1.53]
    _fitted, new = fit(uneven(times), tmp_path, codecs=H264)
    assert moments(new) == pytest.approx(times, abs=0.011)
    assert all(early < late for early, late in pairwise(moments(new)))


def test_what_is_right_moves_to_the_new_file_as_it_is(tmp_path: Path) -> None:
    old = films.video("mov", "libx264", sound="aac")
    _fitted, new = fit(old, tmp_path, codecs=H264)

    def packets(data: bytes) -> list[bytes]:
        with av.open(io.BytesIO(data)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    assert packets(new) == packets(old)
    kept, hevc = fit(films.video("mov", "libx265", sound="aac", tag="hvc1"), tmp_path, codecs=("h264", "hevc"))
    assert kept.codec == "hevc"
    with av.open(io.BytesIO(hevc)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_it_is_made_as_small_as_is_asked_for(tmp_path: Path) -> None:
    large = films.video(size=(640, 360), seconds=3)
    fitted, new = fit(large, tmp_path, codecs=H264, side=320)
    assert (fitted.width, fitted.height) == (320, 180)
    most = 60_000
    noisy = films.video("mov", "mpeg4", size=(640, 360), seconds=3)
    assert len(noisy) > most
    fitted, new = fit(noisy, tmp_path, codecs=H264, most_bytes=most)
    assert len(new) == fitted.size <= most


def test_one_that_cannot_be_so_small_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(errors.FilmTooLarge):
        fit(films.video("mov", "mpeg4", seconds=3), tmp_path, codecs=H264, most_bytes=10_000)
    assert not (tmp_path / "new").exists()


def test_what_is_said_is_written_into_the_pictures_while_it_is_said(tmp_path: Path) -> None:
    cue = video.Cue(0.5, 1.5, "Nu går bussen varje kvart, åäö")
    _fitted, new = fit(films.video(size=(320, 180)), tmp_path, codecs=H264, cues=(cue,))
    with av.open(io.BytesIO(new)) as container:
        frames = {round(float(frame.time or 0), 2): frame.to_image() for frame in container.decode(video=0)}

    def dark(at: float) -> bool:
        box = frames[at].crop((60, 145, 260, 172)).convert("L")
        darkest, lightest = box.getextrema()
        return darkest < 60 and lightest > 220

    assert dark(1.0)
    assert not dark(1.75)


def test_a_damaged_one_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(errors.BadPicture):
        fit(films.video("mov", "libx265")[:700], tmp_path, codecs=H264)
    assert not (tmp_path / "new").exists()


def test_one_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "FIT_TIMEOUT", 0.001)
    with pytest.raises(errors.FilmTooHeavy):
        fit(films.video("mov", "libx265"), tmp_path, codecs=H264)
