"""Contacts, what they agreed to, and addresses that nothing is sent to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _own(table: str, *columns: sa.schema.SchemaItem) -> None:
    """A table of rows that belong to a workspace."""
    office = op.f(f"fk_{table}_workspace_id")
    op.create_table(
        table,
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=office, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"])


def _contact() -> None:
    _own(
        "contact",
        _text("world", 10),
        _text("blind", 64),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("address", "name", "beats", "areas", "notes")),
        _text("outlet", 200),
        _text("language", 8),
        _text("state", 12),
        _text("source", 20),
        sa.Column("score", _WIDE, nullable=False),
        sa.Column("scored_at", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("since", "created_at", "changed_at")),
        sa.UniqueConstraint("workspace_id", "world", "blind", name=op.f("uq_contact_workspace_id_world_blind")),
    )
    op.create_index("ix_contact_workspace_id_world_outlet", "contact", ["workspace_id", "world", "outlet"])


def _contact_event() -> None:
    _own(
        "contact_event",
        sa.Column("contact_id", _WIDE, nullable=False),
        _text("act", 20),
        _text("basis", 20),
        sa.Column("words", sa.Text(), nullable=False),
        _text("words_version", 64),
        sa.Column("channel_id", _WIDE, nullable=True),
        _text("source", 200),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_event_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_contact_event_channel_id"), ondelete="SET NULL"
        ),
    )
    op.create_index(op.f("ix_contact_event_contact_id"), "contact_event", ["contact_id"])


def upgrade() -> None:
    _contact()
    _contact_event()
    _own(
        "suppression",
        _text("world", 10),
        _text("blind", 64),
        _text("reason", 12),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("workspace_id", "world", "blind", name=op.f("uq_suppression_workspace_id_world_blind")),
    )
    with op.batch_alter_table("list_recipient") as table:
        table.add_column(sa.Column("contact_id", _WIDE, nullable=True))
        table.create_foreign_key(
            op.f("fk_list_recipient_contact_id"), "contact", ["contact_id"], ["id"], ondelete="SET NULL"
        )
        table.create_index(op.f("ix_list_recipient_contact_id"), ["contact_id"])
    op.add_column("part", sa.Column("language", sa.String(length=8), server_default="", nullable=False))
    op.add_column("channel", sa.Column("segment", sa.Text(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("channel", "segment")
    op.drop_column("part", "language")
    with op.batch_alter_table("list_recipient") as table:
        table.drop_index(op.f("ix_list_recipient_contact_id"))
        table.drop_constraint(op.f("fk_list_recipient_contact_id"), type_="foreignkey")
        table.drop_column("contact_id")
    for table_name in ("suppression", "contact_event", "contact"):
        op.drop_table(table_name)
