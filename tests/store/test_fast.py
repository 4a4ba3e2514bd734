"""The statements that the dispatcher runs by the thousand mean the same on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError

from commsched.services.kernel.context import Installation
from commsched.store.fast import FastMany
from commsched.store.models import AuditEntry, Base

_entries = Base.metadata.tables[AuditEntry.__tablename__]
_insert = FastMany(insert(_entries))
_rename = FastMany(
    update(_entries).where(_entries.c.hash == bindparam("b_hash"), _entries.c.action == bindparam("b_kind", "kind"))
)


def lines(installation: Installation, count: int, action: str = "kind") -> list[dict[str, object]]:
    return [
        {
            "workspace_id": None,
            "at": installation.now(),
            "actor_id": None if number % 2 else 7,
            "actor": f"Åsa, \"nr\" {{{number}}} \\ '%s'",
            "action": action,
            "item_id": number,
            "facts": {"ordning": number, "ö": [None, True, "%(at)s"]},
            "previous": "",
            "hash": f"{number:064}",
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, 2, 300])
def test_rows_are_stored_as_they_are_and_in_their_order(installation: Installation, count: int) -> None:
    rows = lines(installation, count)
    with installation.store.ledger() as connection:
        _insert.run(connection, rows, tuple(rows[0]))
    with installation.store.ledger() as connection:
        stored = connection.execute(select(_entries).order_by(_entries.c.id)).mappings().all()
    assert [{name: value for name, value in row.items() if name != "id"} for row in stored] == rows


def test_an_update_meets_its_own_rows_and_says_how_many(installation: Installation) -> None:
    rows = [*lines(installation, 4), *lines(installation, 1, "other")]
    rows[4]["hash"] = "f" * 64
    with installation.store.ledger() as connection:
        _insert.run(connection, rows, tuple(rows[0]))
        changes = [
            {"actor": f"ny {number}", "facts": {"n": number}, "b_hash": hashed}
            for number, hashed in enumerate([rows[1]["hash"], rows[3]["hash"], "f" * 64, "e" * 64])
        ]
        assert _rename.run(connection, changes, ("actor", "facts", "b_hash")) == 2, "not the other kind, nor a stranger"
    with installation.store.ledger() as connection:
        stored = connection.execute(select(_entries.c.actor, _entries.c.facts).order_by(_entries.c.id)).all()
    assert [tuple(row) for row in stored] == [
        (rows[0]["actor"], rows[0]["facts"]),
        ("ny 0", {"n": 0}),
        (rows[2]["actor"], rows[2]["facts"]),
        ("ny 1", {"n": 1}),
        (rows[4]["actor"], rows[4]["facts"]),
    ]


def test_a_text_that_is_too_long_is_refused_and_never_cut(installation: Installation) -> None:
    if installation.store.is_sqlite:
        pytest.skip("PostgreSQL only: SQLite keeps texts of any length")
    rows = lines(installation, 2)
    rows[1]["action"] = "x" * 41
    with pytest.raises(DBAPIError), installation.store.ledger() as connection:
        _insert.run(connection, rows, tuple(rows[0]))
