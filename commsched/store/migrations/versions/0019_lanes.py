"""A channel has lanes: as many attempts may be open on it at once, each in a lane of its own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = sa.text("outcome = ''")
WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("attempt", sa.Column("lane", WIDE, server_default="0", nullable=False))
    op.drop_index("uq_attempt_open", "attempt")
    op.create_index(
        "uq_attempt_open", "attempt", ["channel_id", "lane"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_index("uq_attempt_open", "attempt")
    op.create_index("uq_attempt_open", "attempt", ["channel_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_column("attempt", "lane")
