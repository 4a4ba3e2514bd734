"""The words of a press mail. Its few labels are part of what is published, so they follow the item's language, not
the language of the person who reads the office's pages."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import quote

from commsched.core.content.fields import boxes
from commsched.core.content.markup import to_html, to_plain
from commsched.core.content.model import Content
from commsched.core.platform.contract import ChannelView
from commsched.core.text.catalogues import gettext

_LABELS: Final = {
    "sv": {
        "pressmeddelande": "Pressmeddelande",
        "debattartikel": "Debattartikel",
        "insändare": "Insändare",
        "newsroom": "Läs i pressrummet",
        "correction": "Rättelse",
        "corrected": "Rättat",
        "leave": "Vill du inte få våra pressutskick? Svara ”avregistrera” till",
    },
    "en": {
        "pressmeddelande": "Press release",
        "debattartikel": "Opinion article",
        "insändare": "Letter to the editor",
        "newsroom": "Read in the newsroom",
        "correction": "Correction",
        "corrected": "Corrected",
        "leave": "Do you not want our press mailings? Answer “unsubscribe” to",
    },
}
_BODY = "font:17px/1.55 Georgia,'Times New Roman',serif;color:#1b1f24;max-width:38em;margin:0 auto;padding:16px"
_SANS = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_BOX = f"{_SANS};font-size:15px;border-left:3px solid #9aa4af;padding:2px 0 2px 14px;margin:24px 0"


def _language(content: Content) -> str:
    return "sv" if content.language.startswith("sv") else "en"


def _labels(view: ChannelView) -> dict[str, str]:
    return _LABELS[_language(view.content)]


def _boxes(content: Content) -> list[tuple[str, str, bool]]:
    """What stands below the text: its heading in the item's language, the text, and whether that is Markdown."""
    language = _language(content)
    return [(gettext(language, field.heading), text, field.body == "markup") for field, text in boxes(content)]


def subject(view: ChannelView) -> str:
    """The headline; an editor must see at once that it is a correction of what they have got before."""
    content, word = view.content, _labels(view)["correction"]
    if not content.correction or content.title.casefold().startswith(word.casefold()):
        return content.title
    return f"{word}: {content.title}"


def _corrected(view: ChannelView) -> str:
    return f"{_labels(view)['corrected']}: {view.content.correction}" if view.content.correction else ""


def text_body(view: ChannelView, url: str, leave: str) -> str:
    """The mail as plain text: what a newsroom copies from."""
    content, label = view.content, _labels(view)
    blocks = [
        label.get(content.genre, "").upper() if content.kind == "release" else "",
        _corrected(view),
        content.title,
        content.lead,
        to_plain(view.text),
        *(f"– {said.text}\n{said.person}".strip() for said in content.quotes),
        *(_headed(heading, to_plain(text) if markup else text) for heading, text, markup in _boxes(content)),
        content.link,
        f"{label['newsroom']}: {url}" if url else "",
        f"-- \n{label['leave']} {leave}" if leave else "",
    ]
    return "\n\n".join(block.rstrip().lstrip("\n") for block in blocks if block.strip()) + "\n"


def foot(view: ChannelView, url: str, leave: str) -> list[str]:
    """What stands below the words: the item's link, the newsroom's, and how to leave the list."""
    content, label = view.content, _labels(view)
    lines = [content.link, f"{label['newsroom']}: {url}" if url else "", f"{label['leave']} {leave}" if leave else ""]
    return [line for line in lines if line]


def _headed(label: str, text: str) -> str:
    return f"{label}\n{text.strip()}" if text.strip() else ""


def html_body(view: ChannelView, url: str, leave: str) -> str:
    """The mail as HTML that needs no pictures and follows nobody."""
    content, label = view.content, _labels(view)
    genre = label.get(content.genre, "") if content.kind == "release" else ""
    pieces = [
        f'<p style="{_SANS};font-size:13px;letter-spacing:.06em;text-transform:uppercase;color:#57606a;margin:0">'
        f"{escape(genre)}</p>"
        if genre
        else "",
        f"<p><strong>{_lines(_corrected(view))}</strong></p>" if content.correction else "",
        f'<h1 style="{_SANS};font-size:27px;line-height:1.2;margin:6px 0 16px">{escape(content.title)}</h1>',
        f"<p><strong>{_lines(content.lead)}</strong></p>" if content.lead.strip() else "",
        to_html(view.text),
        *(
            f'<blockquote style="margin:22px 0;padding-left:18px;border-left:3px solid #57606a"><p style="margin:0">'
            f'– {_lines(said.text)}</p><p style="{_SANS};font-size:14px;margin:6px 0 0;color:#57606a">'
            f"{escape(said.person)}</p></blockquote>"
            for said in content.quotes
        ),
        *(_box(head, to_html(text) if markup else f"<p>{_lines(text)}</p>") for head, text, markup in _boxes(content)),
        _link(content.link, content.link),
        _link(url, label["newsroom"]),
        f'<p style="{_SANS};font-size:13px;color:#57606a;margin-top:36px">{escape(label["leave"])} '
        f'<a href="mailto:{quote(leave, safe="@")}?subject=unsubscribe">{escape(leave)}</a></p>'
        if leave
        else "",
    ]
    head = f'<!doctype html><html lang="{escape(content.language)}"><head><meta charset="utf-8">'
    return f'{head}<title>{escape(content.title)}</title></head><body style="{_BODY}">{"".join(pieces)}</body></html>'


def _lines(text: str) -> str:
    return escape(text.strip()).replace("\n", "<br>")


def _box(label: str, html: str) -> str:
    return f'<div style="{_BOX}"><strong>{escape(label)}</strong>{html}</div>' if html else ""


def _link(url: str, words: str) -> str:
    if not url.startswith(("https://", "http://")):
        return ""
    return f'<p><a href="{escape(url)}">{escape(words)}</a></p>'
