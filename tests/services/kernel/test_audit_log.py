"""Lines of the record: in the transaction of what they tell of, and as its last thing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commsched.services.kernel import audit_log
from commsched.store.models import AuditEntry
from tests.conftest import Cast


def lines(session: Session, action: str) -> int:
    return session.scalar(select(func.count(AuditEntry.id)).where(AuditEntry.action == action)) or 0


def test_a_line_is_written_when_nothing_more_is_locked(cast: Cast) -> None:
    """Whoever wrote it before they locked a row would wait for the row's holder, who waits to write their own line."""
    with cast.installation.store.write(cast.place.id) as session:
        audit_log.note(session, cast.installation, cast.actor(), "item.moved")
        audit_log.note(session, cast.installation, cast.actor(), "item.edited")
        assert lines(session, "item.moved") == 0
    with cast.installation.store.read(cast.place.id) as session:
        newest = select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(2)
        assert list(session.scalars(newest)) == ["item.edited", "item.moved"]
    with cast.installation.store.engine.connect() as connection:
        assert list(audit_log.broken(connection)) == []


def test_what_was_not_done_is_not_told(cast: Cast) -> None:
    def break_off() -> None:
        with cast.installation.store.write(cast.place.id) as session:
            audit_log.note(session, cast.installation, cast.actor(), "item.moved")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with cast.installation.store.read(cast.place.id) as session:
        assert lines(session, "item.moved") == 0
