"""What an item already says, put where a card asks for it, so that nobody types the same words twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from commsched.core.content.markup import first_words, to_plain
from commsched.core.content.model import Content
from commsched.core.text.languages import known
from commsched.core.timing import dates

_BULLETS: Final = ("- ", "* ", "• ", "– ")
_ENDS: Final = (". ", "! ", "? ")


def proposals(content: Content, publish_at: datetime | None, zone: str) -> dict[str, str]:
    """What ``content`` proposes, by the name of a card's field. Fields that it has nothing for are left out."""
    quote = content.quotes[0] if content.quotes else None
    text = to_plain(content.text, addresses=False) if content.kind == "release" else content.text
    headline = content.title or _sentence(text)
    language = known(content.language)
    lead = content.lead or content.short
    bullets = [line.strip()[2:].strip() for line in text.splitlines() if line.strip().startswith(_BULLETS)]
    words = {
        **dict.fromkeys(("headline", "title", "says", "to"), headline),
        **dict.fromkeys(("lead", "sub", "excerpt"), lead),
        "quote": quote.text if quote else "",
        "person": quote.person if quote else "",
        "points": "\n".join(bullets) if len(bullets) > 1 else "",
        "rows": "\n".join(bullets) if len(bullets) > 1 and all(_figure(line) for line in bullets) else "",
        "date": dates.long_day(dates.local(publish_at, zone).date(), language) if publish_at else "",
    }
    return {name: text for name, text in words.items() if text.strip()}


def fitted(words: Mapping[str, str], limits: Mapping[str, int], rows: Callable[[str], int]) -> dict[str, str]:
    """``words`` for the fields in ``limits``, cut between words where it is too long; ``rows`` keep their lines."""
    cut = {}
    for name in limits.keys() & words.keys():
        most = rows(name)
        lines = words[name].splitlines()[:most] if most else [words[name]]
        cut[name] = "\n".join(first_words(line, limits[name] // len(lines)) for line in lines)
    return cut


def _sentence(text: str) -> str:
    """The first sentence of the first line that says something, without its full stop."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    cuts = [place + 1 for end in _ENDS if (place := line.find(end)) > 0]
    return line[: min(cuts)].removesuffix(".") if cuts else line.removesuffix(".")


def _figure(line: str) -> bool:
    return ":" in line and any(char.isdigit() for char in line.rpartition(":")[2])
