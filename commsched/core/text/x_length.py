"""How long a text is on X: most letters weigh one, the others and every emoji two, and a link 23, however long it is.

The rules are those that X has published (twitter-text, version 3 of its configuration), written anew so that a hostile
text costs time in proportion to its length: every piece is taken whole, and nothing is tried twice. What a top level
domain is, linkify-it-py knows. ``tests/core/text/test_x_length.py`` has the published cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from commsched.core.text.length import tidy

if TYPE_CHECKING:
    import regex

URL_LENGTH: Final = 23
MOST_URL: Final = 4096
"""Characters of the longest address that is one to X, its host in punycode."""
MOST_SLUG: Final = 40
"""Letters behind ``t.co/``: with more it is no link of X's own, and so none at all."""
MOST_LABEL: Final = 63

_MORE_DOMAINS: Final = frozenset({"an", "bl", "bq", "eh", "mf", "onion", "tp", "um"})
"""Top level domains to X that are none, or none any longer."""

_SPACES: Final = r"\x09-\x0D\x20\x85\xA0\u1680\u180E\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
_DIRECTIONS: Final = r"\u202A-\u202E\u061C\u200E\u200F\u2066-\u2069"
_NEVER: Final = r"\uFFFE\uFEFF\uFFFF"
_PUNCTUATION: Final = r"!'#%&()*+,\\/:;<=>?@\[\]\^{|}~$"
_LATIN: Final = (
    r"\xC0-\xD6\xD8-\xF6\xF8-\u024F\u0253\u0254\u0256\u0257\u0259\u025B\u0263\u0268\u026F\u0272\u0289\u028B\u02BB"
    r"\u0300-\u036F\u1E00-\u1EFF"
)
_IN_PATH: Final = rf"[a-z\u0400-\u04FF0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_IN_QUERY: Final = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]"

_PATTERNS: Final = {
    "host": rf"[^{_SPACES}{_DIRECTIONS}{_NEVER}{_PUNCTUATION}]++",
    "latin": rf"[-a-z0-9{_LATIN}]++\Z",
    "scheme": r"https?://\Z",
    # One step of a path: a letter that may stand in it, or parentheses with such letters, one pair in another at most.
    "path": rf"/(?:{_IN_PATH}++|\((?:{_IN_PATH}++\)|{_IN_PATH}*+\({_IN_PATH}++\){_IN_PATH}*+\)))*+",
    "path ends": rf"[^-+a-z\u0400-\u04FF0-9=_#/{_LATIN})]++\Z",
    "query": rf"\?{_IN_QUERY}*+",
    "query ends": r"[^-a-z0-9_&=#/]++\Z",
    "port": r":[0-9]++",
    "own": r"https?://t\.co/([a-z0-9]++)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?",
    "punycode": r"xn--[-0-9a-z]++",
    "letters": r"(?-i:[0-9A-Za-z]++)(?![-+@])",
    "heavy": r"[^\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]",
    "emoji": (
        r"\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3"
        r"|\p{EP}(?:\p{Emoji_Modifier}|\uFE0F)?+(?:[\U000E0020-\U000E007E]++\U000E007F)?+"
        r"(?:\u200D\p{EP}(?:\p{Emoji_Modifier}|\uFE0F)?+){0,3}+"
    ),
}


@cache
def _pattern(name: str) -> regex.Pattern[str]:
    """Compiled on first use: importing ``regex`` is not free, and most processes never count."""
    import regex

    text = _PATTERNS[name].replace(r"\p{EP}", r"(?:\p{Extended_Pictographic}|\p{Emoji_Presentation})")
    return regex.compile(text, regex.IGNORECASE)


class Link(NamedTuple):
    """A link in a text: ``[start, end)`` in characters."""

    start: int
    end: int


@lru_cache(maxsize=32)  # a page asks of the same text several times, and of the same item again and again
def x_length(text: str) -> int:
    """What ``text`` weighs, as it is sent."""
    return weighted_length(tidy(text))


