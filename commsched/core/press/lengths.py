"""How long a release's headline and short version may be: the one rule that the check, the composer's counter and the
approver's page say. Nothing is stopped by it.

A headline is counted as the subject that it becomes, with the embargo and the word of a correction before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from commsched.core.content.model import Content
from commsched.core.press.words import is_called_off
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_, Message

CORRECTION: Final = N_("Correction")
CALLED_OFF: Final = N_("Called off")


class Room(msgspec.Struct, frozen=True):
    """How many characters there is room for: ``good`` fit everywhere, more than ``most`` are cut."""

    good: int
    most: int


SUBJECT: Final = Room(40, 80)
"""What a telephone shows of a subject in its list of mails, and what mail programs on a screen do."""
SHORT: Final = Room(600, 800)
"""A newspaper's short item: what is printed as it stands, and where one begins to cut."""

_TOO_LONG: Final = {
    "title": N_(
        "The subject becomes %(count)s characters with what stands before the headline: mail programs show about "
        "%(most)s, a telephone about %(good)s."
    ),
    "short": N_(
        "The short version is %(count)s characters: newspapers print about %(good)s as they stand, and cut what is "
        "over %(most)s."
    ),
}

State = Literal["fits", "long", "over"]


class Length(msgspec.Struct, frozen=True):
    """How long a text is, in characters (Unicode's code points), as it will stand where it is read."""

    field: Literal["title", "short"]
    language: str
    """Empty for the release's own."""
    text: str
    """As the release has it."""
    notice: str
    """The embargo that comes first in a subject, with what divides it from the rest; empty without one."""
    word: str
    """What a correction's headline begins with; empty for an original."""

    @property
    def room(self) -> Room:
        return SUBJECT if self.field == "title" else SHORT

    @property
    def whole(self) -> str:
        """The text with what stands before it."""
        return subject(self.text, self.notice, self.word) if self.text else ""

    @property
    def count(self) -> int:
        return len(self.whole)

    @property
    def state(self) -> State:
        if self.count > self.room.most:
            return "over"
        return "long" if self.count > self.room.good else "fits"


def too_long(length: Length) -> Message | None:
    """What to say of a text that is cut where it is read; nothing of one that is not."""
    if length.state != "over":
        return None
    return Message(_TOO_LONG[length.field], {"count": length.count, "good": length.room.good, "most": length.room.most})


def subject(headline: str, notice: str = "", word: str = "") -> str:
    """The subject that ``headline`` becomes: first ``notice``, then ``word`` unless the headline begins with it."""
    corrects = word and not headline.casefold().startswith(word.casefold())
    return f"{notice}{word}: {headline}" if corrects else f"{notice}{headline}"


def corrects_with(content: Content) -> str:
    """The word that a correction's headline begins with, in the content's language; empty for an original. Of an
    event that is called off it says that, whoever reads it."""
    word = CALLED_OFF if is_called_off(content) else CORRECTION if content.correction else ""
    return gettext(known(content.language, SOURCE), word) if word else ""


def headline_length(content: Content, notice: str = "", language: str = "") -> Length:
    """The length of the headline as the subject it becomes."""
    whole = msgspec.structs.replace(content, correction=content.correction or content.corrects)
    return Length("title", language, content.title.strip(), notice, corrects_with(whole))


def lengths(content: Content, notices: Mapping[str, str]) -> Iterator[Length]:
    """The length of the headline and the short version, in each language of a release. ``notices`` are what stands
    before the headline in a subject by the tag of each language: the embargo."""
    if content.kind != "release":
        return
    for tag in content.languages:
        said = content.in_language(tag)
        own = "" if tag == content.language else tag
        yield headline_length(said, notices.get(tag, ""), own)
        yield Length("short", own, said.short.strip(), "", "")
