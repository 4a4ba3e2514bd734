"""How states look: colour (a CSS class), icon and word together, the same everywhere."""

from __future__ import annotations

from typing import Final

import msgspec

from commsched.core.text.messages import N_


class Badge(msgspec.Struct, frozen=True):
    """``tone`` is the class ``is-<tone>`` in the style sheet."""

    tone: str
    icon: str
    word: str


STATES: Final = {
    "draft": Badge("grey", "file-pen", N_("Draft")),
    "in_review": Badge("amber", "eye", N_("In review")),
    "changes_requested": Badge("amber", "undo-2", N_("Sent back")),
    "approved": Badge("blue", "circle-check", N_("Approved")),
    "scheduled": Badge("blue", "clock", N_("Scheduled")),
    "waiting": Badge("blue", "clock", N_("Scheduled")),
    "publishing": Badge("teal", "send", N_("Going out")),
    "begun": Badge("teal", "clock", N_("The rest waits")),
    "sending": Badge("teal", "send", N_("Going out")),
    "published": Badge("green", "check", N_("Published")),
    "partly_published": Badge("red", "split", N_("Partly published")),
    "held": Badge("violet", "hand", N_("Held")),
    "unknown": Badge("violet", "circle-question-mark", N_("Needs an answer")),
    "failed": Badge("red", "octagon-x", N_("Failed")),
    "cancelled": Badge("grey", "ban", N_("Cancelled")),
    "paused": Badge("amber", "pause", N_("Paused")),
    "ok": Badge("green", "check", N_("Connected")),
    "failing": Badge("red", "octagon-x", N_("Failed last time")),
    "mute": Badge("red", "mail-x", N_("No mail server")),
    "filed": Badge("grey", "file-text", N_("Saved as a file (demo)")),
    "broken": Badge("red", "triangle-alert", N_("Access has died")),
    "expiring": Badge("amber", "clock", N_("Expires soon")),
    "overdue": Badge("amber", "clock", N_("Should have run out")),
    "outside": Badge("grey", "hand", N_("Posted there by hand")),
    "archived": Badge("grey", "archive", N_("Removed")),
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
