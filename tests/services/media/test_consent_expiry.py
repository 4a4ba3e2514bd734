"""A consent that ends is told of in time: thirty days before, and seven, once each, if the picture is in use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.services.kernel.context import Office
from commsched.services.media import consent_expiry, details, provenance
from commsched.services.media.details import PictureDetails
from commsched.services.notices import outbox
from commsched.services.ops import chores
from commsched.services.views import today
from commsched.services.workflow import editing
from commsched.store.models import ConsentWarning, Delivery, Item, Media, Notice
from tests import writing
from tests.conftest import Cast, MailBag, SetClock

LAST = date(2026, 12, 31)
"""Thirty-five days after the tests' clock; the consent ends at midnight."""
CLOSE = timedelta(days=6)


@pytest.fixture
def shown(office: Office, cast: Cast) -> int:
    number = writing.picture(office, cast)
    agree(office, cast, number, LAST)
    return number


def agree(office: Office, cast: Cast, number: int, until: date | None) -> None:
    details.write_down(
        office, cast.actor("writer"), number, PictureDetails(persons=(("Anna Ek", until), ("Bo Ek", None)))
    )


def used(office: Office, cast: Cast, picture: int) -> int:
    return editing.create(office, cast.actor("writer"), writing.draft([], media=[PictureIn(id=picture)]))


def told(office: Office, cast: Cast) -> list[tuple[int, int]]:
    """Whom, how many days before."""
    chores.run(office)
    with office.store.read(cast.place.id) as session:
        rows = session.scalars(select(Notice).where(Notice.kind == "consent_ending").order_by(Notice.id))
        return [(row.person_id, row.facts["days"]) for row in rows]


def test_everybody_who_writes_is_told_twice_and_never_again(
    office: Office, cast: Cast, clock: SetClock, shown: int
) -> None:
    used(office, cast, shown)
    writers = sorted((cast.administrator.id, cast.approver.id, cast.writer.id))
    assert told(office, cast) == []
    clock.forward(days=7)
    first = [(person, 30) for person in writers]
    assert told(office, cast) == first
    assert told(office, cast) == first
    clock.forward(days=22)
    second = first + [(person, 7) for person in writers]
    assert told(office, cast) == second
    for _day in range(12):
        clock.forward(days=1)
        assert told(office, cast) == second


def test_a_picture_that_nothing_uses_is_not_spoken_of(office: Office, cast: Cast, clock: SetClock, shown: int) -> None:
    clock.forward(days=30)
    assert told(office, cast) == []
    item = used(office, cast, shown)
    assert {days for _person, days in told(office, cast)} == {7}
    with office.store.write(cast.place.id) as session:
        session.get_one(Item, item).state = "cancelled"
        session.execute(ConsentWarning.__table__.delete())  # type: ignore[attr-defined]
    assert len(told(office, cast)) == 3


def test_a_card_of_it_counts_as_use_and_so_does_what_is_out(
    office: Office, cast: Cast, clock: SetClock, shown: int
) -> None:
    card = writing.picture(office, cast, width=300)
    with office.store.write(cast.place.id) as session:
        provenance.derive(session, session.get_one(Media, card), [shown])
    item, channel = used(office, cast, card), writing.channels(office, cast)["x"]
    with office.store.write(cast.place.id) as session:
        row = session.get_one(Item, item)
        row.state = "published"
        session.add(
            Delivery(
                uid="d1",
                item_id=item,
                revision_id=row.revision_id,
                channel_id=channel,
                state="published",
                due_at=clock.at,
                latest_at=clock.at,
                created_at=clock.at,
            )
        )
    clock.forward(days=30)
    assert len(told(office, cast)) == 3


def test_a_renewed_consent_is_told_of_again_in_its_own_time(
    office: Office, cast: Cast, clock: SetClock, shown: int
) -> None:
    used(office, cast, shown)
    clock.forward(days=30)
    assert len(told(office, cast)) == 3
    agree(office, cast, shown, date(2027, 6, 30))
    assert len(told(office, cast)) == 3
    clock.forward(days=160)
    assert [days for _person, days in told(office, cast)[3:]] == [30] * 3


def test_one_letter_tells_of_all_that_end(
    office: Office, cast: Cast, clock: SetClock, mail: MailBag, shown: int
) -> None:
    other = writing.picture(office, cast, height=400)
    agree(office, cast, other, date(2026, 12, 30))
    used(office, cast, shown)
    used(office, cast, other)
    clock.forward(days=8)
    assert len(told(office, cast)) == 3
    outbox.send_due(office)
    letters = [one for one in mail.sent if one.subject == "Ett samtycke går ut inom 30 dagar"]
    assert len(letters) == 3
    assert letters[0].text.count("Anna Ek") == 2
    assert "ons 30 dec 2026" in letters[0].text
    assert "/w/gruppen/pictures/consents" in letters[0].text
    assert "Bo Ek" not in letters[0].text


def test_the_first_page_counts_it_until_something_is_done(
    office: Office, cast: Cast, clock: SetClock, shown: int
) -> None:
    item = used(office, cast, shown)

    def listed() -> list[consent_expiry.Ending]:
        now = clock.at
        return today.read_today(office, cast.actor("reader"), now, now + CLOSE, now + CLOSE).consents

    assert listed() == []
    clock.forward(days=30)
    (one,) = listed()
    assert (one.over, one.last, [who["name"] for who in one.persons]) == (False, LAST, ["Anna Ek"])
    clock.forward(days=10)
    assert listed()[0].over
    with office.store.write(cast.place.id) as session:
        session.get_one(Item, item).state = "cancelled"
    assert listed() == []


def test_another_office_is_not_told(office: Office, cast: Cast, clock: SetClock, shown: int) -> None:
    used(office, cast, shown)
    clock.forward(days=30)
    chores.run(office)
    with office.store.read(cast.elsewhere.id) as session:
        assert list(session.scalars(select(Notice))) == []
        assert consent_expiry.ending(session, clock.at) == []
