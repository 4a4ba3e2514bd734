"""Where pictures are used, what they were drawn from, what they are like, and when consents end"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from commsched.store.types import Instant, to_micros

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade() -> None:
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_ends", Instant(), nullable=True))
        batch_op.create_index(batch_op.f("ix_media_consent_ends"), ["consent_ends"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_sha256"), ["sha256"], unique=False)
    _pairs("picture_use", "revision_id", "revision", "media_id")
    _pairs("picture_source", "media_id", "media", "source_id")
    op.create_table(
        "likeness",
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("dhash", sa.String(length=16), nullable=False),
        *_workspace("likeness"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_likeness_media_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("media_id", "quarter", name=op.f("pk_likeness")),
    )
    op.create_table(
        "consent_warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("ends", Instant(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *_workspace("consent_warning"),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_consent_warning_media_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_warning")),
        sa.UniqueConstraint("media_id", "ends", "days", name=op.f("uq_consent_warning_media_id_ends_days")),
    )
    op.create_table(
        "gone_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_gone_file")),
    )
    op.create_index("ix_likeness_workspace_id_quarter", "likeness", ["workspace_id", "quarter"], unique=False)
    for table in ("likeness", "consent_warning"):
        op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"], unique=False)
    fill(op.get_bind())


def _workspace(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
    )


def _pairs(table: str, owner: str, owners: str, picture: str) -> None:
    op.create_table(
        table,
        sa.Column(owner, sa.Integer(), nullable=False),
        sa.Column(picture, sa.Integer(), nullable=False),
        *_workspace(table),
        sa.ForeignKeyConstraint([owner], [f"{owners}.id"], name=op.f(f"fk_{table}_{owner}"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint([picture], ["media.id"], name=op.f(f"fk_{table}_{picture}")),
        sa.PrimaryKeyConstraint(owner, picture, name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{picture}"), table, [picture], unique=False)
    op.create_index(op.f(f"ix_{table}_workspace_id"), table, ["workspace_id"], unique=False)


def fill(connection: sa.Connection) -> None:
    """What the new tables would hold, had they been there from the beginning."""
    media = connection.execute(sa.text("SELECT id, workspace_id, sha256, facts FROM media ORDER BY id")).all()
    known = {(row.workspace_id, row.sha256): row.id for row in media}
    facts = {row.id: _read(row.facts) for row in media}
    place = {row.id: row.workspace_id for row in media}
    sources: dict[int, set[int]] = {}
    for number in facts:  # a card is younger than what it was drawn from, so the older ones are known already
        direct = {each for each in _drawn_from(facts[number]) if place.get(each) == place[number] and each < number}
        sources[number] = direct.union(*(sources[each] for each in direct))
    ends = {number: end for number, each in facts.items() if (end := _first_end(each)) is not None}
    _run(
        connection,
        "UPDATE media SET consent_ends = :ends WHERE id = :id",
        ({"id": number, "ends": end} for number, end in ends.items()),
    )
    _run(
        connection,
        "INSERT INTO picture_source (media_id, source_id, workspace_id) VALUES (:id, :source, :place)",
        (
            {"id": number, "source": each, "place": place[number]}
            for number, sources_of in sources.items()
            for each in sorted(sources_of)
        ),
    )
    _run(
        connection,
        "INSERT INTO likeness (media_id, quarter, dhash, workspace_id) VALUES (:id, :quarter, :dhash, :place)",
        (
            {"id": number, "quarter": quarter, "dhash": each["dhash"], "place": place[number]}
            for number, each in facts.items()
            for quarter in _quarters(each)
        ),
    )
    _run(
        connection,
        "INSERT INTO picture_use (revision_id, media_id, workspace_id) VALUES (:id, :media, :place)",
        _uses(connection, known),
    )


def _uses(connection: sa.Connection, known: dict[tuple[int, str], int]) -> Iterator[dict[str, object]]:
    last = 0
    wanted = sa.text("SELECT id, workspace_id, content FROM revision WHERE id > :last ORDER BY id LIMIT :most")
    while rows := connection.execute(wanted, {"last": last, "most": BATCH}).all():
        for row in rows:
            shown = {str(each.get("sha256")) for each in _each(_read(row.content), "pictures")}
            numbers = {known[row.workspace_id, sha] for sha in shown if (row.workspace_id, sha) in known}
            yield from ({"id": row.id, "media": each, "place": row.workspace_id} for each in sorted(numbers))
        last = rows[-1].id


def _run(connection: sa.Connection, statement: str, rows: Iterator[dict[str, object]]) -> None:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            connection.execute(sa.text(statement), batch)
            batch = []
    if batch:
        connection.execute(sa.text(statement), batch)


def _read(text: str | bytes | None) -> dict[str, object]:
    """The JSON; what cannot be read says nothing, and stops no other."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _each(facts: dict[str, object], name: str) -> list[dict[str, object]]:
    listed = facts.get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _drawn_from(facts: dict[str, object]) -> set[int]:
    card = facts.get("card")
    pictures = card.get("pictures") if isinstance(card, dict) else None
    return {each for each in pictures.values() if isinstance(each, int)} if isinstance(pictures, dict) else set()


def _first_end(facts: dict[str, object]) -> int | None:
    """Microseconds; an end that cannot be read was long ago."""
    moments = []
    for each in _each(facts, "persons"):
        if each.get("ends"):
            try:
                moment = datetime.fromisoformat(str(each["ends"]))
                moments.append(to_micros(moment.astimezone(UTC)) if moment.tzinfo else 0)
            except (ValueError, OverflowError):
                moments.append(0)
    return min(moments, default=None)


def _quarters(facts: dict[str, object]) -> list[int]:
    """Of photos only: cards of one design are all alike. An even surface is like every other and says nothing."""
    dhash = facts.get("dhash")
    try:
        bits = int(dhash, 16) if isinstance(dhash, str) and len(dhash) == 16 and "card" not in facts else 0
    except ValueError:
        return []
    if bits <= 0 or bits == 0xFFFF_FFFF_FFFF_FFFF:
        return []
    return [(number << 16) + (bits >> (16 * number) & 0xFFFF) for number in range(4)]


def downgrade() -> None:
    for table in ("gone_file", "consent_warning", "likeness", "picture_source", "picture_use"):
        op.drop_table(table)
    op.drop_index(op.f("ix_media_sha256"), "media")
    op.drop_index(op.f("ix_media_consent_ends"), "media")
    op.drop_column("media", "consent_ends")  # not as a batch, which would make the table anew and lose what follows it
