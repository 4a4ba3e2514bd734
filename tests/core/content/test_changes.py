"""What changed between two versions, in words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.content.changes import compare, diff_words
from commsched.core.content.model import Attachment, ChannelContent, Content, canonical
from commsched.core.content.release import Quote

NAMES = {1: "Mastodon", 2: "X"}


def both(old: str, new: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in diff_words(old, new)]


def test_one_word_exchanged_is_one_word_exchanged() -> None:
    assert both("en buss var tjugonde minut", "en buss var femtonde minut") == [
        ("same", "en buss var "),
        ("gone", "tjugonde"),
        ("new", "femtonde"),
        ("same", " minut"),
    ]


def test_three_words_exchanged_read_as_one_exchange() -> None:
    assert both("vi vill bygga ut nu", "vi ska riva ned nu") == [
        ("same", "vi "),
        ("gone", "vill bygga ut"),
        ("new", "ska riva ned"),
        ("same", " nu"),
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aå b\n.🚌", max_size=60), st.text(alphabet="aå b\n.🚌", max_size=60))
def test_both_versions_can_be_read_back_out_of_the_difference(old: str, new: str) -> None:
    pieces = diff_words(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * 2000, "a b " * 1000),
        ("a b " * 1000, "b a " * 1000),
        ("a a b " * 700, "a b b " * 700),
        (("a " * 60 + "b ") * 1000, ("a " * 60 + "c ") * 1000),
        ("a " * 30_000, "a b " * 30_000),
        ("a\n" * 4000, "b\na\n" * 2000),
        ("a\n" * 100_000, "a" * 200_000),
    ],
)
def test_no_text_can_be_written_that_takes_long_to_compare(old: str, new: str) -> None:
    started = time.process_time()
    pieces = diff_words(old, new)
    assert time.process_time() - started < 2
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old


def test_a_long_text_with_a_few_changes_is_told_word_by_word() -> None:
    old = " ".join(f"ord{n}" for n in range(20_000))
    new = old.replace("ord500 ", "annat ").replace(" ord19000", "").replace("ord7000", "ord7000 till")
    told = [(kind, text.strip()) for kind, text in both(old, new) if kind != "same"]
    assert told == [
        ("gone", "ord500"),
        ("new", "annat"),
        ("new", "till"),
        ("gone", "ord19000"),
    ]


def test_two_texts_of_the_largest_size_are_compared_within_seconds() -> None:
    old, new = "a b " * 50_000, "b c " * 50_000
    started = time.process_time()
    diff_words(old, new)
    assert time.process_time() - started < 3


def test_each_field_is_told_by_its_name() -> None:
    old = Content(text="ett", title="A", channels=[ChannelContent(channel=1)])
    new = Content(
        text="två",
        title="B",
        channels=[ChannelContent(channel=1, text="eget"), ChannelContent(channel=2)],
        quotes=[Quote(text="Ja!", person="Gunnar")],
    )
    assert [change.field for change in compare(old, new, NAMES)] == ["title", "text", "quotes", "channels", "text-1"]


def test_an_embargo_is_told_in_the_offices_time() -> None:
    (change,) = compare(Content(embargo="2026-12-02T05:00:00Z"), Content(embargo="?"), NAMES, zone="Europe/Stockholm")
    assert (change.old, change.new) == ("2026-12-02 06:00", "?")


def test_a_channels_own_text_is_compared_with_what_it_said_before() -> None:
    old = Content(text="samma", channels=[ChannelContent(channel=2)])
    new = Content(text="samma", channels=[ChannelContent(channel=2, text="samma, men kort")])
    (change,) = compare(old, new, NAMES)
    assert (change.old, change.new) == ("samma", "samma, men kort")
    assert str(change.label) == "Text on X"


def test_pictures_are_told_as_added_taken_away_and_described_otherwise() -> None:
    old = Content(attachments=[Attachment(sha256="a", alt="buss"), Attachment(sha256="b")])
    new = Content(attachments=[Attachment(sha256="c"), Attachment(sha256="a", alt="en buss")])
    (change,) = compare(old, new, NAMES)
    assert [(kind, picture.sha256) for kind, picture in change.pictures] == [("new", "c"), ("same", "a"), ("gone", "b")]
    assert [str(note) for note in change.notes] == ["Alt text of picture 2: “buss” became “en buss”."]


def test_another_order_of_the_same_pictures_is_a_change() -> None:
    one, two = Attachment(sha256="a"), Attachment(sha256="b")
    (change,) = compare(Content(attachments=[one, two]), Content(attachments=[two, one]), NAMES)
    assert [str(note) for note in change.notes] == ["The pictures come in another order."]


def test_another_list_of_recipients_is_a_change() -> None:
    old = Content(channels=[ChannelContent(channel=1, recipients="x")])
    new = Content(channels=[ChannelContent(channel=1, recipients="y")])
    assert [change.field for change in compare(old, new, NAMES)] == ["recipients-1"]


def test_what_is_the_same_is_not_told() -> None:
    content = Content(text="x", channels=[ChannelContent(channel=1, options={"visibility": "public"})])
    assert compare(content, content, NAMES) == []


def test_the_same_content_has_one_hash_however_its_strings_came_about() -> None:
    typed = "".join(["s", "v"]), "".join(["image/", "jpeg"]), "".join(["po", "st"])
    picture = Attachment(sha256="a", mime=typed[1])
    said = Content(text="x", language=typed[0], kind=typed[2], attachments=[picture])  # type: ignore[arg-type]
    assert canonical(said) == canonical(Content(text="x", attachments=[Attachment(sha256="a")]))
