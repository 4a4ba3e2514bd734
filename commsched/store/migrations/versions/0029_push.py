"""Devices that are told at once, and which notices they were told of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "push_device",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("person_id", _WIDE, nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_push_device_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_device")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_device_endpoint")),
    )
    op.create_index(op.f("ix_push_device_person_id"), "push_device", ["person_id"])
    op.add_column("notice", sa.Column("pushed_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("notice", "pushed_at")
    op.drop_index(op.f("ix_push_device_person_id"), table_name="push_device")
    op.drop_table("push_device")
