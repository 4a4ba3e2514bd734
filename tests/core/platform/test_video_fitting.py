"""When a video must be made anew for a channel, and what is then asked for."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.content.model import Attachment, Captions
from commsched.core.platform.contract import Limits
from commsched.core.platform.video_fitting import VideoRecipe, video_recipe_for

FILM = Attachment(kind="video", sha256="a" * 64, mime="video/mp4", width=1920, height=1080, codec="h264")
MOV = "video/quicktime"
SAID = [Captions(text="WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHej\n")]
TAKES = Limits(videos=1, video_bytes=100, video_side=1920)


@pytest.mark.parametrize(
    ("changes", "size", "limits", "recipe"),
    [
        ({}, 100, {}, None),
        ({"codec": "hevc"}, 100, {}, VideoRecipe("h264", None, 100)),
        ({"codec": "hevc"}, 100, {"video_codecs": ("h264", "hevc")}, None),
        ({"mime": MOV}, 100, {}, VideoRecipe("h264", None, 100)),
        (
            {"mime": MOV, "codec": "hevc"},
            9,
            {"video_codecs": ("h264", "hevc")},
            VideoRecipe("hevc", None, 100),
        ),
        ({"mime": "video/webm", "codec": "vp9"}, 9, {}, VideoRecipe("h264", None, 100)),
        ({"width": 3840, "height": 2160}, 9, {}, VideoRecipe("h264", 1920, 100)),
        ({}, 101, {}, VideoRecipe("h264", None, 100)),
        ({"codec": ""}, 9, {}, VideoRecipe("h264", None, 100)),
        ({"codec": "", "mime": MOV}, 9, {}, VideoRecipe("h264", None, 100)),
        ({"captions": SAID}, 9, {}, None),
        ({"captions": SAID, "burn": True}, 9, {}, VideoRecipe("h264", None, 100, SAID[0].text)),
        ({"captions": SAID, "burn": True}, 9, {"captions": True}, None),
        ({"codec": "hevc"}, 9, {"videos": 0}, None),
        ({"codec": "hevc"}, 9, {"video_types": ("video/webm",), "video_codecs": ("vp9",)}, None),
    ],
)
def test_what_a_channel_needs_of_a_video(
    changes: dict[str, Any], size: int, limits: dict[str, Any], recipe: VideoRecipe | None
) -> None:
    assert video_recipe_for(replace(FILM, **changes), size, replace(TAKES, **limits)) == recipe


def test_equal_wishes_have_one_spelling_and_other_words_another() -> None:
    first = VideoRecipe("h264", 1920, 100, SAID[0].text)
    assert first.key == VideoRecipe("h264", 1920, 100, SAID[0].text).key
    assert first.key != VideoRecipe("h264", 1920, 100, SAID[0].text + "!").key
    assert VideoRecipe("h264").key.split(" ") == ["h264", "", "", ""]
