"""What is nearly the same is found without looking at everything, and nothing that is near is missed."""

from __future__ import annotations

import random

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.media import near_duplicates
from commsched.store.models import Media
from tests.conftest import Cast


def put(installation: Installation, workspace: int, *hashes: int, card: bool = False) -> list[int]:
    with installation.store.write(workspace) as session:
        made = []
        for bits in hashes:
            row = Media(
                sha256=f"{random.getrandbits(256):064x}",
                suffix=".jpg",
                mime="image/jpeg",
                width=1,
                height=1,
                size=1,
                created_at=installation.now(),
                facts={"dhash": f"{bits:016x}"},
            )
            row.facts = row.facts | ({"card": {}} if card else {})
            session.add(row)
            session.flush()
            near_duplicates.index(session, row)
            made.append(row.id)
        return made


def found(installation: Installation, workspace: int, number: int) -> list[int]:
    with installation.store.read(workspace) as session:
        return [row.id for row in near_duplicates.alike(session, session.get_one(Media, number), limit=1000)]


@pytest.mark.parametrize("seed", range(5))
def test_every_near_one_is_found_and_none_that_is_not(installation: Installation, cast: Cast, seed: int) -> None:
    chooser = random.Random(seed)
    own = chooser.getrandbits(64) | 1
    flips = [chooser.sample(range(64), bits) for bits in (*range(1, 13), *range(1, 13), 30, 40)]
    others = [own ^ sum(1 << bit for bit in some) for some in flips]
    first, *rest = put(installation, cast.place.id, own, *others)
    near = {number for number, some in zip(rest, flips, strict=True) if len(some) <= near_duplicates.NEAR}
    assert set(found(installation, cast.place.id, first)) == near


def test_what_is_most_like_it_comes_first(installation: Installation, cast: Cast) -> None:
    own, same, far, near = put(installation, cast.place.id, 0xF0F0, 0xF0F0, 0xF0F0 ^ 0b1111, 0xF0F0 ^ 0b1)
    assert found(installation, cast.place.id, own) == [same, near, far]


@pytest.mark.parametrize("bits", [0, 2**64 - 1])
def test_an_even_surface_is_like_nothing(installation: Installation, cast: Cast, bits: int) -> None:
    first, _second = put(installation, cast.place.id, bits, bits)
    assert found(installation, cast.place.id, first) == []


def test_cards_of_one_design_and_another_offices_pictures_are_left_out(installation: Installation, cast: Cast) -> None:
    (own,) = put(installation, cast.place.id, 0xABCD)
    put(installation, cast.place.id, 0xABCD, card=True)
    put(installation, cast.elsewhere.id, 0xABCD)
    assert found(installation, cast.place.id, own) == []
