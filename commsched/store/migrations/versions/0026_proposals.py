"""Other words are proposed, facts checked by somebody without an account, and an emergency release leaves a task"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _moment(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("revision_id", _WIDE, nullable=False),
        sa.Column("base_hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("approves", sa.Boolean(), nullable=False),
        _moment("window_start", nullable=True),
        _moment("window_end", nullable=True),
        sa.Column("person_id", _WIDE, nullable=True),
        _moment("at"),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("answered_by", _WIDE, nullable=True),
        _moment("answered_at", nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("proposal", "item_id", "item", "CASCADE"),
        _key("proposal", "revision_id", "revision", "CASCADE"),
        _key("proposal", "person_id", "person", "SET NULL"),
        _key("proposal", "answered_by", "person", "SET NULL"),
        _key("proposal", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_table(
        "fact_check",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by", _WIDE, nullable=True),
        _moment("asked_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _moment("answered_at", nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("fact_check", "item_id", "item", "CASCADE"),
        _key("fact_check", "asked_by", "person", "SET NULL"),
        _key("fact_check", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_check")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_fact_check_token_hash")),
    )
    op.create_table(
        "release_review",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=False),
        sa.Column("decision_id", _WIDE, nullable=False),
        sa.Column("released_by", _WIDE, nullable=True),
        _moment("at"),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answered_by", _WIDE, nullable=True),
        _moment("answered_at", nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("release_review", "item_id", "item", "CASCADE"),
        _key("release_review", "decision_id", "decision", "CASCADE"),
        _key("release_review", "released_by", "person", "SET NULL"),
        _key("release_review", "answered_by", "person", "SET NULL"),
        _key("release_review", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_review")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_release_review_decision_id")),
    )
    for table in ("proposal", "fact_check", "release_review"):
        for column in ("item_id", "workspace_id"):
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table in ("release_review", "fact_check", "proposal"):
        op.drop_table(table)
