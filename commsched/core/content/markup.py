"""What people write, as HTML that is safe to show: Markdown without raw HTML, then sanitised all the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from commsched.core.content.markup_blocks import (
    add_notes,
    align_cells,
    all_referred,
    may_have_notes,
    note_number,
    plain_table,
)
from commsched.core.content.model import Content
from commsched.core.text.clean import clean
from commsched.core.text.length import THREAD_MARK, link_in

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token
    from nh3 import Cleaner

TAGS: Final = frozenset(
    {"p", "br", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "hr", "code", "pre"}
    | {"table", "thead", "tbody", "tr", "th", "td", "sup", "section"}
)
"""No images: pictures are chosen in the composer, where they get their alt text."""
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


_ENDS: Final = ".,:;!?'»”«“’‘›…]}*_~"
"""What closes the sentence or the emphasis around a link and is no part of it."""
_LONGEST_LINK: Final = 2000
_LINK: Final = re.compile(r"https?://[^\s<>\[\]\"`]++", re.IGNORECASE)
_LOCAL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HOST: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::\d{1,5})?(?:[/?#].*)?", re.DOTALL)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+-]*:(?!\d)")


def _bare_link(text: str, start: int) -> str:
    """The link that begins at ``start`` in ``text``, or nothing."""
    match = _LINK.match(text, start, start + _LONGEST_LINK + 1)
    link = link_in(match.group(), _ENDS) if match else ""
    return link if 0 < len(link) <= _LONGEST_LINK and link.partition("://")[2].strip("/") else ""


def with_scheme(address: str) -> str:
    """``address`` as a browser and a mail program can follow it from anywhere: what was written without a scheme gets
    the scheme it means. Empty for an address within a site, which leads nowhere from a mail or a feed."""
    if _SCHEME.match(address):
        return address
    if _LOCAL.fullmatch(address):
        return f"mailto:{address}"
    bare = address.removeprefix("//")
    return f"https://{bare}" if _HOST.fullmatch(bare) else ""


MOST_BRACKETS: Final = 1_000
"""Above it brackets are read as brackets: to look for the end of every one that may begin a link costs too much."""


@cache
def _markdown(links: bool = True, notes: bool = False) -> MarkdownIt:
    """CommonMark with tables and without what programmers write in it: an indented paragraph is a paragraph, and two
    dashes below a line are the end of a letter. Footnotes are read where ``notes`` says so."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).enable("table")
    parser.disable(["image", "code", "lheading", "reference"])
    if not links:
        parser.disable(["link"])
    parser.inline.ruler.after("text", "bare_link", _read_bare_link)
    parser.inline.ruler.before("emphasis", "star_in_word", _read_star)
    if notes:
        add_notes(parser)
    return parser


def _read_bare_link(state: StateInline, silent: bool) -> bool:
    """The rule for bare links. It is part of the grammar, so that it knows code, emphasis and other links; it is called
    at the colon."""
    pos = state.pos
    if silent or state.linkLevel or not state.src.startswith("://", pos):
        return False
    size = next((n for n in (5, 4) if state.pending[-n:].lower() == ("https" if n == 5 else "http")), 0)
    if not size or state.pending[-size - 1 : -size].isalnum():
        return False
    link = _bare_link(state.src, pos - size)
    href = state.md.normalizeLink(link)
    if not link or not state.md.validateLink(href):
        return False
    state.pending = state.pending[:-size]
    opened = state.push("link_open", "a", 1)
    opened.attrs, opened.info = {"href": href}, "auto"
    state.push("text", "", 0).content = state.md.normalizeLinkText(link)
    state.push("link_close", "a", -1).info = "auto"
    state.pos = pos - size + len(link)
    return True


def _read_star(state: StateInline, silent: bool) -> bool:
    """A star between two letters or digits is a star: ``2*3*4``, ``kolleg*innen``."""
    around = state.src[max(0, state.pos - 1) : state.pos + 2]
    if not (len(around) == 3 and around[1] == "*" and around[0].isalnum() and around[2].isalnum()):
        return False
    if not silent:
        state.pending += "*"
    state.pos += 1
    return True


