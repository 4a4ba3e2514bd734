"""An item's page: where it stands in words, what can be pressed, what it led to, its history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from commsched.core.content.draft import ChannelIn, PictureIn
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.media import details
from commsched.services.workflow import approve, editing
from commsched.store.models import Attempt, Delivery, Item, Notice, Revision
from tests import publications, writing
from tests.conftest import Browser, Cast, SetClock

Browse = Callable[..., Browser]


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


def revision(installation: Installation, cast: Cast, number: int) -> Revision:
    with installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, number))


def item(installation: Installation, cast: Cast, number: int) -> Item:
    with installation.store.read(cast.place.id) as session:
        return items.load(session, number)


def scheduled(installation: Installation, cast: Cast, to: list[int]) -> int:
    number = writing.submitted(installation, cast, to)
    approve.approve(installation, cast.actor("approver"), number, revision(installation, cast, number).hash)
    return number


def delivery(installation: Installation, cast: Cast, number: int, **values: object) -> Delivery:
    """The item's first delivery, made to stand as ``values`` say."""
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == number).order_by(Delivery.id)).first()
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        return row


def words(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def test_a_draft_says_that_it_should_be_sent_in(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]]))
    told = words(browse(cast.writer).get(f"~/items/{number}").text)
    assert "Ett utkast. Bara kontoret ser det." in told
    assert "Skicka för godkännande" in told


