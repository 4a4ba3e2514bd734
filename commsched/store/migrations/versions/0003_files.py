"""Pictures made for one channel, uploads that go on where they broke off, and videos"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from commsched.store.types import Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "derivative",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.String(length=200), nullable=False),
        *_file(),
        *_workspace("derivative"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_derivative_media_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derivative")),
        sa.UniqueConstraint("media_id", "recipe", name=op.f("uq_derivative_media_id_recipe")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("answer", Json(), nullable=False),
        *_workspace("upload"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upload_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("uid", name=op.f("uq_upload_uid")),
    )
    op.create_table(
        "video",
        sa.Column("id", sa.Integer(), nullable=False),
        *_file(),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("poster_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("facts", Json(), nullable=False),
        *_workspace("video"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_video_person_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["poster_id"], ["media.id"], name=op.f("fk_video_poster_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video")),
        sa.UniqueConstraint("workspace_id", "sha256", name=op.f("uq_video_workspace_id_sha256")),
    )
    op.create_index("ix_derivative_workspace_id_sha256", "derivative", ["workspace_id", "sha256"], unique=False)
    op.create_index(op.f("ix_upload_created_at"), "upload", ["created_at"], unique=False)
    for table in ("derivative", "upload", "video"):
        op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"], unique=False)


def _file() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
    )


def _workspace(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    for table in ("video", "upload", "derivative"):
        op.drop_table(table)
