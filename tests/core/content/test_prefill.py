"""What an item already says is there when a picture is made for it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.content.model import Content
from commsched.core.content.prefill import fitted, proposals
from commsched.core.content.release import Quote

ZONE = "Europe/Stockholm"


def test_a_release_gives_its_title_its_lead_its_first_quote_and_its_day() -> None:
    content = Content(
        kind="release",
        title="Ja till fler turer",
        lead="Nämnden säger ja.",
        quotes=[Quote(text="Bra!", person="Eva Ek")],
    )
    found = proposals(content, datetime(2026, 11, 26, 23, 30, tzinfo=UTC), ZONE)
    assert found["headline"] == found["title"] == "Ja till fler turer"
    assert (found["lead"], found["quote"], found["person"]) == ("Nämnden säger ja.", "Bra!", "Eva Ek")
    assert found["date"] == "fredag 27 november"


def test_a_post_gives_its_first_sentence() -> None:
    found = proposals(Content(text="\nVi bygger ut vården. Läs mer!\nOch mer"), None, ZONE)
    assert found["headline"] == "Vi bygger ut vården"
    assert "date" not in found
    assert "quote" not in found
    assert proposals(Content(text="Äntligen! Nu händer det."), None, ZONE)["headline"] == "Äntligen!"


def test_lists_and_figures_become_points_and_bars() -> None:
    found = proposals(Content(text="Så gick det:\n- Ja: 37\n- Nej: 34"), None, ZONE)
    assert found["points"] == found["rows"] == "Ja: 37\nNej: 34"
    assert "rows" not in proposals(Content(text="- Fler turer\n- Lägre pris"), None, ZONE)


def test_an_empty_item_gives_nothing() -> None:
    assert proposals(Content(), None, ZONE) == {}


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(max_size=400)), st.integers(8, 120), st.integers(0, 4))
def test_what_is_proposed_always_fits(given_words: dict[str, str], limit: int, rows: int) -> None:
    for text in fitted(given_words, {"a": limit, "b": limit}, lambda name: rows).values():
        assert len(text) <= limit + 4
        assert not rows or len(text.splitlines()) <= max(1, rows)


def test_the_marks_of_a_release_are_on_no_card() -> None:
    text = "**Nämnden** säger [ja](https://x.example). Mer kommer.\n\n- **Fler** turer\n- Lägre pris"
    found = proposals(Content(kind="release", text=text), None, ZONE)
    assert found["headline"] == "Nämnden säger ja"
    assert found["points"] == "Fler turer\nLägre pris"
