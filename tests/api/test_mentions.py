"""The mention book through the API, and a mention in an item."""

from __future__ import annotations

from typing import Any

from commsched.services.kernel.context import Installation
from tests import writing
from tests.conftest import Cast


def test_a_program_keeps_the_book_and_mentions_people(program: Any, installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)["x"]
    writer = program()
    kept = writer.post("/mentions", {"name": "Anna Berg", "x": "annaberg"})
    assert kept.json == {"name": "Anna Berg", "x": "@annaberg"}
    assert writer.get("/mentions").json == [kept.json]
    content = writer.create(text="Hej @[Anna Berg]", channels=[to])["revision"]["content"]
    assert content["channels"][0]["mentions"] == {"anna berg": "@annaberg"}
    [checked] = writer.post("/check", {"text": "Hej @[Bo]", "channels": [to]}).json
    assert any("Bo" in str(problem) for problem in checked["problems"])
    wrong = writer.post("/mentions", {"name": "Bo", "mastodon": "bo"})
    assert (wrong.status_code, wrong.json["field"]) == (422, "mastodon")
    assert writer.post("/mentions/remove", {"name": "Anna Berg"}).json == []
    assert writer.post("/mentions/remove", {"name": "Anna Berg"}).status_code == 404
