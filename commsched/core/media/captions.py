"""Captions of a video, as people hand them in (WebVTT or SRT), spelled as WebVTT."""

from __future__ import annotations

import re
from typing import Final

from commsched.core.text.messages import N_, Invalid

MOST_CUES: Final = 5_000
"""Cues in one file: three hours of talk."""
_TIME: Final = r"(?:(\d{1,3}):)?([0-5]\d):([0-5]\d)[.,](\d{3})"
_TIMES: Final = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_NOTES: Final = ("NOTE", "STYLE", "REGION")
_TAG: Final = re.compile(r"</?[a-zA-Z0-9.: ]*>")
_HEAD: Final = "WEBVTT"


def webvtt(text: str) -> str:
    """``text`` as WebVTT that says when what is said, and nothing else: names of cues, notes and settings are left out,
    so that the same captions have one spelling. Source: https://www.w3.org/TR/webvtt1/.

    Raises :class:`Invalid` (``captions``) for what is neither WebVTT nor SRT, by the line that cannot be read.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cues: list[str] = []
    place, last = (_after_head(lines), 0) if lines[0].startswith(_HEAD) else (0, 0)
    while place < len(lines):
        start, place = place, _end_of_block(lines, place)
        block = [line.strip() for line in lines[start:place]]
        place += 1
        if not any(block) or block[0].split(" ")[0] in _NOTES:
            continue
        at = 0 if "-->" in block[0] else 1
        match = _TIMES.fullmatch(block[at]) if at < len(block) else None
        if match is None:
            raise Invalid(N_("Line %(line)s of the captions is neither WebVTT nor SRT."), "captions", line=start + 1)
        begins, ends = _milliseconds(match.groups()[:4]), _milliseconds(match.groups()[4:])
        if begins >= ends or begins < last:
            words = N_("The times of the captions go backwards at line %(line)s.")
            raise Invalid(words, "captions", line=start + at + 1)
        last = begins
        said = "\n".join(line for line in block[at + 1 :] if line)
        if said:
            cues.append(f"{_clock(begins)} --> {_clock(ends)}\n{said}")
    if not cues:
        raise Invalid(N_("The captions say nothing."), "captions")
    if len(cues) > MOST_CUES:
        raise Invalid(N_("At most %(most)s captions."), "captions", most=MOST_CUES)
    return "\n\n".join([_HEAD, *cues]) + "\n"


def cues(text: str) -> list[tuple[float, float, str]]:
    """What is said in ``text``, as :func:`webvtt` spells it: from when, until when (seconds), and the words."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")[1:]]
    said = []
    for first, *lines in blocks:
        match = _TIMES.fullmatch(first)
        if match is not None:
            begins, ends = _milliseconds(match.groups()[:4]), _milliseconds(match.groups()[4:])
            said.append((begins / 1000, ends / 1000, "\n".join(_TAG.sub("", line) for line in lines)))
    return said


def srt(text: str) -> str:
    """Captions as :func:`webvtt` spells them, as SubRip: for networks that take nothing else."""
    cues = text.removeprefix(_HEAD).strip().split("\n\n")
    numbered = (f"{number}\n{_with_commas(cue)}" for number, cue in enumerate(cues, 1))
    return "\n\n".join(numbered) + "\n"


def _with_commas(cue: str) -> str:
    times, _newline, said = cue.partition("\n")
    return f"{times.replace('.', ',')}\n{said}"


def _after_head(lines: list[str]) -> int:
    return _end_of_block(lines, 0) + 1


def _end_of_block(lines: list[str], place: int) -> int:
    """The number of the next empty line, or of lines."""
    while place < len(lines) and lines[place].strip():
        place += 1
    return place


def _milliseconds(groups: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(group or 0) for group in groups)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
