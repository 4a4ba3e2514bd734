"""The office's mention book and its hashtags: what ``@`` and ``#`` complete. Kept with the office's settings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import desc, select
from sqlalchemy.orm import Session

from commsched.core.content.mentions import MOST_ENTRIES, Entry, entry_of, key_of
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_, Conflict, Invalid, NotFound
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Item, Revision, Workspace

MOST_TAGS: Final = 100
MOST_TAG: Final = 100
"""Characters of one."""
_RECENT: Final = 200
"""Items that are looked at for the hashtags used most."""
_TAG: Final = re.compile(r"(?<![\w#&/])#(\w*[^\W\d_]\w*)")


def entries(workspace: Workspace) -> list[Entry]:
    """The book of ``workspace``, by name."""
    rows = msgspec.convert(workspace.settings.get("mentions", []), list[Entry])
    return sorted(rows, key=lambda entry: entry.key)


def book(workspace: Workspace) -> dict[str, Entry]:
    """The book by key."""
    return {entry.key: entry for entry in entries(workspace)}


def tags(workspace: Workspace) -> list[str]:
    """The office's own hashtags, in its own order, without the sign."""
    return msgspec.convert(workspace.settings.get("hashtags", []), list[str])


def keep(installation: Installation, actor: Actor, name: str, handles: Mapping[str, str], before: str = "") -> Entry:
    """Write an entry, in the place of the one called ``before``. What has been approved keeps the form it was approved
    with. Raises :class:`Invalid` by the field, :class:`Conflict` for a name that somebody else has."""
    actor.require("write")
    entry = entry_of(name, handles)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        known, old = book(row), key_of(before)
        if before and old not in known:
            raise NotFound(N_("There is no such entry in the mention book."))
        if entry.key in known and entry.key != old:
            raise Conflict(N_("“%(name)s” is in the mention book already."), "name", name=entry.name)
        known.pop(old, None)
        if len(known) >= MOST_ENTRIES:
            raise Invalid(N_("The mention book holds at most %(most)s names."), "name", most=MOST_ENTRIES)
        _write(row, {**known, entry.key: entry})
        note(session, installation, actor, "mentions.kept", name=entry.name, forms=msgspec.to_builtins(entry))
    return entry


def remove(installation: Installation, actor: Actor, name: str) -> None:
    """Take an entry out. Raises :class:`NotFound`."""
    actor.require("write")
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        known = book(row)
        gone = known.pop(key_of(name), None)
        if gone is None:
            raise NotFound(N_("There is no such entry in the mention book."))
        _write(row, known)
        note(session, installation, actor, "mentions.removed", name=gone.name)


def _write(row: Workspace, known: Mapping[str, Entry]) -> None:
    row.settings = row.settings | {"mentions": [msgspec.to_builtins(entry) for entry in known.values()]}


def keep_tags(installation: Installation, actor: Actor, typed: str) -> list[str]:
    """Write the office's hashtags: words with or without the sign, between spaces, commas or on lines of their own.
    Raises :class:`Invalid` for what no network takes as one."""
    actor.require("write")
    words = [word.lstrip("#") for word in re.split(r"[\s,;]+", clean(typed)) if word.strip("#")]
    wrong = next((word for word in words if len(word) > MOST_TAG or not _TAG.fullmatch(f"#{word}")), None)
    if wrong is not None:
        sentence = N_("“%(word)s” is no hashtag: letters, digits and _ only, and not digits alone.")
        raise Invalid(sentence, "tags", word=wrong[:80])
    spelled: dict[str, str] = {}
    for word in words:
        spelled.setdefault(key_of(word), word)
    kept = list(spelled.values())
    if len(kept) > MOST_TAGS:
        raise Invalid(N_("At most %(most)s hashtags."), "tags", most=MOST_TAGS)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        row.settings = row.settings | {"hashtags": kept}
        note(session, installation, actor, "workspace.settings", changed=["hashtags"])
    return kept


def used_tags(session: Session, most: int = 20) -> list[str]:
    """The hashtags in the office's newest items, those used most first."""
    newest = (
        select(Revision.content)
        .join(Item, Item.revision_id == Revision.id)
        .where(Item.search.contains("#", autoescape=True))
        .order_by(desc(Item.id))
        .limit(_RECENT)
    )
    counted: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for content in session.scalars(newest):
        text = msgspec.json.decode(content, type=_Text).text
        for word in set(_TAG.findall(text)):
            counted[key_of(word)] += 1
            spelled.setdefault(key_of(word), word)
    return [spelled[key] for key, _count in counted.most_common(most)]


class _Text(msgspec.Struct):
    text: str = ""
