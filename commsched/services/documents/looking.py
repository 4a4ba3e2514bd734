"""Looks through a document before it is taken: by a confined process that is killed if it does not end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from commsched.core.media.documents import DOCUMENT_BYTES, ending_of
from commsched.core.text.clean import clean, one_line
from commsched.services.documents import errors
from commsched.services.documents._traits import Traits

__all__ = ["Traits", "look", "require_name"]

TIMEOUT: Final = 40.0
"""Seconds one document may take by the clock on the wall."""
PATIENCE: Final = 2.0
"""Seconds to wait for one's turn: whoever waits holds one of the server's few threads."""
MOST_ANSWER: Final = 100_000
_ROOT: Final = str(Path(__file__).resolve().parents[3])
_KEPT_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "VIRTUAL_ENV")
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); from commsched.services.documents._worker import main; main()"
)
_turns = threading.BoundedSemaphore(2)


def require_name(filename: str) -> None:
    """Raise :class:`errors.BadName` for a name that is made to be read as another, or that leads somewhere."""
    name = filename.replace("\\", "/")
    if clean(filename) != filename or "\n" in filename or ".." in name.split("/"):
        raise errors.BadName()


def look(path: Path, filename: str = "") -> Traits:
    """What the file at ``path`` is, and what its sender should know of it. Raises an :class:`errors.BadDocument` with
    the sentence for the person, :class:`errors.Busy` while others are looked through."""
    require_name(filename)
    length = path.stat().st_size
    if not length:
        raise errors.EmptyDocument()
    if length > DOCUMENT_BYTES:
        raise errors.TooLarge.of(length)
    ending = ending_of(one_line(filename))[:10]
    if not _turns.acquire(timeout=PATIENCE):
        raise errors.Busy()
    try:
        return _answered(_asked(path, length, ending if ending.isascii() and ending.isalnum() else ""))
    finally:
        _turns.release()


def _asked(path: Path, length: int, ending: str) -> bytes:
    """What the process answers; nothing where it was killed."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    with path.open("rb") as source:
        try:
            done = subprocess.run(  # noqa: S603  (our own interpreter, our own text)
                [sys.executable, "-I", "-c", _START, _ROOT, str(source.fileno()), str(length), ending],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=kept,
                pass_fds=(source.fileno(),),
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return b""
    return done.stdout if len(done.stdout) <= MOST_ANSWER else b""


def _answered(said: bytes) -> Traits:
    try:
        facts = json.loads(said)
        if "error" in facts:
            raise errors.BY_NAME.get(facts["error"], errors.Damaged)(**facts["params"])
        return msgspec.convert(facts, Traits)
    except (ValueError, TypeError, msgspec.ValidationError):
        raise errors.TooHeavy() from None
