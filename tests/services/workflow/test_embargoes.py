"""Changing the embargo of what a press list has got already, and the secret address to read it at."""

from __future__ import annotations

import pytest

from commsched.core.text.messages import Conflict, Invalid, NotAllowed
from commsched.services.channels import connect
from commsched.services.content import preview_addresses
from commsched.services.workflow import approve, embargoes
from commsched.store.models import Person
from tests.conftest import Cast, MailBag, SetClock
from tests.publications import channel
from tests.services import desk


def release(cast: Cast, clock: SetClock, *, sent: bool = True) -> int:
    """A release whose list has it at noon, with an embargo until two."""
    given = {"addresses": "red@tidning.example"}
    press = connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given).id
    room = channel(cast.installation, cast.place.id)
    said = {"kind": "release", "title": "Ja", "contact": "Eva", "embargo": "2026-11-26T14:00"}
    item = desk.scheduled(cast, channels=[press, room], **said)
    if sent:
        clock.forward(hours=5)
        desk.publish_what_is_due(cast.installation)
    return item


def change(cast: Cast, item: int, when: str | None, *, confirmed: bool = False) -> None:
    embargoes.change(cast.installation, cast.actor("writer"), item, when, confirmed=confirmed)


def say_yes(cast: Cast, item: int) -> None:
    approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item))


def waiting(cast: Cast, item: int) -> list[str]:
    return [f"{row.due_at:%H:%M}" for row in desk.deliveries(cast, item) if row.state == "waiting"]


def address(cast: Cast, item: int) -> str:
    with cast.installation.store.read(cast.place.id) as session:
        return preview_addresses.url(cast.installation, session, item)


def test_a_later_embargo_must_be_told_to_those_who_have_it_and_approved(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, clock)
    with pytest.raises(embargoes.AlreadySent):
        change(cast, item, "2026-11-26T16:00")
    assert waiting(cast, item) == ["13:00"], "a refused change changes nothing"
    change(cast, item, "2026-11-26T16:00", confirmed=True)
    assert (desk.look(cast, item).state, waiting(cast, item)) == ("in_review", [])
    clock.forward(hours=2)
    desk.publish_what_is_due(cast.installation)
    assert [row.state for row in desk.deliveries(cast, item)] == ["published", "cancelled"]
    say_yes(cast, item)
    assert (desk.look(cast, item).state, waiting(cast, item)) == ("publishing", ["15:00"])
    clock.forward(hours=2)
    desk.publish_what_is_due(cast.installation)
    assert desk.look(cast, item).state == "published"
    assert len([letter for letter in mail.sent if letter.to == "red@tidning.example"]) == 1, "not written to again"


def test_an_earlier_embargo_needs_an_approval_and_no_more(cast: Cast, clock: SetClock) -> None:
    item = release(cast, clock)
    change(cast, item, "2026-11-26T13:00")
    clock.forward(hours=1)
    desk.publish_what_is_due(cast.installation)
    assert "published" not in [row.state for row in desk.deliveries(cast, item)[1:]], "not approved yet"
    say_yes(cast, item)
    desk.publish_what_is_due(cast.installation)
    assert desk.look(cast, item).state == "published"


def test_a_lifted_embargo_lets_it_out_when_that_is_approved(cast: Cast, clock: SetClock) -> None:
    item = release(cast, clock)
    change(cast, item, None)
    say_yes(cast, item)
    desk.publish_what_is_due(cast.installation)
    assert desk.look(cast, item).state == "published"


def test_what_is_sent_back_can_be_changed_once_more(cast: Cast, clock: SetClock) -> None:
    item = release(cast, clock)
    change(cast, item, "2026-11-26T16:00", confirmed=True)
    approve.request_changes(
        cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item), "Nej, klockan tre."
    )
    change(cast, item, "2026-11-26T15:00")
    say_yes(cast, item)
    assert waiting(cast, item) == ["14:00"]


def test_it_is_changed_so_only_while_a_list_has_it_and_nobody_in_public(cast: Cast, clock: SetClock) -> None:
    item = release(cast, clock, sent=False)
    with pytest.raises(Conflict):
        change(cast, item, "2026-11-26T16:00", confirmed=True)
    clock.forward(hours=5)
    desk.publish_what_is_due(cast.installation)
    with pytest.raises(Invalid, match="the embargo that it has"):
        change(cast, item, "2026-11-26T14:00")
    with pytest.raises(Invalid, match="already passed"):
        change(cast, item, "2026-11-26T11:00")
    clock.forward(hours=2)
    desk.publish_what_is_due(cast.installation)
    with pytest.raises(Conflict):
        change(cast, item, "2026-11-26T16:00", confirmed=True)


def test_the_address_stays_the_same_until_it_is_ended(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, clock, sent=False)
    first = address(cast, item)
    assert first.startswith("http://localhost/e/")
    assert len(first.rpartition("/")[2]) >= 43
    clock.forward(hours=5)
    desk.publish_what_is_due(cast.installation)
    assert first in mail.sent[-1].text
    change(cast, item, "2026-11-26T13:00")
    say_yes(cast, item)
    assert address(cast, item) == first
    embargoes.renew_preview(cast.installation, cast.actor("writer"), item)
    second = address(cast, item)
    assert second not in ("", first)
    embargoes.revoke_preview(cast.installation, cast.actor("writer"), item)
    assert address(cast, item) == ""
    with pytest.raises(Conflict):
        embargoes.revoke_preview(cast.installation, cast.actor("writer"), item)


def test_what_a_person_has_ended_no_move_brings_back_and_no_mail_names(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, clock, sent=False)
    embargoes.revoke_preview(cast.installation, cast.actor("writer"), item)
    desk.schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T11:00")
    assert address(cast, item) == ""
    clock.forward(hours=5)
    desk.publish_what_is_due(cast.installation)
    assert "/e/" not in mail.sent[-1].text + mail.sent[-1].html


def test_a_reader_makes_and_ends_no_address(cast: Cast, clock: SetClock) -> None:
    item = release(cast, clock, sent=False)
    assert isinstance(cast.reader, Person)
    for deed in (embargoes.renew_preview, embargoes.revoke_preview):
        with pytest.raises(NotAllowed):
            deed(cast.installation, cast.actor("reader"), item)
