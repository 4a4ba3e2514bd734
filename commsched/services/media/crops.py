"""Where a picture's crops lie: proposed from its focus, moved by hand, put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from commsched.core.media.crops import NAMES, RATIOS, centre_at, centre_of, cuts, frame, position
from commsched.core.text.messages import N_, Invalid
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Media

NEAR: Final = 0.5
"""Per cent: nearer to the proposal than this is the proposal."""


class CropView(msgspec.Struct, frozen=True):
    """One crop of a picture. ``box``: left, top, width and height in pixels; ``place`` and ``proposed`` in per cent."""

    crop: str
    name: str
    box: tuple[int, int, int, int]
    place: float
    proposed: float
    moved: bool
    cuts: bool
    upright: bool
    """It is moved up and down, not sideways."""


def crop_views(row: Media) -> list[CropView]:
    """Every crop of ``row`` as it stands."""
    return [_shown(row, crop) for crop in RATIOS]


def _shown(row: Media, crop: str) -> CropView:
    size = (row.width, row.height)
    left, top, right, bottom = frame(size, RATIOS[crop], centre_of(row.facts, crop))
    moved = crop in row.facts.get("crops", {})
    return CropView(
        crop=crop,
        name=NAMES[crop],
        box=(left, top, right - left, bottom - top),
        place=position(size, crop, centre_of(row.facts, crop)),
        proposed=_proposed(row, crop),
        moved=moved,
        cuts=cuts(size, crop),
        upright=right - left == row.width,
    )


def _proposed(row: Media, crop: str) -> float:
    unmoved = {key: value for key, value in row.facts.items() if key != "crops"}
    return position((row.width, row.height), crop, centre_of(unmoved, crop))


def check(places: Mapping[str, float | None]) -> None:
    """Raises :class:`Invalid` for a shape that there is not, and for a place outside the picture."""
    for crop, place in places.items():
        if crop not in RATIOS:
            raise Invalid(N_("There is no such shape."), "crop")
        if place is not None and not 0 <= place <= 100:
            raise Invalid(N_("A number from %(low)s to %(high)s."), f"at {crop}", low=0, high=100)


def move(
    installation: Installation, session: Session, actor: Actor, row: Media, places: Mapping[str, float | None]
) -> None:
    """Put crops at ``places`` (per cent, see :func:`commsched.core.media.crops.position`), in the caller's transaction;
    ``None`` puts one back to where it is proposed. What is written already keeps the file that it was written with."""
    kept = dict(row.facts.get("crops", {}))
    for crop, place in places.items():
        if place is None or abs(place - _proposed(row, crop)) < NEAR or not cuts((row.width, row.height), crop):
            kept.pop(crop, None)
        else:
            kept[crop] = list(centre_at((row.width, row.height), crop, place))
    if kept != row.facts.get("crops", {}):
        row.facts = row.facts | {"crops": kept}
        note(session, installation, actor, "picture.cropped", media=row.id)
