"""The sentences of msgspec are read in one place. A version that words them otherwise is found out here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from commsched.core.text.field_errors import FieldError, read_error


class Row(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=3)]


class Sheet(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["post", "release"] = "post"
    number: int = 0
    rows: Annotated[list[Row], msgspec.Meta(max_length=2)] = []
    named: Annotated[dict[Annotated[str, msgspec.Meta(max_length=3)], Row], msgspec.Meta(max_length=1)] = {}
    code: Annotated[str, msgspec.Meta(pattern="^[a-z]+$")] = "a"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"x": 1}, FieldError(("x",), "unknown", {"name": "x"})),
        ({"rows": [{"text": "a", "y`z": 1}]}, FieldError(("rows", "0", "y`z"), "unknown", {"name": "y`z"})),
        ({"rows": [{"text": "a"}, {}]}, FieldError(("rows", "1", "text"), "missing", {"name": "text"})),
        ({"kind": "letter"}, FieldError(("kind",), "choice", {"value": "'letter'"})),
        ({"rows": [{"text": "abcd"}]}, FieldError(("rows", "0", "text"), "characters", {"most": "3"})),
        ({"named": {"a": {"text": "abcd"}}}, FieldError(("named", "text"), "characters", {"most": "3"})),
        ({"named": {"abcd": {"text": "a"}}}, FieldError(("named",), "characters", {"most": "3"})),
        ({"rows": [{"text": "a"}] * 3}, FieldError(("rows",), "items", {"most": "2"})),
        ({"named": {"a": {"text": "a"}, "b": {"text": "b"}}}, FieldError(("named",), "items", {"most": "1"})),
        ({"number": "many"}, FieldError(("number",), "type", {"wanted": "int", "got": "str"})),
        ([], FieldError((), "type", {"wanted": "object", "got": "array"})),
        ({"code": "A1"}, FieldError(("code",), "other")),
    ],
)
def test_the_field_and_the_reason_are_read_out_of_the_sentence(given: Any, expected: FieldError) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(given, Sheet)
    assert read_error(raised.value) == expected


def test_nobody_else_reads_what_msgspec_says() -> None:
    """A second reader would be forgotten when the sentences change."""
    package = Path(read_error.__code__.co_filename).parents[2]
    readers = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"Expected `|unknown field `|str\(error\).*- at `", path.read_text())
    ]
    assert readers == ["field_errors.py"]


def test_msgspec_is_bounded_above() -> None:
    root = Path(__file__).parents[3]
    assert re.search(r'"msgspec>=[\d.]+,<[\d.]+"', (root / "pyproject.toml").read_text())
