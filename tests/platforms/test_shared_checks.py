"""What networks share when they read an item: how it becomes a thread, and whether a link's card goes with it."""

from __future__ import annotations

from io import BytesIO

import pytest

from commsched.core.content.model import Card, Content
from commsched.core.platform.contract import AttachmentFile, ChannelView
from commsched.core.text.length import graphemes
from commsched.platforms._shared.checks import NUMBERED, card_of, check_text, posts, thread

LINK = "https://ljungpartiet.se/buss"
PICTURE = AttachmentFile("a" * 64, "image/jpeg", "Torget", 10, 10, 3, lambda: BytesIO(b"abc"))


def view(text: str, link: str = "", card: Card | None = None, **more: object) -> ChannelView:
    return ChannelView(content=Content(text=text, link=link, card=card), text=text, **more)  # type: ignore[arg-type]


def test_numbers_are_in_what_goes_out_and_in_what_is_counted() -> None:
    wanted = view("Ett.\n---\nTvå.", LINK, options={NUMBERED.key: "1"})
    assert posts(wanted) == [f"Ett.\n\n{LINK}\n\n1/2", "Två.\n\n2/2"]
    assert [part.text for part in thread(wanted)] == posts(wanted)
    exactly = graphemes(posts(wanted)[0])
    assert not check_text(wanted, exactly, graphemes, "X")
    assert check_text(wanted, exactly - 1, graphemes, "X"), "the number takes room"


def test_a_text_that_is_one_post_has_no_number() -> None:
    assert posts(view("Ett.", options={NUMBERED.key: "1"})) == ["Ett."]


def test_the_card_goes_with_its_link_and_with_nothing_else() -> None:
    card = Card(url=LINK, title="Bussen")
    assert card_of(view("Ett.", LINK, card)) == card
    assert card_of(view(f"Ett {LINK}", "", card)) == card
    assert card_of(view("Ett.", LINK)) is None


@pytest.mark.parametrize(
    "other",
    [
        view("Ett.", LINK, Card(url=LINK), pictures=(PICTURE,)),
        view("Ett.", LINK, Card(url=LINK), other_files=(PICTURE,)),
        view("Ett.", "", Card(url=LINK)),
        view(f"Ett.\n---\n{LINK}", "", Card(url=LINK)),
    ],
    ids=["pictures", "video", "no link", "in a later part"],
)
def test_a_card_of_what_the_first_post_does_not_say_stays_behind(other: ChannelView) -> None:
    assert card_of(other) is None
