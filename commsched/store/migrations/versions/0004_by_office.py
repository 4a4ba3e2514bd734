"""Indexes by office and picture, so that an office with many pictures asks about one without reading them all"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW = (("picture_use", "media_id"), ("picture_source", "source_id"), ("media", "consent_ends"))


def upgrade() -> None:
    op.drop_index(op.f("ix_media_consent_ends"), "media")
    for table, column in NEW:
        op.create_index(f"ix_{table}_workspace_id_{column}", table, ["workspace_id", column], unique=False)


def downgrade() -> None:
    for table, column in NEW:
        op.drop_index(f"ix_{table}_workspace_id_{column}", table)
    op.create_index(op.f("ix_media_consent_ends"), "media", ["consent_ends"], unique=False)
