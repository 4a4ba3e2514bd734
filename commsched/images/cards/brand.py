"""An office's own look: colours, logo, fonts, margins. What a design asks for by role, this answers."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Literal

import msgspec

from commsched.core.media import cards
from commsched.images.text.contrast import BLACK, READABLE, WHITE, Colour, best, colour, mix, ratio, softened

SAFE: dict[str, tuple[float, float, float, float]] = {"tall": (cards.COVERED[0], 0.0, cards.COVERED[1], 0.0)}
"""Top, right, bottom, left as shares: what the apps lay over a story (their buttons, the reply field)."""


class Brand(msgspec.Struct, frozen=True, dict=True):
    """A brand kit. Colours are ``#rrggbb``; ``logo`` is a PNG or WebP file that intake has let through."""

    name: str = ""
    primary: str = cards.PRIMARY
    accent: str = cards.ACCENT
    light: str = cards.LIGHT
    """The paper: the light ground."""
    dark: str = cards.DARK
    """The ink: the dark ground, and text on the light one."""
    is_dark: bool = False
    """Whether calm designs stand on ``dark`` instead of ``light``."""
    heading: str = cards.SANS
    body: str = cards.SANS
    serif: str = cards.SERIF
    logo: bytes = b""
    logo_on_dark: bytes = b""
    """A variant for dark grounds; without it the logo stands on a light plate where it would not show."""
    motif: Literal["arcs", "slope", "none"] = "arcs"
    """The quiet figure behind text on the office's colour."""
    margin: float = cards.MARGIN
    """As a share of the geometric mean of the two sides."""
    safe: dict[str, tuple[float, float, float, float]] = msgspec.field(default_factory=lambda: dict(SAFE))
    """By shape (``wide square portrait tall``) or by size (``1080x1920``)."""
    emoji_font: str = ""
    """Path of a colour emoji font; without it, one that the system has, else Noto Emoji in the text's colour."""
    fonts: dict[str, str] = {}
    """Uploaded fonts: family → path of a file that :func:`commsched.images.text.fonts.take_font` let through."""

    @cached_property
    def key(self) -> str:
        """Changes whenever anything in the kit does: part of every cache key."""
        text = repr([getattr(self, name) for name in self.__struct_fields__])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def grounds(self) -> dict[str, Colour]:
        """Every surface that a design may stand something on, by role."""
        light, dark = colour(self.light), colour(self.dark)
        ground = dark if self.is_dark else light
        primary = colour(self.primary)
        return {
            "ground": ground,
            "other": light if self.is_dark else dark,
            "primary": primary,
            "accent": colour(self.accent),
            "tint": mix(ground, primary if not self.is_dark else WHITE, 0.08),
            "photo": mix(dark, BLACK, 0.4),
            "white": WHITE,
        }

    def on(self, ground: str, role: str) -> Colour:
        """The colour of ``role`` on the surface ``ground``; every role of text is readable there.

        Roles: ``ink`` (text), ``muted`` (lesser text), ``strong`` (text in the office's colour where that can
        be read), ``accent`` (ornament), ``line`` (hairlines), or the name of a surface for shapes.
        """
        return self._resolved[ground, role]

    def tone(self, ground: str) -> Colour | None:
        """A shade of ``ground`` for a figure behind text; ``None`` where any would cost readability."""
        surface = self.grounds[ground]
        for share in (0.08, 0.06, 0.04):
            shade = mix(surface, self.on(ground, "ink"), share)
            if all(ratio(self.on(ground, role), shade) >= READABLE for role in ("ink", "muted", "strong")):
                return shade
        return None

    @cached_property
    def _resolved(self) -> _Resolved:
        return _Resolved(self)


class _Resolved(dict[tuple[str, str], Colour]):
    """Answers for (ground, role), worked out once each."""

    def __init__(self, brand: Brand) -> None:
        super().__init__()
        self._brand = brand

    def __missing__(self, key: tuple[str, str]) -> Colour:
        value = self[key] = self._answer(*key)
        return value

    def _answer(self, ground: str, role: str) -> Colour:
        brand, surface = self._brand, self._brand.grounds[ground]
        ink = best(surface, (colour(brand.dark), colour(brand.light), WHITE, BLACK), 7)
        if ratio(ink, surface) < READABLE:
            ink = best(surface, ())
        if role == "ink" or (ground == "photo" and role in ("muted", "strong")):
            return ink
        if role == "muted":
            return softened(ink, surface, 0.42, 5.6)
        if role == "line":
            return mix(surface, ink, 0.18)
        if role == "strong":
            names = ("primary", "accent") if ground in ("ground", "tint", "white") else ("accent",)
            return best(surface, (*(brand.grounds[name] for name in names), ink))
        if role == "accent":
            return best(surface, (brand.grounds["accent"], brand.grounds["primary"], ink), 1.6)
        return brand.grounds[role]
