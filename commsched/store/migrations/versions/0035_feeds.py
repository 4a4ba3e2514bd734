"""Feeds that become drafts, and what was proved on the networks themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_workspace_id")
    return sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "news_feed",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channels", sa.String(length=1000), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.String(length=300), nullable=False),
        sa.Column("modified", sa.String(length=100), nullable=False),
        sa.Column("failures", _WIDE, nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _workspace("news_feed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_feed")),
        sa.UniqueConstraint("workspace_id", "url", name=op.f("uq_news_feed_workspace_id_url")),
    )
    op.create_index(op.f("ix_news_feed_workspace_id"), "news_feed", ["workspace_id"])
    waits = sa.text("next_at IS NOT NULL")
    op.create_index("ix_news_feed_next_at", "news_feed", ["next_at"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "news_entry",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("news_feed_id", _WIDE, nullable=False),
        sa.Column("guid", sa.String(length=64), nullable=False),
        sa.Column("item_id", _WIDE, nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        sa.ForeignKeyConstraint(
            ["news_feed_id"], ["news_feed.id"], name=op.f("fk_news_entry_news_feed_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_news_entry_item_id"), ondelete="SET NULL"),
        _workspace("news_entry"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_entry")),
        sa.UniqueConstraint("news_feed_id", "guid", name=op.f("uq_news_entry_news_feed_id_guid")),
    )
    op.create_index(op.f("ix_news_entry_workspace_id"), "news_entry", ["workspace_id"])
    op.create_index(op.f("ix_news_entry_item_id"), "news_entry", ["item_id"])
    op.create_table(
        "proof",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("platform", sa.String(length=30), nullable=False),
        sa.Column("format", sa.String(length=30), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("server", sa.String(length=300), nullable=False),
        sa.Column("version", sa.String(length=30), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _workspace("proof"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof")),
        sa.UniqueConstraint("workspace_id", "platform", "format", name=op.f("uq_proof_workspace_id_platform_format")),
    )
    op.create_index(op.f("ix_proof_workspace_id"), "proof", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("proof")
    op.drop_table("news_entry")
    op.drop_table("news_feed")
