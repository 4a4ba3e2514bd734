"""One file that holds an office, made while it runs; and an office out of such a file, which starts paused."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

import msgspec

from commsched import __version__
from commsched.core.installation.settings import read_file
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.services.kernel.context import Installation
from commsched.services.ops.replacing import STAGE
from commsched.store.migrate import back_up, version_of

DATABASE, KEY, SETTINGS, MANIFEST, MEDIA = "commsched.db", "secret.key", "commsched.toml", "manifest.json", "media"
OWN: Final = (MEDIA, SETTINGS, KEY, DATABASE)
"""What belongs to an office in its home; a checkout has other things beside. The database comes last: nothing before it
decides what is published."""
EMPTY: Final = ("engine.lock", "office.lock")
"""What a restore that was refused may leave behind: a home with nothing else is empty."""
LEAD_OUT: Final = ("base_url", "smtp_url", "https_proxy")
"""Settings that decide where things are sent. A restore shows them to the person who runs it."""
FORMAT: Final = 1


class Manifest(msgspec.Struct, kw_only=True):
    """What an archive says of itself."""

    format: int = FORMAT
    made_at: datetime
    version: str
    step: str
    """The schema step of the database."""
    with_key: bool


def archive(installation: Installation, to: Path | None = None, *, with_key: bool = False) -> Path:
    """Write the office to one file (``.tar.gz``, readable by its owner only) while it runs; returns where.

    The database is copied first, whole and consistent; every picture that it names lies there already. Without
    ``with_key`` the file does not reveal tokens and addresses, and ``secret.key`` must be kept elsewhere.
    """
    now = installation.now()
    target = _target(to, now) if to else installation.home / "backups" / _name(now)
    if to is None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        copy = back_up(installation.store, Path(folder), now)
        if copy is None:
            raise Conflict(
                N_(
                    "Only an office on SQLite is backed up this way. In PostgreSQL it is for pg_dump; keep media and "
                    "secret.key too."
                )
            )
        with installation.store.engine.connect() as connection:
            step = version_of(connection) or ""
        manifest = Manifest(made_at=now, version=__version__, step=step, with_key=with_key)
        whole = Path(folder) / "whole"
        _pack(installation, whole, copy, manifest)
        whole.replace(target)
    return target


def _target(to: Path, now: datetime) -> Path:
    """A new file in the folder ``to``, or of that name. A folder that is not there is not made: it may be where a disk
    should be, and a backup on the wrong disk, over the last one, would be none."""
    if to.is_dir():
        return to / _name(now)
    if not to.name.endswith((".tar.gz", ".tgz")) or not to.parent.is_dir():
        raise Conflict(N_("There is no folder %(folder)s. Is the disk there?"), "to", folder=str(to))
    if to.exists():
        raise Conflict(N_("There is a file %(file)s already. It is not written over."), "to", file=str(to))
    return to


def _name(now: datetime) -> str:
    return f"commsched-{now:%Y%m%dT%H%M%SZ}.tar.gz"


def _pack(installation: Installation, target: Path, database: Path, manifest: Manifest) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as packed:
            said = msgspec.json.encode(manifest)
            about = tarfile.TarInfo(MANIFEST)
            about.size, about.mode, about.mtime = len(said), 0o600, int(manifest.made_at.timestamp())
            packed.addfile(about, io.BytesIO(said))
            packed.add(database, DATABASE)
            for name in (SETTINGS, KEY) if manifest.with_key else (SETTINGS,):
                if (installation.home / name).is_file():
                    packed.add(installation.home / name, name)
            for key in installation.blobs.keys(""):
                with installation.blobs.local(key) as path:
                    packed.add(path, f"{MEDIA}/{key}", recursive=False)
        file.flush()
        os.fsync(file.fileno())


def refuse_full(home: Path) -> None:
    """Raise :class:`Conflict` where something lies in ``home`` already; in a checkout only an office counts."""
    if not home.exists():
        return
    names = {entry.name for entry in home.iterdir() if not entry.name.startswith(STAGE)} - set(EMPTY)
    checkout = "pyproject.toml" in names
    media = home / MEDIA
    pictures = checkout and media.is_dir() and any(not entry.name.startswith(".") for entry in media.iterdir())
    full = bool(names & {DATABASE, KEY}) or pictures if checkout else bool(names)
    if full:
        raise Conflict(
            N_("%(home)s is not empty. Choose another folder, or --force, which puts what is there aside."),
            "--home",
            home=str(home),
        )


def take_out(file: Path, into: Path) -> Manifest:
    """Unpack the office in an archive into the empty folder ``into``, and check that it is whole. It knows nothing yet
    of what went out since (:func:`commsched.services.ops.after_restore.bring_back`).

    Raises :class:`Invalid` for a file that is no whole archive of ours.
    """
    try:
        with tarfile.open(file, "r:gz") as packed:
            for member in packed:
                _take_out(packed, member, into)
        manifest = msgspec.json.decode((into / MANIFEST).read_bytes(), type=Manifest)
    except (tarfile.TarError, EOFError, OSError, ValueError, msgspec.MsgspecError) as error:
        if isinstance(error, OSError) and error.errno is not None and not (into / MANIFEST).exists():
            raise
        raise Invalid(N_("%(file)s is not a whole backup of an office."), "file", file=str(file)) from error
    if manifest.format > FORMAT:
        raise Invalid(N_("This backup was made by a newer version (%(version)s)."), "file", version=manifest.version)
    _check(into / DATABASE, file)
    return manifest


def settings_of(folder: Path) -> dict[str, str]:
    """The :data:`LEAD_OUT` settings that lie in ``folder``."""
    file = folder / SETTINGS
    settings = read_file(file.read_bytes(), str(file)) if file.exists() else {}
    return {name: str(settings[name].value) for name in LEAD_OUT if name in settings}


def without_password(url: str) -> str:
    """``url`` without its user, password and query: only where it leads."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "…"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}{port}{parts.path}"


def _take_out(packed: tarfile.TarFile, member: tarfile.TarInfo, new: Path) -> None:
    """Unpack one file of the archive. Its name must lead into the home, and to something that belongs there."""
    name = PurePosixPath(member.name)
    known = member.name in (MANIFEST, DATABASE, KEY, SETTINGS) or (name.parts[:1] == (MEDIA,) and len(name.parts) > 1)
    if not member.isfile() or not known or ".." in name.parts or name.is_absolute():
        raise ValueError(member.name)
    source = packed.extractfile(member)
    assert source is not None, "an ordinary file has content"
    path = new / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    path.chmod(0o600)


def _check(database: Path, file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            result = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise Invalid(N_("%(file)s is not a whole backup of an office."), "file", file=str(file)) from error
    if result != ("ok",):
        raise Invalid(N_("%(file)s is not a whole backup of an office."), "file", file=str(file))
