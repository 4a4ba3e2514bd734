"""Why each contact may be written to: asked for and kept with how it is known; frozen with each recipient"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0050"
branch_labels = None
depends_on = None

_STANDING = """
UPDATE contact SET basis = COALESCE((
  SELECT event.basis FROM contact_event AS event
  WHERE event.contact_id = contact.id AND event.basis <> '' AND event.act <> 'asked'
  ORDER BY event.at DESC, event.id DESC LIMIT 1), '')
"""
_KNOWN_BY = (("how", 200), ("given_on", 10), ("proof", 200))


def upgrade() -> None:
    for table in ("contact", "part"):
        op.add_column(table, sa.Column("basis", sa.String(length=10), server_default="", nullable=False))
    for name, length in _KNOWN_BY:
        op.add_column("contact_event", sa.Column(name, sa.String(length=length), server_default="", nullable=False))
    op.add_column("contact_import", sa.Column("grounds", sa.Text(), server_default="{}", nullable=False))
    op.execute(_STANDING)


def downgrade() -> None:
    op.drop_column("contact_import", "grounds")
    for name, _length in reversed(_KNOWN_BY):
        op.drop_column("contact_event", name)
    for table in ("part", "contact"):
        op.drop_column(table, "basis")
