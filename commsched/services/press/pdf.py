"""A release as an accessible PDF (PDF/UA-1): typeset by Typst in a process of its own, and kept by what it says.

A text reaches Typst as data, never as its language, and the process may open a folder with two pictures and nothing
else. The newest of each use is kept: what is corrected, or loses a picture, leaves no older sheet behind.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from commsched import images
from commsched.core.media import cards
from commsched.core.text.messages import N_, OfficeError
from commsched.services.kernel.blobs import File, form_key, keep_form, key_of
from commsched.services.kernel.brand_kit import Kit
from commsched.services.kernel.context import Installation
from commsched.services.press.sheet import Sheet

SECONDS: Final = 30
"""How long typesetting may take; a release takes a tenth of a second."""
PICTURE_BYTES: Final = 1_500_000
PICTURE_SIDE: Final = 2000
"""Pixels: 16 cm at 300 to the inch."""
MIME: Final = "application/pdf"
_WORKER: Final = Path(__file__).with_name("_typst_worker.py")
_turn: Final = threading.Lock()
"""One sheet at a time is typeset in a process: who asks for many waits, and no more memory is taken."""

RESTS: Final = timedelta(minutes=10)
"""How long one that could not be made is left alone."""
MOST_FAILED: Final = 200
_failed: Final[dict[str, datetime]] = {}
"""When each was tried in vain, by its key; read and written by whoever has :data:`_turn`."""

Use = Literal["public", "embargo", "draft"]
"""Who the sheet is for: each says other things first."""


class CannotTypeset(OfficeError):
    """The PDF could not be made; the release itself is whole."""

    status, code = 503, "pdf"


class Material(msgspec.Struct, frozen=True):
    """The files that a sheet shows."""

    picture: File | None = None
    logo: File | None = None


def render(
    installation: Installation, sheet: Sheet, material: Material, kit: Kit, *, name: str, use: Use = "public"
) -> File:
    """The PDF of ``sheet``; ``name`` is the item's uid with its version. Raises :class:`CannotTypeset`."""
    data = msgspec.to_builtins(sheet) | look(kit)
    parts = [template(), msgspec.json.encode(data, order="sorted").decode()]
    parts += [file.key if file else "" for file in (material.picture, material.logo)]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    place = form_key("pdf", hashlib.sha256(name.encode()).hexdigest(), f"-{use}-")
    file = File(installation.cache, f"{place}{digest[:24]}.pdf", MIME)
    if file.exists():
        return file
    if not _turn.acquire(timeout=SECONDS):
        raise CannotTypeset(N_("The PDF takes too long to make."))
    try:
        if not file.exists():
            keep_form(installation, file.key, _made(installation, file.key, data, material, kit), MIME)
            for older in list(installation.cache.keys(place)):
                if older != file.key:
                    installation.cache.delete(older)
    finally:
        _turn.release()
    return file


def _made(installation: Installation, key: str, data: dict[str, object], material: Material, kit: Kit) -> bytes:
    """The sheet's bytes. What could not be made just now is not tried for everybody who asks: a page that anybody opens
    would keep the machine busy, and all who wait for a sheet."""
    if installation.now() - _failed.get(key, datetime.min.replace(tzinfo=UTC)) < RESTS:
        raise CannotTypeset(N_("The PDF could not be made."))
    try:
        return _typeset(installation, data, material, kit)
    except CannotTypeset:
        if len(_failed) >= MOST_FAILED:
            _failed.pop(next(iter(_failed)))
        _failed[key] = installation.now()
        raise


def look(kit: Kit) -> dict[str, object]:
    """The office's colour and fonts, as the template reads them."""
    contrast = images.contrast
    grounds = [contrast.WHITE, contrast.colour("#f6f6f4")]
    return {
        "accent": contrast.hexed(contrast.readable(contrast.colour(kit.primary), grounds, contrast.BLACK)),
        "heading_fonts": _families(kit.heading),
        "body_fonts": _families(kit.serif),
    }


