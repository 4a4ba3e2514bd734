"""What people write, as HTML that is safe to show: Markdown without raw HTML, then sanitised all the same."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any, Final

TAGS: Final = frozenset(
    {"p", "br", "em", "strong", "s", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "hr", "code", "pre"}
)
"""No images and no tables: pictures are chosen in the composer, where they get their alt text."""
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}).disable("image")


@cache
def _cleaner() -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS), attributes={"a": {"href", "title"}, "ol": {"start"}}, url_schemes=set(SCHEMES),
        link_rel="noopener nofollow ugc",
    )  # fmt: skip


_BARE_URL: Final = re.compile(r"(?<![\w(\"'<\[=/])https?://[^\s<>\[\]\"`]*[^\s<>\[\]\"`).,:;!?'»”]")


_REACHABLE: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@.-])(?:\+|0)\d[\d  –-]{5,16}\d(?![\w@])")


def to_html(text: str, top: int = 2) -> str:
    """``text`` as sanitised HTML. A line break is a line break; bare links are links.

    Headings begin at level ``top`` and skip none, however many marks the writer used, so that the outline is whole.
    """
    tokens = _markdown().parse(_BARE_URL.sub(r"<\g<0>>", text))
    _settle_headings(tokens, top)
    made = _markdown().renderer.render(tokens, _markdown().options, {})
    whole = made.encode("utf-8", "replace").decode()  # half a surrogate pair is no character: the cleaner refuses it
    return str(_cleaner().clean(whole))


def _settle_headings(tokens: list[Any], top: int) -> None:
    levels: list[int] = []  # the writer's own levels that are open now; how many there are is the level shown
    for token in tokens:
        if token.type == "heading_open":
            wish = int(token.tag[1])
            levels = [*(level for level in levels if level < wish), wish]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(top + len(levels) - 1, 4)}"


def plain_to_html(text: str) -> str:
    """Text that is not Markdown, such as a post: paragraphs, line breaks and links, every character as it was typed."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    return "".join(f"<p>{_linked(part)}</p>" for part in paragraphs)


def _linked(text: str) -> str:
    made, end = [], 0
    for match in _BARE_URL.finditer(text):
        url = escape(match.group())
        shown = escape(re.sub(r"^https?://(www\.)?", "", match.group()))
        made += [escape(text[end : match.start()]), f'<a href="{url}" rel="noopener nofollow ugc">{shown}</a>']
        end = match.end()
    return "".join([*made, escape(text[end:])]).replace("\n", "<br>")


def to_plain(text: str) -> str:
    """Markdown as text that can be printed: no stars, lists with dashes, the address of a link behind its words."""
    lines: list[str] = []
    mark, depth = "", 0
    for token in _markdown().parse(_BARE_URL.sub(r"<\g<0>>", text)):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
                mark = "  " * depth
                if not depth:
                    lines.append("")
            case "list_item_open":
                mark = "  " * (depth - 1) + (f"{token.info}. " if token.info else "- ")
            case "inline":
                lines.append(mark + _words_of(token.children or []))
                mark = "  " * depth
                if not depth:
                    lines.append("")
            case "fence" | "code_block":
                lines += [token.content.rstrip(), ""]
    return "\n".join(lines).strip()


def _words_of(children: list[Any]) -> str:
    said, links = [], []
    for child in children:
        match child.type:
            case "text" | "code_inline":
                said.append(child.content)
            case "softbreak" | "hardbreak":
                said.append("\n")
            case "link_open":
                links.append((child.attrGet("href") or "", len(said)))
            case "link_close":
                href, start = links.pop()
                if "".join(said[start:]) != href:
                    said.append(f" ({href})")
    return "".join(said)


def contact_to_html(text: str) -> str:
    """A press contact, where addresses and telephone numbers can be pressed: it is read on a phone."""
    made, end = [], 0
    for match in _REACHABLE.finditer(text):
        shown = match.group()
        href = f"mailto:{shown}" if "@" in shown else f"tel:{re.sub(r'[^0-9+]', '', shown)}"
        made += [escape(text[end : match.start()]), f'<a href="{escape(href)}">{escape(shown)}</a>']
        end = match.end()
    return "".join([*made, escape(text[end:])]).strip().replace("\n", "<br>")


def first_words(text: str, limit: int) -> str:
    """The beginning of ``text`` on one line, cut between words, for previews and descriptions."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"
