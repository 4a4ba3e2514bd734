"""Pages of links that nothing needs go after a while with their pictures; what was approved keeps its card."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from commsched.services.kernel.blobs import key_of
from commsched.services.kernel.context import Installation
from commsched.services.links import forgetting, pages
from commsched.services.links.fetching import Fetched
from commsched.services.media import quota
from commsched.services.ops import chores
from commsched.services.workflow import schedule
from commsched.store.models import LinkPage
from tests import writing
from tests.conftest import Cast, SetClock
from tests.services.links.test_pages import LINK, page, picture, write

OTHER = "https://ljungpartiet.example/annat"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Fetched]:
    waiting: list[Fetched] = []
    monkeypatch.setattr(pages, "fetch", lambda installation, link: waiting.pop(0))
    return waiting


@pytest.fixture
def to(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(type(installation.platform("x")), "link_card", "given")
    return writing.channels(installation, cast)["x"]


def links(cast: Cast) -> list[str]:
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(LinkPage.link).order_by(LinkPage.id)))


def old(clock: SetClock) -> None:
    clock.forward(days=forgetting.KEPT.days + 1)


def stands(installation: Installation, sha256: str) -> bool:
    return installation.blobs.exists(key_of(sha256, ".jpg"))


def test_what_nothing_uses_goes_with_its_picture_after_a_while(
    installation: Installation, cast: Cast, clock: SetClock, answers: list[Fetched]
) -> None:
    answers += [page(picture=picture()), Fetched("error", 404)]
    for link in (LINK, OTHER):
        pages.look_up(installation, cast.actor("writer"), link)
    chores.run(installation)
    assert links(cast) == [LINK, OTHER], "not yet"
    old(clock)
    chores.run(installation)
    assert links(cast) == []
    assert not stands(installation, picture().sha256)


def test_what_was_looked_up_again_stays(
    installation: Installation, cast: Cast, clock: SetClock, answers: list[Fetched]
) -> None:
    answers += [page(picture=picture())] * 2
    pages.look_up(installation, cast.actor("writer"), LINK)
    old(clock)
    pages.look_up(installation, cast.actor("writer"), LINK)
    assert forgetting.forget(installation, cast.place.id) == 0


def test_a_card_that_some_version_has_stays_whatever_became_of_the_item(
    installation: Installation, cast: Cast, clock: SetClock, answers: list[Fetched], to: int
) -> None:
    answers.append(page(picture=picture()))
    item = write(cast, [to])
    schedule.cancel(installation, cast.actor("writer"), item)
    old(clock)
    assert forgetting.forget(installation, cast.place.id) == 0
    quota.sweep(installation)
    assert stands(installation, picture().sha256)


def test_a_page_without_a_picture_stays_while_an_item_that_links_to_it_is_to_go_out(
    installation: Installation, cast: Cast, clock: SetClock, answers: list[Fetched], to: int
) -> None:
    answers.append(Fetched("error", 404))
    item = write(cast, [to])
    old(clock)
    assert forgetting.forget(installation, cast.place.id) == 0
    schedule.cancel(installation, cast.actor("writer"), item)
    assert forgetting.forget(installation, cast.place.id) == 1


def test_a_version_that_comes_while_the_texts_are_gone_through_keeps_it(
    installation: Installation,
    cast: Cast,
    clock: SetClock,
    answers: list[Fetched],
    to: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers.append(page(picture=picture()))
    pages.look_up(installation, cast.actor("writer"), LINK)
    old(clock)
    gone_through = forgetting._unlinked

    def meanwhile(*args: object) -> object:
        monkeypatch.setattr(forgetting, "_unlinked", lambda session, old: old)
        left = gone_through(*args)  # type: ignore[arg-type]
        schedule.cancel(installation, cast.actor("writer"), write(cast, [to]))
        return left

    monkeypatch.setattr(forgetting, "_unlinked", meanwhile)
    assert forgetting.forget(installation, cast.place.id) == 0
    assert links(cast) == [LINK]


def test_another_offices_picture_of_the_same_bytes_stays(
    installation: Installation, cast: Cast, clock: SetClock, answers: list[Fetched]
) -> None:
    answers += [page(picture=picture())] * 2
    pages.look_up(installation, cast.actor("writer"), LINK)
    clock.forward(days=forgetting.KEPT.days - 1)
    pages.look_up(installation, cast.elsewhere_actor, LINK)
    clock.at += timedelta(days=2)
    chores.run(installation)
    assert links(cast) == []
    assert stands(installation, picture().sha256)
