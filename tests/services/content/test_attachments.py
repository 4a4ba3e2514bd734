"""A video goes with an item from the library to the hash; where no platform takes it, it is refused in words."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from commsched.core.content.draft import AttachmentIn, CaptionsIn, PictureIn
from commsched.core.content.model import Captions, canonical, digest
from commsched.core.delivery.outcome import Handles, Outcome
from commsched.core.platform.contract import ChannelContext, Limits, Part
from commsched.core.text.messages import Conflict, Invalid
from commsched.platforms.folder import Folder
from commsched.services.content import drafts, items
from commsched.services.kernel.context import Installation
from commsched.services.media import unused, videos
from commsched.services.workflow import approve, editing
from commsched.store.models import Channel, Delivery, Item, PictureUse, VideoUse
from tests import writing
from tests.conftest import Browser, Cast, SetClock
from tests.images import films
from tests.publications import channel
from tests.services import desk
from tests.web.composer.test_writing import form

SRT = "1\n00:00:00,000 --> 00:00:01,000\nHej från torget.\n"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHej från torget.\n"


@pytest.fixture
def taken(installation: Installation, cast: Cast) -> videos.TakenVideo:
    return videos.add_from(installation, cast.actor("writer"), io.BytesIO(films.video()), "Torget i maj.mp4")


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


def with_video(taken: videos.TakenVideo, to: dict[str, int], **values: Any) -> Any:
    attached = AttachmentIn(id=taken.video.id, alt="Bussen kör", captions=[CaptionsIn(text=SRT)])
    return writing.draft(list(to.values()), attachments=[attached], **values)


def test_a_video_is_in_the_revision_and_refused_in_words_by_every_platform_that_takes_none(
    installation: Installation, cast: Cast, taken: videos.TakenVideo, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), with_video(taken, to))
    with installation.store.read(cast.place.id) as session:
        item = session.get_one(Item, number)
        revision = items.current(session, item)
        content = revision.parsed()
        [video] = content.attachments
        assert (video.kind, video.sha256, video.alt) == ("video", taken.video.sha256, "Bussen kör")
        assert (video.duration, video.poster) == (taken.video.duration, taken.poster.media.sha256)
        assert [(captions.language, captions.text) for captions in video.captions] == [("sv", VTT)]
        assert revision.hash == digest(canonical(content))
        _general, checked = items.problems(installation, session, item)
        facts = {channel.id: channel.facts for channel in session.scalars(select(Channel))}
        assert session.query(VideoUse).count() == session.query(PictureUse).count() == 1
    refusing = [one for one in checked if not installation.platform(one.platform).limits(facts[one.channel]).videos]
    assert refusing
    for one in refusing:
        words = [str(problem.words) for problem in one.problems if problem.field == "attachments"]
        assert words == [f"{installation.platform(one.platform).name} takes no videos from here. Take the video out."]
    with pytest.raises(Invalid):
        approve.submit(installation, cast.actor("writer"), number)


def test_a_video_in_an_item_and_its_poster_stay(
    installation: Installation, cast: Cast, taken: videos.TakenVideo, to: dict[str, int]
) -> None:
    editing.create(installation, cast.actor("writer"), with_video(taken, to))
    with pytest.raises(Conflict, match="stays with it"):
        videos.remove(installation, cast.actor("writer"), taken.video.id)
    assert videos.file_of(installation, taken.video).exists()
    assert unused.remove(installation, cast.actor("writer"), [taken.poster.media.id]) == []


def test_what_is_brought_back_has_its_video(
    installation: Installation, cast: Cast, taken: videos.TakenVideo, to: dict[str, int]
) -> None:
    photo = writing.picture(installation, cast)
    given = with_video(taken, to, media=[PictureIn(id=photo, alt="Torget")])
    number = editing.create(installation, cast.actor("writer"), given)
    with installation.store.read(cast.place.id) as session:
        item = session.get_one(Item, number)
        draft = drafts.as_draft(installation, session, item, items.current(session, item))
        first = items.current(session, item).hash
    assert draft.attachments == [
        AttachmentIn(id=taken.video.id, alt="Bussen kör", captions=[CaptionsIn(text=VTT, language="sv")])
    ]
    editing.save(installation, cast.actor("writer"), number, writing.draft(list(to.values())))
    editing.restore(installation, cast.actor("writer"), number, 1)
    with installation.store.read(cast.place.id) as session:
        assert items.current(session, session.get_one(Item, number)).hash == first


@pytest.mark.parametrize(
    ("attached", "field"),
    [
        (AttachmentIn(id=999), "attachments"),
        (AttachmentIn(id=1, captions=[CaptionsIn(text="hej")]), "captions"),
        (AttachmentIn(id=1, captions=[CaptionsIn(text=SRT), CaptionsIn(text=VTT)]), "captions"),
    ],
)
def test_what_cannot_be_attached_is_told_by_its_field(
    installation: Installation,
    cast: Cast,
    taken: videos.TakenVideo,
    to: dict[str, int],
    attached: AttachmentIn,
    field: str,
) -> None:
    with pytest.raises(Invalid) as refused:
        editing.create(installation, cast.actor("writer"), writing.draft([to["x"]], attachments=[attached]))
    assert refused.value.field == field


def test_another_offices_video_is_not_there(
    installation: Installation, cast: Cast, taken: videos.TakenVideo, to: dict[str, int]
) -> None:
    given = writing.draft([], attachments=[AttachmentIn(id=taken.video.id)])
    with pytest.raises(Invalid, match="no video"):
        editing.create(installation, cast.elsewhere_actor, given)


def test_the_composer_keeps_a_video_and_lets_it_be_taken_out(
    browse: Callable[..., Browser],
    installation: Installation,
    cast: Cast,
    taken: videos.TakenVideo,
    to: dict[str, int],
) -> None:
    number = editing.create(installation, cast.actor("writer"), with_video(taken, to))
    browser = browse(cast.writer)
    page = browser.get(f"~/items/{number}/edit").text
    assert "Torget i maj" in page
    assert "Ta bort videon" in page, "the channels do not take it"
    fields = form(page)
    assert [text.strip() for text in fields[f"captions-{taken.video.id}-sv"]] == [VTT.strip()]
    changed = fields | {f"video-alt-{taken.video.id}": "Bussen kör förbi", "do": "save"}
    assert browser.post(f"~/items/{number}/edit", changed).status_code == 303
    assert attached(installation, cast, number) == [("Bussen kör förbi", [VTT])]
    fields = form(browser.get(f"~/items/{number}/edit").text)
    wrong = fields | {f"captions-{taken.video.id}-sv": "Hej", "do": "save"}
    refused = browser.post(f"~/items/{number}/edit", wrong)
    assert (refused.status_code, "Rad 1 i undertexterna" in refused.text) == (422, True)
    assert form(refused.text)[f"captions-{taken.video.id}-sv"][0].strip() == "Hej", "as it was typed"
    checked = browser.post("~/write/check", wrong | {"item": str(number)}).get_json()
    assert "Rad 1 i undertexterna" in checked["faults"]["attachments"]
    del fields["videos"]
    assert browser.post(f"~/items/{number}/edit", fields | {"do": "save"}).status_code == 303
    assert attached(installation, cast, number) == []


def attached(installation: Installation, cast: Cast, number: int) -> list[tuple[str, list[str]]]:
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, session.get_one(Item, number)).parsed()
        return [(each.alt, [captions.text for captions in each.captions]) for each in content.attachments]


class Taker(Folder):
    """A folder that takes a video, and remembers the bytes it got."""

    got: ClassVar[list[tuple[str, str, int, tuple[Captions, ...]]]] = []

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits(pictures=50, videos=1, mixes=True)

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        for file in part.other_files:
            with file.open() as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self.got.append((file.kind, digest, file.size, file.captions))
        return super().publish(part, handles, context)


@pytest.mark.parametrize("trick", ["", "another video", "gone"])
def test_a_platform_that_takes_it_gets_the_very_bytes_that_were_approved(
    installation: Installation, cast: Cast, clock: SetClock, taken: videos.TakenVideo, trick: str
) -> None:
    folder = channel(installation, cast.place.id, "folder", name="Mappen", account="x")
    Taker.got.clear()
    taker, others = Taker(), installation.platform
    installation.platform = lambda key: taker if key == "folder" else others(key)
    attached = AttachmentIn(id=taken.video.id, alt="Bussen kör", captions=[CaptionsIn(text=SRT)])
    desk.approved(cast, channels=[folder], attachments=[attached])
    key = videos.file_of(installation, taken.video).key
    if trick:
        installation.blobs.delete(key)
    if trick == "another video":
        installation.blobs.keep(key, io.BytesIO(films.video(sound="aac")))
    clock.forward(hours=5, minutes=1)
    desk.publish_what_is_due(installation)
    with installation.store.read(cast.place.id) as session:
        [row] = session.query(Delivery).all()
    if trick:
        assert (row.state, row.reason, Taker.got) == ("held", "media", [])
    else:
        said = (Captions(text=VTT, language="sv"),)
        assert (row.state, Taker.got) == ("published", [("video", taken.video.sha256, taken.video.size, said)])
