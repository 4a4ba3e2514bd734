"""Names, marks and small truths of the desk: what a person meets every day."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from commsched.core.content.draft import PictureIn
from commsched.core.content.model import Content
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import Message
from commsched.services.channels import connect
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from commsched.services.workflow import approve, editing
from commsched.store.models import Media
from commsched.web.components.clock_input import clock_time
from commsched.web.desk.excerpts import excerpt
from tests import writing
from tests.conftest import Browser, Cast, SetClock
from tests.services import desk

Browse = Callable[..., Browser]


@pytest.mark.parametrize(
    ("platform", "given", "name"),
    [
        ("newsroom", {}, "Pressrum"),
        ("sandbox", {}, "Sandlåda"),
        ("folder", {}, "Arkivmapp"),
        ("presslist", {"addresses": "red@tidning.example"}, "Presslista"),
    ],
)
def test_a_channel_that_nobody_named_is_called_what_it_is(
    installation: Installation, cast: Cast, browse: Browse, platform: str, given: dict[str, str], name: str
) -> None:
    made = connect.connect(installation, cast.actor(), platform, "", given)
    assert made.name == name
    if platform != "newsroom":
        assert connect.connect(installation, cast.actor(), platform, "", given).name == f"{name} 2"
    answer = browse(cast.administrator).post(f"~/channels/new/{platform}", {"name": "Eget namn", **given})
    if answer.status_code == 303:
        assert "svarar som" not in browse(cast.administrator).get(answer.location, follow_redirects=True).text


def test_a_folder_is_known_by_its_own_number_and_no_other_is_made(installation: Installation, cast: Cast) -> None:
    made = connect.connect(installation, cast.actor(), "folder", "", {})
    assert made.account.endswith(f"/published/{made.id}")
    assert [one.name for one in (installation.home / "published").iterdir()] == [str(made.id)]
    wall = connect.connect(installation, cast.actor(), "sandbox", "", {})
    assert wall.account_url == f"http://localhost/wall/gruppen/{wall.id}"


def test_alt_text_that_was_sent_in_is_the_pictures_own(installation: Installation, cast: Cast) -> None:
    to = [writing.channel(installation, cast.place.id)]
    taken = library.add(installation, cast.actor("writer"), writing.photo(), "buss.jpg", "").media.id
    number = editing.create(
        installation, cast.actor("writer"), writing.draft(to, media=[PictureIn(id=taken, alt="En b")])
    )
    editing.save(
        installation, cast.actor("writer"), number, writing.draft(to, media=[PictureIn(id=taken, alt="En buss.")])
    )
    assert alt(installation, cast, taken) == "En buss."
    other = editing.create(
        installation, cast.actor("writer"), writing.draft(to, media=[taken], text="Något helt annat.")
    )
    with installation.store.read(cast.place.id) as session:
        assert items.current(session, items.load(session, other)).parsed().pictures[0].alt == "En buss."
    third = editing.create(
        installation, cast.actor("writer"), writing.draft(to, media=[PictureIn(id=taken, alt="Linje 14.")])
    )
    approve.submit(installation, cast.actor("writer"), third)
    assert alt(installation, cast, taken) == "En buss.", "what somebody wrote first is not overwritten"


def alt(installation: Installation, cast: Cast, number: int) -> str:
    with installation.store.read(cast.place.id) as session:
        return session.get_one(Media, number).alt


def told(browser: Browser, **typed: Any) -> str:
    answer = browser.post("~/write/check", {"kind": "post", "text": writing.TEXT, "language": "sv"} | typed)
    return unescape(answer.get_json()["problems"])


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("ljungpartiet", True),
        ("www.ljungpartiet.se", False),
        ("info@ljungpartiet.se", True),
        ("https://", True),
        ("javascript:alert(1)", True),
        ("https://a b.se", True),
        ("https://gruppen.example.org/x?y=1", False),
        ("", False),
    ],
)
def test_a_link_is_a_whole_address(
    browse: Browse, installation: Installation, cast: Cast, link: str, wrong: bool
) -> None:
    to = writing.channel(installation, cast.place.id)
    assert ("är ingen webbadress" in told(browse(cast.writer), channels=to, link=link)) is wrong


def test_two_close_in_one_channel_are_pointed_out_where_the_time_is_chosen(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    here, there = writing.channel(installation, cast.place.id), writing.channel(installation, cast.place.id, "sandbox")
    desk.scheduled(cast, channels=[here], text="Det första, som redan är planerat.", publish_at="2026-11-27T14:00")
    writer = browse(cast.writer)
    typed = {"publish_day": "2026-11-27", "text": "Det andra, om något helt annat."}
    assert "publiceras 14:00 i samma kanal" in told(writer, channels=here, publish_time="14:20", **typed)
    assert "samma kanal" not in told(writer, channels=there, publish_time="14:20", **typed)
    assert "samma kanal" not in told(writer, channels=here, publish_time="15:00", **typed)
    answer = writer.post("~/write/check", {"kind": "post", "channels": here, "publish_time": "14:20", **typed})
    assert answer.get_json()["faults"] == {}, "a thought is no fault of the field"


def test_excerpts_are_cut_between_words_with_a_mark() -> None:
    text = "Välkommen till torget klockan 10 och 13. " + "Tågen går till eller från arenan varje timme. " * 8
    _before, hit, after = excerpt(Content(text=text), "arenan")
    assert hit == "arenan"
    assert after.endswith(" …")
    assert text.split().count(after.split()[-2]) or after.split()[-2].rstrip(".,") in text
    start = excerpt(Content(text=text), "")[0]
    assert start.endswith(" …")
    assert start.removesuffix(" …").split()[-1] in text.replace(".", "").split()
    late = excerpt(Content(text="ord " * 100 + "bussen " + "fler ord " * 30), "bussen")
    assert late[0].startswith("… ord")
    assert excerpt(Content(text="Kort."), "") == ("Kort.", "", "")


def test_the_history_compares_versions_that_it_shows(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    to = [writing.channel(installation, cast.place.id)]
    number = desk.written(cast, to, text="Ett.")
    for text in ("Två.", "Tre."):
        clock.forward(minutes=1)
        editing.save(installation, cast.actor("writer"), number, desk.draft(to, text=text))
    shown = unescape(browse(cast.writer).get(f"~/items/{number}/history").text)
    compared = re.search(r"Från version (\d+) till version (\d+)", shown)
    assert compared
    for name, version in zip(("from", "to"), compared.groups(), strict=True):
        assert re.search(rf'name="{name}" value="{version}"[^>]*checked', shown), name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kl 8", "08:00"),
        ("kl. 8.30", "08:30"),
        ("7,30", "07:30"),
        ("8:0", "08:00"),
        ("7.30", "07:30"),
        ("730", "07:30"),
        ("18", "18:00"),
        ("7", "07:00"),
        ("25:00", "25:00"),
        ("halv åtta", "halv åtta"),
    ],
)
def test_a_time_is_understood_as_people_write_it(typed: str, meant: str) -> None:
    assert clock_time(typed) == meant


def test_no_time_of_day_is_called_that(browse: Browse, installation: Installation, cast: Cast) -> None:
    to = writing.channel(installation, cast.place.id)
    words = told(browse(cast.writer), channels=to, publish_day="2026-12-05", publish_time="25:00")
    assert "”25:00” är inget klockslag. Skriv till exempel 7.30." in words


def test_a_platform_in_a_sentence_is_in_its_language(browse: Browse, installation: Installation, cast: Cast) -> None:
    wall = writing.channel(installation, cast.place.id, "sandbox")
    long = "x" * 600
    assert "för lång för sandlådan" in told(browse(cast.writer), channels=wall, text=f"{long}\n---\n{long}")
    assert translate(Message("%(platform)s needs a picture.", {"platform": Message("The sandbox")}), "sv").startswith(
        "Sandlådan"
    )


def test_what_stopped_of_something_partly_out_can_have_another_time(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    fine = writing.channel(installation, cast.place.id, name="Pressrum")
    bad = writing.channel(installation, cast.place.id, "sandbox", settings={"behaviour": "rejects"})
    number = desk.scheduled(cast, channels=[fine, bad])
    clock.forward(hours=5)
    desk.publish_what_is_due(installation)
    assert desk.look(cast, number).state == "partly_published"
    shown = browse(cast.writer).get(f"~/items/{number}").text
    assert f'action="/w/gruppen/items/{number}/schedule"' in shown
    given = browse(cast.writer).post(
        f"~/items/{number}/schedule", {"publish_day": "2026-11-26", "publish_time": "15.00"}
    )
    assert given.status_code == 303
    assert sorted(row.state for row in desk.deliveries(cast, number)) in (
        ["cancelled", "published", "waiting"],
        ["published", "waiting"],
    )
