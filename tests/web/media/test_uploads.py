"""Uploads in pieces: what is here is here, whatever becomes of the connection, the browser or the server."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from commsched.core.media.sizes import MB, PICTURE_BYTES, VIDEO_BYTES
from commsched.core.text.messages import NotFound
from commsched.services.kernel.context import Installation
from commsched.services.media import quota, uploads
from commsched.services.ops import chores
from commsched.store.models import Media, Upload
from commsched.web.app import create_app
from tests import writing
from tests.conftest import Browser, Cast, SetClock

Browse = Callable[..., Browser]
DATA = writing.photo(1200, 900)


@pytest.fixture
def browser(browse: Browse, cast: Cast) -> Browser:
    return browse(cast.writer)


def ask(browser: Browser, method: str, path: str, data: bytes = b"", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"Tus-Resumable": "1.0.0", "X-Form-Token": browser.token()} | named
    return browser.client.open(browser.path(path), method=method, data=data, headers=given)


def begin(browser: Browser, length: int = len(DATA), name: str = "torget.jpg", kind: str = "image/jpeg") -> Any:
    about = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in (("filename", name), ("filetype", kind))
    )
    return ask(browser, "POST", "~/pictures/uploads", Upload_Length=str(length), Upload_Metadata=about)


def add(browser: Browser, address: str, piece: bytes, at: int) -> Any:
    return ask(browser, "PATCH", address, piece, Upload_Offset=str(at), Content_Type="application/offset+octet-stream")


def rows(installation: Installation, cast: Cast) -> list[Media]:
    with installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Media)))


def test_a_file_comes_in_pieces_and_is_then_a_picture(browser: Browser, installation: Installation, cast: Cast) -> None:
    begun = begin(browser, name="Torget i maj.jpg")
    assert begun.status_code == 201
    assert begun.headers["Upload-Expires"] == "Fri, 27 Nov 2026 06:00:00 GMT"
    address = begun.headers["Location"]
    assert add(browser, address, DATA[:5000], 0).headers["Upload-Offset"] == "5000"
    head = ask(browser, "HEAD", address)
    assert (head.status_code, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (
        200,
        "5000",
        str(len(DATA)),
    )
    assert head.headers["Cache-Control"] == "no-store"
    assert add(browser, address, DATA[5000:], 5000).status_code == 204
    told = ask(browser, "POST", address).get_json()
    assert [one["name"] for one in told["pictures"]] == ["Torget i maj"]
    assert len(rows(installation, cast)) == 1
    assert ask(browser, "POST", address).get_json() == told, "asked again, it answers the same"
    assert len(rows(installation, cast)) == 1
    assert not list((installation.home / "incoming").iterdir())


def test_what_is_here_survives_a_restart_of_the_server(
    browser: Browser, installation: Installation, cast: Cast
) -> None:
    address = begin(browser).headers["Location"]
    add(browser, address, DATA[:7000], 0)
    other = Browser(create_app(installation, testing=True).test_client(), cast.place.slug)
    cookie = browser.client.get_cookie("session")
    assert cookie is not None
    other.client.set_cookie("session", cookie.value)
    assert ask(other, "HEAD", address).headers["Upload-Offset"] == "7000"
    add(other, address, DATA[7000:], 7000)
    assert len(ask(other, "POST", address).get_json()["pictures"]) == 1


def test_a_piece_that_does_not_fit_on_is_refused_and_nothing_is_lost(browser: Browser) -> None:
    address = begin(browser).headers["Location"]
    add(browser, address, DATA[:100], 0)
    for at in (0, 99, 101):
        assert add(browser, address, DATA[at : at + 50], at).status_code == 409
    assert ask(browser, "PATCH", address, b"x", Upload_Offset="100").status_code == 415
    assert add(browser, address, DATA[100:] + b"more", 100).status_code == 413
    assert ask(browser, "HEAD", address).headers["Upload-Offset"] == "100"
    assert ask(browser, "POST", address).status_code == 409, "it is not whole"


def test_what_came_before_the_connection_broke_is_kept(installation: Installation, cast: Cast) -> None:
    class Broken:
        left = 3

        def read(self, most: int) -> bytes:
            self.left -= 1
            if not self.left:
                raise ConnectionResetError
            return b"x" * 1000

    row = uploads.begin(installation, cast.actor("writer"), 9000, "a.jpg", "image/jpeg")
    with pytest.raises(ConnectionResetError):
        uploads.append(installation, cast.actor("writer"), row.uid, 0, Broken())  # type: ignore[arg-type]
    assert uploads.offset(installation, row) == 2000


def test_two_connections_never_write_the_same_file_at_once(installation: Installation, cast: Cast) -> None:
    import io

    row = uploads.begin(installation, cast.actor("writer"), 9000, "a.jpg", "image/jpeg")
    with uploads._held(installation, row), pytest.raises(uploads.UploadBusy):
        uploads.append(installation, cast.actor("writer"), row.uid, 0, io.BytesIO(b"x"))
    assert uploads.append(installation, cast.actor("writer"), row.uid, 0, io.BytesIO(b"x")) == 1


@pytest.mark.parametrize(
    ("length", "kind", "status"),
    [
        (0, "image/jpeg", 422),
        (-1, "", 422),
        (PICTURE_BYTES, "image/jpeg", 201),
        (PICTURE_BYTES + 1, "image/jpeg", 413),
        (VIDEO_BYTES, "video/mp4", 201),
        (VIDEO_BYTES + 1, "video/mp4", 413),
        (10**14, "", 413),
    ],
)
def test_its_size_is_judged_before_anything_is_sent(
    browser: Browser, installation: Installation, length: int, kind: str, status: int
) -> None:
    given = begin(browser, length, kind=kind)
    assert given.status_code == status
    if status != 201:
        assert given.get_json()["words"]


def test_an_office_that_is_full_says_so_at_once(browser: Browser, installation: Installation, cast: Cast) -> None:
    quota.set_room(installation, cast.actor("administrator"), 10)
    assert begin(browser, 11 * MB).status_code == 413
    assert begin(browser, 9 * MB).status_code == 201


def test_nobody_begins_without_end(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OPEN", 2)
    assert [begin(browser).status_code for _ in range(3)] == [201, 201, 409]


def test_an_upload_is_its_own_persons_alone(browse: Browse, browser: Browser, cast: Cast) -> None:
    address = begin(browser).headers["Location"]
    for person in (cast.administrator, cast.stranger):
        assert ask(browse(person), "HEAD", address).status_code == 404
    assert ask(browse(cast.reader), "HEAD", address).status_code == 403


def test_a_bad_file_is_refused_with_its_sentence_and_leaves_nothing(
    browser: Browser, installation: Installation, cast: Cast
) -> None:
    address = begin(browser, 6, "karta.svg").headers["Location"]
    add(browser, address, b"<svg/>", 0)
    told = ask(browser, "POST", address).get_json()
    assert told["pictures"] == []
    assert told["refused"][0].startswith("karta.svg: SVG")
    assert rows(installation, cast) == []
    assert not list((installation.home / "incoming").iterdir())


def test_half_a_file_is_thrown_away_after_a_day_and_one_that_is_taken_back_at_once(
    browser: Browser, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    old, dropped = (begin(browser).headers["Location"] for _ in range(2))
    assert ask(browser, "DELETE", dropped).status_code == 204
    assert ask(browser, "HEAD", dropped).status_code == 404
    clock.forward(hours=23)
    new = begin(browser).headers["Location"]
    (installation.home / "incoming" / "nobodys").write_bytes(b"left behind")
    clock.forward(hours=2)
    chores.run(installation)
    assert ask(browser, "HEAD", new).status_code == 200
    assert ask(browser, "HEAD", old).status_code == 404
    with installation.store.read(cast.place.id) as session:
        assert [path.name for path in (installation.home / "incoming").iterdir()] == list(
            session.scalars(select(Upload.uid))
        )


def test_the_protocol_says_what_it_can(browser: Browser) -> None:
    given = browser.client.open(browser.path("~/pictures/uploads"), method="OPTIONS")
    assert given.headers["Tus-Version"] == "1.0.0"
    assert given.headers["Tus-Extension"] == "creation,expiration,termination"
    assert given.headers["Tus-Max-Size"] == str(VIDEO_BYTES)
    refused = ask(browser, "POST", "~/pictures/uploads", Upload_Length="5", Tus_Resumable="0.2.2")
    assert (refused.status_code, refused.headers["Tus-Version"]) == (412, "1.0.0")


def test_the_pages_say_the_size_that_the_intake_takes(browser: Browser) -> None:
    from commsched.images.intake.sanitize import MAX_BYTES

    assert f"högst {MAX_BYTES // MB} MB var" in browser.get("~/pictures/").text


def test_what_is_on_its_way_in_takes_room_too(browser: Browser, installation: Installation, cast: Cast) -> None:
    quota.set_room(installation, cast.actor("administrator"), 10)
    first = begin(browser, 6 * MB).headers["Location"]
    refused = begin(browser, 6 * MB)
    assert (refused.status_code, "4 MB" in refused.get_json()["words"]) == (413, True)
    assert ask(browser, "DELETE", first).status_code == 204
    assert begin(browser, 6 * MB).status_code == 201


def test_a_file_that_is_just_being_taken_in_is_not_forgotten_halfway(
    browser: Browser, installation: Installation, cast: Cast
) -> None:
    actor, uid = cast.actor("writer"), begin(browser).headers["Location"].rsplit("/", 1)[1]
    uploads.append(installation, actor, uid, 0, io.BytesIO(DATA))
    told: list[str] = []

    def take(_path: object, _name: str) -> dict[str, Any]:
        with pytest.raises(uploads.UploadBusy):
            uploads.cancel(installation, actor, uid)
        with pytest.raises(uploads.UploadBusy):
            uploads.finish(installation, actor, uid, take)
        told.append("taken")
        return {"pictures": []}

    assert (
        uploads.finish(installation, actor, uid, take)
        == uploads.finish(installation, actor, uid, take)
        == {"pictures": []}
    )
    assert told == ["taken"]
    uploads.cancel(installation, actor, uid)


def test_a_finish_that_waited_behind_another_takes_nothing_in_twice(
    browser: Browser, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked at the row before the other was done, and at the file after."""
    actor, uid = cast.actor("writer"), begin(browser).headers["Location"].rsplit("/", 1)[1]
    uploads.append(installation, actor, uid, 0, io.BytesIO(DATA))
    before = uploads.find(installation, actor, uid)
    uploads.finish(installation, actor, uid, lambda *_of: {"pictures": [1]})
    monkeypatch.setattr(uploads, "find", lambda *_of: before)
    with pytest.raises(uploads.OtherOffset):
        uploads.finish(installation, actor, uid, lambda *_of: {"pictures": [2]})
    with pytest.raises(NotFound):
        uploads.offset(installation, before)


def test_what_is_no_video_is_not_read_where_it_is_as_large_as_one(
    browser: Browser, installation: Installation, cast: Cast
) -> None:
    address = begin(browser, PICTURE_BYTES + 1, "film.mp4", "video/mp4").headers["Location"]
    with uploads.path_of(installation, address.rsplit("/", 1)[1]).open("r+b") as file:
        file.truncate(PICTURE_BYTES + 1)
    assert ask(browser, "POST", address).get_json()["refused"] == ["film.mp4: Filen är 26 MB och får vara högst 25 MB."]
