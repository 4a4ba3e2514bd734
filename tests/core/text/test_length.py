"""A text is as long here as it will be there (figures from the networks' own rules)."""

from __future__ import annotations

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.length import (
    fold,
    graphemes,
    link_in,
    split_thread,
    tidy,
)
from commsched.core.text.mastodon_length import mastodon_length
from commsched.core.text.words import found_in
from commsched.core.text.x_length import x_length, x_links

LONG_LINK = "https://www.svt.se/nyheter/lokalt/skane/en-lang-adress-om-bussarna?utm=1"

TABLE = [
    # text, X, Mastodon, graphemes
    ("åäö", 3, 3, 3),
    ("a\u030aa\u0308o\u0308", 3, 3, 3),
    ("👨‍👩‍👧‍👦", 2, 1, 1),
    ("€", 2, 1, 1),
    ("…", 2, 1, 1),
    ("→", 2, 1, 1),
    ("•", 2, 1, 1),
    ("™", 2, 1, 1),
    ("–", 1, 1, 1),
    ("“", 1, 1, 1),
    ("”", 1, 1, 1),
    ("½", 1, 1, 1),
    (LONG_LINK, 23, 23, len(LONG_LINK)),
    (f"Läs mer ({LONG_LINK}).", 34, 34, len(LONG_LINK) + 11),
    ("www.svt.se", 23, 10, 10),
    ("example.com", 23, 11, 11),
    ("main.py", 23, 7, 7),
    ("slut.Nästa", 10, 10, 10),
    ("namn@example.se", 15, 15, 15),
    ("@user@mastodon.social hej", 25, 9, 25),
    ("hej @user@mastodon.social.", 26, 10, 26),
    ("http://localhost", 16, 16, 16),
    ("", 0, 0, 0),
]


@pytest.mark.parametrize(("text", "on_x", "on_mastodon", "seen"), TABLE)
def test_each_network_counts_in_its_own_way(text: str, on_x: int, on_mastodon: int, seen: int) -> None:
    assert (x_length(text), mastodon_length(text), graphemes(text)) == (on_x, on_mastodon, seen)


def test_line_ends_and_marks_from_word_processors_cost_nothing_extra() -> None:
    assert tidy("\ufeffhej\r\ndå\rnu") == "hej\ndå\nnu"
    assert x_length("\ufeffhej\r\ndå") == mastodon_length("\ufeffhej\r\ndå") == 6


def test_a_server_may_count_links_differently() -> None:
    assert mastodon_length(LONG_LINK, 30) == 30


@pytest.mark.parametrize(
    "text",
    [
        "a." * 140,
        "a." * 700,
        "a." * 2_000,
        ("a." * 29 + " ") * 500,
        "https://" + "a." * 50_000,
        "https://a.se/" + "a." * 700,
        "@" + "a." * 50_000,
        "@a@" + "-." * 50_000,
        "https://" * 20_000,
        "https://a.se" + "!" * 50_000,
    ],
)
def test_a_hostile_text_is_counted_in_a_moment(text: str) -> None:
    x_length("värm upp")
    started = time.process_time()
    assert x_length(text) > 0
    assert mastodon_length(text) > 0
    assert x_links(text) >= 0
    assert time.process_time() - started < 10


def test_links_are_counted_as_x_sees_them() -> None:
    assert x_links("Läs example.com och https://svt.se/a") == 2
    assert x_links("inga länkar här, slut.Nästa") == 0
    assert x_links(LONG_LINK + " " + "a." * 900) == 1


@given(st.text(max_size=200))
def test_the_way_a_text_was_typed_does_not_change_its_length(text: str) -> None:
    assert mastodon_length(text) == mastodon_length(tidy(text))
    assert x_length(text) == x_length(tidy(text))
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(alphabet="abcåäö ,\n", max_size=60), st.text(alphabet="abcåäö ,\n", max_size=60))
def test_counts_of_plain_swedish_add_up(one: str, two: str) -> None:
    joined = one + " " + two
    for count in (x_length, mastodon_length, graphemes):
        assert count(joined) == count(one) + 1 + count(two)


@given(st.lists(st.text(alphabet="abc åäö-\n", min_size=1, max_size=40), min_size=1, max_size=6))
def test_a_thread_says_every_word_once_and_in_order(texts: list[str]) -> None:
    parts = split_thread("\n---\n".join(texts))
    said = "".join(line for part in parts for line in part.split())
    written = "".join("".join(line.split()) for t in texts for line in t.split("\n") if line != "---")
    assert said == written
    assert parts == [""] or all(parts)


