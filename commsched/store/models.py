"""Every mapped class, under one roof: import from here."""

from commsched.store.base import Base, Scoped
from commsched.store.content import (
    ApprovalLink,
    ChannelTime,
    Comment,
    Decision,
    Item,
    Media,
    PreviewAddress,
    Revision,
    Takedown,
)
from commsched.store.files import Derivative, Upload, Video
from commsched.store.outbox import (
    Attempt,
    Channel,
    Delivery,
    Heartbeat,
    Lease,
    ListRecipient,
    Part,
    PendingAuthorization,
)
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
from commsched.store.pictures import ConsentWarning, GoneFile, Likeness, PictureSource, PictureUse, VideoUse
from commsched.store.record import AuditEntry, Notice
from commsched.store.review import FactCheck, Proposal, ReleaseReview

__all__ = [
    "ApiToken",
    "ApprovalLink",
    "Attempt",
    "AuditEntry",
    "Base",
    "Channel",
    "ChannelTime",
    "Comment",
    "ConsentWarning",
    "Decision",
    "Delivery",
    "Deputy",
    "Derivative",
    "FactCheck",
    "Feed",
    "GoneFile",
    "Heartbeat",
    "Idempotency",
    "Item",
    "Lease",
    "Likeness",
    "ListRecipient",
    "Media",
    "Membership",
    "Notice",
    "Part",
    "PendingAuthorization",
    "Person",
    "PictureSource",
    "PictureUse",
    "PreviewAddress",
    "Proposal",
    "ReleaseReview",
    "Revision",
    "Scoped",
    "SignIn",
    "SignInTry",
    "Takedown",
    "Upload",
    "Video",
    "VideoUse",
    "Workspace",
]
