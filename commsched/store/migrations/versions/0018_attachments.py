"""A revision may have videos in it, and while it does they cannot be deleted"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "video_use",
        sa.Column("revision_id", _WIDE, nullable=False),
        sa.Column("video_id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_video_use_revision_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["video_id"], ["video.id"], name=op.f("fk_video_use_video_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_video_use_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "video_id", name=op.f("pk_video_use")),
    )
    op.create_index(op.f("ix_video_use_video_id"), "video_use", ["video_id"])
    op.create_index(op.f("ix_video_use_workspace_id"), "video_use", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("video_use")
