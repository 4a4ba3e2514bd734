"""Plain text and CSV: text indeed, and nothing that a program takes for something else."""

from __future__ import annotations

import re
from typing import Final

from commsched.services.documents import errors
from commsched.services.documents._traits import Traits

_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_MARKUP: Final = re.compile(
    r"<\s*(!doctype|\?xml|\?php|html|head|body|svg|script|iframe|object|embed|meta|link|style|x:|xsl|img|math)\b", re.I
)
_LEAD: Final = re.compile(r"\s*(<[!?/a-z]|@echo\s|mime-version:|content-type:|\[internetshortcut\])", re.I)
_STARTS: Final = 64_000
"""Characters in which markup is looked for: a browser that guesses looks at far fewer."""
_FORMULA: Final = re.compile(r"""(?:^|[;,\t\n])[ "']*[=@]""")
_CALLS: Final = re.compile(
    r"""(?:^|[;,\t\n])[ "']*[=+\-@][^\n;,\t]{0,100}?(\||\b(dde|webservice|hyperlink|importdata|importxml)\s*\()""", re.I
)
"""What a spreadsheet asks another program or the web for."""


def examine(data: bytes, ending: str, traits: Traits) -> None:
    """As :func:`commsched.services.documents._ooxml.examine`; ``ending`` of its name tells a table from a text, for
    bytes cannot."""
    text = _decoded(data)
    if _CONTROLS.search(text):
        raise errors.OtherKind()
    if _LEAD.match(text) or _MARKUP.search(text[:_STARTS]):
        raise errors.IsPage()
    traits.kind = "csv" if ending == "csv" else "txt"
    if traits.kind == "csv":
        if _CALLS.search(text):
            raise errors.Remote(what="CSV")
        traits.formulas = bool(_FORMULA.search(text))


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or what Windows wrote before. Raises :class:`errors.OtherKind` for none of these."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig"), (b"", "cp1252")):
        if not data.startswith(mark):
            continue
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise errors.OtherKind()
