"""HEIC and AVIF, which phones and browsers make: read here, and kept as JPEG or PNG, which everybody can show.

Pillow reads AVIF by itself, in the process that reads every picture. HEIC takes ``pillow-heif``, whose decoder works in
a thread of its own and cannot do otherwise; so it has a process of its own too, which may start threads and has all the
other walls. Where a system has no such library, the file is refused in words.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from commsched.images.intake import pool, worker

if TYPE_CHECKING:
    from PIL import Image

NAMES: Final = ("HEIF", "AVIF")
"""As Pillow calls them."""
BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"heif", b"mif1", b"msf1")
"""What the first box of a HEIC says that it is."""


def is_heic(data: bytes) -> bool:
    """Whether the bytes begin as a HEIC does."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


def readable() -> tuple[str, ...]:
    """Which of them can be read in this process. Pillow must be asked for no other: it would look for plugins on the
    disk."""
    from PIL import Image

    return tuple(name for name in NAMES if name in Image.OPEN)


def kept_as(image: Image.Image) -> str:
    """The kind of file that it becomes: a photo a JPEG, what is clear in places a PNG."""
    return "image/png" if image.mode in ("LA", "PA", "RGBA") else "image/jpeg"


def prepare() -> None:
    """Load all that the process of HEIC needs."""
    worker.prepare()
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.options.DECODE_THREADS = 0  # of its own making; the decoder's one stays
        pillow_heif.options.THUMBNAILS = False
        pillow_heif.register_heif_opener()


def main() -> None:
    """Serve jobs, as :func:`worker.main` does."""
    worker.serve(prepare, worker.answer, threads=True)


reading = pool.Pool(size=1, start=pool.START.replace("intake.worker", "intake.phone_formats"))
