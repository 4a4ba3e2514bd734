"""What people write, as HTML that is safe to show: Markdown without raw HTML, then sanitised all the same."""

from __future__ import annotations

from functools import cache
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


def to_html(text: str) -> str:
    """``text`` as sanitised HTML. A line break is a line break; headings begin at level two."""
    tokens = _markdown().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 4)}"
    return str(_cleaner().clean(_markdown().renderer.render(tokens, _markdown().options, {})))


def first_words(text: str, limit: int) -> str:
    """The beginning of ``text`` on one line, cut between words, for previews and descriptions."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"