def _families(wanted: str) -> list[str]:
    """The family that is wished for, then those that have what it lacks."""
    return list(dict.fromkeys([wanted, cards.SANS, "Noto Sans", *_SCRIPT_FAMILIES]))


_SCRIPT_FAMILIES: Final = (
    "Noto Sans Arabic",
    "Hind Siliguri",
    "Noto Sans Devanagari",
    "Heebo",
    "Noto Sans Khmer",
    "Noto Sans Tamil",
    "Noto Sans Telugu",
    "Noto Sans Thai",
    "Noto Sans CJK SC",
    "Noto Emoji",
    "DejaVu Sans",
)


def _typeset(installation: Installation, data: dict[str, object], material: Material, kit: Kit) -> bytes:
    with _folder() as folder:
        names = _put_pictures(material, folder)
        job = {
            "template": template(),
            "root": str(folder),
            "fonts": [*font_folders(), *_own_fonts(installation, kit, folder)],
            "data": data | names,
            "made": installation.now().replace(microsecond=0).isoformat(),
        }
        return _run(msgspec.json.encode(job))


def _run(job: bytes) -> bytes:
    command = [sys.executable, "-I", str(_WORKER)]
    try:
        ran = subprocess.run(command, input=job, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise CannotTypeset(N_("The PDF takes too long to make.")) from error
    if ran.returncode or not ran.stdout.startswith(b"%PDF-"):
        raise CannotTypeset(N_("The PDF could not be made.")) from RuntimeError(_last_line(ran.stderr))
    return ran.stdout


def _last_line(said: bytes) -> str:
    """What went wrong, without the release's words: the kind of error alone."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].partition(":")[0][:80] if lines else "no words"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="commsched-pdf-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_pictures(material: Material, folder: Path) -> dict[str, str]:
    """Put what the sheet shows beside it, as files that every version of Typst reads; the names they have there."""
    wanted = (("picture", material.picture, ["image/jpeg"]), ("logo", material.logo, ["image/png", "image/jpeg"]))
    names = {}
    for use, file, types in wanted:
        fitted = None
        if file is not None:
            try:
                fitted = images.pictures.fit(file.read(), types, PICTURE_BYTES, PICTURE_SIDE)
            except (OSError, images.errors.BadPicture, images.errors.CannotFit):
                fitted = None  # a sheet without its picture says what it has to say all the same
        names[use] = f"{use}{fitted.suffix}" if fitted else ""
        if fitted:
            (folder / names[use]).write_bytes(fitted.data)
    return names


def _own_fonts(installation: Installation, kit: Kit, folder: Path) -> list[str]:
    """The office's own fonts, where it sets its cards in some."""
    files = {kit.fonts[family] for family in (kit.heading, kit.serif) if family in kit.fonts}
    place = folder / "typefaces"
    for name in files:
        place.mkdir(exist_ok=True)
        try:
            stem, dot, suffix = name.rpartition(".")
            (place / Path(name).name).write_bytes(installation.blobs.read(key_of(stem, dot + suffix, "fonts")))
        except FileNotFoundError:
            continue
    return [str(place)] if files else []


@cache
def font_folders() -> list[str]:
    """Where the packaged fonts lie, and those of the system that have what no package has."""
    fonts = images.fonts
    faces = [fonts.Face(family) for family in fonts.FAMILIES]
    faces += [fonts.Face(f"script:{script}") for script in fonts.SCRIPTS.split("|")]
    paths = [fonts.path_of(face) for face in faces]
    return sorted({str(Path(path).parent) for path in paths if path})


@cache
def template() -> str:
    """``templates/pdf/release.typ``: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    folder = package / "templates" if (package / "templates").is_dir() else package.parent / "templates"
    return (folder / "pdf" / "release.typ").read_text("utf-8")
