"""A picture keeps the alt text that was first written for it, and knows the item it was written in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("alt_item", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("media", "alt_item")