@lru_cache(maxsize=32)
def x_links(text: str) -> int:
    """How many links X sees in ``text``; it makes one of ``example.com`` and even of ``main.py``."""
    return len(links(tidy(text)))


def weighted_length(text: str) -> int:
    """What ``text`` weighs. It is taken as it is: normalising it is the caller's."""
    pieces, at = [], 0
    for link in links(text):
        pieces += [text[at : link.start], "x" * URL_LENGTH]
        at = link.end
    plain = _pattern("emoji").sub("\N{EURO SIGN}", "".join([*pieces, text[at:]]))
    return len(plain) + len(_pattern("heavy").findall(plain))


def links(text: str) -> list[Link]:
    """The links that X makes of ``text``, with a scheme or without, in order."""
    if "." not in text:
        return []
    taken, used = [], 0
    for run in _pattern("host").finditer(text):
        start, end = max(run.start(), used), run.end()
        if start < end and "." in run.group():
            for part in _in_run(text, start, end, used):
                taken += part.links
                used = part.end
    return taken


class _Part(NamedTuple):
    """A piece of text that is used up up to ``end``, and the links that were made of it."""

    links: list[Link]
    end: int


def _in_run(text: str, start: int, end: int, used: int) -> Iterator[_Part]:
    """What is made of a run of characters that hosts may have. Nothing before ``used`` is taken again."""
    labels = _Labels(text, start, end)
    scheme = _scheme_before(text, start, used)
    if scheme < start and (host_end := labels.host_end(0, start)):
        used = _after(text, host_end, end)
        yield _Part(_with_scheme(text, Link(scheme, used), Link(start, host_end)), used)
        start = used
    for host in labels.hosts(start, used):
        used = _after(text, host.end, end)
        yield _Part(_without_scheme(text, Link(host.start, used), host), used)


def _scheme_before(text: str, start: int, used: int) -> int:
    """Where an ``https://`` begins that ends at ``start``, if a link may begin there; else ``start``."""
    scheme = _pattern("scheme").search(text, max(used, start - 8), start)
    return scheme.start() if scheme and _may_begin(text, scheme.start(), used) else start


def _may_begin(text: str, at: int, used: int) -> bool:
    """Whether a link may begin at ``at``: what is before it is no letter, and no part of the link before."""
    if at == 0:
        return True
    before = text[at - 1]
    return at > used and not (before.isascii() and before.isalnum()) and before not in "@＠$#＃\ufffe\ufeff\uffff"


def _with_scheme(text: str, link: Link, host: Link) -> list[Link]:
    if not _is_real(text[host.start : host.end], link.end - link.start):
        return []
    own = _pattern("own").match(text, link.start, link.end)
    if own is None:
        return [link]
    return [Link(link.start, own.end())] if len(own[1]) <= MOST_SLUG else []


def _without_scheme(text: str, link: Link, host: Link) -> list[Link]:
    """The hosts of Latin letters in a host, since without a scheme only those are links; the last one has the path."""
    before = text[host.start - 1 : host.start]
    length = link.end - link.start + len("https://")
    if before in tuple("-_./") or not _is_real(text[host.start : host.end], length):
        return []
    hosts = list(_Labels(text, host.start, host.end, latin=True).hosts(host.start, host.start))
    if hosts and text[host.end : link.end].lstrip(":0123456789").startswith("/"):
        hosts[-1] = Link(hosts[-1].start, link.end)
    return hosts


def _after(text: str, host_end: int, run_end: int) -> int:
    """Where a link ends whose host does: behind its port, path and query, each where there is one."""
    if host_end < run_end:
        return host_end
    at = host_end
    for name in ("port", "path", "query"):
        piece = _pattern(name).match(text, at)
        if piece is None:
            continue
        end = piece.end()
        if name != "port" and (loose := _pattern(f"{name} ends").search(text, at + 1, end)):
            end = loose.start()
        if end > at + (name == "query"):
            at = end
    return at


def _is_real(host: str, length: int) -> bool:
    """Whether a host can be written in punycode, and an address of ``length`` characters is not too long with it."""
    labels = host.split(".")
    if any(len(label) > MOST_LABEL for label in labels) or len(host) > MOST_URL:
        return False
    try:
        written = sum(len(label.encode("idna")) + 1 for label in labels) - 1
    except UnicodeError:
        return False
    return length + written - len(host) <= MOST_URL


