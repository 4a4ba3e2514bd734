"""The states of items and deliveries, and how an item's state follows from its deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal, get_args

from commsched.core.text.messages import N_

ItemState = Literal[
    "draft",
    "in_review",
    "changes_requested",
    "approved",
    "scheduled",
    "publishing",
    "published",
    "partly_published",
    "held",
    "failed",
    "cancelled",
]
DeliveryState = Literal["waiting", "sending", "published", "unknown", "held", "failed", "cancelled"]
ITEM_STATES: Final[tuple[str, ...]] = get_args(ItemState)
DELIVERY_STATES: Final[tuple[str, ...]] = get_args(DeliveryState)
PARTLY: Final = "partly"
"""Not a state of a delivery. It stands for a delivery that stopped with some of it out, in calls of
:func:`item_state`."""
STOPS: Final = ("cancelled", "dropped")
"""A person's word that nothing more of a delivery goes out; it stands through moves, edits and new approvals."""
HALTED: Final = "halted"
"""A person's word that a delivery rests until they let it go on: kept where a stop is, and reaching as far."""

EDITABLE: Final = frozenset({"draft", "in_review", "changes_requested", "approved", "scheduled", "held", "failed"})
"""Item states in which an edit makes a new revision. Something already visible cannot be edited into another."""

REASONS: Final = {
    "late": N_("It became too late: the latest time passed before it could go out."),
    "paused": N_("Everything was paused when it fell due."),
    "unapproved": N_("No approval stands for exactly this content."),
    "changed": N_("What would be sent is not what was approved."),
    "window": N_("The approval does not cover this time."),
    "processing": N_("The platform is still working on the pictures."),
    "rests": N_("The network takes no more just now. It goes out by itself when it does."),
    "relay": N_("It waits for the mail server, which does not let us in. It goes on by itself when that is set right."),
    "rate": N_("It goes out as fast as the mail server takes it."),
    "by_hand": N_("It waits for somebody to post it by hand and confirm."),
    "undone": N_("Whoever was to post it by hand says that it was not done."),
    "absent": N_("It did not go out, by what was read back or answered. Choose whether to send it."),
    "ask": N_("Nobody knows whether it went out. Look at the channel and answer."),
    "rejected": N_("The platform refused it."),
    "token": N_("The channel's access has died. Connect it again."),
    "permission": N_("The channel is not allowed to do this."),
    "money": N_("The account at the platform has no credit left."),
    "ceiling": N_("It would cost more than the channel may in this month. Raise its ceiling, or send it next month."),
    "address": N_("The address does not exist or refused the message."),
    "previous": N_("The part before it did not go out."),
    "archived": N_("The channel has been removed."),
    "media": N_("The file of a picture or a document is missing or is not the one that was approved."),
    "consent": N_("Somebody in a picture has not agreed to be shown any longer."),
    "cancelled": N_("A person cancelled it."),
    "taken_down": N_("It has been taken down from your own pages, so it goes nowhere else either."),
    "corrected": N_("It has been corrected since. Send the correction instead."),
    "correcting": N_("It was stopped here when the correction of it was begun."),
    "dropped": N_("A person chose that it does not go out here."),
    "halted": N_("A person paused it here. It goes on when somebody lets it."),
    "twice": N_("Everybody on this list gets it by another list, so nothing is sent here."),
    "clock": N_("This computer's clock is wrong. Nothing is sent until it is right."),
    "mail": N_("No mail server is set, so nobody can be reached."),
    "restored": N_("The office was restored from a backup. What may have gone out since is read back."),
    "part_found": N_("Read back after the restore: a part of it had gone out. Choose whether to send the rest."),
    "internal": N_("Something unexpected went wrong here. The log has the details."),
}
"""Why something waits or stopped: a code for programs, a sentence for people."""


def stopped_state(stop: str) -> str:
    """The state of a delivery that a person's word ``stop`` ends or halts."""
    return "held" if stop == HALTED else "cancelled"


def item_state(deliveries: Iterable[str], now: str) -> str:
    """An item's state from its deliveries' states; ``now`` is what it is while nothing has been delivered.

    Rules: anything under way or unknown makes it ``publishing``; all out is ``published``; some out and the rest
    stopped is ``partly_published``; none out is ``held`` before ``failed``; all cancelled is ``cancelled``.
    :data:`PARTLY` stands for a delivery that stopped, held, failed or cancelled, with some of it out already: to four
    of five recipients is neither published nor failed.
    """
    count = Counter(deliveries)
    total = count.total()
    if not total:
        return now
    if count["cancelled"] == total:
        return "cancelled"
    total -= count["cancelled"]
    if count["published"] == total:
        return "published"
    if count["sending"] or count["unknown"]:
        return "publishing"
    out = count["published"] or count[PARTLY]
    if count["waiting"]:
        return "publishing" if out else "scheduled"
    if out:
        return "partly_published"
    return "held" if count["held"] else "failed"
