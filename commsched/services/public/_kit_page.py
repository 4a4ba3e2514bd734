"""A publication as a page that needs nothing beside it: for newsrooms whose systems take HTML."""

from __future__ import annotations

from html import escape

from commsched.core.content.markup import contact_to_html, plain_to_html, to_html
from commsched.core.press.words import Box, event_rows, press_boxes
from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_
from commsched.services.public.newsroom import Publication


def page(entry: Publication, url: str, language: str) -> str:
    """``entry``, which stands at ``url``, as one HTML document. What was written as Markdown has been sanitised;
    everything else is escaped here."""
    content = entry.content
    corrected = f"{gettext(language, N_('Corrected:'))} {content.correction}" if content.correction else ""
    blocks = [
        f"<h1>{escape(entry.headline)}</h1>",
        f"<p>{escape(corrected)}</p>" if corrected else "",
        f"<p><strong>{escape(content.lead)}</strong></p>" if content.lead else "",
        "".join(
            f"<p><strong>{escape(label)}:</strong> {contact_to_html(said)}</p>" for label, said in event_rows(content)
        ),
        entry.html(),
        *(f"<blockquote><p>{escape(q.text)}</p><p>{escape(q.speaker)}</p></blockquote>" for q in content.quotes),
        *(f"<h2>{escape(box.heading)}</h2>{_box(box)}" for box in press_boxes(content)),
        f'<p><a href="{escape(url)}">{escape(url)}</a></p>' if url else "",
    ]
    body = "\n".join(block for block in blocks if block)
    head = f'<!doctype html>\n<html lang="{escape(content.language)}">\n<head><meta charset="utf-8">'
    return f"{head}<title>{escape(entry.headline)}</title></head>\n<body>\n{body}\n</body>\n</html>\n"


def _box(box: Box) -> str:
    match box.body:
        case "markup":
            return to_html(box.text, top=3)
        case "people":
            return f"<p>{contact_to_html(box.text)}</p>"
    return plain_to_html(box.text)
