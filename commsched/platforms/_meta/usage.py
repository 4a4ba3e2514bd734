"""What Meta's headers say of how much may still be asked for: shares of an allowance in per cent, never counts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from commsched.core.platform.contract import Budget

_APP: Final = "x-app-usage"
_BUSINESS: Final = "x-business-use-case-usage"
_SHARES: Final = ("call_count", "total_time", "total_cputime")
_WHOLE: Final = 100
"""The allowance, in per cent."""
_LONGEST: Final = 60 * 24 * 30
"""Minutes; no honest answer shuts out for longer than a month."""


def wait_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When Meta lets us in again: the longest ``estimated_time_to_regain_access``, which is in minutes."""
    known = [minutes for _name, entry in _entries(headers) if (minutes := _minutes(entry))]
    return now + timedelta(minutes=max(known)) if known else None


def budgets(headers: Mapping[str, str], now: datetime) -> list[Budget]:
    """What is left of each allowance. Of several shares (calls, time, computing time) the fullest counts."""
    read = []
    app = _json(headers, _APP)
    if isinstance(app, dict) and (share := _share(app)) is not None:
        read.append(Budget("app", _WHOLE, _WHOLE - share))
    for name, entry in _entries(headers):
        minutes, share = _minutes(entry), _share(entry)
        if minutes:
            read.append(Budget(name, _WHOLE, 0, now + timedelta(minutes=minutes)))
        elif share is not None:
            read.append(Budget(name, _WHOLE, _WHOLE - share))
    return read


def _entries(headers: Mapping[str, str]) -> Iterator[tuple[str, dict[str, object]]]:
    by_business = _json(headers, _BUSINESS)
    for entries in by_business.values() if isinstance(by_business, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                yield str(entry.get("type") or "calls"), entry


def _json(headers: Mapping[str, str], name: str) -> object:
    """The header's JSON, whatever it is. The names of headers know no case; those of a plain mapping do."""
    said = next((value for key, value in headers.items() if key.lower() == name), "")
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return None


def _minutes(entry: Mapping[str, object]) -> float:
    said = entry.get("estimated_time_to_regain_access")
    return float(said) if isinstance(said, int | float) and 0 < said < _LONGEST else 0.0


def _share(entry: Mapping[str, object]) -> int | None:
    """The fullest share, from 0 to 100; ``None`` where none is told."""
    said = [entry.get(name) for name in _SHARES]
    known = [share for share in said if isinstance(share, int | float) and not isinstance(share, bool) and share >= 0]
    return min(_WHOLE, int(max(known))) if known else None
