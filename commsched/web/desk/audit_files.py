"""The record as a file: a table for a spreadsheet, or a list for a program; written line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from commsched.store.models import AuditEntry
from commsched.web.components.spreadsheet import MARK, row
from commsched.web.desk import audit_sentences
from commsched.web.http.i18n import _

MIME: Final = {"csv": "text/csv", "json": "application/json"}
Line = tuple[AuditEntry, str]
"""An entry, and the title of its item."""


def as_csv(lines: Iterable[Line]) -> Iterator[str]:
    """A table with a heading, the times in UTC. No cell begins as a formula does: people write titles and reasons."""
    yield MARK
    yield row((_("Time"), _("Who"), _("What"), _("Number"), _("Title"), _("Kind")))
    for entry, title in lines:
        number = str(entry.item_id) if entry.item_id is not None else ""
        at = entry.at.isoformat(timespec="seconds")
        yield row((at, audit_sentences.who(entry), audit_sentences.sentence(entry), number, title, entry.action))


def as_json(lines: Iterable[Line]) -> Iterator[str]:
    """A list of objects with what was kept of each line, and the hashes by which its chain can be followed."""
    yield "["
    for place, (entry, title) in enumerate(lines):
        kept = {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "action": entry.action,
            "sentence": audit_sentences.sentence(entry),
            "item": entry.item_id,
            "title": title,
            "facts": entry.facts,
            "previous": entry.previous,
            "hash": entry.hash,
        }
        yield ("," if place else "") + "\n" + json.dumps(kept, ensure_ascii=False, default=str)
    yield "\n]\n"
