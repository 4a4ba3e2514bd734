"""Press contacts and lists through the API."""

from __future__ import annotations

from typing import Any

from commsched.services.kernel.context import Installation
from tests.conftest import Cast


def test_a_program_keeps_contacts_and_lists(program: Any, installation: Installation, cast: Cast) -> None:
    admin = program("administrator")
    made = admin.post("/lists", {"name": "Vård", "beats": ["Sjukvård"]})
    assert (made.status_code, made.json["segment"]["beats"], made.json["recipients"]) == (201, ["sjukvård"], 0)
    hand = admin.post("/lists", {"name": "Alla", "addresses": "Bo Berg <bo@x.example>"}).json
    writer = program()
    person = {"address": "asa@x.example", "name": "Åsa Öberg", "beats": ["Sjukvård"], "lists": [hand["id"]]}
    added = writer.post("/contacts", person)
    assert added.status_code == 201
    assert added.json["lists"] == [made.json["id"], hand["id"]]
    assert [row["recipients"] for row in writer.get("/lists").json] == [2, 1]
    number = added.json["id"]
    changed = writer.put(f"/contacts/{number}", person | {"beats": [], "notes": "ring", "lists": None})
    assert (changed.json["lists"], changed.json["notes"]) == ([hand["id"]], "ring")
    stale = writer.put(f"/contacts/{number}", person, match=f'"{added.json["stamp"]}"')
    assert stale.status_code == 412, "somebody has changed it since it was read"
    yes = {"basis": "consent", "words": "Ja till mejl", "how": "på mötet", "given_on": "2026-03-01"}
    kept = writer.put(f"/contacts/{number}", person | {"grounds": yes}, match=changed.json["stamp"])
    assert (kept.status_code, kept.json["grounds"]["given_on"]) == (200, "2026-03-01")
    bare = writer.put(f"/contacts/{number}", person | {"name": "X", "grounds": {"basis": "consent"}})
    assert (bare.status_code, bare.json["field"]) == (422, "how")
    assert [row["name"] for row in writer.get("/contacts?q=bo").json] == ["Bo Berg"]
    first = writer.get("/contacts?limit=1")
    assert len(first.json) == 1
    assert "cursor=" in first.headers["Link"]
    twice = writer.post("/contacts", {"address": "ASA@x.example"})
    assert (twice.status_code, twice.json["field"]) == (409, "address")
    assert writer.post("/lists", {"name": "Ny"}).status_code == 403
    assert program("reader").get("/contacts").status_code == 403
    assert writer.post(f"/contacts/{number}/remove", {}).json == []
    assert writer.get(f"/contacts/{number}").status_code == 404
