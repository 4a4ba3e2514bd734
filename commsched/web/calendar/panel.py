"""One item beside the calendar: how it will look, where it stands, and what can be done with it, without leaving the
page. The forms are those of the item's own page; without a script a chip is a link to that."""

from __future__ import annotations

from commsched.core.access.routes import allow
from commsched.services.views import calendar, review
from commsched.web.calendar.routes import bp as pages
from commsched.web.components.pictures import picture_url
from commsched.web.http.request_context import actor, installation, page

FINISHED = frozenset({"published", "cancelled"})
"""States in which nothing more is done with an item but to look at it or copy it."""


@pages.get("/<int:item_id>/panel")
@allow("read")
def panel(item_id: int) -> str:
    """A piece of a page, for the calendar's own script."""
    shown = review.review(installation(), actor(), item_id)
    known = calendar.movable(installation(), actor(), item_id)
    return page(
        "calendar/panel.html",
        shown=shown,
        seen=shown.seen,
        item=shown.seen.item,
        known=known,
        finished=shown.seen.item.state in FINISHED,
        picture_url=picture_url,
    )
