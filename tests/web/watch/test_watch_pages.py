"""The pages of the watch: the menu where there is one, the list, the round, what a form does without a script."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Unknown
from commsched.core.platform.figures import Figures, Reply
from commsched.services.followup import figures, replies, turns, watch_settings
from commsched.services.kernel.context import Installation
from commsched.store.models import RemoteComment
from tests import publications
from tests.conftest import Browser, Cast, SetClock
from tests.network import Network, put_in
from tests.services import desk

Browse = Callable[..., Browser]


@pytest.fixture
def network(installation: Installation, cast: Cast, clock: SetClock) -> Network:
    """One comment with markup in it, and one with a word of the list, under a post that is out."""
    net = put_in(installation, Network())
    channel = publications.channel(installation, cast.place.id, "mastodon", name="Nätet")
    desk.scheduled(cast, channels=[channel])
    clock.forward(hours=6)
    desk.publish_what_is_due(installation)
    watch_settings.keep(installation, cast.actor(), "idiot", 12, 90)
    turns.arrange(installation)
    said: dict[str, Any] = {"answers": "p1", "at": clock.at}
    net.written = [
        Reply("r1", text="<script>alert(1)</script> https://evil.example", author="<b>Maj</b>", **said),
        Reply("r2", text="Idioter!", author="Kalle", url="https://net.example/r2", **said),
    ]
    assert replies.read_next(installation)
    return net


def numbers(cast: Cast) -> dict[str, RemoteComment]:
    with cast.installation.store.read(cast.place.id) as session:
        return {row.remote_id: row for row in session.scalars(select(RemoteComment))}


def test_the_menu_has_it_only_where_something_can_be_read(browse: Browse, cast: Cast) -> None:
    assert "/comments/" not in browse(cast.writer).get("~/").text


def test_the_menu_says_how_many_wait(browse: Browse, cast: Cast, network: Network) -> None:
    shown = browse(cast.writer).get("~/").text
    assert 'href="/w/gruppen/comments/"' in shown
    assert '<span class="count on-icon number">2</span>' in shown


def test_a_comment_is_plain_text_and_the_told_one_first(browse: Browse, cast: Cast, network: Network) -> None:
    shown = browse(cast.writer).get("~/comments/").text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; https://evil.example" in shown
    assert 'href="https://evil.example' not in shown
    assert "&lt;b&gt;Maj&lt;/b&gt;" in shown
    assert shown.index("Idioter!") < shown.index("alert(1)")
    assert 'href="https://net.example/r2" rel="noopener noreferrer nofollow"' in shown


def test_seen_all_and_looked(browse: Browse, cast: Cast, network: Network) -> None:
    browser = browse(cast.writer)
    shown = [str(row.id) for row in numbers(cast).values()]
    said = browser.post("~/comments/look", {"shown": shown}, follow_redirects=True)
    assert "2 kommentarer är sedda" in unescape(said.text)
    assert "Inget nytt" in unescape(said.text)
    said = browser.post("~/comments/look", {}, follow_redirects=True)
    assert "du har tittat" in unescape(said.text)
    assert "Kalle" in browser.get("~/comments/?all=1").text
    assert "tittade på kommentarerna: 2 nya" in unescape(browser.get("~/record/?group=watch").text)


def test_the_round_shows_one_and_goes_on(browse: Browse, cast: Cast, network: Network) -> None:
    browser = browse(cast.writer)
    first = browser.get("~/comments/round").text
    assert "Idioter!" in first
    assert "alert(1)" not in first
    number = numbers(cast)["r2"].id
    said = browser.post(f"~/comments/{number}/hide", {"back": "round"}, follow_redirects=True)
    assert network.hidden == {"r2"}
    assert "alert(1)" in said.text
    browser.post("~/comments/look", {"back": "round", "shown": str(numbers(cast)["r1"].id)})
    assert "Rundan är klar" in unescape(browser.get("~/comments/round").text)


def test_what_did_not_work_is_said(browse: Browse, cast: Cast, network: Network) -> None:
    network.answers = [Unknown("timeout")]
    said = browse(cast.writer).post(f"~/comments/{numbers(cast)['r1'].id}/hide", {}, follow_redirects=True)
    assert "Nätverket bekräftade inte" in unescape(said.text)


def test_reporting_needs_a_reason(browse: Browse, cast: Cast, network: Network) -> None:
    browser, number = browse(cast.writer), numbers(cast)["r1"].id
    assert "Skriv varför" in unescape(
        browser.post(f"~/comments/{number}/report", {"reason": ""}, follow_redirects=True).text
    )
    said = browser.post(f"~/comments/{number}/report", {"reason": "Hot"}, follow_redirects=True)
    assert "anmäld till nätverket" in unescape(said.text)


def test_a_silent_network_is_said(browse: Browse, cast: Cast, network: Network, clock: SetClock) -> None:
    network.silent = True
    clock.forward(minutes=16)
    replies.read_next(cast.installation)
    assert "gick inte att läsa" in unescape(browse(cast.writer).get("~/comments/").text)


def test_a_reader_sees_and_does_nothing(browse: Browse, cast: Cast, network: Network) -> None:
    browser = browse(cast.reader)
    for path in ("~/comments/", "~/comments/round", "~/comments/?all=1", "~/comments/settings"):
        shown = browser.get(path)
        assert shown.status_code == 200
        assert "Dölj" not in shown.text
    assert browser.post("~/comments/look", {}).status_code == 403


def test_the_settings(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.administrator)
    given = browser.post("~/comments/settings", {"words": "idiot\nförrädare", "hours": "4", "days": "30"})
    assert given.status_code == 303
    shown = browser.get("~/comments/settings").text
    assert "förrädare" in shown
    assert browser.post("~/comments/settings", {"words": "", "hours": "0", "days": "30"}).status_code == 422
    assert browse(cast.writer).post("~/comments/settings", {"words": "", "hours": "4", "days": "30"}).status_code == 403


def test_a_month_of_the_log_as_a_table(browse: Browse, cast: Cast, network: Network) -> None:
    browse(cast.writer).post("~/comments/look", {"shown": [str(row.id) for row in numbers(cast).values()]})
    table = browse(cast.administrator).get("~/record/download.csv?group=watch&month=2026-11").text
    assert "tittade på kommentarerna: 2 nya, 0 kvar" in table
    assert "Idioter" not in table
    assert "tittade" not in browse(cast.administrator).get("~/record/download.csv?group=watch&month=2026-10").text


def test_how_it_went_is_a_table_and_stands_on_the_item_s_page(
    browse: Browse, cast: Cast, network: Network, clock: SetClock
) -> None:
    browser = browse(cast.reader)
    assert "Inget är räknat än" in unescape(browser.get("~/went/").text)
    network.figures["p1"] = Figures(views=120, likes=4)
    figures.read_next(cast.installation)
    clock.forward(hours=2)
    figures.read_next(cast.installation)
    table = unescape(browser.get("~/went/").text)
    assert ">120<" in table
    assert "inte känt" in table
    number = next(row.item_id for row in numbers(cast).values())
    assert "120 visningar · 4 gillar" in unescape(browser.get(f"~/items/{number}").text)


def test_an_answer_is_sent_for_approval_and_its_approver_reads_the_comment(
    browse: Browse, cast: Cast, network: Network
) -> None:
    number = numbers(cast)["r2"].id
    said = browse(cast.writer).post(f"~/comments/{number}/answer", {"text": "Håll god ton."}, follow_redirects=True)
    assert "Det här svarar på en kommentar av Kalle" in unescape(said.text)
    item = numbers(cast)["r2"].answer_item_id
    review = unescape(browse(cast.approver).get(f"~/items/{item}/review").text)
    assert "Idioter!" in review
    again = browse(cast.writer).post(f"~/comments/{number}/answer", {"text": "Igen."}, follow_redirects=True)
    assert "redan besvarad" in unescape(again.text)


def test_ready_answers_are_written_by_one_and_approved_by_another(browse: Browse, cast: Cast, network: Network) -> None:
    writer, leader = browse(cast.writer), browse(cast.approver)
    assert writer.post("~/comments/ready", {"ready": "Tack för att du hör av dig!"}).status_code == 303
    shown = leader.get("~/comments/settings").text
    path = shown.split('action="/w/gruppen/comments/ready/')[1].split('"')[0]
    assert writer.post(f"~/comments/ready/{path}", {}).status_code == 403
    assert "kan användas" in unescape(leader.post(f"~/comments/ready/{path}", {}, follow_redirects=True).text)
    number = path.split("/")[0]
    assert "Tack för att du hör av dig!" in writer.get("~/comments/").text
    writer.post(f"~/comments/{numbers(cast)['r1'].id}/answer", {"ready": number})
    desk.publish_what_is_due(cast.installation)
    assert network.parents["p2"] == "r1"
    assert writer.post(f"~/comments/ready/{number}/end", {}).status_code == 303


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "²", "-1", "1e9", "\x00"])
def test_a_number_that_is_none_is_no_fault_of_ours(browse: Browse, cast: Cast, network: Network, number: str) -> None:
    browser = browse(cast.writer)
    assert browser.get("~/comments/round", query_string={"after": number}).status_code == 200
    assert browser.get("~/comments/", query_string={"all": "1", "before": number}).status_code == 200
    assert browser.post("~/comments/look", {"shown": number}).status_code == 303
    some = numbers(cast)["r1"].id
    assert browser.post(f"~/comments/{some}/answer", {"ready": number}).status_code in (303, 404)
    assert browser.post(f"~/comments/{'9' * 30}/hide", {}).status_code == 404
