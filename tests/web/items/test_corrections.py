"""What stands in the office's own newsroom can be corrected and taken down, and says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import select

from commsched.core.content.draft import DraftIn
from commsched.core.content.model import Attachment, ChannelContent, canonical, digest
from commsched.core.text.messages import Conflict, Invalid, NotAllowed
from commsched.services.content import items
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.services.workflow import corrections, editing, resolve, takedown
from commsched.store.models import AuditEntry, Delivery, Item, Media, Notice, PictureSource, PictureUse, Revision
from tests import publications
from tests.conftest import NOW, Browser, Cast, SetClock
from tests.web.public.test_newsroom import AN_HOUR_AGO, ATOM, address, release

PLACES = ("/n/gruppen/", "/n/gruppen/feed.atom", "/n/gruppen/feed.json", "/n/gruppen/sitemap.xml")


def correction(installation: Installation, cast: Cast, channel: int, of: Item, **content: Any) -> Item:
    at = content.pop("at", NOW - timedelta(minutes=5))
    said = {
        "correction": "Siffran var fel.",
        "kind": "release",
        "title": "Ja till fler turer på landet",
        "text": "Regionen säger **kanske**.",
    } | content
    return publications.published(installation, cast.place.id, channel, at=at, corrects=of, **said)


def test_a_correction_takes_the_place_of_what_it_corrects(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    before = address(press, item)
    later = correction(installation, cast, room, item)
    page = press.get(before)
    assert page.status_code == 200
    assert "<strong>kanske</strong>" in page.text
    assert "Siffran var fel." in page.text
    assert "<strong>ja</strong>" not in page.text
    for path in PLACES:
        assert later.uid[:8] not in press.get(path).text
        assert press.get(path).text.count(item.uid[:8]) >= 1
    assert press.get(f"/n/gruppen/{later.uid}").headers["Location"].endswith(before)


def test_both_versions_can_be_read_and_the_older_one_says_that_it_is_old(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    correction(installation, cast, room, item)
    here = address(press, item)
    older = press.get(f"{here}/version/1")
    assert f'{here}/version/1"' in press.get(here).text
    assert "<strong>ja</strong>" in older.text
    assert "Det här är en tidigare version" in older.text
    assert 'content="noindex"' in older.text
    assert press.get(f"{here}/version/2").status_code == 302
    assert [press.get(f"{here}/version/{number}").status_code for number in (0, 3)] == [404, 404]


def test_a_new_headline_gives_a_new_address_and_the_old_one_leads_there(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    before = address(press, item)
    correction(installation, cast, room, item, title="Nej till fler turer")
    now = press.get(before)
    assert now.status_code == 301
    assert "nej-till-fler-turer" in now.headers["Location"]
    assert item.uid[:8] in now.headers["Location"]


def test_feeds_and_structured_data_tell_when_it_was_corrected(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    at = NOW - timedelta(minutes=5)
    correction(installation, cast, room, item, at=at)
    feed = ElementTree.fromstring(press.get("/n/gruppen/feed.atom").data)
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}published") == AN_HOUR_AGO.isoformat()
    assert entry.findtext(f"{ATOM}updated") == feed.findtext(f"{ATOM}updated") == at.isoformat()
    read = press.get("/n/gruppen/feed.json").json["items"][0]
    assert (read["date_published"], read["date_modified"]) == (AN_HOUR_AGO.isoformat(), at.isoformat())
    assert "Siffran var fel." in read["content_html"]
    page = press.get(address(press, item)).text
    data = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
    assert (data["datePublished"], data["dateModified"]) == (AN_HOUR_AGO.isoformat(), at.isoformat())
    assert f"<lastmod>{at.isoformat()}</lastmod>" in press.get("/n/gruppen/sitemap.xml").text


def test_a_correction_that_waits_or_has_its_embargo_left_changes_nothing(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    lifts = (NOW + timedelta(hours=1)).isoformat()
    correction(installation, cast, room, item, embargo=lifts)
    publications.published(
        installation, cast.place.id, room, at=NOW, state="waiting", corrects=item, correction="x", text="väntar"
    )
    page = press.get(address(press, item)).text
    assert "<strong>ja</strong>" in page
    assert "tidigare version" not in page


def test_a_picture_that_a_correction_took_away_is_gone_from_the_older_version_and_from_the_files(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    wrong = publications.picture(installation, cast.place.id, b"wrong", alt="Fel person")
    stays = publications.picture(installation, cast.place.id, b"stays", alt="Bussen")
    item = release(installation, cast, room, attachments=[wrong, stays])
    assert press.get(f"/media/gruppen/{wrong.sha256}.jpg", buffered=True).status_code == 200
    correction(installation, cast, room, item, attachments=[stays])
    here = address(press, item)
    for path in (here, f"{here}/version/1"):
        assert wrong.sha256 not in press.get(path).text
        assert stays.sha256 in press.get(path).text
    assert press.get(f"/media/gruppen/{wrong.sha256}.jpg", buffered=True).status_code == 404
    assert press.get(f"/media/gruppen/{stays.sha256}.jpg", buffered=True).status_code == 200


def test_no_copy_of_a_public_picture_is_kept_for_long(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg")
    release(installation, cast, room, attachments=[picture])
    kept = press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True).headers["Cache-Control"]
    assert "immutable" not in kept
    assert kept == "public, max-age=300"


@pytest.mark.parametrize("drawn", [False, True], ids=["the photo itself", "a card drawn from it"])
def test_a_picture_whose_consent_has_ended_is_shown_nowhere_on_our_own_pages(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, clock: SetClock, drawn: bool
) -> None:
    photo = publications.picture(installation, cast.place.id, b"photo", alt="Alva")
    shown: Attachment = publications.picture(installation, cast.place.id, b"card", alt="Kort") if drawn else photo
    _agree(installation, cast, photo, shown, until=NOW + timedelta(minutes=1))
    item = release(installation, cast, room, attachments=[shown])
    wall = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    publications.published(installation, cast.place.id, wall, at=AN_HOUR_AGO, text="Väggens", attachments=[shown])
    pages = (address(press, item), "/n/gruppen/", "/n/gruppen/feed.atom", f"/wall/gruppen/{wall}")
    assert all(shown.sha256 in press.get(path).text for path in pages)
    clock.forward(minutes=1)
    assert not any(shown.sha256 in press.get(path).text for path in pages)
    assert press.get(f"/media/gruppen/{shown.sha256}.jpg", buffered=True).status_code == 404
    assert "<strong>ja</strong>" in press.get(pages[0]).text


def _agree(installation: Installation, cast: Cast, photo: Attachment, shown: Attachment, until: datetime) -> None:
    with installation.store.write(cast.place.id) as session:
        rows = {row.sha256: row for row in session.scalars(select(Media))}
        person = {"name": "Alva", "until": "2026-11-26", "ends": until.isoformat()}
        rows[photo.sha256].facts = {"persons": [person]}
        if shown is not photo:
            session.add(PictureSource(media_id=rows[shown.sha256].id, source_id=rows[photo.sha256].id))


def test_what_is_taken_down_is_gone_from_everywhere_and_its_address_says_why(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg")
    item = release(installation, cast, room, attachments=[picture])
    later = correction(installation, cast, room, item, attachments=[picture])
    here = address(press, item)
    takedown.take_down(installation, cast.actor("writer"), item.id, "Den byggde på fel underlag.")
    for path in PLACES:
        assert item.uid[:8] not in press.get(path).text
    for path in (here, f"/n/gruppen/{item.uid}", f"/n/gruppen/{later.uid}", f"{here}/version/1", f"{here}/link.jpg"):
        gone = press.get(path)
        assert gone.status_code == 410, path
        assert "Den byggde på fel underlag." in gone.text
        assert "fler turer" not in gone.text
    assert press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True).status_code == 404
    takedown.put_back(installation, cast.actor("approver"), item.id)
    assert press.get(here).status_code == 200
    assert press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True).status_code == 200


def test_the_feeds_time_never_goes_back(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, clock: SetClock
) -> None:
    """Readers of feeds skip one whose time is older than what they have, and would keep what was taken down."""

    def changed() -> datetime:
        feed = ElementTree.fromstring(press.get("/n/gruppen/feed.atom").data)
        return datetime.fromisoformat(feed.findtext(f"{ATOM}updated") or "")

    release(installation, cast, room, at=AN_HOUR_AGO - timedelta(days=2), title="Den äldre")
    newest = release(installation, cast, room)
    times = [changed()]
    for minute, act in enumerate(
        (
            lambda: takedown.take_down(installation, cast.actor("writer"), newest.id, "Fel."),
            lambda: takedown.put_back(installation, cast.actor("approver"), newest.id),
            lambda: takedown.take_down(installation, cast.actor("writer"), newest.id, "Fel igen."),
        ),
        1,
    ):
        clock.at = NOW + timedelta(minutes=minute)
        act()
        times.append(changed())
    assert times == [AN_HOUR_AGO, *(NOW + timedelta(minutes=minute) for minute in (1, 2, 3))]


def test_a_taken_down_post_is_gone_from_the_wall(press: FlaskClient, installation: Installation, cast: Cast) -> None:
    wall = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    item = publications.published(installation, cast.place.id, wall, at=AN_HOUR_AGO, text="Fel på väggen")
    takedown.take_down(installation, cast.actor("writer"), item.id, "Fel.")
    assert "Fel på väggen" not in press.get(f"/wall/gruppen/{wall}").text


def test_a_corrected_post_stands_once_on_the_wall(press: FlaskClient, installation: Installation, cast: Cast) -> None:
    wall = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    item = publications.published(installation, cast.place.id, wall, at=AN_HOUR_AGO, text="Fyra bussar")
    publications.published(
        installation, cast.place.id, wall, at=NOW, text="Fem bussar", corrects=item, correction="Det är fem."
    )
    page = press.get(f"/wall/gruppen/{wall}").text
    assert "Fem bussar" in page
    assert "Det är fem." in page
    assert "Fyra bussar" not in page


def test_a_correction_on_one_wall_leaves_the_other_as_it_is(
    press: FlaskClient, installation: Installation, cast: Cast
) -> None:
    first = publications.channel(installation, cast.place.id, "sandbox", name="Första")
    other = publications.channel(installation, cast.place.id, "sandbox", name="Andra")
    picture = publications.picture(installation, cast.place.id, b"jpeg")
    item = publications.published(installation, cast.place.id, first, at=AN_HOUR_AGO, text="Fyra bussar")
    _also_on(installation, cast, item, other, [picture])
    publications.published(
        installation, cast.place.id, first, at=NOW, text="Fem", corrects=item, correction="Det är fem."
    )
    assert "Fyra bussar" not in press.get(f"/wall/gruppen/{first}").text
    assert "Fyra bussar" in press.get(f"/wall/gruppen/{other}").text
    assert press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True).status_code == 200


def _also_on(installation: Installation, cast: Cast, item: Item, channel: int, pictures: list[Attachment]) -> None:
    """The item's only revision goes to another channel too, with pictures."""
    with installation.store.write(cast.place.id) as session:
        revision = session.scalars(select(Revision).where(Revision.item_id == item.id)).one()
        first = revision.parsed()
        said = replace(first, channels=[*first.channels, ChannelContent(channel=channel)], attachments=pictures)
        revision.content = canonical(said)
        revision.hash = digest(revision.content)
        for row in session.scalars(select(Media)):
            session.add(PictureUse(revision_id=revision.id, media_id=row.id))
        session.add(
            Delivery(
                uid="b" * 32,
                item_id=item.id,
                revision_id=revision.id,
                channel_id=channel,
                state="published",
                due_at=AN_HOUR_AGO,
                latest_at=AN_HOUR_AGO,
                created_at=AN_HOUR_AGO,
                published_at=AN_HOUR_AGO,
            )
        )


