"""A comment may be about words of the text"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comment", sa.Column("quote", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("comment", "quote")
