"""Captions are read as people hand them in, and spelled in one way."""

from __future__ import annotations

import pytest

from commsched.core.media.captions import MOST_CUES, webvtt
from commsched.core.text.messages import Invalid

SPELLED = """WEBVTT

00:00:01.000 --> 00:00:02.500
Hej och välkomna.

00:00:02.500 --> 01:00:04.000
– Vad händer nu?
– Vi röstar.
"""


@pytest.mark.parametrize(
    "text",
    [
        SPELLED,
        "1\n00:00:01,000 --> 00:00:02,500\nHej och välkomna.\n\n2\n00:00:02,500 --> 01:00:04,000\n– Vad händer nu?\n"
        "– Vi röstar.",
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\nHej och välkomna.\r\n\r\n2\r\n00:00:02,500 --> 01:00:04,000\r\n"
        "– Vad händer nu?\r\n– Vi röstar.\r\n",
        "WEBVTT - Kind: captions\nLanguage: sv\n\nNOTE klippt\n\nSTYLE\n::cue { color: red }\n\nintro\n"
        "00:01.000 --> 00:02.500 align:start\n  Hej och välkomna.  \n\n\n"
        "00:02.500 --> 01:00:04.000\n– Vad händer nu?\n– Vi röstar.\n\n01:00:05.000 --> 01:00:06.000\n",
    ],
    ids=["webvtt", "srt", "srt of windows", "with notes and settings"],
)
def test_webvtt_and_srt_are_spelled_alike(text: str) -> None:
    assert webvtt(text) == SPELLED
    assert webvtt(webvtt(text)) == SPELLED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "say nothing"),
        ("WEBVTT\n", "say nothing"),
        ("Hej", "Line 1 "),
        ("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHej\n\nslut\nså", "Line 6 "),
        ("1\n00:00:02,000 --> 00:00:01,000\nHej", "backwards at line 2"),
        ("1\n00:00:02,000 --> 00:00:03,000\nHej\n\n2\n00:00:01,000 --> 00:00:04,000\nDu", "backwards at line 6"),
        ("\n\n".join(f"00:{n // 60:02}:{n % 60:02}.000 --> 01:59:59.000\nHej" for n in range(MOST_CUES)) * 1, ""),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(text: str, words: str) -> None:
    if not words:
        with pytest.raises(Invalid):
            webvtt(text)
        return
    with pytest.raises(Invalid, match=words) as refused:
        webvtt(text)
    assert refused.value.field == "captions"
