"""Where templates and static files lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]

STATIC = _PACKAGE / "web" / "static"


@lru_cache(maxsize=1)
def templates() -> Path:
    """The folder of Jinja templates."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"
