"""One rule for every readable address."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.slug import TAIL, address_of, slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Regiongruppen Västra Götaland", "regiongruppen-vastra-gotaland"),
        ("Åre, Älvsbyn & Öckerö", "are-alvsbyn-ockero"),
        ("A\u030are", "are"),
        ("Guovdageaidnu: đálá ŋ ja ŧ", "guovdageaidnu-dala-n-ja-t"),
        ("Łódź, Ørsta, Straße, Þingvellir", "lodz-orsta-strasse-thingvellir"),
        ("ŁØẞĐŊŦ", "lossdnt"),
        ("Ǥiella ʒ ǯ ĸ", "giella-z-z-k"),
        ("日本", ""),
    ],
)
def test_letters_of_this_part_of_the_world_become_sensible_ones(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_it_is_cut_between_words_and_within_the_first_where_it_may() -> None:
    assert slug("ett två tre", 8) == "ett-tva"
    assert slug("flaggstångsknopp", 5) == ""
    assert slug("flaggstångsknopp", 5, whole_words=False) == "flagg"


@given(st.text(max_size=200), st.integers(1, 80))
def test_whatever_is_typed_gives_an_address_or_nothing(text: str, limit: int) -> None:
    made = slug(text, limit)
    assert len(made) <= limit
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", made)
    assert slug(made, limit) == made
    assert slug(text.upper().lower(), limit) == slug(text.upper().lower().casefold(), limit)


@given(st.text(alphabet="åäöÅÄÖđŋŧłøßĐŊŦŁØæþð", min_size=1, max_size=20))
def test_no_such_letter_vanishes(text: str) -> None:
    assert len(slug(text)) >= len(text)


@given(st.text(max_size=100))
def test_an_address_ends_in_the_start_of_its_uid(title: str) -> None:
    uid = "0123456789abcdef"
    assert address_of(title, "", uid).endswith(uid[:TAIL]) or address_of(title, "", uid) == uid
