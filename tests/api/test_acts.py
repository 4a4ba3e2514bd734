"""Copies and undo over the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import Client
from tests.conftest import Cast
from tests.services import desk

Program = Callable[..., Client]


def test_a_program_copies_an_item_to_next_week(program: Program, cast: Cast) -> None:
    number, client = desk.written(cast), program()
    answer = client.post(f"/items/{number}/duplicate", {"days": 7})
    assert (answer.status_code, answer.json["state"]) == (201, "draft")
    assert answer.json["publish_at"] == "2026-12-03T11:00:00Z"
    assert answer.json["id"] != number
    assert client.post(f"/items/{number}/duplicate", {"days": 0}).status_code == 422
    assert client.post("/items/999/duplicate", {}).status_code == 404


def test_a_program_takes_back_its_own_cancellation(program: Program, cast: Cast) -> None:
    number, client = desk.written(cast), program()
    assert client.post(f"/items/{number}/cancel").json["state"] == "cancelled"
    assert client.post(f"/items/{number}/undo").json["state"] == "draft"
    problem = client.post(f"/items/{number}/undo")
    assert (problem.status_code, problem.json["code"]) == (409, "undo-too-late")
