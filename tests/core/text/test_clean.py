"""One rule for what is typed and pasted: words never melt together, and nothing costs more than its length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.content import model
from commsched.core.text import messages
from commsched.core.text.clean import clean, line, one_line, overmarked, passage, settled


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\r", "\r\n"])
def test_every_kind_of_line_break_stays_between_its_words(sign: str) -> None:
    assert clean(f"Rad ett{sign}Rad två") == "Rad ett\nRad två"


def test_words_own_hyphens_stay_hyphens() -> None:
    assert clean("e\x1epost och social\x1ftjänst") == "e-post och social\u00adtjänst"


def test_what_no_reader_sees_goes() -> None:
    assert clean("\ufeffA\x00B\x07C\x7fD\x9fE\ud800F") == "ABCDEF"


TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Signs that turn the direction of the text after them."""


@given(st.text() | st.text("ab\n \r\u2028" + TURNS))
def test_what_unicode_can_show_stays(text: str) -> None:
    gone = "\ufeff" + TURNS
    shown = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in gone)
    kept = "".join(c for c in clean(text) if c not in "\n\t-\u00ad" + TURNS)
    assert kept == "".join(c for c in shown if c not in "-\u00ad")
    assert clean(clean(text)) == clean(text)
    assert len(clean(text)) <= len(text), "what was short enough stays so"


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e")
def test_nothing_turns_the_text_after_it(sign: str) -> None:
    assert clean(f"Beslut{sign}fdp.exe\nmer") == "Beslutfdp.exe\nmer"


@pytest.mark.parametrize("sign", "\u2066\u2067\u2068")
def test_what_is_set_apart_ends_in_its_own_line(sign: str) -> None:
    whole = f"Enligt {sign}حزب اليسار\u2069 i går"
    assert clean(whole) == whole
    assert clean(f"{sign}{sign}a\u2069b\nc\u2069") == f"{sign}a\u2069b\nc"
    assert clean(f"a{sign}b\u2028c\u2069d") == "ab\ncd"
    assert one_line(f"a{sign}b\nc\u2069") == "ab c"


def test_marks_and_joiners_that_carry_meaning_stay() -> None:
    for text in ("می\u200cخواهم", "C++\u200e", "(الف)\u200f", "👩\u200d👧"):
        assert clean(text) == line(text) == passage(text) == text


def test_a_persons_words_are_kept_without_what_nobody_sees() -> None:
    said = " Fel\x00 namn\x1b[31m\u202e i\r\ntexten.  Å\u030a "
    assert passage(said) == "Fel namn[31m i\ntexten.  Å\u030a"
    assert line(said) == "Fel namn[31m i texten. Å\u030a"
    with pytest.raises(messages.Invalid) as told:
        line("a" + "\u0301" * 31, "reason")
    assert told.value.field == "reason"


def test_one_line_is_one_line() -> None:
    assert one_line(" Ny\x0brapport om 10\u00a0000\nköer\u2028") == "Ny rapport om 10\u00a0000 köer"


def test_thirty_marks_are_a_language_and_thirty_one_are_not() -> None:
    assert not overmarked("a" + "\u0301" * 30 + "b" + "\u0301" * 30)
    for mark in ("\u0301", "\u0f71", "\u200d", "\ufe0f", "\u0903"):
        assert overmarked("Hej a" + mark * 31), mark
    assert overmarked("Hej a" + "\u0f71\u0f72" * 16)
    assert not overmarked("🏳️‍🌈" * 100 + "🇸🇪" * 100 + "👩‍👩‍👧‍👦" * 100)


def test_a_run_of_marks_is_refused_by_its_field() -> None:
    with pytest.raises(messages.Invalid) as told:
        settled({"quotes": [{"text": "a" + "\u0301" * 40}]})
    assert told.value.field == "quotes"
    assert "40" not in str(told.value)


def test_whatever_was_typed_is_kept_in_one_form() -> None:
    assert settled({"title": "A\u030angeby\x0b"}) == {"title": "Ångeby\n"}


def test_content_is_cleaned_by_the_same_rule() -> None:
    said = model.Content(text="Rad ett\x0bRad två\x85", quotes=[model.Quote(text="e\x1epost")])
    assert model.printable(said) == model.Content(text="Rad ett\nRad två\n", quotes=[model.Quote(text="e-post")])
