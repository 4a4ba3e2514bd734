"""An office with an X channel writes, shows and approves on every page, whatever Python it runs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commsched.services.kernel.context import Installation
from commsched.store.models import Channel
from tests.api.conftest import Client
from tests.conftest import Cast

Program = Callable[..., Client]


@pytest.fixture
def on_x(installation: Installation, cast: Cast) -> int:
    with installation.store.write(cast.place.id) as session:
        row = Channel(platform="x", name="X", account="1", account_name="@gruppen", created_at=installation.now())
        session.add(row)
        session.flush()
        return row.id


def test_a_post_for_x_is_written_shown_and_approved(program: Program, on_x: int, browse: Any, cast: Cast) -> None:
    writer, approver = program("writer"), program("approver")
    checked = writer.post("/check", {"text": "Läs www.svt.se", "channels": [on_x]})
    assert [(one["count"], one["limit"]) for one in checked.json] == [(27, 280)]
    item = writer.create(text="Läs www.svt.se", channels=[on_x], publish_at="2026-11-26T08:00")
    pages = [f"~/items/{item['id']}", f"~/items/{item['id']}/edit", "~/", "~/calendar/"]
    writing, approving = browse(cast.writer), browse(cast.approver)
    assert [writing.get(page).status_code for page in pages] == [200] * 4
    assert writing.post("~/write/check", {"text": "Hej", "channels": str(on_x)}).status_code == 200
    assert writer.post(f"/items/{item['id']}/submit").json["state"] == "in_review"
    assert [approving.get(page).status_code for page in (pages[0], f"{pages[0]}/review")] == [200] * 2
    yes = approver.post(f"/items/{item['id']}/approve", {"hash": item["revision"]["hash"]})
    assert (yes.status_code, yes.json["state"]) == (200, "approved")
    assert writer.get(f"/items/{item['id']}").status_code == 200
