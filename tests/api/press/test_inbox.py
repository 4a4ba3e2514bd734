"""The inbox through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commsched.store.models import InboxMessage
from tests.conftest import Cast
from tests.services.inbox.conftest import box, letter, mailbox, release, take_in

__all__ = ["box", "mailbox", "release", "take_in"]


def test_a_program_lists_assigns_and_answers(
    program: Any, cast: Cast, take_in: Callable[..., InboxMessage], release: int
) -> None:
    row = take_in(letter(answers="a" * 40 + "@nord.example"))
    writer = program()
    [came] = writer.get("/inbox").json
    assert (came["id"], came["sender"], came["outlet"], came["item"]) == (row.id, "Nora Berg", "VK", release)
    given = writer.post(f"/inbox/{row.id}/assign", {"person": cast.approver.id, "version": came["version"]})
    assert given.json["letter"]["assigned_to"] == cast.approver.id
    late = writer.post(f"/inbox/{row.id}/answer", {"text": "Hej", "version": came["version"]})
    assert late.status_code == 409
    answered = writer.post(f"/inbox/{row.id}/answer", {"text": "Hej", "version": given.json["letter"]["version"]})
    assert answered.status_code == 201
    said = writer.get(f"/inbox/{row.id}").json["said"]
    assert [(each["ours"], each["text"]) for each in said] == [(False, "Hej! Vem kan jag ringa?"), (True, "Hej")]
    assert writer.get("/inbox").json == []
    assert len(writer.get("/inbox?tab=answered").json) == 1
    assert writer.get("/inbox/999").status_code == 404
