"""Where templates and static files lie, beside the package in a checkout and inside it in a wheel; their addresses."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import g, url_for

_PACKAGE = Path(__file__).resolve().parents[2]

STATIC = _PACKAGE / "web" / "static"


@lru_cache(maxsize=1)
def templates() -> Path:
    """The folder of Jinja templates."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


@lru_cache(maxsize=256)
def _version(name: str) -> str:
    file = STATIC / name
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else ""


def asset(name: str) -> str:
    """The address of a static file, with its content's hash, so that it can be cached for ever."""
    if "static" not in g:
        g.static = url_for("frame.static", name="")
    return f"{g.static}{name}?v={_version(name)}"
