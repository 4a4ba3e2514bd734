"""Rounds of approval, whatever people do: there is always somebody who can move on what waits, and it says who."""

from __future__ import annotations

import pytest

from tests.conftest import Cast
from tests.publications import channel
from tests.sims.rounds import Rounds
from tests.thoroughness import many


def walk(cast: Cast, seed: int) -> Rounds:
    from commsched.services.accounts.people import add_person
    from commsched.services.staff import leaving

    second = add_person(cast.installation, cast.actor(), "eva@example.org", "approver", name="Eva Ström").person
    leaving.remove_person(cast.installation, cast.actor(), cast.reader.id)
    other = add_person(cast.installation, cast.actor(), "per@example.org", "writer", name="Per Alm").person
    persons = [cast.administrator, cast.approver, second, cast.writer, other]
    return Rounds(cast.installation, cast.place.id, persons, channel(cast.installation, cast.place.id), seed)


@pytest.mark.parametrize("seed", range(many(7, 16)))
def test_somebody_can_always_move_on_what_waits_and_nobody_counts_twice(cast: Cast, seed: int) -> None:
    walk(cast, seed).go(60)
