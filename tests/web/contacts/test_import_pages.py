"""Importing and exporting on the pages: brought, looked at, followed, told row by row; a file that is taken out."""

from __future__ import annotations

import io
import re

import pytest

from commsched.services.contacts import imports
from tests.conftest import Cast
from tests.services.contacts.test_contacts import everybody, on_list, pasted
from tests.services.contacts.test_imports import TABLE, xlsx
from tests.web.contacts.test_contacts_pages import Browse, added


def file(data: bytes | str, name: str = "press.csv") -> dict[str, object]:
    return {"file": (io.BytesIO(data.encode() if isinstance(data, str) else data), name)}


def test_a_file_is_brought_looked_at_and_taken_in(browse: Browse, cast: Cast) -> None:
    number = pasted(cast, "tips@z.example")
    browser = browse(cast.writer)
    answer = browser.post("~/contacts/import/", file(TABLE) | {"channel": str(number)})
    assert answer.status_code == 303
    path = answer.headers["Location"]
    page = browser.get(path).text
    assert "7 rader i press.csv" in page
    chosen = re.findall(r'name="field-(\d)">.*?value="(\w+)" selected', page)
    assert [field for _place, field in chosen] == ["name", "address", "outlet", "beats", "areas", "language", "notes"]
    assert "Berg, Bo" in page
    form = {f"field-{place}": field for place, field in chosen} | {"heading": "1", "channel": str(number)}
    wrong = browser.post(path + "/start", form | {"field-1": ""})
    assert wrong.status_code == 422
    assert "Välj den kolumn" in wrong.text
    assert browser.post(path + "/start", form).status_code == 303
    assert "0 av 7 rader" in browser.get(path).text
    imports.run(cast.installation)
    done = browser.get(path).text
    assert "Filen är genomgången" in done
    assert "trasig(at)x.example" in done
    assert 'data-running="no"' in browser.get(path + "/progress").text
    rows = browser.get(path + "/rows.csv").text
    assert rows.splitlines()[0].lstrip("\ufeff") == "Rad;Vad som är fel;Vad som står där"
    assert len(rows.splitlines()) == 5
    assert "bo@x.example" in on_list(cast, number)
    assert "press.csv" in browser.get("~/contacts/import/").text


def test_what_is_no_table_is_told_beside_the_field(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    answer = browser.post("~/contacts/import/", file(b"\xd0\xcf\x11\xe0" + b"\0" * 600, "gammal.xls"))
    assert answer.status_code == 422
    assert "gammalt Excel" in answer.text
    assert browser.post("~/contacts/import/", {}).status_code == 422


def test_a_file_is_thrown_away(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    path = browser.post("~/contacts/import/", file(xlsx([["E-post"], ["bo@x.example"]]))).headers["Location"]
    assert browser.post(path + "/stop").status_code == 303
    imports.run(cast.installation)
    assert everybody(cast) == {}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_contacts_are_taken_out_by_administrators_and_that_is_on_the_record(
    browse: Browse, cast: Cast, kind: str
) -> None:
    added(cast, "asa@x.example", name="=cmd|' /C calc'!A0", outlet="Länsbladet", beats=("vård", "skola"))
    number = pasted(cast, "tips@z.example")
    assert browse(cast.writer).get("~/contacts/export").status_code == 403
    assert browse(cast.writer).post("~/contacts/export", {"kind": kind}).status_code == 403
    browser = browse(cast.administrator)
    assert "Pressen" in browser.get("~/contacts/export").text
    answer = browser.post("~/contacts/export", {"kind": kind})
    data = answer.data
    answer.close()
    assert f".{kind}" in answer.headers["Content-Disposition"]
    if kind == "csv":
        assert "'=cmd" in data.decode()
    again = imports.begin(cast.installation, cast.actor(), "press", io.BytesIO(data), "ut")
    shown = imports.preview(cast.installation, cast.actor(), again)
    assert shown.guessed.fields[:7] == ("name", "address", "outlet", "beats", "areas", "language", "notes")
    assert sorted(row[1] for row in shown.rows) == ["asa@x.example", "tips@z.example"]
    assert "=cmd|' /C calc'!A0" in [row[0] for row in shown.rows]
    with browser.post("~/contacts/export", {"kind": "csv", "channel": str(number)}) as only:
        assert "asa@x.example" not in only.data.decode()
    told = re.sub(r"<[^>]+>|\s+", " ", browser.get("~/record/").text)
    assert "tog ut 2 presskontakter som fil" in told
    assert browser.post("~/contacts/export", {"kind": "pdf"}).status_code == 422


class _Flood(io.RawIOBase):
    """A body of 200 MB that counts what is read of it."""

    def __init__(self) -> None:
        self.read_so_far = self.place = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset + (200 * 1024 * 1024 if whence == io.SEEK_END else 0)
        return self.place

    def tell(self) -> int:
        return self.place

    def readinto(self, room: bytearray) -> int:
        self.read_so_far += len(room)
        room[:] = b"x" * len(room)
        return len(room)


def test_a_file_of_two_hundred_megabytes_is_refused_without_being_read(browse: Browse, cast: Cast) -> None:
    flood, browser = _Flood(), browse(cast.writer)
    answer = browser.client.post(
        f"/w/{browser.slug}/contacts/import/",
        input_stream=flood,
        content_type="multipart/form-data; boundary=x",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 413
    assert "en tabell med kontakter högst 20 MB" in answer.text
    assert flood.read_so_far < 1024 * 1024
