"""What is out can be taken down on the networks too, and changed there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_removal_{column}"), ondelete=ondelete)


def upgrade() -> None:
    op.add_column("takedown", sa.Column("kind", sa.String(length=10), server_default="withdrawn", nullable=False))
    op.add_column("takedown", sa.Column("moved_to", sa.String(length=1000), server_default="", nullable=False))
    op.add_column("takedown", sa.Column("elsewhere", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("part", sa.Column("edits", sa.String(length=300), server_default="", nullable=False))
    op.create_table(
        "removal",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("takedown_id", _WIDE, nullable=False),
        sa.Column("delivery_id", _WIDE, nullable=False),
        sa.Column("channel_id", _WIDE, nullable=False),
        sa.Column("part", _WIDE, nullable=False),
        sa.Column("remote_id", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", _WIDE, nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("person_id", _WIDE, nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("takedown_id", "takedown", "CASCADE"),
        _key("delivery_id", "delivery", "CASCADE"),
        _key("channel_id", "channel", "CASCADE"),
        _key("person_id", "person", "SET NULL"),
        _key("workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
        sa.UniqueConstraint("takedown_id", "delivery_id", "part", name=op.f("uq_removal_takedown_id_delivery_id_part")),
    )
    op.create_index(op.f("ix_removal_workspace_id"), "removal", ["workspace_id"])
    op.create_index(op.f("ix_removal_delivery_id"), "removal", ["delivery_id"])
    waits = sa.text("next_at IS NOT NULL")
    op.create_index("ix_removal_next_at", "removal", ["next_at"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_table("removal")
    op.drop_column("part", "edits")
    for column in ("elsewhere", "moved_to", "kind"):
        op.drop_column("takedown", column)
