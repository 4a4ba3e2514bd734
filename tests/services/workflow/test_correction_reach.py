"""A correction reaches exactly those who got the original, or may have; who did not gets the corrected text alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.delivery.outcome import Published, Unknown
from commsched.core.text.messages import Conflict
from commsched.platforms.presslist import PressList
from commsched.services.channels import list_editing
from commsched.services.contacts import addressees
from commsched.services.content import drafts, items
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.workflow import approve, corrections, editing, schedule
from commsched.store.models import Item
from tests import publications
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_once import PEOPLE, press, release, run

NEWER = "ny@tidning.example"


def correct(cast: Cast, original: int) -> tuple[int, addressees.Addressed]:
    """Begun by one press, its note written, approved and sent; and how many its approver was shown."""
    number = corrections.begin(cast.installation, cast.actor("writer"), original)
    with cast.installation.store.read(cast.place.id) as session:
        item, revision = items.load_whole(session, number)[:2]
        draft = drafts.as_draft(cast.installation, session, item, revision)
    draft.correction, draft.text = "Siffran var fel.", "Fem bussar."
    editing.save(cast.installation, cast.actor("writer"), number, draft)
    return number, send(cast, number)


def send(cast: Cast, number: int) -> addressees.Addressed:
    approve.submit(cast.installation, cast.actor("writer"), number)
    with cast.installation.store.read(cast.place.id) as session:
        item = items.load(session, number)
        content = items.current(session, item).parsed()
        shown = addressees.of_item(session, item, [each.channel for each in content.channels if each.recipients])
    approve.approve(cast.installation, cast.actor("approver"), number, desk.hash_of(cast, number))
    schedule.schedule(cast.installation, cast.actor("writer"), number, cast.installation.now().isoformat())
    run(cast)
    return shown


def test_what_is_scheduled_only_is_edited_and_the_old_text_reaches_nobody(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, [press(cast, PEOPLE[:2], "Lokalt")])
    with pytest.raises(Conflict):
        corrections.begin(cast.installation, cast.actor("writer"), item)
    with cast.installation.store.read(cast.place.id) as session:
        draft = drafts.as_draft(cast.installation, session, *items.load_whole(session, item)[:2])
    draft.text = "Fem bussar."
    editing.save(cast.installation, cast.actor("writer"), item, draft)
    clock.forward(hours=5)
    run(cast)
    assert mail.sent == []
    send(cast, item)
    assert [message.to for message in mail.sent] == PEOPLE[:2]
    assert all("Fem bussar" in message.text for message in mail.sent)


def test_who_got_it_or_may_have_gets_the_correction_and_nobody_else(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast, PEOPLE[:4], "Lokalt")
    item = release(cast, [number])
    clock.forward(hours=5)
    mail.answer = Unknown("cut off")
    courier = Dispatcher(cast.installation, limit=1)
    courier.step()
    mail.answer = Published("250 ok")
    courier.run()
    first = {message.to: message.message_id for message in mail.sent}
    assert set(first) == set(PEOPLE[:4])
    list_editing.take_off(cast.installation, cast.actor(), number, PEOPLE[3], "unsubscribed")
    list_editing.change_list(cast.installation, cast.actor(), number, "\n".join([*PEOPLE[:3], NEWER]))
    mail.sent.clear()
    _later, shown = correct(cast, item)
    assert [(each.people, each.again) for each in shown.lists] == [(3, 3)]
    assert sorted(message.to for message in mail.sent) == PEOPLE[:3]
    for message in mail.sent:
        assert message.subject.startswith("Rättelse: ")
        assert message.headers["In-Reply-To"] == f"<{first[message.to]}>"


def test_half_out_who_got_the_old_gets_the_correction_and_the_others_the_corrected_text_alone(
    cast: Cast, mail: MailBag, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PressList, "group", 2)
    item = release(cast, [press(cast, PEOPLE, "Lokalt")])
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    number = corrections.begin(cast.installation, cast.actor("writer"), item)
    courier.run()
    old = {message.to for message in mail.sent}
    assert 0 < len(old) < len(PEOPLE), "what had not gone out was stopped"
    clock.forward(hours=1)
    run(cast)
    assert {message.to for message in mail.sent} == old
    mail.sent.clear()
    later, shown = correct(cast, item)
    assert later == number
    assert [(each.people, each.again) for each in shown.lists] == [(6, len(old))]
    assert sorted(message.to for message in mail.sent) == PEOPLE
    assert {message.to for message in mail.sent if message.subject.startswith("Rättelse")} == old
    assert all("Fem bussar" in message.text for message in mail.sent)


def test_under_embargo_the_list_gets_the_correction_and_the_newsroom_opens_with_the_corrected_text(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    number = press(cast, PEOPLE[:2], "Lokalt")
    room = publications.channel(cast.installation, cast.place.id)
    ends = (clock.now() + timedelta(hours=8)).isoformat()
    item = desk.scheduled(
        cast, channels=[number, room], kind="release", title="Ja", contact="Eva", text="Fyra bussar.", embargo=ends
    )
    clock.forward(hours=5)
    run(cast)
    assert len(mail.sent) == 2
    mail.sent.clear()
    corrected, _shown = correct(cast, item)
    assert [(message.to, "embargo" in message.subject.lower()) for message in mail.sent] == [
        (PEOPLE[0], True),
        (PEOPLE[1], True),
    ]
    with cast.installation.store.read(cast.place.id) as session:
        (rest,) = session.scalars(select(Item).where(Item.follows_id == item)).all()
        content = items.current(session, rest).parsed()
    assert [channel.channel for channel in content.channels] == [room]
    assert content.embargo
    assert corrected != rest.id
    clock.forward(hours=9)
    run(cast)
    ends = [(row.state, row.reason) for row in desk.deliveries(cast, item)]
    assert ends == [("published", ""), ("cancelled", "correcting")], "the old text is never public"


def test_a_correction_is_begun_once_and_its_second_press_leads_to_it(
    cast: Cast, mail: MailBag, clock: SetClock
) -> None:
    item = release(cast, [press(cast, PEOPLE[:2], "Lokalt")])
    clock.forward(hours=5)
    run(cast)
    first = corrections.begin(cast.installation, cast.actor("writer"), item)
    assert corrections.begin(cast.installation, cast.actor("writer"), item) == first
