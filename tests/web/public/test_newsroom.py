"""The office in public: what the press may see, and when."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from commsched.core.content.release import Quote
from commsched.services.kernel.context import Installation
from commsched.store.models import Item, Workspace
from commsched.store.session import EVERY_WORKSPACE
from tests import publications
from tests.channel_views import channel_view
from tests.conftest import NOW, Cast, SetClock

ATOM = "{http://www.w3.org/2005/Atom}"
AN_HOUR_AGO = NOW - timedelta(hours=1)


def release(installation: Installation, cast: Cast, channel: int, **content: Any) -> Item:
    at = content.pop("at", AN_HOUR_AGO)
    said = {"kind": "release", "title": "Ja till fler turer på landet", "text": "Regionen säger **ja**."} | content
    return publications.published(installation, cast.place.id, channel, at=at, **said)


def address(press: FlaskClient, item: Item) -> str:
    """Where an item stands, found as a reader finds it: on the newsroom's first page."""
    found = re.search(rf'href="(/n/gruppen/[^"]*{item.uid[:8]})"', press.get("/n/gruppen/").text)
    assert found, "the item is not on the first page"
    return found[1]


def test_a_release_stands_in_the_newsroom_with_everything_the_press_needs(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg", credit="Anna Ek", width=1600, height=900)
    item = release(
        installation,
        cast,
        room,
        lead="Ingressen.",
        short="Notisen.",
        facts="- 41 000 resor",
        contact="Eva, 070-000 00 00",
        quotes=[Quote(text="Äntligen!", person="Karin Lund")],
        attachments=[picture],
        genre="debattartikel",
    )
    page = press.get(address(press, item))
    assert page.status_code == 200
    for words in (
        "Debattartikel",
        "Ja till fler turer på landet",
        "Ingressen.",
        "<strong>ja</strong>",
        "Notisen.",
        "<li>41 000 resor</li>",
        "Äntligen!",
        "Karin Lund",
        "Foto: Anna Ek",
        "Presskontakt",
        'href="tel:0700000000"',
    ):
        assert words in page.text, words


def test_only_what_is_published_can_be_seen(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    for state in ("waiting", "sending", "unknown", "held", "failed", "cancelled"):
        item = publications.published(
            installation,
            cast.place.id,
            room,
            at=AN_HOUR_AGO,
            state=state,
            kind="release",
            title=f"Hemligt {state}",
            text="x",
        )
        assert press.get(f"/n/gruppen/{item.uid}").status_code == 404
    for path in ("/n/gruppen/", "/n/gruppen/feed.atom", "/n/gruppen/feed.json", "/n/gruppen/sitemap.xml"):
        assert "emligt" not in press.get(path).text


def test_what_went_to_other_channels_only_is_not_in_the_newsroom(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    elsewhere = publications.channel(installation, cast.place.id, "presslist")
    item = release(installation, cast, elsewhere, title="Bara till listan")
    assert press.get(f"/n/gruppen/{item.uid}").status_code == 404
    assert "Bara till listan" not in press.get("/n/gruppen/").text


def test_an_embargo_holds_to_the_second_even_where_the_rows_say_published(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, clock: SetClock
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg")
    lifts = NOW + timedelta(seconds=1)
    item = release(installation, cast, room, title="Budgeten", attachments=[picture], embargo=lifts.isoformat())
    everywhere = ("/n/gruppen/", "/n/gruppen/feed.atom", "/n/gruppen/feed.json", "/n/gruppen/sitemap.xml")
    for path in everywhere:
        assert item.uid[:8] not in press.get(path).text
    assert press.get(f"/n/gruppen/{item.uid}").status_code == 404
    assert press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True).status_code == 404
    clock.forward(seconds=1)
    for path in everywhere:
        assert item.uid[:8] in press.get(path).text
    assert press.get(address(press, item)).status_code == 200
    assert press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True).status_code == 200


@pytest.mark.parametrize("embargo", ["2026-11-26T06:00:00", "snart"])
def test_an_embargo_that_cannot_be_read_never_ends(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, embargo: str
) -> None:
    item = release(installation, cast, room, embargo=embargo)
    assert press.get(f"/n/gruppen/{item.uid}").status_code == 404


def test_the_published_revision_is_shown_and_not_a_later_edit(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room, text="Som det publicerades.")
    with installation.store.write(cast.place.id) as session:
        session.get_one(Item, item.id).title = "En senare ändring"
    page = press.get(address(press, item)).text
    assert "Som det publicerades." in page
    assert "En senare ändring" not in page


@pytest.mark.parametrize("old", ["{uid}", "en-aldre-rubrik-{start}"])
def test_an_old_address_leads_to_the_present_one(
    press: FlaskClient, installation: Installation, cast: Cast, room: int, old: str
) -> None:
    item = release(installation, cast, room)
    moved = press.get("/n/gruppen/" + old.format(uid=item.uid, start=item.uid[:8]))
    assert moved.status_code == 301
    assert moved.location.endswith(f"/n/gruppen/ja-till-fler-turer-pa-landet-{item.uid[:8]}")


def test_the_address_that_the_platform_records_is_the_one_that_answers(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    from commsched.core.delivery.outcome import Handles, Published
    from commsched.services.kernel.channel_context import make_context

    item = release(installation, cast, room)
    newsroom = installation.platform("newsroom")
    view = channel_view(
        kind="release", title="Ja till fler turer på landet", text="Regionen säger **ja**.", uid=item.uid
    )
    context = make_context(
        installation, platform="newsroom", workspace="gruppen", channel=room, settings={}, secrets={}
    )
    outcome = newsroom.publish(newsroom.parts(view)[0], Handles(), context)
    assert isinstance(outcome, Published)
    assert press.get(outcome.url.removeprefix("http://localhost")).status_code == 200


def test_an_unchanged_page_is_answered_304(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    for path in ("/n/gruppen/", address(press, item), "/n/gruppen/feed.atom", "/n/gruppen/feed.json"):
        first = press.get(path)
        assert first.headers["Cache-Control"] == "public, no-cache"
        again = press.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    tag = press.get("/n/gruppen/").headers["ETag"]
    release(installation, cast, room, title="Något nytt")
    assert press.get("/n/gruppen/", headers={"If-None-Match": tag}).status_code == 200


def test_nothing_follows_the_reader(press: FlaskClient, installation: Installation, cast: Cast, room: int) -> None:
    item = release(installation, cast, room)
    for path in ("/n/gruppen/", address(press, item)):
        page = press.get(path)
        assert "Set-Cookie" not in page.headers
        ours = re.sub(r'<script type="module" src="/static/js/newsroom\.js\?v=\w+"></script>', "", page.text)
        assert not re.search(r"<script(?! type=\"application/ld\+json\")|<iframe|style=", ours)


def test_markup_from_the_writer_cannot_run(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    item = release(
        installation,
        cast,
        room,
        title=evil,
        lead=evil,
        text=evil,
        facts=evil,
        short=evil,
        contact=evil,
        quotes=[Quote(text=evil, person=evil)],
        link="javascript:alert(1)",
    )
    post = publications.published(installation, cast.place.id, room, at=AN_HOUR_AGO, text=evil)
    for path in (address(press, item), address(press, post), "/n/gruppen/"):
        html = re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", press.get(path).text)
        html = re.sub(r'<script type="module" src="/static/js/newsroom\.js\?v=\w+"></script>', "", html)
        assert not re.search(r"<(script|img src=x)|href=\"javascript", html)


def test_the_atom_feed_has_a_name_for_each_item_that_never_changes(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room, text="Kontrolltecken \x0b och & och <b>")
    feed = press.get("/n/gruppen/feed.atom")
    assert feed.content_type.startswith("application/atom+xml")
    root = ElementTree.fromstring(feed.data)
    entry = root.find(f"{ATOM}entry")
    assert entry is not None
    names = {child.tag.removeprefix(ATOM): child.text for child in entry}
    assert (
        names["id"] == f"urn:uuid:{item.uid[:8]}-{item.uid[8:12]}-{item.uid[12:16]}-{item.uid[16:20]}-{item.uid[20:]}"
    )
    assert names["title"] == "Ja till fler turer på landet"
    assert "<p>Kontrolltecken" in (names["content"] or "")
    assert datetime.fromisoformat(names["published"] or "") == AN_HOUR_AGO


def test_an_empty_feed_is_still_a_feed(press: FlaskClient, cast: Cast, room: int) -> None:
    root = ElementTree.fromstring(press.get("/n/gruppen/feed.atom").data)
    assert root.findall(f"{ATOM}entry") == []
    assert json.loads(press.get("/n/gruppen/feed.json").data)["items"] == []


def test_the_json_feed_holds_whole_texts_and_pictures(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg", alt="En buss")
    release(installation, cast, room, attachments=[picture])
    publications.published(
        installation, cast.place.id, room, at=AN_HOUR_AGO - timedelta(1), text="Ett inlägg https://x.se"
    )
    feed = json.loads(press.get("/n/gruppen/feed.json").data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    first, second = feed["items"]
    assert first["title"] == "Ja till fler turer på landet"
    assert first["image"] == f"http://localhost/media/gruppen/{picture.sha256}.jpg"
    assert first["attachments"][0]["title"] == "En buss"
    assert '<a href="https://x.se"' in second["content_html"]
    assert "title" not in second


def test_search_engines_get_a_site_map_and_structured_data(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room, title="“Citat” & </script>")
    where = address(press, item)
    assert f"<loc>http://localhost{where}</loc>" in press.get("/n/gruppen/sitemap.xml").text
    robots = press.get("/robots.txt").text
    assert "Sitemap: http://localhost/n/gruppen/sitemap.xml" in robots
    assert "Disallow: /w/" in robots
    page = press.get(where).text
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert data
    article = json.loads(data[1])
    assert (article["@type"], article["headline"]) == ("NewsArticle", "“Citat” & </script>")
    assert '<meta property="og:type" content="article">' in page
    assert 'type="application/atom+xml"' in page


def test_the_list_is_turned_page_by_page_without_losing_or_doubling(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    made = {release(installation, cast, room, title=f"Nummer {n}", at=AN_HOUR_AGO).uid[:8] for n in range(45)}
    seen: list[str] = []
    path = "/n/gruppen/"
    for _ in range(5):
        html = press.get(path).text
        seen += re.findall(r'<h2[^>]*><a href="[^"]*-([0-9a-f]{8})"', html)
        older = re.search(r'href="([^"]*before=[^"]*)"', html)
        if not older:
            break
        path = older[1].replace("&amp;", "&")
    assert len(seen) == 45
    assert set(seen) == made


@pytest.mark.parametrize("cursor", ["x", "1-", "9" * 40, "1-1-1", "-1-1"])
def test_a_cursor_that_is_none_shows_the_first_page(press: FlaskClient, cast: Cast, room: int, cursor: str) -> None:
    assert press.get(f"/n/gruppen/?before={cursor}").status_code == 200


def test_the_list_can_show_releases_only(press: FlaskClient, installation: Installation, cast: Cast, room: int) -> None:
    release(installation, cast, room)
    publications.published(installation, cast.place.id, room, at=AN_HOUR_AGO, text="Bara ett inlägg")
    assert "Bara ett inlägg" in press.get("/n/gruppen/").text
    assert "Bara ett inlägg" not in press.get("/n/gruppen/?kind=release").text


@pytest.mark.parametrize(
    "path", ["/n/ingen/", "/n/gruppen/", "/n/ingen/feed.atom", "/n/gruppen/nej", "/wall/gruppen/99", "/wall/ingen/1"]
)
def test_what_is_not_there_is_a_plain_404(press: FlaskClient, cast: Cast, path: str) -> None:
    gone = press.get(path)
    assert gone.status_code == 404
    assert "Här finns inget" in gone.text


def test_a_wrong_address_in_a_newsroom_leads_back_to_it(press: FlaskClient, cast: Cast, room: int) -> None:
    gone = press.get("/n/gruppen/felskriven")
    assert gone.status_code == 404
    assert 'href="/n/gruppen/"' in gone.text
    assert "Till pressrummet" in gone.text


def test_an_office_sees_only_its_own_newsroom(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    item = release(installation, cast, room)
    publications.channel(installation, cast.elsewhere.id)
    assert press.get(f"/n/distriktet/{item.uid}").status_code == 404
    assert item.uid[:8] not in press.get("/n/distriktet/").text


def test_an_unpublished_picture_is_for_those_who_work_in_the_office(
    installation: Installation, cast: Cast, browse: Any
) -> None:
    picture = publications.picture(installation, cast.place.id, b"utkast")
    path = f"/media/gruppen/{picture.sha256}.jpg"
    assert browse().get(path).status_code == 404
    assert browse(cast.stranger, "distriktet").get(path).status_code == 404
    seen = browse(cast.reader).get(path, buffered=True)
    assert seen.data == b"utkast"
    assert seen.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("name", ["../../secret.key", "x.jpg", "0" * 64 + ".jpg", "0" * 64, "%2e%2e/commsched.db"])
def test_nothing_but_pictures_is_served(press: FlaskClient, cast: Cast, room: int, name: str) -> None:
    assert press.get(f"/media/gruppen/{name}").status_code == 404


def test_a_published_picture_can_be_downloaded(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    picture = publications.picture(installation, cast.place.id, b"jpeg")
    release(installation, cast, room, attachments=[picture])
    shown = press.get(f"/media/gruppen/{picture.sha256}.jpg", buffered=True)
    assert (shown.data, shown.mimetype) == (b"jpeg", "image/jpeg")
    taken = press.get(f"/media/gruppen/{picture.sha256}.jpg?download=1", buffered=True)
    assert taken.headers["Content-Disposition"].startswith("attachment; filename=gruppen-")


def test_the_newsroom_says_what_the_office_has_written_about_itself(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Workspace, cast.place.id).settings = {
            "about": "Vilka vi är.",
            "press_contact": "eva@example.org",
        }
    page = press.get("/n/gruppen/").text
    assert "Vilka vi är." in page
    assert 'href="mailto:eva@example.org"' in page


def test_the_wall_shows_the_parts_that_are_out(press: FlaskClient, installation: Installation, cast: Cast) -> None:
    wall = publications.channel(installation, cast.place.id, "sandbox", name="Väggen")
    thread = publications.published(
        installation,
        cast.place.id,
        wall,
        at=AN_HOUR_AGO,
        state="sending",
        text="Första\n---\nAndra",
        parts=["published", "unknown"],
    )
    publications.published(installation, cast.place.id, wall, at=AN_HOUR_AGO, state="waiting", text="Inte än")
    publications.published(installation, cast.place.id, wall, at=AN_HOUR_AGO, text="Hel", link="https://example.org/x")
    page = press.get(f"/wall/gruppen/{wall}").text
    assert "Första" in page
    assert f'id="{thread.uid}-0"' in page, "the address that the platform recorded leads here"
    assert "Hel" in page
    assert 'href="https://example.org/x"' in page
    assert "Andra" not in page
    assert "Inte än" not in page
    assert 'content="noindex, nofollow"' in page


def test_the_newsroom_has_a_sign_in_the_offices_own_look(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    page = press.get("/n/gruppen/").text
    assert '<link rel="icon" href="/n/gruppen/icon.svg" type="image/svg+xml">' in page
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Workspace, cast.place.id).brand = {"primary": "#ffe600", "name": "örat <b>"}
    sign = press.get("/n/gruppen/icon.svg")
    assert (sign.status_code, sign.content_type) == (200, "image/svg+xml")
    drawn = ElementTree.fromstring(sign.text)
    assert [one.text for one in drawn.iter() if one.text] == ["Ö"]
    fills = [one.get("fill") for one in drawn]
    assert fills[0] == "#ffe600"
    assert fills[1] == "#000000", "it can be read on its ground"
    assert press.get("/n/gruppen/icon.svg", headers={"If-None-Match": sign.headers["ETag"]}).status_code == 304
    assert press.get("/n/gruppen/feed.json").json["favicon"].endswith("/n/gruppen/icon.svg")


def test_no_visitor_leaves_a_missing_icon_in_the_log(press: FlaskClient, cast: Cast, room: int) -> None:
    assert press.get("/favicon.ico").status_code == 200
    gone = press.get("/n/gruppen/finns-inte")
    assert gone.status_code == 404
    assert 'rel="icon"' in gone.text
    assert press.get("/n/distriktet/icon.svg").status_code == 404


def test_no_summary_shows_the_marks_of_a_release(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    text = "**Regionen** säger [ja](www.region.example/ja) till *fler* turer.\n\n## Bakgrund\n\n- ett\n"
    item = release(installation, cast, room, text=text, lead="", short="")
    page = press.get(address(press, item)).text
    for place in (
        *re.findall(r'<meta (?:name|property)="(?:og:|twitter:)?description" content="([^"]*)"', page),
        *re.findall(r'"description": *"([^"]*)"', page),
        *re.findall(r"<summary[^>]*>(.*?)</summary>", press.get("/n/gruppen/feed.atom").text),
        *re.findall(r'class="summary"[^>]*>(.*?)</p>', press.get("/n/gruppen/").text),
        json.loads(press.get("/n/gruppen/feed.json").data)["items"][0]["summary"],
    ):
        assert place.startswith(("Regionen säger ja till fler turer.", r"Regionen s\u00e4ger ja till fler")), place
        assert not re.search(r"\*|##|\]\(|www", place), place


def test_a_moment_in_a_page_is_one_that_html_knows(
    press: FlaskClient, installation: Installation, cast: Cast, room: int
) -> None:
    at = AN_HOUR_AGO + timedelta(microseconds=123456)
    publications.published(installation, cast.place.id, room, at=at, text="Ett inlägg")
    moments = re.findall(r'<time[^>]*datetime="([^"]+)"', press.get("/n/gruppen/").text)
    assert moments == ["2026-11-26T05:00:00+00:00"]