def test_a_correction_goes_to_no_page_where_nothing_stands(installation: Installation, cast: Cast, room: int) -> None:
    """It would be called published, and nobody would see it."""
    wall = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    item = publications.published(installation, cast.place.id, wall, at=AN_HOUR_AGO, text="Fyra bussar")
    number = corrections.begin(installation, cast.actor("writer"), item.id)
    for channels, refused in (([wall], False), ([wall, room], True), ([], True)):
        draft = DraftIn(text="Fem bussar", channels=channels, correction="Det är fem.")
        editing.save(installation, cast.actor("writer"), number, draft)
        with installation.store.read(cast.place.id) as session:
            general, _channels = items.problems(installation, session, items.load(session, number))
        assert any("to no other page" in one.words.message for one in general) == refused, channels


@pytest.mark.parametrize("how", ["corrected", "taken_down"])
@pytest.mark.parametrize("waits", [True, False], ids=["waits", "held"])
def test_what_was_corrected_or_taken_down_goes_to_nobody_else(
    installation: Installation, cast: Cast, room: int, how: str, waits: bool
) -> None:
    """The gate asks, so that it reaches a mailing that is under way; and so does whoever presses "send"."""
    item = release(installation, cast, room)
    wall = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    _also_on(installation, cast, item, wall, [])
    with installation.store.write(cast.place.id) as session:
        row = session.scalars(select(Delivery).where(Delivery.channel_id == wall)).one()
        row.state, row.published_at, row.latest_at = "waiting" if waits else "held", None, NOW + timedelta(hours=1)
        row.next_at = NOW if waits else None
        number = row.id
    if how == "corrected":
        correction(installation, cast, room, item)
    else:
        takedown.take_down(installation, cast.actor("writer"), item.id, "Fel.")
    if not waits:
        with pytest.raises(Conflict):
            resolve.send(installation, cast.actor("writer"), number)
    Dispatcher(installation, wait=lambda seconds: None).run()
    with installation.store.read(cast.place.id) as session:
        row = session.get_one(Delivery, number)
        assert (row.state, row.reason) == ("held", how if waits else "")


