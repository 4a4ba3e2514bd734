"""Everything that knows Pillow: taking pictures in safely, and drawing cards in the office's own look.

- :mod:`~commsched.images.intake.pictures`: ``take``, ``thumbnail``, ``crop``, ``fit``; each works in a confined
  process.
- :mod:`~commsched.images.cards.card`: ``draw`` and ``pages``; :mod:`~commsched.images.cards.designs` lists what there
  is to draw.
- :class:`commsched.images.cards.brand.Brand`: an office's colours, logo and fonts; ``fonts.take_font`` checks uploaded
  ones.
- ``python -m commsched.images.tools.sheet OUT.png``: every design in every size, to be looked at.

``from commsched import images`` loads none of them; ``images.cards.card`` does, when it is first touched, so that a
process that draws nothing does not pay for drawing at its start.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commsched.images.cards import brand, card, designs, values
    from commsched.images.intake import confinement, errors, fingerprint, pictures, video
    from commsched.images.text import contrast, fonts
    from commsched.images.tools import app_icon

__all__ = [
    "app_icon",
    "brand",
    "card",
    "confinement",
    "contrast",
    "designs",
    "errors",
    "fingerprint",
    "fonts",
    "pictures",
    "values",
    "video",
]
_ROOMS = {
    "intake": ("confinement", "errors", "fingerprint", "pictures", "video"),
    "text": ("contrast", "fonts"),
    "tools": ("app_icon",),
    "cards": ("brand", "card", "designs", "values"),
}


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    room = next(room for room, modules in _ROOMS.items() if name in modules)
    return import_module(f"{__name__}.{room}.{name}")
