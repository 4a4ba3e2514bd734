"""One channel is known to be out and the others wait for a time to come: what the page says, and what can be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Conflict
from commsched.core.timing import dates
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.views import calendar, ics
from commsched.services.workflow import approve, pause, schedule
from commsched.store.models import Delivery, Item, Part
from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


def words(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def rows(installation: Installation, cast: Cast, number: int) -> tuple[Item, dict[int, Delivery]]:
    with installation.store.read(cast.place.id) as session:
        found = session.scalars(select(Delivery).where(Delivery.item_id == number))
        return items.load(session, number), {row.channel_id: row for row in found}


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def begun(installation: Installation, cast: Cast, to: dict[str, int]) -> int:
    """Planned for tomorrow in two channels, and read back as out in one of them."""
    number = writing.submitted(installation, cast, [to["x"], to["mastodon"]])
    with installation.store.read(cast.place.id) as session:
        hashed = items.current(session, items.load(session, number)).hash
    approve.approve(installation, cast.actor("approver"), number, hashed)
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == number, Delivery.channel_id == to["x"])).one()
        row.state, row.next_at, row.published_at = "published", None, installation.now()
        session.flush()
        schedule.refresh(session, items.load(session, number))
    return number


def test_it_says_how_much_is_out_and_when_the_rest_goes(browse: Browse, cast: Cast, begun: int) -> None:
    told = words(browse(cast.writer).get(f"~/items/{begun}").text)
    assert "Det är ute i 1 av 2 kanaler. Resten går ut av sig själv fre 27 nov 07:30." in told
    assert "Det publiceras just nu" not in told


def test_while_all_is_paused_it_says_so(browse: Browse, installation: Installation, cast: Cast, begun: int) -> None:
    pause.pause(installation, cast.actor(), "Olyckan.")
    told = words(browse(cast.writer).get(f"~/items/{begun}").text)
    assert "Det är ute i 1 av 2 kanaler. Allt är pausat: resten går inte ut förrän någon återupptar." in told


def test_the_rest_can_be_given_another_time_and_what_is_out_stays_out(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int], begun: int
) -> None:
    browser = browse(cast.writer)
    told = words(browser.get(f"~/items/{begun}").text)
    assert "Det som är ute står kvar. Resten publiceras den nya tiden." in told
    assert "Skriv vidare" not in told
    assert calendar.movable(installation, cast.actor(), begun).movable
    moved = browser.post(f"~/items/{begun}/move", {"publish_day": "2026-11-27", "publish_time": "09:00"})
    assert moved.status_code == 303
    item, after = rows(installation, cast, begun)
    assert after[to["x"]].state == "published"
    assert (after[to["mastodon"]].state, after[to["mastodon"]].due_at) == ("waiting", item.publish_at)
    assert item.state == "publishing"


def test_the_rest_can_be_stopped(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int], begun: int
) -> None:
    assert browse(cast.writer).post(f"~/items/{begun}/cancel").status_code == 303
    after = rows(installation, cast, begun)[1]
    assert (after[to["x"]].state, after[to["mastodon"]].state) == ("published", "cancelled")


@pytest.mark.parametrize("under_way", ["sending", "unknown", "due"])
def test_what_is_under_way_is_not_moved(
    installation: Installation, cast: Cast, to: dict[str, int], begun: int, under_way: str
) -> None:
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.channel_id == to["mastodon"])).one()
        if under_way == "due":
            row.due_at = installation.now() - timedelta(minutes=1)
        else:
            row.state = under_way
    assert not calendar.movable(installation, cast.actor(), begun).movable
    with pytest.raises(Conflict):
        schedule.move(installation, cast.actor(), begun, "2026-11-27T09:00")


def chip(browser: Browser, number: int) -> str:
    """What the calendar's chip of an item says."""
    page = browser.get("~/calendar/?view=list&day=2026-11-27").text
    found = re.search(rf"(?s)<li class=\"ev [^>]*><a [^>]*id=i{number}>.*?</li>", page)
    assert found
    return words(found[0])


def test_every_list_says_that_the_rest_waits(
    browse: Browse, installation: Installation, cast: Cast, begun: int
) -> None:
    browser = browse(cast.writer)
    assert "Resten väntar" in chip(browser, begun)
    assert "Publiceras" not in chip(browser, begun)
    for page in (f"~/items/{begun}", "~/search?q=turer", "~/"):
        told = words(browser.get(page).text)
        assert "Resten väntar" in told, page
    assert "(Resten väntar)" in unfolded(ics.calendar(installation, cast.actor("writer")))


def unfolded(feed: bytes) -> str:
    return feed.decode().replace("\r\n ", "")


def test_while_all_is_paused_the_chip_rests(browse: Browse, installation: Installation, cast: Cast, begun: int) -> None:
    pause.pause(installation, cast.actor(), "Olyckan.")
    assert "Resten väntar · pausat" in chip(browse(cast.writer), begun)


@pytest.fixture
def thread(installation: Installation, cast: Cast, to: dict[str, int]) -> int:
    """A thread of which the first post is out, and the second is tried again in twenty minutes."""
    number = writing.submitted(installation, cast, [to["mastodon"]], text="Först det ena.\n---\nSedan det andra.")
    with installation.store.read(cast.place.id) as session:
        hashed = items.current(session, items.load(session, number)).hash
    approve.approve(installation, cast.actor("approver"), number, hashed)
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == number)).one()
        row.due_at, row.next_at = installation.now() - timedelta(minutes=1), installation.now() + timedelta(minutes=20)
        for part, state in enumerate(("published", "waiting")):
            session.add(Part(delivery_id=row.id, number=part, key=f"{number}-{part}", state=state))
        session.flush()
        schedule.refresh(session, items.load(session, number))
    return number


def test_of_a_thread_that_is_tried_again_it_says_what_is_out_and_when_it_goes_on(
    browse: Browse, installation: Installation, cast: Cast, thread: int
) -> None:
    browser = browse(cast.writer)
    assert "Resten väntar" in chip(browser, thread)
    told = words(browser.get(f"~/items/{thread}").text)
    at = dates.when(installation.now() + timedelta(minutes=20), cast.place.zone, "sv", installation.now())
    assert f"1 av 2 inlägg är ute. Resten går ut av sig själv {at}." in told
    assert "Det publiceras just nu" not in told
    assert told.count("Resten väntar") == 2, "the item and its one channel"


@pytest.mark.parametrize("under_way", ["sending", "due"])
def test_what_goes_out_this_moment_is_not_said_to_wait(
    browse: Browse, installation: Installation, cast: Cast, thread: int, under_way: str
) -> None:
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == thread)).one()
        if under_way == "sending":
            row.state = "sending"
        else:
            row.next_at = installation.now()
    browser = browse(cast.writer)
    assert "Publiceras" in chip(browser, thread)
    assert "Resten väntar" not in words(browser.get(f"~/items/{thread}").text)