def test_taking_down_is_told_and_on_the_record_and_needs_a_reason(
    installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    with pytest.raises(Invalid):
        takedown.take_down(installation, cast.actor("writer"), item.id, "  ")
    with pytest.raises(NotAllowed):
        takedown.take_down(installation, cast.actor("reader"), item.id, "Fel.")
    takedown.take_down(installation, cast.actor("writer"), item.id, "Fel.")
    with pytest.raises(Conflict):
        takedown.take_down(installation, cast.actor("writer"), item.id, "Fel igen.")
    with pytest.raises(NotAllowed):
        takedown.put_back(installation, cast.actor("writer"), item.id)
    with installation.store.read(cast.place.id) as session:
        people = set(session.scalars(select(Notice.person_id).where(Notice.kind == "taken_down")))
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.item_id == item.id)))
    assert people == {cast.approver.id, cast.administrator.id}
    assert actions == ["item.taken_down"]


def test_nothing_that_went_to_others_only_can_be_taken_down_or_corrected_here(
    installation: Installation, cast: Cast
) -> None:
    elsewhere = publications.channel(installation, cast.place.id, "presslist")
    item = publications.published(
        installation, cast.place.id, elsewhere, at=AN_HOUR_AGO, kind="release", title="T", text="x"
    )
    for deed in (
        lambda: takedown.take_down(installation, cast.actor("writer"), item.id, "Fel."),
        lambda: corrections.begin(installation, cast.actor("writer"), item.id),
    ):
        with pytest.raises(Conflict):
            deed()


