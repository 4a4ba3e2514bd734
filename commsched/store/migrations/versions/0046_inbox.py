"""What comes back by mail: mailboxes, messages, answers, bounces"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = ("mailbox", "inbox_message", "inbox_look", "inbox_note", "inbox_draft", "inbox_reply", "part_bounce")


def _words(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _texts(*names: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, _WIDE, nullable=nullable) for name in names]


def _moments(*names: str, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def _flags(*names: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def _own(
    table: str, columns: Sequence[sa.schema.SchemaItem], keys: dict[str, tuple[str, str]], *more: sa.Constraint
) -> None:
    """A table of rows that belong to a workspace. ``keys``: the table that a column points at, and what becomes of it
    there."""
    point = [
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}"), ondelete=then)
        for name, (to, then) in {"workspace_id": ("workspace", "CASCADE"), **keys}.items()
    ]
    op.create_table(
        table,
        *_numbers("id", "workspace_id"),
        *columns,
        *point,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *more,
    )
    op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"])


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _mailbox() -> None:
    columns: list[sa.schema.SchemaItem] = [
        _words("name", 100),
        _words("host", 255),
        *_numbers("port"),
        _words("security", 10),
        _words("user", 255),
        *_texts("secret"),
        *_numbers("server_id", nullable=True),
        _words("folder", 200),
        _words("handled_folder", 200),
        _words("address", 254),
        *_texts("forward_to"),
        _words("forward_what", 10),
        *_numbers("validity", "last_uid"),
        *_moments("next_at", "read_at", nullable=True),
        *_texts("trouble"),
        *_moments("trouble_since", nullable=True),
        *_moments("created_at"),
    ]
    _own("mailbox", columns, {"server_id": ("mail_server", "SET NULL")})


def _message() -> None:
    keys = {
        "mailbox_id": "mailbox",
        "item_id": "item",
        "part_id": "part",
        "contact_id": "contact",
        "assigned_to": "person",
        "answered_by": "person",
    }
    columns = [
        *_numbers("mailbox_id", nullable=True),
        *_numbers("validity", "uid"),
        _words("named", 64),
        _words("kind", 12),
        _words("state", 10),
        *_texts("subject", "sender", "address", "text", "details"),
        *(_words(name, 64) for name in ("sender_blind", "message_blind", "thread")),
        *_numbers("size"),
        *_flags("has_html"),
        *_numbers("attachments"),
        *_numbers("item_id", "part_id", "contact_id", nullable=True),
        _words("outlet", 200),
        *_moments("at", "taken_at"),
        *_moments("seen_at", nullable=True),
        *_numbers("assigned_to", "answered_by", nullable=True),
        *_moments("answered_at", nullable=True),
        *_numbers("version"),
        *_flags("moved"),
        *_moments("erased_at", nullable=True),
    ]
    table = "inbox_message"
    _own(table, columns, {name: (to, "SET NULL") for name, to in keys.items()}, _unique(table, "mailbox_id", "named"))
    _index(table, "workspace_id", "kind", "state", "at")
    _index(table, "workspace_id", "thread")
    _index(table, "workspace_id", "message_blind")
    for column in ("item_id", "sender_blind", "contact_id"):
        _index(table, column)


def _about_messages() -> None:
    message, person = {"message_id": ("inbox_message", "CASCADE")}, {"person_id": ("person", "CASCADE")}
    once = ("message_id", "person_id")
    _own("inbox_look", [*_numbers(*once), *_moments("at")], message | person, _unique("inbox_look", *once))
    columns = [*_numbers(*once), *_texts("text"), *_moments("at")]
    _own("inbox_draft", columns, message | person, _unique("inbox_draft", *once))
    writer = {"person_id": ("person", "SET NULL")}
    columns = [*_numbers("message_id"), *_numbers("person_id", nullable=True), *_texts("text"), *_moments("at")]
    _own("inbox_note", columns, message | writer)
    _index("inbox_note", "message_id")
    columns = [
        *_numbers("message_id"),
        *_numbers("person_id", nullable=True),
        _words("kind", 10),
        *_texts("to", "subject", "text"),
        _words("mail_id", 200),
        _words("mail_blind", 64),
        _words("state", 10),
        *_numbers("tries"),
        *_moments("next_at", nullable=True),
        *_texts("detail"),
        *_moments("created_at"),
        *_moments("started_at", "finished_at", nullable=True),
    ]
    _own("inbox_reply", columns, message | writer)
    for names in (("message_id",), ("mail_blind",), ("state", "next_at")):
        _index("inbox_reply", *names)


def _bounce() -> None:
    keys = {
        "part_id": ("part", "CASCADE"),
        "delivery_id": ("delivery", "CASCADE"),
        "message_id": ("inbox_message", "SET NULL"),
    }
    columns = [
        *_numbers("part_id", "delivery_id"),
        _words("kind", 8),
        _words("proof", 10),
        _words("status", 12),
        *_texts("words"),
        *_numbers("message_id", nullable=True),
        *_moments("at"),
    ]
    _own("part_bounce", columns, keys, _unique("part_bounce", "part_id"))
    _index("part_bounce", "delivery_id")


def upgrade() -> None:
    _mailbox()
    _message()
    _about_messages()
    _bounce()
    # An answer names the mail that it answers; only mails have such an id, so posts cost no more than before.
    op.create_index(
        "ix_part_message_id",
        "part",
        ["message_id"],
        sqlite_where=sa.text("message_id <> ''"),
        postgresql_where=sa.text("message_id <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_part_message_id", "part")
    for table in reversed(_TABLES):
        op.drop_table(table)
