"""Relays of an office's own with rates, what all processes know of them together, keys that mail is signed with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, length: int | None = None, default: str | None = None) -> sa.Column[str]:
    kind = sa.Text() if length is None else sa.String(length=length)
    return sa.Column(name, kind, nullable=False, server_default=default)


def _number(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, _WIDE, nullable=False, server_default=default)


def _moment(name: str, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _mail_server() -> None:
    with op.batch_alter_table("mail_server") as table:
        table.add_column(sa.Column("workspace_id", _WIDE, nullable=True))
        for name, length in (("name", 100), ("kind", 20), ("signs_in", 20), ("outgoing", 200)):
            table.add_column(_text(name, length, ""))
        table.add_column(_text("tokens", None, ""))
        for name in ("token_until", "renewing_until"):
            table.add_column(_moment(name))
        for name in ("per_minute", "per_day", "connections"):
            table.add_column(_number(name, "0"))
        table.add_column(sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.create_foreign_key(
            op.f("fk_mail_server_workspace_id"), "workspace", ["workspace_id"], ["id"], ondelete="CASCADE"
        )
        table.create_index(op.f("ix_mail_server_workspace_id"), ["workspace_id"])
    if op.get_bind().dialect.name == "postgresql":  # 1 is the installation's, and was always given by name
        op.execute("SELECT setval(pg_get_serial_sequence('mail_server', 'id'), 1)")


def upgrade() -> None:
    _mail_server()
    op.create_table(
        "relay_state",
        sa.Column("relay", _WIDE, autoincrement=False, nullable=False),
        _text("domain", 255),
        sa.Column("tokens", sa.Float(), nullable=False),
        _moment("at"),
        _text("hours"),
        _number("pace"),
        _moment("slow_until"),
        _text("trouble"),
        *(_moment(name) for name in ("trouble_at", "probe_at")),
        sa.PrimaryKeyConstraint("relay", "domain", name=op.f("pk_relay_state")),
    )
    op.create_table(
        "dkim_key",
        sa.Column("id", _WIDE, nullable=False),
        sa.Column("workspace_id", _WIDE, nullable=False),
        _text("domain", 253),
        _text("selector", 63),
        _text("private"),
        _text("public"),
        _text("state", 10),
        sa.Column("forced", sa.Boolean(), nullable=False),
        *(_moment(name) for name in ("seen_at", "checked_at")),
        *(_moment(name, nullable=False) for name in ("created_at", "changed_at")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_dkim_key_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dkim_key")),
        sa.UniqueConstraint(
            "workspace_id", "domain", "selector", name=op.f("uq_dkim_key_workspace_id_domain_selector")
        ),
    )
    op.create_index(op.f("ix_dkim_key_workspace_id"), "dkim_key", ["workspace_id"])


def downgrade() -> None:
    op.drop_table("dkim_key")
    op.drop_table("relay_state")
    op.execute("DELETE FROM mail_server WHERE id <> 1")
    with op.batch_alter_table("mail_server") as table:
        table.drop_index(op.f("ix_mail_server_workspace_id"))
        table.drop_constraint(op.f("fk_mail_server_workspace_id"), type_="foreignkey")
        for name in ("connections", "per_day", "per_minute", "renewing_until", "token_until", "tokens"):
            table.drop_column(name)
        for name in ("private", "outgoing", "signs_in", "kind", "name", "workspace_id"):
            table.drop_column(name)
