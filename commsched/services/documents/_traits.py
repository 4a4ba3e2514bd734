"""What is found in a document that may be sent, and that its sender should know."""

from __future__ import annotations

import msgspec

from commsched.core.media.documents import DocumentKind
from commsched.core.text.clean import one_line

MOST_NAMES = 6


class Traits(msgspec.Struct):
    """What a document is, and what stands in it beside its words. Nothing of this stops it."""

    kind: DocumentKind = "txt"
    authors: list[str] = []
    """People and firms that its properties name."""
    changes: bool = False
    """It has tracked changes: what was deleted can be read."""
    comments: bool = False
    hidden: bool = False
    """Sheets, slides or text that are there and are not shown."""
    notes: bool = False
    """A speaker's notes."""
    inside: bool = False
    """A whole workbook lies behind a chart."""
    links: list[str] = []
    """Links to files on the office's own computers."""
    formulas: bool = False
    """Of a CSV: a spreadsheet takes some cells for formulas."""

    def name(self, who: str) -> None:
        """Remember a name of its properties."""
        who = " ".join(one_line(who).split())[:80]
        if who and who not in self.authors and len(self.authors) < MOST_NAMES:
            self.authors = [*self.authors, who]

    def link(self, where: str) -> None:
        where = one_line(where)[:120]
        if where not in self.links and len(self.links) < MOST_NAMES:
            self.links = [*self.links, where]
