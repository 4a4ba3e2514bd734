"""What has become of a published item since, in words: taken down, and where it still stands."""

from __future__ import annotations

from collections.abc import Sequence

from commsched.services.workflow.corrections import OwnPages
from commsched.store.models import Removal
from commsched.web.http.i18n import _, ngettext


def summary(own: OwnPages) -> str:
    """Where an item stands that was taken down."""
    assert own.takedown is not None
    if own.takedown.kind == "moved":
        return _("It has moved: its address leads on.")
    if not own.takedown.elsewhere:
        return _("It has been taken down from your own pages.")
    by_hand = len({row.channel_id for row in own.removals if row.state == "by_hand"})
    if by_hand:
        return ngettext(
            "It has been taken down, but in one channel somebody must do it by hand.",
            "It has been taken down, but in %(n)s channels somebody must do it by hand.",
            by_hand,
        )
    if any(row.state == "waiting" for row in own.removals):
        return _("It is being taken down.")
    return _("It has been taken down everywhere.")


def of_channel(rows: Sequence[Removal]) -> str:
    """How far a channel has come: what needs a person first."""
    states = {row.state for row in rows}
    return next((state for state in ("by_hand", "waiting", "kept") if state in states), "gone")


def chip(rows: Sequence[Removal]) -> tuple[str, str, str]:
    """Word, tone and icon of a channel's chip."""
    match of_channel(rows):
        case "by_hand":
            return _("Must be done by hand"), "red", "hand"
        case "waiting":
            return _("Being taken down"), "amber", "loader"
        case "kept":
            return _("Stands there still"), "grey", "eye"
    return _("Taken down"), "amber", "eye-off"
