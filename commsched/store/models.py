"""Every mapped class, under one roof: import from here."""

from commsched.store.base import Base, Scoped
from commsched.store.content import ApprovalLink, Comment, Decision, Item, Media, Revision
from commsched.store.outbox import Attempt, Channel, Delivery, Heartbeat, Part
from commsched.store.people import (
    ApiToken,
    Deputy,
    Feed,
    Idempotency,
    Membership,
    Person,
    SignIn,
    SignInTry,
    Workspace,
)
from commsched.store.record import Entry, Notice

__all__ = [
    "ApiToken",
    "ApprovalLink",
    "Attempt",
    "Base",
    "Channel",
    "Comment",
    "Decision",
    "Delivery",
    "Deputy",
    "Entry",
    "Feed",
    "Heartbeat",
    "Idempotency",
    "Item",
    "Media",
    "Membership",
    "Notice",
    "Part",
    "Person",
    "Revision",
    "Scoped",
    "SignIn",
    "SignInTry",
    "Workspace",
]
