"""Who wrote what goes out with a picture, links that a newer one has ended, notices that are read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEW = (
    ("media", "alt_by", sa.Integer),
    ("media", "credit_by", sa.Integer),
    ("approval_link", "replaced_at", sa.BigInteger),
    ("approval_link", "decision_id", sa.Integer),
    ("notice", "read_at", sa.BigInteger),
)


def upgrade() -> None:
    for table, name, kind in NEW:
        op.add_column(table, sa.Column(name, kind(), nullable=True))
    op.add_column("revision", sa.Column("lent", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("revision", "lent")
    for table, name, _kind in reversed(NEW):
        op.drop_column(table, name)
