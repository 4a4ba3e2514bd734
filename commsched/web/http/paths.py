"""Where templates and static files lie, beside the package in a checkout and inside it in a wheel; their addresses."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from flask import g, url_for

_PACKAGE = Path(__file__).resolve().parents[2]

STATIC = _PACKAGE / "web" / "static"

_BROUGHT: Final = {
    "lib/prose-editor.js": ("django_prose_editor", "static/django_prose_editor/editor.js"),
}
"""Files for the browser that other packages bring, by the name they are served under: the package, and where it has the
file. The package is never imported, and nothing else of it is served."""


@lru_cache(maxsize=1)
def templates() -> Path:
    """The folder of Jinja templates."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


@lru_cache(maxsize=16)
def static_file(name: str) -> Path:
    """Where the static file ``name`` lies: here, or in the package that brings it."""
    if name not in _BROUGHT:
        return STATIC / name
    package, path = _BROUGHT[name]
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return Path(next(iter(folders or ["."]))) / path


@lru_cache(maxsize=256)
def _version(name: str) -> str:
    file = static_file(name)
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else ""


def asset(name: str) -> str:
    """The address of a static file, with its content's hash, so that it can be cached for ever."""
    if "static" not in g:
        g.static = url_for("frame.static", name="")
    return f"{g.static}{name}?v={_version(name)}"
