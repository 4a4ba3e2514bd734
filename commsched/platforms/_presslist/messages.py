"""The words of a press mail. Its few labels are part of what is published, so they follow the item's language and not
that of the person who reads the office's pages."""

from __future__ import annotations

from typing import Final

import msgspec

from commsched.core.content.markup import to_plain
from commsched.core.content.model import ENDINGS, SUFFIXES, Attachment, Content
from commsched.core.media.documents import described
from commsched.core.platform.contract import ChannelContext, ChannelView
from commsched.core.press import lengths
from commsched.core.press.words import Box, event_rows, genre, language_of, press_boxes
from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_
from commsched.core.timing import embargo
from commsched.platforms._presslist.foot import Foot

_LABELS: Final = {
    "newsroom": N_("Read in the newsroom"),
    "kit": N_("Pictures in print quality and the text (zip)"),
    "files": N_("The text as files (zip)"),
    "pdf": N_("The release as a PDF"),
    "print": N_("Picture in print quality"),
    "photo": N_("Photo: %(credit)s"),
    "answer": N_("Say whether you come"),
    "attached": N_("Attached: %(documents)s"),
    "corrected": N_("Corrected"),
    "preview": N_("Read it with its pictures before that, at an address of your own"),
}


class Ways(msgspec.Struct, frozen=True):
    """Where a mail leads: the newsroom or, under embargo, the secret address; and where its reader answers."""

    page: str = ""
    """The release's own page, without a slash at its end; empty for a list whose releases stand nowhere."""
    files: str = ""
    """What stands before a picture's name where it is fetched in print quality; empty as above."""
    attaches: bool = False
    """The list wants documents as files."""
    answer: str = ""
    """Where its reader says whether they come to what it invites to."""
    language: str = ""
    """The tag of the language that the mail is in, where that is not the release's own."""
    secret: bool = False
    """Whether it leads to the secret address of an embargo."""

    @property
    def read(self) -> str:
        """The release's own page, in its reader's language."""
        if not (self.page and self.language):
            return self.page
        return f"{self.page}?language={self.language}" if self.secret else f"{self.page}/in/{self.language}"

    @property
    def pdf(self) -> str:
        asked = f"?language={self.language}" if self.language else ""
        return f"{self.page}/release.pdf{asked}" if self.page else ""

    @property
    def kit(self) -> str:
        return f"{self.page}/press.zip" if self.page else ""

    @property
    def carries(self) -> bool:
        """Whether documents come with the mail: also where there is no address at which they could be fetched."""
        return self.attaches or not self.files

    def document(self, document: Attachment) -> str:
        """Where a document is fetched."""
        return f"{self.files}/documents/{document.sha256}{ENDINGS.get(document.mime, '')}"

    def print_file(self, content: Content) -> str:
        """Where the first picture is fetched as it was approved."""
        first = content.pictures[0] if content.pictures else None
        return f"{self.files}/{first.sha256}{SUFFIXES.get(first.mime, '')}?download=1" if first and self.files else ""


def labels(content: Content) -> dict[str, str]:
    """The mail's own words in the item's language."""
    language = language_of(content)
    return {key: gettext(language, label) for key, label in _LABELS.items()}


def embargo_notice(view: ChannelView, context: ChannelContext) -> str:
    """Until when it may not be published, in the item's language; empty once that has passed."""
    return embargo.notice(view.content.embargo, context.zone, language_of(view.content), context.now())


def subject(view: ChannelView, notice: str = "") -> str:
    """The headline. An editor must see at once that it is under embargo (``notice``), or a correction of what they
    have got before."""
    content = view.content
    return lengths.subject(content.title, f"{notice}: " if notice else "", lengths.corrects_with(content))


def corrected(content: Content) -> str:
    """What is corrected, in a sentence; empty for an original."""
    return f"{labels(content)['corrected']}: {content.correction}" if content.correction else ""


def caption(view: ChannelView) -> str:
    """What stands below the picture: its caption, and who took it."""
    if not view.pictures:
        return ""
    first = view.pictures[0]
    photo = labels(view.content)["photo"] % {"credit": first.credit} if first.credit else ""
    return " ".join(words for words in (first.title.strip(), photo) if words)


def takes(content: Content, ways: Ways, notice: str = "") -> list[tuple[str, str]]:
    """What an editor fetches: words and address, in the order in which they are wanted. Under embargo (``notice``) all
    of it is behind the secret address."""
    label = labels(content)
    rows = [(label["answer"], ways.answer), (label["preview" if notice else "newsroom"], ways.read)]
    if content.kind == "release":
        rows += [(label["kit" if content.pictures else "files"], ways.kit), (label["pdf"], ways.pdf)]
    if not ways.carries:
        rows += [(_described(each, content), ways.document(each)) for each in content.documents]
    if content.link.startswith(("https://", "http://")):
        rows.append((content.link, content.link))
    return [(words, url) for words, url in rows if url]


def attached(content: Content, ways: Ways) -> str:
    """What comes with the mail as files; empty where nothing does."""
    if not (ways.carries and content.documents):
        return ""
    return labels(content)["attached"] % {
        "documents": ", ".join(_described(each, content) for each in content.documents)
    }


def _described(document: Attachment, content: Content) -> str:
    return described(document.title, document.mime, document.size, language_of(content))


def text_body(view: ChannelView, ways: Ways, foot: Foot, notice: str = "", about: str = "", office: str = "") -> str:
    """The mail as plain text: what a newsroom copies from. ``notice`` of an embargo stands before everything."""
    content = view.content
    blocks = [
        notice,
        genre(content).upper(),
        content.title,
        corrected(content),
        content.lead,
        "\n".join(f"{label}: {said}" for label, said in event_rows(content)),
        _picture_lines(view, ways),
        to_plain(view.text),
        *(f"– {said.text}\n{said.speaker}".strip() for said in content.quotes),
        *(_headed(box) for box in press_boxes(content)),
        "\n".join(words if words == url else f"{words}: {url}" for words, url in takes(content, ways, notice)),
        attached(content, ways),
        _signed(foot, about, office),
    ]
    return "\n\n".join(block.rstrip().lstrip("\n") for block in blocks if block.strip()) + "\n"


def _picture_lines(view: ChannelView, ways: Ways) -> str:
    """The picture for who reads without pictures: what it shows, who took it, where it is fetched."""
    if not view.pictures:
        return ""
    url = ways.print_file(view.content)
    fetch = f"{labels(view.content)['print']}: {url}" if url else ""
    return "\n".join(line for line in (f"[{view.pictures[0].alt}]", caption(view), fetch) if line.strip("[]"))


def _signed(foot: Foot, about: str, office: str) -> str:
    """What stands below the line that ends a mail."""
    why, *ways_out = foot.lines()
    return "-- \n" + "\n\n".join(block for block in (office, about.strip(), why, "\n".join(ways_out)) if block)


def below(view: ChannelView, ways: Ways, foot: Foot, notice: str = "", about: str = "") -> list[str]:
    """What stands below the words: what may be fetched, what the office says of itself, and the mail's foot."""
    taken = takes(view.content, ways, notice)
    lines = [words if words == url else f"{words}: {url}" for words, url in taken]
    lines.append(attached(view.content, ways))
    return [line for line in (*lines, *about.strip().split("\n"), *foot.lines()) if line]


def _headed(box: Box) -> str:
    head = f"{box.heading} ({box.note.rstrip('.')})" if box.note else box.heading
    return f"{head}\n{to_plain(box.text) if box.body == 'markup' else box.text}"
