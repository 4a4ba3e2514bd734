"""An item has no address of its own and no place for what platforms showed: nothing ever wrote either"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("slug", "remote_seen"):
        op.drop_column("item", column)


def downgrade() -> None:
    op.add_column("item", sa.Column("slug", sa.String(length=120), nullable=False, server_default=""))
    op.add_column("item", sa.Column("remote_seen", sa.Text(), nullable=False, server_default="{}"))
