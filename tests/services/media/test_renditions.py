"""Pictures made to fit each channel: what is published is exactly the file that was approved."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from PIL import Image

from commsched.core.content.draft import DraftIn, PictureIn, VariantIn
from commsched.core.content.model import Content, canonical, digest, parse
from commsched.services.content import check, items
from commsched.services.kernel.blobs import blob_of, key_of
from commsched.services.kernel.context import Installation
from commsched.services.media import crops, library, renditions
from commsched.services.views.preview import previews
from commsched.services.workflow import editing
from commsched.store.models import Channel, Delivery, Derivative, Media
from tests import writing
from tests.conftest import Cast, SetClock
from tests.images import files
from tests.publications import channel
from tests.services import desk


def noise(width: int, height: int) -> bytes:
    """A JPEG that will not be small: about 1.3 bytes a pixel."""
    made = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(made, "JPEG", quality=97)
    return made.getvalue()


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


def shown(installation: Installation, cast: Cast, item: int) -> Content:
    with installation.store.read(cast.place.id) as session:
        return items.current(session, items.load(session, item)).parsed()


def move(installation: Installation, cast: Cast, number: int, places: dict[str, float | None]) -> None:
    with installation.store.write(cast.place.id) as session:
        crops.move(installation, session, cast.actor("writer"), session.get_one(Media, number), places)


def wish(crop: str) -> VariantIn:
    return VariantIn(crop=crop)  # type: ignore[arg-type]


def test_a_channel_gets_the_crop_that_was_chosen_for_it_and_the_others_the_whole(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.picture(installation, cast)
    item = editing.create(
        installation,
        cast.actor("writer"),
        writing.draft(
            [to["x"], to["mastodon"]],
            media=[PictureIn(id=number)],
            variants={str(to["mastodon"]): wish("1:1")},
        ),
    )
    content = shown(installation, cast, item)
    assert content.on(to["x"]).pictures == []
    [made] = content.on(to["mastodon"]).pictures
    assert (made.width, made.height, made.of) == (600, 600, content.pictures[0].sha256)
    [out] = content.pictures_on(to["mastodon"])
    assert (out.sha256, out.alt) == (made.sha256, content.pictures[0].alt)
    file = installation.blobs.read(key_of(made.sha256, ".jpg"))
    assert hashlib.sha256(file).hexdigest() == made.sha256
    assert Image.open(io.BytesIO(file)).size == (600, 600)


def test_the_approval_covers_the_very_file_that_goes_out(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    """Another file in the crop's place is another hash."""
    number = writing.picture(installation, cast)
    item = editing.create(
        installation,
        cast.actor("writer"),
        writing.draft(
            [to["x"]],
            media=[PictureIn(id=number)],
            variants={str(to["x"]): wish("16:9")},
        ),
    )
    content = shown(installation, cast, item)
    swapped = parse(canonical(content).replace(content.on(to["x"]).pictures[0].sha256.encode(), b"0" * 64))
    assert digest(canonical(swapped)) != digest(canonical(content))


def test_what_was_approved_before_there_were_crops_has_the_hash_it_had() -> None:
    """Byte for byte as an earlier version spelled it."""
    old = (
        b'{"channels":[{"channel":3,"text":"Kort."},{"channel":7,"options":{"visibility":"unlisted"},'
        b'"recipients":"ab"}],"pictures":[{"alt":"En buss.","height":600,"sha256":"cd","width":800}],'
        b'"text":"Fler turer p\xc3\xa5 linje 14."}'
    )
    assert canonical(parse(old)) == old
    assert digest(canonical(parse(old))) == "907adc65c961b84de08dcbc86460b431ca9d42499e85e228ee81f9c1457b921a"


@pytest.mark.parametrize("crop", ["3:2", "ful", "16:10"])
def test_a_shape_that_is_not_known_is_refused_at_the_edge(crop: str) -> None:
    import msgspec

    with pytest.raises(msgspec.ValidationError, match="crop"):
        msgspec.convert({"variants": {"1": {"crop": crop}}}, DraftIn)


