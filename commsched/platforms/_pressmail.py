"""The words of a press mail. Its few labels are part of what is published, so they follow the item's language and not
that of the person who reads the office's pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from markupsafe import Markup

from commsched.core.content.markup import to_html, to_plain
from commsched.core.platform.contract import Draft
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.messages import N_

if TYPE_CHECKING:
    from jinja2 import Template

_LABELS: Final = {
    "pressmeddelande": N_("Press release"),
    "debattartikel": N_("Opinion article"),
    "insändare": N_("Letter to the editor"),
    "facts": N_("Facts"),
    "short": N_("Short version"),
    "contact": N_("Press contact"),
    "newsroom": N_("Read in the newsroom"),
    "correction": N_("Correction"),
    "corrected": N_("Corrected"),
    "leave": N_("Do you not want our press mailings? Answer “unsubscribe” to"),
}


def _labels(draft: Draft) -> dict[str, str]:
    language = known(draft.language, SOURCE)
    return {key: gettext(language, label) for key, label in _LABELS.items()}


def subject(draft: Draft) -> str:
    """The headline; an editor must see at once that it is a correction of what they have got before."""
    word = _labels(draft)["correction"]
    if not draft.correction or draft.title.casefold().startswith(word.casefold()):
        return draft.title
    return f"{word}: {draft.title}"


def _corrected(draft: Draft) -> str:
    return f"{_labels(draft)['corrected']}: {draft.correction}" if draft.correction else ""


def text_body(draft: Draft, url: str, leave: str) -> str:
    """The mail as plain text: what a newsroom copies from."""
    label = _labels(draft)
    blocks = [
        label.get(draft.genre, "").upper() if draft.kind == "release" else "",
        _corrected(draft),
        draft.title,
        draft.lead,
        to_plain(draft.text),
        *(f"– {said.text}\n{said.person}".strip() for said in draft.quotes),
        _headed(label["facts"], to_plain(draft.facts)),
        _headed(label["short"], draft.short),
        _headed(label["contact"], draft.contact),
        draft.link,
        f"{label['newsroom']}: {url}" if url else "",
        f"-- \n{label['leave']} {leave}" if leave else "",
    ]
    return "\n\n".join(block.rstrip().lstrip("\n") for block in blocks if block.strip()) + "\n"


def foot(draft: Draft, url: str, leave: str) -> list[str]:
    """What stands below the words: the item's link, the newsroom's, and how to leave the list."""
    label = _labels(draft)
    lines = [draft.link, f"{label['newsroom']}: {url}" if url else "", f"{label['leave']} {leave}" if leave else ""]
    return [line for line in lines if line]


def _headed(label: str, text: str) -> str:
    return f"{label}\n{text.strip()}" if text.strip() else ""


@cache
def _template() -> Template:
    """``templates/mail/press.html``: inside the package in a wheel, beside it in a checkout."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    package = Path(__file__).resolve().parents[1]
    folders = [package / "templates" / "mail", package.parent / "templates" / "mail"]
    environment = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("press.html")


def html_body(draft: Draft, url: str, leave: str) -> str:
    """The mail as HTML. ``to_html`` gives what has been sanitised; everything else is escaped by the template."""
    label = _labels(draft)
    return _template().render(
        draft=draft,
        label=label,
        genre=label.get(draft.genre, "") if draft.kind == "release" else "",
        corrected=_corrected(draft),
        text=Markup(to_html(draft.text)),  # noqa: S704  sanitised by to_html
        facts=Markup(to_html(draft.facts)) if draft.facts.strip() else "",  # noqa: S704
        url=url,
        leave=leave,
        leave_address=quote(leave, safe="@"),
    )
