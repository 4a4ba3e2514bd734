"""Pictures by program: what is here already, what is like it, and no more than there is room for."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.media import quota, videos
from commsched.store.models import Media
from tests import writing
from tests.api.conftest import Client
from tests.conftest import Cast
from tests.images import files, films

Program = Callable[..., Client]


def put(client: Client, data: bytes) -> Any:
    return client.open("POST", "/media", data={"file": (io.BytesIO(data), "bild.jpg")})


def test_what_is_here_already_and_what_is_like_it_is_told(program: Program) -> None:
    writer = program()
    first = put(writer, writing.photo()).json
    assert (first["again"], first["like"]) == (False, [])
    assert put(writer, writing.photo()).json == first | {"again": True}
    near = put(writer, writing.photo(width=640, height=480)).json
    assert (near["again"], near["like"]) == (False, [first["id"]])


def test_an_animation_that_became_a_still_is_told_of(program: Program) -> None:
    writer = program()
    assert put(writer, files.moving("PNG")).json["had_motion"] is True
    assert put(writer, files.moving("GIF")).json["had_motion"] is False


def test_a_card_names_the_photographer_of_the_photo_it_was_drawn_from(program: Program, cast: Cast) -> None:
    writer = program()
    file = (io.BytesIO(writing.photo()), "bild.jpg")
    number = writer.open("POST", "/media", data={"file": file, "credit": "Karin Ek"}).json["id"]
    values = {"quote": "Vi satsar på bussarna.", "person": "Anna Ek"}
    card = {"design": "quote", "values": values, "pictures": {"portrait": number}, "sizes": ["600x315"]}
    (made,) = writer.post("/cards", card).json
    assert made["credit"] == "Karin Ek"
    assert writer.get(f"/media/{made['id']}").json["credit"] == "Karin Ek"


@pytest.mark.parametrize(("path", "send"), [("media", "file"), ("cards", "card")])
def test_a_full_office_is_a_problem_that_names_the_file(
    program: Program, installation: Installation, cast: Cast, path: str, send: str
) -> None:
    writer = program()
    number = put(writer, writing.photo(height=200)).json["id"]
    quota.set_room(installation, cast.actor(), quota.LEAST_MB)
    with installation.store.write(cast.place.id) as session:
        session.get_one(Media, number).size = quota.LEAST_MB * 2**20
    card = {"design": "headline", "values": {"headline": "Fler turer"}, "sizes": ["600x315"]}
    given = put(writer, writing.photo()) if send == "file" else writer.post(f"/{path}", card)
    assert given.status_code == 413, given.text
    assert given.content_type == "application/problem+json"
    assert (given.json["code"], given.json["field"]) == ("quota", "file")
    assert given.json["title"] == "There is no room left"
    assert "may take 10 MB, and 0 MB of that is left" in given.json["detail"]


def test_a_video_goes_with_an_item_and_stays_when_another_field_is_changed(
    program: Program, installation: Installation, cast: Cast, wall: int
) -> None:
    taken = videos.add_from(installation, cast.actor("writer"), io.BytesIO(films.video()), "Torget i maj.mp4")
    writer = program()
    [listed] = writer.get("/videos").json
    assert (listed["id"], listed["sha256"], listed["name"]) == (taken.video.id, taken.video.sha256, "Torget i maj")
    assert program("stranger").get("/videos").json == []
    srt = "1\n00:00:00,000 --> 00:00:01,000\nHej från torget.\n"
    attached = {"id": listed["id"], "alt": "Bussen kör", "captions": [{"text": srt}]}
    item = writer.create(channels=[wall], attachments=[attached])
    [video] = item["revision"]["content"]["pictures"]
    assert (video["kind"], video["sha256"], video["alt"]) == ("video", listed["sha256"], "Bussen kör")
    assert video["captions"] == [{"text": "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHej från torget.\n"}]
    assert "takes no videos" in writer.post(f"/items/{item['id']}/submit", {}).text
    later = writer.put(f"/items/{item['id']}", {"text": "Nej"}, match=item["revision"]["hash"]).json
    assert later["revision"]["content"]["pictures"] == [video]
    gone = writer.put(f"/items/{item['id']}", {"attachments": []}, match=later["revision"]["hash"]).json
    assert "pictures" not in gone["revision"]["content"]
    wrong = writer.post("/items", {"text": "Ja", "attachments": [attached | {"captions": [{"text": "hej"}]}]})
    assert (wrong.status_code, wrong.json["field"]) == (422, "captions")
