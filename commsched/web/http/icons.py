"""Icons inlined as SVG: ``lucide`` for actions, ``simplepycons`` for networks. Read when first used, then kept."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from markupsafe import Markup, escape

_BRAND_NAME = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=512)
def icon(name: str, label: str = "", size: int = 20) -> Markup:
    """The lucide icon ``name``. Without ``label`` it is decoration, hidden from screen readers."""
    import lucide

    try:
        svg = lucide._render_icon(name, size, stroke_width="1.75")
    except lucide.IconDoesNotExist:
        return _letter(name, label, size)
    return _named(svg, "icon", label)


def _named(svg: str, css: str, label: str) -> Markup:
    told = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(svg.replace("<svg", f'<svg class="{css}" {told} focusable="false"', 1))  # noqa: S704


@lru_cache(maxsize=128)
def brand_icon(name: str, label: str = "", size: int = 20) -> Markup:
    """A network's mark: a simplepycons name, ``lucide:…``, or ``path:…`` with the drawing that a platform of another
    package brings; its first letter where there is none."""
    if name.startswith("lucide:"):
        return icon(name.removeprefix("lucide:"), label, size)
    if name.startswith("path:"):
        return _named(_drawn(f'<path d="{escape(name.removeprefix("path:"))}"/>', size), "icon brand", label)
    svg = _brand_svg(_BRAND_NAME.sub("", name.lower()))
    if not svg:
        return _letter(label or name, label, size)
    inner = " ".join(re.sub(r"<title>.*?</title>", "", svg[svg.index(">") + 1 : svg.rindex("</svg>")]).split())
    return _named(_drawn(inner, size), "icon brand", label)


def _drawn(inner: str, size: int) -> str:
    return f'<svg width="{size}" height="{size}" viewBox="0 0 24 24" fill="currentColor">{inner}</svg>'


def _brand_svg(key: str) -> str:
    """Read from the one module's source: importing the package would load three thousand modules for one path."""
    spec = find_spec("simplepycons")
    if not key or spec is None or not spec.origin:
        return ""
    file = Path(spec.origin).parent / f"_{key}.py"
    if not file.is_file():
        return ""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == "raw_svg":
            for step in node.body:
                if isinstance(step, ast.Return) and isinstance(step.value, ast.Constant):
                    return str(step.value.value).strip()
    return ""


def _letter(name: str, label: str, size: int) -> Markup:
    first = escape((name.strip() or "?")[0].upper())
    drawn = (
        f'<svg width="{size}" height="{size}" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" '
        f'fill="none" stroke="currentColor" stroke-width="1.75"/><text x="12" y="16.5" text-anchor="middle" '
        f'font-size="13" font-weight="600" fill="currentColor">{first}</text></svg>'
    )
    return _named(drawn, "icon", label)
