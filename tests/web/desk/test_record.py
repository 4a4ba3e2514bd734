"""The record without the noise of sign-ins, by day; and channels that say when they last went and next go."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.conftest import Browser, Cast, SetClock
from tests.publications import channel
from tests.services.desk import publish_what_is_due, scheduled

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
