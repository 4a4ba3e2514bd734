"""Opening a list to strangers: by an administrator, under a name that they understand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from commsched.services.accounts import office_settings
from commsched.services.kernel.context import Installation
from commsched.services.subscriptions import offers
from commsched.store.models import Contact
from tests.conftest import Cast
from tests.services.deliver.test_recipients import press


def test_an_administrator_opens_a_list_and_closes_it(browse: Any, cast: Cast, installation: Installation) -> None:
    number, other = press(cast), press(cast, "x@y.example", name="Intern")
    browser = browse(cast.administrator)
    assert "Jag vill ha pressmeddelanden från" in browser.get("~/subscribing/").text
    form = {"open": str(number), f"name-{number}": " Press­meddelanden ", f"about-{number}": "Allt", "words": "Ja tack."}
    assert browser.post("~/subscribing/", form | {f"name-{other}": "nej"}).status_code == 303
    kept = offers.of(office_settings.get(installation, cast.place.id).settings)
    assert [offer.channel for offer in kept.lists] == [number]
    assert (kept.lists[0].about, kept.words) == ("Allt", "Ja tack.")
    assert "/n/gruppen/subscribe" in browser.get("~/subscribing/").text
    given = browser.post("~/subscribing/", {"open": str(number), f"name-{number}": "", "words": ""})
    assert (given.status_code, "behöver ett namn" in given.text) == (422, True)
    assert browser.post("~/subscribing/", {"words": ""}).status_code == 303
    assert offers.of(office_settings.get(installation, cast.place.id).settings).lists == ()
    assert browse(cast.writer).post("~/subscribing/", form).status_code == 403
    assert browse(cast.writer).get("~/subscribing/").status_code == 200


def test_an_administrator_answers_a_person_who_asks(browse: Any, cast: Cast, installation: Installation) -> None:
    press(cast, "red@tidning.example")
    with installation.store.read(cast.place.id) as session:
        (number,) = session.scalars(select(Contact.id)).all()
    browser = browse(cast.administrator)
    assert "Radera allt för gott" in browser.get(f"~/contacts/{number}").text
    given = browser.post(f"~/contacts/{number}/data", {"what": "json"})
    assert given.json["address"] == "red@tidning.example"
    assert "attachment" in given.headers["Content-Disposition"]
    assert "Vem du är" in browser.post(f"~/contacts/{number}/data", {"what": "html"}).text
    assert browse(cast.writer).post(f"~/contacts/{number}/erase").status_code == 403
    assert browser.post(f"~/contacts/{number}/erase").status_code == 303
    assert browser.post(f"~/contacts/{number}/erase").status_code == 404
