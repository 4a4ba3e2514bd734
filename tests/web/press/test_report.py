"""A release's report: who got it, what can be done, what came of it, and who may see whom."""

from __future__ import annotations

from typing import Any

import pytest

from commsched.services.contacts import addressees
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.services.links import fetching, pages
from commsched.services.links.reading import PageFacts
from commsched.services.press import report, visits
from commsched.services.press.visits import Counting
from tests.conftest import Cast, MailBag, SetClock
from tests.publications import channel, published
from tests.services import desk
from tests.services.deliver.test_once import PEOPLE, press, release, run

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def sent(cast: Cast, mail: MailBag, clock: SetClock) -> int:
    """A release that was paused halfway through its list."""
    item = release(cast, [press(cast, PEOPLE, "Lokalredaktionerna")])
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    courier.run()
    return item


def test_who_got_it_is_shown_to_those_who_may_see_it(browse: Any, cast: Cast, sent: int) -> None:
    row = desk.deliveries(cast, sent)[0]
    shown = browse(cast.writer).get(f"~/items/{sent}/report").text
    assert "Lokalredaktionerna" in shown
    assert "Skickat till 6 mottagare" in shown
    assert PEOPLE[0] in browse(cast.writer).get(f"~/items/{sent}/report/{row.id}/sent").text
    assert browse(cast.reader).get(f"~/items/{sent}/report/{row.id}/sent").status_code == 403
    assert PEOPLE[0] not in browse(cast.reader).get(f"~/items/{sent}/report").text
    assert browse(cast.writer).get(f"~/items/{sent}/report/{row.id}/nonsense").status_code == 404
    assert browse(cast.writer).get(f"~/items/{sent}/report/{row.id + 99}/sent").status_code == 404


def test_a_mailing_is_paused_and_let_go_on_from_its_page(
    browse: Any, cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, [press(cast, PEOPLE, "Lokalredaktionerna")])
    (row,) = desk.deliveries(cast, item)
    browser = browse(cast.writer)
    assert browser.post(f"~/items/{item}/report/{row.id}/halt").status_code == 303
    clock.forward(hours=5)
    run(cast)
    assert mail.sent == []
    assert "Någon har pausat det här" in browser.get(f"~/items/{item}/report").text
    first = browser.get(f"~/items/{item}/report/now")
    assert (
        browser.get(f"~/items/{item}/report/now", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    )
    assert browser.post(f"~/items/{item}/report/{row.id}/missing").status_code == 303
    run(cast)
    assert len(mail.sent) == 6
    assert browser.get(f"~/items/{item}/report/now").get_json()["mark"] != first.get_json()["mark"]
    assert browser.post(f"~/items/{item}/report/{row.id}/missing").status_code == 409


def test_an_article_is_noted_once_however_its_address_is_written(
    browse: Any, cast: Cast, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fetching.Fetched("ok", 200, PageFacts(title="=SUMMA(1)", description="", picture=""))
    monkeypatch.setattr(pages, "fetch", lambda _installation, _link: found)
    browser, path = browse(cast.writer), f"~/items/{sent}/report/coverage"
    article = {"link": "https://www.almebladet.example/a/1?utm_source=x", "tone": "positive"}
    assert browser.post(path, article).status_code == 303
    again = browser.post(path, {"link": "almebladet.example/a/1/?fbclid=2"})
    assert again.status_code == 409
    assert "redan antecknad" in again.text
    assert browser.post(path, {"link": "http://127.0.0.1/x"}).status_code == 422
    assert browser.post(path, {"link": "javascript:alert(1)"}).status_code == 422
    shown = browser.get(f"~/items/{sent}/report").text
    assert "almebladet.example" in shown
    table = browser.get(f"~/items/{sent}/report/table.csv").text
    assert "almebladet.example: =SUMMA(1)" in table
    assert "@" not in table
    summed = browser.get("~/press-report/?from=2026-11-01&to=2026-11-30").text
    assert "Ja till fler turer" in summed
    assert browser.get("~/press-report/table.csv").status_code == 200


def test_visits_are_counted_without_anybody_and_written_together(
    browse: Any, cast: Cast, installation: Installation, clock: SetClock
) -> None:
    room = channel(installation, cast.place.id)
    item = published(installation, cast.place.id, room, at=clock.now(), title="Ja", kind="release", text="Fler turer.")
    counts = Counting()

    def come(agent: str = FIREFOX, **more: str) -> None:
        visits.note(installation, counts, item.uid, cast.place.zone, "page", {"User-Agent": agent, **more})

    come()
    come("Mozilla/5.0 (compatible; Googlebot/2.1)")
    come("")
    come(**{"Sec-Purpose": "prefetch"})
    assert read_visits(cast, item.id) == 0, "it costs no write"
    clock.forward(minutes=2)
    come()
    assert read_visits(cast, item.id) == 2
    visits.write(installation, counts)
    assert read_visits(cast, item.id) == 2


def read_visits(cast: Cast, item: int) -> int:
    with cast.installation.store.read(cast.place.id) as session:
        return report.read(cast.installation, session, item).visits.get("page", 0)


def test_the_approver_sees_how_many_and_who_has_come_since(browse: Any, cast: Cast, sent: int) -> None:
    number = desk.deliveries(cast, sent)[0].channel_id
    other = press(cast, [*PEOPLE[:2], "ny@radio.example"], "Regionalt")
    item = desk.submitted(cast, channels=[number, other], kind="release", title="Nej", contact="Eva")
    shown = browse(cast.approver).get(f"~/items/{item}/review").text
    assert "Skickas till 7 redaktioner" in shown
    assert "samma som sist" in shown
    assert "2 står på flera av listorna" in shown
    whom = browse(cast.approver).get(f"~/items/{item}/recipients/{other}").text
    assert "ny@radio.example" in whom
    assert PEOPLE[0] not in whom
    assert browse(cast.reader).get(f"~/items/{item}/recipients/{other}").status_code == 403
    with cast.installation.store.read(cast.place.id) as session:
        told = addressees.count(session, addressees.mailing(session, item), [number, other])
    assert (told.people, told.elsewhere) == (7, 2)
