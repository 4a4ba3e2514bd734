"""Whole numbers are as wide on PostgreSQL as on SQLite, so that a large one in an address is only not there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COLUMNS = sa.text(
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND data_type = :kind "
    "ORDER BY table_name, ordinal_position"
)
_SEQUENCES = sa.text("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(_COLUMNS, {"kind": "integer"}):
        tables.setdefault(table, []).append(column)
    for table, columns in tables.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ALTER COLUMN {column} TYPE BIGINT" for column in columns))
    for (sequence,) in connection.execute(_SEQUENCES).all():
        op.execute(f"ALTER SEQUENCE {sequence} AS BIGINT")


def downgrade() -> None:
    """Nothing: wide numbers hold what narrow ones did."""
