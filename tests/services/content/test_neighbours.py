"""Duplicates: the same text, however it was typed or pasted, by one rule for composer, item page and older rows."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import text, update

from commsched.core.content.model import Content
from commsched.services.content import items
from commsched.services.content.neighbours import duplicates, neighbours, text_hash
from commsched.services.workflow import editing, schedule
from commsched.store.models import Item
from tests.conftest import Cast
from tests.services import desk

STEP = import_module("commsched.store.migrations.versions.0013_pages")
SAID = "Möte i Ånge om e-post på fredag"


@pytest.mark.parametrize(
    "other",
    [
        "möte i Ånge om e-post på fredag",
        "Möte i A\u030ange om e\u2011post\npå  fredag ",
        "M\u00adöte i Ånge om e-post på fredag\u200b",
    ],
)
def test_the_same_text_pasted_another_way_has_the_same_hash(other: str) -> None:
    assert text_hash(other) == text_hash(SAID) != ""


@pytest.mark.parametrize(
    "said", [SAID, "Tack!", "", "x" * 19, "x" * 20, "”Straße” – ﬁn\u2029dag i Skåne", "\ud800" * 25]
)
def test_older_rows_are_hashed_by_the_rule_of_today(said: str) -> None:
    assert STEP.text_hash(said) == text_hash(said)


def test_rows_that_were_there_before_are_found(cast: Cast) -> None:
    number = desk.written(cast)
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Item).values(text_hash=""))
        STEP.fill(session.connection())
    with cast.installation.store.read(cast.place.id) as session:
        assert [one.id for one in duplicates(session, 0, Content(text=desk.TEXT))] == [number]


def test_an_item_is_no_duplicate_of_itself_nor_of_what_is_cancelled(cast: Cast) -> None:
    number, other = desk.written(cast), desk.written(cast, text="Något helt annat, som ingen har sagt.")
    schedule.cancel(cast.installation, cast.actor("writer"), other)
    with cast.installation.store.read(cast.place.id) as session:
        assert duplicates(session, number, Content(text=desk.TEXT)) == []
        assert duplicates(session, 0, Content(text="Något helt annat, som ingen har sagt.")) == []


def test_another_text_is_no_duplicate_once_it_was_changed(cast: Cast) -> None:
    number = desk.written(cast)
    channels = [one.channel for one in _content(cast, number).channels]
    editing.save(cast.installation, cast.actor("writer"), number, desk.draft(channels, text="Nu säger vi något annat."))
    with cast.installation.store.read(cast.place.id) as session:
        assert duplicates(session, 0, Content(text=desk.TEXT)) == []


def test_a_text_that_only_contains_another_is_another_text(cast: Cast) -> None:
    desk.written(cast, text=desk.TEXT + " Läs mer på vår sida.")
    with cast.installation.store.read(cast.place.id) as session:
        assert duplicates(session, 0, Content(text=desk.TEXT)) == []


def test_what_goes_out_within_an_hour_in_the_same_channel_is_near(cast: Cast) -> None:
    number = desk.submitted(cast)
    said = Content(text="Kort.", channels=_content(cast, number).channels)
    with cast.installation.store.read(cast.place.id) as session:
        at = items.load(session, number).publish_at
        assert at is not None
        near = [neighbours(session, 0, said, at + timedelta(minutes=by)).near for by in (0, 59, 60, -59, -60)]
        assert [[one.id for one in some] for some in near] == [[number], [number], [], [number], []]
        assert neighbours(session, number, said, at).near == []
        assert neighbours(session, 0, Content(text="Kort."), at).near == [], "in no channel of its own"


def test_both_are_found_by_an_index(cast: Cast) -> None:
    asked = (
        "EXPLAIN QUERY PLAN SELECT id FROM item WHERE id != 0 AND workspace_id = 1 AND "
        "(text_hash = 'x' AND state != 'cancelled' OR publish_at > 1 AND publish_at < 2)"
    )
    with cast.installation.store.read(cast.place.id) as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("each database has its own words for a plan")
        plan = " ".join(str(row) for row in session.execute(text(asked)))
    assert "SCAN" not in plan


def _content(cast: Cast, number: int) -> Content:
    with cast.installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, number)).parsed()
