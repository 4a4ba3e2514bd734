"""Files by the hash of their bytes: where one lies, and how one is written so that a crash leaves all of it or none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from commsched.services.kernel.context import Installation


def media_path(installation: Installation, sha256: str, suffix: str) -> Path:
    """Where a picture's bytes lie."""
    return installation.media / sha256[:2] / f"{sha256}{suffix}"


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` so that a crash leaves the whole file or none; a file that is there is left alone."""
    if path.exists() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
