"""Files beside the items: made for one channel, on their way in, moving; and what follows a picture, from its use to
what has been said of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from commsched.core.text.json_values import JsonObject
from commsched.store.base import Base, Scoped


class Derivative(Base, Scoped):
    """A picture cropped or made smaller. Its file lies beside the other pictures, under its own SHA-256."""

    __tablename__ = "derivative"
    __table_args__ = (
        UniqueConstraint("media_id", "recipe"),
        Index("ix_derivative_workspace_id_sha256", "workspace_id", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"))
    recipe: Mapped[str] = mapped_column(String(200))
    """What it was made by: see :class:`commsched.core.platform.fitting.Recipe`."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Empty where nothing can be made by that recipe, so that it is not tried at every check."""
    suffix: Mapped[str] = mapped_column(String(8))
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    created_at: Mapped[datetime]


class Upload(Base, Scoped):
    """A file on its way in, piece by piece. How much of it is here is the size of the file ``incoming/<uid>``."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    """Its name in addresses and on the disk: a secret of the person who began the upload."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    filename: Mapped[str] = mapped_column(String(200))
    length: Mapped[int]
    """Bytes of the whole."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[JsonObject] = mapped_column(default=dict)
    """The answer given when the upload was complete. A repeated request gets the same one."""


class Video(Base, Scoped):
    """A video without its metadata. The file is ``media/<first two>/<sha256><suffix>`` under the home."""

    __tablename__ = "video"
    __table_args__ = (UniqueConstraint("workspace_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    suffix: Mapped[str] = mapped_column(String(8))
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    duration: Mapped[int]
    """Milliseconds."""
    filename: Mapped[str] = mapped_column(String(200))
    """What the person called it; shown, never used as a path."""
    poster_id: Mapped[int | None] = mapped_column(ForeignKey("media.id", ondelete="SET NULL"))
    """The picture that stands for it."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    facts: Mapped[JsonObject] = mapped_column(default=dict)
    """``moments``: milliseconds of those proposed for a poster; ``moment``: that of the poster; ``sound``; ``codec``;
    ``forms``: what is made of it for networks (:class:`commsched.core.platform.channel_view.Form`), by the recipe."""
    original_id: Mapped[int | None] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), index=True)
    """The video that it was made of, for a network: people see that one only."""
    waits: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether something is still to be made of it."""


class LinkPage(Base, Scoped):
    """A page as it was read. A row stays as it is, but for when it was last found the same: what was approved may name
    its picture. The file lies beside the other pictures."""

    __tablename__ = "link_page"
    __table_args__ = (
        Index("ix_link_page_workspace_id_digest", "workspace_id", "digest"),
        Index("ix_link_page_workspace_id_sha256", "workspace_id", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the link, as it stands in the item."""
    link: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    """``ok``, ``error``, ``silent``, ``inside``, ``other``: see :mod:`commsched.services.links.fetching`."""
    status: Mapped[int]
    """What the server answered; 0 where it did not."""
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the page's picture; empty where it has none."""
    suffix: Mapped[str] = mapped_column(String(8))
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    fetched_at: Mapped[datetime]


class PictureUse(Base, Scoped):
    """A revision has the picture in it. Written with the revision; while it stands the picture cannot be deleted."""

    __tablename__ = "picture_use"
    __table_args__ = (Index("ix_picture_use_workspace_id_media_id", "workspace_id", "media_id"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


class VideoUse(Base, Scoped):
    """A revision has the video in it. Written with the revision; while it stands the video cannot be deleted."""

    __tablename__ = "video_use"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id"), primary_key=True, index=True)


class Document(Base, Scoped):
    """A document that goes with releases, byte for byte as it came in. The file is
    ``media/<first two>/<sha256><suffix>`` under the home."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("workspace_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    suffix: Mapped[str] = mapped_column(String(8))
    mime: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    """What it is called until an item calls it otherwise: after its file."""
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """Who handed it in, last."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    facts: Mapped[JsonObject] = mapped_column(default=dict)
    """What was found in it: :class:`commsched.services.documents.looking.Traits`."""


class DocumentUse(Base, Scoped):
    """A revision has the document in it. Written with the revision; while it stands the document cannot be deleted."""

    __tablename__ = "document_use"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)


class PictureSource(Base, Scoped):
    """A picture that shows another, itself or through one between: a card drawn from a photo, a card of that card.

    Every step is a row, so that one join finds everybody who is shown.
    """

    __tablename__ = "picture_source"
    __table_args__ = (Index("ix_picture_source_workspace_id_source_id", "workspace_id", "source_id"),)

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)


class Likeness(Base, Scoped):
    """A quarter of a picture's fingerprint: near pictures share a quarter, or one that differs in a single bit."""

    __tablename__ = "likeness"
    __table_args__ = (Index("ix_likeness_workspace_id_quarter", "workspace_id", "quarter"),)

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    quarter: Mapped[int] = mapped_column(primary_key=True)
    """Which of the four, times 65,536, plus its sixteen bits."""
    dhash: Mapped[str] = mapped_column(String(16))
    """The whole of it, in hex."""


class ConsentWarning(Base, Scoped):
    """Records that people were warned, ``days`` ahead, that a consent ends at ``ends``. A renewed consent has another
    end and gets new warnings."""

    __tablename__ = "consent_warning"
    __table_args__ = (UniqueConstraint("media_id", "ends", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"))
    ends: Mapped[datetime]
    days: Mapped[int]
    at: Mapped[datetime]


class GoneFile(Base):
    """A file that lost its last row, until it is off the disk: written with the deletion, so that a crash between the
    two leaves nothing behind."""

    __tablename__ = "gone_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    suffix: Mapped[str] = mapped_column(String(8))
