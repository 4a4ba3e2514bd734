"""One rule for what is typed and pasted: words never melt together, and nothing costs more than its length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core import content, words
from commsched.core.clean import clean, one_line, overmarked, settled


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r", "\r\n"])
def test_every_kind_of_line_break_stays_between_its_words(sign: str) -> None:
    assert clean(f"Rad ett{sign}Rad två") == "Rad ett\nRad två"


def test_words_own_hyphens_stay_hyphens() -> None:
    assert clean("e\x1epost och social\x1ftjänst") == "e-post och social\u00adtjänst"


def test_what_no_reader_sees_goes() -> None:
    assert clean("\ufeffA\x00B\x07C\x7fD\x9fE\ud800F") == "ABCDEF"


@given(st.text())
def test_what_unicode_can_show_stays(text: str) -> None:
    shown = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c != "\ufeff")
    assert "".join(c for c in clean(text) if c not in "\n\t-\u00ad") == "".join(c for c in shown if c not in "-\u00ad")
    assert clean(clean(text)) == clean(text)


def test_one_line_is_one_line() -> None:
    assert one_line(" Ny\x0brapport om 10\u00a0000\nköer\u2028") == "Ny rapport om 10\u00a0000 köer"


def test_thirty_marks_are_a_language_and_thirty_one_are_not() -> None:
    assert not overmarked("a" + "\u0301" * 30 + "b" + "\u0301" * 30)
    for mark in ("\u0301", "\u0f71", "\u200d", "\ufe0f", "\u0903"):
        assert overmarked("Hej a" + mark * 31), mark
    assert overmarked("Hej a" + "\u0f71\u0f72" * 16)
    assert not overmarked("🏳️‍🌈" * 100 + "🇸🇪" * 100 + "👩‍👩‍👧‍👦" * 100)


def test_a_run_of_marks_is_refused_by_its_field() -> None:
    with pytest.raises(words.Invalid) as told:
        settled({"quotes": [{"text": "a" + "\u0301" * 40}]})
    assert told.value.field == "quotes"
    assert "40" not in str(told.value)


def test_whatever_was_typed_is_kept_in_one_form() -> None:
    assert settled({"title": "A\u030angeby\x0b"}) == {"title": "Ångeby\n"}


def test_content_is_cleaned_by_the_same_rule() -> None:
    said = content.Content(text="Rad ett\x0bRad två\x85", quotes=[content.Quote(text="e\x1epost")])
    assert content.printable(said) == content.Content(text="Rad ett\nRad två\n", quotes=[content.Quote(text="e-post")])
