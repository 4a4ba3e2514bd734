"""How text is divided, measured and set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.images.cards import card
from commsched.images.cards.brand import Brand
from commsched.images.cards.draw_ops import TextLine
from commsched.images.text import fonts, hyphenation, line_breaking, runs
from commsched.images.text.fonts import Face
from commsched.images.text.line_breaking import TextSetting

BOLD = Face("Inter", 800)
SETTING = TextSetting(BOLD)
SENTENCE = (
    "ja till fler turer på landsbygden och kollektivtrafikupphandlingen i å regionfullmäktige 2027 kl. 18 vård "
    "sjukvårdsnämndens 🚀 årsmöte e\u0301te مرحبا"
)
SWEDISH = st.sampled_from(SENTENCE.split(" "))
MODES = st.sampled_from(["words", "seams", "long", "hyphens", "anywhere"])


def test_lines_are_balanced_and_not_just_filled() -> None:
    lines = line_breaking.lines("Vi säger ja till fler turer på landsbygden", SETTING, 12, "words")
    assert lines == ("Vi säger ja till fler", "turer på landsbygden")


@given(
    st.lists(SWEDISH, min_size=1, max_size=24),
    st.floats(4, 40),
    st.sampled_from(["words", "seams", "long", "hyphens", "anywhere"]),
)
@settings(max_examples=300, deadline=None)
def test_no_line_is_wider_than_its_measure(words: list[str], width: float, mode: line_breaking.Mode) -> None:
    lines = line_breaking.lines(line_breaking.glued(" ".join(words)), SETTING, width, mode)
    if lines is None:
        assert mode != "anywhere", "between any two signs there is always a place to break"
        return
    for line in lines:
        assert runs.extent(line, BOLD).width <= width * 1.004


@given(st.lists(SWEDISH, min_size=3, max_size=24), st.floats(6, 30))
@settings(max_examples=300, deadline=None)
def test_the_last_line_is_never_a_lonely_word_that_could_have_had_company(words: list[str], width: float) -> None:
    text = line_breaking.glued(" ".join(words))
    lines = line_breaking.lines(text, SETTING, width, "words")
    if lines is None or len(lines) < 2 or len(lines) > 12 or " " in lines[-1]:
        return
    before = lines[-2].rsplit(" ", 1)
    together = f"{before[-1]} {lines[-1]}"
    assert len(before) == 1 or runs.extent(together, BOLD).width > width * 0.99


@given(
    st.lists(SWEDISH, min_size=1, max_size=24),
    st.floats(4, 40),
    st.sampled_from(["words", "seams", "long", "hyphens", "anywhere"]),
)
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_between_the_lines(words: list[str], width: float, mode: line_breaking.Mode) -> None:
    text = line_breaking.glued(" ".join(words))
    lines = line_breaking.lines(text, SETTING, width, mode)
    if lines is not None:
        kept = "".join(map(runs.unmarked, lines)).replace("-", "").replace(" ", "").replace("\u00a0", "")
        assert kept == text.replace("-", "").replace(" ", "").replace("\u00a0", "")
        assert line_breaking.count(text, SETTING, width, mode) == len(lines)


@pytest.mark.parametrize(
    ("word", "divided"),
    [
        ("kollektivtrafikupphandlingen", "kollektiv-trafik-upphandlingen"),
        ("landsbygdens", "lands-bygdens"),
        ("regionfullmäktige", "region-fullmäktige"),
        ("hälsocentralernas", "hälso-centralernas"),
        ("kvällsbussar", "kvälls-bussar"),
        ("öppettider", "öppet-tider"),
        ("vården", "vården"),
        ("arbetsmiljöförbättringsförslag", "arbets-miljö-förbättrings-förslag"),
        ("familjöverenskommelse", "famil-jöver-ens-kom-melse"),
    ],
)
def test_a_compound_is_divided_where_its_words_meet(word: str, divided: str) -> None:
    assert "-".join(part for part, _ in hyphenation.ruled(word, "sv")) == divided


def test_a_long_word_is_divided_between_its_words_before_it_is_divided_within_them() -> None:
    word = "Sjukvårdsupplysningstelefontjänstpersonalens"
    assert [part for part, _ in hyphenation.ruled(word, "sv", seams=True)] == [
        "Sjukvårds",
        "upplysnings",
        "telefon",
        "tjänst",
        "personalens",
    ]


def test_a_soft_hyphen_decides_where_a_word_breaks() -> None:
    assert hyphenation.own("sam\u00adsyn") == (("sam", True), ("syn", False))


def test_a_range_of_times_is_not_broken_at_its_dash() -> None:
    assert len(hyphenation.own("18.30–20.45")) == 1
    assert len(hyphenation.own("Söderström-Abrahamsson")) == 2


@pytest.mark.parametrize("text", ["1 250 000 kr", "kl. 18", "12 november", "62 %", "§ 118"])
def test_a_figure_stays_with_its_unit(text: str) -> None:
    assert " " not in line_breaking.glued(text)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Räksmörgås", ["plain"]),
        ("Hej 🚀", ["plain", "emoji"]),
        ("👩‍👩‍👧", ["emoji"]),
        ("🇸🇪", ["emoji"]),
        ("5️⃣", ["emoji"]),
        ("q\u0323", ["shaped"]),
        ("مرحبا بالعالم", ["shaped"]),
        ("שלום", ["shaped"]),
    ],
)
def test_each_kind_of_writing_is_set_in_its_own_way(text: str, kinds: list[str]) -> None:
    assert [run.kind for run in runs.split(runs.settable(text), BOLD)] == kinds


def test_decomposed_letters_are_the_same_as_composed_ones() -> None:
    assert runs.settable("a\u030a") == "å"


def test_a_heap_of_marks_is_cut_down() -> None:
    assert len(runs.settable("a" + "\u0301\u0302\u0303\u0304" * 20)) <= 3


def test_signs_that_turn_the_text_around_are_dropped() -> None:
    assert runs.settable("ja\u202etill\u200fnej\u0000") == "jatillnej"


def test_every_script_that_we_promise_has_a_font() -> None:
    for text in ("Ωμέγα", "Привет", "مرحبا", "שלום", "नमस्ते", "สวัสดี", "ভালো", "♥→✓"):
        assert runs.unknown(text, BOLD) == []
    assert runs.unknown("漢", BOLD) == ["漢"]


def test_a_script_that_no_package_has_is_set_in_the_systems_font_and_else_said(monkeypatch: pytest.MonkeyPatch) -> None:
    georgian = Face("script:Georgian", 700)
    monkeypatch.setattr(fonts, "SYSTEM_SCRIPTS", ("/nowhere/NotoSans{script}-{cut}.ttf",))
    monkeypatch.setattr(fonts, "SYSTEM", ())
    caches = (fonts.path_of, fonts.covers, fonts.face_for, fonts._system)
    for cache in caches:
        cache.cache_clear()
    assert runs.unknown("ሰላም", BOLD) == sorted("ሰላም")
    thai = fonts.path_of(Face("script:Thai"))
    monkeypatch.setattr(fonts, "SYSTEM_SCRIPTS", (thai,))
    fonts.path_of.cache_clear()
    assert fonts.path_of(georgian) == thai
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def test_a_word_that_reads_the_other_way_keeps_the_spaces_around_it_where_they_were_typed() -> None:
    line = [run.text for run in runs.visual("Vård: שלום och العربية nu", BOLD)]
    assert "".join(line) == "Vård: שלום och العربية nu"
    assert not any(run.endswith(" ") for run in line if runs.is_rtl(run))
    assert next(run.text for run in runs.visual("שלום Åsa", BOLD)) == "Åsa"


def test_kerning_is_applied() -> None:
    apart = runs.glyph(BOLD, "A").width + runs.glyph(BOLD, "V").width
    assert runs.extent("AV", BOLD).width < apart - 0.02


def test_a_font_from_outside_is_checked_before_it_is_used() -> None:
    assert fonts.take_font(Path(fonts.path_of(BOLD)).read_bytes()).family == "Inter"
    for bad in (b"", b"not a font", b"\0\1\0\0" + b"\xff" * 400, b"\0\1\0\0" + bytes(fonts.MAX_FONT_BYTES)):
        with pytest.raises(fonts.BadFont):
            fonts.take_font(bad)


def test_an_uploaded_font_that_vanished_is_replaced() -> None:
    assert fonts.path_of(Face("Vår egen", 700, "/nowhere/own.ttf")) == fonts.path_of(Face("Inter", 700))


@pytest.mark.parametrize("family", fonts.FAMILIES)
def test_every_packaged_font_draws_the_signs_that_are_taken_for_granted(family: str) -> None:
    signs = [chr(code) for code in range(0x20, 0x100) if chr(code).isprintable()]
    assert [sign for sign in signs if not sign.isspace() and not fonts._drawable(Face(family), sign)] == []


def test_a_mark_without_a_letter_is_left_out() -> None:
    assert runs.settable("\u0301ett \u094dtvå\n\u093atre e\u0301te") == "ett två\ntre éte"


def test_signs_that_no_font_has_are_said_and_never_drawn_as_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_system", lambda cut: "")
    fonts.face_for.cache_clear()
    odd = card.layout("headline", (1200, 630), {"headline": "Välkommen 漢字 till Älvmo"}, Brand())
    lines = [op.text for op in odd.drawing.ops if isinstance(op, TextLine)]
    assert "漢" not in "".join(lines)
    assert "Älvmo" in " ".join(lines)
    (problem,) = odd.drawing.problems
    assert problem.blocks
    assert problem.field == "headline"
    assert problem.words.params["signs"] == "字 漢"
    only = card.layout("headline", (1200, 630), {"headline": "漢字"}, Brand())
    assert only.drawing.problems[0].blocks
    fonts.face_for.cache_clear()


def test_a_large_font_of_the_system_draws_what_ours_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    thai = fonts.path_of(Face("script:Thai"))
    monkeypatch.setattr(fonts, "_script_pattern", lambda: re.compile(r"(?!)"))
    monkeypatch.setattr(fonts, "SYSTEM", (thai,))
    for cache in (fonts.face_for, fonts._system):
        cache.cache_clear()
    assert fonts.face_for(BOLD, "ก") == Face("system", BOLD.weight, thai)
    for cache in (fonts.face_for, fonts._system):
        cache.cache_clear()


def order(line: str) -> list[str]:
    """What stands on the line from left to right, without its spaces."""
    return [run.text.strip() for run in runs.visual(line, BOLD) if run.text.strip()]


def set_in(text: str, ems: float) -> list[list[str]]:
    lines = line_breaking.lines(text, line_breaking.TextSetting(BOLD), ems, "words")
    assert lines is not None
    return [order(line) for line in lines]


def test_a_line_runs_as_its_paragraph_does_and_not_as_the_word_it_begins_with() -> None:
    """UAX 9, P2: the direction is the paragraph's. An Arabic reader begins at the right, also with "Göteborg"."""
    arabic = set_in("نتائج التصويت في انتخابات Göteborg يوم الأحد", 9.5)
    (mixed,) = [line for line in arabic if "Göteborg" in line]
    assert mixed[-1] == "Göteborg", "it is the first word of its line, so it stands at the right"
    assert len(mixed) == 2
    assert order(runs.marked("עולם den 12 maj", rtl=False)) == ["עולם", "den 12 maj"]
    assert order(runs.marked("Göteborg يوم", rtl=True)) == ["يوم", "Göteborg"]
    assert [order(line) for line in ("עולם den 12 maj", "Göteborg يوم")] == [
        ["den 12 maj", "עולם"],
        ["Göteborg", "يوم"],
    ]


def test_each_paragraph_has_a_direction_of_its_own() -> None:
    assert set_in("Möte שלום\nשלום Möte", 20) == [["Möte", "שלום"], ["Möte", "שלום"]]


def test_what_is_marked_is_as_wide_and_as_high_as_before() -> None:
    line = "Göteborg يوم الأحد"
    assert runs.extent(runs.marked(line, True), BOLD).width == pytest.approx(runs.extent(line, BOLD).width, abs=0.01)
    assert runs.unmarked(runs.marked(line, True)) == line
    assert runs.marked(line, False) == line
    assert runs.settable("\u200fGöteborg") == "Göteborg"
