"""Little text: what LinkedIn calls a text in which some signs mean something.

One that is not escaped cuts the post off where it stands, in silence. Source: LinkedIn's documentation of the format.
"""

from __future__ import annotations

import re
from typing import Final

from commsched.core.text.length import tidy

_RESERVED: Final = re.compile(r"[\\|{}@\[\]()<>#*_~]")
_MENTION: Final = r"@\[[^\[\]()@{}|\\]{1,200}\]\(urn:li:(?:organization|person):[\w-]{1,100}\)"
_HASHTAG: Final = r"(?<![\w#&/])#(?=\w*[^\W\d_])[^\W_]{1,100}"
_MEANT: Final = re.compile(f"({_MENTION})|({_HASHTAG})")
"""What a writer means as more than words: somebody who is mentioned by their LinkedIn name, and a hashtag."""
_TAG: Final = re.compile(r"\{hashtag\|\\?#\|([^{}|]*)\}")


def escaped(text: str) -> str:
    """``text`` as it is sent: hashtags and mentions stay what they are, and every other sign stands for itself."""
    pieces, at = [], 0
    for meant in _MEANT.finditer(text := tidy(text)):
        pieces.append(_literal(text[at : meant.start()]))
        pieces.append(meant[1] or f"{{hashtag|\\#|{meant[2][1:]}}}")
        at = meant.end()
    return "".join([*pieces, _literal(text[at:])])


def plain(text: str) -> str:
    """What a reader sees of text that came back, without spaces: to know a post by."""
    seen = _TAG.sub(r"#\1", text)
    return "".join(re.sub(r"\\([\\|{}@\[\]()<>#*_~])", r"\1", seen).split())


def length(text: str) -> int:
    """The length of ``text`` as it is sent, in UTF-16 units: what its signs take is counted too."""
    return len(escaped(text).encode("utf-16-le")) // 2


def _literal(text: str) -> str:
    return _RESERVED.sub(lambda sign: f"\\{sign[0]}", text)
