"""Videos in the library: taken by their content, seen, and each with a poster that is a picture like any other."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from commsched import images
from commsched.core.content.draft import PictureIn
from commsched.core.media.sizes import MB
from commsched.services.kernel.context import Installation
from commsched.services.media import details, quota, uploads, videos
from commsched.services.media.details import PictureDetails
from commsched.services.workflow import editing
from commsched.store.models import GoneFile, Media, Upload, Video
from tests import writing
from tests.conftest import Browser, Cast
from tests.images import films

Browse = Callable[..., Browser]


@pytest.fixture
def taken(installation: Installation, cast: Cast) -> videos.TakenVideo:
    return videos.add_from(installation, cast.actor("writer"), io.BytesIO(films.video(sound="aac")), "Torget i maj.mp4")


def posters(installation: Installation, cast: Cast) -> list[Media]:
    with installation.store.read(cast.place.id) as session:
        return session.query(Media).order_by(Media.id).all()


def sent(browser: Browser, data: bytes, name: str) -> Any:
    """A file as the library's script sends it."""
    token = {"X-Form-Token": browser.token()}
    about = f"filename {base64.b64encode(name.encode()).decode()}"
    size = {"Upload-Length": str(len(data)), "Upload-Metadata": about}
    begun = browser.client.post(browser.path("~/pictures/uploads"), headers=token | size)
    address = begun.headers["Location"]
    browser.client.patch(
        address,
        data=data,
        headers=token
        | {
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        },
    )
    return browser.client.post(address, headers=token).get_json()


