"""Time as an argument."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is: aware, in UTC."""

    def now(self) -> datetime: ...
