"""A confidential item is nowhere for whoever is not named on it: every route is walked, in pages and in the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.core.text.messages import NotFound
from commsched.services.accounts import tokens
from commsched.services.approval import comments, confidential
from commsched.services.notices import outbox
from commsched.services.workflow import approve
from commsched.store.models import Item
from tests import writing
from tests.conftest import Browser, Cast, MailBag, SetClock
from tests.services.desk import draft, editing, hash_of, look, publish_what_is_due, written
from tests.web.routes import UNSAFE, Route, routes

Browse = Callable[..., Browser]
WORD = "avgångsvederlaget"
UNSEEN = ("administrator", "reader")


@pytest.fixture
def secret(cast: Cast, room: int) -> int:
    """Item 1, in review, named: the writer and the approver. Everything in it has the word."""
    item = written(
        cast, channels=[room], kind="release", title=f"Om {WORD}", text=f"Allt om {WORD}.", lead=f"Ingress: {WORD}."
    )
    confidential.restrict(cast.installation, cast.actor("writer"), item, {cast.approver.id})
    approve.submit(cast.installation, cast.actor("writer"), item, then_schedule=True)
    comments.comment(cast.installation, cast.actor("approver"), item, f"Är {WORD} rätt?")
    assert item == 1, "the routes are walked with the number 1"
    return item


def _about_items(route: Route) -> bool:
    return "/items/1" in route.path or "/deliveries/1" in route.path


def _body(cast: Cast) -> dict[str, str]:
    return {"hash": "0" * 64, "comment": "x", "reason": "en lång orsak", "body": "x", "number": "1", "schedule": "1"}


@pytest.mark.parametrize("role", UNSEEN)
def test_no_page_has_a_word_of_it_and_its_own_are_not_there(
    app: Flask, browse: Browse, cast: Cast, secret: int, role: str
) -> None:
    browser = browse(getattr(cast, role))
    walked = 0
    for route in routes(app, cast.place.slug):
        if route.api or route.endpoint in ("signin.sign_out",) or route.path.startswith("/static"):
            continue
        if route.method == "GET":
            given = browser.get(f"{route.path}?q={WORD[:6]}&words={WORD[:6]}")
        elif _about_items(route):
            given = browser.post(route.path, _body(cast))
        else:
            continue
        walked += 1
        assert WORD not in given.get_data(as_text=True), str(route)
        if _about_items(route) and given.status_code not in (403, 404, 405):
            none = route.path.replace("/items/1", "/items/99").replace("/deliveries/1", "/deliveries/99")
            other = browser.get(none) if route.method == "GET" else browser.post(none, _body(cast))
            assert given.status_code == other.status_code, f"{route}: not as for an item that does not exist"
    assert walked > 60
    assert look(cast, secret).state == "in_review"


@pytest.mark.parametrize("role", UNSEEN)
def test_the_api_has_nothing_of_it(app: Flask, cast: Cast, secret: int, role: str) -> None:
    token = tokens.create_token(cast.installation, cast.actor(role), "prov")
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}", "If-Match": f'"{"0" * 64}"'}
    for route in routes(app, cast.place.slug):
        if not route.api or (route.method in UNSAFE and not _about_items(route)):
            continue
        given = client.open(route.path, method=route.method, headers=headers, json={})
        assert WORD not in given.get_data(as_text=True), str(route)
        if _about_items(route):
            assert given.status_code in (403, 404, 405, 422), f"{route} gave {given.status_code}"
    listed = client.get("/api/v1/items", headers=headers).get_json()
    assert listed == []
    assert look(cast, secret).state == "in_review"


def test_the_word_is_where_those_named_look(browse: Browse, cast: Cast, secret: int) -> None:
    for person in (cast.writer, cast.approver):
        browser = browse(person)
        for path in (f"~/items/{secret}", "~/", f"~/search?q={WORD}", "~/record/"):
            given = browser.get(path)
            if given.status_code == 200:
                assert WORD in given.text, path


def test_those_named_approve_it_it_goes_out_and_then_it_is_ordinary(
    browse: Browse, cast: Cast, secret: int, clock: SetClock
) -> None:
    approve.approve(cast.installation, cast.actor("approver"), secret, hash_of(cast, secret))
    assert look(cast, secret).state == "scheduled"
    for word in ("~/", "~/calendar/"):
        assert WORD not in browse(cast.administrator).get(word).text
    clock.at += timedelta(hours=6)
    publish_what_is_due(cast.installation)
    assert look(cast, secret).state == "published"
    assert WORD in browse(cast.administrator).get(f"~/items/{secret}").text


def test_no_mail_about_it_goes_to_others_and_the_morning_mail_is_silent(
    cast: Cast, secret: int, mail: MailBag, clock: SetClock
) -> None:
    from commsched.services.ops import chores

    with pytest.raises(NotFound):
        comments.comment(cast.installation, cast.actor("administrator"), secret, "Får jag?")
    reached = comments.comment(
        cast.installation, cast.actor("writer"), secret, f"@{cast.administrator.name} och @{cast.approver.name}"
    )
    assert (reached.told, reached.not_told) == ([cast.approver.name], [cast.administrator.name])
    for _hour in range(30):
        clock.forward(hours=1)
        chores.run(cast.installation)
        outbox.send_due(cast.installation)
    with_word = {letter.to for letter in mail.sent if WORD in letter.subject + letter.text + letter.html}
    assert with_word == {cast.writer.email, cast.approver.email}


def test_another_writer_is_not_warned_of_it_as_a_clash_or_a_duplicate(cast: Cast, secret: int, room: int) -> None:
    from commsched.services.views import item_view

    same = draft([room], kind="release", title="Om något", text=f"Allt om {WORD}.", lead="Ingress.")
    number = editing.create(cast.installation, cast.actor("administrator"), same)
    seen = item_view.read_item(cast.installation, cast.actor("administrator"), number)
    assert seen.judgement.neighbours.duplicates == []
    assert look(cast, secret).title not in str(seen.problems)


def test_an_administrator_sees_that_it_exists_and_can_take_it_over_on_the_record(
    browse: Browse, cast: Cast, secret: int
) -> None:
    browser = browse(cast.administrator)
    listed = browser.get("~/confidential").text
    assert (cast.writer.name in listed, WORD in listed) == (True, False)
    assert browse(cast.approver).get("~/confidential").status_code == 403
    assert browser.post(f"~/confidential/{secret}/take-over").status_code == 303
    assert WORD in browser.get(f"~/items/{secret}").text
    assert "tog över ett förtroligt inlägg" in browse(cast.writer).get(f"~/record/?item={secret}").text


def test_it_is_closed_and_opened_again_on_its_page(browse: Browse, cast: Cast) -> None:
    item = written(cast)
    browser = browse(cast.writer)
    closing = {"confidential": "1", "confidants": [str(cast.approver.id)]}
    assert browser.post(f"~/items/{item}/confidential", closing).status_code == 303
    assert browse(cast.administrator).get(f"~/items/{item}").status_code == 404
    assert browser.post(f"~/items/{item}/confidential", {"confidential": ""}).status_code == 303
    assert browse(cast.administrator).get(f"~/items/{item}").status_code == 200


def test_a_resumed_pause_holds_also_what_only_others_see(cast: Cast, secret: int, clock: SetClock) -> None:
    from commsched.services.workflow import pause
    from tests.services.desk import deliveries

    approve.approve(cast.installation, cast.actor("approver"), secret, hash_of(cast, secret))
    pause.pause(cast.installation, cast.actor("administrator"), "Olycka")
    clock.at += timedelta(hours=5, minutes=1)
    assert pause.resume(cast.installation, cast.actor("administrator")) == 0, "not counted for who does not see it"
    assert [row.state for row in deliveries(cast, secret)] == ["held"]


def test_only_who_sees_it_can_say_who_sees_it(cast: Cast, secret: int) -> None:
    for role in ("administrator",):
        with pytest.raises(NotFound):
            confidential.restrict(cast.installation, cast.actor(role), secret, {cast.administrator.id})
        with pytest.raises(NotFound):
            confidential.open_to_all(cast.installation, cast.actor(role), secret)


def test_a_link_in_a_mail_ends_for_who_is_not_named_any_more(
    cast: Cast, mail: MailBag, browse: Browse, app: Flask, room: int
) -> None:
    item = written(cast, channels=[room], text=f"Allt om {WORD}.")
    approve.submit(cast.installation, cast.actor("writer"), item)
    outbox.send_due(cast.installation)
    link = mail.sent[0].text.split("http://localhost")[1].split()[0]
    assert WORD in app.test_client().get(link).text
    confidential.restrict(cast.installation, cast.actor("writer"), item, {cast.administrator.id})
    assert WORD not in app.test_client().get(link).text


def _titles(cast: Cast, person: Any) -> list[str]:
    with cast.installation.store.read(cast.actor(person).workspace) as session:
        return list(session.scalars(select(Item.title)))


def test_a_session_is_narrowed_by_the_actor_alone(cast: Cast, secret: int) -> None:
    assert _titles(cast, "writer") == [f"Om {WORD}"]
    assert _titles(cast, "administrator") == []


def test_the_composers_lock_holds_from_the_first_save_on(browse: Browse, cast: Cast, room: int) -> None:
    browser = browse(cast.writer)
    assert 'name="lock"' in browser.get("~/write").text
    form = {
        "kind": "post",
        "text": f"Allt om {WORD}.",
        "channels": [str(room)],
        "once": "x" * 20,
        "lock_shown": "1",
        "lock": "1",
        "confidants": [str(cast.approver.id)],
        "do": "save",
    }
    assert browser.post("~/write", form).status_code == 303
    assert _titles(cast, "administrator") == []
    assert _titles(cast, "approver") == [f"Allt om {WORD}."]


def test_a_copy_is_seen_by_the_same_people(cast: Cast, secret: int) -> None:
    from commsched.services.workflow import duplicate

    duplicate.duplicate(cast.installation, cast.actor("approver"), secret)
    assert _titles(cast, "administrator") == []
    assert len(_titles(cast, "writer")) == 2


def test_it_waits_for_those_named_alone(cast: Cast, room: int) -> None:
    from commsched.services.approval.approvers import turn
    from commsched.services.content import items

    item = written(cast, channels=[room])
    confidential.restrict(cast.installation, cast.actor("writer"), item, {cast.administrator.id})
    approve.submit(cast.installation, cast.actor("writer"), item)
    with cast.installation.store.read(cast.place.id) as session:
        row = items.load(session, item)
        asked = turn(cast.installation, session, row, items.current(session, row)).asked
    assert asked == {cast.administrator.id}


def test_the_calendars_other_faces_leave_it_out(app: Flask, browse: Browse, cast: Cast, secret: int) -> None:
    from commsched.services.planning import plan_links

    day = look(cast, secret).wall_time[:10]
    plan_links.make(cast.installation, cast.actor("writer"), shows_drafts=True)
    link = plan_links.standing(cast.installation, cast.actor("writer"))
    assert link is not None
    assert WORD not in app.test_client().get(f"{link.url.removeprefix('http://localhost')}?day={day}").text
    for person, sees in ((cast.administrator, False), (cast.approver, True)):
        browser = browse(person)
        assert (WORD in browser.get(f"~/calendar/paper?day={day}").text) is sees
        panel = browser.get(f"~/calendar/{secret}/panel")
        assert (panel.status_code, WORD in panel.text) == ((200, True) if sees else (404, False))


def test_what_it_says_of_its_pictures_does_not_come_to_stand_in_the_library(
    browse: Browse, cast: Cast, room: int
) -> None:
    """Its alt texts are its words, also such as were saved before it was closed."""
    open_one, closed = (writing.picture(cast.installation, cast, alt="", tone=tone) for tone in (10, 30))
    said = [PictureIn(id=number, alt=f"Bild av {WORD}") for number in (open_one, closed)]
    first = editing.create(cast.installation, cast.actor("writer"), draft([room], media=said[:1]))
    confidential.restrict(cast.installation, cast.actor("writer"), first, {cast.approver.id})
    locked = draft([room], text="En annan text om en annan sak", media=said[1:], confidants=[cast.approver.id])
    second = editing.create(cast.installation, cast.actor("writer"), locked)
    for item in (first, second):
        approve.submit(cast.installation, cast.actor("writer"), item)
    for path in ("~/pictures/", f"~/pictures/{open_one}", f"~/pictures/{closed}"):
        assert WORD not in browse(cast.administrator).get(path).text, path
    assert WORD in browse(cast.approver).get(f"~/items/{second}").text
