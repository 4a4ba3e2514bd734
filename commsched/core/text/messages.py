"""Marks text for translation where it is written, so that rules stay free of any language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec


def N_(message: str) -> str:
    """Mark ``message`` for the catalogues; the edges translate it."""
    return message


class Message(msgspec.Struct, frozen=True):
    """A sentence for a person, not yet in their language: ``message`` is the English msgid with %(name)s fields."""

    message: str
    params: Mapping[str, object] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class OfficeError(Exception):
    """Something a person asked for cannot be done. Carries the sentence they get and the field it concerns."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, field: str = "", **params: object) -> None:
        self.words = Message(message, params)
        self.field = field
        super().__init__(str(self.words))


class Invalid(OfficeError):
    """The input is wrong (422)."""

    status = 422


class NotAllowed(OfficeError):
    """The person may not do this (403)."""

    status, code = 403, "forbidden"


class NotFound(OfficeError):
    """There is no such thing in this workspace (404)."""

    status, code = 404, "not-found"


class Conflict(OfficeError):
    """Somebody else changed it meanwhile, or its state does not allow this (409)."""

    status, code = 409, "conflict"


class Problem(msgspec.Struct, frozen=True):
    """One thing to say about a draft: ``block`` stops it, ``warn`` asks the writer to think."""

    level: Literal["block", "warn"]
    field: str
    words: Message

    @property
    def blocks(self) -> bool:
        return self.level == "block"


def block(field: str, message: str, **params: object) -> Problem:
    return Problem("block", field, Message(message, params))


def warn(field: str, message: str, **params: object) -> Problem:
    return Problem("warn", field, Message(message, params))
