"""A consent that ends is told of in time: thirty days before, and seven, once each, if the picture is in use."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.services.kernel.context import Installation
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
def shown(installation: Installation, cast: Cast) -> int:
    number = writing.picture(installation, cast)
    agree(installation, cast, number, LAST)
    return number


def agree(installation: Installation, cast: Cast, number: int, until: date | None) -> None:
    details.write_down(
        installation, cast.actor("writer"), number, PictureDetails(persons=(("Anna Ek", until), ("Bo Ek", None)))
    )


def used(installation: Installation, cast: Cast, picture: int) -> int:
    return editing.create(installation, cast.actor("writer"), writing.draft([], media=[PictureIn(id=picture)]))


def told(installation: Installation, cast: Cast) -> list[tuple[int, int]]:
    """Whom, how many days before."""
    chores.run(installation)
    with installation.store.read(cast.place.id) as session:
        rows = session.scalars(select(Notice).where(Notice.kind == "consent_ending").order_by(Notice.id))
        return [(row.person_id, row.facts["days"]) for row in rows]


def test_everybody_who_writes_is_told_twice_and_never_again(
    installation: Installation, cast: Cast, clock: SetClock, shown: int
) -> None:
    used(installation, cast, shown)
    writers = sorted((cast.administrator.id, cast.approver.id, cast.writer.id))
    assert told(installation, cast) == []
    clock.forward(days=7)
    first = [(person, 30) for person in writers]
    assert told(installation, cast) == first
    assert told(installation, cast) == first
    clock.forward(days=22)
    second = first + [(person, 7) for person in writers]
    assert told(installation, cast) == second
    for _day in range(12):
        clock.forward(days=1)
        assert told(installation, cast) == second


def test_a_picture_that_nothing_uses_is_not_spoken_of(
    installation: Installation, cast: Cast, clock: SetClock, shown: int
) -> None:
    clock.forward(days=30)
    assert told(installation, cast) == []
    item = used(installation, cast, shown)
    assert {days for _person, days in told(installation, cast)} == {7}
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, item).state = "cancelled"
        session.execute(ConsentWarning.__table__.delete())  # type: ignore[attr-defined]
    assert len(told(installation, cast)) == 3


def test_a_card_of_it_counts_as_use_and_so_does_what_is_out(
    installation: Installation, cast: Cast, clock: SetClock, shown: int
) -> None:
    card = writing.picture(installation, cast, width=300)
    with installation.store.write(cast.place.id) as session:
        provenance.derive(session, session.get_one(Media, card), [shown])
    item, channel = used(installation, cast, card), writing.channels(installation, cast)["x"]
    with installation.store.write(cast.place.id) as session:
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
    assert len(told(installation, cast)) == 3


def test_a_renewed_consent_is_told_of_again_in_its_own_time(
    installation: Installation, cast: Cast, clock: SetClock, shown: int
) -> None:
    used(installation, cast, shown)
    clock.forward(days=30)
    assert len(told(installation, cast)) == 3
    agree(installation, cast, shown, date(2027, 6, 30))
    assert len(told(installation, cast)) == 3
    clock.forward(days=160)
    assert [days for _person, days in told(installation, cast)[3:]] == [30] * 3


def test_one_letter_tells_of_all_that_end(
    installation: Installation, cast: Cast, clock: SetClock, mail: MailBag, shown: int
) -> None:
    other = writing.picture(installation, cast, height=400)
    agree(installation, cast, other, date(2026, 12, 30))
    used(installation, cast, shown)
    used(installation, cast, other)
    clock.forward(days=8)
    assert len(told(installation, cast)) == 3
    outbox.send_due(installation)
    letters = [one for one in mail.sent if one.subject == "Ett samtycke går ut inom 30 dagar"]
    assert len(letters) == 3
    assert letters[0].text.count("Anna Ek") == 2
    assert "ons 30 dec 2026" in letters[0].text
    assert "/w/gruppen/pictures/consents" in letters[0].text
    assert "Bo Ek" not in letters[0].text


def test_the_first_page_counts_it_until_something_is_done(
    installation: Installation, cast: Cast, clock: SetClock, shown: int
) -> None:
    item = used(installation, cast, shown)

    def listed() -> list[consent_expiry.Ending]:
        now = clock.at
        return today.read_today(installation, cast.actor("reader"), now, now + CLOSE, now + CLOSE).consents

    assert listed() == []
    clock.forward(days=30)
    (one,) = listed()
    assert (one.over, one.last, [who["name"] for who in one.persons]) == (False, LAST, ["Anna Ek"])
    clock.forward(days=10)
    assert listed()[0].over
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, item).state = "cancelled"
    assert listed() == []


def test_another_office_is_not_told(installation: Installation, cast: Cast, clock: SetClock, shown: int) -> None:
    used(installation, cast, shown)
    clock.forward(days=30)
    chores.run(installation)
    with installation.store.read(cast.elsewhere.id) as session:
        assert list(session.scalars(select(Notice))) == []
        assert consent_expiry.ending(session, clock.at) == []