class _Labels:
    """The labels of a run, ``www`` and ``svt`` and ``se``, and which of them make a host together."""

    def __init__(self, text: str, start: int, end: int, latin: bool = False) -> None:
        self._text, self._latin = text, latin
        self._spans: list[tuple[int, int]] = []
        at = start
        for label in text[start:end].split("."):
            self._spans.append((at, at + len(label)))
            at += len(label) + 1
        self._tops = [_top_level(text, *span) for span in self._spans]
        self._far = [0] * (len(self._spans) + 1)
        for number in reversed(range(len(self._spans) - 1)):
            self._far[number] = self._reach(number, self._spans[number][0])

    def _reach(self, number: int, at: int) -> int:
        """The farthest label that may be the top level of a host beginning at ``at`` in label ``number``, or 0."""
        end = self._spans[number][1]
        if at >= end or not self._fits(at, end):
            return 0
        if self._far[number + 1]:
            return self._far[number + 1]
        named = self._latin or "_" not in self._text[at:end]
        return number + 1 if named and self._tops[number + 1] else 0

    def _fits(self, at: int, end: int) -> bool:
        """Whether a host may have ``[at, end)`` as one of its labels."""
        if self._latin:
            return _pattern("latin").match(self._text, at, end) is not None
        return self._text[at] not in "-_" and self._text[end - 1] not in "-_"

    def host_end(self, number: int, at: int) -> int:
        """Where a host ends that begins at ``at`` in label ``number``; 0 if none does."""
        return self._tops[self._reach(number, at)] if number + 1 < len(self._spans) and self._reach(number, at) else 0

    def hosts(self, start: int, used: int) -> Iterator[Link]:
        """The hosts from ``start`` on, each as long as it can be. A link begins behind what is used up."""
        for number, (first, end) in enumerate(self._spans[:-1]):
            if end <= start or not (self._far[number + 1] or self._tops[number + 1]):
                continue
            at = self._first_start(number, max(first, start), end, used)
            if at < end and (host_end := self.host_end(number, at)):
                yield Link(at, host_end)
                start = used = host_end

    def _first_start(self, number: int, at: int, end: int, used: int) -> int:
        """The first place in a label where a host may begin; its end if there is none."""
        if self._latin:
            letters = _pattern("latin").search(self._text, at, end)
            return letters.start() if letters else end
        if at == 0 and not self._text[0].isascii() and self._reach(number, 1):
            return 1  # to X a letter such as å, first of all, is what stands before a link
        if not self._far[number + 1]:  # then this label is the name, which has no underscore
            at = max(at, self._text.rfind("_", at, end) + 1)
        while at < end and (self._text[at] in "-_" or not _may_begin(self._text, at, used)):
            at += 1
        return at


def _top_level(text: str, start: int, end: int) -> int:
    """Where the top level domain ends that the label ``[start, end)`` begins with; 0 if it begins with none."""
    if start == end:
        return 0
    if code := _pattern("punycode").match(text, start, end):
        return int(code.end())
    domains, longest = _top_levels()
    letters = _pattern("letters").match(text, start)
    if letters and letters.group().lower() in domains:
        return int(letters.end())
    if text[start:end].isascii():
        return 0
    ends = range(min(start + longest, end), start, -1)
    return next((at for at in ends if text[start:at].lower() in domains and _is_closed(text, at)), 0)


def _is_closed(text: str, at: int) -> bool:
    after = text[at : at + 1]
    return not (after.isascii() and after.isalnum()) and after not in tuple("@+-")


@cache
def _top_levels() -> tuple[frozenset[str], int]:
    """All top level domains, in small letters, and the length of the longest."""
    from linkify_it.tlds import TLDS

    domains = {domain.lower().encode("ascii").decode("idna") for domain in TLDS} | _MORE_DOMAINS
    return frozenset(domains), max(map(len, domains))
