"""A picture keeps the alt text that was first written for it; a card in several sizes is one entry"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("alt_item", sa.Integer(), nullable=True))
    # written out: with the reference beside it, SQLite would need the whole table made anew
    op.execute("ALTER TABLE media ADD COLUMN front_id INTEGER REFERENCES media (id) ON DELETE SET NULL")
    op.create_index("ix_media_front_id", "media", ["front_id"])


def downgrade() -> None:
    op.drop_index("ix_media_front_id", "media")
    with op.batch_alter_table("media") as table:
        table.drop_column("front_id")
    op.drop_column("media", "alt_item")
