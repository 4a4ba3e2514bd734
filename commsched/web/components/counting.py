"""The counts of public pages that this process has not written down yet: one for each app."""

from __future__ import annotations

from flask import current_app, g, request

from commsched.services.press import visits
from commsched.services.press.visits import Counting, What
from commsched.web.http.request_context import installation


def counting() -> Counting:
    """The counts of this app."""
    kept: Counting = current_app.extensions.setdefault("visits", Counting())
    return kept


def visited(uid: str, zone: str, what: What = "page") -> None:
    """Count that somebody who does not work here has opened, or taken, something of the item ``uid``."""
    if request.method == "GET" and g.get("visitor") is None:
        visits.note(installation(), counting(), uid, zone, what, dict(request.headers))
