"""Corrections of what is published, and what was taken off the office's own pages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from commsched.store.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("corrects_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_item_corrects_id"), "item", ["corrects_id"], unique=False)
    op.create_table(
        "takedown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_takedown_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_takedown_person_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_takedown_ended_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_takedown_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedown")),
    )
    op.create_index(op.f("ix_takedown_item_id"), "takedown", ["item_id"], unique=False)
    op.create_index(op.f("ix_takedown_workspace_id"), "takedown", ["workspace_id"], unique=False)


def downgrade() -> None:
    op.drop_table("takedown")
    op.drop_index(op.f("ix_item_corrects_id"), "item")
    op.drop_column("item", "corrects_id")
