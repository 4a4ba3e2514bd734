"""Who comes to what an invitation is to, and the people of the office's standing press kit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0046"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _within_an_office(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"])


def upgrade() -> None:
    _within_an_office(
        "press_answer",
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("blind", sa.String(length=64), nullable=False),
        sa.Column("coming", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("at", "changed_at", "forget_at")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_press_answer_item_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("item_id", "blind", name=op.f("uq_press_answer_item_id_blind")),
    )
    _within_an_office(
        "press_person",
        sa.Column("media_id", _WIDE, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("biography", sa.Text(), nullable=False),
        sa.Column("place", _WIDE, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_press_person_media_id"), ondelete="SET NULL"),
    )


def downgrade() -> None:
    for table in ("press_person", "press_answer"):
        op.drop_table(table)
