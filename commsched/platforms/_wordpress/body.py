"""An item as a page of a site: its headline, and its body as blocks that the site's own editor opens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape, unescape
from html.parser import HTMLParser
from typing import Final

import msgspec

from commsched.core.content.fields import boxes
from commsched.core.content.markup import contact_to_html, first_words, plain_to_html, shown_words, to_html
from commsched.core.content.release import Quote
from commsched.core.platform.contract import ChannelView
from commsched.core.text.catalogues import gettext
from commsched.core.text.languages import SOURCE, known
from commsched.core.text.length import split_thread
from commsched.core.text.messages import N_

_VOID: Final = frozenset({"br", "hr"})
_CORRECTED: Final = N_("Corrected")
_PHOTO: Final = N_("Photo")


class Image(msgspec.Struct, frozen=True):
    """A picture that the site has: its number and address there, its words."""

    id: str
    url: str
    alt: str = ""
    credit: str = ""


def headline(view: ChannelView) -> str:
    """The title, or how a post without one begins."""
    return view.content.title.strip() or first_words(split_thread(view.text)[0], 80)


def excerpt(view: ChannelView) -> str:
    """What stands in lists: what the writer has written for it, else how the item begins, if that is all there is to
    say in short."""
    own = view.options.get("excerpt", "").strip()
    return own or shown_words(view.content, view.text, 240)


def plain(text: str) -> str:
    """``text`` for a field in which a site reads HTML and shortcodes."""
    return _settled(escape(text, quote=False))


def credit(view: ChannelView, name: str) -> str:
    """Who took a picture, as readers see it; empty where nobody says."""
    return f"{gettext(_language(view), _PHOTO)}: {name.strip()}" if name.strip() else ""


def blocks(view: ChannelView, images: Sequence[Image] = ()) -> str:
    """The body. ``images`` are those that stand in it: the first of an item's pictures stands above."""
    content, language = view.content, _language(view)
    correction = f"{gettext(language, _CORRECTED)}: {content.correction}" if content.correction else ""
    sections = [
        _paragraph(f"<strong>{_lines(correction)}</strong>") if correction else "",
        _paragraph(f"<strong>{_lines(content.lead)}</strong>") if content.lead.strip() else "",
        _text(view),
        *(_image(image, credit(view, image.credit)) for image in images),
        *(_quote(said) for said in content.quotes if said.text.strip()),
        *(_box(gettext(language, heading), body) for heading, body in _boxes(view)),
        _link(content.link, view.text),
    ]
    return _settled("\n\n".join(section for section in sections if section))


def _language(view: ChannelView) -> str:
    return known(view.content.language, SOURCE)


def _text(view: ChannelView) -> str:
    if view.content.kind == "release":
        return as_blocks(to_html(view.text))
    return as_blocks("<hr>".join(plain_to_html(part) for part in split_thread(view.text)))


def _boxes(view: ChannelView) -> Iterator[tuple[str, str]]:
    """What stands below the text: the heading and its blocks. What says it all again is for editors, not readers."""
    for field, text in boxes(view.content):
        if field.repeats:
            continue
        match field.body:
            case "markup":
                yield field.heading, as_blocks(to_html(text, top=3))
            case "people":
                yield field.heading, _paragraph(contact_to_html(text))
            case _:
                yield field.heading, _paragraph(_lines(text))


def _lines(text: str) -> str:
    return escape(text.strip()).replace("\n", "<br>")


def _paragraph(inner: str) -> str:
    return _wrapped("paragraph", f"<p>{inner}</p>")


def _quote(said: Quote) -> str:
    cite = f"<cite>{escape(said.person.strip())}</cite>" if said.person.strip() else ""
    return _wrapped("quote", f'<blockquote class="wp-block-quote"><p>{_lines(said.text)}</p>{cite}</blockquote>')


def _box(heading: str, inner: str) -> str:
    head = _wrapped("heading", f'<h2 class="wp-block-heading">{escape(heading)}</h2>')
    return _wrapped("group", f'<div class="wp-block-group">{head}\n\n{inner}</div>')


def _image(image: Image, words: str) -> str:
    caption = f'<figcaption class="wp-element-caption">{escape(words)}</figcaption>' if words else ""
    known_there = int(image.id) if image.id.isdigit() else 0
    picture = f'<img src="{escape(image.url)}" alt="{escape(image.alt)}" class="wp-image-{known_there}"/>'
    figure = f'<figure class="wp-block-image size-full">{picture}{caption}</figure>'
    return _wrapped("image", figure, id=known_there, sizeSlug="full", linkDestination="none")


def _link(address: str, text: str) -> str:
    if not address.startswith(("https://", "http://")) or address in text:
        return ""
    return _paragraph(f'<a href="{escape(address)}">{escape(address)}</a>')


def _wrapped(name: str, inner: str, **attributes: str | int | bool) -> str:
    """``inner`` as a block of the site's editor."""
    facts = f" {json.dumps(attributes, separators=(',', ':'))}" if attributes else ""
    return f"<!-- wp:{name}{facts} -->\n{inner}\n<!-- /wp:{name} -->"


def _settled(html: str) -> str:
    """``html`` in which nothing is a shortcode, which a site would run: what was written in brackets is shown so."""
    return html.replace("[", "&#91;").replace("]", "&#93;")


def as_blocks(html: str) -> str:
    """Sanitised ``html`` with a block around each of its outermost elements."""
    pieces = _Pieces()
    pieces.feed(html.replace(' rel="noopener nofollow ugc"', ""))  # the office's own words on its own site
    pieces.close()
    return "\n\n".join(_block(tag, piece) for tag, piece in pieces.pieces if piece.strip())


def _block(tag: str, piece: str) -> str:
    match tag:
        case "p":
            return _wrapped("paragraph", piece)
        case "h2" | "h3" | "h4":
            shown = piece.replace(f"<{tag}>", f'<{tag} class="wp-block-heading">', 1)
            return _wrapped("heading", shown, **({} if tag == "h2" else {"level": int(tag[1])}))
        case "ul" | "ol":
            return _wrapped("list", piece, **({"ordered": True} if tag == "ol" else {}))
        case "blockquote":
            return _wrapped("quote", piece.replace("<blockquote>", '<blockquote class="wp-block-quote">', 1))
        case "pre":
            return _wrapped("code", piece.replace("<pre>", '<pre class="wp-block-code">', 1))
        case "hr":
            return _wrapped("separator", '<hr class="wp-block-separator has-alpha-channel-opacity"/>')
    return _wrapped("html", piece)


class _Pieces(HTMLParser):
    """Divides what has been sanitised, and is therefore well formed, into its outermost elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[tuple[str, str]] = []
        self._open = 0

    def _add(self, text: str, tag: str = "") -> None:
        if self._open or not (tag or text.strip()):
            if self.pieces:
                name, before = self.pieces[-1]
                self.pieces[-1] = (name, before + text)
        else:
            self.pieces.append((tag or "p", text if tag else f"<p>{text}</p>"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(self.get_starttag_text() or "", tag)
        if tag not in _VOID:
            self._open += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not self._open:
            return
        self._add(f"</{tag}>")
        self._open -= 1

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_entityref(self, name: str) -> None:
        self._add(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._add(f"&#{name};")


def words_of(html: str) -> str:
    """The words in ``html``, without what a site changes: for a comparison."""
    reader = _Words()
    with suppress(AssertionError):  # the parser gives up at a declaration that is none: what stood before it stands
        reader.feed(html)
        reader.close()
    return "".join(unescape(" ".join(reader.words)).split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)
