"""Checks that only its owner can read the home, that the home is on a local disk, and that the settings name the proxy
in front of the program."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commsched.core.installation.settings import read_file
from commsched.core.text.messages import N_, Message
from commsched.services.kernel.context import Installation
from commsched.services.ops import network_disk
from commsched.services.ops.health import Check

SETTINGS: Final = "commsched.toml"
WITH_PASSWORDS: Final = frozenset({"smtp_url", "https_proxy", "database_url"})
"""Settings that may hold one."""
FILES: Final = ("secret.key", SETTINGS, "commsched.db", "commsched.db-wal", "commsched.db-shm")
FOLDERS: Final = ("backups", "outbox", "media", "incoming")


def checks(installation: Installation) -> list[Check]:
    """Every check of who can read the home, each with the command that mends what is wrong. Nothing is changed."""
    return [_modes(installation.home), _owner(installation.home), _where(installation), _proxies(installation)]


def _where(installation: Installation) -> Check:
    file = installation.store.engine.url.database if installation.store.is_sqlite else None
    return network_disk.check(Path(file) if file else None)


def kept(home: Path) -> Iterator[Path]:
    """The paths that must be private: the home, the private files in it, and the backups."""
    yield home
    for name in (*FILES, *FOLDERS):
        if (home / name).exists():
            yield home / name
    if (home / "backups").is_dir():
        yield from (home / "backups").iterdir()


def _open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _modes(home: Path) -> Check:
    good = Message(N_("What the office keeps can be read by its owner only."))
    loose, command = [path for path in kept(home) if _open(path)], f"chmod -R go= {shlex.quote(str(home))}"
    # A folder that no one else can enter protects its files, but a settings file with a password may be copied.
    if not _open(home):
        loose, command = _passwords(home), f"chmod go= {shlex.quote(str(home / SETTINGS))}"
    if not loose:
        return Check("files", True, good)
    return Check(
        "files",
        False,
        Message(N_("Others on this machine can read %(files)s."), {"files": _names(loose, home)}),
        Message(N_("Close it: %(command)s"), {"command": command}),
        stops=False,
    )


def _passwords(home: Path) -> list[Path]:
    """The settings file, where others may read it and a password is in it. It may be a link to a file elsewhere, whose
    mode counts."""
    file = home / SETTINGS
    if not file.is_file() or not _open(file):
        return []
    return [file] if WITH_PASSWORDS & read_file(file.read_bytes(), str(file)).keys() else []


def _owner(home: Path) -> Check:
    mine = os.geteuid()
    owner = home.stat().st_uid
    strange = [path for path in kept(home) if path.stat().st_uid != owner]
    if not strange and mine in (owner, 0):
        return Check("owner", True, Message(N_("Everything in the home has the same owner.")))
    command = f"chown -R {owner} {shlex.quote(str(home))}"
    return Check(
        "owner",
        False,
        Message(
            N_("Not everything in the home has the same owner: %(files)s."), {"files": _names(strange or [home], home)}
        ),
        Message(N_("Give it to the one who runs the office: %(command)s"), {"command": command}),
        stops=False,
    )


def _names(paths: list[Path], home: Path) -> str:
    names = [str(path.relative_to(home)) if path != home else str(home) for path in paths]
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "")


def behind_unknown_proxy(installation: Installation, forwarded: bool) -> bool:
    """Whether a proxy stands in front of the program that the settings do not name, so that all visitors seem to have
    one address. ``forwarded``: whether a request had the header that proxies add. Without a request, a ``base_url``
    with https shows the same, since the program itself only speaks http.
    """
    proxies = installation.settings.get("trusted_proxies", "")
    return proxies in ("", "0") and (forwarded or installation.base_url.startswith("https://"))


def _proxies(installation: Installation) -> Check:
    if not behind_unknown_proxy(installation, forwarded=False):
        return Check("proxy", True, Message(N_("Visitors' addresses are known.")))
    return Check(
        "proxy",
        False,
        Message(
            N_(
                "The address begins with https, so a proxy stands before the program, but trusted_proxies is not set: "
                "all visitors count as one, and fifty wrong passwords shut everybody out."
            )
        ),
        Message(N_("Set trusted_proxies = 1 in commsched.toml, or how many there are.")),
        stops=False,
    )
