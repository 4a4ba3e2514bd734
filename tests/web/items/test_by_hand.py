"""The page of a task: the text, the files, the steps, and the word that it is done."""

from __future__ import annotations

from typing import Any

import pytest

from commsched.services.channels.connect import connect
from commsched.services.hands import tasks
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve
from commsched.store.models import Delivery
from tests.conftest import Cast, SetClock
from tests.services import desk

LINK = "https://example.org/1"


@pytest.fixture
def task(installation: Installation, cast: Cast, clock: SetClock) -> int:
    settings = {"network": "instagram_story", "name": "Vår story", "address": "https://www.instagram.com/"}
    channel = connect(installation, cast.actor(), "by_hand", "Story", settings).id
    item = desk.scheduled(cast, channels=[channel], title="Om bussarna")
    clock.forward(hours=5)
    desk.publish_what_is_due(installation)
    (row,) = desk.deliveries(cast, item)
    return row.id


def test_it_stands_on_today_and_leads_to_its_page(browse: Any, cast: Cast, task: int) -> None:
    writer = browse(cast.writer)
    assert f"/by-hand/{task}" in writer.get("~/").text
    shown = writer.get(f"~/by-hand/{task}")
    assert shown.status_code == 200
    for words in (desk.TEXT, "Story", "https://www.instagram.com/", "/done"):
        assert words in shown.text
    assert f"/by-hand/{task}" not in browse(cast.reader).get("~/").text


def test_it_is_confirmed_with_the_link(browse: Any, cast: Cast, installation: Installation, task: int) -> None:
    writer, seen = browse(cast.writer), tasks.read(installation, cast.actor("writer"), task)
    wrong = writer.post(f"~/by-hand/{task}/done", {"hash": seen.hash, "link": "ftp://x"})
    assert wrong.status_code == 422
    assert "ftp://x" in wrong.text
    assert writer.post(f"~/by-hand/{task}/done", {"hash": seen.hash, "link": LINK}).status_code == 303
    desk.publish_what_is_due(installation)
    shown = writer.get(f"~/by-hand/{task}").text
    assert LINK in shown
    assert cast.writer.name in shown
    assert desk.TEXT not in shown


def test_it_is_said_not_to_be_done(browse: Any, cast: Cast, task: int) -> None:
    writer = browse(cast.writer)
    assert writer.post(f"~/by-hand/{task}/not-done", {"why": "Ingen telefon"}).status_code == 303
    assert "/done" not in writer.get(f"~/by-hand/{task}").text


def test_a_text_that_may_not_go_out_is_not_shown(
    browse: Any, cast: Cast, installation: Installation, task: int
) -> None:
    seen = tasks.read(installation, cast.actor("writer"), task)
    approve.withdraw(installation, cast.actor("approver"), seen.item.id, "Vänta")
    writer = browse(cast.writer)
    assert desk.TEXT not in writer.get(f"~/by-hand/{task}").text
    assert writer.post(f"~/by-hand/{task}/done", {"hash": seen.hash, "link": LINK}).status_code == 409


def test_there_is_no_file_without_one(browse: Any, cast: Cast, task: int) -> None:
    assert browse(cast.writer).get(f"~/by-hand/{task}/files/0").status_code == 404


def test_who_does_it_is_chosen_among_those_who_may(browse: Any, cast: Cast, installation: Installation) -> None:
    chief = browse(cast.administrator)
    page = chief.get("~/channels/new/by_hand").text
    for person in (cast.writer, cast.approver):
        assert f'<option value="{person.email}"' in page
    assert cast.reader.email not in page.partition("<main")[2]
    settings = {"network": "other", "name": "Anslagstavlan", "responsible": "borta@ljungpartiet.example"}
    left = connect(installation, cast.actor(), "by_hand", "Tavlan", settings).id
    again = chief.get(f"~/channels/{left}/access").text
    assert '<option value="borta@ljungpartiet.example" selected' in again, "nobody is changed unseen"
    assert "inte på kansliet nu" in again


def test_the_item_says_that_a_person_posts_it_and_leads_there(browse: Any, cast: Cast, task: int) -> None:
    with cast.installation.store.read(cast.place.id) as session:
        item = session.get_one(Delivery, task).item_id
    shown = browse(cast.writer).get(f"~/items/{item}").text
    assert f"/by-hand/{task}" in shown
    assert "av sig själv" not in shown
    assert f"/by-hand/{task}" not in browse(cast.reader).get(f"~/items/{item}").text


def test_what_is_left_after_the_networks_is_not_said_to_go_by_itself(
    browse: Any, cast: Cast, installation: Installation, clock: SetClock
) -> None:
    by_hand = connect(installation, cast.actor(), "by_hand", "Story", {"network": "tiktok", "name": "Vår TikTok"}).id
    room = connect(installation, cast.actor(), "newsroom", "", {}).id
    item = desk.scheduled(cast, channels=[room, by_hand], title="Om bussarna")
    clock.forward(hours=5)
    desk.publish_what_is_due(installation)
    shown = browse(cast.writer).get(f"~/items/{item}").text
    assert "Resten publiceras för hand" in shown
    assert "av sig själv" not in shown


@pytest.mark.parametrize(("network", "marked"), [("tiktok", False), ("other", True)])
def test_no_mark_of_a_thread_is_copied_to_a_place_without_threads(
    browse: Any, cast: Cast, installation: Installation, clock: SetClock, network: str, marked: bool
) -> None:
    to = connect(installation, cast.actor(), "by_hand", "", {"network": network, "name": "Vår plats"}).id
    item = desk.scheduled(cast, channels=[to], text="Det första.\n---\nDet andra.")
    clock.forward(hours=5)
    desk.publish_what_is_due(installation)
    (row,) = desk.deliveries(cast, item)
    writer = browse(cast.writer)
    for page in (f"~/by-hand/{row.id}", f"~/items/{item}"):
        shown = writer.get(page).text
        assert "Det andra." in shown
        assert ("\n---\n" in shown) is marked, page
