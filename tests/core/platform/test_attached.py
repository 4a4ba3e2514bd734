"""What goes with the words beside pictures is taken or refused in words, whatever the platform."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from commsched import platforms
from commsched.core.content.model import Captions
from commsched.core.platform.attached import check_attached
from commsched.core.platform.contract import AttachmentFile, Limits
from tests.platforms._office import picture, view

CAPTIONS = (Captions(text="WEBVTT\n"),)
VIDEO = replace(
    picture(alt="Bussen kör", mime="video/mp4", size=3_000_000, shape=(1080, 1920)),
    kind="video",
    duration=12_000,
    captions=CAPTIONS,
)
PAPER = replace(picture(alt="", mime="application/pdf", size=200_000), kind="document", title="Budgeten 2027")
TAKES = Limits(
    videos=1,
    video_bytes=5_000_000,
    video_seconds=(3.0, 60.0),
    video_ratio=(0.5, 1.91),
    documents=1,
    document_bytes=1_000_000,
)


def told(limits: Limits, *files: AttachmentFile, pictures: tuple[AttachmentFile, ...] = ()) -> list[tuple[str, str]]:
    problems = check_attached(replace(view("Hej", *pictures), other_files=files), limits, "Nätet")
    assert {problem.field for problem in problems} <= {"attachments", "documents"}
    return [("block" if problem.blocks else "warn", str(problem.words)) for problem in problems]


def test_what_fits_is_taken() -> None:
    assert told(TAKES, VIDEO, PAPER) == []
    assert told(Limits()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mime": "video/webm"}, "Video 1 is of a type that Nätet does not take (video/webm)."),
        ({"size": 5_000_001}, "Video 1 is too large for Nätet: 6 MB, at most 5 MB."),
        ({"duration": 61_000}, "Video 1 lasts 61 seconds; Nätet takes 3 to 60."),
        ({"duration": 2_000}, "Video 1 lasts 2 seconds; Nätet takes 3 to 60."),
        ({"width": 4000}, "Video 1 has a shape that Nätet does not take (4000 × 1920)."),
        ({"alt": " "}, "Video 1 has no alt text, and cannot be scheduled before it has one."),
    ],
)
def test_a_video_is_held_to_each_limit(changes: dict[str, Any], words: str) -> None:
    assert told(TAKES, replace(VIDEO, **changes)) == [("block", words)]


def test_captions_are_asked_for_and_not_demanded() -> None:
    [(level, words)] = told(TAKES, replace(VIDEO, captions=()))
    assert (level, words[:27]) == ("warn", "Video 1 has no captions: wh")


def test_a_document_is_held_to_each_limit() -> None:
    for changes, words in (
        ({"mime": "text/html"}, "Document 1 is of a type that Nätet does not take (text/html)."),
        ({"size": 1_000_001}, "Document 1 is too large for Nätet: 2 MB, at most 1 MB."),
        ({"title": ""}, "Document 1 has no name that readers see."),
    ):
        assert told(TAKES, replace(PAPER, **changes)) == [("block", words)]


def test_too_many_and_too_mixed_are_refused() -> None:
    assert told(TAKES, VIDEO, VIDEO) == [("block", "Nätet takes at most 1 videos; there are 2.")]
    assert told(TAKES, PAPER, PAPER) == [("block", "Nätet takes at most 1 documents; there are 2.")]
    assert told(TAKES, VIDEO, pictures=(picture(),)) == [("block", "Nätet takes pictures or a video, not both.")]
    assert told(replace(TAKES, mixes=True), VIDEO, pictures=(picture(),)) == []


@pytest.mark.parametrize("key", platforms.keys())
def test_no_platform_leaves_one_out_in_silence(key: str) -> None:
    """Each either takes videos and documents, or says that it does not."""
    platform = platforms.get(key)
    limits = platform.limits({})
    for file, taken in ((VIDEO, limits.videos), (PAPER, limits.documents)):
        problems = check_attached(replace(view("Hej"), other_files=(file,)), limits, platform.name)
        assert taken or [problem.blocks for problem in problems] == [True]
