"""An emergency release leaves a task until somebody else who approves has looked at it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.core.text.messages import Conflict, Invalid, NotAllowed, NotFound
from commsched.services.approval import release_reviews
from commsched.services.views import today
from commsched.services.workflow import approve
from commsched.store.models import AuditEntry, Item, ReleaseReview
from tests.conftest import Cast
from tests.services.desk import notices, submitted, written


def released(cast: Cast, who: str = "writer") -> int:
    item = submitted(cast)
    approve.bypass(cast.installation, cast.actor(who), item, "Olyckan på väg 40 kan inte vänta.")
    return item


def tasks(cast: Cast) -> list[ReleaseReview]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(ReleaseReview).order_by(ReleaseReview.id)))


def on_today(cast: Cast, who: str) -> list[Item]:
    now = cast.installation.now()
    until = now + timedelta(days=1)
    return today.read_today(cast.installation, cast.actor(who), now, until, until).released


def answer(cast: Cast, item: int, verdict: str = "fine", who: str = "approver", words: str = "") -> None:
    release_reviews.answer(cast.installation, cast.actor(who), item, tasks(cast)[0].id, verdict, words)


def test_it_stands_on_today_for_those_who_approve_until_one_of_them_has_looked(cast: Cast) -> None:
    item = released(cast)
    assert [row.id for row in on_today(cast, "approver")] == [item]
    assert [row.id for row in on_today(cast, "administrator")] == [item]
    assert on_today(cast, "writer") == []
    answer(cast, item)
    assert on_today(cast, "approver") == on_today(cast, "administrator") == []
    row = tasks(cast)[0]
    assert (row.answer, row.answered_by, row.released_by) == ("fine", cast.approver.id, cast.writer.id)


def test_whoever_let_it_out_does_not_answer_for_it(cast: Cast) -> None:
    item = released(cast, "administrator")
    assert on_today(cast, "administrator") == []
    with pytest.raises(NotAllowed):
        answer(cast, item, who="administrator")
    with pytest.raises(NotAllowed):
        answer(cast, item, who="writer")
    assert [row.id for row in on_today(cast, "approver")] == [item]


def test_what_is_to_be_mended_is_told_to_those_who_can(cast: Cast) -> None:
    item = released(cast)
    answer(cast, item, "mend", words="Siffran är fel.")
    assert notices(cast.installation, cast.place.id, "to_be_mended") == {cast.writer.id}
    with cast.installation.store.read(cast.place.id) as session:
        said = session.scalars(select(AuditEntry.action).where(AuditEntry.item_id == item)).all()
    assert said[-1] == "release.mend"


def test_it_is_answered_once_and_by_one_of_the_two_answers(cast: Cast) -> None:
    item = released(cast)
    with pytest.raises(Invalid):
        answer(cast, item, "perhaps")
    answer(cast, item)
    with pytest.raises(Conflict):
        answer(cast, item, "mend", who="administrator")


def test_a_task_belongs_to_its_item_and_its_office(cast: Cast) -> None:
    item = released(cast)
    task = tasks(cast)[0].id
    with pytest.raises(NotFound):
        release_reviews.answer(cast.installation, cast.actor("approver"), written(cast), task, "fine")
    with pytest.raises(NotFound):
        release_reviews.answer(cast.installation, cast.elsewhere_actor, item, task, "fine")
