"""An item partly out or under way, on its page: how far it came, who was missed, and how it is stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from sqlalchemy import select

from commsched.services.kernel.context import Installation
from commsched.services.ops.after_restore import settle
from commsched.services.workflow import pause
from commsched.store.models import Delivery
from tests import publications
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]
FOUR_OF_FIVE = {f"r{n}@tidningen.example": "published" for n in range(4)} | {"redaktionen@fel.example": "failed"}
UNDER_WAY = {"a@tidningen.example": "published", "b@tidningen.example": "waiting", "c@tidningen.example": "waiting"}


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def row(installation: Installation, cast: Cast, number: int) -> Delivery:
    with installation.store.read(cast.place.id) as session:
        return session.scalars(select(Delivery).where(Delivery.id == number)).one()


def test_a_release_that_reached_four_of_five_says_so_and_who_did_not_get_it(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    number = publications.mailing(installation, cast.place.id, "failed", FOUR_OF_FIVE)
    browser, page = browse(cast.writer), f"~/items/{row(installation, cast, number).item_id}"
    told = words(browser.get(page).text)
    for sentence in (
        "Delvis publicerad",
        "Det har nått 4 av 5 mottagare.",
        "1 som inte fick det",
        "5. re…n@fel.example 550 5.1.1 no such user",
        "Försök igen med dem som inte fick det",
        "Låt det vara",
    ):
        assert sentence in told, sentence
    for untrue in ("Inget av det går ut", "Skriv vidare", "redaktionen@fel", "Plattformen sade nej"):
        assert untrue not in told, untrue
    today = words(browser.get("~/").text)
    assert "Redaktionerna: 4 av 5 fick det." in today
    assert "Misslyckades" not in today, "the list that four have got"
    assert browser.post(f"{page}/deliveries/{number}/drop").status_code == 303
    told = words(browser.get(page).text)
    assert "Resten stoppades och går inte ut." in told
    assert "Någon har valt att det inte ska gå ut här." in told


def test_a_mailing_under_way_can_be_stopped_and_the_answer_says_how_far_it_came(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    number = publications.mailing(installation, cast.place.id, "sending", UNDER_WAY)
    browser, page = browse(cast.writer), f"~/items/{row(installation, cast, number).item_id}"
    assert "Stoppa resten" in words(browser.get(page).text)
    assert browser.post(f"{page}/cancel").status_code == 303
    told = words(browser.get(page).text)
    assert (
        "Det är stoppat. Det som hade gått ut går inte att kalla tillbaka. Redaktionerna: 1 av 3 hade gått ut." in told
    )
    assert "Det har nått 1 av 3 mottagare." in told
    assert row(installation, cast, number).state == "cancelled"
    assert "Stoppa resten" not in told
    assert browser.post(f"{page}/cancel").status_code == 409


def test_a_reader_cannot_stop_it(browse: Browse, installation: Installation, cast: Cast) -> None:
    number = publications.mailing(installation, cast.place.id, "sending", UNDER_WAY)
    page = f"~/items/{row(installation, cast, number).item_id}"
    assert "Stoppa resten" not in words(browse(cast.reader).get(page).text)
    assert browse(cast.reader).post(f"{page}/cancel").status_code == 403


def test_after_a_restore_every_page_says_why_it_is_paused_in_a_sentence(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    publications.mailing(installation, cast.place.id, "waiting", {"a@t.example": "waiting"})
    settle(installation, installation.now())
    # settling signs everybody out, so the browser comes afterwards
    browser = browse(cast.administrator)
    for page in ("~/", "~/pause/"):
        told = words(browser.get(page).text)
        assert "Kontoret är återställt från en säkerhetskopia." in told
        assert "restored" not in told
        assert "av kommandoraden." in told
        assert "command line" not in told
    assert "1 läses fortfarande av." in told, "and the page that resumes says what was found"


def test_of_recipients_whose_fate_nobody_knows_it_is_not_said_that_none_was_reached(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    lost = {f"r{n}@tidningen.example": "unknown" for n in range(5)}
    number = publications.mailing(installation, cast.place.id, "unknown", lost)
    told = words(browse(cast.writer).get(f"~/items/{row(installation, cast, number).item_id}").text)
    assert "Det har nått 0 av 5" not in told
    assert "Det är oklart för 5." in told


def test_where_some_were_reached_and_of_others_nobody_knows_both_are_said(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    some = {"a@t.example": "published", "b@t.example": "unknown", "c@t.example": "unknown"}
    number = publications.mailing(installation, cast.place.id, "unknown", some)
    told = words(browse(cast.writer).get(f"~/items/{row(installation, cast, number).item_id}").text)
    assert "Det har nått 1 av 3 mottagare. Det är oklart för 2." in told


def test_somebodys_own_words_are_shown_as_they_are(browse: Browse, installation: Installation, cast: Cast) -> None:
    pause.pause(installation, cast.actor("writer"), "late")
    assert "Orsak: late" in words(browse(cast.writer).get("~/").text)
