"""Files that are not pictures as they were taken in: made for one channel, still on their way in, or moving."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
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
    """``moments``: milliseconds of those proposed for a poster; ``moment``: that of the poster; ``sound``."""
