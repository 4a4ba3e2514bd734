"""Publishing into a folder: for a website that reads files, for an archive, for a first try.

A publication is a folder of its own, named by the part's key. It gets its name by a rename when everything in it is
written and synced, so it is there whole or not at all, and a repeat finds it there and does nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

import msgspec

from commsched.core.content.fields import texts_of
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
)
from commsched.core.media.documents import DOCUMENT_BYTES, MOST, TYPES, file_name
from commsched.core.media.press_names import distinct
from commsched.core.platform.contract import (
    Account,
    AttachmentFile,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Platform,
    Setting,
)
from commsched.core.text.messages import N_, Problem
from commsched.platforms._shared.checks import check_pictures, check_text

_SAFE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}")
_SUFFIX: Final = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}


class Folder(Platform):
    key: ClassVar[str] = "folder"
    name: ClassVar[str] = N_("Folder")
    about: ClassVar[str] = N_("Keeps a copy of what was published, as files on the server.")
    icon: ClassVar[str] = "lucide:folder-open"
    called: ClassVar[str] = N_("Archive folder")
    own: ClassVar[bool] = True
    can = frozenset({"delete"})
    resend_if_absent: ClassVar[bool] = True
    settle: ClassVar[float] = 0.0
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "path",
            N_("Folder on this computer"),
            required=False,
            aliases=("directory", "dir", "folder"),
            operator=True,
            help=N_("Left empty, a folder in the office's home is used."),
        ),
    )

    def connect(self, context: ChannelContext) -> Account:
        folder = base(context)
        if not folder.is_absolute():
            raise ConnectError(N_("Write the whole path of the folder, from the root."), "path")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConnectError(N_("The folder cannot be written to: %(why)s."), "path", why=why) from error
        return Account(id=str(folder), name="/".join(folder.parts[-2:]), url="")

    def limits(self, facts: Facts) -> Limits:
        return Limits(pictures=50, documents=MOST, document_types=TYPES, document_bytes=DOCUMENT_BYTES)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_text(view, None, len, self.name) + check_pictures(view, self.limits(facts), self.name)

    def needs_prepare(self, part: Part) -> bool:
        return False

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        target = target_of(part, context)
        try:
            if not target.exists():
                _write(part, target)
        except FileNotFoundError as error:
            return Rejected(f"{error.strerror}: {error.filename}", "config")
        except PermissionError as error:
            return Rejected(f"{error.strerror}: {error.filename}", "permission")
        except OSError as error:
            if target.exists():  # another process was first with the same publication
                return Published(id=target.name)
            return Retry(f"{type(error).__name__}: {error.strerror}", whole_channel=True)
        return Published(id=target.name, detail=str(target))

    def shown_account(self, account: str, account_name: str) -> str:
        return "/".join(Path(account).parts[-2:]).lstrip("/")

    def text_of(self, part: Part) -> str:
        """What the file ``text.txt`` of ``part`` says."""
        return plain(part)

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        target = target_of(part, context)
        try:
            if not target.parent.is_dir():
                return CannotTell(f"the folder {target.parent} is not there")
            return Found(id=target.name) if target.exists() else Absent()
        except OSError as error:
            return CannotTell(f"{type(error).__name__}: {error.strerror}")

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        if not _SAFE.fullmatch(remote_id):
            return Rejected(N_("not a publication of this folder"))
        try:
            shutil.rmtree(base(context) / remote_id)
        except FileNotFoundError:
            return Published(id=remote_id, detail="it was already gone")
        except OSError as error:
            return Rejected(f"{type(error).__name__}: {error.strerror}", "permission")
        return Published(id=remote_id)


def base(context: ChannelContext) -> Path:
    """The channel's folder."""
    path = context.settings.get("path", "").strip()
    if path:
        return Path(path).expanduser()
    # a channel that is being connected has no number yet, and makes no folder of its own
    return Path(context.home) / "published" / (str(context.channel) if context.channel else "")


def target_of(part: Part, context: ChannelContext) -> Path:
    """The folder of one publication."""
    name = part.key or f"{part.view.uid}-{part.number}"
    return base(context) / (name if _SAFE.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest())


def _write(part: Part, target: Path) -> None:
    if not target.parent.exists():
        target.parent.mkdir(parents=True)
        target.parent.chmod(0o755)
    building = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=target.parent))
    try:
        names = [_picture(building, number, picture) for number, picture in enumerate(part.pictures, 1)]
        attached = _documents(building, part)
        facts = msgspec.json.format(msgspec.json.encode(_facts(part, names) | attached), indent=2)
        _file(building / "item.json", BytesIO(facts))
        _file(building / "text.txt", BytesIO(plain(part).encode()))
        _sync(building)
        building.chmod(0o755)
        building.replace(target)
        _sync(target.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(building)
        raise


def _picture(folder: Path, number: int, picture: AttachmentFile) -> str:
    name = f"{number:02}-{picture.sha256[:16]}{_SUFFIX.get(picture.mime, '.bin')}"
    with picture.open() as stream:
        _file(folder / name, stream)
    return name


def _documents(folder: Path, part: Part) -> dict[str, object]:
    """Write the documents under their titles; what is told of them. Without any, nothing is told."""
    files = [file for file in part.other_files if file.kind == "document"]
    names = distinct([file_name(file.title, file.mime, file.sha256) for file in files])
    for name, file in zip(names, files, strict=True):
        with file.open() as stream:
            _file(folder / f"document-{name}", stream)
    rows = [
        {"file": f"document-{name}", "title": file.title, "mime": file.mime, "size": file.size, "sha256": file.sha256}
        for name, file in zip(names, files, strict=True)
    ]
    return {"documents": rows} if rows else {}


def _facts(part: Part, names: list[str]) -> dict[str, object]:
    content = part.view.content
    return {
        "id": part.view.uid,
        "kind": content.kind,
        **texts_of(content),
        "text": part.text,
        "genre": content.genre if content.kind == "release" else "",
        "quotes": [{"text": quote.text, "person": quote.person} for quote in content.quotes],
        "pictures": [
            {
                "file": name,
                "alt": picture.alt,
                "credit": picture.credit,
                "mime": picture.mime,
                "width": picture.width,
                "height": picture.height,
                "sha256": picture.sha256,
            }
            for name, picture in zip(names, part.pictures, strict=True)
        ],
    }


def plain(part: Part) -> str:
    """The text of ``part`` as its file has it, and as the preview shows it."""
    content = part.view.content
    quotes = "\n\n".join(f"– {quote.text}\n{quote.person}".strip() for quote in content.quotes)
    blocks = (
        content.correction,
        content.title,
        content.lead,
        part.text,
        quotes,
        content.facts,
        content.contact,
        content.link,
    )
    return "\n\n".join(block.strip() for block in blocks if block.strip()) + "\n"


def _file(path: Path, content: BinaryIO) -> None:
    with path.open("wb") as out:
        path.chmod(0o644)  # others read them, where the folder lets them in
        shutil.copyfileobj(content, out)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


PLATFORM = Folder()
