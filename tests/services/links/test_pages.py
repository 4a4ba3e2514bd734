"""What is known of a link's page is kept with its age, judged without asking anybody, and approved as it was seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.links import checks, fetching, pages
from commsched.services.links.fetching import Fetched, Picture
from commsched.services.links.reading import PageFacts
from commsched.services.media import quota
from commsched.services.workflow import editing
from commsched.store.models import LinkPage
from tests import writing
from tests.conftest import Cast

LINK = "https://ljungpartiet.example/buss"


def picture(data: bytes = b"\xff\xd8 a picture") -> Picture:
    return Picture(data, fetching.images.pictures.name_of(data), ".jpg", "image/jpeg", 1200, 675)


def page(title: str = "Fler bussar", **more: Any) -> Fetched:
    return Fetched("ok", 200, PageFacts(title, "Alla turer.", ""), **more)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Fetched]]:
    """What the next readings come to, in order; to read a page that is not in it fails."""
    waiting: list[Fetched] = []
    monkeypatch.setattr(pages, "fetch", lambda installation, link: waiting.pop(0))
    yield waiting
    assert not waiting, "a page was not read"


@pytest.fixture
def given(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """X is a network that is given the card of a link."""
    monkeypatch.setattr(type(installation.platform("x")), "link_card", "given")


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


def known(cast: Cast, link: str = LINK) -> pages.Page | None:
    with cast.installation.store.read(cast.place.id) as session:
        return pages.known(session, [link]).get(link)


def rows(cast: Cast) -> int:
    with cast.installation.store.read(cast.place.id) as session:
        return session.scalar(select(func.count()).select_from(LinkPage)) or 0


def problems(cast: Cast, item: int) -> list[str]:
    with cast.installation.store.read(cast.place.id) as session:
        general, channels = items.problems(cast.installation, session, items.load(session, item))
    return [str(problem.words) for problem in [*general, *(own for each in channels for own in each.problems)]]


def content(cast: Cast, item: int) -> Any:
    with cast.installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, item)).parsed()


def write(cast: Cast, channels: list[int], **more: Any) -> int:
    return editing.create(cast.installation, cast.actor("writer"), writing.draft(channels, **{"link": LINK} | more))


def test_it_is_kept_with_its_age_and_once_while_it_says_the_same(cast: Cast, answers: list[Fetched]) -> None:
    installation, actor = cast.installation, cast.actor("writer")
    answers += [page(picture=picture()), page(picture=picture()), page("Nytt", picture=picture())]
    pages.look_up(installation, actor, LINK)
    first = known(cast)
    assert first is not None
    assert (first.title, first.at) == ("Fler bussar", installation.now())
    assert pages.is_fresh(first, installation.now())
    assert not pages.is_fresh(first, installation.now() + timedelta(days=2))
    pages.look_up(installation, actor, LINK)
    assert rows(cast) == 1
    pages.look_up(installation, actor, LINK)
    assert rows(cast) == 2, "the old one's picture may be in what was approved"
    assert known(cast).title == "Nytt"  # type: ignore[union-attr]


@pytest.mark.parametrize("link", ["", "ljungpartiet.se", "ftp://a.se", "javascript:alert(1)", "https://" + "a" * 2000])
def test_what_is_no_link_is_not_read(cast: Cast, answers: list[Fetched], link: str) -> None:
    pages.look_up(cast.installation, cast.actor("writer"), link)
    assert rows(cast) == 0


def test_the_card_is_in_what_is_approved_where_a_channel_is_given_one(
    cast: Cast, to: dict[str, int], answers: list[Fetched], given: None
) -> None:
    answers.append(page(picture=picture()))
    item = write(cast, [to["x"]])
    card = content(cast, item).card
    assert (card.url, card.title, card.description) == (LINK, "Fler bussar", "Alla turer.")
    assert card.picture == picture().sha256
    assert card.picture in content(cast, item).files()


def test_elsewhere_nothing_is_read_and_the_hash_is_as_it_was(
    cast: Cast, to: dict[str, int], answers: list[Fetched]
) -> None:
    assert content(cast, write(cast, [to["mastodon"], to["facebook"]])).card is None
    assert rows(cast) == 0


def test_with_pictures_no_card_is_sent_and_none_is_approved(
    installation: Installation, cast: Cast, to: dict[str, int], answers: list[Fetched], given: None
) -> None:
    answers.append(page(picture=picture()))
    assert content(cast, write(cast, [to["x"]], media=[writing.picture(installation, cast)])).card is None


def test_a_page_that_is_known_is_not_read_again_and_one_in_error_gives_no_card(
    cast: Cast, to: dict[str, int], answers: list[Fetched], given: None
) -> None:
    answers.append(Fetched("error", 404))
    assert content(cast, write(cast, [to["x"]])).card is None
    assert content(cast, write(cast, [to["x"]], text="Ett till.")).card is None


def test_what_a_page_says_later_changes_nothing_that_was_written(
    cast: Cast, to: dict[str, int], answers: list[Fetched], given: None
) -> None:
    answers += [page(), page("Nytt")]
    item = write(cast, [to["x"]])
    pages.look_up(cast.installation, cast.actor("writer"), LINK)
    assert content(cast, item).card.title == "Fler bussar"


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (Fetched("error", 404), "answers with an error (404)"),
        (Fetched("error", 403), "refuses programs (403)"),
        (Fetched("silent"), "did not answer"),
        (Fetched("inside"), "private network"),
        (page(""), "has no title"),
        (page(), "has no picture"),
        (page(picture=picture()), ""),
        (Fetched("other", 200), ""),
    ],
)
def test_a_check_says_what_was_read_and_asks_nobody(
    cast: Cast, to: dict[str, int], answers: list[Fetched], read: Fetched, said: str
) -> None:
    answers.append(read)
    pages.look_up(cast.installation, cast.actor("writer"), LINK)
    told = [words for words in problems(cast, write(cast, [to["facebook"]])) if LINK in words]
    assert said in told[0] if said else not told, told


def test_with_pictures_there_is_no_card_to_speak_of(
    installation: Installation, cast: Cast, to: dict[str, int], answers: list[Fetched]
) -> None:
    answers.append(page())
    pages.look_up(installation, cast.actor("writer"), LINK)
    shown = writing.picture(installation, cast)
    assert not [words for words in problems(cast, write(cast, [to["facebook"]], media=[shown])) if LINK in words]


def test_its_picture_counts_as_a_file_of_the_office_and_is_not_swept_away(cast: Cast, answers: list[Fetched]) -> None:
    installation = cast.installation
    answers.append(page(picture=picture()))
    pages.look_up(installation, cast.actor("writer"), LINK)
    assert not quota.orphans(installation)
    quota.let_go(installation, picture().sha256, ".jpg")
    assert installation.blobs.read(f"{picture().sha256[:2]}/{picture().sha256}.jpg") == picture().data


def test_another_office_knows_nothing_of_it(cast: Cast, answers: list[Fetched]) -> None:
    answers.append(page())
    pages.look_up(cast.installation, cast.actor("writer"), LINK)
    with cast.installation.store.read(cast.place.id + 1) as session:
        assert pages.known(session, [LINK]) == {}


def test_a_text_of_nothing_but_links_is_judged_by_the_first_of_them(
    cast: Cast, to: dict[str, int], answers: list[Fetched]
) -> None:
    text = "".join(f"http://a{number} " for number in range(20_000))
    told = problems(cast, write(cast, [to["facebook"]], text=text, link=""))
    assert 1 < len([words for words in told if "own network" in words]) <= checks.MOST_LINKS