def test_another_office_can_neither_correct_nor_take_down(installation: Installation, cast: Cast, room: int) -> None:
    item = release(installation, cast, room)
    with pytest.raises(Exception, match="no such item"):
        takedown.take_down(installation, cast.elsewhere_actor, item.id, "Fel.")


def test_the_whole_way_of_a_correction(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, browse: Callable[..., Browser]
) -> None:
    """Begun on the item's page, refused without its note, approved by another, published, and in its place."""
    item = release(installation, cast, room)
    here = address(press, item)
    writer = browse(cast.writer)
    edit = writer.post(f"/w/gruppen/items/{item.id}/correct").headers["Location"]
    again = writer.post(f"/w/gruppen/items/{item.id}/correct").headers["Location"]
    assert edit == again, "one correction at a time"
    number = int(edit.split("/")[-2])
    assert "Vad som är rättat" in writer.get(edit).text
    fields = {
        "kind": "release",
        "title": "Ja till fler turer på landet",
        "text": "Regionen säger nog.",
        "channels": str(room),
        "language": "sv",
        "do": "submit",
    }
    refused = writer.post(edit, data=fields)
    assert refused.status_code == 422
    assert "Skriv vad som är rättat" in refused.text
    sent = writer.post(edit, data=fields | {"correction": "Det var inte säkert."})
    assert sent.status_code == 303
    leader = browse(cast.approver)
    review = leader.get(f"/w/gruppen/items/{number}/review").text
    assert "Det var inte säkert." in review
    _approve_and_send(installation, cast, number)
    Dispatcher(installation, wait=lambda seconds: None).run()
    page = press.get(here).text
    assert "Regionen säger nog." in page
    assert "Det var inte säkert." in page
    with installation.store.read(cast.place.id) as session:
        assert session.scalar(select(Delivery.state).where(Delivery.item_id == number)) == "published"
    assert "Rättat" in writer.get(f"/w/gruppen/items/{item.id}").text


def _approve_and_send(installation: Installation, cast: Cast, number: int) -> None:
    from commsched.services.content import items
    from commsched.services.workflow import approve, schedule

    with installation.store.read(cast.place.id) as session:
        hashed = items.current(session, items.load(session, number)).hash
    approve.approve(installation, cast.actor("approver"), number, hashed)
    schedule.schedule(installation, cast.actor("writer"), number, NOW.isoformat())
