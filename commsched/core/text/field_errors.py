"""What was wrong with a field, read out of the sentence that msgspec raises. The one place that knows its sentences.

msgspec tells the field and the reason in English only, so they are read back here; its version is bounded in
``pyproject.toml``, and ``tests/core/text/test_field_errors.py`` fails when a sentence has changed.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

Reason = Literal["unknown", "missing", "choice", "characters", "items", "type", "other"]

_PATH: Final = re.compile(r" - at (?:`key` in )?`\$?([^`]*)`$")
_STEP: Final = re.compile(r"\[(\.\.\.|\d+)\]|\.?([^.\[\]]+)")
_REASONS: Final[tuple[tuple[Reason, re.Pattern[str]], ...]] = (
    ("unknown", re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)),
    ("missing", re.compile(r"Object missing required field `(?P<name>.*)`", re.DOTALL)),
    ("choice", re.compile(r"Invalid enum value (?P<value>.*)", re.DOTALL)),
    ("characters", re.compile(r"Expected `str` of length <= (?P<most>\d+)")),
    ("items", re.compile(r"Expected `(?:array|object)` of length <= (?P<most>\d+)")),
    ("type", re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`")),
)


class FieldError(msgspec.Struct, frozen=True):
    """One field that cannot be taken. ``path`` leads to it from the outside in, with places in lists as numbers."""

    path: tuple[str, ...]
    reason: Reason
    params: dict[str, str] = {}
    """What the reason says: ``name``, ``value``, ``most``, or ``wanted`` and ``got``."""


def read_error(error: msgspec.ValidationError) -> FieldError:
    """The field that ``error`` is about, and why. A field that is unknown or missing is the last of its path."""
    sentence = str(error)
    place = _PATH.search(sentence)
    steps = _STEP.findall(place[1]) if place else []
    path = tuple(number or name for number, name in steps if number != "...")
    said = sentence[: place.start()] if place else sentence
    for reason, pattern in _REASONS:
        match = pattern.fullmatch(said)
        if match:
            params = match.groupdict()
            return FieldError((*path, params["name"]) if params.get("name") else path, reason, params)
    return FieldError(path, "other")
