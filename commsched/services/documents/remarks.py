"""What whoever sends a document, or approves it, should know before it is news."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.orm import Session

from commsched.core.content.model import Content
from commsched.core.text.messages import N_, Message, Problem, block, warn
from commsched.services.documents import library
from commsched.services.documents.looking import Traits
from commsched.services.kernel.context import Installation
from commsched.store.models import Document

FIELD: Final = "documents"
_GONE: Final = N_("The file of “%(title)s” is missing or damaged on the server. Take it out and attach it again.")
_SAID: Final = {
    "authors": N_("“%(title)s” names %(names)s in its properties. Whoever gets the file can see it."),
    "changes": N_("“%(title)s” has tracked changes: what was deleted can be read. Accept them all and save again."),
    "comments": N_("“%(title)s” has comments in it. Whoever gets the file can read them."),
    "hidden": N_("“%(title)s” has hidden parts (sheets, slides or text). Whoever gets the file can show them."),
    "notes": N_("“%(title)s” has speaker’s notes in it. Whoever gets the file can read them."),
    "inside": N_("A chart in “%(title)s” has its whole workbook with it. Whoever gets the file can open that."),
    "links": N_("“%(title)s” links to files on your own computers (%(names)s), where no reader comes."),
    "formulas": N_("Some cells of “%(title)s” begin with = or @: a spreadsheet takes them for formulas."),
}
"""By what is found (:class:`commsched.services.documents.looking.Traits`)."""


def of(row: Document, title: str) -> list[Message]:
    """What was found in it, a sentence each. ``title`` is what readers are shown."""
    traits = msgspec.convert({"kind": row.suffix[1:]} | row.facts, Traits)
    sentences = []
    for name, sentence in _SAID.items():
        value = getattr(traits, name)
        if value:
            names = {"names": ", ".join(value)} if isinstance(value, list) else {}
            sentences.append(Message(sentence, {"title": title, **names}))
    return sentences


def problems(installation: Installation, session: Session, content: Content) -> list[Problem]:
    """What is wrong with its documents, or should be known of them: a file that is not there any more stops it."""
    said: list[Problem] = []
    if not content.documents:
        return said
    rows = library.by_hash(session, [each.sha256 for each in content.documents])
    for each in content.documents:
        row = rows.get(each.sha256)
        if row is None or not library.is_whole(installation, row):
            said.append(block(FIELD, _GONE, title=each.title))
            continue
        said += [warn(FIELD, words.message, **words.params) for words in of(row, each.title)]
    return said
