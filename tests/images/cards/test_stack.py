"""A column of texts in an area: as large as fits, never outside, and honest about what was cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from commsched.images.cards import measure, paint, stack
from commsched.images.cards.brand import Brand
from commsched.images.cards.designs import Block
from commsched.images.cards.draw_ops import Area, Box, Op, TextLine
from commsched.images.text import runs
from commsched.images.text.fonts import Face
from commsched.images.text.line_breaking import TextSetting, glued

CANVAS = (900, 900)
BRAND = Brand()
COMPOUND = "kollektivtrafikupphandling"
CLUSTERS = ["🚀", "👩‍👩‍👧", "مرحبا", "שלום", "नमस्ते", "สวัสดี", "e\u0323\u0302", "Z\u0308", "漢", COMPOUND]
LETTERS = st.one_of(st.sampled_from("åäöÅÄÖgjpqyfÅ ﬁ…”–- \n"), st.sampled_from(CLUSTERS), st.characters(codec="utf-8"))
TEXTS = st.lists(LETTERS, min_size=1, max_size=120).map("".join).map(runs.settable).filter(str.strip)


def column(width: int, height: int, valign: str = "top") -> measure.Column:
    area = Area(100, 100, 100 + width, 100 + height)
    return measure.Column(area, 10.0, BRAND, "ground", valign)  # type: ignore[arg-type]


def text(words: str, low: float = 3.0, high: float = 9.0, **options: object) -> measure.Text:
    spec = Block(size=(low, high), **options)  # type: ignore[arg-type]
    face = Face({"heading": "Inter", "body": "Source Sans 3", "serif": "Source Serif 4"}[spec.font], spec.weight)
    return measure.Text(spec, glued(words), TextSetting(face, spec.tracking), "field", gap=spec.gap)


def inked(ops: list[Op]) -> Area | None:
    """Where anything was drawn, by drawing it."""
    image = Image.new("RGB", CANVAS, BRAND.grounds["ground"])
    empty = image.copy()
    paint.apply(image, ops)
    from PIL import ImageChops

    box = ImageChops.difference(image, empty).getbbox()
    return Area(*box) if box else None


@given(
    st.lists(TEXTS, min_size=1, max_size=3),
    st.integers(140, 700),
    st.integers(60, 700),
    st.sampled_from(["top", "center", "bottom"]),
    st.sampled_from(["left", "center", "right"]),
    st.sampled_from(["heading", "serif", "body"]),
)
@settings(max_examples=60, deadline=None)
def test_no_text_stands_outside_its_area(
    said: list[str], width: int, height: int, valign: str, align: str, font: str
) -> None:
    place = column(width, height, valign)
    texts = [text(one, align=align, font=font, weight=800, leading=1.06, tracking=-0.02) for one in said]
    ops, _ = stack.solve(place, texts)
    drawn = inked(ops)
    if drawn is not None:
        assert place.area.holds(drawn), f"{drawn} is not within {place.area}"


@given(TEXTS, st.integers(200, 700), st.integers(120, 700))
@settings(max_examples=60, deadline=None)
def test_labels_and_numbered_points_stay_inside_too(said: str, width: int, height: int) -> None:
    place = column(width, height)
    chip = text(said, 2.4, 3.0, chip="accent", upper=True, tracking=0.05, lines=1)
    point = text(said, 3.0, 6.0, kind="items")
    point = measure.Text(point.block, point.text.replace("\n", " "), point.setting, "points", marker="1", gap=4)
    ops, _ = stack.solve(place, [chip, point])
    drawn = inked(ops)
    if drawn is not None:
        assert place.area.holds(drawn)


@given(TEXTS, st.integers(200, 700), st.integers(80, 700))
@settings(max_examples=60, deadline=None)
def test_lines_of_text_do_not_run_into_each_other(said: str, width: int, height: int) -> None:
    ops, _ = stack.solve(column(width, height), [text(said, leading=1.25), text(said, leading=1.25, gap=2.0)])
    lines = [op for op in ops if isinstance(op, TextLine)]
    for above, below in pairwise(lines):
        assert below.y > above.y
        if above.text.isascii() and below.text.isascii():
            bottom = above.y + runs.extent(above.text, above.face).bottom * above.size
            top = below.y - runs.extent(below.text, below.face).top * below.size
            assert top >= bottom - 2


def test_a_short_text_is_set_large_and_a_long_one_smaller() -> None:
    sizes = []
    for words in ("Ja!", "Vi säger ja till fler turer på landsbygden", "Vi säger ja till fler turer. " * 6):
        ops, problems = stack.solve(column(500, 300), [text(words)])
        assert problems == []
        sizes.append(next(op.size for op in ops if isinstance(op, TextLine)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 90
    assert sizes[0] > sizes[1] > sizes[2] >= 30


def test_texts_of_a_stack_step_down_together() -> None:
    ops, _ = stack.solve(column(500, 260), [text("Rubrik " * 9, 3, 9), text("Ingress " * 20, 2, 4)])
    sizes = [op.size for op in ops if isinstance(op, TextLine)]
    assert (sizes[0] - 30) / 60 == pytest.approx((sizes[-1] - 20) / 20, abs=0.08)


def test_a_text_that_is_too_long_is_cut_and_said_so() -> None:
    ops, problems = stack.solve(column(300, 120), [text("Alldeles för mycket text. " * 30)])
    lines = [op for op in ops if isinstance(op, TextLine)]
    assert lines[-1].text.endswith("…")
    assert len(problems) == 1
    assert problems[0].blocks
    assert problems[0].words.params["count"] > 300


def test_the_problem_names_the_text_that_lost_something() -> None:
    short, long = text("Kort"), text("Alldeles för mycket text. " * 30)
    long = measure.Text(long.block, long.text, long.setting, "lead", gap=2)
    _, problems = stack.solve(column(300, 200), [short, long])
    assert [problem.field for problem in problems] == ["lead"]


def test_a_word_is_hyphenated_only_when_nothing_else_helps() -> None:
    roomy, _ = stack.solve(column(700, 500), [text("Kollektivtrafikupphandlingen görs om", 3, 9)])
    narrow, _ = stack.solve(column(220, 500), [text("Kollektivtrafikupphandlingen görs om", 4, 9)])
    assert not any(isinstance(op, TextLine) and op.text.endswith("-") for op in roomy)
    assert any(isinstance(op, TextLine) and op.text.endswith("-") for op in narrow)


def test_a_long_word_makes_the_type_smaller_before_it_is_divided() -> None:
    """At 3 units the word just goes in whole; it does, though a large size with hyphens would fill the room better."""
    said = "Kollektivtrafikupphandlingen görs om"
    ops, problems = stack.solve(column(480, 500), [text(said, 3, 12)])
    lines = [op for op in ops if isinstance(op, TextLine)]
    assert problems == []
    assert lines[0].text == "Kollektivtrafikupphandlingen"
    assert lines[0].size < 50


def test_a_word_that_no_size_holds_is_divided_between_its_words_at_the_smallest() -> None:
    ops, problems = stack.solve(column(300, 500), [text("Sjukvårdsupplysningstelefontjänstpersonalens krav", 4, 12)])
    lines = [op for op in ops if isinstance(op, TextLine)]
    assert problems == []
    assert {op.size for op in lines} == {40}
    assert next(op.text for op in lines if op.text.endswith("-")) in ("Sjukvårds-", "Sjukvårdsupplysnings-")


def test_right_to_left_text_stands_at_the_right_edge() -> None:
    place = column(600, 200)
    ops, _ = stack.solve(place, [text("مرحبا بالعالم", 3, 4)])
    drawn = inked(ops)
    assert drawn is not None
    assert drawn.right >= place.area.right - 4
    assert drawn.left > place.area.left + 200


def test_letters_and_not_their_side_bearings_stand_on_the_edge() -> None:
    for words in ("Hus", "Öga", "Vård", "jag"):
        drawn = inked(stack.solve(column(600, 200), [text(words, 9, 9)])[0])
        assert drawn is not None
        assert drawn.left - 100 <= 1


def test_a_label_on_a_chip_lies_on_its_chip() -> None:
    ops, _ = stack.solve(column(500, 300), [text("KOLLEKTIVTRAFIK", 3, 3, chip="accent", lines=1)])
    box = next(op for op in ops if isinstance(op, Box))
    line = next(op for op in ops if isinstance(op, TextLine))
    assert box.area.top < line.y < box.area.bottom
    assert line.ground == box.colour
