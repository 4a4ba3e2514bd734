"""Videos on X: in pieces, gone on with after a kill, waited for without a try, with captions, and out once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.content.model import Captions
from commsched.core.delivery.outcome import Absent, Found, Handles, Pending, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part, Progress
from commsched.platforms import get
from commsched.platforms._x import video as x_video
from tests.platforms._office import context, hurried, just_now, picture, view
from tests.sims.x import KEYS, USER, XSimulator

x = get("x")
FILM = bytes(range(250))
WEBVTT = "WEBVTT\n\n00:00.000 --> 00:02.000\nHej på er"


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


@pytest.fixture
def on(sim: XSimulator) -> ChannelContext:
    return context({"base_url": sim.url}, KEYS, account=USER["id"])


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x_video, "PIECE", 100)


class Shelf:
    """What a part's preparation has kept; ``dies_after`` so many pieces the process is killed."""

    def __init__(self) -> None:
        self.kept: list[Handles] = []
        self.dies_after = 1000

    def part(self, *captions: Captions, text: str = "Se filmen") -> Part:
        first = x.parts(view(text, other_files=(film(captions),)))[0]
        progress = Progress(self.kept[-1] if self.kept else Handles(complete=False), self.keep)
        return replace(first, key="k", progress=progress)

    def keep(self, handles: Handles) -> None:
        self.kept.append(handles)
        if len(self.kept) > self.dies_after:
            raise KeyboardInterrupt


def film(captions: tuple[Captions, ...] = (), **changes: Any) -> AttachmentFile:
    values = {"kind": "video", "duration": 30_000, "captions": captions, "open": lambda: BytesIO(FILM), **changes}
    return replace(picture("Torget", "video/mp4", size=len(FILM), shape=(1280, 720)), **values)


def appended(sim: XSimulator) -> list[str]:
    return [call.form["segment_index"] for call in sim.calls if call.path.endswith("/append")]


def test_a_video_goes_out_whole_and_once(sim: XSimulator, on: ChannelContext) -> None:
    shelf = Shelf()
    ready = x.prepare(shelf.part(), on)
    assert isinstance(ready, Handles)
    assert isinstance(x.publish(shelf.part(), ready, on), Published)
    (uploaded,) = sim.media.values()
    assert (uploaded["bytes"], uploaded["category"]) == (FILM, "tweet_video")
    assert appended(sim) == ["0", "1", "2"]
    assert len(sim.posts) == 1


@pytest.mark.parametrize("pieces", [1, 2, 3, 4])
def test_after_a_kill_it_goes_on_after_the_last_piece_that_was_kept(
    sim: XSimulator, on: ChannelContext, pieces: int
) -> None:
    shelf = Shelf()
    shelf.dies_after = pieces
    with pytest.raises(KeyboardInterrupt):
        x.prepare(shelf.part(), on)
    shelf.dies_after = 1000
    assert isinstance(x.prepare(shelf.part(), on), Handles)
    assert [each["bytes"] for each in sim.media.values()] == [FILM]
    assert len([call for call in sim.calls if call.path.endswith("/initialize")]) == 1
    assert appended(sim) == ["0", "1", "2"], "no piece that was kept is sent again"


@pytest.mark.parametrize("fault", ["500_after_accept", "reset_after_accept", "reset_before_accept", "html_503", "429"])
@pytest.mark.parametrize("call", range(5))
def test_a_lost_answer_to_any_call_costs_that_call(sim: XSimulator, on: ChannelContext, fault: str, call: int) -> None:
    shelf, take, calls = Shelf(), sim.take_fault, iter(range(1000))
    sim.take_fault = lambda stage: fault if stage == "prepare" and next(calls) == call else take(stage)  # type: ignore[method-assign]
    with hurried(on, fault):
        first = x.prepare(shelf.part(), on)
    assert isinstance(first, Retry | Handles), "nothing visible was asked for"
    ready = first if isinstance(first, Handles) else x.prepare(shelf.part(), on)
    assert isinstance(ready, Handles)
    assert isinstance(x.publish(shelf.part(), ready, on), Published)
    assert sim.media[ready.values["media"]]["bytes"] == FILM


