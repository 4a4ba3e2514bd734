"""The process that opens untrusted pictures, with few rights, little memory and little time.

It is started by :mod:`commsched.images.intake.pool` and speaks with it over its standard input and output: a header in
JSON and a body in bytes, each preceded by its length. It sets its own limits before it reads anything.
"""

from __future__ import annotations

import codecs
import importlib
import json
import math
import os
import select
import struct
import time
from collections.abc import Callable

import msgspec

from commsched.core.text.json_values import JsonObject
from commsched.images.intake import confinement

MEMORY = 1536 * 2**20
"""Bytes of address space: a 50-megapixel picture decoded, turned and encoded stays under it."""
CPU_SECONDS = 5
"""Processor time for reading a stranger's file: a 65-megapixel photo takes one second."""
OWN_SECONDS = 15
"""The same for writing our own, and for what is made of a file of ours."""
IDLE_SECONDS = 60
"""After this long without work it ends itself, so that an idle office holds no memory for it."""
_MODULES = (
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.ImageCms",
    "PIL.ImageDraw",
    "PIL.ImageFont",
    "PIL.ImageOps",
    "PIL.ImageSequence",
    "PIL.ImageText",
    "PIL.IptcImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.MpoImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "PIL.WebPImagePlugin",
    "commsched.images.intake.sanitize",
    "commsched.images.intake.derive",
    "commsched.images.intake.emoji",
    "commsched.images.intake.fingerprint",
    "commsched.images.intake.sfnt",
    "copy",
    "html",
    "resource",
)
"""What the jobs import when they first need it, and what Pillow does."""
_CODECS = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252", "mac-roman")
STRANGERS = ("clean", "font")
"""Jobs whose file has not been read before."""
LENGTHS = struct.Struct(">II")


def prepare() -> None:
    """Load everything that a job will need: no file can be opened afterwards."""
    from PIL import AvifImagePlugin, Image

    for name in _MODULES:
        importlib.import_module(name)
    for name in _CODECS:
        codecs.lookup(name)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # it may start none
    Image.preinit()


def confine(threads: bool = False) -> confinement.Held:
    """Limits that no picture can lift again, and the walls that the system has. With ``threads`` it is the filter of
    system calls that allows no process; where there is none, no threads either."""
    limits = {"AS": MEMORY, "CPU": CPU_SECONDS, "FSIZE": 0, "CORE": 0, "NOFILE": 32}
    held = confinement.enter(limits if threads else limits | {"NPROC": 0}, threads=threads)
    if threads and not held.seccomp:
        confinement.limit("NPROC", 0)
    return held


def _more_time(seconds: int = OWN_SECONDS) -> None:
    """Processor time is counted over the process's life, so each job moves its limit ahead."""
    confinement.limit("CPU", math.ceil(time.process_time()) + seconds)


def answer(header: JsonObject, body: bytes) -> tuple[JsonObject, bytes]:
    """Do one job; whatever happens, the answer is facts and a file, or the name of a designed error."""
    from commsched.images.intake import derive, errors, sanitize

    try:
        if header["job"] == "clean":
            return sanitize.clean(body, decoded=_more_time)
        if header["job"] == "small":
            return derive.small(body, header["max_side"])
        if header["job"] == "font":
            return font_facts(body), b""
        ratio = tuple(header["ratio"]) if header["ratio"] else None
        limits = (header["types"], header["max_bytes"], header["max_side"])
        more = (header["max_pixels"], header["opaque"])
        return derive.fit(body, *limits, ratio, tuple(header["centre"]), *more)
    except errors.BadPicture as error:
        return {"error": type(error).__name__, "params": error.params}, b""
    except MemoryError:
        return {"error": "TooHeavy", "params": {}}, b""
    except Exception:  # the encoder's turn: a picture that decodes and cannot be written is damaged
        return {"error": "Damaged", "params": {}}, b""


def font_facts(data: bytes) -> JsonObject:
    """The family of a font that draws Swedish, or emoji in colour. Raises :class:`errors.Damaged`."""
    import io

    from PIL import ImageFont

    from commsched.images.intake import emoji, errors, sfnt

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


def _all(target: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def main() -> None:
    """Serve jobs from standard input until it closes or nobody has asked for a while."""
    serve(prepare, answer)


def serve(
    ready: Callable[[], None], do: Callable[[JsonObject, bytes], tuple[JsonObject, bytes]], *, threads: bool = False
) -> None:
    """Load with ``ready``, put the walls up, and then ``do`` one job after the other."""
    ready()
    held = msgspec.structs.asdict(confine(threads))
    while select.select([0], [], [], IDLE_SECONDS)[0]:
        try:
            header_size, body_size = LENGTHS.unpack(_exactly(0, LENGTHS.size))
            header = json.loads(_exactly(0, header_size))
            body = _exactly(0, body_size)
        except EOFError:
            return
        _more_time(CPU_SECONDS if header["job"] in STRANGERS else OWN_SECONDS)
        facts, new = (held, b"") if header["job"] == "held" else do(header, body)
        del body
        raw = json.dumps(facts).encode()
        _all(1, LENGTHS.pack(len(raw), len(new)) + raw)
        _all(1, new)
