"""A picture keeps the alt text that was first written for it; a card in several sizes is one entry"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("media", sa.Column("alt_item", NUMBER, nullable=True))
    op.add_column("media", sa.Column("front_id", NUMBER, nullable=True))
    op.create_index("ix_media_front_id", "media", ["front_id"])


def downgrade() -> None:
    op.drop_index("ix_media_front_id", "media")
    op.drop_column("media", "front_id")
    op.drop_column("media", "alt_item")
