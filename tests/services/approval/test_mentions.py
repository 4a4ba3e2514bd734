"""Names after an @, and words of the text that a comment is about."""

from __future__ import annotations

import pytest

from commsched.core.content.model import Content
from commsched.core.text.messages import Invalid
from commsched.services.approval.mentions import people_named, quoted, stands

NAMES = {
    1: "Jonas Ahlmarker",
    2: "Anna Ek",
    3: "Anna Berg",
    4: "Åsa-Lena von Dü",
    5: "jonas.l@parti.example",
    6: "Anna Ek",
}


@pytest.mark.parametrize(
    ("body", "people"),
    [
        ("@Jonas titta", {1}),
        ("@jonas ahlmarker, titta", {1}),
        ("(@JonasAhlmarker)", {1}),
        ("Hej @Ahlmarker!", {1}),
        ("@Anna Berg och @Jonas", {3, 1}),
        ("@ÅSA-LENA VON DÜ?", {4}),
        ("@A\u030asa-Lena von Du\u0308?", {4}),
        ("@åsa", {4}),
        ("@Anna Ek", {2, 6}),
        ("skriv till jonas@parti.example", set()),
        ("vi följer @regionen på nätet", set()),
        ("@Jonasson är en annan", set()),
        ("@", set()),
        ("https://social.example/@jonas", set()),
    ],
)
def test_names_are_people(body: str, people: set[int]) -> None:
    assert people_named(body, NAMES) == people


def test_a_name_that_two_have_is_asked_about() -> None:
    with pytest.raises(Invalid, match="Anna Berg / Anna Ek"):
        people_named("@Anna, vad säger du?", NAMES)


def test_the_words_stand_in_the_text_however_its_lines_are_broken() -> None:
    content = Content(text="Vi vill ha fler\nturer  på landet.", lead="Ingress.")
    assert quoted("fler turer på", content) == "fler turer på"
    assert quoted("  ", content) == ""
    assert not stands("färre turer", content)
    with pytest.raises(Invalid, match="do not stand"):
        quoted("färre turer", content)
    with pytest.raises(Invalid, match="shorter"):
        quoted("x" * 501, content)
