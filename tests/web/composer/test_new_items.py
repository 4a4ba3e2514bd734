"""The page of something new makes one item, whether its script or its button comes first, or both at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.store.models import Idempotency, Item, Revision
from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def writer(browse: Browse, cast: Cast) -> Browser:
    return browse(cast.writer)


def token(writer: Browser) -> str:
    found = re.search(r'name="once" value="([^"]+)"', writer.get("~/write").text)
    assert found
    return found[1]


def post(**values: Any) -> dict[str, Any]:
    return {"kind": "post", "text": "Fler turer", "language": "sv", "do": "save"} | values


def texts(installation: Installation, cast: Cast) -> list[tuple[str, str]]:
    """Every item's text and state."""
    with installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Item).order_by(Item.id)).all()
        return [(items.current(session, item).parsed().text, item.state) for item in rows]


def test_every_page_of_something_new_has_a_token_of_its_own(writer: Browser, to: dict[str, int]) -> None:
    assert token(writer) != token(writer)


def test_saved_by_itself_and_then_sent_in_is_one_item(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    once = token(writer)
    told = writer.post("~/write/keep", post(channels=[to["newsroom"]], once=once)).get_json()
    given = writer.post("~/write", post(text="Fler turer nu", channels=[to["newsroom"]], once=once, do="submit"))
    assert (given.status_code, given.location) == (303, f"/w/gruppen/items/{told['id']}")
    assert texts(installation, cast) == [("Fler turer nu", "in_review")]


@pytest.mark.parametrize("press", ["save", "submit"])
def test_a_saving_by_itself_that_comes_late_changes_nothing(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int], press: str
) -> None:
    once = token(writer)
    writer.post("~/write", post(text="Fler turer nu", channels=[to["newsroom"]], once=once, do=press))
    late = writer.post("~/write/keep", post(channels=[to["newsroom"]], once=once))
    assert (late.status_code, late.get_json()["saved"]) == (409, False)
    assert texts(installation, cast) == [("Fler turer nu", "in_review" if press == "submit" else "draft")]


@pytest.mark.parametrize("press", ["save", "submit"])
def test_pressing_twice_is_pressing_once(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int], press: str
) -> None:
    form = post(channels=[to["newsroom"]], once=token(writer), do=press)
    first, second = writer.post("~/write", form), writer.post("~/write", form)
    assert (second.status_code, second.location) == (first.status_code, first.location) == (303, first.location)
    assert texts(installation, cast) == [("Fler turer", "in_review" if press == "submit" else "draft")]
    with installation.store.read(cast.place.id) as session:
        assert len(session.scalars(select(Revision)).all()) == 1


def test_a_saving_whose_answer_was_lost_goes_on_with_the_same_item(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    once = token(writer)
    told = [writer.post("~/write/keep", post(text=text, once=once)).get_json() for text in ("Fl", "Fler", "Fler turer")]
    assert {one["id"] for one in told} == {told[0]["id"]}
    assert all(one["saved"] for one in told)
    assert texts(installation, cast) == [("Fler turer", "draft")]


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    once = token(writer)
    told = writer.post("~/write/keep", post(channels=[to["x"]], once=once)).get_json()
    editing.save(installation, cast.actor("administrator"), told["id"], writing.draft([to["x"]], text="Astrids text"))
    for text in ("Fler turer", "Karins text"):
        given = writer.post("~/write", post(text=text, channels=[to["x"]], once=once, do="submit"))
        assert given.status_code == 409
        assert "Två versioner" in given.text
    assert texts(installation, cast) == [("Astrids text", "draft")]


def test_the_token_stays_when_the_form_comes_back(writer: Browser, to: dict[str, int]) -> None:
    once = token(writer)
    again = writer.post("~/write", post(publish_day="2026-02-31", publish_time="07:30", once=once))
    assert again.status_code == 422
    assert f'name="once" value="{once}"' in again.text


def test_a_token_is_its_persons_own(
    writer: Browser, browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    for who in (writer, browse(cast.administrator)):
        assert who.post("~/write", post(once="samma")).status_code == 303
    assert len(texts(installation, cast)) == 2


def test_an_item_without_a_token_is_made_all_the_same(writer: Browser, installation: Installation, cast: Cast) -> None:
    for _ in range(2):
        assert writer.post("~/write", post()).status_code == 303
    assert len(texts(installation, cast)) == 2


@pytest.mark.parametrize("turn", range(4))
def test_both_at_once_are_one_item(
    app: Flask, browse: Browse, installation: Installation, cast: Cast, to: dict[str, int], turn: int
) -> None:
    writers = [browse(cast.writer) for _ in range(3)]
    once, both, answers = token(writers[0]), Barrier(3), list[int]()

    def send(who: Browser, path: str, **values: Any) -> None:
        form = post(channels=[to["newsroom"]], once=once, form_token=who.token(), **values)
        both.wait(10)
        answers.append(who.client.post(who.path(path), data=form).status_code)

    threads = [
        Thread(target=send, args=(writers[0], "~/write/keep")),
        Thread(target=send, args=(writers[1], "~/write"), kwargs={"do": "submit"}),
        Thread(target=send, args=(writers[2], "~/write"), kwargs={"do": "submit"}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 3
    assert texts(installation, cast) == [("Fler turer", "in_review")]
    with installation.store.read(cast.place.id) as session:
        assert len(session.scalars(select(Idempotency)).all()) == 1


def test_after_sending_the_next_is_one_press_away(writer: Browser, to: dict[str, int]) -> None:
    form = post(
        channels=[to["newsroom"]], once=token(writer), do="submit", publish_day="2026-11-27", publish_time="7.30"
    )
    where = writer.post("~/write", form).location
    page = writer.get(where).text
    assert "Skriv nästa" in page
    assert "Samma nästa vecka" in page
    copy = writer.post(f"{where}/duplicate", {"days": "7"}).location
    assert "2026-12-04" in writer.get(copy).text
    assert "Skriv nästa" not in writer.get(where).text, "said once"
