"""Finds the authors of each field of a version, for the rule that no one approves their own words. Pure.

Every field has *hands*: the people who wrote its content. A person who saves new content in a field joins the hands of
the content before. A field that is set back to an earlier content gets the hands it had then, whoever sets it back:
undoing a change removes its author, and returning words keep their writer. Emptying a field does not remove hands: the
next content of it still has them.

A person may *accept* a version: then every field of it counts as theirs and no longer as its writers'. So a writer can
approve their own text only after another person has accepted it, and two people have always agreed to every word. Later
changes have new hands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from commsched.core.text.json_values import JsonObject

NOTHING: Final = b""
"""How a field that says nothing is known."""
BEGUN: Final = "begun"
"""A field that every item has: its author is the person who began the item, until another person accepts it."""
PICTURES: Final = "pictures"
"""The field that words of the library (alt texts, credits, cards) go out with."""
_CHOSEN: Final = ("text", "options", "mentions")
"""What somebody decides for one channel, besides how its pictures are cropped: the forms of mentions too, since whoever
writes may write in their book."""


def fields(canonical_bytes: bytes) -> dict[str, bytes]:
    """Every field of a version that somebody wrote or chose, as a short mark of what it says.

    The digest of a list's recipients is left out: it follows the list, and nobody typed it. So is the card of a link,
    which are its page's words.
    """
    plain: JsonObject = msgspec.json.decode(canonical_bytes)
    plain.pop("card", None)
    channels: list[JsonObject] = plain.pop("channels", [])
    if channels:
        plain["channels"] = [channel["channel"] for channel in channels]
    for channel in channels:
        plain |= {f"{key}-{channel['channel']}": channel[key] for key in _CHOSEN if key in channel}
        if "crop" in channel and "pictures" in channel:  # files without a crop follow from what the channel takes
            plain[f"crop-{channel['channel']}"] = [channel["crop"], channel["pictures"]]
    return {name: _mark(value) for name, value in plain.items()}


def _mark(value: object) -> bytes:
    if value in ("", [], {}):
        return NOTHING
    return hashlib.blake2b(msgspec.json.encode(value, order="deterministic"), digest_size=16).digest()


class SavedVersion(msgspec.Struct, frozen=True):
    """One save. ``said``: :func:`fields` of what was saved."""

    author: int | None
    said: Mapping[str, bytes]
    lent: frozenset[int] = frozenset()
    """Who wrote what its pictures brought along from the library."""
    accepted: Sequence[int | None] = ()
    """Those who accepted it as it stood, in order."""


def writers(versions: Iterable[SavedVersion]) -> set[int]:
    """Everyone who wrote or accepted any content of the last of ``versions``, in the order of their saves."""
    hands: dict[str, _Hands] = {}
    for version in versions:
        for name in version.said.keys() | hands.keys():
            lent = version.lent if name == PICTURES else frozenset()
            hands.setdefault(name, _Hands()).save(version.author, version.said.get(name, NOTHING), lent)
        for person in version.accepted:
            for field in hands.values():
                field.accept(person)
    return {person for hand in hands.values() for person in hand.standing if person is not None}


class _Hands:
    """One field through its versions."""

    def __init__(self) -> None:
        self.known: dict[bytes, frozenset[int | None]] = {NOTHING: frozenset()}
        self.now = NOTHING
        self.last: frozenset[int | None] = frozenset()

    def save(self, author: int | None, mark: bytes, lent: frozenset[int]) -> None:
        if mark != self.now:
            self.known.setdefault(mark, self.last | {author} | lent)
            self.now = mark
        if mark != NOTHING:
            self.last = self.known[mark]

    def accept(self, person: int | None) -> None:
        if self.now != NOTHING:
            self.known[self.now] = self.last = frozenset((person,))

    @property
    def standing(self) -> frozenset[int | None]:
        return self.known[self.now]
