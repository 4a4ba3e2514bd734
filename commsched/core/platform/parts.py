"""An item as one channel would say it, and the calls it takes: what an adapter is given to publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Literal

import msgspec

from commsched.core.content.model import AttachmentKind, Captions, Content
from commsched.core.delivery.outcome import Handles

Role = Literal["post", "reply", "comment", "recipient"]


AltRule = Literal["stop", "warn"]
"""What an office wants where a picture or a video has no alt text: that it stops the item, or that somebody is told."""


class AttachmentFile(msgspec.Struct, frozen=True):
    """A picture, a video or a document in hand: its bytes are the ones whose SHA-256 was approved. ``size`` in
    bytes."""

    sha256: str
    mime: str
    alt: str
    width: int
    height: int
    size: int
    open: Callable[[], BinaryIO]
    """Its bytes as a stream from the beginning, which can seek, to be sent in pieces; the caller closes it. Raises
    :class:`OSError` where they are not the approved ones any more."""
    credit: str = ""
    frames: int = 1
    """More than one for an animation; 2 for one whose frames were never counted."""
    kind: AttachmentKind = "picture"
    title: str = ""
    duration: int = 0
    """Of a video, in milliseconds."""
    captions: tuple[Captions, ...] = ()
    codec: str = ""
    """Of a video's pictures, by FFmpeg's name; empty where nobody noted it."""
    burnt: bool = False
    """Whether a video's captions are in its pictures."""


class ChannelView(msgspec.Struct, frozen=True):
    """An item as one channel would say it: what ``check`` judges and ``parts`` divides.

    What is the same on every channel is read from ``content``; here stands what differs. Pictures are read from here,
    for only these are files, and a channel may get them in another shape.
    """

    content: Content
    text: str
    """The channel's own text, or the item's."""
    options: dict[str, str] = msgspec.field(default_factory=dict)
    pictures: tuple[AttachmentFile, ...] = ()
    other_files: tuple[AttachmentFile, ...] = ()
    """The videos and documents that go with it, in order."""
    recipients: tuple[str, ...] = ()
    """The lines of a list, for a channel that writes to people."""
    alt_rule: AltRule = "stop"
    card_picture: AttachmentFile | None = None
    """The picture of ``content.card``, where it has one."""
    uid: str = ""
    """The item's own stable name: in feeds, file names and public addresses."""
    preview_url: str = ""
    """Where whoever may have it under embargo reads it until then: a secret address. Empty where there is none."""


class Progress(msgspec.Struct, frozen=True):
    """How far a part has been prepared: a later try goes on from here."""

    handles: Handles = Handles(complete=False)
    """What earlier tries saved."""
    write: Callable[[Handles], None] = lambda handles: None

    def save(self, **values: str) -> None:
        """Keep ``values`` until all is prepared. Called after every piece, before the next is begun."""
        self.write(Handles(values, complete=False))


class Part(msgspec.Struct, frozen=True, gc=False):
    """One call that makes something visible."""

    number: int
    role: Role
    text: str
    view: ChannelView
    pictures: tuple[AttachmentFile, ...] = ()
    other_files: tuple[AttachmentFile, ...] = ()
    """The videos and documents that go out with this part."""
    key: str = ""
    """Stable over every try at this part (an idempotency key, a slug, the left half of a Message-ID)."""
    parent: str = ""
    """The platform's id of the part before (thread, comment), once that one is out."""
    root: str = ""
    parent_handle: str = ""
    """What the network said beside the id of a comment that this answers: ``Reply.handle``."""
    edits: str = ""
    """Of a correction: the platform's id of what is out, in whose place this is put by ``edit``. Empty for what is
    published anew."""
    others: frozenset[str] = frozenset()
    """For reading back: the ids and addresses of what else this account has published of late, as far as the store
    knows. A post that is one of them is not this part, whatever it says."""
    recipient: str = ""
    message_id: str = ""
    """For e-mail: stored before the call, the same on every try."""
    id: int = 0
    """What the store knows it by: a bounce's address tells it. 0 where nobody needs it."""
    language: str = ""
    """Which language its recipient reads; empty where nobody knows."""
    basis: str = ""
    """Why its recipient may be written to: ``interest``, ``consent``, or nothing where nobody has said."""
    leave: str = ""
    """Where its recipient leaves the list, by an address that is theirs alone. Empty where there is none."""
    corrects: str = ""
    """For the mail of a correction: the ``message_id`` of the mail that its recipient got, or may have got. Empty where
    they get the corrected text as the first."""
    progress: Progress = Progress()
    """For ``prepare``: what earlier tries have left, and where to save what this one adds."""
