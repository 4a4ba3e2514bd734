"""Icons inlined as SVG: ``lucide`` for actions, ``static/brands`` for networks. Read when first used, then kept."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup, escape

from commsched.web.http.paths import STATIC

_BRAND_NAME = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=512)
def icon(name: str, label: str = "", size: int = 20) -> Markup:
    """The lucide icon ``name``. Without ``label`` it is decoration, hidden from screen readers."""
    from lucide import IconDoesNotExist
    from lucide.jinja import lucide

    try:
        svg = str(lucide(name, size=size, stroke_width="1.75"))
    except IconDoesNotExist:
        return _letter(name, label, size)
    return _named(svg, "icon", label)


def _named(svg: str, css: str, label: str) -> Markup:
    label_attributes = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(svg.replace("<svg", f'<svg class="{css}" {label_attributes} focusable="false"', 1))  # noqa: S704


@lru_cache(maxsize=128)
def brand_icon(name: str, label: str = "", size: int = 20) -> Markup:
    """A network's mark: a file in ``static/brands``, ``lucide:…``, or ``path:…`` with the drawing that a platform of
    another package brings; its first letter where there is none."""
    if name.startswith("lucide:"):
        return icon(name.removeprefix("lucide:"), label, size)
    if name.startswith("path:"):
        return _named(_drawn(f'<path d="{escape(name.removeprefix("path:"))}"/>', size), "icon brand", label)
    inner = _mark(_BRAND_NAME.sub("", name.lower()))
    if not inner:
        return _letter(label or name, label, size)
    return _named(_drawn(inner, size), "icon brand", label)


def _drawn(inner: str, size: int) -> str:
    return f'<svg width="{size}" height="{size}" viewBox="0 0 24 24" fill="currentColor">{inner}</svg>'


def _mark(key: str) -> str:
    """The drawing of a network's mark, without the ``<svg>`` around it; empty where we have none."""
    file = STATIC / "brands" / f"{key}.svg"
    if not key or not file.is_file():
        return ""
    svg = file.read_text("utf-8")
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]


def _letter(name: str, label: str, size: int) -> Markup:
    first = escape((name.strip() or "?")[0].upper())
    drawn = (
        f'<svg width="{size}" height="{size}" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" '
        f'fill="none" stroke="currentColor" stroke-width="1.75"/><text x="12" y="16.5" text-anchor="middle" '
        f'font-size="13" font-weight="600" fill="currentColor">{first}</text></svg>'
    )
    return _named(drawn, "icon", label)
