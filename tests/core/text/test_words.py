"""Looking for words: their other forms, phrases, and what is not meant."""

from __future__ import annotations

import pytest

from commsched.core.text.length import fold
from commsched.core.text.words import found_in, match, stems, terms


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("bussar", "En buss till Kvarnsele"),
        ("bussar", "Bussen är sen"),
        ("buss", "Bussarna går igen"),
        ("bussar", "Beslut om sjukresebussen"),
        ("skolan", "Nya skolor i Storhede"),
        ("perrongen", "Nya perronger invigs"),
        ("vård", "Vårdcentralen i Björkåsa"),
        ("bilar", "Bilen står still"),
        ('"nya perronger"', "Nu kommer nya perronger till stan"),
        ('"nya perronger"', "nya\nperronger"),
        ("”nya perronger”", "nya perronger"),
        ('bussar "nya perronger"', "Bussen stannar vid nya perronger"),
    ],
)
def test_it_is_found(asked: str, text: str) -> None:
    assert match(fold(text), terms(asked))
    assert found_in(text, asked) is not None


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("ånge", "Många mål"),
        ('"nya perronger"', "perronger som är nya"),
        ("bussar", "Busig hund"),
        ("bilar", "Kabiler"),
        ("skolan", "Pengarna"),
        ("bussar skola", "En buss"),
    ],
)
def test_it_is_not_meant(asked: str, text: str) -> None:
    assert not match(fold(text), terms(asked))


def test_the_whole_form_is_marked() -> None:
    text = "I dag går Bussarna igen"
    span = found_in(text, "bussen")
    assert span is not None
    assert text[slice(*span)] == "Bussarna"


def test_signs_and_short_words_have_no_other_forms() -> None:
    assert stems("5%") == stems("e-post") == stems("i") == ()
    assert terms('"') != ()


def test_what_may_have_a_term_holds_its_pieces() -> None:
    """The database looks for the pieces first: whatever matches must hold one of each."""
    for asked, text in (("bussar", "en buss"), ("skolan", "nya skolor"), ('"nya perronger"', "nya  perronger")):
        for term in terms(asked):
            assert all(any(piece in fold(text) for piece in pieces) for pieces in term.needles)
