"""A wall time that now means another moment is told, at start and daily, and a person chooses."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from commsched.services.accounts.office_settings import OfficeSettings, update
from commsched.services.notices import shifted_times, templates
from commsched.services.ops import chores
from commsched.services.workflow import wall_times
from commsched.store.models import Notice, Workspace
from tests.api.conftest import Client
from tests.conftest import Cast, SetClock
from tests.services.desk import deliveries, look, scheduled


def new_rules(cast: Cast, item: int, meant: str = "2026-11-26T13:00") -> None:
    """As if ``meant`` had been chosen under rules by which it was the item's moment."""
    with cast.installation.store.write(cast.place.id) as session:
        session.merge(look(cast, item)).wall_time = meant


def told(cast: Cast) -> list[Notice]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Notice).where(Notice.kind == "times_shifted")))


@pytest.fixture(autouse=True)
def _just_started() -> None:
    shifted_times._looked.clear()


def test_what_still_means_what_it_meant_is_not_told_of(cast: Cast, browse: Any) -> None:
    scheduled(cast)
    chores.run(cast.installation)
    assert told(cast) == []
    assert "/times/" not in browse(cast.writer).get("~/").text
    assert "Ingen tid har förskjutits" in browse(cast.writer).get("~/times/").text


def test_it_is_told_at_start_on_the_first_page_and_in_one_mail(cast: Cast, browse: Any, clock: SetClock) -> None:
    item = scheduled(cast)
    chores.run(cast.installation)
    new_rules(cast, item)
    chores.run(cast.installation)
    assert told(cast) == [], "the same process looks once a day"
    shifted_times._looked.clear()
    chores.run(cast.installation)
    chores.run(cast.installation)
    assert {one.person_id for one in told(cast)} == {
        person.id for person in (cast.administrator, cast.approver, cast.writer)
    }
    page = browse(cast.writer).get("~/").text
    assert "En planerad tid har förskjutits" in page
    assert "/w/gruppen/times/" in page
    clock.forward(hours=1)
    shifted_times._looked.clear()
    chores.run(cast.installation)
    assert len(told(cast)) == 3, "told once"


def test_the_mail_can_be_written_and_leads_to_the_choice(cast: Cast) -> None:
    new_rules(cast, scheduled(cast))
    chores.run(cast.installation)
    with cast.installation.store.read(cast.place.id) as session:
        row, place = told(cast)[0], session.get_one(Workspace, cast.place.id)
        made = templates.write(cast.installation, session, [row], cast.writer, place, cast.installation.now())
    assert "/w/gruppen/times/" in made.text
    assert "förskjutits" in made.subject


def test_it_is_looked_for_every_day(cast: Cast, clock: SetClock) -> None:
    item = scheduled(cast, publish_at="2026-12-03T12:00")
    chores.run(cast.installation)
    new_rules(cast, item, "2026-12-03T13:00")
    clock.forward(days=1)
    chores.run(cast.installation)
    assert told(cast)


def test_keeping_the_clock_time_moves_the_moment(cast: Cast, browse: Any) -> None:
    item = scheduled(cast)
    new_rules(cast, item)
    chores.run(cast.installation)
    browser = browse(cast.writer)
    page = browser.get("~/times/").text
    assert "Planerat till tors 26 nov 13:00. Som det är nu går det ut när klockan visar tors 26 nov 12:00." in page
    assert browser.post("~/times/", {"item": str(item), "choice": "wall"}).status_code == 303
    assert look(cast, item).wall_time == "2026-11-26T13:00"
    assert [f"{row.due_at:%H:%M}" for row in deliveries(cast, item) if row.state == "waiting"] == ["12:00"]
    assert "/times/" not in browser.get("~/").text


def test_keeping_the_moment_changes_the_clock_time_only(cast: Cast, browse: Any) -> None:
    items = [scheduled(cast), scheduled(cast, title="En till")]
    for item in items:
        new_rules(cast, item)
    chores.run(cast.installation)
    before = [look(cast, item).publish_at for item in items]
    browse(cast.writer).post("~/times/", {"choice": "moment"})
    assert [look(cast, item).wall_time for item in items] == ["2026-11-26T12:00"] * 2
    assert [look(cast, item).publish_at for item in items] == before
    assert wall_times.listing(cast.installation, cast.actor("writer")) == []


@pytest.mark.parametrize("choice", ["", "both"])
def test_a_choice_that_is_none_changes_nothing(cast: Cast, browse: Any, choice: str) -> None:
    item = scheduled(cast)
    new_rules(cast, item)
    browse(cast.writer).post("~/times/", {"item": str(item), "choice": choice})
    assert look(cast, item).wall_time == "2026-11-26T13:00"


def test_a_time_outside_what_was_approved_is_told_and_left(cast: Cast, browse: Any) -> None:
    item = scheduled(cast)
    new_rules(cast, item, "2027-02-26T12:00")
    browser = browse(cast.writer)
    browser.post("~/times/", {"item": str(item), "choice": "wall"})
    assert look(cast, item).wall_time == "2027-02-26T12:00"
    assert "Godkännandet gäller inte" in browser.get("~/times/").text


def test_another_zone_of_the_office_is_told_at_once(cast: Cast, browse: Any) -> None:
    scheduled(cast)
    settings = OfficeSettings("Regiongruppen", "Europe/Helsinki", "sv", 60, 24, 24)
    update(cast.installation, cast.actor(), settings)
    assert told(cast)
    assert "En planerad tid" in browse(cast.writer).get("~/").text


def test_the_api_never_contradicts_itself(cast: Cast, app: Any) -> None:
    from commsched.services.accounts import tokens

    item = scheduled(cast)
    new_rules(cast, item)
    program = Client(app, tokens.create_token(cast.installation, cast.actor("writer"), "a test", ""))
    for one in (program.get(f"/items/{item}").json, program.get("/items").json[0]):
        assert (one["publish_at"], one["wall_time"]) == ("2026-11-26T11:00:00Z", "2026-11-26T12:00")


@pytest.mark.parametrize("zone", ["CET", "UTC", "Japan", "Europe/Kyiv"])
def test_the_kept_zone_is_offered_and_stays(cast: Cast, browse: Any, zone: str) -> None:
    """A list without it chose the first one for the office: Africa/Abidjan."""
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).zone = zone
    browser = browse(cast.administrator)
    assert f'<option value="{zone}" selected>' in browser.get("~/settings/").text
    given = browser.post(
        "~/settings/",
        {
            "name": "Gruppen",
            "zone": zone,
            "language": "sv",
            "latest_minutes": "45",
            "window_before_hours": "2",
            "window_after_hours": "2",
        },
    )
    assert given.status_code == 303
