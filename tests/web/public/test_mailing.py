"""Leaving, choosing, subscribing: what a GET never does, what a POST does at once, and what nobody is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from commsched.services.contacts import leave_links
from commsched.services.subscriptions import offers, questions
from commsched.services.subscriptions.offers import Offer, Offers
from tests.conftest import Browser, Cast, MailBag, SetClock
from tests.services.deliver.test_recipients import press
from tests.services.subscriptions.test_subscribing import ANNA, on_list, subscribed

RED = "red@tidning.example"


@pytest.fixture
def number(cast: Cast) -> int:
    number = press(cast, RED, "p4@radio.example")
    offers.update(cast.installation, cast.actor(), Offers((Offer(number, "Pressmeddelanden", "Ett par i veckan"),)))
    return number


def path(cast: Cast, number: int, address: str = RED) -> str:
    token = leave_links.token(cast.installation, number, cast.installation.vault.blind(address))
    return f"/n/{cast.place.slug}/u/{token}"


def test_opening_the_link_only_asks_and_one_post_leaves(browse: Any, cast: Cast, number: int) -> None:
    client = browse().client
    for _scanner in range(3):
        given = client.get(path(cast, number))
        assert given.status_code == 200
        assert "Avsluta den här listan" in given.text
    assert on_list(cast, number, RED) == "active"
    for _again in range(2):
        given = client.post(path(cast, number), data={"List-Unsubscribe": "One-Click"})
        assert (given.status_code, "Location" in given.headers) == (200, False)
    assert on_list(cast, number, RED) == "unsubscribed"
    assert on_list(cast, number, "p4@radio.example") == "active"
    assert "Set-Cookie" not in given.headers
    assert given.headers["Cache-Control"] == "no-store"


def test_a_mail_program_posts_a_form_of_parts_from_anywhere(browse: Any, cast: Cast, number: int) -> None:
    given = browse().client.post(
        path(cast, number),
        data={"List-Unsubscribe": "One-Click"},
        content_type="multipart/form-data",
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
    )
    assert (given.status_code, on_list(cast, number, RED)) == (200, "unsubscribed")


def test_leaving_everything_is_a_button_of_its_own(browse: Any, cast: Cast, number: int) -> None:
    other = press(cast, RED, name="Kulturen")
    client = browse().client
    assert "ingenting mer" in client.post(path(cast, number), data={"what": "everything"}).text
    assert {on_list(cast, channel, RED) for channel in (number, other)} == {"unsubscribed"}
    assert "Du får inga mejl av oss" in client.get(path(cast, number)).text


def test_what_is_guessed_altered_or_of_another_office_leads_nowhere(browse: Any, cast: Cast, number: int) -> None:
    client, right = browse().client, path(cast, number)
    for wrong in (right[:-1], right[:-2] + "AA", f"/n/{cast.elsewhere.slug}/u/{right[-72:]}", f"/n/x/u/{right[-72:]}"):
        for way in (client.get, client.post):
            assert way(wrong).status_code == 404, wrong
    assert on_list(cast, number, RED) == "active"


def form(browser: Browser, address: str, number: int, **more: str) -> Any:
    typed = {"address": address, "name": "Anna Åberg", "outlet": "Nya Tidningen", "list": str(number)}
    return browser.post(f"/n/{browser.slug}/subscribe", typed | more)


def test_subscribing_is_a_form_a_mail_and_a_button(browse: Any, cast: Cast, mail: MailBag, number: int) -> None:
    browser = browse()
    shown = browser.client.get(f"/n/{cast.place.slug}/subscribe").text
    assert "Pressmeddelanden" in shown
    assert "Ett par i veckan" in shown
    assert "Jag vill ha pressmeddelanden från Regiongruppen" in shown
    given = form(browser, ANNA, number)
    assert (given.status_code, "Titta i din inkorg" in given.text) == (200, True)
    questions.send_due(cast.installation)
    address = re.search(r"http://[^/]+(/n/\S+/yes/\S+)", mail.sent[-1].text)
    assert address
    asked = browser.client.get(address[1])
    assert "Är det här vad du vill?" in asked.text
    assert "Nya Tidningen" in asked.text
    assert on_list(cast, number) == ""
    assert "Du står på listan" in browser.post(address[1]).text
    assert on_list(cast, number) == "active"
    assert "Du står på listan" in browser.client.get(address[1]).text


def test_nobody_learns_who_is_known(browse: Any, cast: Cast, mail: MailBag, number: int, clock: SetClock) -> None:
    subscribed(cast, mail, number)
    clock.forward(hours=2)
    known, stranger = (form(browse(), address, number).text for address in (ANNA, "nobody@ny.example"))
    asked_twice = form(browse(), ANNA, number).text
    assert known == stranger.replace("nobody@ny.example", ANNA) == asked_twice


def test_html_and_headers_in_a_form_are_only_words(browse: Any, cast: Cast, mail: MailBag, number: int) -> None:
    browser = browse()
    given = form(browser, "x@y.example<script>", number, name="<script>alert(1)</script>")
    assert given.status_code == 422
    assert "<script>alert" not in given.text
    assert form(browser, "a@b.example\r\nBcc: c@d.example", number).status_code == 422
    assert form(browser, ANNA, number, name="<img src=x onerror=alert(1)>\r\nBcc: c@d.example").status_code == 200
    questions.send_due(cast.installation)
    (message,) = mail.sent
    assert "onerror" not in message.html + message.text
    assert message.to == ANNA


def test_a_link_ends_after_a_week(browse: Any, cast: Cast, mail: MailBag, number: int, clock: SetClock) -> None:
    browser = browse()
    form(browser, ANNA, number)
    questions.send_due(cast.installation)
    address = re.search(r"http://[^/]+(/n/\S+/yes/\S+)", mail.sent[-1].text)
    assert address
    clock.forward(days=8)
    for given in (browser.client.get(address[1]), browser.post(address[1])):
        assert given.status_code == 410
        assert "Länken är för gammal" in given.text
    assert browser.client.get(address[1][:-1] + "_").status_code == 404
    assert on_list(cast, number) == ""


def test_lists_are_chosen_behind_ones_own_link(browse: Any, cast: Cast, mail: MailBag, number: int) -> None:
    other = press(cast, "x@tidning.example", name="Kulturen")
    offers.update(cast.installation, cast.actor(), Offers((Offer(number, "Allt"), Offer(other, "Kultur"))))
    browser, here = browse(), f"{path(cast, number)}/lists"
    shown = browser.client.get(here).text
    assert re.search(rf'value="{number}" checked', shown)
    assert not re.search(rf'value="{other}" checked', shown)
    given = browser.post(here, {"list": str(other), "speaks": "sv"})
    assert "Vi har skickat dig ett mejl" in given.text
    assert (on_list(cast, number, RED), on_list(cast, other, RED)) == ("unsubscribed", "")
    questions.send_due(cast.installation)
    address = re.search(r"http://[^/]+(/n/\S+/yes/\S+)", mail.sent[-1].text)
    assert address
    browser.post(address[1])
    assert on_list(cast, other, RED) == "active"


def test_the_newsroom_leads_there_only_while_a_list_is_open(browse: Any, cast: Cast, number: int) -> None:
    from tests.publications import channel

    channel(cast.installation, cast.place.id, "newsroom")
    client = browse().client
    assert "Prenumerera på våra pressmeddelanden" in client.get(f"/n/{cast.place.slug}/").text
    offers.update(cast.installation, cast.actor(), Offers())
    assert "Prenumerera på våra" not in client.get(f"/n/{cast.place.slug}/").text
    assert client.get(f"/n/{cast.place.slug}/subscribe").status_code == 404
