"""Times per channel on the first page, and where a wall time has come to mean another moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from commsched.core.content.draft import ChannelIn
from commsched.services.content import items, times
from commsched.services.notices.shifted_times import shifted
from commsched.services.views.today import read_today
from commsched.services.workflow import wall_times
from commsched.store.models import ChannelTime
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import LATER, look, scheduled

OWN = "2026-11-27T09:00"


@pytest.fixture
def wall(cast: Cast) -> int:
    return channel(cast.installation, cast.place.id, "sandbox", name="Väggen")


@pytest.fixture
def item(cast: Cast, wall: int) -> int:
    room = channel(cast.installation, cast.place.id)
    return scheduled(cast, channels=[room, ChannelIn(id=wall, publish_at=OWN)])


def test_the_first_page_has_a_line_for_each_time(cast: Cast, item: int, wall: int) -> None:
    start = cast.installation.now().replace(hour=0)
    end, until = start + timedelta(days=1), start + timedelta(days=3)
    shown = read_today(cast.installation, cast.actor("writer"), start, end, until)
    assert [(line.item, len(line.channels)) for line in shown.today] == [(item, 1)]
    assert [(line.at.hour, [one[0] for one in line.channels]) for line in shown.ahead] == [(8, [wall])]
    tomorrow = read_today(cast.installation, cast.actor("writer"), end, end + timedelta(days=1), until)
    assert [line.item for line in tomorrow.today] == [item], "its own time brings it there"


@pytest.mark.parametrize(("choice", "kept", "hour"), [("wall", "2026-11-27T10:00", 9), ("moment", OWN, 8)])
def test_a_channels_time_that_has_shifted_is_settled_by_itself(
    cast: Cast, browse: Any, item: int, wall: int, choice: str, kept: str, hour: int
) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(ChannelTime).values(wall_time="2026-11-27T10:00"))
        assert [(one.item, one.channel) for one in shifted(session, cast.place.zone, cast.installation.now())] == [
            (item, wall)
        ]
    browser = browse(cast.writer)
    assert "Väggen" in browser.get("~/times/").text
    assert browser.post("~/times/", {"item": f"{item}-{wall}", "choice": choice}).status_code == 303
    with cast.installation.store.read(cast.place.id) as session:
        slot = times.plan(session, items.load(session, item)).own[wall]
    assert (slot.wall, slot.at.hour, look(cast, item).wall_time) == (kept, hour, LATER)
    assert wall_times.listing(cast.installation, cast.actor("writer")) == []
