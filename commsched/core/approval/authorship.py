"""Whose words stand in a version: the rule behind "nobody approves their own words". Pure.

Every field has *hands*: those who wrote what stands in it. Whoever saves a field with words that never stood there
before joins the hands of the words they changed. A field that is put back exactly as it once stood gets the hands it
had then, whoever put it back: an undone change leaves nobody behind, and words that return are still their writer's.
To empty a field takes nobody's hands off what is typed into it next.

Somebody may *accept* a version as it stands: then its words are theirs, in every field, and no longer those of whoever
had typed them. So words by one person and a yes by the same person go out only after another has taken them on: two
people have always seen and agreed to each word. What is changed after that has new hands.
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
"""The field that everybody's item has: who began it has a hand in it, until somebody else accepts it."""
PICTURES: Final = "pictures"
"""The field that words of the library (alt texts, credits, cards) go out with."""
_CHOSEN: Final = ("text", "options")
"""What somebody decides for one channel, besides how its pictures are cropped."""


def fields(canonical_bytes: bytes) -> dict[str, bytes]:
    """Every field of a version that somebody wrote or chose, as a short mark of what it says.

    The digest of a list's recipients is left out: it follows the list, and nobody typed it.
    """
    plain: JsonObject = msgspec.json.decode(canonical_bytes)
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
    """Whoever wrote any of what stands in the last of ``versions``, or has taken it on; in the order saved."""
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
