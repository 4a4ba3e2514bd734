"""What the PDF of a release says, as data: its labels in the item's language, its texts as trees. No file, no clock."""

from __future__ import annotations

from datetime import datetime

import msgspec

from commsched.core.content.markup import contact_to_html, plain_to_html, to_html
from commsched.core.content.model import Content
from commsched.core.press import words
from commsched.core.press.words import event_rows, genre, press_boxes
from commsched.core.text.catalogues import gettext, translate
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_, Message
from commsched.core.timing import dates, embargo
from commsched.services.press._tree import Node, tree

TALL = 0.75
"""Height by width above which a picture is set narrower, so that it never fills a page alone."""


class Origin(msgspec.Struct, frozen=True):
    """Whose release it is, and where and when it stands."""

    office: str
    zone: str
    now: datetime
    published_at: datetime | None = None
    """Empty for what is not out yet."""
    url: str = ""
    about: str = ""
    draft: bool = False
    """Whether nobody has approved it yet, which the sheet then says first."""


class Shown(msgspec.Struct, frozen=True):
    """The picture on the sheet: what is said of it, and its size in pixels."""

    alt: str
    credit: str
    width: int
    height: int
    caption: str = ""


class Box(msgspec.Struct, frozen=True):
    """A text that stands apart below the others."""

    heading: str
    note: str
    body: list[Node]


class Row(msgspec.Struct, frozen=True):
    """What an invitation says of its event."""

    label: str
    said: list[Node]


class Said(msgspec.Struct, frozen=True):
    text: str
    person: str


class Sheet(msgspec.Struct, frozen=True):
    """Everything that ``templates/pdf/release.typ`` reads, but for files and fonts."""

    title: str
    lang: str
    office: str
    genre: str
    notice: str
    dated: str
    corrected: str
    lead: str
    event: list[Row]
    body: list[Node]
    quotes: list[Said]
    boxes: list[Box]
    about: str
    url: str
    page: str
    alt: str
    caption: str
    picture_width: float
    logo_alt: str


def sheet(content: Content, text: str, origin: Origin, picture: Shown | None = None) -> Sheet:
    """The sheet of ``content`` with ``text`` as its running text."""
    language = known(content.language, SOURCE)
    release = content.kind == "release"
    return Sheet(
        title=content.title.strip() or content.lead.strip()[:80] or gettext(language, N_("Untitled")),
        lang=content.language.partition("-")[0] or "sv",
        office=origin.office,
        genre=genre(content),
        event=[Row(label, tree(f"<p>{contact_to_html(said)}</p>")) for label, said in event_rows(content)],
        notice=notice(content, origin),
        dated=dates.dated(origin.published_at, origin.zone, language) if origin.published_at else "",
        corrected=f"{gettext(language, N_('Corrected'))}: {content.correction}" if content.correction else "",
        lead=content.lead.strip(),
        body=tree(to_html(text) if release else plain_to_html(text)),
        quotes=[Said(each.text.strip(), each.speaker) for each in content.quotes],
        boxes=[Box(box.heading, box.note, tree(_html(box))) for box in press_boxes(content)],
        about="" if content.about.strip() else origin.about.strip(),
        url=origin.url,
        page=gettext(language, N_("Page")),
        alt=(picture.alt.strip() or _alt(picture, language)) if picture else "",
        caption=_below(picture, language) if picture else "",
        picture_width=_width(picture),
        logo_alt=translate(Message(N_("Logo of %(office)s"), {"office": origin.office}), language),
    )


def notice(content: Content, origin: Origin) -> str:
    """What must be read first: that nobody has approved it yet, and until when nobody may publish it."""
    language = known(content.language, SOURCE)
    words = [
        gettext(language, N_("Draft, not approved")) if origin.draft else "",
        embargo.notice(content.embargo, origin.zone, language, origin.now),
    ]
    return " · ".join(word for word in words if word)


def _html(box: words.Box) -> str:
    match box.body:
        case "markup":
            return to_html(box.text, top=3)
        case "people":
            return f"<p>{contact_to_html(box.text)}</p>"
    return plain_to_html(box.text)


def _below(picture: Shown, language: str) -> str:
    """What stands below a picture: its caption, and who took it."""
    return " ".join(words for words in (picture.caption.strip(), _credit(picture, language)) if words)


def _credit(picture: Shown, language: str) -> str:
    return translate(Message(N_("Photo: %(credit)s"), {"credit": picture.credit}), language) if picture.credit else ""


def _alt(picture: Shown, language: str) -> str:
    """A picture that nobody described has at least its maker in its place."""
    return _credit(picture, language) or gettext(language, N_("Picture"))


def _width(picture: Shown | None) -> float:
    """The share of the sheet's width that the picture takes."""
    if picture is None or not picture.width or picture.height <= TALL * picture.width:
        return 1.0
    return max(0.1, TALL * picture.width / picture.height)
