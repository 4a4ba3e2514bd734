"""Mentions in a text, what is a handle where, and what a channel says."""

from __future__ import annotations

from typing import Any

import pytest

from commsched.core.content.mentions import entry_of, forms, key_of, named_in, plainly, said, spoken, unknown_in
from commsched.core.content.model import ChannelContent, Content, canonical
from commsched.core.content.release import Quote
from commsched.core.platform.channel_view import for_channel
from commsched.core.text.mastodon_length import mastodon_length
from commsched.core.text.messages import Invalid

BLUE = entry_of("Anna", {"bluesky": "https://bsky.app/profile/anna.bsky.social"})
ANNA = entry_of("Regionrådet  Anna Berg", {"x": "annaberg", "mastodon": "anna@social.example", "facebook": ""})
BOOK = {ANNA.key: ANNA}
NAME = "@[Regionrådet Anna Berg]"


def test_each_network_has_its_own_form_and_the_others_the_name() -> None:
    assert ANNA.on("x") == "@annaberg"
    assert ANNA.on("mastodon") == "@anna@social.example"
    assert BLUE.on("bluesky") == "@anna.bsky.social"
    assert ANNA.on("facebook") == ANNA.on("") == "Regionrådet Anna Berg"
    page = entry_of("Vårt parti", {"facebook": "https://www.facebook.com/vartparti/"})
    assert page.on("facebook") == "Vårt parti (facebook.com/vartparti)"


@pytest.mark.parametrize(
    ("network", "typed"),
    [
        ("x", "anna berg"),
        ("x", "@" + "a" * 16),
        ("mastodon", "@anna"),
        ("mastodon", "a@b"),
        ("bluesky", "@anna"),
        ("bluesky", "anna@social.example"),
        ("facebook", "x y"),
    ],
)
def test_what_is_no_handle_there_is_refused_by_its_field(network: str, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        entry_of("Anna", {network: typed})
    assert refused.value.field == network


@pytest.mark.parametrize("name", ["", "  ", "A]", "[A", "*A*", "A_b", "a" * 101, "@A", "<b>"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        entry_of(name, {})
    assert refused.value.field == "name"


def test_a_name_is_found_however_it_is_cased_spaced_and_composed() -> None:
    known = forms(["regionra\u030adet ANNA  berg"], BOOK, "x")
    assert said(f"Hej {NAME}!", known) == "Hej @annaberg!"
    assert said("Hej @[Bo Ek] och [@[Anna]](https://x.se)", known) == "Hej @[Bo Ek] och [@[Anna]](https://x.se)"
    assert said(f"{NAME}(https://x.se)", known) == f"{NAME}(https://x.se)"


def content(**more: Any) -> Content:
    given: dict[str, Any] = {
        "kind": "release",
        "title": f"{NAME} öppnar",
        "text": f"Idag öppnar {NAME} torget.",
        "lead": NAME,
        "quotes": [Quote(text="Ja!", person=NAME)],
        "channels": [
            ChannelContent(channel=1, mentions=forms([NAME[2:-1]], BOOK, "x")),
            ChannelContent(channel=2, text=f"Eget av {NAME}.", mentions=forms([NAME[2:-1]], BOOK, "mastodon")),
            ChannelContent(channel=3, mentions=forms([NAME[2:-1]], BOOK, "")),
        ],
    }
    return Content(**(given | more))


def test_a_channel_says_its_own_form_in_every_text() -> None:
    first, second, third = (for_channel(content(), number, "u", {}) for number in (1, 2, 3))
    assert (first.text, second.text) == ("Idag öppnar @annaberg torget.", "Eget av @anna@social.example.")
    assert third.text == "Idag öppnar Regionrådet Anna Berg torget."
    assert third.content.title == "Regionrådet Anna Berg öppnar"
    assert third.content.lead == third.content.quotes[0].person == "Regionrådet Anna Berg"
    assert mastodon_length(second.text) == len("Eget av @anna.")
    assert plainly(content()).text == "Idag öppnar Regionrådet Anna Berg torget."


def test_the_form_is_part_of_what_is_hashed_and_nothing_changes_without_mentions() -> None:
    whole = content()
    other = content(channels=[ChannelContent(channel=1, mentions={ANNA.key: "@annab"}), *whole.channels[1:]])
    assert canonical(whole) != canonical(other)
    assert b"mentions" not in canonical(Content(text="Hej", channels=[ChannelContent(channel=1)]))
    plain = Content(text="@[Någon]", channels=[ChannelContent(channel=1)])
    assert spoken(plain, 1) == plain


def test_who_is_not_in_the_book_is_told() -> None:
    assert named_in(content()) == ["Regionrådet Anna Berg"]
    assert unknown_in(content()) == []
    assert unknown_in(content(text="@[Bo Ek] och @[bo  ek]")) == ["Bo Ek"]
    assert key_of("Bo  Ek") == "bo ek"
