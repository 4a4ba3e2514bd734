"""Text files come as people's programs write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commsched.core.text.decoding import decode, without_invisible

LINES = "redaktionen@svt.example\nÅsa Öberg <asa@dn.example>\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_a_text_is_read_whatever_program_wrote_it(encoding: str) -> None:
    assert decode(LINES.encode(encoding)) == LINES


@given(st.binary(max_size=300))
def test_anything_at_all_is_some_text(data: bytes) -> None:
    assert isinstance(decode(data), str)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff\0"), max_size=100))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    assert decode(text.encode()) == text


def test_characters_that_nobody_sees_are_left_out() -> None:
    assert without_invisible("\ufeff\u200btok\u200ben\u2060 \n") == "token"
