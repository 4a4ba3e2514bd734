"""Documents by program: handed in once, named in an item, refused by their bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from tests import looked
from tests.api.conftest import Client
from tests.conftest import Cast
from tests.documents import office, pdf

Program = Callable[..., Client]


@pytest.fixture(autouse=True)
def _looked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked.here(monkeypatch)


def put(client: Client, data: bytes, name: str) -> Any:
    return client.open("POST", "/documents", data={"file": (io.BytesIO(data), name)})


def test_a_document_is_handed_in_once_and_goes_with_an_item(program: Program, cast: Cast) -> None:
    writer = program()
    data = office(more={"docProps/core.xml": "<c><creator>Elin</creator></c>"})
    answer = put(writer, data, "Budget_2027.docx")
    assert answer.status_code == 201
    first = answer.json
    assert (first["title"], first["size"], first["again"]) == ("Budget 2027", len(data), False)
    assert first["found"] == {"authors": ["Elin"]}
    assert put(writer, data, "Budget_2027.docx").json == first | {"again": True}
    assert writer.get(f"/documents/{first['id']}").json == first
    with writer.get(f"/documents/{first['id']}/file") as file:
        assert file.data == data
        assert file.headers["Content-Disposition"] == "attachment; filename=budget-2027.docx"
    values = {"kind": "release", "title": "Budgeten", "text": "Klar."}
    body = values | {"documents": [first["id"], {"id": first["id"], "title": "Två gånger"}]}
    created = writer.post("/items", body)
    assert created.status_code == 201
    pictures = created.json["revision"]["content"]["pictures"]
    assert pictures == [
        {
            "kind": "document",
            "sha256": first["sha256"],
            "mime": first["mime"],
            "title": "Två gånger",
            "size": len(data),
        }
    ]


def test_what_is_refused_is_a_problem_that_says_why(program: Program) -> None:
    writer = program()
    answer = put(writer, b"<html><script>x</script>", "budget.pdf")
    assert answer.status_code == 422
    assert answer.json["field"] == "file"
    assert writer.open("POST", "/documents", data={"x": "y"}).status_code in (415, 422)
    wrong = writer.post("/items", {"kind": "release", "title": "A", "documents": [4711]})
    assert wrong.status_code == 422
    assert wrong.json["field"] == "documents"
    assert put(program("reader"), pdf(), "x.pdf").status_code == 403
