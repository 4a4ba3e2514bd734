"""A press mail as HTML: one rendering for a whole mailing, its styles put into the tags, since mail programs keep no
others. What follows the reader's own screen (its width, dark mode) stays in the head for those that read it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from markupsafe import Markup, escape

from commsched.core.content.markup import contact_to_html, to_html
from commsched.core.platform.contract import ChannelView
from commsched.core.platform.email import InlineImage, Letterhead
from commsched.core.press.words import Box, event_rows, genre, press_boxes
from commsched.platforms._presslist import messages
from commsched.platforms._presslist.foot import Foot
from commsched.platforms._presslist.messages import Ways

if TYPE_CHECKING:
    from css_inline import CSSInliner
    from jinja2 import Template

WIDTH: Final = 544
"""Pixels of a picture in the mail, at most: the sheet without its margins."""
LOGO: Final = (160, 48)
_TAG: Final = re.compile(r'<[a-z][^\s"<>]*(?:\s[^\s"<>=]+="[^"]*")*>')
_VALUE: Final = re.compile(r'"[^"]*"')


@cache
def _template() -> Template:
    """``templates/mail/press.html``: inside the package in a wheel, beside it in a checkout."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    package = Path(__file__).resolve().parents[2]
    folders = [package / "templates" / "mail", package.parent / "templates" / "mail"]
    environment = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("press.html")


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)


def html_body(
    view: ChannelView,
    ways: Ways,
    head: Letterhead,
    foot: Foot,
    picture: InlineImage | None,
    notice: str = "",
    about: str = "",
) -> str:
    """The mail as HTML. What was written as Markdown has been sanitised; everything else is escaped by the template."""
    content = view.content
    rendered = _template().render(
        content=content,
        head=head,
        subject=messages.subject(view, notice),
        logo_size=_within(head.logo, *LOGO),
        notice=notice,
        genre=genre(content),
        event=[(label, _markup(contact_to_html(said))) for label, said in event_rows(content)],
        corrected=messages.corrected(content),
        text=_markup(to_html(view.text)),
        picture=picture,
        picture_size=_within(picture, WIDTH, 10_000),
        picture_alt=view.pictures[0].alt if view.pictures else "",
        picture_link=ways.print_file(content),
        caption=messages.caption(view),
        boxes=_boxes(view),
        takes=messages.takes(content, ways, notice),
        attached=messages.attached(content, ways),
        about=about,
        foot=foot,
        by_mail=_by_mail(foot),
    )
    return _TAG.sub(_escape_values, _inliner().inline(rendered))


def _escape_values(tag: re.Match[str]) -> str:
    """The inliner writes ``<`` in attributes as it is, which is HTML; not every mail program reads it so."""
    return _VALUE.sub(lambda value: value.group().replace("<", "&lt;").replace(">", "&gt;"), tag.group())


def _markup(html: str) -> Markup:
    return Markup(html)  # noqa: S704  sanitised or escaped by core.content.markup


def _boxes(view: ChannelView) -> list[dict[str, object]]:
    return [{"heading": box.heading, "note": box.note, "html": _box_html(box)} for box in press_boxes(view.content)]


def _box_html(box: Box) -> Markup:
    match box.body:
        case "markup":
            return _markup(to_html(box.text, top=3))
        case "people":
            return _markup(f"<p>{contact_to_html(box.text)}</p>")
    return Markup("<p>") + escape(box.text).replace("\n", Markup("<br>")) + Markup("</p>")


def _by_mail(foot: Foot) -> Markup:
    """The address to which a reader writes who has no page to leave the list on."""
    if foot.leave_page or not foot.leave_address:
        return Markup("")
    address = quote(foot.leave_address, safe="@")
    return Markup('<a href="mailto:{}?subject=unsubscribe">{}</a>').format(address, foot.leave_address)


def _within(image: InlineImage | None, width: int, height: int) -> tuple[int, int]:
    """The size at which a picture is shown: its own, as far as it fits."""
    if image is None or not image.width or not image.height:
        return width, height
    scale = min(1.0, width / image.width, height / image.height)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))
