"""An office's brand kit as the workspace keeps it: colours, logo, fonts, margins."""

from __future__ import annotations

from typing import Literal

import msgspec

from commsched.core.media import cards
from commsched.store.models import Workspace


class Kit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The brand kit as it is stored. Pictures are ids of the library, margins are shares of the picture."""

    name: str = ""
    """What the cards are signed with; empty: the workspace's name."""
    primary: str = cards.PRIMARY
    accent: str = cards.ACCENT
    light: str = cards.LIGHT
    dark: str = cards.DARK
    is_dark: bool = False
    heading: str = cards.SANS
    body: str = cards.SANS
    serif: str = cards.SERIF
    motif: Literal["arcs", "slope", "none"] = "arcs"
    logo: int = 0
    logo_on_dark: int = 0
    margin: float = cards.MARGIN
    safe_top: float = cards.COVERED[0]
    """The share of a story's height that the apps cover with their own controls."""
    safe_bottom: float = cards.COVERED[1]
    fonts: dict[str, str] = {}
    """Uploaded fonts: family → file name under ``media/fonts``."""
    emoji: dict[str, str] = {}
    """The same for a colour font that emoji are drawn with: one, or none."""

    @property
    def files(self) -> set[str]:
        """Names of the font files that it needs."""
        return {*self.fonts.values(), *self.emoji.values()}


def kit_of(workspace: Workspace) -> Kit:
    """The workspace's kit; an office that has chosen nothing has the plain one."""
    try:
        return msgspec.convert(workspace.brand or {}, Kit)
    except msgspec.ValidationError:
        return Kit()
