"""What is made of a video for a network is a video that belongs to it, and the library knows which still wait"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("video") as video:
        video.add_column(sa.Column("original_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        video.add_column(sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
        video.create_foreign_key("fk_video_original_id_video", "video", ["original_id"], ["id"], ondelete="CASCADE")
        video.create_index("ix_video_original_id", ["original_id"])


def downgrade() -> None:
    with op.batch_alter_table("video") as video:
        video.drop_index("ix_video_original_id")
        video.drop_constraint("fk_video_original_id_video", type_="foreignkey")
        video.drop_column("waits")
        video.drop_column("original_id")
