"""Files of contacts that are being imported: what was read, how far it has come, what was wrong row by row"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = ("heading", "piece", "rows", "position", "added", "changed", "same", "left_out", "wrong")


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


def _of_import(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_import_id")
    return sa.ForeignKeyConstraint(["import_id"], ["contact_import.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    channel = op.f("fk_contact_import_channel_id")
    _own(
        "contact_import",
        sa.Column("world", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("channel_id", _WIDE, nullable=True),
        *(sa.Column(name, _WIDE, nullable=False) for name in _COUNTS),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=channel, ondelete="SET NULL"),
    )
    op.create_index("ix_contact_import_state", "contact_import", ["state"])
    _own(
        "contact_import_piece",
        sa.Column("import_id", _WIDE, nullable=False),
        sa.Column("number", _WIDE, nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        _of_import("contact_import_piece"),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_contact_import_piece_import_id_number")),
    )
    _own(
        "contact_import_note",
        sa.Column("import_id", _WIDE, nullable=False),
        sa.Column("row", _WIDE, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _of_import("contact_import_note"),
    )
    op.create_index(op.f("ix_contact_import_note_import_id"), "contact_import_note", ["import_id"])


def downgrade() -> None:
    for table in ("contact_import_note", "contact_import_piece", "contact_import"):
        op.drop_table(table)
