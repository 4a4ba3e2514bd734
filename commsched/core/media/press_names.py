"""What a press picture is called where it is saved: a name that says what it shows and who took it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from commsched.core.text.slug import slug

LONGEST: Final = 60
"""Characters of what it shows, and of the byline."""
_MACHINES: Final = frozenset(
    {
        *("img", "dsc", "dscn", "dscf", "dcim", "pxl", "dji", "gopr", "mvimg"),
        *("image", "images", "bild", "photo", "foto", "picture", "pic", "unnamed", "namnlos", "untitled"),
        *("scan", "scanned", "screenshot", "skarmbild", "skarmavbild", "edited", "copy", "kopia"),
        *("whatsapp", "signal", "received"),
    }
)
"""Words that cameras, phones and programs put in the names of files."""


def press_name(candidates: Collection[str], byline: str, suffix: str) -> str:
    """``vardcentral-bjorkasa_foto-ljungpartiet.jpg``: the first of ``candidates`` that says something, and ``byline``
    (``Foto: Ljungpartiet``) where there is one. Empty where no candidate says anything."""
    said = next((name for name in map(_spoken, candidates) if name), "")
    if not said:
        return ""
    signed = slug(byline, LONGEST, whole_words=False)
    return f"{said}_{signed}{suffix}" if signed else f"{said}{suffix}"


def _spoken(name: str) -> str:
    """``name`` as a file's; empty where only a camera or a program could have called it so."""
    bare = re.sub(r"\.[A-Za-z]{3,4}$", "", name.strip())
    written = slug(bare, LONGEST, whole_words=False)
    words = [word for word in written.split("-") if len(word) > 2 and word.isalpha() and word not in _MACHINES]
    return written if words else ""


def distinct(names: list[str]) -> list[str]:
    """``names``, of which no two are the same: the second ``a.jpg`` becomes ``a-2.jpg``."""
    distinct_names: list[str] = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        number, fresh = 1, name
        while fresh in distinct_names:
            number += 1
            fresh = f"{stem}-{number}{dot}{suffix}"
        distinct_names.append(fresh)
    return distinct_names
