"""One table describes the texts of an item; the structs, the labels and the search follow it."""

from __future__ import annotations

from typing import get_args, get_type_hints

import msgspec
import pytest

from commsched.core.content.changes import compare
from commsched.core.content.draft import DraftIn
from commsched.core.content.fields import TEXT_FIELDS, TEXTS, TextField, boxes, kept_texts, searchable_texts, texts_of
from commsched.core.content.model import Content

every_field = pytest.mark.parametrize("field", TEXT_FIELDS, ids=lambda field: field.name)


@every_field
def test_a_field_of_the_table_is_in_what_is_handed_in_and_in_what_is_kept(field: TextField) -> None:
    assert field.name in DraftIn.__struct_fields__
    assert field.name in Content.__struct_fields__
    assert getattr(DraftIn(), field.name) == getattr(Content(), field.name), "both begin alike"


@every_field
def test_what_is_handed_in_has_a_limit(field: TextField) -> None:
    hint = get_type_hints(DraftIn, include_extras=True)[field.name]
    limited = any(isinstance(meta, msgspec.Meta) and meta.max_length for meta in get_args(hint)[1:])
    assert limited or field.shape == "choice"


def test_every_text_of_an_item_is_in_the_table() -> None:
    """What is not is no text that a person writes in one field: a kind, a time, rows, or a name."""
    others = {"kind", "embargo", "corrects", "quotes", "attachments", "channels", "card", "answers"}
    others |= {"contacts", "event", "event_aside", "versions"}
    assert {*TEXTS} | others == {*Content.__struct_fields__}


@every_field
def test_a_change_of_a_field_is_told_under_its_label(field: TextField) -> None:
    was, now = Content(), msgspec.structs.replace(Content(), **{field.name: "nytt"})
    [change] = compare(was, now, {})
    assert (change.field, change.label.message) == (field.name, field.label)


@every_field
def test_a_field_is_searched_and_printed_as_the_table_says(field: TextField) -> None:
    content = msgspec.structs.replace(Content(), **{field.name: "nytt"})
    assert ("nytt" in searchable_texts(content)) == field.searchable
    assert [(one.name, text) for one, text in boxes(content)] == ([(field.name, "nytt")] if field.heading else [])


def test_only_space_is_lost_of_what_was_typed() -> None:
    typed = " Två\nrader \n"
    draft = msgspec.structs.replace(DraftIn(), **dict.fromkeys(TEXTS, typed))
    kept = kept_texts(draft)
    assert texts_of(draft) == dict.fromkeys(TEXTS, typed)
    assert kept["text"] == kept["lead"] == typed
    assert kept["title"] == kept["link"] == "Två rader"
    assert kept["correction"] == "Två\nrader"
