"""How often a token may ask: enough for any script that works, too little for one that has run wild."""

from __future__ import annotations

import hashlib
import math
import threading
from datetime import datetime

import msgspec

from commsched.api.problems import TooFast


class TokenBucket(msgspec.Struct):
    """A bucket for each token: ``burst`` requests at once, ``per_second`` over time. Kept in this process only."""

    per_second: float = 200.0
    burst: float = 5000.0
    most: int = 10_000
    """Tokens remembered at once."""
    _buckets: dict[str, tuple[float, datetime]] = msgspec.field(default_factory=dict)
    _lock: threading.Lock = msgspec.field(default_factory=threading.Lock)

    def step(self, secret: str, now: datetime) -> None:
        """Count one request. Raises :class:`TooFast` with the seconds to wait."""
        name = hashlib.sha256(secret.encode()).hexdigest()
        with self._lock:
            left, since = self._buckets.get(name, (self.burst, now))
            left = min(self.burst, left + max(0.0, (now - since).total_seconds()) * self.per_second)
            if left < 1:
                raise TooFast(math.ceil((1 - left) / self.per_second))
            if name not in self._buckets and len(self._buckets) >= self.most:
                self._buckets.pop(next(iter(self._buckets)))
            self._buckets[name] = (left - 1, now)
