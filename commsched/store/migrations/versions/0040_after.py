"""What readers make of what is out: figures, comments that are watched, posts made by hand; and answers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _moment(name: str, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _listening() -> None:
    op.create_table(
        "listening",
        sa.Column("channel_id", _WIDE, nullable=False),
        _moment("figures_at"),
        _moment("replies_at"),
        _moment("recent_at"),
        _moment("replies_read_at"),
        _moment("recent_read_at"),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("listening", "channel_id", "channel", "CASCADE"),
        _key("listening", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_listening")),
    )
    op.create_index(op.f("ix_listening_workspace_id"), "listening", ["workspace_id"])


def _figure() -> None:
    op.create_table(
        "figure",
        sa.Column("part_id", _WIDE, nullable=False),
        sa.Column("channel_id", _WIDE, nullable=False),
        *(sa.Column(name, _WIDE, nullable=True) for name in ("views", "likes", "shares", "comments", "clicks")),
        sa.Column("stage", _WIDE, nullable=False),
        _moment("next_at"),
        _moment("read_at"),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("figure", "part_id", "part", "CASCADE"),
        _key("figure", "channel_id", "channel", "CASCADE"),
        _key("figure", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("part_id", name=op.f("pk_figure")),
    )
    op.create_index(op.f("ix_figure_workspace_id"), "figure", ["workspace_id"])
    op.create_index("ix_figure_channel_id_next_at", "figure", ["channel_id", "next_at"])


def _remote_comment() -> None:
    op.create_table(
        "remote_comment",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("channel_id", _WIDE, nullable=False),
        sa.Column("item_id", _WIDE, nullable=True),
        sa.Column("remote_id", sa.String(length=300), nullable=False),
        sa.Column("handle", sa.String(length=500), nullable=False),
        sa.Column("answers", sa.String(length=300), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("word", sa.String(length=100), nullable=False),
        _moment("at", nullable=False),
        _moment("found_at", nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        _moment("seen_at"),
        sa.Column("seen_by", _WIDE, nullable=True),
        _moment("told_at"),
        _moment("reported_at"),
        _moment("erased_at"),
        sa.Column("answer_item_id", _WIDE, nullable=True),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("remote_comment", "channel_id", "channel", "CASCADE"),
        _key("remote_comment", "item_id", "item", "SET NULL"),
        _key("remote_comment", "answer_item_id", "item", "SET NULL"),
        _key("remote_comment", "seen_by", "person", "SET NULL"),
        _key("remote_comment", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_comment")),
        sa.UniqueConstraint("channel_id", "remote_id", name=op.f("uq_remote_comment_channel_id_remote_id")),
        sa.UniqueConstraint("answer_item_id", name=op.f("uq_remote_comment_answer_item_id")),
    )
    op.create_index(op.f("ix_remote_comment_item_id"), "remote_comment", ["item_id"])
    op.create_index("ix_remote_comment_workspace_id_seen_at", "remote_comment", ["workspace_id", "seen_at"])
    op.create_index(op.f("ix_remote_comment_workspace_id"), "remote_comment", ["workspace_id"])


def _outside_post() -> None:
    op.create_table(
        "outside_post",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("channel_id", _WIDE, nullable=False),
        sa.Column("remote_id", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _moment("at", nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("outside_post", "channel_id", "channel", "CASCADE"),
        _key("outside_post", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_post")),
        sa.UniqueConstraint("channel_id", "remote_id", name=op.f("uq_outside_post_channel_id_remote_id")),
    )
    op.create_index(op.f("ix_outside_post_workspace_id"), "outside_post", ["workspace_id"])
    op.create_index("ix_outside_post_workspace_id_at", "outside_post", ["workspace_id", "at"])


def _ready_answer() -> None:
    op.create_table(
        "ready_answer",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", _WIDE, nullable=True),
        _moment("at", nullable=False),
        sa.Column("approved_by", _WIDE, nullable=True),
        _moment("approved_at"),
        _moment("ended_at"),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _key("ready_answer", "author_id", "person", "SET NULL"),
        _key("ready_answer", "approved_by", "person", "SET NULL"),
        _key("ready_answer", "workspace_id", "workspace", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ready_answer")),
    )
    op.create_index(op.f("ix_ready_answer_workspace_id"), "ready_answer", ["workspace_id"])


def upgrade() -> None:
    for make in (_listening, _figure, _remote_comment, _outside_post, _ready_answer):
        make()


def downgrade() -> None:
    for table in ("ready_answer", "outside_post", "remote_comment", "figure", "listening"):
        op.drop_table(table)
