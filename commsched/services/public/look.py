"""The newsroom in the office's colours: a small style sheet of its own, and the logo.

The colours are the brand kit's, moved towards black or white as far as WCAG AA asks on every ground they stand on, in
the light theme and in the dark one. So no choice of colours makes a page that cannot be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from commsched import images
from commsched.core.text.messages import N_, NotFound
from commsched.services.kernel import brand_kit
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.brand_kit import Kit
from commsched.services.kernel.context import Installation
from commsched.services.media import search, thumbnails
from commsched.services.public import newsroom
from commsched.store.models import Workspace

PAPER: Final = ("#fbfaf7", "#ffffff", "#f1efe9")
"""The light theme's grounds, as the style sheet has them; and the dark theme's."""
NIGHT: Final = ("#14171a", "#1b1f23", "#20252a")
WASH: Final = 0.1
"""How much of the accent is in the ground of a box that stands out."""
LOGO: Final = 480
"""Pixels of its width at most: twice what a page shows."""


class Look(msgspec.Struct, frozen=True):
    """How the newsroom looks: its style sheet, and which logos there are."""

    css: str
    logo: Literal["", "light", "dark"] = ""
    """Which of the office's logos stands on the band."""
    plate: bool = False
    """Whether it needs a white plate behind it: the one for light grounds does, since any colour may be the band's."""
    logo_size: tuple[int, int] = (0, 0)

    @property
    def key(self) -> str:
        """Changes whenever the style sheet does."""
        return hashlib.sha256(self.css.encode()).hexdigest()[:12]


def look(installation: Installation, workspace: int) -> Look:
    """The look of that office's public pages."""
    with installation.store.read(workspace) as session:
        kit = brand_kit.kit_of(session.get_one(Workspace, workspace))
        rows = search.rows(session, {number for number in (kit.logo, kit.logo_on_dark) if number})
    dark = rows.get(kit.logo_on_dark) if _is_dark(kit) else None
    row = dark or rows.get(kit.logo)
    if row is None:
        return Look(style_sheet(kit))
    return Look(style_sheet(kit), "dark" if dark else "light", dark is None, (row.width, row.height))


def _is_dark(kit: Kit) -> bool:
    """Whether the band is a dark ground."""
    return images.contrast.best(images.contrast.colour(kit.primary), ()) == images.contrast.WHITE


def style_sheet(kit: Kit) -> str:
    """The office's colours as custom properties, both themes'."""
    contrast = images.contrast
    primary = contrast.colour(kit.primary)
    day, night = ([contrast.colour(ground) for ground in grounds] for grounds in (PAPER, NIGHT))
    light, dark = _readable(primary, day, contrast.BLACK), _readable(primary, night, contrast.WHITE)
    band_ink = contrast.best(primary, [contrast.colour(kit.light), contrast.colour(kit.dark)])
    pairs = {
        "accent": (light, dark),
        "accent-wash": (contrast.mix(day[1], light, WASH), contrast.mix(night[0], dark, WASH)),
        "on-accent": (contrast.best(light, [contrast.WHITE]), contrast.best(dark, [night[0]])),
        "band": (primary, primary),
        "on-band": (band_ink, band_ink),
        "stripe": (contrast.colour(kit.accent),) * 2,
    }
    hexed = contrast.hexed
    lines = [
        f"  --{name}: light-dark({hexed(by_day)}, {hexed(by_night)});" for name, (by_day, by_night) in pairs.items()
    ]
    return "\n".join([":root {", *lines, "}", ""])


def _readable(
    wanted: images.contrast.Colour, grounds: Iterable[images.contrast.Colour], towards: images.contrast.Colour
) -> images.contrast.Colour:
    """``wanted``, moved as little as possible ``towards`` an end, so that it can be read on every ground, and on each
    with :data:`WASH` of itself in it."""
    contrast, surfaces = images.contrast, list(grounds)
    for step in range(101):
        moved = contrast.mix(wanted, towards, step / 100)
        everywhere = [*surfaces, *(contrast.mix(ground, moved, WASH) for ground in surfaces)]
        if all(contrast.ratio(moved, ground) >= contrast.READABLE for ground in everywhere):
            return moved
    return towards


def logo(installation: Installation, place: str, dark: bool = False) -> tuple[File, str]:
    """The logo's file, small enough for a page, and its tag. Raises :class:`NotFound` where there is none."""
    room = newsroom.room(installation, place)
    with installation.store.read(room.id) as session:
        kit = brand_kit.kit_of(session.get_one(Workspace, room.id))
        number = kit.logo_on_dark if dark else kit.logo
        row = search.rows(session, [number]).get(number)
    file = blob_of(installation, row) if row is not None else None
    if row is None or file is None or not file.exists():
        raise NotFound(N_("There is no such picture."))
    return thumbnails.scaled(installation, file, row, LOGO), f"{row.sha256}-logo"
