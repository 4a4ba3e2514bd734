"""Where no relay is set: each message becomes a file that one can open in a mail program."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found, Outcome, Published, Rejected, Retry
from commsched.core.platform.contract import Email, Mailer
from commsched.core.text.messages import N_, Message
from commsched.mail.build import build, clean_id
from commsched.mail.headers import CannotBuild

_SAFE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,150}")


class FolderMailer(Mailer):
    """Writes ``<Message-ID>.eml``. The same message a second time is the same file, so nothing is doubled."""

    def __init__(self, folder: Path, sender: str, sender_name: str = "") -> None:
        self.folder = folder
        self.sender = sender
        self.sender_name = sender_name

    def describe(self) -> Message:
        message = N_(
            "No mail is sent and nobody is reached: no mail server is set. The messages become files in the "
            "folder %(folder)s."
        )
        return Message(message, {"folder": str(self.folder)})

    def reaches(self) -> bool:
        return False

    def file(self, message_id: str) -> Path:
        """The file of a message. An id that would make a strange file name is replaced by its digest."""
        bare = clean_id(message_id)
        name = bare if _SAFE.fullmatch(bare) else hashlib.sha256(bare.encode()).hexdigest()
        return self.folder / f"{name}.eml"

    def send(self, message: Email) -> Outcome:
        if not message.sender:
            name = message.sender_name or self.sender_name
            message = replace(message, sender=self.sender, sender_name=name)
        try:
            content, file = build(message), self.file(message.message_id)
        except CannotBuild as error:
            return Rejected(str(error), "address" if error.field == "to" else "config")
        try:
            if not file.exists():
                _write(file, content)
        except OSError as error:
            # The file gets its name only when it is whole: whatever failed before that left nothing to be found.
            return Retry(f"{type(error).__name__}: {error.strerror}", whole_channel=True)
        return Published(clean_id(message.message_id), detail=file.name)

    def verify(self) -> Outcome:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return Rejected(f"{self.folder}: {error.strerror}", "config")
        return Published(str(self.folder))

    def find(self, message_id: str) -> Finding:
        try:
            filed = self.file(message_id).exists()
        except (OSError, CannotBuild) as error:
            return CannotTell(str(error))
        return Found(clean_id(message_id)) if filed else Absent()


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, also after a power cut: a temporary file, synced, then renamed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    with contextlib.suppress(OSError):
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
