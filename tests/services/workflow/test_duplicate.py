"""A copy begins as the original: its words, pictures, channels and sources, at another time."""

from __future__ import annotations

import pytest

from commsched.core.content.draft import ChannelIn, SourceIn, VariantIn
from commsched.core.text.messages import Invalid
from commsched.core.timing.again import days_later
from commsched.services.content import drafts, items
from commsched.services.workflow import editing
from commsched.services.workflow.duplicate import duplicate
from commsched.store.models import Channel
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import draft, look, publish_what_is_due, scheduled, written


def as_draft(cast: Cast, number: int) -> object:
    with cast.installation.store.read(cast.place.id) as session:
        item = items.load(session, number)
        return drafts.as_draft(cast.installation, session, item, items.current(session, item))


def test_next_week_it_says_the_same_in_the_same_places_at_the_same_time_of_day(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id, name=name) for name in ("Ett", "Två")]
    original = written(
        cast,
        [to[0], ChannelIn(id=to[1], publish_at="2026-11-26T15:00")],
        variants={str(to[0]): VariantIn(text="Egna ord")},
        sources=[SourceIn(text="Beslutet")],
        embargo="2026-11-26T12:00",
    )
    copy = duplicate(cast.installation, cast.actor("writer"), original, days=7)
    first, second = as_draft(cast, original), as_draft(cast, copy)
    for name in ("text", "variants", "sources", "kind", "media"):
        assert getattr(first, name) == getattr(second, name), name
    assert look(cast, copy).wall_time == "2026-12-03T12:00"
    assert second.channels[1].publish_at == "2026-12-03T14:00:00+00:00"
    assert second.embargo == "2026-12-03T11:00:00Z"
    assert look(cast, copy).state == "draft"
    assert look(cast, original).wall_time == "2026-11-26T12:00"


def test_of_something_old_it_lies_ahead_on_the_same_weekday(cast: Cast) -> None:
    original = scheduled(cast)
    cast.installation.clock.forward(hours=6)  # type: ignore[attr-defined]
    assert publish_what_is_due(cast.installation) == 1
    cast.installation.clock.forward(days=40)  # type: ignore[attr-defined]
    copy = duplicate(cast.installation, cast.actor("writer"), original, days=7)
    assert look(cast, copy).wall_time == "2027-01-07T12:00"
    assert look(cast, copy).publish_at > cast.installation.now()


def test_the_time_of_day_is_kept_over_a_clock_change(cast: Cast) -> None:
    now = cast.installation.now()
    assert days_later("2027-03-21T02:30", "Europe/Stockholm", 7, now) == 7
    original = written(cast, publish_at="2027-03-21T02:30")  # in a week there is no half past two
    copy = look(cast, duplicate(cast.installation, cast.actor("writer"), original, days=7))
    assert copy.wall_time == "2027-03-28T03:30"


def test_it_goes_to_a_time_of_ones_own_or_has_none(cast: Cast) -> None:
    original = written(cast)
    who = cast.actor("writer")
    assert (
        look(cast, duplicate(cast.installation, who, original, when="2026-12-24T09:15")).wall_time == "2026-12-24T09:15"
    )
    assert look(cast, duplicate(cast.installation, who, original)).publish_at is None
    with pytest.raises(Invalid):
        duplicate(cast.installation, who, original, days=-3)


def test_a_channel_that_is_gone_is_left_out(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id, name=name) for name in ("Ett", "Två")]
    original = written(cast, to, variants={str(to[1]): VariantIn(text="Egna ord")})
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Channel, to[1]).state = "archived"
    copy = duplicate(cast.installation, cast.actor("writer"), original, days=7)
    assert as_draft(cast, copy).channels == [to[0]]  # type: ignore[attr-defined]


def test_the_words_are_those_of_whoever_copied_them(cast: Cast) -> None:
    original = editing.create(
        cast.installation, cast.actor("approver"), draft([channel(cast.installation, cast.place.id)])
    )
    copy = duplicate(cast.installation, cast.actor("writer"), original, days=7)
    assert look(cast, copy).author_id == cast.actor("writer").person
