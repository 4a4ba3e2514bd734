"""How Meta writes a moment, and how two texts are compared."""

from __future__ import annotations

from datetime import UTC, datetime

from commsched.core.text.length import tidy


def moment(text: object) -> datetime:
    """``2026-11-26T07:30:00+0000`` in UTC. Raises :class:`ValueError` for anything else."""
    at = datetime.fromisoformat(str(text).replace("+0000", "+00:00"))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def squeeze(text: str) -> str:
    """``text`` without the white space that a network may have changed."""
    return "".join(tidy(text).split())