def test_while_x_works_on_it_no_try_is_counted(sim: XSimulator, on: ChannelContext) -> None:
    sim.working, shelf = 2, Shelf()
    now = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    on.now = lambda: now
    pending = x.prepare(shelf.part(), on)
    assert pending == Pending(now + timedelta(seconds=7), "X is still working on the video")
    assert isinstance(x.prepare(shelf.part(), on), Pending)
    assert isinstance(x.prepare(shelf.part(), on), Handles)
    assert appended(sim) == ["0", "1", "2"]


def test_a_video_that_x_cannot_read_waits_for_a_person_and_is_begun_anew(sim: XSimulator, on: ChannelContext) -> None:
    sim.fails, shelf = True, Shelf()
    assert isinstance(x.prepare(shelf.part(), on), Rejected)
    sim.fails = False
    assert isinstance(x.prepare(shelf.part(), on), Handles)
    assert len([call for call in sim.calls if call.path.endswith("/initialize")]) == 2


def test_an_upload_that_x_has_forgotten_is_begun_anew(sim: XSimulator, on: ChannelContext) -> None:
    shelf = Shelf()
    shelf.dies_after = 2
    with pytest.raises(KeyboardInterrupt):
        x.prepare(shelf.part(), on)
    shelf.dies_after = 1000
    sim.uploads.clear()
    assert isinstance(x.prepare(shelf.part(), on), Rejected)
    assert isinstance(x.prepare(shelf.part(), on), Handles)
    late = on.now() + timedelta(hours=21)
    on.now = lambda: late
    shelf.kept = shelf.kept[:1]
    assert isinstance(x.prepare(shelf.part(), on), Handles)
    assert len([call for call in sim.calls if call.path.endswith("/initialize")]) == 3


def test_captions_go_with_it_in_their_language(sim: XSimulator, on: ChannelContext) -> None:
    shelf = Shelf()
    part = shelf.part(Captions(text=WEBVTT), Captions(text=WEBVTT + "!", language="en"))
    ready = x.prepare(part, on)
    assert isinstance(ready, Handles)
    assert isinstance(x.publish(part, ready, on), Published)
    assert [(code, name) for code, name, _text in sim.posts[0]["captions"]] == [("SV", "Svenska"), ("EN", "English")]
    assert sim.posts[0]["captions"][0][2] == WEBVTT.encode()
    assert isinstance(x.prepare(shelf.part(Captions(text=WEBVTT)), on), Handles)
    assert len([call for call in sim.calls if call.path == "/2/media/subtitles"]) == 2, "a track is put on once"


def test_captions_that_are_in_the_picture_are_not_shown_twice(sim: XSimulator, on: ChannelContext) -> None:
    part = Shelf().part(Captions(text=WEBVTT))
    (video,) = part.other_files
    assert isinstance(x.prepare(replace(part, other_files=(replace(video, burnt=True),)), on), Handles)
    assert not any(call.path == "/2/media/subtitles" for call in sim.calls)


def test_a_lost_post_with_a_video_is_found_again(sim: XSimulator, on: ChannelContext) -> None:
    shelf, since = Shelf(), just_now()
    ready = x.prepare(shelf.part(), on)
    assert isinstance(ready, Handles)
    sim.faults.append("500_after_accept")
    assert isinstance(x.publish(shelf.part(), ready, on), Unknown)
    assert isinstance(x.find(shelf.part(), ready, since, on), Found)
    assert isinstance(x.find(shelf.part(text="Annat"), ready, since, on), Absent)


def test_what_x_takes_of_videos_is_said_before() -> None:
    from commsched.core.platform.attached import check_attached

    limits = x.limits({})
    captions = (Captions(text=WEBVTT),)

    def blocked(**changes: Any) -> int:
        one = view("Se filmen", other_files=(film(captions, **changes),))
        return sum(problem.blocks for problem in [*check_attached(one, limits, x.name), *x.check(one, {})])

    assert blocked() == 0
    assert blocked(duration=141_000) == 1
    assert blocked(size=513_000_000) == 1
    assert blocked(width=1900, height=400) == 1
    assert blocked(mime="video/webm") == 1
    with_picture = view("Se filmen", picture(), other_files=(film(captions),))
    assert any(problem.blocks for problem in check_attached(with_picture, limits, x.name))
