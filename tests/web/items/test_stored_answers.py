"""What is stored of an answer is told in the reader's language where the words are ours, and as it was where not."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from commsched.core.text.catalogues import catalogue, stored
from commsched.mail.relay import LOST
from commsched.platforms.sandbox import BEHAVIOURS
from commsched.store.models import Channel
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services.desk import publish_what_is_due, scheduled

TOLD = {
    "rejects": ("422: den här väggen avvisar allt, som den är inställd på", "422: this wall refuses everything"),
    "rate-limited": ("429: för många anrop", "429: too many requests"),
    "slow": ("inget svar kom, som den är inställd på", "no answer came"),
    "lost answer": ("inget svar kom, som den är inställd på", "no answer came"),
    "needs a person": ("inget svar kom, som den är inställd på", "no answer came"),
}


def words(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("behaviour", TOLD)
def test_the_sandboxs_answers_are_in_the_readers_language(
    browse: Any, cast: Cast, clock: SetClock, behaviour: str
) -> None:
    wall = channel(cast.installation, cast.place.id, "sandbox", name="Väggen", settings={"behaviour": behaviour})
    item = scheduled(cast, channels=[wall])
    clock.forward(hours=5)
    publish_what_is_due(cast.installation)
    browser = browse(cast.writer)
    swedish, english = TOLD[behaviour]
    told = words(browser.get(f"~/items/{item}").text)
    assert swedish in told
    assert english not in told
    browser.post("/language", {"language": "en"})
    assert english in words(browser.get(f"~/items/{item}").text)


def test_every_behaviour_that_is_not_the_usual_one_is_tried() -> None:
    assert set(TOLD) == {key for key, _name in BEHAVIOURS} - {"normal"}


def test_a_channels_trouble_and_the_record_are_told_the_same_way(browse: Any, cast: Cast) -> None:
    wall = channel(cast.installation, cast.place.id, "sandbox", name="Väggen", trouble="429: too many requests")
    for page in ("~/channels/", f"~/channels/{wall}"):
        assert "429: för många anrop" in words(browse(cast.administrator).get(page).text)
    with cast.installation.store.read(cast.place.id) as session:
        assert session.get_one(Channel, wall).trouble == "429: too many requests"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", ""),
        ("not there yet", "inte där än"),
        ("Rate limit exceeded (100%)", "Rate limit exceeded (100%)"),
        ("100 % (%(name)s)", "100 % (%(name)s)"),
        (f"{LOST} (451 try later)", f"{catalogue('sv')[LOST][0]} (451 try later)"),
    ],
)
def test_own_words_are_translated_and_others_are_left_alone(answer: str, told: str) -> None:
    assert stored(answer, "sv") == told
    assert stored(answer, "en") == answer
