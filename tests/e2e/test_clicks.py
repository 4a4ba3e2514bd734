"""What an ordinary day costs in presses beyond the words, task by task: each at most what it must cost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.workflow import editing
from commsched.store.models import Delivery, Item
from tests import publications, writing
from tests.conftest import Cast, MailBag
from tests.e2e.hand import Hand
from tests.services import desk
from tests.services.desk import look


@pytest.fixture
def to(installation: Installation, cast: Cast, ticking: Installation) -> list[int]:
    return [
        publications.channel(installation, cast.place.id, "newsroom", name="Pressrum"),
        publications.channel(installation, cast.place.id, "sandbox", name="Väggen"),
    ]


def hand(visit: Any, person: Any, path: str, **how: Any) -> Hand:
    """At ``path`` of the office."""
    page = visit(person, **how)
    page.goto(f"/w/gruppen{path}")
    return Hand(page)


def newest(installation: Installation, mail: MailBag) -> str:
    """The words of the newest mail."""
    outbox.send_due(installation)
    return mail.sent[-1].text


def sent(page: Any) -> None:
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()


def test_1_a_post_with_a_time_is_sent_in_two(visit: Any, cast: Cast, to: list[int]) -> None:
    at = hand(visit, cast.writer, "/")
    at.key("n")
    at.page.wait_for_url("**/write")
    expect(at.page.locator("[name=text]")).to_be_focused()
    at.words("Fler turer på linje 14.")
    at.press(at.page.get_by_role("button", name="I morgon 07:30"))
    at.press(at.page.get_by_role("button", name="Skicka till Gunnar Lind"))
    sent(at.page)
    assert at.presses <= 2


def test_2_with_a_picture_and_its_words_in_four(visit: Any, cast: Cast, to: list[int]) -> None:
    at = hand(visit, cast.writer, "/write")
    at.words("Fler turer på linje 14.")
    photo = {"name": "buss.jpg", "mimeType": "image/jpeg", "buffer": writing.photo()}
    at.choose_file(at.page.get_by_text("Lägg till bilder"), photo)
    alt = at.page.get_by_label("Alt-text").last
    at.press(alt)
    at.words("En buss vid hållplatsen.")
    at.press(at.page.get_by_role("button", name="I morgon 07:30"))
    at.press(at.page.get_by_role("button", name="Skicka till Gunnar Lind"))
    sent(at.page)
    assert at.presses <= 4


def test_3_like_last_week_in_three(visit: Any, cast: Cast, to: list[int]) -> None:
    at = hand(visit, cast.writer, f"/items/{desk.approved(cast, channels=to)}")
    at.press(at.page.locator("summary", has_text="Duplicera"))
    at.press(at.page.get_by_role("button", name="Nästa vecka"))
    at.press(at.page.get_by_role("button", name="Skicka till Gunnar Lind"))
    sent(at.page)
    assert at.presses <= 3


def test_4_approved_from_the_mail_in_two(
    visit: Any, installation: Installation, cast: Cast, to: list[int], mail: MailBag
) -> None:
    number = desk.submitted(cast, channels=to)
    address = re.search(r"http://[^/]+(/a/\S+)", newest(installation, mail))[1]  # type: ignore[index]
    page = visit(phone=True)
    at = Hand(page)
    at.presses += 1  # the link in the mail
    page.goto(address)
    at.press(page.get_by_role("button", name="Godkänn").first)
    expect(page.locator("body")).to_contain_text("Tack")
    assert look(cast, number).state == "scheduled"
    assert at.presses <= 2


def test_5_two_are_approved_signed_in_in_three(visit: Any, cast: Cast, to: list[int]) -> None:
    numbers = [desk.submitted(cast, channels=to, text=f"Inlägg {name} om bussarna.") for name in ("ett", "två")]
    at = hand(visit, cast.approver, "/approve", phone=True)
    at.press(at.page.get_by_role("link", name="Titta på").first)
    for _each in numbers:
        at.press(at.page.get_by_role("button", name="Godkänn").first)
        at.page.wait_for_load_state()
    expect(at.page.locator("main")).to_contain_text("Inget väntar på dig")
    assert [look(cast, number).state for number in numbers] == ["scheduled", "scheduled"]
    assert at.presses <= 3


def test_6_sent_back_with_a_quick_reason_in_two(visit: Any, cast: Cast, to: list[int]) -> None:
    number = desk.submitted(cast, channels=to)
    at = hand(visit, cast.approver, f"/items/{number}/review", phone=True)
    at.press(at.page.get_by_text("Skicka tillbaka").first)
    at.press(at.page.get_by_role("button", name="Stavfel"))
    at.page.wait_for_load_state()
    assert look(cast, number).state == "changes_requested"
    assert at.presses <= 2


def test_7_five_posts_are_moved_a_week_in_two_beside_choosing_them(visit: Any, cast: Cast, to: list[int]) -> None:
    numbers = [desk.written(cast, to, text=f"Inlägg {day}", publish_at=f"2026-11-2{day}T12:00") for day in range(6, 9)]
    at = hand(visit, cast.writer, "/calendar/")
    for number in numbers:
        at.page.focus(f"#i{number}")
        at.key("x")
    at.press(at.page.locator("#several").get_by_role("button", name="Flytta"))
    at.press(at.page.get_by_role("button", name="Flytta 3 inlägg"))
    at.page.wait_for_load_state()
    assert look(cast, numbers[0]).wall_time == "2026-12-03T12:00"
    assert at.presses <= 2


def test_8_everything_is_paused_on_a_phone_in_two_from_anywhere(visit: Any, cast: Cast, to: list[int]) -> None:
    at = hand(visit, cast.approver, "/calendar/", phone=True)
    at.press(at.page.get_by_role("link", name="Pausa").first)
    at.press(at.page.get_by_role("button", name="Pausa allt"))
    at.page.wait_for_load_state()
    expect(at.page.locator("body")).to_contain_text("pausat")
    assert at.presses <= 2


def test_9_whether_it_went_out_is_answered_on_today_in_two(
    visit: Any, installation: Installation, cast: Cast, to: list[int]
) -> None:
    number = desk.scheduled(cast, channels=to[1:])
    with installation.store.write(cast.place.id) as session:
        row = session.query(Delivery).filter_by(item_id=number).one()
        row.state, row.reason, row.next_at = "unknown", "ask", None
        session.get_one(Item, number).state = "publishing"
    at = hand(visit, cast.writer, "/")
    at.press(at.page.get_by_role("button", name="Ja:").first)
    at.page.wait_for_load_state()
    assert look(cast, number).state == "published"
    assert at.presses <= 2


def test_10_an_old_post_is_found_without_a_press(visit: Any, cast: Cast, to: list[int]) -> None:
    number = desk.written(cast, to, text="Bussarna går igen.")
    at = hand(visit, cast.writer, "/")
    at.key("Control+k")
    at.words("bussen")
    at.key("Enter")
    at.page.wait_for_url(f"**/items/{number}")
    assert (at.presses, at.keys) == (0, 2)


def test_11_an_approved_post_goes_out_now_in_two_and_by_itself_in_none(visit: Any, cast: Cast, to: list[int]) -> None:
    number = desk.approved(cast, channels=to, then_schedule=False)
    at = hand(visit, cast.writer, f"/items/{number}")
    at.press(at.page.get_by_role("button", name="Publicera nu"))
    expect(at.page.locator(".standing-now")).to_contain_text("publiceras just nu")
    assert at.presses <= 2
    soon = editing.create(cast.installation, cast.actor("writer"), desk.draft(to, publish_at=None, when_approved=True))
    desk.approve.submit(cast.installation, cast.actor("writer"), soon, then_schedule=True)
    desk.approve.approve(cast.installation, cast.actor("approver"), soon, desk.hash_of(cast, soon))
    assert look(cast, soon).state == "scheduled"


def test_12_a_draft_is_thrown_away_in_one_and_comes_back_in_one(visit: Any, cast: Cast, to: list[int]) -> None:
    number = desk.written(cast, to)
    at = hand(visit, cast.writer, f"/items/{number}")
    at.press(at.page.get_by_role("button", name="Släng"))
    expect(at.page.get_by_text("Det är slängt.")).to_be_visible()
    assert (look(cast, number).state, at.presses) == ("cancelled", 1)
    at.press(at.page.get_by_role("button", name="Ångra"))
    expect(at.page.get_by_text("Det är som det var förut.")).to_be_visible()
    assert look(cast, number).state == "draft"
