"""A video comes into a post from its own page, or in the place of the picture that stands for it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.media import videos
from tests.conftest import Browser, Cast
from tests.images import films
from tests.web.composer.test_writing import form, latest

Browse = Callable[..., Browser]
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHej\n"


@pytest.fixture
def taken(installation: Installation, cast: Cast) -> videos.TakenVideo:
    return videos.add_from(installation, cast.actor("writer"), io.BytesIO(films.video()), "Torget i maj.mp4")


def test_from_its_own_page_into_a_new_post(
    browse: Browse, installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    browser = browse(cast.writer)
    assert f"/write?video={taken.video.id}" in browser.get(f"~/pictures/videos/{taken.video.id}").text
    fields = form(browser.get(f"~/write?video={taken.video.id}").text)
    assert fields["videos"] == [str(taken.video.id)]
    said = {f"video-alt-{taken.video.id}": "Bussen", f"captions-{taken.video.id}-sv": VTT}
    asked = fields | said | {f"burn-{taken.video.id}": "1", "text": "Se filmen", "do": "save"}
    assert browser.post("~/write", asked).status_code == 303
    item, revision = latest(installation, cast)
    [video] = revision.parsed().videos
    assert (video.sha256, video.alt, video.burn, video.codec) == (taken.video.sha256, "Bussen", True, "h264")
    again = form(browser.get(f"~/items/{item.id}/edit").text)
    assert again[f"burn-{taken.video.id}"] == ["1"]


@pytest.mark.parametrize("wish", ["", "999", "x", "1,2"])
def test_one_that_is_not_there_is_not_in_it(browse: Browse, cast: Cast, wish: str) -> None:
    assert "videos" not in form(browse(cast.writer).get(f"~/write?video={wish}").text)


def test_in_the_place_of_its_poster(browse: Browse, cast: Cast, taken: videos.TakenVideo) -> None:
    browser, poster = browse(cast.writer), taken.poster.media.id
    page = browser.get(f"~/write?media={poster}").text
    press = f"film:{poster}:{taken.video.id}"
    assert f'value="{press}"' in page
    shown = form(browser.post("~/write", form(page) | {f"alt-{poster}": "Torget", "do": press}).text)
    assert shown["videos"] == [str(taken.video.id)]
    assert shown[f"video-alt-{taken.video.id}"][0].strip() == "Torget"
    assert "media" not in shown
