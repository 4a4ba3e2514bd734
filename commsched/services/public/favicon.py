"""The small sign of an office in a browser's tab: its first letter on its own colour."""

from __future__ import annotations

from commsched import images
from commsched.services.kernel import brand_kit
from commsched.services.kernel.context import Installation
from commsched.services.public import newsroom
from commsched.store.models import Workspace

_SIGN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="{ground}"/>'
    '<text x="16" y="23" text-anchor="middle" font-family="system-ui, sans-serif" font-size="20" font-weight="700" '
    'fill="{ink}">{letter}</text></svg>'
)


def sign(installation: Installation, slug: str) -> str:
    """The sign as SVG. Raises :class:`NotFound` for an office without a newsroom."""
    room = newsroom.room(installation, slug)
    with installation.store.read(room.id) as session:
        kit = brand_kit.kit_of(session.get_one(Workspace, room.id))
    colour = images.contrast.colour
    ground = colour(kit.primary)
    ink = images.contrast.best(ground, [colour(kit.light)])
    letter = next(
        (character for character in kit.name or room.name if character.isalnum()), "•"
    )  # nothing that needs escaping
    return _SIGN.format(ground=images.contrast.hexed(ground), ink=images.contrast.hexed(ink), letter=letter.upper())