def test_in_review_it_says_for_whom_it_waits_and_what_happens_otherwise(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    told = words(browse(cast.writer).get(f"~/items/{number}").text)
    assert "Väntar på Gunnar Lind." in told
    assert "publiceras det av sig självt fre 27 nov 07:30. Annars hålls det" in told
    assert "Läs och ta ställning" not in told
    assert "Läs och ta ställning" in words(browse(cast.approver).get(f"~/items/{number}").text)


def test_scheduled_it_says_when_where_and_who_approved_it(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = scheduled(installation, cast, [to["x"], to["newsroom"]])
    told = words(browse(cast.reader).get(f"~/items/{number}").text)
    assert "Publiceras av sig självt fre 27 nov 07:30 i 2 kanaler." in told
    assert "Godkänt av Gunnar Lind, till lör 28 nov 07:30." in told


def test_scheduled_it_does_not_promise_to_go_out_with_a_picture_whose_consent_has_ended(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    media = writing.picture(installation, cast)
    number = writing.submitted(installation, cast, [to["x"]], media=[PictureIn(id=media)])
    approve.approve(installation, cast.actor("approver"), number, revision(installation, cast, number).hash)
    assert "Publiceras av sig självt" in words(browse(cast.reader).get(f"~/items/{number}").text)
    known = details.PictureDetails(persons=(("Anna Ek", date(2026, 1, 2)),))
    details.write_down(installation, cast.actor("writer"), media, known)
    told = words(browse(cast.reader).get(f"~/items/{number}").text)
    assert "Publiceras av sig självt" not in told
    assert "Det publiceras inte som det är. Anna Ek har samtyckt till att visas till och med 2026-01-02" in told


def test_a_reader_sees_all_and_can_press_nothing(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = scheduled(installation, cast, [to["x"]])
    page = browse(cast.reader).get(f"~/items/{number}").text
    assert f'action="/w/gruppen/items/{number}' not in page
    assert browse(cast.reader).post(f"~/items/{number}/cancel").status_code == 403


def test_each_try_is_told_in_words(browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]) -> None:
    number = scheduled(installation, cast, [to["x"]])
    row = delivery(
        installation, cast, number, state="published", url="https://x.example/1", published_at=installation.now()
    )
    tries = (("retry", "rate limit"), ("absent", ""), ("unknown", "timeout"), ("rejected", "403"), ("published", ""))
    with installation.store.write(cast.place.id) as session:
        for place, (outcome, detail) in enumerate(tries):
            start, took = installation.now() + timedelta(minutes=place), timedelta(seconds=1.5)
            session.add(
                Attempt(
                    delivery_id=row.id,
                    channel_id=row.channel_id,
                    part=0,
                    hash="h",
                    started_at=start,
                    finished_at=start + took,
                    outcome=outcome,
                    detail=detail,
                )
            )
        items.load(session, number).state = "published"
    page = browse(cast.reader).get(f"~/items/{number}").text
    told = words(page)
    for sentence in (
        "5 försök",
        "Det kom inte fram, och inget skickades. rate limit",
        "Avläst: det gick inte ut.",
        "det kan ha gått ut. timeout",
        "Plattformen sade nej.",
        "Det gick ut, efter 1,5 s.",
    ):
        assert sentence in told, sentence
    assert 'href="https://x.example/1"' in page


def test_what_waits_for_an_answer_says_so_everywhere(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number, browser = scheduled(installation, cast, [to["x"]]), browse(cast.writer)
    delivery(installation, cast, number, state="unknown", reason="ask", next_at=None)
    with installation.store.write(cast.place.id) as session:
        items.load(session, number).state = "publishing"
    for address in (f"~/items/{number}", "~/search", "~/calendar/?view=week&day=2026-11-27"):
        page = browser.get(address).text
        assert re.search(r"(Behöver svar</span>|Behöver svar</a>)", page), address
        assert not re.search(r'class="chip is-teal"', page), address


def test_what_nobody_knows_is_answered_with_its_address(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = scheduled(installation, cast, [to["x"]])
    row = delivery(installation, cast, number, state="unknown", reason="ask", next_at=None)
    browser = browse(cast.writer)
    wrong = browser.post(
        f"~/items/{number}/deliveries/{row.id}/resolve", {"answer": "published", "url": "javascript:alert(1)"}
    )
    assert wrong.status_code == 422
    assert 'value="javascript:alert(1)"' in wrong.text
    fine = browser.post(
        f"~/items/{number}/deliveries/{row.id}/resolve", {"answer": "published", "url": "https://x.example/7"}
    )
    assert fine.status_code == 303
    assert (item(installation, cast, number).state, delivery(installation, cast, number).url) == (
        "published",
        "https://x.example/7",
    )


def test_not_there_holds_it_and_sending_is_a_second_decision(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = scheduled(installation, cast, [to["x"]])
    row = delivery(installation, cast, number, state="unknown", reason="ask", next_at=None)
    browser = browse(cast.writer)
    browser.post(f"~/items/{number}/deliveries/{row.id}/resolve", {"answer": "not_published", "url": "not an address"})
    assert delivery(installation, cast, number).state == "held"
    assert "Skicka nu" in browser.get(f"~/items/{number}").text
    browser.post(f"~/items/{number}/deliveries/{row.id}/send")
    assert delivery(installation, cast, number).state == "waiting"


def test_a_delivery_is_reached_through_its_own_item_only(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    one, other = scheduled(installation, cast, [to["x"]]), scheduled(installation, cast, [to["mastodon"]])
    row = delivery(installation, cast, other, state="held")
    assert browse(cast.writer).post(f"~/items/{one}/deliveries/{row.id}/drop").status_code == 404
    assert delivery(installation, cast, other).state == "held"


def test_moving_outside_the_approved_window_is_said_before_it_is_done(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number, browser = scheduled(installation, cast, [to["x"]]), browse(cast.writer)
    there = {"publish_day": "2026-12-20", "publish_time": "10:00"}
    asked = browser.post(f"~/items/{number}/move", there)
    assert asked.status_code == 409
    assert "Flytta, och be om godkännande igen" in asked.text
    assert item(installation, cast, number).wall_time == "2026-11-27T07:30"
    assert browser.post(f"~/items/{number}/move", there | {"ask_again": "1"}).status_code == 303
    moved = item(installation, cast, number)
    assert (moved.wall_time, moved.state) == ("2026-12-20T10:00", "in_review")


@pytest.mark.parametrize(
    ("day", "time", "told"),
    [
        ("", "", "Välj när"),
        ("2026-11-27", "", "Välj både dag och klockslag."),
        ("2026-11-01", "10:00", "passerat"),
        ("2026-11-27", "kväll", "”kväll” är inget klockslag"),
    ],
)
def test_a_bad_time_keeps_what_was_typed(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int], day: str, time: str, told: str
) -> None:
    number = scheduled(installation, cast, [to["x"]])
    given = browse(cast.writer).post(f"~/items/{number}/move", {"publish_day": day, "publish_time": time})
    assert given.status_code == 422
    assert f'name="publish_time" value="{time}"' in given.text
    assert told in given.text
    assert item(installation, cast, number).wall_time == "2026-11-27T07:30"


def test_a_cancelled_item_says_so(browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]) -> None:
    number, browser = scheduled(installation, cast, [to["x"]]), browse(cast.writer)
    browser.post(f"~/items/{number}/cancel")
    assert "Publiceringen är avbruten. Inget går ut." in browser.get(f"~/items/{number}").text


def test_an_approver_can_take_the_approval_back(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = scheduled(installation, cast, [to["x"]])
    assert browse(cast.writer).post(f"~/items/{number}/withdraw", {"comment": "Fel"}).status_code == 403
    browse(cast.approver).post(f"~/items/{number}/withdraw", {"comment": "Fel siffra"})
    told = words(browse(cast.writer).get(f"~/items/{number}").text)
    assert "Gunnar Lind skickade tillbaka det." in told
    assert "Fel siffra" in told
    assert delivery(installation, cast, number).state == "cancelled"


def test_an_emergency_needs_a_reason_and_everyone_who_approves_is_told(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number, browser = writing.submitted(installation, cast, [to["x"]]), browse(cast.writer)
    short = browser.post(f"~/items/{number}/bypass", {"reason": "bråttom"})
    assert short.status_code == 422
    assert "bråttom" in short.text
    reason = "Vattnet i Älvby måste kokas, nu."
    assert browser.post(f"~/items/{number}/bypass", {"reason": reason}).status_code == 303
    assert "Karin Ek släppte det utan godkännande." in words(browser.get(f"~/items/{number}").text)
    with installation.store.read(cast.place.id) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "bypass_used")).all()
    assert cast.approver.id in {row.person_id for row in told}


def test_comments_are_shown_and_an_empty_one_is_asked_about(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number, browser = writing.submitted(installation, cast, [to["x"]]), browse(cast.approver)
    assert browser.post(f"~/items/{number}/comment", {"comment": "  "}).status_code == 422
    browser.post(f"~/items/{number}/comment", {"comment": "Stämmer <b>siffran</b>?"})
    assert "Stämmer &lt;b&gt;siffran&lt;/b&gt;?" in browser.get(f"~/items/{number}").text


def test_the_same_text_in_two_items_is_pointed_out(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    one, other = scheduled(installation, cast, [to["x"]]), scheduled(installation, cast, [to["mastodon"]])
    assert f'href="/w/gruppen/items/{one}"' in browse(cast.reader).get(f"~/items/{other}").text


def test_any_two_versions_can_be_compared(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    who, picture = cast.actor("writer"), writing.picture(installation, cast)
    number = editing.create(installation, who, writing.draft([to["x"]], text="en buss var tjugonde minut"))
    editing.save(installation, who, number, writing.draft([to["x"]], text="en buss var femtonde minut"))
    editing.save(
        installation,
        who,
        number,
        writing.draft([to["mastodon"]], text="en buss var tionde minut", media=[PictureIn(id=picture, alt="Buss")]),
    )
    page = browse(cast.reader).get(f"~/items/{number}/history?from=1&to=3").text
    assert "<del>tjugonde</del><ins>tionde</ins>" in page
    assert "tillagd" in page
    assert "<ins>Mastodon</ins>" in page
    backwards = browse(cast.reader).get(f"~/items/{number}/history?from=3&to=1").text
    assert "<del>tjugonde</del><ins>tionde</ins>" in backwards
    assert "Från version 1 till version 3" in browse(cast.reader).get(f"~/items/{number}/history?from=x&to=99").text


def test_an_old_version_comes_back_as_a_new_one(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    who = cast.actor("writer")
    number = editing.create(installation, who, writing.draft([to["x"]], text="så var det"))
    editing.save(installation, who, number, writing.draft([to["x"]], text="så blev det"))
    browser = browse(cast.writer)
    assert browser.post(f"~/items/{number}/restore", {"number": "1"}).status_code == 303
    back = revision(installation, cast, number)
    assert (back.number, back.parsed().text) == (3, "så var det")
    assert "hämtad från 1" in browser.get(f"~/items/{number}/history").text
    assert browser.post(f"~/items/{number}/restore", {"number": "77"}).status_code == 404


def test_a_version_comes_back_with_its_times_or_says_which_have_passed(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    timed = [to["x"], ChannelIn(id=to["mastodon"], publish_at="2026-11-27T18:00")]
    who = cast.actor("writer")
    number = editing.create(installation, who, replace(writing.draft([]), channels=timed))
    editing.save(installation, who, number, writing.draft([to["x"]], text="så blev det", publish_at=None))
    browser = browse(cast.writer)
    browser.post(f"~/items/{number}/restore", {"number": "1"})
    page = browser.get(f"~/items/{number}").text
    assert "Version 1 är tillbaka med sina tider" in page
    assert "gick inte att sätta" not in page
    browser.post(f"~/items/{number}/restore", {"number": "2"})
    assert "Den hade ingen tid" in browser.get(f"~/items/{number}").text
    clock.at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    browser.post(f"~/items/{number}/restore", {"number": "1"})
    assert re.search(r"har passerat: hela inlägget .*07:30", browser.get(f"~/items/{number}").text)


def test_an_item_of_another_office_is_not_there(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = scheduled(installation, cast, [to["x"]])
    for path in ("", "/history", "/review", "/edit"):
        assert browse(cast.stranger, "distriktet").get(f"~/items/{number}{path}").status_code == 404, path


def test_an_untimed_item_can_be_sent_out_at_once_when_approved(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]], publish_at=None)
    approve.approve(installation, cast.actor("approver"), number, revision(installation, cast, number).hash)
    browser = browse(cast.writer)
    assert "Det publiceras inte förrän någon schemalägger det." in browser.get(f"~/items/{number}").text
    assert browser.post(f"~/items/{number}/schedule", {"now": "1"}).status_code == 303
    assert item(installation, cast, number).state == "scheduled"
    assert delivery(installation, cast, number).due_at == installation.now()


def test_the_history_shows_one_version_for_a_stretch_of_writing_and_all_on_demand(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    who = cast.actor("writer")
    number = editing.create(installation, who, writing.draft([to["x"]], text="0"))
    for step in range(1, 6):
        clock.forward(seconds=30)
        editing.save(installation, who, number, writing.draft([to["x"]], text=str(step)), by_itself=True)
    approve.submit(installation, who, number)
    approve.request_changes(
        installation, cast.actor("approver"), number, revision(installation, cast, number).hash, "Mer!"
    )
    clock.forward(seconds=30)
    editing.save(installation, who, number, writing.draft([to["x"]], text="mer"))
    browser = browse(cast.reader)
    page, whole = (browser.get(f"~/items/{number}/history{query}").text for query in ("", "?all=1"))
    assert re.findall(r"<strong>Version (\d+)</strong>", page) == ["7", "6", "1"]
    assert "Visa 4 versioner som sparades på vägen" in page
    assert len(re.findall(r"<strong>Version \d+</strong>", whole)) == 7


def test_recipients_are_answered_for_one_by_one_or_all_on_purpose(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    row = publications.in_doubt(
        installation, cast.place.id, "redaktionen@svt.example", "jo@dn.example", "tips@tt.example"
    )
    browser, page = browse(cast.writer), f"~/items/{resolved(installation, cast, row).item_id}"
    shown = words(browser.get(page).text)
    assert all(one in shown for one in ("1. re…n@svt.example", "2. j…@dn.example", "Alla 3 får samma svar"))
    assert "redaktionen@" not in shown
    answer = f"{page}/deliveries/{row}/resolve"
    nobody = browser.post(answer, {"choose": "1", "answer": "published"})
    assert (nobody.status_code, "Välj vilka du svarar för." in nobody.text) == (422, True)
    odd = browser.post(answer, {"choose": "1", "answer": "published", "part": ["0", "77"]})
    assert (odd.status_code, "Mottagare 78 väntar inte på något svar." in words(odd.text)) == (422, True)
    assert re.search(r'value="0" checked', odd.text), "what was ticked stays ticked"
    assert browser.post(answer, {"choose": "1", "answer": "published", "part": "1"}).status_code == 303
    assert "2. j…@dn.example" not in words(browser.get(page).text)
    assert browser.post(answer, {"choose": "1", "answer": "not_published", "all": "1"}).status_code == 303
    assert resolved(installation, cast, row).state == "held"
    told = words(browse(cast.administrator).get("~/record/").text)
    assert "svarade på om det kom fram till mottagare 2: det är ute" in told
    assert "svarade på om det kom fram till mottagare 1, 3: det gick inte ut" in told


def test_the_only_recipient_in_doubt_is_named_beside_the_question(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    row = publications.in_doubt(installation, cast.place.id, "redaktionen@svt.example")
    browser, page = browse(cast.writer), f"~/items/{resolved(installation, cast, row).item_id}"
    assert "Mottagare 1: re…n@svt.example" in words(browser.get(page).text)
    assert browser.post(f"{page}/deliveries/{row}/resolve", {"answer": "published"}).status_code == 303
    assert resolved(installation, cast, row).state == "published"


def resolved(installation: Installation, cast: Cast, row: int) -> Delivery:
    with installation.store.read(cast.place.id) as session:
        found = session.get(Delivery, row)
        assert found is not None
        return found
