"""Saying whether one comes: openly and from one's own mail, once however often it is sent, until the last moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import select

from commsched.core.press import answer_links
from commsched.services.kernel.context import Installation
from commsched.services.press import answers
from commsched.store.models import Delivery, Part, PressAnswer, Takedown
from tests import publications
from tests.conftest import NOW, Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_recipients import press as presslist
from tests.services.deliver.test_recipients import run
from tests.web.public.test_newsroom import address
from tests.web.public.test_outputs import EVENT, invitation

CORRECTED: dict[str, Any] = {
    "kind": "release",
    "genre": "pressinbjudan",
    "title": "Inbjudan",
    "text": "Ny plats.",
    "correction": "Platsen.",
}
YES = {
    "coming": "yes",
    "name": "Åsa Öst",
    "outlet": "Länsbladet",
    "email": "asa@blad.example",
    "wishes": "Karin, kl. 11",
}


@pytest.fixture
def door(press: FlaskClient, installation: Installation, cast: Cast, room: int) -> str:
    return f"{address(press, invitation(installation, cast, room))}/rsvp"


def kept(installation: Installation, cast: Cast) -> list[answers.Reply]:
    with installation.store.read(cast.place.id) as session:
        items = set(session.scalars(select(PressAnswer.item_id)))
    return [given.reply for item in items for given in answers.listed(installation, cast.actor(), item)]


def send(press: FlaskClient, door: str, **data: str) -> Any:
    token = press.get(door).text.partition('name="form_token" value="')[2].partition('"')[0]
    return press.post(door, data=YES | {"form_token": token} | data)


def test_an_answer_that_is_sent_twice_is_one_and_a_mind_may_change(
    press: FlaskClient, installation: Installation, cast: Cast, door: str
) -> None:
    assert "torsdag 10 december 2026 kl. 10.00–11.00" in press.get(door).text
    for _time in range(2):
        assert "Tack, då är du väntad" in send(press, door).text
    assert [reply.name for reply in kept(installation, cast)] == ["Åsa Öst"]
    assert "Tack för att du säger till" in send(press, door, coming="no", email="ASA@blad.example").text
    (reply,) = kept(installation, cast)
    assert (reply.coming, reply.wishes) == (False, "Karin, kl. 11")
    assert "asa@blad" not in press.get(door).text.casefold(), "nobody reads here what another has answered"
    with installation.store.read(cast.place.id) as session:
        row = session.scalars(select(PressAnswer)).one()
        assert "Länsbladet" not in row.secret


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("email", "ingen adress"), ("coming", "")])
def test_what_is_missing_is_told_at_its_field(
    press: FlaskClient, installation: Installation, cast: Cast, door: str, field: str, value: str
) -> None:
    given = send(press, door, **{field: value})
    assert given.status_code == 422
    assert "Länsbladet" in given.text, "what was typed stays"
    assert not kept(installation, cast)


def test_after_the_last_moment_nobody_answers_and_a_month_later_nobody_is_known(
    press: FlaskClient, installation: Installation, cast: Cast, door: str, clock: SetClock
) -> None:
    send(press, door)
    token = press.get(door).text.partition('name="form_token" value="')[2].partition('"')[0]
    clock.at = datetime.fromisoformat("2026-12-10T09:00:01+00:00")
    assert "Det är för sent att svara här" in press.get(door).text
    assert press.post(door, data=YES | {"form_token": token, "email": "b@b.example"}).status_code == 409
    with installation.store.write(cast.place.id) as session:
        answers.forget(installation, session, cast.place)
        assert session.scalars(select(PressAnswer)).all()
    clock.at = datetime.fromisoformat("2026-12-10T10:00:01+00:00") + answers.KEPT_FOR
    with installation.store.write(cast.place.id) as session:
        answers.forget(installation, session, cast.place)
        assert not session.scalars(select(PressAnswer)).all()


def test_one_visitor_does_not_fill_the_list(
    press: FlaskClient, installation: Installation, cast: Cast, door: str
) -> None:
    statuses = [send(press, door, email=f"a{n}@b.example").status_code for n in range(answers.PER_VISITOR + 1)]
    assert statuses == [200] * answers.PER_VISITOR + [429]


def test_the_link_in_a_mail_knows_its_reader_and_no_other_link_does(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = invitation(installation, cast, room)
    with installation.store.write(cast.place.id) as session:
        delivery = session.scalars(select(Delivery).where(Delivery.item_id == item.id)).one()
        sealed = installation.vault.seal("red@blad.example")
        part = {"number": 5, "role": "recipient", "state": "published", "key": "ab" * 20, "recipient": sealed}
        session.add(Part(delivery_id=delivery.id, **part))
    key = installation.vault.derive(answers.PRESS)
    door = f"/r/{answer_links.token(key, item.uid, 'ab' * 20)}"
    assert 'value="red@blad.example"' in press.get(door).text
    send(press, door, name="Röd", email="red@blad.example")
    assert 'value="Röd"' in press.get(door).text, "their own answer stands there"
    openly = f"{address(press, item)}/rsvp"
    answer = send(press, openly, coming="no", name="En konkurrent", email="RED@blad.example")
    assert "Tack för att du säger till" in answer.text, "who has answered is told to nobody"
    assert 'value="Röd"' in press.get(door).text
    rows = answers.listed(installation, cast.actor(), item.id)
    assert [(row.reply.name, row.reply.coming, row.beside) for row in rows] == [
        ("Röd", True, False),
        ("En konkurrent", False, True),
    ]
    send(press, door, name="Annan", email="p4@radio.example")
    send(press, openly, name="P4", email="p4@radio.example")
    names = [row.reply.name for row in answers.listed(installation, cast.actor(), item.id)]
    assert sorted(names) == ["En konkurrent", "P4", "Röd"], "one's own link proves one's own address alone"
    monkeypatch.setattr(answers, "MOST", 2)
    assert send(press, openly, email="c@c.example").status_code == 409
    assert send(press, door, name="Rött", email="red@blad.example").status_code == 200
    for forged in (
        door[:-1] + ("0" if door[-1] != "0" else "1"),
        door.replace("ab" * 20, "cd" * 20),
        "/r/x",
        "/r/" + "a" * 900,
    ):
        given = press.get(forged)
        assert given.status_code == 404
        assert "red@blad" not in given.text
    assert answer_links.read(key, answer_links.token(key, item.uid, "ab" * 20)) == (item.uid, "ab" * 20)
    assert answer_links.read(b"x", answer_links.token(key, item.uid, "ab" * 20)) is None


def test_the_link_that_is_really_sent_leads_to_what_was_sent_and_to_nothing_that_was_not(
    browse: Any, cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = presslist(cast, "red@blad.example")
    said = {"kind": "release", "genre": "pressinbjudan", "contact": "Eva", "channels": [number]}
    item = desk.scheduled(cast, title="Inbjudan", event=EVENT, **said)
    clock.forward(hours=5)
    run(cast)
    path = mail.sent[0].marks["answer"].partition("/r/")[2]
    client = browse().client
    assert "Regionens hus" in client.get(f"/r/{path}").text
    first = desk.look(cast, item)
    moved = replace(EVENT, place="Hemligt hus")
    held = publications.published(
        cast.installation, cast.place.id, number, at=clock.now(), state="held", corrects=first, event=moved, **CORRECTED
    )
    assert held.corrects_id == item
    assert "Regionens hus" in client.get(f"/r/{path}").text, "a correction that was held back is shown to nobody"
    with cast.installation.store.write(cast.place.id) as session:
        session.add(Takedown(item_id=item, reason="", at=clock.now()))
    assert client.get(f"/r/{path}").status_code == 404, "it is called off"


def test_the_open_page_says_what_the_newsroom_says(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    first = invitation(installation, cast, room)
    door = f"{address(press, first)}/rsvp"
    lists = publications.channel(installation, cast.place.id, "presslist")
    moved = replace(EVENT, place="Hemligt hus")
    publications.published(
        installation,
        cast.place.id,
        lists,
        at=NOW,
        corrects=first,
        event=moved,
        embargo="2026-12-09T09:00:00Z",
        **CORRECTED,
    )
    assert "Regionens hus" in press.get(door).text
    assert "Hemligt hus" not in press.get(door).text, "under embargo it is in the lists' mail alone"