def test_only_a_line_of_exactly_three_hyphens_divides() -> None:
    assert split_thread("ett\n---\ntvå\r\n---\r\ntre") == ["ett", "två", "tre"]
    assert split_thread("ett\n----\ntvå --- tre\n ---\nfyra") == ["ett\n----\ntvå --- tre\n ---\nfyra"]
    assert split_thread("---\nett\n---\n\n---\n") == ["ett"]
    assert split_thread("") == split_thread("---") == [""]


def test_mastodons_own_rule_agrees_on_ordinary_posts() -> None:
    from mastodon._url_regex import url_regex

    posts = [
        "Ja till fler turer på linje 4! Läs mer: https://www.region.example.se/trafik/linje-4 – vi ses.",
        "Två länkar: https://svt.se/a?b=1&c=2#d, http://sr.se. Och (https://sv.wikipedia.org/wiki/A_(b)).",
        "Ingen länk alls, men ett e-postnamn: kansli@example.se",
        "https://xn--rksmrgs-5wao1o.se/å/ä och https://räksmörgås.se/å",
    ]
    for post in posts:
        shortened = url_regex.sub(lambda m: m.group(2) + "x" * 23, post)
        assert mastodon_length(post) == graphemes(shortened)


def test_flags_in_a_row_are_counted_by_pairs() -> None:
    for text in ("🇸🇪" * 3, "🇸🇪" * 3 + "🇸", "a🇸🇪\u0301b", "🇸\u200d🇪🇳🇴🇩🇰", "🏴‍☠️🇸🇪👩‍👩‍👧"):
        assert graphemes(text) == len(regex.findall(r"\X", text)), text


def test_far_above_every_limit_counting_stops() -> None:
    assert graphemes("å" * 150_000) == 150_000
    assert graphemes("a\u0308" * 100_000) == 50_000 + 100_000  # the second half by its characters
    assert graphemes("a\r\n" * 10) == 20


def test_a_link_keeps_its_own_parentheses_and_no_others() -> None:
    assert link_in("https://sv.wikipedia.org/wiki/Åre_(ort)).") == "https://sv.wikipedia.org/wiki/Åre_(ort)"
    assert link_in("https://a.se/x))),") == "https://a.se/x"
    assert link_in("https://a.se/x”.") == "https://a.se/x"


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("a\u030ange", "ånge"),
        ("ånge", "a\u030ange"),
        ("social\u00adtjänsten", "socialtjänsten"),
        ("zero\u200bwidth", "zerowidth"),
        ("e\u2011post", "e-post"),
        ("it’s", "it's"),
        ("”hej”", '"hej"'),
        ("ÅNGE", "ånge"),
        ("H₂O", "h2o"),
        ("Straße", "STRASSE"),
        ("2025–2026", "2025-2026"),
        ("ﬁnans", "finans"),
        ("10\u00a0000", "10 000"),
        ("\ufeffBuss", "buss"),
    ],
)
def test_what_looks_the_same_is_found(kept: str, asked: str) -> None:
    assert fold(kept) == fold(asked)


def test_letters_of_their_own_stay_apart() -> None:
    assert len({fold(one) for one in ("å", "ä", "a", "ö", "o", "é", "e", "ł", "l")}) == 9


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Straße: fler bussar", "bussar", "bussar"),
        ("ﬁnans och bussar", "bussar", "bussar"),
        ("Möte i A\u030ange nu", "ånge", "A\u030ange"),
        ("vår social\u00adtjänst är", "socialtjänst", "social\u00adtjänst"),
        ("Straße", "ss", "ß"),
        ("inget här", "buss", None),
        ("ﬁnans", "fi", "ﬁ"),
        ("av\u00ad", "av", "av\u00ad"),
    ],
)
def test_the_right_letters_are_marked(text: str, words: str, marked: str | None) -> None:
    place = found_in(text, words)
    assert (text[place[0] : place[1]] if place else None) == marked


@given(st.text(), st.integers(0, 20), st.integers(1, 5))
def test_whatever_is_looked_for_is_marked_whole(text: str, start: int, size: int) -> None:
    piece = text[start : start + size]
    place = found_in(text, piece)
    if place is not None:
        said = fold(text[place[0] : place[1]])
        assert any(word.strip('"') in said for word in fold(piece).split())  # in quotation marks stand phrases


def test_a_long_row_of_flags_is_counted_in_a_moment() -> None:
    began = time.thread_time()
    assert graphemes("🇸🇪" * 20_000) == 20_000
    assert time.thread_time() - began < 5