def parse_blocks(text: str) -> list[Token]:
    """``text``, cleaned already, as the parser reads it: links as they were written, footnotes as they stand."""
    return _markdown(text.count("[") <= MOST_BRACKETS).parse(text)


def _with_notes(text: str) -> list[Token]:
    """``text``, cleaned already, with its footnotes at its end."""
    if may_have_notes(text) and text.count("[") <= MOST_BRACKETS:
        env: dict[str, object] = {}
        tokens = _markdown(notes=True).parse(text, env)
        if all_referred(env):
            return tokens
    return parse_blocks(text)


def _tokens(text: str) -> list[Token]:
    tokens = _with_notes(clean(text))
    align_cells(tokens)
    for token in tokens:
        if token.children:
            token.children = _followable(token.children)
    return tokens


def _followable(children: list[Token]) -> list[Token]:
    """The pieces of a paragraph, every link with its scheme. Of a link that leads nowhere only the words stay."""
    kept, dropped = [], []
    for child in children:
        if child.type == "link_open":
            child.attrs["href"] = with_scheme(str(child.attrs.get("href", "")))
            dropped.append(not child.attrs["href"])
        gone = bool(dropped) and dropped[-1] and child.type in ("link_open", "link_close")
        if not gone:
            kept.append(child)
        if child.type == "link_close":
            dropped.pop()
    return kept


@cache
def _cleaner() -> Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS),
        attributes={
            "a": {"href", "title", "id"},
            "ol": {"start"},
            "li": {"id"},
            "th": {"align"},
            "td": {"align"},
        },
        url_schemes=set(SCHEMES),
        link_rel="noopener nofollow ugc",
    )


_REACHABLE: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}"
    r"|(?<![\w@.+(-])(?:\+\d{1,3}[ \xa0]?(?:\(0\))?|\(0\d{1,3}\)|0\d)[-\d \xa0\u2010-\u2013]{4,16}\d(?![\w@])"
)


@lru_cache(maxsize=32)  # a page shows the same text for several channels, and again each time it is opened
def to_html(text: str, top: int = 2) -> str:
    """``text`` as sanitised HTML. A line break is a line break; bare links are links.

    Headings begin at level ``top`` and skip none, however many marks the writer used, so that the outline is whole.
    """
    tokens = _tokens(text)
    _settle_headings(tokens, top)
    anchors = {"notes": f"n{hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=3).hexdigest()}"}
    parser = _markdown(notes="[^" in text)
    html = parser.renderer.render(tokens, parser.options, anchors)
    whole = html.encode("utf-8", "replace").decode()  # half a surrogate pair is no character: the cleaner refuses it
    return _cleaner().clean(whole)


def _settle_headings(tokens: list[Token], top: int) -> None:
    levels: list[int] = []  # the writer's own levels that are open now; how many there are is the level shown
    for token in tokens:
        if token.type == "heading_open":
            wish = int(token.tag[1])
            levels = [*(level for level in levels if level < wish), wish]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(top + len(levels) - 1, 4)}"


