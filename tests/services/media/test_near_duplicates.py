"""What is nearly the same is found without looking at everything, and nothing that is near is missed."""

from __future__ import annotations

import random

import pytest

from commsched.services.kernel.context import Office
from commsched.services.media import near_duplicates
from commsched.store.models import Media
from tests.conftest import Cast


def put(office: Office, workspace: int, *hashes: int, card: bool = False) -> list[int]:
    with office.store.write(workspace) as session:
        made = []
        for bits in hashes:
            row = Media(
                sha256=f"{random.getrandbits(256):064x}",
                suffix=".jpg",
                mime="image/jpeg",
                width=1,
                height=1,
                size=1,
                created_at=office.now(),
                facts={"dhash": f"{bits:016x}"},
            )
            row.facts = row.facts | ({"card": {}} if card else {})
            session.add(row)
            session.flush()
            near_duplicates.index(session, row)
            made.append(row.id)
        return made


def found(office: Office, workspace: int, number: int) -> list[int]:
    with office.store.read(workspace) as session:
        return [row.id for row in near_duplicates.alike(session, session.get_one(Media, number), limit=1000)]


@pytest.mark.parametrize("seed", range(5))
def test_every_near_one_is_found_and_none_that_is_not(office: Office, cast: Cast, seed: int) -> None:
    chooser = random.Random(seed)
    own = chooser.getrandbits(64) | 1
    flips = [chooser.sample(range(64), bits) for bits in (*range(1, 13), *range(1, 13), 30, 40)]
    others = [own ^ sum(1 << bit for bit in some) for some in flips]
    first, *rest = put(office, cast.place.id, own, *others)
    near = {number for number, some in zip(rest, flips, strict=True) if len(some) <= near_duplicates.NEAR}
    assert set(found(office, cast.place.id, first)) == near


def test_what_is_most_like_it_comes_first(office: Office, cast: Cast) -> None:
    own, same, far, near = put(office, cast.place.id, 0xF0F0, 0xF0F0, 0xF0F0 ^ 0b1111, 0xF0F0 ^ 0b1)
    assert found(office, cast.place.id, own) == [same, near, far]


@pytest.mark.parametrize("bits", [0, 2**64 - 1])
def test_an_even_surface_is_like_nothing(office: Office, cast: Cast, bits: int) -> None:
    first, _second = put(office, cast.place.id, bits, bits)
    assert found(office, cast.place.id, first) == []


def test_cards_of_one_design_and_another_offices_pictures_are_left_out(office: Office, cast: Cast) -> None:
    (own,) = put(office, cast.place.id, 0xABCD)
    put(office, cast.place.id, 0xABCD, card=True)
    put(office, cast.elsewhere.id, 0xABCD)
    assert found(office, cast.place.id, own) == []
