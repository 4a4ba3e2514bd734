"""The whole way through the API: write, ask, approve, schedule, published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from commsched.services.kernel.context import Installation
from tests.api.conftest import Client, add_channel
from tests.conftest import Cast, SetClock

Program = Callable[..., Client]
AT = "2026-11-26T07:30"
"""Wall time in Stockholm: half an hour after the tests' now."""


def approved(writer: Client, approver: Client, wall: int, **given: object) -> dict[str, object]:
    item = writer.create(channels=[wall], publish_at=AT, **given)
    assert writer.post(f"/items/{item['id']}/submit").status_code == 200
    answer = approver.post(f"/items/{item['id']}/approve", {"hash": item["revision"]["hash"]})
    assert answer.status_code == 200, answer.text
    return answer.json  # type: ignore[no-any-return]


def test_a_post_goes_from_draft_to_published(
    program: Program, wall: int, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program("writer"), program("approver")
    item = writer.create(channels=[wall], publish_at=AT, title="Fler turer")
    assert item["state"] == "draft"
    assert (item["publish_at"], item["wall_time"], item["zone"]) == ("2026-11-26T06:30:00Z", AT, "Europe/Stockholm")
    path = f"/items/{item['id']}"
    assert writer.post(f"{path}/submit").json["state"] == "in_review"
    yes = approver.post(f"{path}/approve", {"hash": item["revision"]["hash"], "comment": "Bra"}).json
    assert yes["state"] == "approved"
    assert yes["approvals"][0]["person"]["name"] == "Gunnar Lind"
    assert yes["approvals"][0]["via"] == "api"
    scheduled = writer.post(f"{path}/schedule").json
    assert scheduled["state"] == "scheduled"
    assert [one["state"] for one in scheduled["deliveries"]] == ["waiting"]
    publish()
    assert writer.get(path).json["state"] == "scheduled", "never early"
    clock.forward(minutes=31)
    publish()
    out = writer.get(path).json
    assert out["state"] == "published"
    delivery = out["deliveries"][0]
    assert delivery["url"].startswith("http://localhost/wall/gruppen/")
    attempt = delivery["attempts"][0]
    assert (attempt["outcome"], attempt["part"]) == ("published", 0)
    assert attempt["started_at"].endswith("Z")
    assert attempt["finished_at"].endswith("Z")
    assert writer.get(f"/deliveries/{delivery['id']}").json == delivery
    assert writer.get("/deliveries?state=published").json == [delivery]


def test_the_hash_covers_exactly_the_content_that_is_shown(program: Program, wall: int) -> None:
    writer = program()
    item = writer.create(channels=[wall], text="Ja till fler turer – på linje 4", title="Turer")
    raw = writer.get(f"/items/{item['id']}").text
    content = json.loads(raw)["revision"]["content"]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == item["revision"]["hash"]
    assert canonical in raw


def test_nobody_approves_their_own_words(program: Program, wall: int) -> None:
    boss = program("administrator")
    item = boss.create(channels=[wall])
    boss.post(f"/items/{item['id']}/submit")
    answer = boss.post(f"/items/{item['id']}/approve", {"hash": item["revision"]["hash"]})
    assert answer.status_code == 403
    assert "somebody else" in answer.json["detail"].lower()


def test_an_edit_voids_the_approval_and_stops_what_waited(program: Program, wall: int) -> None:
    writer, approver = program(), program("approver")
    item = approved(writer, approver, wall)
    path, old = f"/items/{item['id']}", item["revision"]["hash"]  # type: ignore[index]
    writer.post(f"{path}/schedule")
    answer = writer.put(path, {"text": "Nej till fler turer"}, match=old)
    assert answer.status_code == 200, answer.text
    edited = answer.json
    assert edited["state"] == "draft"
    assert edited["approvals"] == []
    assert [one["hash"] for one in edited["decisions"]] == [old]
    assert edited["revision"]["number"] == 2
    assert [one["state"] for one in edited["deliveries"]] == ["cancelled"]
    assert writer.post(f"{path}/schedule").status_code == 409
    stale = approver.post(f"{path}/approve", {"hash": old})
    assert stale.status_code == 409


def test_approving_what_has_changed_meanwhile_names_the_hash_that_stands(program: Program, wall: int) -> None:
    writer, approver = program(), program("approver")
    item = writer.create(channels=[wall])
    path = f"/items/{item['id']}"
    edited = writer.put(path, {"text": "En annan text"}, match=item["revision"]["hash"]).json
    writer.post(f"{path}/submit")
    answer = approver.post(f"{path}/approve", {"hash": item["revision"]["hash"]})
    assert answer.status_code == 409
    assert answer.json["current"] == edited["revision"]["hash"]
    assert answer.content_type == "application/problem+json"


def test_what_is_not_approved_cannot_be_scheduled(program: Program, wall: int) -> None:
    writer = program()
    item = writer.create(channels=[wall], publish_at=AT)
    answer = writer.post(f"/items/{item['id']}/schedule")
    assert answer.status_code == 409
    assert "approved" in answer.json["detail"]


def test_the_approver_sends_it_back_with_a_word(program: Program, wall: int) -> None:
    writer, approver = program(), program("approver")
    item = writer.create(channels=[wall])
    path, seen = f"/items/{item['id']}", item["revision"]["hash"]
    writer.post(f"{path}/submit")
    wordless = approver.post(f"{path}/request-changes", {"hash": seen, "comment": " "})
    assert (wordless.status_code, wordless.json["field"]) == (422, "comment")
    back = approver.post(f"{path}/request-changes", {"hash": seen, "comment": "Kortare, tack"}).json
    assert back["state"] == "changes_requested"
    assert back["approvals"] == []
    assert back["decisions"][0]["comment"] == "Kortare, tack"


def test_scheduling_can_set_the_time_and_the_latest_time(program: Program, wall: int) -> None:
    writer, approver = program(), program("approver")
    item = approved(writer, approver, wall)
    path = f"/items/{item['id']}"
    wrong = writer.post(f"{path}/schedule", {"publish_at": AT, "latest_at": "2026-11-26T07:00"})
    assert (wrong.status_code, wrong.json["field"]) == (422, "latest_at")
    made = writer.post(f"{path}/schedule", {"publish_at": "2026-11-26T09:00:00+01:00", "latest_at": "2026-11-26T10:00"})
    assert made.json["deliveries"][0]["due_at"] == "2026-11-26T08:00:00Z"
    assert made.json["deliveries"][0]["latest_at"] == "2026-11-26T09:00:00Z"


def test_a_move_inside_the_window_keeps_the_approval_and_outside_asks_again(program: Program, wall: int) -> None:
    writer, approver = program(), program("approver")
    item = approved(writer, approver, wall)
    path = f"/items/{item['id']}"
    writer.post(f"{path}/schedule")
    moved = writer.post(f"{path}/move", {"publish_at": "2026-11-26T12:00"}).json
    assert moved["state"] == "scheduled"
    assert [one["due_at"] for one in moved["deliveries"]] == ["2026-11-26T11:00:00Z"], "the replaced row says nothing"
    away = writer.post(f"{path}/move", {"publish_at": "2026-12-24T12:00"})
    assert (away.status_code, away.json["code"]) == (409, "needs-approval")
    asked = writer.post(f"{path}/move", {"publish_at": "2026-12-24T12:00", "ask_again": True}).json
    assert asked["state"] == "in_review"
    assert asked["approvals"] == []


def test_cancelling_stops_what_is_not_out(
    program: Program, wall: int, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program(), program("approver")
    path = f"/items/{approved(writer, approver, wall)['id']}"
    writer.post(f"{path}/schedule")
    assert writer.post(f"{path}/cancel").json["state"] == "cancelled"
    clock.forward(minutes=40)
    assert publish() == 0
    assert writer.post(f"{path}/cancel").status_code == 409


def test_a_bypass_needs_a_reason_and_lets_it_out(program: Program, wall: int) -> None:
    writer = program()
    item = writer.create(channels=[wall], publish_at=AT)
    path = f"/items/{item['id']}"
    short = writer.post(f"{path}/bypass", {"reason": "nu"})
    assert (short.status_code, short.json["field"]) == (422, "reason")
    let = writer.post(f"{path}/bypass", {"reason": "Vattenläcka, invånarna måste veta"}).json
    assert let["state"] == "approved"
    assert let["approvals"][0]["verdict"] == "bypass"


def test_a_comment_is_shown_with_its_writer(program: Program) -> None:
    writer = program()
    item = writer.create()
    made = writer.post(f"/items/{item['id']}/comments", {"body": "Stämmer siffran?"})
    assert made.status_code == 201
    assert made.json["person"]["name"] == "Karin Ek"
    assert writer.get(f"/items/{item['id']}").json["comments"] == [made.json]
    empty = writer.post(f"/items/{item['id']}/comments", {"body": " "})
    assert empty.status_code == 422


def test_an_unknown_delivery_is_answered_by_a_person_and_sent_again(
    program: Program, installation: Installation, cast: Cast, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program(), program("approver")
    channel = add_channel(installation, cast.place.id, behaviour="needs a person")
    path = f"/items/{approved(writer, approver, channel)['id']}"
    writer.post(f"{path}/schedule")
    for _ in range(3):
        clock.forward(minutes=31)
        publish()
    row = writer.get("/deliveries?state=unknown").json[0]
    assert (row["reason"], row["attempts"][0]["outcome"]) == ("ask", "unknown")
    assert row["reason_text"].startswith("Nobody knows")
    one = f"/deliveries/{row['id']}"
    assert writer.post(f"{one}/retry").status_code == 409, "never resent on hope"
    bad = writer.post(f"{one}/resolve", {"as": "published", "url": "javascript:alert(1)"})
    assert (bad.status_code, bad.json["field"]) == (422, "url")
    neither = writer.post(f"{one}/resolve", {"as": "maybe"})
    assert (neither.status_code, neither.json["field"]) == (422, "as")
    assert writer.post(f"{one}/resolve", {"as": "not_published"}).json["state"] == "held"
    again = writer.post(f"{one}/retry").json
    assert again["state"] == "waiting"
    publish()
    for _ in range(3):
        clock.forward(minutes=1)
        publish()
    out = writer.post(f"{one}/resolve", {"as": "published", "url": "https://example.org/1"})
    assert (out.json["state"], out.json["url"]) == ("published", "https://example.org/1")
    assert writer.get(path).json["state"] == "published"


def test_a_held_delivery_can_be_dropped(
    program: Program, installation: Installation, cast: Cast, wall: int, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program(), program("approver")
    path = f"/items/{approved(writer, approver, wall)['id']}"
    writer.post(f"{path}/schedule")
    clock.forward(hours=5)
    publish()
    held = writer.get(path).json
    assert (held["state"], held["deliveries"][0]["reason"]) == ("held", "late")
    assert writer.post(f"/deliveries/{held['deliveries'][0]['id']}/drop").json["state"] == "cancelled"


def test_pause_reaches_the_wire_and_resume_asks(
    program: Program, wall: int, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program(), program("approver")
    path = f"/items/{approved(writer, approver, wall)['id']}"
    writer.post(f"{path}/schedule")
    assert writer.post("/pause", {"reason": ""}).json["field"] == "reason"
    paused = approver.post("/pause", {"reason": "Dödsfall i gruppen"})
    assert (paused.status_code, paused.json["paused"]) == (200, True)
    clock.forward(minutes=35)
    assert publish() == 0
    resumed = approver.post("/resume", {"missed": "hold"}).json
    assert (resumed["paused"], resumed["held"]) == (False, 1)
    publish()
    assert writer.get(path).json["state"] == "held"
    assert writer.get("/workspace").json["paused"] is False


def test_resuming_with_send_lets_go_what_is_not_too_late(
    program: Program, wall: int, publish: Callable[[], int], clock: SetClock
) -> None:
    writer, approver = program(), program("approver")
    path = f"/items/{approved(writer, approver, wall)['id']}"
    writer.post(f"{path}/schedule")
    writer.post("/pause", {"reason": "Felaktig uppgift"})
    clock.forward(minutes=35)
    publish()
    assert writer.post("/resume", {"missed": "send"}).json["held"] == 0
    publish()
    assert writer.get(path).json["state"] == "published"


def test_every_time_in_an_answer_is_utc_with_a_z(program: Program, wall: int) -> None:
    writer, approver = program(), program("approver")
    item = approved(writer, approver, wall)
    found = [value for key, value in item.items() if key.endswith("_at") and value]
    assert len(found) == 4
    assert all(str(one).endswith("Z") and datetime.fromisoformat(str(one)).tzinfo for one in found)
