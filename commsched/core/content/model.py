"""What an item says, and the hash that an approval binds to.

The same structs are the API's schema, the composer's model and what the publisher sends, so that there is
one description of an item. A revision stores :func:`canonical` bytes; an approval stores their SHA-256.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from commsched.core.content.release import TRANSLATED, ContactPerson, Event, LanguageVersion, Quote
from commsched.core.media.crops import Crop
from commsched.core.media.documents import FORMS
from commsched.core.text.clean import settled

Kind = Literal["post", "release", "letter"]
Genre = Literal["pressmeddelande", "debattartikel", "insändare", "pressinbjudan"]

MAX_TEXT = 200_000
"""Characters in any one text. Above it the input is refused at the edge, before any rule looks at it."""


AttachmentKind = Literal["picture", "video", "document"]


class Captions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said in a video, for those who do not hear it."""

    text: str
    """WebVTT, as :func:`commsched.core.media.captions.webvtt` spells it."""
    language: str = "sv"


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes with the words, as a reader meets it: a picture where nothing else is said. The file is known by the
    SHA-256 of its bytes."""

    sha256: str
    alt: str = ""
    mime: str = "image/jpeg"
    width: int = 0
    height: int = 0
    credit: str = ""
    kind: AttachmentKind = "picture"
    title: str = ""
    """What a document is called where it is offered; of a picture, what stands below it."""
    size: int = 0
    """Of a document, in bytes: readers are told before they fetch it."""
    duration: int = 0
    """Of a video, in milliseconds."""
    poster: str = ""
    """The SHA-256 of the picture that stands for a video."""
    captions: list[Captions] = []
    """Of a video, at most one in a language."""
    burn: bool = False
    """Whether its captions are written into the pictures where a network takes no file of them."""
    codec: str = ""
    """Of a video's pictures, by FFmpeg's name; empty where it was taken in before that was noted."""


class Rendition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture or a video as one channel gets it: cropped, smaller, of another kind. A file of its own, known by the
    SHA-256 of its bytes."""

    of: str
    """The SHA-256 of the item's picture that it was made from."""
    sha256: str
    mime: str = "image/jpeg"
    width: int = 0
    height: int = 0
    codec: str = ""
    """Of a video."""
    burnt: bool = False
    """Whether a video's captions are in its pictures."""


class ChannelContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the item differs on one channel. ``text=None`` means the item's own text."""

    channel: int
    text: str | None = None
    options: dict[str, str] = {}
    recipients: str = ""
    """SHA-256 over the sorted addresses of a list, so that an approval covers who gets it."""
    crop: Crop = ""
    """The shape its pictures were asked to be shown in."""
    pictures: list[Rendition] = []
    """The pictures and videos that go out there as another file than the item's own."""
    mentions: dict[str, str] = {}
    """What stands there for each name that is mentioned (``core.content.mentions``), so that an approval covers it."""


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a link leads to, as its page said when it was fetched: for networks that show the card they are given. It is
    part of what is approved, and nobody reads the page again before it goes out."""

    url: str
    """The link that it is the card of, as it stands in the item."""
    title: str = ""
    description: str = ""
    picture: str = ""
    """The SHA-256 of the page's picture, as our own file: a JPEG. Empty where it has none."""
    width: int = 0
    height: int = 0

    def as_attachment(self) -> Attachment:
        """Its picture, as whatever goes with the words is described. Who does not see it has the title."""
        return Attachment(sha256=self.picture, alt=self.title, width=self.width, height=self.height)


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything a reader would see, on every channel. Times are RFC 3339 in UTC."""

    kind: Kind = "post"
    title: str = ""
    text: str = ""
    lead: str = ""
    genre: Genre = "pressmeddelande"
    short: str = ""
    facts: str = ""
    quotes: list[Quote] = []
    contact: str = ""
    """Whom the press may call, as running text: what releases had before :attr:`contacts`."""
    contacts: list[ContactPerson] = []
    about: str = ""
    """What the office says of itself below a release. It is copied from the settings when a release is begun, so that
    a later change there changes nothing that was approved."""
    event: Event | None = None
    """What a press invitation is to."""
    event_aside: Event | None = None
    """An event that was written while the genre is another than an invitation's: kept for whoever changes the genre
    back, and shown to no reader."""
    versions: list[LanguageVersion] = []
    """The same in other languages, under the one approval."""
    link: str = ""
    language: str = "sv"
    attachments: list[Attachment] = msgspec.field(default_factory=list, name="pictures")
    """What goes with the words, in order. Stored as ``pictures``, as it was called while there was nothing else: a list
    of pictures keeps its hash."""
    channels: list[ChannelContent] = []
    embargo: str = ""
    corrects: str = ""
    """The uid of the published item whose place it takes in the office's own newsroom, for a correction."""
    correction: str = ""
    """What is corrected, in a sentence that readers see."""
    answers: str = ""
    """The number of the comment on a network that it answers: an approval is of these words as an answer to it."""
    card: Card | None = None
    """What its link leads to, where it goes to a channel that is given a card."""

    def on(self, channel: int) -> ChannelContent:
        """What was decided for ``channel``; raises ``KeyError`` where the item does not go there."""
        for part in self.channels:
            if part.channel == channel:
                return part
        raise KeyError(channel)

    def text_on(self, channel: int) -> str:
        """The text as it goes out on ``channel``."""
        own = self.on(channel).text
        return self.text if own is None else own

    @property
    def languages(self) -> list[str]:
        """Every language that it is written in, its own first."""
        return [self.language, *(version.language for version in self.versions)]

    def in_language(self, language: str) -> Content:
        """The content as its reader in ``language`` gets it: the version in that language, else in its main language
        (``en`` for ``en-GB``), else as it is. What has no language (pictures, people to call, the event) is the same
        in all."""
        version = _version_in(self.versions, self.language, language)
        if version is None:
            return self
        texts = {name: getattr(version, name) for name in TRANSLATED}
        own = [msgspec.structs.replace(channel, text=None) for channel in self.channels]
        return msgspec.structs.replace(
            self, language=version.language, quotes=version.quotes, channels=own, versions=[], **texts
        )

    @property
    def pictures(self) -> list[Attachment]:
        """Those of its attachments that are pictures."""
        return [attachment for attachment in self.attachments if attachment.kind == "picture"]

    @property
    def documents(self) -> list[Attachment]:
        """Those of its attachments that are documents."""
        return [attachment for attachment in self.attachments if attachment.kind == "document"]

    @property
    def videos(self) -> list[Attachment]:
        """Those of its attachments that are videos."""
        return [attachment for attachment in self.attachments if attachment.kind == "video"]

    def attachments_on(self, channel: int) -> list[Attachment]:
        """What goes with the words on ``channel``: the very files that an approval covers."""
        if not self.attachments:
            return []
        renditions = {rendition.of: rendition for rendition in self.on(channel).pictures}
        return [_as_rendered(attachment, renditions.get(attachment.sha256)) for attachment in self.attachments]

    def sent_on(self, channel: int) -> list[Attachment]:
        """Every file that may be sent to ``channel``: also the picture of its link's card."""
        card = [self.card.as_attachment()] if self.card and self.card.picture else []
        return [*self.attachments_on(channel), *card]

    def pictures_on(self, channel: int) -> list[Attachment]:
        """The pictures among :meth:`attachments_on`."""
        return [attachment for attachment in self.attachments_on(channel) if attachment.kind == "picture"]

    def files(self) -> set[str]:
        """The SHA-256 of every file that belongs to it, whatever the channel."""
        originals = {attachment.sha256 for attachment in self.attachments}
        card = {self.card.picture} if self.card and self.card.picture else set()
        return originals | card | {rendition.sha256 for channel in self.channels for rendition in channel.pictures}

    def stills(self) -> set[str]:
        """The SHA-256 of every picture that readers see as the library has it: also what stands for a video."""
        return {picture.sha256 for picture in self.pictures} | {video.poster for video in self.videos if video.poster}


