"""One channel is known to be out and the others wait for a time to come: what the page says, and what can be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from commsched.core.words import Conflict
from commsched.flow import agenda, approve, items, pause, schedule
from commsched.flow.context import Office
from commsched.store.models import Delivery, Item
from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


def words(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def rows(office: Office, cast: Cast, number: int) -> tuple[Item, dict[int, Delivery]]:
    with office.store.read(cast.place.id) as session:
        found = session.scalars(select(Delivery).where(Delivery.item_id == number))
        return items.load(session, number), {row.channel_id: row for row in found}


@pytest.fixture
def to(office: Office, cast: Cast) -> dict[str, int]:
    return writing.channels(office, cast)


@pytest.fixture
def begun(office: Office, cast: Cast, to: dict[str, int]) -> int:
    """Planned for tomorrow in two channels, and read back as out in one of them."""
    number = writing.submitted(office, cast, [to["x"], to["mastodon"]])
    with office.store.read(cast.place.id) as session:
        hashed = items.current(session, items.load(session, number)).hash
    approve.approve(office, cast.actor("approver"), number, hashed)
    with office.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == number, Delivery.channel_id == to["x"])).one()
        row.state, row.next_at, row.published_at = "published", None, office.now()
        session.flush()
        schedule.refresh(session, items.load(session, number))
    return number


def test_it_says_how_much_is_out_and_when_the_rest_goes(browse: Browse, cast: Cast, begun: int) -> None:
    told = words(browse(cast.writer).get(f"~/items/{begun}").text)
    assert "Det är ute i 1 av 2 kanaler. Resten går ut av sig själv fre 27 nov 07:30." in told
    assert "Det publiceras just nu" not in told


def test_while_all_is_paused_it_says_so(browse: Browse, office: Office, cast: Cast, begun: int) -> None:
    pause.pause(office, cast.actor(), "Olyckan.")
    told = words(browse(cast.writer).get(f"~/items/{begun}").text)
    assert "Det är ute i 1 av 2 kanaler. Allt är pausat: resten går inte ut förrän någon återupptar." in told


def test_the_rest_can_be_given_another_time_and_what_is_out_stays_out(
    browse: Browse, office: Office, cast: Cast, to: dict[str, int], begun: int
) -> None:
    browser = browse(cast.writer)
    told = words(browser.get(f"~/items/{begun}").text)
    assert "Det som är ute står kvar. Resten publiceras den nya tiden." in told
    assert "Skriv vidare" not in told
    assert agenda.movable(office, cast.actor(), begun).movable
    moved = browser.post(f"~/items/{begun}/move", {"publish_day": "2026-11-27", "publish_time": "09:00"})
    assert moved.status_code == 303
    item, after = rows(office, cast, begun)
    assert after[to["x"]].state == "published"
    assert (after[to["mastodon"]].state, after[to["mastodon"]].due_at) == ("waiting", item.publish_at)
    assert item.state == "publishing"


def test_the_rest_can_be_stopped(browse: Browse, office: Office, cast: Cast, to: dict[str, int], begun: int) -> None:
    assert browse(cast.writer).post(f"~/items/{begun}/cancel").status_code == 303
    after = rows(office, cast, begun)[1]
    assert (after[to["x"]].state, after[to["mastodon"]].state) == ("published", "cancelled")


@pytest.mark.parametrize("under_way", ["sending", "unknown", "due"])
def test_what_is_under_way_is_not_moved(
    office: Office, cast: Cast, to: dict[str, int], begun: int, under_way: str
) -> None:  # fmt: skip
    with office.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.channel_id == to["mastodon"])).one()
        if under_way == "due":
            row.due_at = office.now() - timedelta(minutes=1)
        else:
            row.state = under_way
    assert not agenda.movable(office, cast.actor(), begun).movable
    with pytest.raises(Conflict):
        schedule.move(office, cast.actor(), begun, "2026-11-27T09:00")
