"""What follows a picture: where it is used, what it was drawn from, what it is like, and what has been said of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from commsched.store.base import Base, Scoped


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