def _version_in(versions: list[LanguageVersion], own: str, wanted: str) -> LanguageVersion | None:
    """The version for a reader in ``wanted``; ``None`` where the item's own language suits them as well."""
    by_tag = {version.language.lower(): version for version in versions}
    tag = wanted.lower()
    while tag and tag != own.lower():
        if tag in by_tag:
            return by_tag[tag]
        tag = tag.rpartition("-")[0]
    return None


def _as_rendered(original: Attachment, rendition: Rendition | None) -> Attachment:
    if rendition is None:
        return original
    captions = [] if rendition.burnt else original.captions
    return msgspec.structs.replace(
        original,
        sha256=rendition.sha256,
        mime=rendition.mime,
        width=rendition.width,
        height=rendition.height,
        codec=rendition.codec,
        burn=rendition.burnt,
        captions=captions,
    )


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Content)


def nfc(value: object) -> object:
    """``value`` with every string in Unicode NFC, so that å is å however it was typed."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {nfc(key): nfc(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [nfc(item) for item in value]
    return value


def canonical(content: Content) -> bytes:
    """The one spelling of ``content``: UTF-8 JSON, sorted keys, NFC, channels by number, defaults left out."""
    ordered = msgspec.structs.replace(content, channels=sorted(content.channels, key=lambda c: c.channel))
    return _encoder.encode(nfc(_as_plain(ordered)))


def _as_plain(value: object) -> object:
    """``value`` as plain values. A field that *equals* its default is left out: ``omit_defaults`` leaves out only the
    very object, so that "sv" typed into a form and "sv" never mentioned would get two hashes."""
    if isinstance(value, list):
        return [_as_plain(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
    values = {spelled: getattr(value, name) for name, spelled in names}
    defaults = _defaults(type(value))
    return {name: _as_plain(field) for name, field in values.items() if name not in defaults or field != defaults[name]}


@cache
def _defaults(kind: type[msgspec.Struct]) -> dict[str, object]:
    """The default of every field of ``kind`` that has one."""
    fields = msgspec.structs.fields(kind)
    defaults = {field.encode_name: field.default for field in fields if field.default is not msgspec.NODEFAULT}
    return defaults | {f.encode_name: f.default_factory() for f in fields if f.default_factory is not msgspec.NODEFAULT}


def printable(content: Content) -> Content:
    """``content`` as it may be kept: cleaned and in NFC. Raises :class:`commsched.core.text.messages.Invalid` by its
    field."""
    return msgspec.convert(settled(msgspec.to_builtins(content)), Content)


def digest(canonical_bytes: bytes) -> str:
    """SHA-256 in hex: what an approval names and the publisher recomputes."""
    return hashlib.sha256(canonical_bytes).hexdigest()


def parse(data: bytes | str) -> Content:
    """Read stored content. Raises ``msgspec.ValidationError`` naming the path of what is wrong."""
    return _decoder.decode(data)


def addresses_digest(addresses: list[str]) -> str:
    """SHA-256 over a list of e-mail addresses with their names, whatever their order and case, and whether they stand
    on lines of their own or between commas."""
    entries = {entry.strip().casefold() for line in addresses for entry in line.split(",")}
    folded = sorted(entries - {""})
    return hashlib.sha256("\n".join(folded).encode()).hexdigest()


SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
"""How a picture's file ends, by what it is."""
_FILMS = {"video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm"}
ENDINGS = SUFFIXES | _FILMS | {form.mime: form.suffix for form in FORMS.values()}
"""How an attachment's file ends."""
