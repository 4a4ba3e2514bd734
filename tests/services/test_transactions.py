"""Nothing that takes time in proportion to a text, and no password, is worked on while others wait to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from commsched.core.text.messages import Invalid
from commsched.services.accounts import machine_admin, passwords, people, sessions
from commsched.services.content import check, compose, items
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing, idempotency
from commsched.store.models import Channel
from commsched.store.session import Store
from tests import writing
from tests.conftest import PASSWORD, Cast
from tests.services import desk

SLOW = (
    (compose, "content_from"),
    (check, "judge"),
    (editing, "canonical"),
    (editing, "searchable"),
    (passwords, "_hasher"),
)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What slow thing was called; inside a write transaction each fails."""
    writing_now, called = [0], set[str]()
    opened = Store.write

    @contextmanager
    def write_watched(store: Store, workspace: int) -> Iterator[Session]:
        with opened(store, workspace) as session:
            writing_now[0] += 1
            try:
                yield session
            finally:
                writing_now[0] -= 1

    def outside(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            assert not writing_now[0], f"{name} inside a write transaction"
            called.add(name)
            return real(*given, **named)

        return run

    monkeypatch.setattr(Store, "write", write_watched)
    for module, name in SLOW:
        monkeypatch.setattr(module, name, outside(name, getattr(module, name)))
    return called


def test_writing_and_sending_in_work_outside(installation: Installation, cast: Cast, watched: set[str]) -> None:
    to = list(writing.channels(installation, cast).values())[:1]
    actor = cast.actor("writer")
    item = editing.create(installation, actor, writing.draft(to))
    editing.save(installation, actor, item, writing.draft(to, text="Ett annat förslag om bussarna."))
    editing.restore(installation, actor, item, 1)
    idempotency.create(installation, actor, writing.draft(to), "a key")
    approve.submit(installation, actor, item)
    other = editing.create(installation, actor, writing.draft(to, text="Något som inte kan vänta till i morgon."))
    approve.bypass(installation, actor, other, "det brinner verkligen nu")
    assert watched >= {"content_from", "judge", "canonical", "searchable"}


def test_passwords_are_worked_on_outside(installation: Installation, cast: Cast, watched: set[str]) -> None:
    people.create_workspace(installation, "Nya gruppen", "ny@example.org", PASSWORD)
    invited = people.add_person(installation, cast.actor(), "ny2@example.org", "writer", password=PASSWORD)
    link = people.reset_password(installation, cast.actor(), invited.person.id)
    people.use_password_link(installation, link.rpartition("/")[2], "ett annat lösenord")
    sessions.sign_in(installation, "ny2@example.org", "ett annat lösenord")
    sessions.change_password(installation, invited.person.id, "ett annat lösenord", "ett tredje lösenord")
    machine_admin.give_password(installation, cast.place, "ny2@example.org", "ett fjärde lösenord")
    sessions.sign_in(installation, "ny2@example.org", "ett fjärde lösenord")
    assert watched == {"_hasher"}


def test_what_was_changed_after_it_was_looked_at_is_a_conflict(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = desk.written(cast)
    looked, times = items.examine, iter(("en", "två"))

    def slow(*given: Any) -> items.Examined:
        found = looked(*given)
        editing.save(
            installation, cast.actor("writer"), item, desk.draft([], text=f"Någon hann före, gång {next(times)}.")
        )
        return found

    monkeypatch.setattr(items, "examine", slow)
    with pytest.raises(items.Changed):
        approve.submit(installation, cast.actor("writer"), item)
    with pytest.raises(items.Changed):
        approve.bypass(installation, cast.actor("writer"), item, "det brinner verkligen nu")
    assert desk.look(cast, item).state == "draft"


def test_a_channel_that_goes_meanwhile_is_told_of(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = list(writing.channels(installation, cast).values())[:1]
    made = editing.ready(installation, cast.actor("writer"), writing.draft(to))
    with installation.store.write(cast.place.id) as session:
        session.get_one(Channel, to[0]).state = "archived"
    monkeypatch.setattr(editing, "ready", lambda *_given: made)
    with pytest.raises(Invalid) as told:
        editing.create(installation, cast.actor("writer"), writing.draft(to))
    assert told.value.field == "channels"
