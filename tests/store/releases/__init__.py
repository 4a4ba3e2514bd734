"""Offices that earlier releases made with their own programs, as ``fill.py`` tells, and how one is put on the disk."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
RELEASES = ("0004", "0010")
"""Each by the last step of the schema that its program knew."""


class Expected:
    """What the program that made the office said of it."""

    def __init__(self, release: str) -> None:
        said: dict[str, Any] = json.loads((FOLDER / release / "expected.json").read_text("utf-8"))
        self.at = datetime.fromisoformat(said["at"])
        self.items: dict[str, int] = said["items"]
        """The number of each item, by a word for what is the matter with it."""
        self.channels: dict[str, int] = said["channels"]
        self.people: dict[str, int] = said["people"]
        self.hashes = {int(number): digest for number, digest in said["hashes"].items()}
        """The hash of each revision, by its number."""
        self.deliveries = {int(number): state for number, state in said["deliveries"].items()}
        self.sent: list[list[str]] = said["sent"]
        """Address and Message-ID of each mail that a relay took."""
        self.lists: dict[str, list[str]] = said["lists"]
        self.token: str = said["token"]


def put_on_disk(release: str, home: Path) -> Expected:
    """Lay the office of ``release`` into the empty folder ``home``, as that release left it."""
    source = FOLDER / release
    with closing(sqlite3.connect(home / "commsched.db")) as connection:
        connection.executescript((source / "office.sql").read_text("utf-8"))
    shutil.copy(source / "secret.key", home / "secret.key")
    (home / "secret.key").chmod(0o600)
    shutil.copytree(source / "media", home / "media")
    return Expected(release)
