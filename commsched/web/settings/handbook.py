"""The handbook, as a page of the office: the same file that lies in ``docs``, with a table of contents."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from flask import Blueprint, Response, abort, send_from_directory, url_for
from markupsafe import Markup

from commsched.core.access.routes import allow
from commsched.web.http.request_context import page

if TYPE_CHECKING:
    from markdown_it.token import Token

bp = Blueprint("handbook", __name__, url_prefix="/w/<slug>/handbok")
_PACKAGE: Final = Path(__file__).resolve().parents[2]
_PICTURES: Final = "pictures/"


class Heading(msgspec.Struct, frozen=True):
    """A heading of the second or third level, and the anchor it is found by."""

    level: int
    words: str
    anchor: str


class Handbook(msgspec.Struct, frozen=True):
    """The whole book: HTML of our own making, since the file is ours, without its first heading."""

    html: str
    headings: list[Heading]


def folder() -> Path:
    """Where the handbook lies: inside the package in a wheel, beside it in a checkout."""
    inside = _PACKAGE / "docs"
    return inside if inside.is_dir() else _PACKAGE.parent / "docs"


def anchor_of(words: str) -> str:
    """A heading as its reader's browser knows it, the same as where the file is shown elsewhere."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


@lru_cache(maxsize=1)
def book() -> Handbook:
    """The handbook, read once a process. Pictures are named by their bare file name, as ``#picture:…``."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((folder() / "handbok.md").read_text("utf-8"))
    headings: list[Heading] = []
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            words = _plain(tokens[place + 1])
            headings.append(Heading(int(token.tag[1]), words, anchor_of(words)))
            token.attrSet("id", anchor_of(words))
        for child in token.children or ():
            _lead_inside(child)
    first = next((place for place, token in enumerate(tokens) if token.type == "heading_close"), -1)
    html: str = parser.renderer.render(tokens[first + 1 :], parser.options, {})
    return Handbook(html, headings)


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _lead_inside(token: Token) -> None:
    """Pictures are loaded when they come into view; their address is put in when the page is written."""
    if token.type == "image":
        token.attrSet("src", f"#picture:{str(token.attrGet('src') or '').removeprefix(_PICTURES)}")
        token.attrSet("loading", "lazy")
        token.attrSet("class", "handbook-picture")


@bp.get("/")
@allow("read")
def index() -> str:
    pictures = url_for("handbook.picture", name="")
    html = book().html.replace('src="#picture:', f'src="{pictures}')
    return page("settings/handbook.html", html=Markup(html), headings=book().headings)  # noqa: S704 (our own file)


@bp.get("/pictures/")
@bp.get("/pictures/<name>")
@allow("read")
def picture(name: str = "") -> Response:
    if not name.endswith(".png"):
        abort(404)
    response = send_from_directory(folder() / "pictures", name, conditional=True)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
