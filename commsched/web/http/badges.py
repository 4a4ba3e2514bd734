"""How states look: colour (a CSS class), icon and word together, the same everywhere."""

from __future__ import annotations

from typing import Final

import msgspec

from commsched.core.text.messages import N_


class Look(msgspec.Struct, frozen=True):
    """``tone`` is the class ``is-<tone>`` in the style sheet."""

    tone: str
    icon: str
    word: str


STATES: Final = {
    "draft": Look("grey", "file-pen", N_("Draft")),
    "in_review": Look("amber", "eye", N_("In review")),
    "changes_requested": Look("amber", "undo-2", N_("Sent back")),
    "approved": Look("blue", "circle-check", N_("Approved")),
    "scheduled": Look("blue", "clock", N_("Scheduled")),
    "waiting": Look("blue", "clock", N_("Scheduled")),
    "publishing": Look("teal", "send", N_("Going out")),
    "begun": Look("teal", "clock", N_("The rest waits")),
    "sending": Look("teal", "send", N_("Going out")),
    "published": Look("green", "check", N_("Published")),
    "partly_published": Look("red", "split", N_("Partly published")),
    "held": Look("violet", "hand", N_("Held")),
    "unknown": Look("violet", "circle-question-mark", N_("Needs an answer")),
    "failed": Look("red", "octagon-x", N_("Failed")),
    "cancelled": Look("grey", "ban", N_("Cancelled")),
    "paused": Look("amber", "pause", N_("Paused")),
    "ok": Look("green", "check", N_("Connected")),
    "mute": Look("red", "mail-x", N_("No mail server")),
    "filed": Look("grey", "file-text", N_("Saved as a file (demo)")),
    "broken": Look("red", "triangle-alert", N_("Access has died")),
    "expiring": Look("amber", "clock", N_("Expires soon")),
    "overdue": Look("amber", "clock", N_("Should have run out")),
    "archived": Look("grey", "archive", N_("Removed")),
}
"""States of items, deliveries and channels."""

ROLE_WORDS: Final = {
    "reader": N_("Reader"),
    "writer": N_("Writer"),
    "approver": N_("Approver"),
    "administrator": N_("Administrator"),
}
ROLE_HELP: Final = {
    "reader": N_("Sees everything, changes nothing."),
    "writer": N_("Writes, schedules and pauses."),
    "approver": N_("Does what a writer does, and approves."),
    "administrator": N_("Does everything, and looks after people, channels and settings."),
}
