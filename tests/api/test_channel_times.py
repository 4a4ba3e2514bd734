"""Times per channel through the API: handed in, read back, changed, moved together and alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commsched.services.kernel.context import Installation
from tests.api.conftest import Client, add_channel
from tests.conftest import Cast, SetClock

Program = Callable[..., Client]
AT, OWN = "2026-11-26T07:30", "2026-11-26T12:00"


@pytest.fixture
def page(installation: Installation, cast: Cast) -> int:
    return add_channel(installation, cast.place.id)


def times(item: dict[str, Any]) -> dict[int, tuple[str, bool]]:
    return {row["channel"]: (row["wall_time"], row["own"]) for row in item["channel_times"]}


def test_channels_take_a_time_beside_the_plain_id(program: Program, wall: int, page: int) -> None:
    writer = program("writer")
    given = {"id": page, "publish_at": OWN, "latest_at": "2026-11-26T12:30"}
    item = writer.create(channels=[wall, given], publish_at=AT)
    assert times(item) == {wall: (AT, False), page: (OWN, True)}
    own = next(row for row in item["channel_times"] if row["own"])
    assert (own["publish_at"], own["latest_at"]) == ("2026-11-26T11:00:00Z", "2026-11-26T11:30:00Z")
    listed = writer.get("/items").json[0]
    assert listed["channels"] == [wall, page]
    assert times(listed) == times(item)


def test_each_goes_out_at_its_time(
    program: Program, wall: int, page: int, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program("writer"), program("approver")
    item = writer.create(channels=[wall, {"id": page, "publish_at": OWN}], publish_at=AT)
    path = f"/items/{item['id']}"
    writer.post(f"{path}/submit", {"schedule": True})
    scheduled = approver.post(f"{path}/approve", {"hash": item["revision"]["hash"]}).json
    assert {row["channel"]: row["due_at"] for row in scheduled["deliveries"]} == {
        wall: "2026-11-26T06:30:00Z",
        page: "2026-11-26T11:00:00Z",
    }
    clock.forward(minutes=31)
    publish()
    half = writer.get(path).json
    assert half["state"] == "publishing"
    assert {row["channel"]: row["state"] for row in half["deliveries"]} == {wall: "published", page: "waiting"}
    moved = writer.post(f"{path}/move", {"publish_at": "2026-11-26T13:00", "channels": [page]})
    assert moved.status_code == 200, moved.text
    assert times(moved.json)[page] == ("2026-11-26T13:00", True)
    assert writer.post(f"{path}/move", {"publish_at": "2026-11-26T13:00", "channels": [wall]}).status_code == 409


def test_a_change_that_names_no_channels_keeps_their_times(program: Program, wall: int, page: int) -> None:
    writer = program("writer")
    item = writer.create(channels=[wall, {"id": page, "publish_at": OWN}], publish_at=AT)
    path, tag = f"/items/{item['id']}", item["revision"]["hash"]
    after = writer.put(path, {"publish_at": "2026-11-26T08:00"}, tag).json
    assert times(after) == {wall: ("2026-11-26T08:00", False), page: (OWN, True)}
    assert times(writer.put(path, {"channels": [wall, page]}, tag).json)[page] == ("2026-11-26T08:00", False)
    writer.put(path, {"channels": [wall, {"id": page, "publish_at": OWN}]}, tag)
    assert writer.put(path, {"publish_at": None}, tag).json["channel_times"] == []


def test_a_move_of_the_item_moves_all(program: Program, wall: int, page: int) -> None:
    writer = program("writer")
    item = writer.create(channels=[wall, {"id": page, "publish_at": OWN}], publish_at=AT)
    moved = writer.post(f"/items/{item['id']}/move", {"publish_at": "2026-11-27T07:30"}).json
    assert times(moved) == {wall: ("2026-11-27T07:30", False), page: ("2026-11-27T12:00", True)}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"publish_at": "i morgon"}, "publish_at"),
        ({"publish_at": OWN, "latest_at": "2026-11-26T11:00"}, "latest_at"),
        ({"latest_at": OWN}, "latest_at"),
        ({"publish_at": "2027-03-28T02:30"}, "publish_at"),
    ],
)
def test_what_is_wrong_is_told_by_its_channel(
    program: Program, wall: int, page: int, given: dict[str, str], field: str
) -> None:
    body = {"text": "Ja", "channels": [wall, {"id": page} | given], "publish_at": AT}
    answer = program("writer").post("/items", body)
    assert (answer.status_code, answer.json["field"]) == (422, f"channels.{page}.{field}")


def test_moving_a_channel_that_it_does_not_go_to_is_refused(program: Program, wall: int, page: int) -> None:
    writer = program("writer")
    item = writer.create(channels=[wall], publish_at=AT)
    answer = writer.post(f"/items/{item['id']}/move", {"publish_at": OWN, "channels": [page]})
    assert (answer.status_code, answer.json["field"]) == (422, "channels")
