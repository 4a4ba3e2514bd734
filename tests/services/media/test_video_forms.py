"""Videos made anew for a channel: nobody waits for them at a page, and what is approved is what is published."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO

import pytest

from commsched import images
from commsched.core.content.draft import AttachmentIn, CaptionsIn, DraftIn
from commsched.core.content.model import Content
from commsched.core.text.messages import Problem
from commsched.services.content import check, items
from commsched.services.kernel.blobs import key_of
from commsched.services.kernel.context import Installation
from commsched.services.media import video_forms, videos
from commsched.services.workflow import editing
from commsched.store.models import Video
from tests import writing
from tests.conftest import Cast, SetClock
from tests.images import films
from tests.publications import channel

VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nNu går bussen varje kvart\n"


@pytest.fixture
def bluesky(installation: Installation, cast: Cast) -> int:
    return channel(installation, cast.place.id, "bluesky")


@pytest.fixture
def phone(installation: Installation, cast: Cast) -> int:
    """A video as an iPhone films it."""
    data = films.video("mov", "libx265", sound="aac", tag="hvc1")
    return videos.add_from(installation, cast.actor("writer"), BytesIO(data), "IMG_1.MOV").video.id


def about(number: int, video: int, burn: bool = False) -> DraftIn:
    captions = [CaptionsIn(text=VTT)]
    film = AttachmentIn(id=video, alt="Bussen", captions=captions, burn=burn)
    return writing.draft([number], media=[], attachments=[film])


def of(installation: Installation, cast: Cast, item: int) -> tuple[Content, list[Problem]]:
    """The item as it is saved, and what stands in its way where videos are concerned."""
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, items.load(session, item)).parsed()
        judged = check.judge(installation, session, content)
    return content, [each for each in judged.problems if each.field == "attachments" and each.blocks]


def row(installation: Installation, cast: Cast, number: int) -> Video:
    return videos.find(installation, cast.actor("writer"), number)


def test_a_phones_video_is_made_by_the_clock_and_then_in_the_next_version(
    installation: Installation, cast: Cast, bluesky: int, phone: int
) -> None:
    item = editing.create(installation, cast.actor("writer"), about(bluesky, phone))
    content, [problem] = of(installation, cast, item)
    assert content.on(bluesky).pictures == []
    assert "made ready" in str(problem.words)
    assert row(installation, cast, phone).waits
    assert video_forms.make_next(installation)
    assert not video_forms.make_next(installation)
    _content, [problem] = of(installation, cast, item)
    assert "Save once more" in str(problem.words)
    again = editing.create(installation, cast.actor("writer"), about(bluesky, phone))
    content, problems = of(installation, cast, again)
    assert problems == []
    [made] = content.on(bluesky).pictures
    assert (made.of, made.mime, made.codec) == (content.videos[0].sha256, "video/mp4", "h264")
    [sent] = content.attachments_on(bluesky)
    assert (sent.sha256, sent.alt, len(sent.captions)) == (made.sha256, "Bussen", 1)
    file = installation.blobs.read(key_of(made.sha256, ".mp4"))
    assert hashlib.sha256(file).hexdigest() == made.sha256
    with installation.store.read(cast.place.id) as session:
        assert [video.id for video, _poster in videos.newest(session)] == [phone], "people see their own only"


def test_what_else_is_wrong_is_told_while_it_is_made(
    installation: Installation, cast: Cast, bluesky: int, phone: int
) -> None:
    draft = writing.draft([bluesky], media=[], attachments=[AttachmentIn(id=phone, alt="")])
    _content, problems = of(installation, cast, editing.create(installation, cast.actor("writer"), draft))
    words = [str(each.words) for each in problems]
    assert len(words) == 2
    assert "made ready" in words[0]
    assert "no alt text" in words[1]


def test_what_is_made_is_made_once_and_leaves_with_its_original(
    installation: Installation, cast: Cast, bluesky: int, phone: int
) -> None:
    video_forms.wish(installation, cast.actor("writer"), about(bluesky, phone))
    video_forms.wish(installation, cast.actor("writer"), about(bluesky, phone))
    assert video_forms.make_next(installation)
    [form] = video_forms.forms_of(row(installation, cast, phone)).values()
    made = row(installation, cast, form.video)
    videos.remove(installation, cast.actor("writer"), phone)
    with pytest.raises(FileNotFoundError):
        installation.blobs.read(key_of(made.sha256, ".mp4"))


def test_captions_go_as_a_file_or_are_written_into_the_pictures_where_that_is_asked_for(
    installation: Installation, cast: Cast, phone: int, bluesky: int
) -> None:
    facts = {"video_types": ["video/mp4"], "video_bytes": 99_000_000}
    other = channel(installation, cast.place.id, "mastodon", facts=facts)
    limits = installation.platform("mastodon").limits(facts)
    assert limits.videos == 1
    assert not limits.captions
    draft = writing.draft(
        [bluesky, other],
        media=[],
        attachments=[AttachmentIn(id=phone, alt="Bussen", captions=[CaptionsIn(text=VTT)], burn=True)],
    )
    video_forms.wish(installation, cast.actor("writer"), draft)
    while video_forms.make_next(installation):
        pass
    content, _problems = of(installation, cast, editing.create(installation, cast.actor("writer"), draft))
    [there], [here] = content.attachments_on(bluesky), content.attachments_on(other)
    assert there.captions
    assert here.captions == []
    assert there.sha256 != here.sha256
    [rendition] = content.on(other).pictures
    assert rendition.burnt


def test_one_that_cannot_be_made_says_why(
    installation: Installation, cast: Cast, bluesky: int, phone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: object) -> None:
        raise images.errors.FilmTooLarge(size=300, limit=100)

    monkeypatch.setattr(images.video, "fit", too_large)
    item = editing.create(installation, cast.actor("writer"), about(bluesky, phone))
    assert video_forms.make_next(installation)
    assert not video_forms.make_next(installation), "it is not tried for ever"
    _content, [problem] = of(installation, cast, item)
    assert "could not be made ready" in str(problem.words)


def test_what_was_begun_and_never_ended_is_begun_again(
    installation: Installation,
    cast: Cast,
    bluesky: int,
    phone: int,
    monkeypatch: pytest.MonkeyPatch,
    clock: SetClock,
) -> None:
    def cut(*_: object) -> None:
        raise OSError(28, "No space left on device")

    video_forms.wish(installation, cast.actor("writer"), about(bluesky, phone))
    with monkeypatch.context() as broken:
        broken.setattr(images.video, "fit", cut)
        assert video_forms.make_next(installation)
    assert not video_forms.make_next(installation), "another process may still be at it"
    clock.at += video_forms.CLAIM + timedelta(seconds=1)
    assert video_forms.make_next(installation)
    [form] = video_forms.forms_of(row(installation, cast, phone)).values()
    assert form.state == "ready"


def test_a_server_that_stops_waits_for_no_video(
    installation: Installation, cast: Cast, bluesky: int, phone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise InterruptedError

    video_forms.wish(installation, cast.actor("writer"), about(bluesky, phone))
    with monkeypatch.context() as stopping:
        stopping.setattr(images.video, "fit", stopped)
        video_forms.make_next(installation)
    [form] = video_forms.forms_of(row(installation, cast, phone)).values()
    assert (form.state, form.until) == ("wanted", "")
    assert video_forms.make_next(installation)
