"""The words of a press mail. Its few labels are part of what is published, so they follow the item's language and not
that of the person who reads the office's pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from markupsafe import Markup

from commsched.core.content.fields import boxes
from commsched.core.content.markup import to_html, to_plain
from commsched.core.content.model import Content
from commsched.core.platform.contract import ChannelContext, ChannelView
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_
from commsched.core.timing import embargo

if TYPE_CHECKING:
    from jinja2 import Template

_LABELS: Final = {
    "pressmeddelande": N_("Press release"),
    "debattartikel": N_("Opinion article"),
    "insändare": N_("Letter to the editor"),
    "newsroom": N_("Read in the newsroom"),
    "correction": N_("Correction"),
    "corrected": N_("Corrected"),
    "preview": N_("Read it with its pictures before that, at an address of your own"),
    "leave": N_("Do you not want our press mailings? Answer “unsubscribe” to"),
}


def _language(content: Content) -> str:
    return known(content.language, SOURCE)


def _labels(view: ChannelView) -> dict[str, str]:
    language = _language(view.content)
    return {key: gettext(language, label) for key, label in _LABELS.items()}


def _boxes(content: Content) -> list[tuple[str, str, bool]]:
    """What stands below the text: its heading in the item's language, the text, and whether that is Markdown."""
    language = _language(content)
    return [(gettext(language, field.heading), text, field.body == "markup") for field, text in boxes(content)]


def embargo_notice(view: ChannelView, context: ChannelContext) -> str:
    """Until when it may not be published, in the item's language; empty once that has passed."""
    return embargo.notice(view.content.embargo, context.zone, _language(view.content), context.now())


def subject(view: ChannelView, notice: str = "") -> str:
    """The headline. An editor must see at once that it is under embargo (``notice``), or a correction of what they
    have got before."""
    content, word = view.content, _labels(view)["correction"]
    headline = content.title
    if content.correction and not headline.casefold().startswith(word.casefold()):
        headline = f"{word}: {headline}"
    return f"{notice}: {headline}" if notice else headline


def _corrected(view: ChannelView) -> str:
    return f"{_labels(view)['corrected']}: {view.content.correction}" if view.content.correction else ""


def text_body(view: ChannelView, url: str, leave: str, notice: str = "") -> str:
    """The mail as plain text: what a newsroom copies from. ``notice`` of an embargo stands before everything."""
    content, label = view.content, _labels(view)
    blocks = [
        notice,
        label.get(content.genre, "").upper() if content.kind == "release" else "",
        _corrected(view),
        content.title,
        content.lead,
        to_plain(view.text),
        *(f"– {said.text}\n{said.person}".strip() for said in content.quotes),
        *(_headed(heading, to_plain(text) if markup else text) for heading, text, markup in _boxes(content)),
        content.link,
        f"{label['preview' if notice else 'newsroom']}: {url}" if url else "",
        f"-- \n{label['leave']} {leave}" if leave else "",
    ]
    return "\n\n".join(block.rstrip().lstrip("\n") for block in blocks if block.strip()) + "\n"


def foot(view: ChannelView, url: str, leave: str, notice: str = "") -> list[str]:
    """What stands below the words: the item's link, the newsroom's (under embargo the secret one), and how to leave
    the list."""
    content, label = view.content, _labels(view)
    read = f"{label['preview' if notice else 'newsroom']}: {url}" if url else ""
    lines = [content.link, read, f"{label['leave']} {leave}" if leave else ""]
    return [line for line in lines if line]


def _headed(label: str, text: str) -> str:
    return f"{label}\n{text.strip()}" if text.strip() else ""


@cache
def _template() -> Template:
    """``templates/mail/press.html``: inside the package in a wheel, beside it in a checkout."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    package = Path(__file__).resolve().parents[2]
    folders = [package / "templates" / "mail", package.parent / "templates" / "mail"]
    environment = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("press.html")


def html_body(view: ChannelView, url: str, leave: str, notice: str = "") -> str:
    """The mail as HTML. ``to_html`` gives what has been sanitised; everything else is escaped by the template."""
    content, label = view.content, _labels(view)
    return _template().render(
        content=content,
        label=label,
        notice=notice,
        read=label["preview" if notice else "newsroom"],
        genre=label.get(content.genre, "") if content.kind == "release" else "",
        corrected=_corrected(view),
        text=Markup(to_html(view.text)),  # noqa: S704  sanitised by to_html
        boxes=[
            (heading, Markup(to_html(text)) if markup else text, markup)  # noqa: S704
            for heading, text, markup in _boxes(content)
        ],
        url=url,
        leave=leave,
        leave_address=quote(leave, safe="@"),
    )
