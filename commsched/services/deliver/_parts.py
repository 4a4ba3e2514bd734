"""A part as a call needs it, and the hash of what would be sent: pure, from rows in hand."""

from __future__ import annotations

from commsched.core.content.model import Content, digest
from commsched.core.delivery.outcome import Handles
from commsched.core.delivery.parts import PartState
from commsched.core.platform.contract import Part
from commsched.services.deliver.snapshots import PartsByNumber, PartSnapshot
from commsched.services.deliver.types import Pictures


def part_state(row: PartSnapshot) -> PartState:
    return PartState(row.number, row.state, row.next_at, row.detail)


def complete(part: Part, known: PartsByNumber) -> tuple[Part, Handles]:
    """``part`` with what is stored of it: its key and handles, and the ids of what it answers."""
    row = known[part.number]
    previous = known.get(part.number - 1)
    follows = part.role in ("reply", "comment")
    filled = Part(
        number=part.number,
        role=part.role,
        text=part.text,
        view=part.view,
        pictures=part.pictures,
        other_files=part.other_files,
        key=row.key,
        parent=previous.remote_id if previous and follows else part.parent,
        root=known[0].remote_id if follows and previous else part.root,
        parent_handle=part.parent_handle,
        edits=row.edits,
        corrects=row.corrects,
        recipient=part.recipient,
        message_id=row.message_id,
        id=row.id,
        leave=part.leave,
        language=row.language,
        basis=row.basis,
    )
    return filled, Handles.read(row.handles)


def recomputed(data: bytes, content: Content, channel: int, people: str, pictures: Pictures | None) -> str:
    """The hash of what would be sent now: the content's own bytes, if the pictures in hand and the list of today
    (``people``, its digest) are the ones it names; otherwise a hash that nobody approved."""
    if pictures is not None and pictures.missing:
        return f"picture:{pictures.missing}"
    if people != content.on(channel).recipients:
        return "recipients"
    return digest(data)
