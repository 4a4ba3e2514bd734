"""The hands: make one call, outside every transaction, and let nothing it can do escape as an exception."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from msgspec.structs import replace

from commsched.core.content.model import SUFFIXES
from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Handles,
    Outcome,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import Part, PictureFile
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_
from commsched.services.deliver.types import Call, Done, Pictures
from commsched.services.kernel.blobs import media_path
from commsched.services.kernel.context import Installation

log = logging.getLogger("commsched.deliver")

STALE = timedelta(seconds=15)
"""How long after its attempt was committed a call may still begin. A process that was stopped, or a computer that
slept, in just that moment must not send what was right to send then."""

_R = TypeVar("_R", bound=Outcome | Finding | Handles)


def perform(installation: Installation, call: Call) -> Done:
    """Do ``call``. An adapter that raises is a bug; what it sent before is then unknown, never assumed away."""
    try:
        match call.kind:
            case "prepare":
                return _prepare(installation, call)
            case "send":
                if installation.now() - call.since > STALE:
                    return Done(call, Retry(N_("this computer slept before the call; nothing was sent")))
                return Done(call, _outcome(call.platform.publish(call.part, call.handles, call.context)))
            case "look":
                found = call.platform.find(call.part, call.handles, call.since, call.context)
                assert isinstance(found, Found | Absent | CannotTell)
                return Done(call, storable(found))
    except Exception as error:
        log.exception("%s: %s raised", call.platform.key, call.kind)
        words = f"{type(error).__name__} in {call.platform.key}"
        return Done(call, CannotTell(words) if call.kind == "look" else Unknown(words), call.job.pictures)


def _outcome(result: Outcome) -> Outcome:
    assert isinstance(result, Published | Retry | Rejected | Unknown)
    return storable(result)


def storable(result: _R) -> _R:
    """``result`` with nothing in it that a database refuses: servers answer with anything, and whatever became of a
    call must be written down."""
    changed = {
        name: plain
        for name in result.__struct_fields__
        if (plain := _plain(value := getattr(result, name))) is not value
    }
    return replace(result, **changed) if changed else result


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {str(_plain(key)): str(_plain(item)) for key, item in value.items()}
    return value


def _prepare(installation: Installation, call: Call) -> Done:
    pictures = read_pictures(installation, call.part.view.pictures)
    if pictures.missing or not call.platform.needs_prepare(call.part) or call.handles.values:
        return Done(call, call.handles, pictures)
    result = call.platform.prepare(in_hand(call.part, pictures), call.context)
    return Done(call, storable(result), pictures)


def read_pictures(installation: Installation, wanted: tuple[PictureFile, ...]) -> Pictures:
    """Read each file and hash what was read: the bytes that are sent are the bytes that were approved."""
    data: dict[str, bytes] = {}
    for picture in wanted:
        try:
            read = media_path(installation, picture.sha256, SUFFIXES.get(picture.mime, "")).read_bytes()
        except OSError:
            return Pictures(data, missing=picture.sha256)
        if hashlib.sha256(read).hexdigest() != picture.sha256:
            return Pictures(data, missing=picture.sha256)
        data[picture.sha256] = read
    return Pictures(data)


def in_hand(part: Part, pictures: Pictures) -> Part:
    """``part`` with its pictures' bytes at hand."""

    def held(one: PictureFile) -> PictureFile:
        return replace(one, read=partial(pictures.data.__getitem__, one.sha256), size=len(pictures.data[one.sha256]))

    view = replace(part.view, pictures=tuple(held(one) for one in part.view.pictures))
    return replace(part, view=view, pictures=tuple(held(one) for one in part.pictures))
