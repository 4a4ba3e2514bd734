"""Who said no gets nothing, whatever a list says: when it is approved, while it goes out, and pasted anew."""

from __future__ import annotations

from typing import Literal

import pytest
from sqlalchemy import event, select, update

from commsched.services.contacts import suppression
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.workflow import approve
from commsched.store.models import Contact, Suppression
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk
from tests.services.deliver.test_recipients import one_by_one as one_by_one
from tests.services.deliver.test_recipients import parts, press, release, run, whom

ANNA, BO, CIA = "red@tidning.example", "p4@radio.example", "tips@tv.example"


def refuse(cast: Cast, address: str, reason: Literal["unsubscribed", "bounced", "erased"] = "unsubscribed") -> bool:
    blind = cast.installation.vault.blind(address)
    with cast.installation.store.write(cast.place.id) as session:
        return suppression.add(cast.installation, session, cast.place.id, "press", blind, reason)


def known(cast: Cast, address: str, state: str) -> None:
    blind, now = cast.installation.vault.blind(address), cast.installation.now()
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Contact).where(Contact.blind == blind).values(state=state, since=now))


def test_who_said_no_before_the_approval_is_not_written_down(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    number = press(cast)
    item = desk.submitted(cast, channels=[number], kind="release", title="Ja till fler turer", contact="Eva")
    refuse(cast, ANNA)
    approve.approve(cast.installation, cast.actor("approver"), item, desk.hash_of(cast, item))
    assert len(parts(cast, desk.deliveries(cast, item)[0])) == 2
    clock.forward(hours=5)
    run(cast)
    assert whom(mail) == [BO, CIA]


@pytest.mark.usefixtures("one_by_one")
def test_who_says_no_while_it_goes_out_is_passed_over(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    item = release(cast, press(cast))
    clock.forward(hours=5)
    courier = Dispatcher(cast.installation)
    courier.step()
    refuse(cast, BO, "erased")
    courier.run()
    run(cast)
    assert whom(mail) == [ANNA, CIA]
    skipped = parts(cast, desk.deliveries(cast, item)[0])[1]
    assert (skipped.state, skipped.detail, skipped.recipient) == ("skipped", "erased", "")
    assert desk.look(cast, item).state == "published"


@pytest.mark.parametrize("state", suppression.SILENT)
def test_a_contact_who_has_left_is_passed_over_whatever_the_list_says(
    cast: Cast, mail: MailBag, clock: SetClock, state: str
) -> None:
    item = release(cast, press(cast))
    known(cast, CIA, state)
    known(cast, ANNA, "active")
    clock.forward(hours=5)
    run(cast)
    assert whom(mail) == [ANNA, BO]
    assert parts(cast, desk.deliveries(cast, item)[0])[2].detail == state


def test_another_world_and_another_office_are_not_meant(cast: Cast, mail: MailBag, clock: SetClock) -> None:
    release(cast, press(cast))
    blind = cast.installation.vault.blind(ANNA)
    for place, world in ((cast.place.id, "member"), (cast.elsewhere.id, "press")):
        with cast.installation.store.write(place) as session:
            suppression.add(cast.installation, session, place, world, blind, "unsubscribed")
    clock.forward(hours=5)
    run(cast)
    assert whom(mail) == [ANNA, BO, CIA]


def test_many_are_asked_about_in_one_statement_each_five_hundred(cast: Cast) -> None:
    refuse(cast, ANNA)
    refuse(cast, BO, "bounced")
    vault, statements = cast.installation.vault, []
    asked = [vault.blind(address) for address in (ANNA, CIA, BO, ANNA)] + [f"{n:064x}" for n in range(490)]
    with cast.installation.store.read(cast.place.id) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: statements.append(given[2]))
        answer = suppression.suppressed(session, cast.place.id, "press", asked)
        assert not suppression.is_suppressed(session, cast.place.id, "press", vault.blind(CIA))
        assert suppression.is_suppressed(session, cast.place.id, "press", vault.blind(ANNA))
    assert answer == {vault.blind(ANNA): "unsubscribed", vault.blind(BO): "bounced"}
    assert len(statements) == 3


def test_who_asks_twice_is_there_once_and_erasure_has_the_last_word(cast: Cast) -> None:
    assert refuse(cast, ANNA, "bounced")
    assert not refuse(cast, ANNA)
    assert not refuse(cast, ANNA, "erased")
    assert not refuse(cast, ANNA)
    with cast.installation.store.write(cast.place.id) as session:
        (row,) = session.scalars(select(Suppression)).all()
        assert row.reason == "erased"
        suppression.lift(session, cast.place.id, "press", row.blind)
        assert not suppression.is_suppressed(session, cast.place.id, "press", row.blind)
