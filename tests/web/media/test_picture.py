"""One picture: what is written down of it, and what follows from that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commsched.core.content.draft import PictureIn
from commsched.services.design import studio
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.store.models import Delivery, Item, Media
from tests import writing
from tests.conftest import Browser, Cast, SetClock

Browse = Callable[..., Browser]
KNOWN = {
    "alt": "Anna på torget.",
    "credit": "Karin Ek",
    "licence": "Avtal 2026",
    "tags": "torget, vår, torget",
    "x": "30",
    "y": "70",
    "person": ["Anna Ek", ""],
    "until": ["2026-11-26", ""],
}


@pytest.fixture
def shown(installation: Installation, cast: Cast) -> int:
    return writing.picture(installation, cast)


def row(installation: Installation, cast: Cast, number: int) -> Media:
    with installation.store.read(cast.place.id) as session:
        return session.get_one(Media, number)


def test_what_is_known_is_written_down_and_found_again(
    browse: Browse, installation: Installation, cast: Cast, shown: int
) -> None:
    browser = browse(cast.writer)
    assert browser.post(f"~/pictures/{shown}/details", KNOWN).status_code == 303
    kept = row(installation, cast, shown)
    assert (kept.alt, kept.credit, kept.facts["licence"]) == ("Anna på torget.", "Karin Ek", "Avtal 2026")
    assert kept.facts["tags"] == ["torget", "vår"]
    assert [one["name"] for one in kept.facts["persons"]] == ["Anna Ek"]
    page = browser.get(f"~/pictures/{shown}/details").text
    assert 'value="Anna Ek"' in page
    assert 'value="2026-11-26"' in page
    for words in ("vår", "anna", "avtal"):
        assert f"/pictures/{shown}/details" in browser.get(f"~/pictures/?q={words}").text


def test_the_focus_is_where_cards_are_centred(
    browse: Browse, installation: Installation, cast: Cast, shown: int
) -> None:
    browse(cast.writer).post(f"~/pictures/{shown}/details", KNOWN)
    assert studio.photo(installation, row(installation, cast, shown)).focus == (0.3, 0.7)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x", "101"),
        ("y", "mitten"),
        ("until", ["31/1", ""]),
        ("alt", "x" * 2001),
        ("tags", "x" * 41),
        ("tags", ",".join(str(n) for n in range(30))),
        ("person", ["x" * 121, ""]),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    browse: Browse, installation: Installation, cast: Cast, shown: int, field: str, value: object
) -> None:
    given = browse(cast.writer).post(f"~/pictures/{shown}/details", KNOWN | {field: value})
    assert given.status_code == 422
    assert "Avtal 2026" in given.text
    assert "licence" not in row(installation, cast, shown).facts


def test_where_it_is_used_is_told(browse: Browse, installation: Installation, cast: Cast, shown: int) -> None:
    to = writing.channels(installation, cast)
    editing.create(
        installation, cast.actor("writer"), writing.draft([to["x"]], title="Linje 14", media=[PictureIn(id=shown)])
    )
    assert "Linje 14" in browse(cast.reader).get(f"~/pictures/{shown}/details").text


def test_nearly_the_same_picture_is_pointed_out(
    browse: Browse, installation: Installation, cast: Cast, shown: int
) -> None:
    other = writing.picture(installation, cast, width=400, height=300)
    page = browse(cast.reader).get(f"~/pictures/{shown}/details").text
    assert "Nästan likadana" in page
    assert f"/pictures/{other}/details" in page


def test_an_ended_consent_lists_what_waits_and_what_is_out(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, shown: int
) -> None:
    browser, to = browse(cast.writer), writing.channels(installation, cast)
    browser.post(f"~/pictures/{shown}/details", KNOWN)
    assert "Inget samtycke har gått ut" in browser.get("~/pictures/consents").text
    picture = [PictureIn(id=shown)]
    writer = cast.actor("writer")
    editing.create(installation, writer, writing.draft([to["x"]], title="Väntar", media=picture))
    out = editing.create(installation, writer, writing.draft([to["x"]], title="Ute", media=picture))
    with installation.store.write(cast.place.id) as session:
        item = session.get_one(Item, out)
        item.state = "published"
        session.add(
            Delivery(
                uid="d1",
                item_id=out,
                revision_id=item.revision_id,
                channel_id=to["x"],
                state="published",
                due_at=clock.at,
                latest_at=clock.at,
                created_at=clock.at,
                url="https://x.example.org/1",
            )
        )
    clock.forward(days=1)
    page = browse(cast.reader).get("~/pictures/consents").text
    assert "Anna Ek" in page
    assert "Väntar" in page
    assert "https://x.example.org/1" in page
    assert "Samtycket har gått ut" in browse(cast.reader).get(f"~/pictures/{shown}/details").text


def test_another_offices_picture_is_not_there(browse: Browse, cast: Cast, shown: int) -> None:
    browser = browse(cast.stranger, "distriktet")
    assert browser.get(f"~/pictures/{shown}/details").status_code == 404
    assert browser.post(f"~/pictures/{shown}/details", KNOWN).status_code == 404


def test_a_reader_writes_nothing_down(browse: Browse, cast: Cast, shown: int) -> None:
    assert browse(cast.reader).post(f"~/pictures/{shown}/details", KNOWN).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {"at 1:1": "101"},
        {"at 1:1": "-1"},
        {"at 1:1": "nan"},
        {"at 1:1": "mitten"},
        {"at 3:2": "5"},
        {"do": "reset 3:2"},
        {"do": "reset "},
    ],
)
def test_a_crop_that_is_none_is_refused_with_a_sentence(
    browse: Browse, installation: Installation, cast: Cast, shown: int, given: dict[str, str]
) -> None:
    answer = browse(cast.writer).post(f"~/pictures/{shown}/details", KNOWN | {"do": "move"} | given)
    assert answer.status_code == 422
    assert 'class="form-wrong"' in answer.text
    assert "Avtal 2026" in answer.text
    assert not {"crops", "licence"} & set(row(installation, cast, shown).facts)


def test_crops_are_moved_and_told_in_the_record(
    browse: Browse, installation: Installation, cast: Cast, shown: int
) -> None:
    browser = browse(cast.writer)
    places = KNOWN | {"do": "move", "at 1:1": "3", "at 9:16": "97"}
    assert browser.post(f"~/pictures/{shown}/details", places).status_code == 303
    assert set(row(installation, cast, shown).facts["crops"]) == {"1:1", "9:16"}
    assert browser.post(f"~/pictures/{shown}/details", places | {"do": "reset 1:1"}).status_code == 303
    assert set(row(installation, cast, shown).facts["crops"]) == {"9:16"}
    assert "flyttade en bilds beskärningar" in browse(cast.administrator).get("~/record/").text


@pytest.mark.parametrize("button", [{}, {"do": "move"}, {"do": "reset 9:16"}], ids=["save", "crops", "put back"])
def test_each_button_of_the_page_saves_everything_typed(
    browse: Browse, installation: Installation, cast: Cast, shown: int, button: dict[str, str]
) -> None:
    browse(cast.writer).post(f"~/pictures/{shown}/details", KNOWN | {"at 1:1": "3"} | button)
    kept = row(installation, cast, shown)
    assert (kept.alt, kept.facts["licence"], set(kept.facts["crops"])) == ("Anna på torget.", "Avtal 2026", {"1:1"})
    assert [one["name"] for one in kept.facts["persons"]] == ["Anna Ek"]


def test_a_crop_that_nobody_moved_follows_the_focus(
    browse: Browse, installation: Installation, cast: Cast, shown: int
) -> None:
    as_proposed = {"at 1:1": "80", "from 1:1": "80.2"}
    browse(cast.writer).post(f"~/pictures/{shown}/details", KNOWN | {"x": "10"} | as_proposed)
    kept = row(installation, cast, shown).facts
    assert kept["focus"] == [0.1, 0.7]
    assert not kept.get("crops")
