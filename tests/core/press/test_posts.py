"""A proposed post says as much of a release as fits, and always where the rest is read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.content.model import Content
from commsched.core.content.release import Quote
from commsched.core.press.posts import proposed
from commsched.core.text.x_length import x_length

LINK = "https://plan.example/n/gruppen/ja-01234567"
CONTENT = Content(
    kind="release",
    title="Ja till fler turer på landet",
    lead="Från januari går bussen varje timme. Också på kvällen och helgen, säger gruppen.",
    short="Notisen.",
    quotes=[Quote(text="Äntligen!", person="Karin Lund")],
)


def test_the_more_room_the_more_is_said() -> None:
    whole = proposed(CONTENT, LINK, None)
    assert whole == f"{CONTENT.title}\n\n{CONTENT.lead}\n\nNotisen.\n\n– Äntligen!\nKarin Lund\n\n{LINK}"
    assert proposed(CONTENT, LINK, 140) == (f"{CONTENT.title}\n\nFrån januari går bussen varje timme.\n\n{LINK}")
    assert proposed(CONTENT, LINK, len(LINK) + 20) == f"Ja till fler…\n\n{LINK}"


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1, max_size=300), st.text(max_size=300), st.integers(60, 500))
def test_it_is_never_longer_than_the_channel_takes(title: str, lead: str, most: int) -> None:
    content = Content(kind="release", title=title, lead=lead)
    for count in (len, x_length):
        said = proposed(content, LINK, most, count)
        assert count(said) <= most
        assert said.endswith(LINK)
