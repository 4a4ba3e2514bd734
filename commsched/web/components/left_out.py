"""Who of a pasted list is not on it, told once on the next page."""

from __future__ import annotations

from commsched.services.channels import list_editing
from commsched.services.contacts import book
from commsched.web.http.i18n import _, translated
from commsched.web.http.request_context import actor, installation
from commsched.web.http.responses import say

MOST_NAMED = 10
"""So many are named; how many more there are is said."""


def tell(channel_id: int, text: str) -> None:
    """Say who of a pasted list is not on it, and why."""
    away = list_editing.left_out(installation(), actor(), channel_id, text) if text else []
    if not away:
        return
    named = "; ".join(
        f"{who.address} ({translated(book.WHY_REFUSED.get(who.reason, book.TAKEN_OFF))})" for who in away[:MOST_NAMED]
    )
    more = len(away) - MOST_NAMED
    said = f"{named} (+{more})" if more > 0 else named
    say(_("Not on the list, and never written to: %(people)s", people=said), "note")
