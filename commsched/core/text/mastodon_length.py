"""How long a text is on Mastodon: graphemes, a link as long as the server says, and of a mention only the name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from commsched.core.text.length import graphemes, link_in, tidy

if TYPE_CHECKING:
    from regex import Match, Pattern

URL_LENGTH: Final = 23
"""What a link costs, however long it is, where the server does not say."""
_PATTERNS: Final = {
    # Runs are taken whole and possessively, so that hostile text costs linear time.
    "url": r"https?://[^\s<>\"]++",
    "mention": r"(?<![\w/@.])@([a-z0-9_](?:[a-z0-9_.-]*+(?<![.-]))?+)@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*+)",
}


@cache
def _pattern(name: str) -> Pattern[str]:
    """Compiled on first use: importing ``regex`` is not free, and most processes never count."""
    import regex

    return regex.compile(_PATTERNS[name], regex.IGNORECASE)


def mastodon_length(text: str, url_length: int = URL_LENGTH) -> int:
    """Graphemes, where a link with a scheme counts ``url_length`` and ``@user@server`` counts ``@user``."""

    def local(match: Match[str]) -> str:
        mention = match.group()
        return "@" + match.group(1) + mention[len(mention.rstrip(".-")) :]

    return graphemes(_pattern("mention").sub(local, _shorten(tidy(text), url_length)))


def _shorten(text: str, length: int) -> str:
    """``text`` with every link replaced by ``length`` letters; punctuation that closes a sentence stays."""

    def replace(match: Match[str]) -> str:
        run = match.group()
        link = link_in(run)
        host = link.partition("://")[2].partition("/")[0]
        return "x" * length + run[len(link) :] if "." in host.strip(".") else run

    return _pattern("url").sub(replace, text)