def test_a_picture_over_the_limit_is_made_smaller_and_that_is_said(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    data = noise(2600, 1800)
    assert len(data) > 4_000_000
    number = library.add(installation, cast.actor("writer"), data, "torget.jpg", "Torget.").media.id
    given = writing.draft([to["facebook"], to["mastodon"]], media=[PictureIn(id=number)])
    item = editing.create(installation, cast.actor("writer"), given)
    content = shown(installation, cast, item)
    assert content.on(to["mastodon"]).pictures == []
    with installation.store.read(cast.place.id) as session:
        seen = {
            one.channel.id: one for one in previews(installation, content, check.judge(installation, session, content))
        }
    [out] = seen[to["facebook"]].view.pictures
    assert out.size <= 4_000_000
    with out.open() as stream:
        assert len(stream.read()) == out.size
    assert [p for p in seen[to["facebook"]].checked.problems if p.blocks] == []
    [said] = seen[to["facebook"]].checked.notes
    assert "made smaller for Facebooksidan" in str(said)
    assert seen[to["mastodon"]].checked.notes == []


def test_a_type_that_the_channel_does_not_take_becomes_one_that_it_does(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = library.add(installation, cast.actor("writer"), files.webp((300, 200)), "bild.webp", "En bild.").media.id
    content = shown(
        installation,
        cast,
        editing.create(
            installation, cast.actor("writer"), writing.draft([to["facebook"]], media=[PictureIn(id=number)])
        ),
    )
    assert content.on(to["facebook"]).pictures[0].mime == "image/jpeg"


def test_a_photo_with_too_many_pixels_is_made_smaller_and_that_is_said(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    """A server that cannot unpack so large a picture refuses it at its time, however small its file is."""
    with installation.store.write(cast.place.id) as session:
        session.get_one(Channel, to["mastodon"]).facts = {"picture_pixels": 1_000_000}
    data = files.jpeg((2000, 1400))
    number = library.add(installation, cast.actor("writer"), data, "torget.jpg", "Torget.").media.id
    given = writing.draft([to["mastodon"], to["x"]], media=[PictureIn(id=number)])
    content = shown(installation, cast, editing.create(installation, cast.actor("writer"), given))
    [made] = content.on(to["mastodon"]).pictures
    assert made.width * made.height <= 1_000_000 < (made.width + 3) * (made.height + 3)
    assert content.on(to["x"]).pictures == []
    with installation.store.read(cast.place.id) as session:
        mastodon, x = check.check(installation, session, content)
    assert [p for p in mastodon.problems if p.blocks] == []
    [said] = mastodon.notes
    assert (
        str(said)
        == f"Picture 1 is made smaller for {mastodon.name}: {made.width} × {made.height} pixels instead of 2000 × 1400."
    )
    assert x.notes == []


def test_a_side_that_is_too_long_is_made_shorter(installation: Installation, cast: Cast, to: dict[str, int]) -> None:
    number = library.add(installation, cast.actor("writer"), files.jpeg((9000, 200)), "vy.jpg", "Utsikt.").media.id
    given = writing.draft([to["x"]], media=[PictureIn(id=number)])
    [made] = shown(installation, cast, editing.create(installation, cast.actor("writer"), given)).on(to["x"]).pictures
    assert (made.width, made.height) == (8192, 182)


def test_a_still_gif_that_is_too_large_for_one_goes_whole_as_a_png(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = library.add(installation, cast.actor("writer"), files.gif((1400, 800)), "karta.gif", "En karta.").media.id
    given = writing.draft([to["mastodon"]], media=[PictureIn(id=number)])
    [made] = (
        shown(installation, cast, editing.create(installation, cast.actor("writer"), given)).on(to["mastodon"]).pictures
    )
    assert (made.mime, made.width, made.height) == ("image/png", 1400, 800)


def test_one_that_moves_and_is_too_large_is_a_problem_before_anybody_approves_it(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    frames = [Image.new("RGB", (1500, 1000), (80 * number, 20, 200)) for number in range(3)]
    data = files.save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    number = library.add(installation, cast.actor("writer"), data, "rörlig.gif", "Rör sig.").media.id
    given = writing.draft([to["mastodon"], to["x"]], media=[PictureIn(id=number)])
    content = shown(installation, cast, editing.create(installation, cast.actor("writer"), given))
    with installation.store.read(cast.place.id) as session:
        mastodon, x = check.check(installation, session, content)
    assert any("too many pixels for Mastodon" in str(p.words) for p in mastodon.problems if p.blocks)
    assert any("too many pixels for X" in str(p.words) for p in x.problems if p.blocks)


def test_a_gif_with_more_frames_than_x_takes_is_a_problem_before_anybody_approves_it(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    data = files.moving("GIF", frames=360)
    number = library.add(installation, cast.actor("writer"), data, "rörlig.gif", "Rör sig.").media.id
    given = writing.draft([to["mastodon"], to["x"]], media=[PictureIn(id=number)])
    content = shown(installation, cast, editing.create(installation, cast.actor("writer"), given))
    with installation.store.read(cast.place.id) as session:
        mastodon, x = check.check(installation, session, content)
    assert [str(p.words) for p in mastodon.problems if p.blocks] == []
    sentence = "Picture 1 has too many frames for X: 360. At most 350 of that size."
    assert [str(p.words) for p in x.problems if p.blocks] == [sentence]


@pytest.mark.parametrize("facts", [{"animated": True, "frames": 3}, {"animated": True}], ids=["counted", "from before"])
def test_an_animated_webp_that_a_network_shows_still_is_warned_of(
    installation: Installation, cast: Cast, to: dict[str, int], facts: dict[str, Any]
) -> None:
    number = library.add(installation, cast.actor("writer"), files.moving("WEBP"), "rörlig.webp", "Rör sig.").media.id
    with installation.store.write(cast.place.id) as session:
        row = session.get_one(Media, number)
        row.facts = {key: value for key, value in row.facts.items() if key not in ("animated", "frames")} | facts
    given = writing.draft([to["mastodon"], to["newsroom"]], media=[PictureIn(id=number)])
    content = shown(installation, cast, editing.create(installation, cast.actor("writer"), given))
    with installation.store.read(cast.place.id) as session:
        mastodon, newsroom = check.check(installation, session, content)
    assert [p.level for p in mastodon.problems if p.field == "pictures"] == ["warn"]
    assert [p.level for p in newsroom.problems if p.field == "pictures"] == [], "it moves there"


def test_an_animation_is_never_touched_and_its_limit_is_still_a_sentence(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = library.add(installation, cast.actor("writer"), files.moving("GIF"), "rörlig.gif", "Rör sig.").media.id
    given = writing.draft([to["facebook"], to["x"]], media=[PictureIn(id=number)], variants={str(to["x"]): wish("1:1")})
    content = shown(installation, cast, editing.create(installation, cast.actor("writer"), given))
    assert [one.pictures for one in content.channels] == [[], []]
    with installation.store.read(cast.place.id) as session:
        x, facebook = check.check(installation, session, content)
    assert any("does not take" in str(p.words) for p in facebook.problems if p.blocks)
    assert [str(words) for words in x.notes] == ["Picture 1 cannot be cropped, and is shown whole."]


def test_one_that_cannot_be_made_to_fit_is_refused_with_a_sentence_and_not_tried_again(
    installation: Installation, cast: Cast, to: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with installation.store.write(cast.place.id) as session:
        session.get_one(Channel, to["mastodon"]).facts = {"picture_bytes": 40}
    number = writing.picture(installation, cast)
    given = writing.draft([to["mastodon"]], media=[PictureIn(id=number)])
    content = shown(installation, cast, editing.create(installation, cast.actor("writer"), given))
    with installation.store.read(cast.place.id) as session:
        [checked] = check.check(installation, session, content)
    assert any("too large for Mastodon" in str(p.words) for p in checked.problems if p.blocks)

    def refuse(*_args: Any, **_more: Any) -> None:
        raise AssertionError("it was tried again")

    monkeypatch.setattr("commsched.images.intake.pictures.fit", refuse)
    renditions.make_ready(installation, cast.actor("writer"), given)


def test_a_crop_is_made_once_however_often_it_is_looked_at(
    installation: Installation, cast: Cast, to: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = writing.picture(installation, cast)
    given = writing.draft(
        [to["x"], to["mastodon"]],
        media=[PictureIn(id=number)],
        variants={str(to[name]): wish("4:5") for name in ("x", "mastodon")},
    )
    for _ in range(3):
        renditions.make_ready(installation, cast.actor("writer"), given)
    with installation.store.read(cast.place.id) as session:
        made = session.query(Derivative).all()
    assert len(made) == 2, "one for what X takes, one for what Mastodon takes"
    installation.blobs.delete(key_of(made[0].sha256, made[0].suffix))
    renditions.make_ready(installation, cast.actor("writer"), given)
    assert blob_of(installation, made[0]).exists(), "a file that was lost is made again"


def test_a_crop_that_is_moved_changes_what_is_written_next_and_nothing_that_is_approved(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.picture(installation, cast)
    given = writing.draft([to["x"]], media=[PictureIn(id=number)], variants={str(to["x"]): wish("9:16")})
    item = editing.create(installation, cast.actor("writer"), given)
    before = shown(installation, cast, item)
    move(installation, cast, number, {"9:16": 90.0})
    assert shown(installation, cast, item) == before
    assert editing.save(installation, cast.actor("writer"), item, given)
    after = shown(installation, cast, item)
    assert after.on(to["x"]).pictures[0].sha256 != before.on(to["x"]).pictures[0].sha256
    for content in (before, after):
        assert installation.blobs.exists(key_of(content.on(to["x"]).pictures[0].sha256, ".jpg"))
    editing.restore(installation, cast.actor("writer"), item, 1)
    assert shown(installation, cast, item) == before


@pytest.fixture
def folder(installation: Installation, cast: Cast) -> int:
    return channel(installation, cast.place.id, "folder", name="Mappen", account="x")


def due(installation: Installation, cast: Cast, clock: SetClock, to: int, crop: str) -> Content:
    """A picture in an item that is approved and due; returns what was approved."""
    number = writing.picture(installation, cast)
    item = desk.approved(cast, channels=[to], media=[PictureIn(id=number)], variants={str(to): wish(crop)})
    clock.forward(hours=5, minutes=1)
    return shown(installation, cast, item)


def test_what_goes_out_is_byte_for_byte_the_crop_that_was_approved(
    installation: Installation, cast: Cast, clock: SetClock, folder: int
) -> None:
    content = due(installation, cast, clock, folder, "4:5")
    assert desk.publish_what_is_due(installation) >= 1
    [file] = (installation.home / "published").rglob("*.jpg")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == content.on(folder).pictures[0].sha256
    assert Image.open(io.BytesIO(file.read_bytes())).size == (480, 600)


@pytest.mark.parametrize("trick", ["another picture", "gone"])
def test_a_crop_that_is_not_the_approved_one_is_held(
    installation: Installation, cast: Cast, clock: SetClock, folder: int, trick: str
) -> None:
    content = due(installation, cast, clock, folder, "1:1")
    key = key_of(content.on(folder).pictures[0].sha256, ".jpg")
    installation.blobs.delete(key)
    if trick != "gone":
        installation.blobs.keep(key, io.BytesIO(writing.photo(600, 600, tone=3)))
    desk.publish_what_is_due(installation)
    with installation.store.read(cast.place.id) as session:
        [row] = session.query(Delivery).all()
    assert (row.state, row.reason) == ("held", "media")
    assert not list((installation.home / "published").rglob("*.jpg"))


def test_somebody_cut_out_by_the_crop_is_still_asked_for_their_consent(
    installation: Installation, cast: Cast, clock: SetClock, folder: int
) -> None:
    """Who is shown is known of the whole picture; a crop of it never goes out past the end of a consent."""
    due(installation, cast, clock, folder, "1:1")
    with installation.store.write(cast.place.id) as session:
        row = session.query(Media).one()
        row.facts = row.facts | {
            "persons": [{"name": "Anna Ek", "until": "2026-11-25", "ends": "2026-11-26T00:00:00+01:00"}]
        }
    desk.publish_what_is_due(installation)
    with installation.store.read(cast.place.id) as session:
        [delivery] = session.query(Delivery).all()
    assert (delivery.state, delivery.reason) == ("held", "consent")


@pytest.mark.parametrize("crop", ["1:1", "4:5", "1.91:1", "16:9", "9:16"])
@pytest.mark.parametrize("place", [0.0, 12.3, 50.0, 99.9, 100.0])
def test_a_crop_is_found_where_it_was_put(installation: Installation, cast: Cast, crop: str, place: float) -> None:
    number = writing.picture(installation, cast)
    move(installation, cast, number, {crop: place})
    with installation.store.read(cast.place.id) as session:
        [seen] = [one for one in crops.crop_views(session.get_one(Media, number)) if one.crop == crop]
    assert abs(seen.place - place) <= 0.6
    move(installation, cast, number, {crop: None})
    with installation.store.read(cast.place.id) as session:
        row = session.get_one(Media, number)
        assert [one.moved for one in crops.crop_views(row)] == [False] * 5


def test_a_picture_that_has_the_shape_already_is_not_made_anew(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.picture(installation, cast, width=900, height=900)
    content = shown(
        installation,
        cast,
        editing.create(
            installation,
            cast.actor("writer"),
            writing.draft(
                [to["x"]],
                media=[PictureIn(id=number)],
                variants={str(to["x"]): wish("1:1")},
            ),
        ),
    )
    assert content.on(to["x"]).pictures == []


def test_both_versions_are_shown_where_the_crop_was_changed(
    installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    from commsched.core.content.changes import compare

    number = writing.picture(installation, cast)
    made = [
        shown(
            installation,
            cast,
            editing.create(
                installation,
                cast.actor("writer"),
                writing.draft(
                    [to["x"]],
                    media=[PictureIn(id=number)],
                    variants={str(to["x"]): wish(crop)},
                ),
            ),
        )
        for crop in ("1:1", "16:9")
    ]
    [change] = compare(*made, {to["x"]: "X"})
    assert [(kind, picture.width) for kind, picture in change.pictures] == [("new", 800), ("gone", 600)]


def test_what_the_crop_left_out_is_nobodys_to_see(installation: Installation, cast: Cast, clock: SetClock) -> None:
    """The newsroom gives out the picture as it went out there, and not the one it was cut from."""
    from commsched.core.text.messages import NotFound
    from commsched.services.public import front_page, published_media

    room = channel(installation, cast.place.id, "newsroom", name="Pressrummet", account_name="gruppen")
    content = due(installation, cast, clock, room, "1:1")
    desk.publish_what_is_due(installation)
    made = content.on(room).pictures[0]
    file, row = published_media.picture(installation, "gruppen", f"{made.sha256}.jpg", None)
    assert (row.width, file.key) == (600, key_of(made.sha256, ".jpg"))
    with pytest.raises(NotFound):
        published_media.picture(installation, "gruppen", f"{content.pictures[0].sha256}.jpg", None)
    [entry] = front_page.front(installation, "gruppen").entries
    assert [shot.name for shot in entry.pictures] == [f"{made.sha256}.jpg"]
