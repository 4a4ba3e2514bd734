"""What a release came to: nobody gets it twice, mails that correct mails, press coverage, visits in numbers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RECIPIENT = sa.text("role = 'recipient'")


def _of_an_item(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f(f"fk_{table}_item_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"])


def upgrade() -> None:
    op.add_column("item", sa.Column("follows_id", _WIDE, nullable=True))
    op.create_index(op.f("ix_item_follows_id"), "item", ["follows_id"])
    op.add_column("part", sa.Column("corrects", sa.String(length=300), server_default="", nullable=False))
    op.create_index(
        "ix_part_blind", "part", ["blind", "delivery_id"], sqlite_where=_RECIPIENT, postgresql_where=_RECIPIENT
    )
    _of_an_item(
        "coverage",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("link", "title", "note")),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("outlet", sa.String(length=200), nullable=False),
        *(sa.Column(name, sa.String(length=10), nullable=False) for name in ("tone", "day")),
        sa.Column("person_id", _WIDE, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_coverage_person_id"), ondelete="SET NULL"),
        sa.UniqueConstraint("item_id", "digest", name=op.f("uq_coverage_item_id_digest")),
    )
    _of_an_item(
        "visits",
        *(sa.Column(name, sa.String(length=10), nullable=False) for name in ("day", "what")),
        sa.Column("count", _WIDE, nullable=False),
        sa.UniqueConstraint("item_id", "day", "what", name=op.f("uq_visits_item_id_day_what")),
    )


def downgrade() -> None:
    for table in ("visits", "coverage"):
        op.drop_table(table)
    op.drop_index("ix_part_blind", "part")
    op.drop_column("part", "corrects")
    op.drop_index(op.f("ix_item_follows_id"), "item")
    op.drop_column("item", "follows_id")
