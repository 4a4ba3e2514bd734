"""An item can be confidential: until it is published only the people named on it see it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("item", sa.Column("confidential", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_item_confidential",
        "item",
        ["id"],
        sqlite_where=sa.text("confidential IS 1"),
        postgresql_where=sa.text("confidential IS true"),
    )
    op.create_table(
        "confidant",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("person_id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_confidant_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_confidant_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_confidant_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confidant")),
        sa.UniqueConstraint("item_id", "person_id", name=op.f("uq_confidant_item_id_person_id")),
    )
    for column in ("person_id", "workspace_id"):
        op.create_index(op.f(f"ix_confidant_{column}"), "confidant", [column])


def downgrade() -> None:
    op.drop_table("confidant")
    op.drop_index("ix_item_confidential", "item")
    op.drop_column("item", "confidential")
