"""A channel's page and the list: what it did, what is left, how it gets in; rules folded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.platform.budget import Budget, Heard
from commsched.services.kernel import budgets
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery
from tests.conftest import Browser, Cast, SetClock
from tests.publications import channel
from tests.services.desk import publish_what_is_due, scheduled

Browse = Callable[..., Browser]


@pytest.fixture
def wall(installation: Installation, cast: Cast) -> int:
    return channel(
        installation,
        cast.place.id,
        platform="sandbox",
        name="Provväggen",
        account="1",
        account_name="Väggen",
        account_url="https://wall.example/1",
        settings={"behaviour": "normal"},
        checked_at=installation.now(),
    )


def test_a_page_says_first_what_it_is_and_opens_it_and_folds_the_rules(browse: Browse, cast: Cast, wall: int) -> None:
    words = browse(cast.administrator).get(f"~/channels/{wall}").text
    main = words[words.index("<main") :]
    opened = main.index('href="https://wall.example/1"')
    assert "Öppna" in main[opened : opened + 700]
    assert opened < main.index("Kontot") < main.index("Vad den gjorde senast") < main.index("Vem ska godkänna här")
    assert re.search(r'<details class="fold"><summary>.*?Vem ska godkänna här: Som kontoret', main, re.S)
    assert "Inget har gått ut här ännu." in main


def test_a_page_says_what_the_channel_did_last_and_what_comes_next(
    browse: Browse, cast: Cast, wall: int, clock: SetClock
) -> None:
    out = scheduled(cast, channels=[wall], text="Det första")
    scheduled(cast, channels=[wall], text="Det andra", publish_at="2026-11-27T07:30")
    clock.forward(hours=6)
    publish_what_is_due(cast.installation)
    page = browse(cast.reader).get(f"~/channels/{wall}").text
    assert f"/items/{out}" in page
    assert "Gick ut" in page
    assert "Senast</dt><dd><time" in page
    assert "Nästa</dt><dd><time" in page
    row = browse(cast.reader).get("~/channels/").text
    assert re.search(r"Senast: (tors 26 nov|idag) 1\d:00 · Nästa: (fre 27 nov|imorgon) 07:30", row)


def test_what_is_left_and_until_when_it_rests_stands_on_the_page(
    browse: Browse, cast: Cast, wall: int, installation: Installation
) -> None:
    now = installation.now()
    rows = [
        budgets.row_of(cast.place.id, wall, Heard(Budget("posts", 100, 96, now + timedelta(hours=3)), now)),
        budgets.row_of(cast.place.id, wall, Heard(Budget("old", 100, 3, now - timedelta(hours=3)), now)),
    ]
    with installation.store.write(cast.place.id) as session:
        budgets.write(session.connection(), rows)
        session.get_one(Channel, wall).not_before = now + timedelta(hours=1)
    page = browse(cast.reader).get(f"~/channels/{wall}").text
    assert "96 av 100 inlägg, på nytt" in page
    assert "3 av 100" not in page, "an allowance that has been counted anew says nothing"
    assert "kön väntar och går vidare av sig själv" in page


def test_an_access_that_died_is_a_sentence_with_the_networks_words_folded(
    browse: Browse, cast: Cast, wall: int, installation: Installation
) -> None:
    with installation.store.write(cast.place.id) as session:
        row = session.get_one(Channel, wall)
        row.state, row.trouble = "broken", "GraphMethodException: (#190) <b>expired</b>"
    page = browse(cast.administrator).get(f"~/channels/{wall}").text
    folded = page.index("Vad nätverket svarade")
    assert page.index("godtar inte längre åtkomsten") < folded < page.index("GraphMethodException")
    assert "<b>expired" not in page
    assert f"/channels/{wall}/access" in page
    assert browse(cast.reader).get(f"~/channels/{wall}/picture").status_code == 404


def test_the_list_says_when_the_key_ends_and_each_row_leads_to_its_page(
    browse: Browse, cast: Cast, wall: int, installation: Installation, clock: SetClock
) -> None:
    scheduled(cast, channels=[wall])
    with installation.store.write(cast.place.id) as session:
        session.get_one(Channel, wall).token_expires_at = installation.now() + timedelta(days=97)
    page = browse(cast.reader).get("~/channels/").text
    assert "nyckeln gäller till" in page
    assert re.search(rf'<a class="whole" href="[^"]*/channels/{wall}"', page)


def test_what_was_held_while_the_access_was_gone_is_named_on_the_page(
    browse: Browse, cast: Cast, wall: int, installation: Installation
) -> None:
    item = scheduled(cast, channels=[wall])
    assert "medan åtkomsten var borta" not in browse(cast.writer).get(f"~/channels/{wall}").text
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.item_id == item)).one()
        row.state, row.reason, row.next_at = "held", "token", None
    assert "1 inlägg hölls medan åtkomsten var borta." in browse(cast.writer).get(f"~/channels/{wall}").text
