"""Everything that knows Pillow: taking pictures in safely, and drawing cards in the office's own look.

- :mod:`~commsched.images.intake`: ``take``, ``thumbnail``, ``crop``, ``fit``; each works in a confined process.
- :mod:`~commsched.images.card`: ``draw`` and ``pages``; :mod:`~commsched.images.designs` lists what there is to draw.
- :class:`commsched.images.brand.Brand`: an office's colours, logo and fonts; ``fonts.take_font`` checks uploaded ones.
- ``python -m commsched.images.sheet OUT.png``: every design in every size, to be looked at.

``from commsched import images`` loads none of them; ``images.card`` does, when it is first touched, so that a
process that draws nothing does not pay for drawing at its start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commsched.images import brand, card, confinement, contrast, designs, errors, fonts, intake, look, values, video

__all__ = [
    "brand",
    "card",
    "confinement",
    "contrast",
    "designs",
    "errors",
    "fonts",
    "intake",
    "look",
    "values",
    "video",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f"{__name__}.{name}")
