"""A picture whose persons no longer agree: it cannot be sent in, and what was scheduled with it is held."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.core.media.consent import person
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing
from commsched.store.models import Delivery, Media
from commsched.store.session import EVERY_WORKSPACE
from tests import writing
from tests.conftest import Cast
from tests.sims.world import FIRST, SECOND, World

pytestmark = pytest.mark.usefixtures("worlds")


def agreed(installation: Installation, until: date) -> None:
    """Everybody in every picture has agreed until then."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        for row in session.scalars(select(Media)):
            row.facts = row.facts | {"persons": [person("Anna Ek", until, "Europe/Stockholm")]}


@pytest.mark.parametrize(("days", "state"), [(1, "published"), (-1, "held")])
def test_what_is_scheduled_goes_out_only_while_they_agree(days: int, state: str) -> None:
    world = World()
    world.create(channels=(1,), minutes=0.1, picture=True)
    for one in (FIRST, SECOND):
        world.say_yes(world.items[-1], one)
    now = world.clock.now()
    agreed(world.installation, date.fromordinal(now.date().toordinal() + days))
    world.clock.forward(10)
    world.settle()
    with world.installation.store.read(EVERY_WORKSPACE) as session:
        (row,) = session.scalars(select(Delivery).where(Delivery.state != "cancelled"))
    assert (row.state, row.reason) == (state, "consent" if state == "held" else "")
    assert len(world.wall.seen) == (1 if state == "published" else 0)
    world.check()


@pytest.mark.parametrize(("until", "stops"), [(date(2026, 11, 26), True), (date(2026, 11, 27), False)])
def test_it_is_said_before_it_is_sent_in(installation: Installation, cast: Cast, until: date, stops: bool) -> None:
    """The item is for 27 November: a consent that ends the day before stops it already."""
    to, shown = writing.channels(installation, cast), writing.picture(installation, cast)
    agreed(installation, until)
    draft = writing.draft([to["mastodon"]], media=[PictureIn(id=shown)])
    number = editing.create(installation, cast.actor("writer"), draft)
    with installation.store.read(cast.place.id) as session:
        _general, (checked,) = items.problems(installation, session, items.load(session, number))
    assert any("Anna Ek" in str(one.words) and one.blocks for one in checked.problems) is stops
    if stops:
        with pytest.raises(approve.Blocked):
            approve.submit(installation, cast.actor("writer"), number)
