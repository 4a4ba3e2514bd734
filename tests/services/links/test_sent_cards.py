"""A network that is given a link's card gets the very picture that was approved, or nothing goes out."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from commsched.core.delivery.outcome import Outcome, Published
from commsched.core.platform.contract import ChannelContext, Part
from commsched.services.kernel.blobs import key_of
from commsched.services.links import pages
from commsched.services.links.fetching import Fetched, Picture
from commsched.services.links.reading import PageFacts
from tests import publications
from tests.conftest import Cast, SetClock
from tests.services import desk

LINK = "https://ljungpartiet.example/buss"
DATA = b"\xff\xd8 a picture of a bus"


@pytest.fixture
def sent(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The cards' pictures that the sandbox was given with its posts."""
    sandbox = type(cast.installation.platform("sandbox"))
    got: list[bytes] = []

    def publish(self: Any, part: Part, handles: Any, context: ChannelContext) -> Outcome:
        picture = part.view.card_picture
        assert part.view.content.card is not None
        assert picture is not None
        assert picture.size == len(DATA)
        with picture.open() as stream:
            got.append(stream.read())
        return Published("1")

    picture = Picture(DATA, pages.hashlib.sha256(DATA).hexdigest(), ".jpg", "image/jpeg", 1200, 630)
    monkeypatch.setattr(pages, "fetch", lambda *_: Fetched("ok", 200, PageFacts("Fler bussar"), picture))
    monkeypatch.setattr(sandbox, "link_card", "given")
    monkeypatch.setattr(sandbox, "publish", publish)
    return got


def scheduled(cast: Cast) -> int:
    wall = publications.channel(cast.installation, cast.place.id, "sandbox")
    return desk.scheduled(cast, channels=[wall], link=LINK)


def test_the_approved_picture_is_in_hand_when_it_goes_out(cast: Cast, sent: list[bytes], clock: SetClock) -> None:
    item = scheduled(cast)
    clock.forward(hours=5, minutes=1)
    desk.publish_what_is_due(cast.installation)
    assert sent == [DATA]
    assert desk.look(cast, item).state == "published"


def test_another_picture_in_its_place_stops_it(cast: Cast, sent: list[bytes], clock: SetClock) -> None:
    item, blobs = scheduled(cast), cast.installation.blobs
    key = key_of(pages.hashlib.sha256(DATA).hexdigest(), ".jpg")
    blobs.delete(key)
    blobs.keep(key, BytesIO(b"\xff\xd8 something else"))
    clock.forward(hours=5, minutes=1)
    desk.publish_what_is_due(cast.installation)
    assert sent == []
    assert [(row.state, row.reason) for row in desk.deliveries(cast, item)] == [("held", "media")]


def test_a_new_reading_of_the_page_does_not_change_what_goes_out(
    cast: Cast, sent: list[bytes], clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduled(cast)
    monkeypatch.setattr(pages, "fetch", lambda *_: Fetched("ok", 200, PageFacts("Nytt")))
    pages.look_up(cast.installation, cast.actor("writer"), LINK)
    clock.forward(hours=5, minutes=1)
    desk.publish_what_is_due(cast.installation)
    assert sent == [DATA]
