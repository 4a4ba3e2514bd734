"""Keys that mail is signed with: made, shown, seen in the DNS, changed for another."""

from __future__ import annotations

import pytest

from commsched.core.text.messages import Conflict, Invalid, NotFound
from commsched.services.mailing import dkim_keys
from tests.conftest import Cast, SetClock


def test_a_key_signs_once_its_line_is_seen_and_two_stand_side_by_side_while_one_replaces_another(
    cast: Cast, clock: SetClock
) -> None:
    office, place = cast.installation, cast.place.id
    zone: dict[str, list[str]] = {}
    first = dkim_keys.make(office, cast.actor(), "Parti.example")
    assert dkim_keys.signing_key(office, place, "parti.example") is None
    assert not dkim_keys.look(office, cast.actor(), first.id, lambda name, _kind: zone.get(name, []))
    line = dkim_keys.record(first)
    assert line.name == f"{first.selector}._domainkey.parti.example"
    assert max(map(len, line.strings)) <= 255
    zone[line.name] = ["".join(line.strings)]
    clock.forward(minutes=11)
    assert dkim_keys.look_at_waiting(office, lambda name, _kind: zone.get(name, [])) == 1
    key = dkim_keys.signing_key(office, place, "PARTI.example")
    assert key is not None
    assert key.selector == first.selector
    assert key.private not in repr(key)
    second = dkim_keys.make(office, cast.actor(), "parti.example")
    assert second.selector != first.selector
    assert dkim_keys.signing_key(office, place, "parti.example") == key, "the old one goes on until the new one is seen"
    with pytest.raises(Conflict):
        dkim_keys.make(office, cast.actor(), "parti.example")
    dkim_keys.force(office, cast.actor(), second.id)
    used = dkim_keys.signing_key(office, place, "parti.example")
    assert used is not None
    assert used.selector == second.selector
    assert [row.state for row in dkim_keys.of_office(office, place)] == ["active", "retired"]
    assert "PRIVATE" not in second.private


def test_a_key_is_of_one_office_and_of_its_administrator(cast: Cast) -> None:
    key = dkim_keys.make(cast.installation, cast.actor(), "parti.example")
    with pytest.raises(NotFound):
        dkim_keys.force(cast.installation, cast.elsewhere_actor, key.id)
    assert dkim_keys.signing_key(cast.installation, cast.elsewhere.id, "parti.example") is None
    with pytest.raises(Exception, match="role"):
        dkim_keys.make(cast.installation, cast.actor("writer"), "parti.example")
    with pytest.raises(Invalid):
        dkim_keys.make(cast.installation, cast.actor(), "parti example\r\nX: y")
