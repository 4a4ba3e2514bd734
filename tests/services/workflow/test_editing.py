"""Writing: every change a reader would see is a new revision, and nothing typed is lost."""

from __future__ import annotations

import pytest

from commsched.core.content.draft import SourceIn, VariantIn
from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.core.timing.wall_time import Fold, Gap
from commsched.services.content import items
from commsched.services.workflow import editing, schedule
from tests.conftest import Cast
from tests.publications import channel
from tests.services.desk import TEXT, deliveries, draft, hash_of, look, publish_what_is_due, scheduled, written


def test_a_new_item_is_a_draft_with_one_revision(cast: Cast) -> None:
    item = look(cast, written(cast))
    assert (item.state, item.version, item.title) == ("draft", 1, TEXT)
    assert item.wall_time == "2026-11-26T12:00"


def test_a_save_that_changes_nothing_makes_no_revision(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = written(cast, to)
    assert not editing.save(cast.installation, cast.actor("writer"), item, draft(to))
    assert look(cast, item).version == 1


def test_two_who_save_at_once_lose_nothing(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = written(cast, to)
    seen = hash_of(cast, item)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Karins ord."), seen)
    with pytest.raises(items.Changed) as caught:
        editing.save(cast.installation, cast.actor("approver"), item, draft(to, text="Gunnars ord."), seen)
    assert caught.value.current.parsed().text == "Karins ord."


def test_an_edit_voids_the_approval_and_empties_the_outbox(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = scheduled(cast, channels=to)
    assert editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Något annat."))
    assert look(cast, item).state == "draft"
    assert [row.state for row in deliveries(cast, item)] == ["cancelled"]


def test_a_new_source_changes_nothing_a_reader_sees_and_keeps_the_approval(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = scheduled(cast, channels=to)
    changed = editing.save(
        cast.installation, cast.actor("writer"), item, draft(to, sources=[SourceIn(text="Region­plan s. 4")])
    )
    assert not changed
    assert look(cast, item).state == "scheduled"
    assert look(cast, item).version == 2
    assert [row.revision_id for row in deliveries(cast, item)] == [look(cast, item).revision_id]


def test_what_is_out_cannot_be_edited(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = scheduled(cast, channels=to)
    cast.installation.clock.forward(hours=5)  # type: ignore[attr-defined]
    publish_what_is_due(cast.installation)
    with pytest.raises(Conflict):
        editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="För sent."))


def test_a_time_in_the_gap_of_the_clock_change_is_asked_about(cast: Cast) -> None:
    with pytest.raises(Gap) as caught:
        written(cast, publish_at="2027-03-28T02:30")
    assert len(caught.value.choices) == 2


def test_a_time_that_comes_twice_is_asked_about_and_the_answer_taken(cast: Cast) -> None:
    with pytest.raises(Fold):
        written(cast, publish_at="2027-10-31T02:30")
    first, second = (look(cast, written(cast, publish_at="2027-10-31T02:30", fold=n)) for n in (0, 1))
    assert first.publish_at is not None
    assert second.publish_at is not None
    assert (second.publish_at - first.publish_at).total_seconds() == 3600


@pytest.mark.parametrize("when", ["i morgon", "2026-13-01T00:00", "0026-01-01T00:00"])
def test_a_time_that_is_none_names_its_field(cast: Cast, when: str) -> None:
    with pytest.raises(Invalid) as caught:
        written(cast, publish_at=when)
    assert caught.value.field == "publish_at"


def test_a_channel_of_another_office_does_not_exist_here(cast: Cast) -> None:
    theirs = channel(cast.installation, cast.elsewhere.id)
    with pytest.raises(Invalid) as caught:
        written(cast, [theirs])
    assert caught.value.field == "channels"


def test_an_item_of_another_office_does_not_exist_here(cast: Cast) -> None:
    item = written(cast)
    with pytest.raises(NotFound):
        editing.save(cast.installation, cast.elsewhere_actor, item, draft([]))


def test_a_reader_cannot_write(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        editing.create(cast.installation, cast.actor("reader"), draft([]))


def test_a_variant_goes_out_on_its_channel_and_the_rest_get_the_text(cast: Cast) -> None:
    one, two = (channel(cast.installation, cast.place.id) for _ in range(2))
    item = written(cast, [one, two], variants={str(two): VariantIn(text="Kortare.")})
    with cast.installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, item)).parsed()
    assert (content.text_on(one), content.text_on(two)) == (TEXT, "Kortare.")


def test_an_old_version_can_be_brought_back_and_nothing_in_between_is_lost(cast: Cast) -> None:
    to = [channel(cast.installation, cast.place.id)]
    item = written(cast, to)
    editing.save(cast.installation, cast.actor("writer"), item, draft(to, text="Andra."))
    editing.restore(cast.installation, cast.actor("writer"), item, 1)
    with cast.installation.store.read(cast.place.id) as session:
        texts = [revision.parsed().text for revision in items.history(session, items.load(session, item))]
    assert texts == [TEXT, "Andra.", TEXT]


def test_what_is_queued_already_is_pointed_out_in_its_channel(cast: Cast) -> None:
    one, two = (channel(cast.installation, cast.place.id) for _ in range(2))
    first = written(cast, [one])
    second = written(cast, [one, two])

    def warned(item: int) -> list[int]:
        with cast.installation.store.read(cast.place.id) as session:
            _, checked = items.problems(cast.installation, session, items.load(session, item))
        return [
            each.channel
            for each in checked
            if any("redan" in p.words.message or "already" in p.words.message for p in each.problems)
        ]

    assert warned(second) == [one]
    schedule.cancel(cast.installation, cast.actor("writer"), first)
    assert warned(second) == []


def test_what_no_reader_sees_is_not_kept(cast: Cast) -> None:
    item = written(cast, title="Fler\x00 turer", text="Rad ett\nRad\x07 två är lång nog\ud800")
    with cast.installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, item)).parsed()
    assert (content.title, content.text) == ("Fler turer", "Rad ett\nRad två är lång nog")


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("\n  Kort rad.  \nMer", "Kort rad."),
        (
            "Testet börjar på linje 14 " * 5,
            "Testet börjar på linje 14 Testet börjar på linje 14 Testet börjar på linje 14…",
        ),
        ("Ja, " + "sjukvårdsupplysning" * 6, "Ja, " + "sjukvårdsupplysning" * 3 + "sjukvårdsupplysnin…"),
    ],
)
def test_what_nobody_has_named_is_called_by_whole_words_of_its_first_line(text: str, called: str) -> None:
    assert items.first_line(text) == called
    assert len(called) <= 80
