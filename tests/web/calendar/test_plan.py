"""The plan for others: a secret address without an account, and the week on paper."""

from __future__ import annotations

import re
from typing import Any

import pytest

from commsched.services.planning import plan_links
from commsched.services.workflow import schedule
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import scheduled, submitted, written


def path_of(cast: Cast) -> str:
    link = plan_links.standing(cast.installation, cast.actor("writer"))
    assert link is not None
    return "/plan/" + link.url.rpartition("/plan/")[2]


@pytest.fixture
def full(cast: Cast) -> Cast:
    wall = channel(cast.installation, cast.place.id, "sandbox", name="Väggen")
    scheduled(cast, channels=[wall], text="Om bussarna till Kvarnsele, som alla får veta.")
    submitted(cast, channels=[wall], publish_at="2026-11-27T09:00", text="Om vården, som snart är klart.")
    written(cast, channels=[wall], publish_at="2026-11-28T10:00", text="Ett hemligt utkast om budgeten.")
    written(cast, channels=[wall], publish_at=None, text="En lös tanke utan tid.")
    gone = written(cast, channels=[wall], publish_at="2026-11-29T10:00", text="Detta blev inte av.")
    schedule.cancel(cast.installation, cast.actor("writer"), gone)
    return cast


def test_whoever_has_the_link_reads_times_titles_channels_and_states_but_no_drafts(browse: Any, full: Cast) -> None:
    browser = browse(full.writer)
    assert browser.post("~/calendar/share", {}).status_code == 303
    given = browse().get(path_of(full))
    assert given.status_code == 200
    for said in ("12:00", "Om bussarna till Kvarnsele", "Väggen", "Schemalagd", "Om vården", "10:00", "Utkast"):
        assert said in given.text
    for kept in ("hemligt", "lös tanke", "blev inte av", "Karin Ek", "<form", "/w/gruppen"):
        assert kept not in given.text
    assert given.headers["X-Robots-Tag"].startswith("noindex")
    assert given.headers["Cache-Control"] == "private, no-store"
    assert given.headers["Referrer-Policy"] == "no-referrer"


def test_drafts_are_named_where_that_was_chosen(browse: Any, full: Cast) -> None:
    browse(full.writer).post("~/calendar/share", {"drafts": "1"})
    assert "Ett hemligt utkast om budgeten" in browse().get(path_of(full)).text


def test_a_link_that_is_ended_leads_nowhere_and_a_new_one_ends_the_old(browse: Any, full: Cast) -> None:
    browser = browse(full.writer)
    browser.post("~/calendar/share", {})
    first = path_of(full)
    browser.post("~/calendar/share", {"drafts": "1"})
    second = path_of(full)
    assert [browse().get(path).status_code for path in (first, second)] == [404, 200]
    browser.post("~/calendar/share", {"end": "1"})
    assert browse().get(second).status_code == 404
    assert plan_links.standing(full.installation, full.actor("writer")) is None


@pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 500, "%00", "..%2f"])
def test_what_was_never_a_link_is_not_there(browse: Any, full: Cast, token: str) -> None:
    browse(full.writer).post("~/calendar/share", {})
    assert browse().get(f"/plan/{token}").status_code == 404


def test_the_plan_shows_one_office_only(browse: Any, full: Cast) -> None:
    from commsched.services.workflow import editing
    from tests.services.desk import draft

    theirs = channel(full.installation, full.elsewhere.id, name="Deras kanal")
    editing.create(full.installation, full.elsewhere_actor, draft([theirs], text="Deras eget inlägg om deras sak."))
    plan_links.make(full.installation, full.elsewhere_actor, shows_drafts=True)
    browse(full.writer).post("~/calendar/share", {"drafts": "1"})
    html = browse().get(path_of(full)).text
    assert "Deras" not in html
    assert "Om bussarna" in html


def test_a_reader_makes_no_link_and_sees_none(browse: Any, full: Cast) -> None:
    browse(full.writer).post("~/calendar/share", {})
    browser = browse(full.reader)
    assert browser.get("~/calendar/share").status_code == 403
    assert browser.post("~/calendar/share", {"end": "1"}).status_code == 403
    assert browse().get(path_of(full)).status_code == 200


def test_making_and_ending_it_is_on_the_record(browse: Any, full: Cast) -> None:
    browser = browse(full.administrator)
    browser.post("~/calendar/share", {})
    browser.post("~/calendar/share", {"end": "1"})
    log = browser.get("~/record/").text
    assert "skapade en länk till planen" in log
    assert "avslutade länken till planen" in log


def test_the_secret_lies_in_the_store_only_encrypted(browse: Any, full: Cast, installation: Any) -> None:
    from sqlalchemy import select

    from commsched.store.models import PlanLink

    plan_links.make(installation, full.actor("writer"))
    token = path_of(full).rpartition("/")[2]
    with installation.store.read(full.place.id) as session:
        row = session.scalars(select(PlanLink)).one()
    assert token not in (row.token, row.token_hash)
    plan_links.revoke(installation, full.actor("writer"))
    with installation.store.read(full.place.id) as session:
        assert session.scalars(select(PlanLink)).one().token == ""


def test_the_week_on_paper_has_every_day_and_what_goes_out(browse: Any, full: Cast) -> None:
    html = browse(full.reader).get("~/calendar/paper?day=2026-11-26").text
    assert len(re.findall('class="paper-day"', html)) == 7
    for said in ("Om bussarna till Kvarnsele", "Väggen", "Schemalagd", "Ett hemligt utkast"):
        assert said in html
