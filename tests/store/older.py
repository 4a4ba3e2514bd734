"""Databases as earlier versions left them: made by the steps of their time, filled by SQL."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from commsched.store import migrate
from commsched.store.session import Store
from commsched.store.types import to_micros
from tests.conftest import NOW

AT = to_micros(NOW)
EMPTY = {"INTEGER": 0, "BOOLEAN": 0, "BIGINT": AT, "TEXT": "{}"}
SHA = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("photo", "card", "again", "plain", "theirs")}
"""The names of its pictures: a photo of Anna, a card drawn from it, a card drawn from that, and two others."""
ENDS = "2026-12-24T00:00:00+01:00"


def first(path: Path) -> None:
    """An office of the first version, with two workspaces, five pictures and three items, at ``path``."""
    store = Store(f"sqlite:///{path}")
    with store.ledger() as connection:
        migrate.upgrade(connection, "0001")
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        _people(connection)
        _pictures(connection)
        _items(connection)


def put(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    """One row; what is not given is as empty as its column allows."""
    row = {}
    for _place, name, kind, needed, _default, _key in connection.execute(f"PRAGMA table_info({table})"):
        if name in values:
            value = values[name]
            row[name] = json.dumps(value) if isinstance(value, dict | list) else value
        elif needed and name != "id":
            row[name] = EMPTY.get(kind, "")
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def _people(connection: sqlite3.Connection) -> None:
    for number, slug in ((1, "gruppen"), (2, "distriktet")):
        put(
            connection,
            "workspace",
            id=number,
            slug=slug,
            name=slug,
            zone="Europe/Stockholm",
            language="sv",
            latest_minutes=120,
            window_before_hours=6,
            window_after_hours=24,
        )
        put(connection, "person", id=number, email=f"{slug}@example.org", name="Astrid Holm", language="sv", active=1)
        put(connection, "membership", workspace_id=number, person_id=number, role="administrator")
        put(connection, "channel", id=number, workspace_id=number, platform="newsroom", name="Pressrummet", state="ok")


def _pictures(connection: sqlite3.Connection) -> None:
    anna = {"persons": [{"name": "Anna Ek", "until": "2026-12-23", "ends": ENDS}], "dhash": "0f1e2d3c4b5a6978"}
    facts: dict[str, dict[str, Any]] = {
        "photo": anna,
        "card": _card(1),
        "again": _card(2),
        "plain": {"dhash": "0f1e2d3c4b5a6979"},
        "theirs": anna,
    }
    for number, (name, said) in enumerate(facts.items(), 1):
        put(
            connection,
            "media",
            id=number,
            workspace_id=2 if name == "theirs" else 1,
            sha256=SHA[name],
            suffix=".jpg",
            mime="image/jpeg",
            width=800,
            height=600,
            size=9,
            alt=name,
            facts=said,
        )


def _card(source: int) -> dict[str, Any]:
    return {"card": {"design": "quote", "texts": {}, "pictures": {"portrait": source}, "page": 0}, "dhash": "1" * 16}


def _items(connection: sqlite3.Connection) -> None:
    for number, name in enumerate(("photo", "again", "theirs"), 1):
        place = 2 if name == "theirs" else 1
        content = json.dumps(
            {
                "text": f"Text {number}",
                "channels": [{"channel": place}],
                "pictures": [{"sha256": SHA[name], "alt": name}],
            }
        ).encode()
        put(
            connection,
            "item",
            id=number,
            workspace_id=place,
            uid=f"u{number}",
            kind="post",
            title=f"Text {number}",
            state="draft",
            revision_id=number,
            version=1,
            search=f"text {number}",
            channels=f",{place},",
        )
        put(
            connection,
            "revision",
            id=number,
            workspace_id=place,
            item_id=number,
            number=1,
            content=content,
            hash=hashlib.sha256(content).hexdigest(),
            sources=[],
        )