def plain_to_html(text: str) -> str:
    """Text that is not Markdown, such as a post: paragraphs, line breaks and links, every character as it was typed."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", clean(text)) if part.strip()]
    return "".join(f"<p>{_linked(part)}</p>" for part in paragraphs)


def _linked(text: str) -> str:
    pieces, end = [], 0
    for match in _LINK.finditer(text):
        link = "" if text[match.start() - 1 : match.start()].isalnum() else _bare_link(text, match.start())
        if link:
            shown = escape(re.sub(r"^https?://(www\.)?", "", link, flags=re.IGNORECASE))
            pieces += [
                escape(text[end : match.start()]),
                f'<a href="{escape(link)}" rel="noopener nofollow ugc">{shown}</a>',
            ]
            end = match.start() + len(link)
    return "".join([*pieces, escape(text[end:])]).replace("\n", "<br>")


def to_plain(text: str, addresses: bool = True) -> str:
    """Markdown as text that can be printed: no stars, lists with dashes, tables in columns, notes at the end, and
    behind a link's words its address."""
    lines: list[str] = []
    mark, depth = "", 0
    tokens = iter(_tokens(text))
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
                mark = "  " * depth
                if not depth:
                    lines.append("")
            case "list_item_open" | "footnote_open":
                mark = _mark_of(token, depth)
            case "table_open":
                lines += [*plain_table(_rows(tokens, addresses)), ""]
            case "inline":
                lines.append(mark + _words_of(token.children or [], addresses))
                mark = "  " * depth
                if not depth:
                    lines.append("")
            case "fence" | "code_block":
                lines += [token.content.rstrip(), ""]
    return "\n".join(lines).strip()


def _mark_of(token: Token, depth: int) -> str:
    """What stands before an entry of a list, or before a footnote."""
    if token.type == "footnote_open":
        return f"[{note_number(token)}] "
    return "  " * (depth - 1) + (f"{token.info}. " if token.info else "- ")


def _rows(tokens: Iterator[Token], addresses: bool) -> list[list[str]]:
    """The cells of a table, row by row, taken from ``tokens`` up to its end."""
    rows: list[list[str]] = []
    for token in takewhile(lambda token: token.type != "table_close", tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words_of(token.children or [], addresses))
    return rows


def _words_of(children: list[Token], addresses: bool) -> str:
    said, links = [], []
    for child in children:
        match child.type:
            case "text" | "code_inline":
                said.append(child.content)
            case "softbreak" | "hardbreak":
                said.append("\n")
            case "footnote_ref":
                said.append(f"[{note_number(child)}]")
            case "link_open":
                links.append((child, len(said)))
            case "link_close":
                opened, start = links.pop()
                said += _address_behind("".join(said[start:]), opened) if addresses else []
    return "".join(said)


def _address_behind(words: str, opened: Token) -> list[str]:
    """The address of a link in parentheses, unless its words are the address already, however that is spelt."""
    href = str(opened.attrs["href"])
    if opened.info == "auto" or _markdown().normalizeLink(with_scheme(words)) == href:
        return []
    bare = href.removeprefix("mailto:").removeprefix("tel:")
    return [] if bare == words else [f" ({_markdown().normalizeLinkText(bare)})"]


def contact_to_html(text: str) -> str:
    """A press contact, where addresses and telephone numbers can be pressed: it is read on a phone."""
    pieces, end = [], 0
    for match in _REACHABLE.finditer(text):
        shown = match.group()
        href = f"mailto:{shown}" if "@" in shown else _tel(shown)
        pieces += [escape(text[end : match.start()]), f'<a href="{escape(href)}">{escape(shown)}</a>']
        end = match.end()
    return "".join([*pieces, escape(text[end:])]).strip().replace("\n", "<br>")


def _tel(shown: str) -> str:
    """``+46 (0)8-123 45`` is +46812345: the nought in parentheses is for those who do not dial the country."""
    return f"tel:{re.sub('[^0-9+]', '', shown.replace('(0)', '') if shown.startswith('+') else shown)}"


def first_words(text: str, limit: int) -> str:
    """The beginning of ``text`` on one line, cut between words, for previews and descriptions."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"


def shown_words(content: Content, text: str, limit: int) -> str:
    """How an item begins, as a reader sees it: for lists, feeds, previews and letters. ``text`` is the one that is
    shown; that of a release is Markdown, whose marks are for whoever sets it."""
    begins = text[: 10 * limit]
    plain = (
        to_plain(begins, addresses=False) if content.kind == "release" else begins.partition(f"\n{THREAD_MARK}\n")[0]
    )
    return first_words(content.lead or content.short or plain, limit)