def test_a_video_is_told_by_its_content_and_not_by_its_name(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    told = sent(browser, films.video(), "semester.jpg")
    assert told["refused"] == []
    assert browser.get(told["videos"][0]["url"]).status_code == 200
    assert [one.filename for one in posters(installation, cast)] == ["semester"]
    picture = sent(browser, writing.photo(), "film.mp4")
    assert (picture["videos"], [one["name"] for one in picture["pictures"]]) == ([], ["film"])


def test_a_damaged_video_is_refused_with_its_sentence(browse: Browse, installation: Installation, cast: Cast) -> None:
    told = sent(browse(cast.writer), films.video()[:900], "film.mp4")
    assert told["refused"] == [
        "film.mp4: Videon är skadad eller hann inte kopieras klart. Hämta den där den kom ifrån och försök igen."
    ]
    with installation.store.read(cast.place.id) as session:
        assert session.query(Video).count() == 0
    assert not list((installation.home / "incoming").iterdir())


def test_without_scripts_the_form_takes_it_too(browse: Browse, installation: Installation, cast: Cast) -> None:
    files = {"files": [(io.BytesIO(films.video()), "film.mov")]}
    assert browse(cast.writer).post("~/pictures/", files, content_type="multipart/form-data").status_code == 303
    assert [one.facts.get("video") for one in posters(installation, cast)] == [1]


def test_the_composer_takes_pictures_only(browse: Browse, installation: Installation, cast: Cast) -> None:
    files = {"files": [(io.BytesIO(films.video()), "film.mp4")], "do": "again"}
    given = browse(cast.writer).post("~/write", files, content_type="multipart/form-data")
    assert "Det här är en video, " in given.text
    assert posters(installation, cast) == []


def test_the_same_video_twice_is_one(installation: Installation, cast: Cast, taken: videos.TakenVideo) -> None:
    again = videos.add_from(installation, cast.actor("writer"), io.BytesIO(films.video(sound="aac")), "Igen.mp4")
    assert (again.again, again.video.id) == (True, taken.video.id)
    assert len(posters(installation, cast)) == 1


def test_the_poster_can_be_used_in_an_item(
    browse: Browse, installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    to = writing.channels(installation, cast)
    number = taken.poster.media.id
    assert editing.create(
        installation, cast.actor("writer"), writing.draft([to["x"]], media=[PictureIn(id=number, alt="x")])
    )
    page = browse(cast.reader).get(f"~/pictures/{number}/details").text
    assert "Se videon" in page


def test_another_moment_is_another_picture_of_the_same_people(
    browse: Browse, installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    from datetime import date

    first = taken.poster.media
    details.write_down(
        installation,
        cast.actor("writer"),
        first.id,
        PictureDetails(
            alt="Anna.",
            credit="Karin Ek",
            persons=(("Anna Ek", date(2027, 1, 31)),),
            tags=("torget",),
        ),
    )
    browser = browse(cast.writer)
    moment = taken.video.facts["moments"][-1]
    assert browser.post(f"~/pictures/videos/{taken.video.id}", {"at": str(moment)}).status_code == 303
    old, new = posters(installation, cast)
    assert (new.credit, new.facts["tags"], new.facts["persons"][0]["name"]) == ("Karin Ek", ["torget"], "Anna Ek")
    assert new.consent_ends is not None, "a consent counts for the new one as for the old"
    assert new.alt == "", "it shows something else"
    assert videos.find(installation, cast.actor("reader"), taken.video.id).poster_id == new.id
    assert old.id == first.id
    assert browser.post(f"~/pictures/videos/{taken.video.id}", {"moment": "1,25"}).status_code == 303
    assert len(posters(installation, cast)) == 3


@pytest.mark.parametrize("typed", ["", "snart", "-1", "99", "nan", "1e99"])
def test_a_moment_that_is_none_is_said_by_its_field(
    browse: Browse, cast: Cast, taken: videos.TakenVideo, typed: str
) -> None:
    given = browse(cast.writer).post(f"~/pictures/videos/{taken.video.id}", {"moment": typed})
    assert given.status_code == 422
    assert 'id="e-moment"' in given.text
    assert f'value="{typed}"' in given.text


def test_a_player_gets_the_part_that_it_asks_for(
    browse: Browse, installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    browser = browse(cast.reader)
    with browser.get(f"~/pictures/videos/{taken.video.id}/file", headers={"Range": "bytes=4-11"}) as part:
        assert (part.status_code, part.data[:4]) == (206, b"ftyp")
        assert part.mimetype == "video/mp4"
        assert part.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    page = browser.get(f"~/pictures/videos/{taken.video.id}")
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_stills_that_are_gone_from_the_cache_are_drawn_anew(
    browse: Browse, installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    moment = taken.video.facts["moments"][3]
    file = videos.still(installation, taken.video, moment)
    installation.cache.delete(file.key)
    with browse(cast.reader).get(f"~/pictures/videos/{taken.video.id}/moments/{moment}") as given:
        assert given.mimetype == "image/jpeg"
    assert file.exists()
    assert browse(cast.reader).get(f"~/pictures/videos/{taken.video.id}/moments/1").status_code == 404


def test_a_video_is_deleted_and_its_poster_stays(
    browse: Browse, installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    path = videos.file_of(installation, taken.video)
    assert browse(cast.reader).post(f"~/pictures/videos/{taken.video.id}/delete").status_code == 403
    assert browse(cast.writer).post(f"~/pictures/videos/{taken.video.id}/delete").status_code == 303
    assert not path.exists()
    assert len(posters(installation, cast)) == 1
    with installation.store.read(cast.place.id) as session:
        assert session.query(GoneFile).count() == 0
    assert browse(cast.reader).get(f"~/pictures/{taken.poster.media.id}/details").status_code == 200


def test_another_offices_video_is_not_there(browse: Browse, cast: Cast, taken: videos.TakenVideo) -> None:
    browser = browse(cast.stranger, "distriktet")
    for path in ("", "/file", f"/moments/{taken.video.facts['moments'][0]}"):
        assert browser.get(f"~/pictures/videos/{taken.video.id}{path}").status_code == 404
    assert browser.post(f"~/pictures/videos/{taken.video.id}", {"moment": "1"}).status_code == 404


def test_a_video_being_read_is_not_swept_away(installation: Installation, cast: Cast) -> None:
    import os

    with videos.beside(installation) as path:
        path.write_bytes(b"x")
        os.utime(path, (installation.now().timestamp(),) * 2)
        uploads.tidy(installation, installation.now())
        assert path.exists()


def test_who_is_shown_in_an_earlier_poster_is_not_forgotten_when_it_is_chosen_again(
    installation: Installation, cast: Cast, taken: videos.TakenVideo
) -> None:
    writer, first = cast.actor("writer"), taken.poster.media.id
    details.write_down(installation, writer, first, PictureDetails(persons=(("Anna Ask", date(2027, 1, 31)),)))
    at = taken.video.facts["moment"]
    other = videos.choose(
        installation, writer, taken.video.id, next(m for m in taken.video.facts["moments"] if m != at)
    )
    details.write_down(installation, writer, other.media.id, PictureDetails())  # nobody can be seen in that one
    again = videos.choose(installation, writer, taken.video.id, at).media
    assert again.id == first
    assert [one["name"] for one in again.facts["persons"]] == ["Anna Ask"]
    assert again.consent_ends is not None


def test_room_that_others_took_while_a_video_was_read_is_not_given_twice(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = images.video.take

    def meanwhile(path: Any, target: Any) -> Any:
        film = read(path, target)
        with installation.store.write(cast.place.id) as session:
            session.add(
                Video(
                    sha256="0" * 64,
                    suffix=".mp4",
                    mime="video/mp4",
                    width=1,
                    height=1,
                    size=10 * MB,
                    duration=1,
                    filename="",
                    created_at=installation.now(),
                    facts={},
                )
            )
        return film

    quota.set_room(installation, cast.actor("administrator"), 10)
    monkeypatch.setattr(images.video, "take", meanwhile)
    with pytest.raises(quota.Full):
        videos.add_from(installation, cast.actor("writer"), io.BytesIO(films.video()), "a.mp4")
    assert not [key for key in installation.blobs.keys("") if key.endswith(".mp4")]
    assert not list((installation.home / "incoming").iterdir())


def test_a_second_video_waits_in_the_browser_and_not_in_the_server(
    browse: Browse, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits holds one of the threads that everybody's pages need; what was sent stays."""
    monkeypatch.setattr(images.video, "PATIENCE", 0.01)
    browser, began, ended = browse(cast.writer), threading.Event(), threading.Event()

    def other() -> None:
        with images.video.in_turn():
            began.set()
            ended.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert began.wait(30)
    told = sent(browser, films.video(), "a.mp4")
    ended.set()
    thread.join()
    assert told == {"words": "En annan video läses just nu. Försök igen om en stund."}
    with installation.store.read(cast.place.id) as session:
        [row] = session.query(Upload)
    address = browser.path(f"~/pictures/uploads/{row.uid}")
    again = browser.client.post(address, headers={"X-Form-Token": browser.token()}).get_json()
    assert len(again["videos"]) == 1


def test_without_the_extra_a_video_is_refused_in_a_sentence_that_names_it(
    browse: Browse, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images.video, "is_available", lambda: False)
    answer = sent(browse(cast.writer), films.video(), "film.mp4")
    assert "commsched[video]" in str(answer)
