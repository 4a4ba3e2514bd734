"""What the press finds and takes with it: search, years, the kit, press pictures, RSS; and that nothing leaks there."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from msgspec import structs

from commsched import images
from commsched.core.content.release import ContactPerson, Event, LanguageVersion, Quote
from commsched.services.kernel.brand_kit import Kit
from commsched.services.kernel.context import Installation
from commsched.services.press import standing
from commsched.services.press.standing import Wish
from commsched.services.public import front_page, look
from commsched.services.workflow import takedown
from commsched.store.models import Item, Media, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests import publications
from tests.conftest import NOW, Cast
from tests.images import files
from tests.web.public.test_newsroom import AN_HOUR_AGO, address, release

MEDIA = "{http://search.yahoo.com/mrss/}"
DOORS = ("/n/gruppen/", "/n/gruppen/?q=hemligt", "/n/gruppen/pictures", "/n/gruppen/feed.rss", "/n/gruppen/feed.json")


def named(installation: Installation, cast: Cast, data: bytes, filename: str, **more: Any) -> Any:
    """A picture of the library with a name of its own."""
    picture = publications.picture(installation, cast.place.id, data, **more)
    with installation.store.write(cast.place.id) as session:
        session.query(Media).filter_by(sha256=picture.sha256).one().filename = filename
    return picture


def kit_of(press: FlaskClient, where: str) -> dict[str, bytes]:
    given = press.get(f"{where}/press.zip", buffered=True)
    assert (given.status_code, given.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(given.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("turer", True),
        ("TURER landet", True),
        ("ingressens", True),
        ("karin lund", True),
        ("faktaruta", True),
        ("sjukhus", False),
        ("turer sjukhus", False),
    ],
)
def test_search_reads_what_stands_in_public(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, words: str, there: bool
) -> None:
    quotes = [Quote(text="Äntligen!", person="Karin Lund")]
    release(installation, cast, room, lead="Ingressens ord", facts="En faktaruta", quotes=quotes)
    page = press.get(f"/n/gruppen/?q={words}").text
    assert ("Ja till fler turer på landet" in page) is there
    assert ("Inget här stämmer." in page) is not there


def test_search_finds_the_newest_wording_and_not_what_was_corrected_away(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    first = release(installation, cast, room, text="Det kostar femtio miljoner.")
    release(installation, cast, room, text="Det kostar femton miljoner.", corrects=first, correction="Summan.")
    assert first.uid[:8] in press.get("/n/gruppen/?q=femton").text
    assert first.uid[:8] not in press.get("/n/gruppen/?q=femtio").text
    assert "Rättat" in press.get("/n/gruppen/").text


def test_search_reads_no_draft_of_what_is_published(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, item.id).title = "Uppsägningarna"
    assert item.uid[:8] not in press.get("/n/gruppen/?q=uppsägningarna").text


def test_a_search_is_turned_page_by_page_with_its_words(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_page, "BATCH", 7)
    for number in range(50):
        release(installation, cast, room, title=f"{'Buss' if number % 2 else 'Tåg'} {number}")
    first = press.get("/n/gruppen/?q=buss&kind=release").text
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert older
    second = press.get(older[1].replace("&amp;", "&")).text
    seen = [re.findall(r"<h2[^>]*><a [^>]*>([^<]*)", page) for page in (first, second)]
    assert [len(page) for page in seen] == [20, 5]
    assert all(title.startswith("Buss") for page in seen for title in page)


def test_the_years_are_the_offices_own_and_only_those_with_something_to_see(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    old = release(installation, cast, room, title="Nyårstalet", at=datetime(2023, 12, 31, 23, 30, tzinfo=UTC))
    release(installation, cast, room, title="I år")
    hidden = datetime(2021, 5, 1, tzinfo=UTC)
    release(installation, cast, room, title="Dolt", at=hidden, embargo=(NOW + timedelta(days=1)).isoformat())
    page = press.get("/n/gruppen/").text
    assert re.findall(r"<option[^>]*>(\d+)", page) == ["2026", "2024"], "at midnight in Stockholm it is 2024"
    assert old.uid[:8] in press.get("/n/gruppen/?year=2024").text
    assert old.uid[:8] not in press.get("/n/gruppen/?year=2023").text
    for odd in ("0", "9999", "x", "20244", "-1"):
        assert press.get(f"/n/gruppen/?year={odd}").status_code == 200


def test_the_kit_holds_the_text_and_the_pictures_under_names_that_say_what_they_are(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    credit = {"credit": "Ljungpartiet"}
    first = named(installation, cast, b"en", "Vårdcentral Björkåsa.JPG", alt="Huset.", **credit)
    second = named(installation, cast, b"tva", "vårdcentral björkåsa.jpg", alt="Huset igen.", **credit)
    second = structs.replace(second, title="I Björkåsa.")
    camera = named(installation, cast, b"tre", "IMG_20261126_0001.jpg", alt="Regionrådet i talarstolen")
    quotes = [Quote(text="Äntligen!", person="Karin Lund")]
    item = release(installation, cast, room, quotes=quotes, attachments=[first, second, camera], short="Kort.")
    kit = kit_of(press, address(press, item))
    assert kit.pop("ja-till-fler-turer-pa-landet.pdf").startswith(b"%PDF-")
    assert kit["notisversion.txt"].decode("utf-8-sig") == "Kort.\r\n"
    assert "<p>Regionen säger <strong>ja</strong>." in kit["ja-till-fler-turer-pa-landet.html"].decode()
    assert set(kit) == {
        "ja-till-fler-turer-pa-landet.txt",
        "ja-till-fler-turer-pa-landet.html",
        "notisversion.txt",
        "bilder.txt",
        "vardcentral-bjorkasa_foto-ljungpartiet.jpg",
        "vardcentral-bjorkasa_foto-ljungpartiet-2.jpg",
        "regionradet-i-talarstolen.jpg",
    }
    assert kit["vardcentral-bjorkasa_foto-ljungpartiet-2.jpg"] == b"tva"
    text = kit["ja-till-fler-turer-pa-landet.txt"].decode("utf-8-sig")
    assert "Regionen säger ja." in text
    assert "– Äntligen!\r\nKarin Lund" in text
    listed = kit["bilder.txt"].decode("utf-8-sig")
    assert "I Björkåsa.\r\nFoto: Ljungpartiet\r\nAlt-text: Huset igen." in listed
    entry = press.get(f"{address(press, item)}/ninjs.json").get_json()
    assert {"role": "caption", "contentType": "text/plain", "value": "I Björkåsa."} in entry["associations"][1][
        "descriptions"
    ]


def test_the_kit_holds_the_portrait_of_who_is_quoted(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    portrait = named(installation, cast, b"hon", "karin.jpg", credit="Anna Ek")
    with installation.store.read(cast.place.id) as session:
        number = session.query(Media).filter_by(sha256=portrait.sha256).one().id
    standing.save(installation, cast.actor(), Wish("Karin Lund", media=number))
    standing.save(installation, cast.actor(), Wish("Karin Lundgren", media=number))
    item = release(installation, cast, room, quotes=[Quote(text="Ja!", person="Karin Lund, regionråd")])
    kit = kit_of(press, address(press, item))
    assert [name for name in kit if name.endswith(".jpg")] == ["karin-lund_foto-anna-ek.jpg"]


def test_the_kit_is_written_while_it_is_sent(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, bytes(range(256)) * 8192)
    item = release(installation, cast, room, attachments=[picture])
    given = press.get(f"{address(press, item)}/press.zip")
    pieces = list(given.response)
    assert len(pieces) > 8
    assert max(map(len, pieces)) < 300_000
    tag = given.headers["ETag"]
    given.close()
    assert press.get(f"{address(press, item)}/press.zip", headers={"If-None-Match": tag}).status_code == 304


def test_the_text_can_be_copied_as_it_is_read(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room, facts="- 41 000 *resor*", contact="Eva, 070-000 00 00")
    page = press.get(address(press, item)).text
    assert f'href="{address(press, item)}/text" data-copy=' in page
    text = press.get(f"{address(press, item)}/text")
    assert text.content_type == "text/plain; charset=utf-8"
    for words in ("Ja till fler turer på landet", "Regionen säger ja.", "Fakta\n- 41 000 resor", "070-000 00 00"):
        assert words in text.text
    assert not re.search(r"\*|##|<", text.text)


def test_press_pictures_stand_once_with_byline_alt_text_and_file_name(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = named(installation, cast, b"jpeg", "Torget.jpg", alt="Torget i snö.", credit="Åsa Öberg")
    release(installation, cast, room, title="Den äldre", attachments=[picture], at=AN_HOUR_AGO - timedelta(days=1))
    release(installation, cast, room, title="Den nyare", attachments=[picture])
    only_a_post = publications.picture(installation, cast.place.id, b"inlagg", alt="Bara ett inlägg.")
    publications.published(installation, cast.place.id, room, at=AN_HOUR_AGO, text="Hej", attachments=[only_a_post])
    page = press.get("/n/gruppen/pictures").text
    assert page.count('class="file-name"') == 1
    for words in ("Foto: Åsa Öberg", "Torget i snö.", "torget_foto-asa-oberg.jpg", "Den nyare"):
        assert words in page
    assert "Bara ett inlägg." not in page
    saved = press.get(f"/media/gruppen/{picture.sha256}.jpg?download=1", buffered=True)
    assert saved.headers["Content-Disposition"] == "attachment; filename=torget_foto-asa-oberg.jpg"
    assert "Här finns inga pressbilder" in press.get("/n/gruppen/pictures?before=1-1").text


def refuses_everywhere(press: FlaskClient, item: Item, sha256: str) -> None:
    for path in DOORS:
        page = press.get(path).text
        assert "Hemligt" not in page, path
        assert sha256 not in page, path
    for tail in ("", "/press.zip", "/text", "/link.jpg"):
        assert press.get(f"/n/gruppen/{item.uid}{tail}").status_code in (404, 410), tail
    assert press.get(f"/media/gruppen/{sha256}.jpg").status_code == 404


def test_what_is_under_embargo_is_behind_no_door(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg", alt="Hemligt")
    lifts = (NOW + timedelta(seconds=1)).isoformat()
    item = release(installation, cast, room, title="Hemligt beslut", attachments=[picture], embargo=lifts)
    refuses_everywhere(press, item, picture.sha256)


@pytest.mark.parametrize("state", ["waiting", "sending", "unknown", "held", "failed", "cancelled"])
def test_what_is_not_published_is_behind_no_door(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, state: str
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg", alt="Hemligt")
    item = release(installation, cast, room, title="Hemligt beslut", attachments=[picture], state=state)
    refuses_everywhere(press, item, picture.sha256)


def test_what_is_taken_down_is_behind_no_door(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg", alt="Hemligt")
    item = release(installation, cast, room, title="Hemligt beslut", attachments=[picture])
    assert "Hemligt" in press.get("/n/gruppen/pictures").text
    takedown.take_down(installation, cast.actor(), item.id, "Fel siffra.")
    refuses_everywhere(press, item, picture.sha256)


def test_a_picture_that_a_correction_took_away_is_in_no_kit(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    stays = named(installation, cast, b"stannar", "Torget.jpg")
    goes = named(installation, cast, b"bort", "Grannen.jpg")
    first = release(installation, cast, room, attachments=[stays, goes])
    assert "grannen.jpg" in kit_of(press, address(press, first))
    release(installation, cast, room, attachments=[stays], corrects=first, correction="En bild.")
    assert {name for name in kit_of(press, address(press, first)) if name.endswith(".jpg")} == {"torget.jpg"}
    assert goes.sha256 not in press.get("/n/gruppen/pictures").text


def test_the_rss_feed_says_what_the_others_say(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg", alt="En buss", credit="Anna Ek")
    item = release(installation, cast, room, title="Fler & <bättre> turer", attachments=[picture])
    feed = press.get("/n/gruppen/feed.rss")
    assert feed.content_type == "application/rss+xml; charset=utf-8"
    channel = ElementTree.fromstring(feed.data).find("channel")
    assert channel is not None
    (entry,) = channel.findall("item")
    assert entry.findtext("title") == "Fler & <bättre> turer"
    assert entry.findtext("guid", "").replace("-", "") == f"urn:uuid:{item.uid}"
    assert parsedate_to_datetime(entry.findtext("pubDate", "")) == AN_HOUR_AGO
    assert entry.findtext("link") == "http://localhost" + address(press, item)
    shown = entry.find(f"{MEDIA}content")
    assert shown is not None
    assert shown.findtext(f"{MEDIA}description") == "En buss"
    assert 'type="application/rss+xml"' in press.get("/n/gruppen/").text


@pytest.mark.parametrize("tail", ["", "feed.rss", "feed.atom", "feed.json", "pictures"])
def test_who_knows_no_etag_asks_by_the_time(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, tail: str
) -> None:
    release(installation, cast, room)
    first = press.get(f"/n/gruppen/{tail}")
    assert first.last_modified == AN_HOUR_AGO
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = press.get(f"/n/gruppen/{tail}", headers=since)
    assert (again.status_code, again.data) == (304, b"")
    release(installation, cast, room, title="Något nytt", at=NOW)
    assert press.get(f"/n/gruppen/{tail}", headers=since).status_code == 200


def test_a_page_and_its_picture_are_asked_for_by_the_time_too(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg")
    item = release(installation, cast, room, attachments=[picture])
    for path in (address(press, item), f"/media/gruppen/{picture.sha256}.jpg"):
        first = press.get(path, buffered=True)
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert press.get(path, headers=since).status_code == 304, path
    since = {"If-Modified-Since": press.get(address(press, item)).headers["Last-Modified"]}
    release(installation, cast, room, corrects=item, correction="Datumet.", at=NOW)
    assert press.get(address(press, item), headers=since).status_code == 200


COLOURS = ["#1e6b3a", "#ffe600", "#000000", "#ffffff", "#ff0000", "#808080", "#6fcbd9", "#0c5c6b"]


@pytest.mark.parametrize("primary", COLOURS)
def test_any_colour_of_an_office_makes_pages_that_can_be_read(primary: str) -> None:
    contrast = images.contrast
    sheet = look.style_sheet(Kit(primary=primary, accent="#777777"))
    pairs = {
        name: (contrast.colour(day), contrast.colour(night))
        for name, day, night in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", sheet)
    }
    for theme, grounds in enumerate((look.PAPER, look.NIGHT)):
        accent, wash = pairs["accent"][theme], pairs["accent-wash"][theme]
        for ground in (*map(contrast.colour, grounds), wash):
            assert contrast.ratio(accent, ground) >= 4.5
        assert contrast.ratio(pairs["on-accent"][theme], accent) >= 4.5
        assert contrast.ratio(pairs["on-band"][theme], pairs["band"][theme]) >= 4.5
        ink = contrast.colour(("#1a1f24", "#eceef0")[theme])
        assert contrast.ratio(ink, wash) >= 4.5


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    from commsched.web.http.paths import STATIC

    sheet = (STATIC / "css" / "public.css").read_text()
    for name, day, night in zip(("paper", "surface", "sunken"), look.PAPER, look.NIGHT, strict=True):
        assert f"--{name}: light-dark({day}, {night});" in sheet


def test_the_newsroom_stands_in_the_offices_colours_with_its_logo(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    assert press.get("/n/gruppen/logo").status_code == 404
    data = files.png((900, 300))
    publications.picture(installation, cast.place.id, data, width=900, height=300)
    with installation.store.write(cast.place.id) as session:
        logo = session.query(Media).one().id
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Workspace, cast.place.id).brand = {"primary": "#1e6b3a", "logo": logo}
    page = press.get("/n/gruppen/").text
    sheet = re.search(r'href="(/n/gruppen/look\.css\?v=\w+)"', page)
    assert sheet
    given = press.get(sheet[1])
    assert "--band: light-dark(#1e6b3a, #1e6b3a)" in given.text
    assert "immutable" in given.headers["Cache-Control"]
    assert "immutable" not in press.get("/n/gruppen/look.css?v=x").headers["Cache-Control"]
    assert 'class="logo plate"' in page, "a logo for light grounds, on the office's own colour"
    assert press.get("/n/gruppen/logo", buffered=True).status_code == 200


@pytest.mark.parametrize("headline", ["Bilder", "Bilder!"])
def test_a_release_called_pictures_keeps_its_text_in_the_kit(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, headline: str
) -> None:
    """Two files of one name are one file where the archive is opened."""
    shown = named(installation, cast, files.jpeg(), "vårdcentral.jpg", alt="Vårdcentralen")
    item = release(installation, cast, room, title=headline, text="Hela texten.", attachments=[shown])
    kit = kit_of(press, address(press, item))
    assert len(kit) == 5
    assert any("Hela texten." in data.decode("utf-8-sig") for name, data in kit.items() if name.endswith(".txt"))


@pytest.mark.parametrize("year", ["9999", "0001", "0000", "²²²²"])
@pytest.mark.parametrize("words", ["a" * 4000, "😀" * 3000, '"' * 999, '"a ' * 900, "\x00", "(" * 500])
def test_whatever_is_asked_the_newsroom_answers_soon(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, year: str, words: str
) -> None:
    release(installation, cast, room, text="a " * 5000)
    given = press.get("/n/gruppen/", query_string={"year": year, "q": words, "kind": words[:50], "before": words})
    assert given.status_code in (200, 404)


def test_a_release_in_two_languages_is_offered_in_both(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    text = "The region says **yes**.\n\n| A | B |\n|---|---|\n| 1 | 2 |"
    english = LanguageVersion(language="en", title="Yes to more buses", text=text)
    event = Event(starts="2026-12-03T09:00:00Z", place="Torget", address="Storgatan 1")
    people = [ContactPerson(name="Elin Berg", role="kanslist", phone="070-123 45 67", email="elin@x.example")]
    parts: dict[str, Any] = {"versions": [english], "event": event, "contacts": people, "about": "Om **oss**."}
    item = release(installation, cast, room, genre="pressinbjudan", **parts)
    where = address(press, item)
    page = press.get(where).text
    assert f'hreflang="en" href="http://localhost{where}/in/en"' in page
    assert 'href="tel:0701234567"' in page
    assert "mailto:elin@x.example" in page
    assert "torsdag 3 december 2026 kl. 10.00" in page
    assert "event.ics" in page
    assert '"@type": "Event"' in page.replace('":"', '": "')
    assert "<strong>oss</strong>" in page
    other = press.get(f"{where}/in/en").text
    assert '<article class="story release" lang="en" dir="ltr">' in other
    assert "<h1>Yes to more buses</h1>" in other
    assert '<div class="table-frame" tabindex="0"><table>' in other
    assert "Ja till fler turer" not in other
    assert "Yes to more buses" in press.get(f"{where}/text?language=en").text
    assert press.get(f"{where}/in/fi").status_code == 302
