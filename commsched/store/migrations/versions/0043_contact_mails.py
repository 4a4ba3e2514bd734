"""Mails to contacts about themselves: a question that they answer with a link"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    office = op.f("fk_contact_mail_workspace_id")
    op.create_table(
        "contact_mail",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.Column("world", sa.String(length=10), nullable=False),
        sa.Column("blind", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("tries", _WIDE, nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=office, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_mail")),
    )
    op.create_index(op.f("ix_contact_mail_workspace_id"), "contact_mail", ["workspace_id"])
    op.create_index(op.f("ix_contact_mail_next_at"), "contact_mail", ["next_at"])


def downgrade() -> None:
    op.drop_table("contact_mail")
