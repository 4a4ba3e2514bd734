"""A text divided into a thread: nothing is lost, nothing is cut that must stay whole, and every part fits."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.content.threading import MOST_PARTS, Thread, TooLong, numbered, suggest
from commsched.core.text.length import graphemes, split_thread, tidy
from commsched.core.text.mastodon_length import mastodon_length
from commsched.core.text.x_length import x_length
from tests.core.kinds import same_each_time

LINKS = ("https://ljungpartiet.se/nyheter/fler-bussar?fran=a&till=b", "http://a.se/x_(y)", "https://å.example/é")
WHOLE = (
    *LINKS,
    "@karin@social.example",
    "#Ljungbuss",
    "12 500 kronor",
    "4,5 %",
    "kl. 07.30",
    "den 3 maj",
    "@[Anna Ek]",
    "👨‍👩‍👧‍👦",
    "x\N{COMBINING ACUTE ACCENT}",
)
"""What must stand whole in one part."""
WORDS = (
    *WHOLE,
    "Bussen",
    "går",
    "var",
    "tionde",
    "minut,",
    "och",
    "t.ex.",
    "i",
    "Ljungby.",
    "Bra!",
    "”Ja.”",
    "---",
    "–",
)
COUNTS: dict[str, Callable[[str], int]] = {
    "x": x_length,
    "mastodon": lambda text: mastodon_length(text, 23),
    "graphemes": graphemes,
}
texts = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from((" ", " ", " ", " ", "\n", "\n\n"))), min_size=1, max_size=90
).map(lambda words: "".join(word + gap for word, gap in words))
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def bare(text: str) -> str:
    return "".join(text.split())


def marked(text: str) -> bool:
    """Whether a part of ``text`` has a line that is a mark only once the blank space around it is gone."""
    return any(line == "---" for part in split_thread(text) for line in part.split("\n"))


def halves(text: str, number: bool, limit: int = 100, name: str = "graphemes", below: str = "") -> Thread:
    try:
        return suggest(text, limit, COUNTS[name], number, below)
    except TooLong:
        return Thread([])


@given(texts, st.sampled_from(sorted(COUNTS)), st.booleans(), st.integers(80, 200), st.sampled_from(("", LINKS[0])))
@same_each_time
def test_nothing_is_lost_every_part_fits_and_what_is_whole_stays_whole(
    text: str, name: str, number: bool, limit: int, below: str
) -> None:
    parts = halves(text, number, limit, name, below).parts
    if not parts:
        return
    count = COUNTS[name]
    assert bare("".join(parts)) == bare("".join(split_thread(text)))
    sent = [parts[0] + (f"\n\n{below}" if below else ""), *parts[1:]]
    sent = numbered(sent) if number else sent
    assert all(count(part) <= limit for part in sent)
    for whole in WHOLE:
        assert sum(part.count(whole) for part in parts) >= tidy(text).count(tidy(whole))


@given(anything, st.integers(8, 60), st.booleans())
@same_each_time
def test_whatever_is_written_is_there_once_and_no_character_is_cut(text: str, limit: int, number: bool) -> None:
    thread = halves(text, number, limit)
    if not thread.parts:
        return
    assert bare("".join(thread.parts)) == bare("".join(split_thread(text)))
    assert all(graphemes(part) <= limit for part in (numbered(thread.parts) if number else thread.parts))
    assert marked(text) or split_thread(thread.text) == thread.parts, "as it is written, it is read as the same parts"
    clusters = [c for c in regex.findall(r"\X", " ".join(split_thread(text))) if c.strip() == c and len(c) > 1]
    assert all(any(cluster in part for part in thread.parts) for cluster in clusters)


@given(texts, st.integers(80, 200))
@same_each_time
def test_what_was_divided_once_is_not_divided_again(text: str, limit: int) -> None:
    thread = halves(text, False, limit)
    if thread.parts and not marked(text):
        assert suggest(thread.text, limit, graphemes).parts == thread.parts


def test_it_is_divided_between_sentences() -> None:
    text = (
        "Fr.o.m. mars går bussen var tionde minut. Det kostar 12 500 kronor, t.ex. för en skola. "
        "Beslutet togs av A. Ek den 3 maj kl. 07.30 i Ljungby. Läs mer!"
    )
    assert suggest(text, 90, graphemes).parts == [
        "Fr.o.m. mars går bussen var tionde minut. Det kostar 12 500 kronor, t.ex. för en skola.",
        "Beslutet togs av A. Ek den 3 maj kl. 07.30 i Ljungby. Läs mer!",
    ]


def test_a_paragraph_is_kept_together_where_that_leaves_no_post_almost_empty() -> None:
    text = "Ett första stycke som är ganska långt, men ryms.\n\nEtt till. Och så lite mer om samma sak här."
    assert suggest(text, 60, graphemes).parts == text.split("\n\n")


def test_a_sentence_longer_than_a_post_ends_at_a_clause_and_is_told_of() -> None:
    text = "Kort. Bussen går från torget till sjukhuset, sedan vidare mot stationen och hem igen utan stopp."
    thread = suggest(text, 60, graphemes)
    assert thread.parts == [
        "Kort.",
        "Bussen går från torget till sjukhuset,",
        "sedan vidare mot stationen och hem igen utan stopp.",
    ]
    assert thread.broken == [2]


def test_a_word_longer_than_a_post_is_cut_between_characters() -> None:
    assert suggest("å" * 25, 10, graphemes) == Thread(["å" * 10, "å" * 10, "å" * 5], [1, 2])


@pytest.mark.parametrize("whole", ["https://ljungpartiet.se/" + "a" * 90, "#" + "a" * 90, "@" + "a" * 90])
def test_what_is_never_cut_and_finds_no_room_makes_no_thread(whole: str) -> None:
    with pytest.raises(TooLong):
        suggest(f"Se {whole} nu.", 60, graphemes)


def test_no_more_posts_than_anybody_reads() -> None:
    with pytest.raises(TooLong):
        suggest("Kort mening här. " * 200, 20, graphemes)
    assert len(suggest("Kort mening. " * MOST_PARTS, 13, graphemes).parts) == MOST_PARTS


def test_what_is_divided_by_hand_stays_so() -> None:
    assert suggest("Ett.\n---\nTvå. Tre och fyra.", 15, graphemes).parts == ["Ett.", "Två.", "Tre och fyra."]


def test_the_link_has_its_room_in_the_first_part() -> None:
    link = "https://ljungpartiet.se/x"
    first, *rest = suggest("En mening här. En mening till. En tredje.", 50, graphemes, below=link).parts
    assert first == "En mening här."
    assert rest == ["En mening till. En tredje."]


def test_the_numbers_stand_below_and_one_post_has_none() -> None:
    assert numbered(["Ett.", "Två."]) == ["Ett.\n\n1/2", "Två.\n\n2/2"]
    assert numbered(["Ett."]) == ["Ett."]
    parts = suggest("Kort mening. " * 12, 19, graphemes, number=True).parts
    assert len(parts) == 12
    assert numbered(parts)[-1] == "Kort mening.\n\n12/12"


@pytest.mark.parametrize("limit", range(16, 60))
def test_wherever_the_end_falls_a_number_keeps_its_unit_and_a_name_its_halves(limit: int) -> None:
    text = "Det kostar oss hela 12 500 kronor från den 3 maj kl. 07.30 enligt @[Anna Ek] och ger 4,5 % fler resor"
    parts = suggest(text, limit, graphemes).parts
    for whole in ("12 500 kronor", "den 3 maj", "kl. 07.30", "@[Anna Ek]", "4,5 %"):
        assert sum(whole in part for part in parts) == 1, parts


@pytest.mark.parametrize("piece", ["å ", "a. ", "1 000 ", "🇸🇪", "a\n", "a ---\n", "x\N{COMBINING ACUTE ACCENT}", "… "])
@pytest.mark.parametrize("limit", [300, 5000])
def test_no_text_takes_long_to_divide(piece: str, limit: int) -> None:
    """Each of these took minutes: the time grew with the square of the text, or faster."""
    counted = 0

    def count(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return len(text)

    text, began = (piece * 40_000)[: limit * MOST_PARTS], time.process_time()
    with suppress(TooLong):
        assert all(len(part) <= limit for part in suggest(text, limit, count).parts)
    assert counted <= 100 * len(text), "each character is counted a few times, not for each word"
    assert time.process_time() - began < 20
