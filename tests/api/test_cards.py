"""Pictures drawn through the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import Client

Program = Callable[..., Client]
QUOTE = {"design": "quote", "values": {"quote": "Vården ska finnas nära.", "person": "Åsa Öberg"}}


def test_designs_say_what_they_take(program: Program) -> None:
    told = {one["name"]: one for one in program("reader").get("/designs").json}
    assert len(told) >= 10
    assert [one["name"] for one in told["quote"]["fields"] if one["required"]] == ["quote"]
    assert "1080x1920" in told["quote"]["sizes"]


def test_a_card_is_drawn_and_put_in_the_library(program: Program) -> None:
    writer = program("writer")
    made = writer.post("/cards", QUOTE | {"sizes": ["1200x630", "1080x1080"]})
    assert made.status_code == 201
    wide, square = made.json
    assert (wide["width"], square["height"]) == (1200, 1080)
    assert "Vården ska finnas nära." in wide["alt"]
    item = writer.create(media=[{"id": wide["id"]}])
    assert item["revision"]["content"]["pictures"][0]["sha256"] == wide["sha256"]


def test_words_that_do_not_fit_are_told_field_by_field(program: Program) -> None:
    answer = program("writer").post("/cards", {"design": "quote", "values": {"quote": "ord " * 200}})
    assert answer.status_code == 422
    assert answer.json["problems"][0]["field"] == "quote"
    assert answer.json["problems"][0]["level"] == "block"


def test_wrong_designs_sizes_and_fields_are_told(program: Program) -> None:
    writer = program("writer")
    assert writer.post("/cards", {"design": "nonsense"}).json["field"] == "design"
    assert writer.post("/cards", QUOTE | {"sizes": ["wide"]}).json["field"] == "sizes"
    assert writer.post("/cards", QUOTE | {"sizes": ["10x10"]}).status_code == 422
    assert writer.post("/cards", {"design": "quote", "values": {"quot": "Ja"}}).json["problems"][0]["field"] == "quot"
    assert writer.post("/cards", QUOTE | {"pictures": {"portrait": 99}}).json["field"] == "portrait"


def test_a_reader_keeps_nothing(program: Program) -> None:
    assert program("reader").post("/cards", QUOTE).status_code == 403
