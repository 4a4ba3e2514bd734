"""The process that opens strangers' pictures: few rights, little memory, little time.

It is started by :mod:`commsched.images.pool` and speaks with it over its standard input and output: a header
in JSON and a body in bytes, each preceded by its length. It gives itself its limits before it reads anything.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import struct
import sys
from typing import Any

MEMORY = 1536 * 2**20
"""Bytes of address space: a 50-megapixel picture decoded, turned and encoded stays under it."""
CPU_SECONDS = 20
IDLE_SECONDS = 60
"""After this long without work it ends itself, so that an idle office holds no memory for it."""
_MODULES = (
    "PIL.GifImagePlugin",
    "PIL.ImageCms",
    "PIL.ImageFont",
    "PIL.ImageOps",
    "PIL.ImageSequence",
    "PIL.IptcImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.MpoImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.WebPImagePlugin",
    "commsched.images.clean",
    "commsched.images.derive",
    "commsched.images.emoji",
    "commsched.images.look",
    "html",
)
LENGTHS = struct.Struct(">II")


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, hard if kind == resource.RLIMIT_CPU else value))


def limit_memory(most: int) -> None:
    """At most so many bytes of address space, where the system keeps count: macOS refuses the limit."""
    if sys.platform != "darwin":
        _limit(resource.RLIMIT_AS, most)


def confine() -> None:
    """Memory, files and processes: limits that no picture can lift again."""
    limit_memory(MEMORY)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 32)


def _more_time() -> None:
    """Processor time is counted over the process's life, so each job moves its limit ahead."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_SECONDS)


def answer(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """Do one job; whatever happens, the answer is facts and a file, or the name of a designed error."""
    from commsched.images import clean, derive, errors

    try:
        if header["job"] == "clean":
            return clean.clean(body)
        if header["job"] == "small":
            return derive.small(body, header["max_side"])
        if header["job"] == "font":
            return font_facts(body), b""
        ratio = tuple(header["ratio"]) if header["ratio"] else None
        limits = (header["types"], header["max_bytes"], header["max_side"])
        return derive.fit(body, *limits, ratio, tuple(header["centre"]))
    except errors.BadPicture as error:
        return {"error": type(error).__name__, "params": error.params}, b""
    except MemoryError:
        return {"error": "TooHeavy", "params": {}}, b""
    except Exception:  # the encoder's turn: a picture that decodes and cannot be written is damaged
        return {"error": "Damaged", "params": {}}, b""


def font_facts(data: bytes) -> dict[str, Any]:
    """The family of a font that draws Swedish, or emoji in colour. Raises :class:`errors.Damaged`."""
    import io

    from PIL import ImageFont

    from commsched.images import emoji, errors, sfnt

    if emoji.TABLES & sfnt.tables(data) and (family := emoji.family(data)):
        return {"family": family, "emoji": True}
    for size in (400, 40, 12):  # those that it will be measured at and drawn in
        font = ImageFont.truetype(io.BytesIO(data), size)
        missing = bytes(font.getmask("\U000fffff"))
        if any(bytes(font.getmask(letter)) in (missing, b"") for letter in "åäöÅÄÖagX09"):
            raise errors.Damaged()
        font.getmask("Räksmörgås på Ölands kaj, 1 234 kr – “ja”")
    return {"family": str(font.getname()[0] or "")[:80], "emoji": False}


def _exactly(source: int, length: int) -> bytes:
    got = bytearray()
    while len(got) < length:
        piece = os.read(source, min(1 << 20, length - len(got)))
        if not piece:
            raise EOFError
        got += piece
    return bytes(got)


def _all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def main() -> None:
    """Serve jobs from standard input until it closes or nobody has asked for a while."""
    for name in _MODULES:  # before the limits: no file need be opened after them
        importlib.import_module(name)
    confine()
    while select.select([0], [], [], IDLE_SECONDS)[0]:
        try:
            header_size, body_size = LENGTHS.unpack(_exactly(0, LENGTHS.size))
            header = json.loads(_exactly(0, header_size))
            body = _exactly(0, body_size)
        except EOFError:
            return
        _more_time()
        facts, new = answer(header, body)
        del body
        raw = json.dumps(facts).encode()
        _all(1, LENGTHS.pack(len(raw), len(new)) + raw)
        _all(1, new)
