"""A list that fills itself: which contacts belong on it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from commsched.core.text.json_values import JsonObject


class Segment(msgspec.Struct, frozen=True):
    """Whom a list is for. Of each kind that is named one must fit; a kind that is not named asks for nothing."""

    beats: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.beats or self.areas or self.languages)

    def fits(self, beats: Collection[str], areas: Collection[str], language: str) -> bool:
        """Whether a contact with those beats and areas (folded to lower case) belongs on the list. A contact without a
        language of its own reads the office's, which the caller names."""
        return (
            bool(self)
            and (not self.beats or not set(self.beats).isdisjoint(beats))
            and (not self.areas or not set(self.areas).isdisjoint(areas))
            and (not self.languages or language in self.languages)
        )

    def kept(self) -> JsonObject:
        """As it is stored with its channel: what it does not ask for is left out."""
        return {name: list(words) for name, words in msgspec.structs.asdict(self).items() if words}


def segment_of(kept: JsonObject) -> Segment:
    """The segment that a channel keeps; one that asks for nothing where it keeps none."""
    return msgspec.convert(kept, Segment) if kept else Segment()
