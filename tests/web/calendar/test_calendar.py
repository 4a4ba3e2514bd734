"""The calendar as a page: month, week and list; filters; moving; and what an unchanged page costs."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from sqlalchemy import event

from commsched.services.content import times
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from commsched.services.workflow import editing, schedule
from tests import writing
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services.desk import draft, look, publish_what_is_due, scheduled, submitted, written

SCRIPT = {"Accept": "application/json"}


def test_weeks_roll_from_the_current_one_with_their_numbers_monday_first_and_todays_mark(
    browse: Any, cast: Cast
) -> None:
    html = browse(cast.reader).get("~/calendar/").text
    assert re.findall(r'<section class="day[^"]*" data-day="([\d-]+)"', html)[0] == "2026-11-23"
    assert re.findall(r'class="wk-short">(\d+)<', html) == ["48", "49", "50", "51", "52"]
    assert re.search(r'class="day today[^"]*" data-day="2026-11-26"', html)


def test_the_week_before_is_told_as_dots_with_a_count_and_leads_there(browse: Any, cast: Cast, clock: SetClock) -> None:
    item = scheduled(cast, publish_at="2026-11-26T12:00")
    clock.forward(hours=7)
    publish_what_is_due(cast.installation)
    clock.forward(days=7)
    html = browse(cast.reader).get("~/calendar/").text
    gone = html[html.index('class="month-gone"') : html.index('class="month-week"')]
    assert "Vecka 48: Ett inlägg" in gone
    assert 'data-day="2026-11-26"><span class="dots" aria-hidden="true"><i class="is-green">' in gone
    assert f"id=i{item}>" not in html
    assert f"id=i{item}>" in browse(cast.reader).get(re.findall(r'href="([^"]+)"', gone)[0]).text


def test_what_went_out_on_a_past_day_is_folded_and_what_needs_somebody_is_not(
    browse: Any, cast: Cast, clock: SetClock
) -> None:
    out, draft = scheduled(cast), written(cast)
    clock.forward(hours=7)
    publish_what_is_due(cast.installation)
    clock.forward(days=1)
    html = browse(cast.writer).get("~/calendar/").text
    day = html[html.index('id="d2026-11-26"') : html.index('id="d2026-11-27"')]
    folded = day[day.index('<details class="gone">') : day.index("</details>")]
    assert "Ett ute" in folded
    assert f"id=i{out}>" in folded
    assert f"id=i{draft}>" not in folded
    assert f"id=i{draft}>" in day


@pytest.mark.parametrize(
    ("address", "first", "last"),
    [
        ("?month=2026-09", "2026-08-31", "2026-10-04"),
        ("?day=2026-09-30", "2026-09-28", "2026-11-01"),
        ("?weeks=10", "2026-11-23", "2027-01-31"),
        ("?weeks=9999", "2026-11-23", "2026-12-27"),
        ("?view=list", "2026-11-26", ""),
    ],
)
def test_an_address_says_where_the_weeks_begin_and_how_many_they_are(
    browse: Any, cast: Cast, address: str, first: str, last: str
) -> None:
    days = re.findall(
        r'<section class="day[^"]*" data-day="([\d-]+)"', browse(cast.reader).get(f"~/calendar/{address}").text
    )
    assert days[0] == first
    assert not last or days[-1] == last


def test_what_is_chosen_stands_as_pills_that_can_be_taken_away(browse: Any, cast: Cast) -> None:
    wall = channel(cast.installation, cast.place.id, name="Väggen")
    html = browse(cast.reader).get(f"~/calendar/?state=review&channel={wall}&person={cast.writer.id}&q=buss").text
    chosen = html[html.index('class="cal-chosen"') : html.index("Visa allt")]
    away = re.findall(r'href="([^"]+)" aria-label="Ta bort: ([^"]+)"', chosen)
    assert [word for _address, word in away] == ["Väntar på godkännande", "Väggen", "Karin Ek", "”buss”"]
    assert "state=" not in away[0][0]
    assert f"channel={wall}" in away[0][0]


def test_a_chip_shows_a_picture_of_the_post(browse: Any, cast: Cast, installation: Installation) -> None:
    picture = library.add(installation, cast.actor("writer"), writing.photo(height=200)).media
    item = written(cast, media=[picture.id])
    chip = re.search(rf"(?s)id=i{item}>.*?</li>", browse(cast.writer).get("~/calendar/").text)
    assert chip
    assert f"/pictures/{picture.sha256}?small=1" in chip[0]


def test_the_week_stands_to_scale_and_what_overlaps_stands_side_by_side(browse: Any, cast: Cast) -> None:
    first, beside, later = (written(cast, publish_at=f"2026-11-27T{clock}") for clock in ("09:10", "09:40", "10:20"))
    html = browse(cast.writer).get("~/calendar/?view=week").text
    classes = {int(n): c for c, n in re.findall(r'<li class="ev ([^"]+)"><a class=ev-a [^>]*id=i(\d+)>', html)}
    assert [classes[item].split()[-3:] for item in (first, beside, later)] == [
        ["m10", "w2", "l0"],
        ["m40", "w2", "l1"],
        ["m20", "w2", "l0"],
    ]


def test_the_list_tells_who_wrote_it_and_offers_a_box(browse: Any, cast: Cast) -> None:
    item = written(cast)
    html = browse(cast.writer).get("~/calendar/?view=list").text
    assert f"name=item value={item} " in html
    assert "Utkast · Karin Ek" in html
    assert "type=checkbox" not in browse(cast.reader).get("~/calendar/?view=list").text


def test_a_chip_says_time_channel_title_and_state(browse: Any, cast: Cast) -> None:
    item = scheduled(cast, channels=[channel(cast.installation, cast.place.id, name="Pressrummet")])
    chip = re.search(rf'(?s)<li class="ev is-blue">.*?id=i{item}.*?</li>', browse(cast.writer).get("~/calendar/").text)
    assert chip
    for said in ("<time>12:00</time>", "<title>Pressrummet</title>", "I dag lägger vi fram", "Schemalagd"):
        assert said in chip[0]


def test_what_goes_out_as_soon_as_it_is_approved_says_so_everywhere(browse: Any, cast: Cast) -> None:
    item = submitted(cast, publish_at=None, when_approved=True)
    plain = written(cast, publish_at=None)
    words = "Så snart det är godkänt"
    browser = browse(cast.writer)
    first = browser.get("~/calendar/")
    loose = first.text[first.text.index('data-part="loose"') :]
    chips = re.findall(r"<li class=\"ev .*?</li>", loose)
    assert [words in chip for chip in sorted(chips, key=lambda chip: f"id=i{item}>" not in chip)] == [True, False]
    assert words in browser.get(f"~/calendar/{item}/panel").text
    assert words not in browser.get(f"~/calendar/{plain}/panel").text
    assert words in browser.get("~/").text
    assert words in browse(cast.approver).get("~/").text
    mark = first.headers["ETag"]
    editing.save(
        cast.installation, cast.actor("writer"), item, draft(sorted(times.goes_to(look(cast, item))), publish_at=None)
    )
    assert browser.get("~/calendar/", headers={"If-None-Match": mark}).status_code == 200


def test_what_people_wrote_is_escaped(browse: Any, cast: Cast) -> None:
    channels = [channel(cast.installation, cast.place.id, name="<b>kanal</b>")]
    scheduled(cast, channels=channels, text="<script>alert('hej')</script> & annat som står i texten")
    for view in ("month", "week", "list"):
        html = browse(cast.writer).get(f"~/calendar/?view={view}").text
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html
        assert "<b>kanal" not in html


@pytest.mark.parametrize("view", ["month", "week", "list"])
def test_every_view_works_with_nothing_in_it_and_in_both_languages(browse: Any, cast: Cast, view: str) -> None:
    browser = browse(cast.reader)
    assert "Här är inget planerat än." in browser.get(f"~/calendar/?view={view}").text
    browser.post("/language", {"language": "en"})
    assert "Nothing is planned here yet." in browser.get(f"~/calendar/?view={view}").text


@pytest.mark.parametrize("day", ["2026-02-30", "x", "0001-01-01", "9999-12-31", "2000-12-31"])
def test_a_day_that_does_not_exist_shows_today(browse: Any, cast: Cast, day: str) -> None:
    assert (
        'data-day="2026-11-26"' in browse(cast.reader).get(f"~/calendar/?day={day}&channel=x&person=-1&state=no").text
    )


def test_holidays_lie_behind(browse: Any, cast: Cast) -> None:
    html = browse(cast.reader).get("~/calendar/?day=2026-12-01").text
    assert "Julafton" in html
    assert "Annandag jul" in html


def test_two_posts_in_the_same_channel_within_an_hour_are_pointed_out(browse: Any, cast: Cast) -> None:
    wall = channel(cast.installation, cast.place.id, name="Väggen")
    scheduled(cast, channels=[wall])
    near = scheduled(cast, channels=[wall], publish_at="2026-11-26T12:59")
    scheduled(cast, channels=[channel(cast.installation, cast.place.id)], publish_at="2026-11-26T12:30")
    html = browse(cast.writer).get("~/calendar/").text
    assert html.count("Tätt inpå") == 2
    assert f'href="#i{near}"' in html
    assert "Ett par ligger inom en timme" in html


def test_posts_an_hour_apart_do_not_clash(browse: Any, cast: Cast) -> None:
    wall = channel(cast.installation, cast.place.id)
    scheduled(cast, channels=[wall])
    scheduled(cast, channels=[wall], publish_at="2026-11-26T13:00")
    assert "Tätt inpå" not in browse(cast.writer).get("~/calendar/").text


def test_a_day_on_the_night_the_clocks_change_holds_what_belongs_to_it(browse: Any, cast: Cast) -> None:
    item = written(cast, publish_at="2026-10-25T23:30")
    html = browse(cast.writer).get("~/calendar/?day=2026-10-25").text
    day = html[html.index('data-day="2026-10-25"') : html.index('data-day="2026-10-26"')]
    assert f"id=i{item}>" in day
    assert "<time>23:30</time>" in day


# -- moving -----------------------------------------------------------------------------------------------------------


def test_a_script_moves_inside_the_window_at_once(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    given = browse(cast.writer).post(f"~/calendar/{item}/move", {"at": "2026-11-26T14:00"}, headers=SCRIPT)
    assert given.status_code == 200
    assert given.json == {"said": "Flyttat till tors 26 nov 14:00.", "state": "scheduled", "at": "2026-11-26T14:00"}
    assert look(cast, item).wall_time == "2026-11-26T14:00"


def test_outside_the_window_it_is_asked_first_and_nothing_has_moved(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    there = {"at": "2026-11-30T12:00"}
    known = browser.get(f"~/calendar/{item}/move", headers=SCRIPT).json
    assert known["approved"]
    assert known["end"] == "2026-11-27T12:00"
    asked = browser.post(f"~/calendar/{item}/move", there, headers=SCRIPT)
    assert (asked.status_code, asked.json["code"]) == (409, "needs-approval")
    assert look(cast, item).wall_time == "2026-11-26T12:00"
    moved = browser.post(f"~/calendar/{item}/move", there | {"ask_again": "1"}, headers=SCRIPT)
    assert moved.json["state"] == "in_review"
    assert (look(cast, item).wall_time, look(cast, item).state) == ("2026-11-30T12:00", "in_review")


def test_the_plain_form_does_the_same(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    assert 'value="2026-11-26"' in browser.get(f"~/calendar/{item}/move").text
    asked = browser.post(f"~/calendar/{item}/move", {"day": "2026-11-30", "clock": "12:00"})
    assert asked.status_code == 409
    assert 'name="ask_again" value="1"' in asked.text
    assert 'name="at" value="2026-11-30T12:00"' in asked.text
    done = browser.post(f"~/calendar/{item}/move", {"at": "2026-11-30T12:00", "ask_again": "1"})
    assert done.headers["Location"].endswith("/calendar/?day=2026-11-30")
    assert "skickats för godkännande på nytt" in browser.get(done.headers["Location"]).text


def test_the_gap_of_a_clock_change_gives_two_buttons(browse: Any, cast: Cast, clock: SetClock) -> None:
    item = written(cast)
    browser = browse(cast.writer)
    form = {"day": "2027-03-28", "clock": "02:30"}
    asked = browser.post(f"~/calendar/{item}/move", form)
    choices = re.findall(r'name="at" value="([^"]+)"', asked.text)
    assert choices == ["2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00"]
    assert browser.post(f"~/calendar/{item}/move", form, headers=SCRIPT).json["code"] == "clock"
    assert browser.post(f"~/calendar/{item}/move", {"at": choices[1]}).status_code == 303
    assert look(cast, item).wall_time == "2027-03-28T03:30"


def test_the_hour_that_comes_twice_is_asked_about(browse: Any, cast: Cast) -> None:
    item = written(cast)
    browser = browse(cast.writer)
    asked = browser.post(f"~/calendar/{item}/move", {"at": "2027-10-31T02:30"}, headers=SCRIPT).json
    assert [choice["label"] for choice in asked["choices"]] == ["02:30 (CEST)", "02:30 (CET)"]
    browser.post(f"~/calendar/{item}/move", {"at": asked["choices"][1]["at"]}, headers=SCRIPT)
    at = look(cast, item).publish_at
    assert at is not None
    assert at.isoformat() == "2027-10-31T01:30:00+00:00"


@pytest.mark.parametrize("form", [{}, {"day": "2026-11-30"}, {"at": "nonsens"}, {"at": "2020-01-01T10:00"}])
def test_a_time_that_cannot_be_is_told_by_its_field(browse: Any, cast: Cast, form: dict[str, str]) -> None:
    item = scheduled(cast)
    given = browse(cast.writer).post(f"~/calendar/{item}/move", form)
    assert given.status_code == 422
    assert 'id="e-day"' in given.text
    assert look(cast, item).wall_time == "2026-11-26T12:00"


@pytest.mark.parametrize("typed", ["730", "7.30", "07:30"])
def test_a_time_is_understood_as_the_composer_understands_it(browse: Any, cast: Cast, typed: str) -> None:
    item = written(cast)
    assert browse(cast.writer).post(f"~/calendar/{item}/move", {"at": f"2026-11-27T{typed}"}).status_code == 303
    assert look(cast, item).wall_time == "2026-11-27T07:30"


def test_a_reader_sees_the_calendar_but_moves_nothing(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.reader)
    assert "class=ev-m" not in browser.get("~/calendar/").text
    assert browser.post(f"~/calendar/{item}/move", {"at": "2026-11-26T14:00"}).status_code == 403


def test_after_moving_one_comes_back_only_to_a_page_of_ours(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    away = browser.post(f"~/calendar/{item}/move", {"at": "2026-11-26T14:00", "back": "https://evil.example/"})
    assert away.headers["Location"].startswith("/w/gruppen/calendar/")
    back = browser.post(f"~/calendar/{item}/move", {"at": "2026-11-26T13:00", "back": "/w/gruppen/pause/"})
    assert back.headers["Location"] == "/w/gruppen/pause/"


# -- speed and sameness ---------------------------------------------------------------------------------


def test_an_unchanged_page_is_not_sent_again_and_a_changed_one_is(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    first = browser.get("~/calendar/")
    same = browser.get("~/calendar/", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T13:00")
    assert browser.get("~/calendar/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_the_mark_differs_by_person_language_role_pause_and_day(browse: Any, cast: Cast, clock: SetClock) -> None:
    from commsched.services.workflow import pause

    browser = browse(cast.writer)
    marks = [browser.get("~/calendar/").headers["ETag"], browse(cast.reader).get("~/calendar/").headers["ETag"]]
    browser.post("/language", {"language": "en"})
    marks.append(browser.get("~/calendar/").headers["ETag"])
    pause.pause(cast.installation, cast.actor("writer"), "Olycka")
    marks.append(browser.get("~/calendar/").headers["ETag"])
    clock.forward(days=1)
    marks.append(browser.get("~/calendar/").headers["ETag"])
    assert len(set(marks)) == len(marks)


def test_a_page_that_says_something_once_is_never_taken_for_unchanged(browse: Any, cast: Cast) -> None:
    item = scheduled(cast)
    browser = browse(cast.writer)
    browser.post(f"~/calendar/{item}/move", {"at": "2026-11-26T14:00"})
    told = browser.get("~/calendar/")
    assert "Flyttat till" in told.text
    assert "ETag" not in told.headers
    assert "Flyttat till" not in browser.get("~/calendar/").text


def test_it_takes_five_questions_whatever_the_number_of_posts(
    browse: Any, cast: Cast, installation: Installation
) -> None:
    for _ in range(12):
        submitted(cast)
    browser = browse(cast.writer)
    browser.get("~/calendar/")
    seen: list[str] = []
    event.listen(installation.store.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    browser.get("~/calendar/")
    asked = [text for text in seen if not text.startswith("BEGIN")]
    assert len(asked) <= 5, asked


def test_answers_are_compressed_for_browsers_that_take_it(browse: Any, cast: Cast) -> None:
    browser = browse(cast.reader)
    plain, packed = browser.get("~/calendar/"), browser.get("~/calendar/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(gzip.decompress(packed.data)) == len(plain.data)
    refused = browser.get("~/calendar/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers
    style = browser.get("/static/css/calendar-chips.css", headers={"Accept-Encoding": "gzip"})
    assert style.headers["Content-Encoding"] == "gzip"
    assert b".ev-t" in gzip.decompress(style.data)
