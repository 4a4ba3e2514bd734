"""The record without the noise of sign-ins, by day; and channels that say when they last went and next go."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest

from commsched.services.kernel.audit_log import note
from commsched.services.views import audit_view
from commsched.web.components import spreadsheet
from tests.conftest import Browser, Cast, SetClock
from tests.publications import channel
from tests.services.desk import publish_what_is_due, schedule, scheduled, written

Browse = Callable[..., Browser]


def told(browser: Browser, path: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", browser.get(path).text).split())


def test_sign_ins_are_left_out_until_they_are_asked_for(browse: Browse, cast: Cast) -> None:
    reader = browse(cast.reader)
    scheduled(cast)
    assert "loggade in" not in told(reader, "~/record/")
    assert "loggade in" in told(reader, "~/record/?signins=1")
    assert "loggade in" in told(reader, "~/record/?group=person")


def test_the_record_is_narrowed_to_a_day_of_the_office(browse: Browse, cast: Cast, clock: SetClock) -> None:
    reader = browse(cast.reader)
    scheduled(cast)
    assert reader.get("~/record/?day=2026-11-26").text.count("record-day") == 1
    assert "Inget här" in reader.get("~/record/?day=2026-11-25").text
    assert reader.get("~/record/?day=nonsense").status_code == 200


def test_a_channel_that_fails_is_not_green_and_says_when_it_goes(browse: Browse, cast: Cast, clock: SetClock) -> None:
    refuses = channel(cast.installation, cast.place.id, "sandbox", settings={"behaviour": "rejects"})
    scheduled(cast, channels=[refuses])
    clock.forward(hours=5)
    publish_what_is_due(cast.installation)
    scheduled(cast, channels=[refuses], text="Något annat, i morgon.", publish_at="2026-11-27T09:30")
    page = told(browse(cast.reader), "~/channels/")
    assert "Misslyckades senast" in page
    assert "Senast: tors 26 nov 12:00, misslyckades" in page or "misslyckades" in page
    assert "Nästa: fre 27 nov 09:30" in page


def test_what_was_done_with_a_letter_is_told_by_its_number(browse: Browse, cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        note(session, cast.installation, cast.actor(), "inbox.answered", message=17, reply=1)
    assert "17" in told(browse(cast.reader), "~/record/")


def test_a_move_is_one_line(browse: Browse, cast: Cast) -> None:
    item = scheduled(cast)
    reader = browse(cast.reader)
    before = reader.get(f"~/record/?item={item}").text.count("<li>")
    schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T13:00")
    page = reader.get(f"~/record/?item={item}").text
    assert page.count("<li>") == before + 1


def test_an_administrator_downloads_it_and_no_cell_is_a_formula(browse: Browse, cast: Cast) -> None:
    number = written(cast, text="=HYPERLINK(1)", publish_at=None)
    assert browse(cast.approver).get("~/record/download.csv").status_code == 403
    admin = browse(cast.administrator)
    given = admin.get("~/record/download.csv?group=item")
    assert given.headers["Content-Disposition"] == 'attachment; filename="gruppen-record.csv"'
    rows = list(csv.reader(io.StringIO(given.get_data().decode("utf-8-sig"))))
    assert rows[0][0] == "Tid"
    assert [row[3:] for row in rows[1:]] == [[str(number), "'=HYPERLINK(1)", "item.created"]]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    [line] = json.loads(admin.get("~/record/download.json?group=item").get_data())
    assert (line["item"], line["title"], line["action"]) == (number, "=HYPERLINK(1)", "item.created")
    assert len(line["hash"]) == 64


def test_the_file_is_whole_however_long_the_record_is(
    browse: Browse, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_view, "AT_ONCE", 2)
    numbers = [written(cast, text=f"Inlägg {n}.") for n in range(5)]
    lines = json.loads(browse(cast.administrator).get("~/record/download.json?group=item").get_data())
    assert [line["item"] for line in lines] == numbers[::-1]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_what_could_be_run_is_text(cell: str) -> None:
    assert spreadsheet.plain(cell) == f"'{cell}"
    assert spreadsheet.plain("Ett vanligt ord = bra") == "Ett vanligt ord = bra"
