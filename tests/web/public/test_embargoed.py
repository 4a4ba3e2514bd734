"""No door shows what is under embargo, but the secret address; and that one only what was approved."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from commsched.core.access.routes import access_of
from commsched.core.content.draft import ChannelIn, PictureIn
from commsched.core.text.messages import Invalid
from commsched.services.channels import connect
from commsched.services.content import drafts, items, preview_addresses, times
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.workflow import approve, editing, embargoes, resolve, schedule
from commsched.store.models import Takedown
from tests import writing
from tests.conftest import Cast, MailBag, SetClock
from tests.publications import channel
from tests.services import desk

NOTICE = "Embargo till torsdag 26 november kl. 14.00"
SECRETS = ("Ja till fler turer", "Budgethemligheten", "Ingresshemligheten", "ja-till-fler-turer")


class Story:
    """One release: the list has it at noon, everything public at two."""

    def __init__(self, cast: Cast, clock: SetClock) -> None:
        self.cast, self.clock, self.installation = cast, clock, cast.installation
        given = {"addresses": "red@tidning.example\np4@radio.example"}
        self.press = connect.connect(self.installation, cast.actor(), "presslist", "Pressen", given).id
        self.room = channel(self.installation, cast.place.id)
        self.wall = connect.connect(self.installation, cast.actor(), "sandbox", "Muren", {}).id
        self.picture = writing.picture(self.installation, cast)
        said: dict[str, Any] = {
            "kind": "release",
            "title": "Ja till fler turer",
            "text": "Budgethemligheten är **stor**.",
            "lead": "Ingresshemligheten.",
            "contact": "Eva",
            "embargo": "2026-11-26T14:00",
            "media": [PictureIn(id=self.picture, alt="En buss")],
        }
        self.item = desk.scheduled(cast, channels=[self.press, self.room, self.wall], **said)
        with self.installation.store.read(cast.place.id) as session:
            item = items.load(session, self.item)
            self.uid, content = item.uid, items.current(session, item).parsed()
            self.url = preview_addresses.url(self.installation, session, self.item).removeprefix("http://localhost")
        self.names = [f"{sha256}.jpg" for sha256 in content.files()]

    def at(self, time: str) -> None:
        """Let the engine work at ``time`` in Stockholm."""
        self.clock.at = datetime.fromisoformat(f"2026-11-26T{time}+01:00")
        desk.publish_what_is_due(self.installation)


@pytest.fixture
def story(cast: Cast, clock: SetClock) -> Story:
    return Story(cast, clock)


def public_addresses(app: Flask, story: Story) -> list[str]:
    """Every address that anybody may ask for, from the map of routes, with all that can be guessed filled in; the
    secret itself cannot be."""
    slug = f"ja-till-fler-turer-{story.uid[:8]}"
    guesses: dict[str, list[object]] = {
        "place": ["gruppen"],
        "slug": ["gruppen"],
        "address": [slug, story.uid, story.uid[:8], "x-" + story.uid[:8]],
        "number": [1],
        "version": [1],
        "channel": [story.room, story.wall, story.press],
        "name": story.names,
        "width": [480, 960, 1600],
        "token": ["x", story.uid, story.uid[:8]],
        "secret": ["x", story.uid],
        "sha256": [name[:64] for name in story.names],
        "item_id": [story.item],
    }
    found = []
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if access is None or access.kind != "public" or "GET" not in (rule.methods or ()):
            continue
        filled = [str(rule.rule)]
        for argument in rule.arguments:
            pattern = re.compile(rf"<(?:\w+(?:\([^)]*\))?:)?{argument}>")
            filled = [pattern.sub(str(value), path) for path in filled for value in guesses.get(argument, ["x", 1])]
        found += filled
    return found


def opened(press: FlaskClient, app: Flask, story: Story) -> list[str]:
    """The addresses that say something of the release or show a picture of it."""
    telling = []
    for path in public_addresses(app, story):
        answer = press.get(path, buffered=True)
        location, body = answer.headers.get("Location", ""), answer.data
        said = any(word.encode() in body or word in location for word in SECRETS)
        if said or (answer.status_code == 200 and any(name in path for name in story.names)):
            telling.append(path)
    return telling


def test_every_public_door_is_shut_before_and_opens_by_itself_at_the_second(
    app: Flask, story: Story, mail: MailBag
) -> None:
    press = app.test_client()
    story.at("13:59:59")
    assert len(mail.sent) == 2, "the list has it"
    assert len(public_addresses(app, story)) > 30
    assert opened(press, app, story) == []
    story.at("14:00:00")
    doors = opened(press, app, story)
    for path in ("/n/gruppen/", "/n/gruppen/feed.atom", "/n/gruppen/feed.json", "/n/gruppen/sitemap.xml"):
        assert path in doors
    assert f"/wall/gruppen/{story.wall}" in doors
    assert any(path.startswith("/media/gruppen/") for path in doors)


def test_what_the_engine_has_not_published_is_not_shown_though_the_clock_has_struck(app: Flask, story: Story) -> None:
    """The outcome is what opens the newsroom: nothing is called published that is not, and nothing is shown before."""
    press = app.test_client()
    story.at("13:00:00")
    story.clock.forward(hours=1)
    assert opened(press, app, story) == []
    assert [row.state for row in desk.deliveries(story.cast, story.item)] == ["published", "waiting", "waiting"]


def test_the_secret_address_shows_it_with_the_notice_first(app: Flask, story: Story) -> None:
    press = app.test_client()
    page = press.get(story.url)
    assert page.status_code == 200
    body = page.text.partition("<main")[2]
    assert body.index(NOTICE) < body.index("Ja till fler turer")
    for word in ("Budgethemligheten", "Ingresshemligheten"):
        assert word in body
    assert f"<title>{NOTICE}" in page.text
    assert "og:" not in page.text
    assert "/n/gruppen/ja-till" not in page.text
    pictures = set(re.findall(r'(?:src|href)="(/e/[^"]+)"', page.text))
    assert pictures
    for address in [story.url, *pictures]:
        answer = press.get(address.replace("&amp;", "&"), buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert "/media/" not in page.text, "its pictures have no other address yet"


def test_when_it_is_public_the_secret_address_leads_to_the_newsroom(app: Flask, story: Story) -> None:
    press = app.test_client()
    story.at("12:00:00")
    story.clock.at = datetime.fromisoformat("2026-11-26T14:00:00+01:00")
    late = press.get(story.url)
    assert late.status_code == 200, "the engine has not published it yet"
    assert "mbargo" not in late.text
    story.at("14:00:00")
    answer = press.get(story.url)
    assert answer.status_code == 302
    assert "Budgethemligheten" in press.get(answer.location, follow_redirects=True).text


def test_an_address_that_was_ended_leads_nowhere_for_ever(app: Flask, story: Story) -> None:
    press, writer = app.test_client(), story.cast.actor("writer")
    picture = re.findall(r'src="(/e/[^"]+)"', press.get(story.url).text)[0]
    embargoes.renew_preview(story.installation, writer, story.item)
    for _ in range(2):
        assert press.get(story.url).status_code == 404
        assert press.get(picture).status_code == 404
        story.at("14:00:00")
    assert press.get("/e/" + "x" * 300).status_code == 404
    assert press.get("/e/").status_code == 404


def test_it_shows_nothing_that_nobody_approved(app: Flask, story: Story) -> None:
    press = app.test_client()
    edited = desk.draft(
        [story.press, story.room],
        kind="release",
        title="Något annat",
        text="Oläst av ledaren.",
        contact="Eva",
        embargo="2026-11-26T14:00",
    )
    editing.save(story.installation, story.cast.actor("writer"), story.item, edited)
    page = press.get(story.url).text
    assert "Budgethemligheten" in page
    assert "Oläst" not in page
    approve.submit(story.installation, story.cast.actor("writer"), story.item, then_schedule=True)
    approve.approve(story.installation, story.cast.actor("approver"), story.item, desk.hash_of(story.cast, story.item))
    assert "Oläst" in press.get(story.url).text


@pytest.mark.parametrize("how", ["withdrawn", "cancelled", "dropped", "taken down"])
def test_whoever_stops_it_shuts_the_address_too(app: Flask, story: Story, how: str) -> None:
    press, cast = app.test_client(), story.cast
    if how == "withdrawn":
        approve.withdraw(story.installation, cast.actor("approver"), story.item, "Nej.")
    elif how == "taken down":
        with story.installation.store.write(cast.place.id) as session:
            session.add(Takedown(item_id=story.item, reason="Fel.", at=story.clock.at))
    else:
        story.at("12:00:00")
        if how == "cancelled":
            schedule.cancel(story.installation, cast.actor("writer"), story.item)
        for row in desk.deliveries(cast, story.item)[1:] if how == "dropped" else ():
            resolve.drop(story.installation, cast.actor("writer"), row.id)
    assert press.get(story.url).status_code == 404


def test_the_page_of_the_item_makes_and_ends_the_address(
    installation: Installation, story: Story, browse: Any, app: Flask
) -> None:
    writer, press = browse(story.cast.writer), app.test_client()
    assert story.url in writer.get(f"~/items/{story.item}").text
    assert story.url not in browse(story.cast.reader).get(f"~/items/{story.item}").text
    assert writer.post(f"~/items/{story.item}/preview/end").status_code == 303
    assert press.get(story.url).status_code == 404
    assert writer.post(f"~/items/{story.item}/preview").status_code == 303
    again = re.search(r"/e/[\w-]{40,}", writer.get(f"~/items/{story.item}").text)
    assert again
    assert press.get(again[0]).status_code == 200
    assert press.get(story.url).status_code == 404


def test_the_page_of_the_item_changes_the_embargo_once_it_is_confirmed(story: Story, browse: Any) -> None:
    story.at("12:00:00")
    writer = browse(story.cast.writer)
    later = {"embargo_day": "2026-11-26", "embargo_time": "16.00"}
    refused = writer.post(f"~/items/{story.item}/embargo", later)
    assert refused.status_code == 409
    assert "Berätta själv" in refused.text
    assert writer.post(f"~/items/{story.item}/embargo", later | {"confirmed": "1"}).status_code == 303
    assert desk.look(story.cast, story.item).state == "in_review"


def test_the_approver_sees_who_gets_it_before_in_the_mail_and_on_both_pages(
    cast: Cast, clock: SetClock, mail: MailBag, browse: Any, app: Flask
) -> None:
    given = {"addresses": "red@tidning.example"}
    press = connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given).id
    room = channel(cast.installation, cast.place.id)
    item = desk.submitted(
        cast, channels=[press, room], kind="release", title="Ja", contact="Eva", embargo="2026-11-26T14:00"
    )
    outbox.send_due(cast.installation)
    letter = mail.sent[-1]
    assert "Embargo: tors 26 nov 14:00 (Pressen får det tidigare)" in letter.text
    link = re.search(r"/a/[\w-]+", letter.text)
    assert link
    for page in (app.test_client().get(link[0]).text, browse(cast.approver).get(f"~/items/{item}/review").text):
        assert "Embargo till tors 26 nov 14:00." in page
        assert "Pressen får det tidigare, med embargot först." in page


def test_one_release_with_a_time_for_each_channel_approved_once(
    cast: Cast, clock: SetClock, mail: MailBag, app: Flask
) -> None:
    """The list at eight, the newsroom and the networks at the embargo, one item, one yes; nobody touches it after."""
    given = {"addresses": "red@tidning.example"}
    press = connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given).id
    room = channel(cast.installation, cast.place.id)
    walls = [connect.connect(cast.installation, cast.actor(), "sandbox", name, {}).id for name in ("Ett", "Två")]
    at_ten = [ChannelIn(id=number, publish_at="2026-11-26T10:00") for number in (room, walls[0])]
    item = desk.scheduled(
        cast,
        channels=[press, *at_ten, walls[1]],
        kind="release",
        title="Ja till fler turer",
        contact="Eva",
        publish_at="2026-11-26T08:00",
        embargo="2026-11-26T10:00",
    )
    public = app.test_client()
    pages = ["/n/gruppen/", *(f"/wall/gruppen/{wall}" for wall in walls)]

    def shown() -> list[bool]:
        return ["Ja till fler turer" in public.get(page).text or desk.TEXT in public.get(page).text for page in pages]

    for time, state in (("08:00", "publishing"), ("09:59:59", "publishing"), ("10:00:00", "published")):
        clock.at = datetime.fromisoformat(f"2026-11-26T{time}+01:00")
        desk.publish_what_is_due(cast.installation)
        assert len(mail.sent) == 1
        assert shown() == [state == "published"] * 3
        assert desk.look(cast, item).state == state
    assert mail.sent[0].subject == "Embargo till torsdag 26 november kl. 10.00: Ja till fler turer"


def test_a_public_channel_is_given_no_time_of_its_own_before_the_embargo(cast: Cast) -> None:
    given = {"addresses": "red@tidning.example"}
    press = connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given).id
    room = channel(cast.installation, cast.place.id)
    said = {"kind": "release", "title": "Ja", "contact": "Eva", "embargo": "2026-11-26T14:00"}
    early = desk.written(cast, channels=[press, ChannelIn(id=room, publish_at="2026-11-26T13:00")], **said)
    with pytest.raises(approve.Blocked):
        approve.submit(cast.installation, cast.actor("writer"), early)
    item = desk.scheduled(cast, channels=[press, room], **said)
    with pytest.raises(Invalid):
        schedule.move(cast.installation, cast.actor("writer"), item, "2026-11-26T13:00", channels=[room])
    assert [row.due_at.hour for row in desk.deliveries(cast, item) if row.channel_id == room] == [13]


def test_what_waits_for_the_embargo_follows_another_embargo_while_it_is_written(cast: Cast) -> None:
    given = {"addresses": "red@tidning.example"}
    press = connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", given).id
    room = channel(cast.installation, cast.place.id)
    item = desk.written(
        cast, channels=[press, room], kind="release", title="Ja", contact="Eva", embargo="2026-11-26T14:00"
    )
    for embargo, hours in (("2026-11-26T16:00", [11, 15]), ("2026-11-26T13:00", [11, 12]), (None, [11, 11])):
        with cast.installation.store.read(cast.place.id) as session:
            row = items.load(session, item)
            draft = drafts.as_draft(cast.installation, session, row, items.current(session, row))
        assert draft.channels == [press, room], "no time that a person has not chosen"
        editing.save(cast.installation, cast.actor("writer"), item, replace(draft, embargo=embargo))
        with cast.installation.store.read(cast.place.id) as session:
            slots = times.plan(session, items.load(session, item)).slots
        assert [slots[number].at.hour for number in (press, room)] == hours


def test_a_lifted_embargo_leaves_the_address_in_the_mail_good(app: Flask, story: Story) -> None:
    story.at("12:00:00")
    installation, cast = story.installation, story.cast
    embargoes.change(installation, cast.actor("writer"), story.item, "")
    approve.approve(installation, cast.actor("approver"), story.item, desk.hash_of(cast, story.item))
    desk.publish_what_is_due(installation)
    answer = app.test_client().get(story.url)
    assert answer.status_code == 302, "it leads to the newsroom, where the release is public now"
    assert "Budgethemligheten" in app.test_client().get(answer.location, follow_redirects=True).text


def test_a_clock_change_is_asked_about_in_the_embargos_own_form(story: Story, browse: Any) -> None:
    story.at("12:00:00")
    fields = {"embargo_day": "2027-03-28", "embargo_time": "02.30", "confirmed": "1"}
    asked = browse(story.cast.writer).post(f"~/items/{story.item}/embargo", fields)
    assert asked.status_code == 422
    form = asked.text.partition(f'action="/w/gruppen/items/{story.item}/embargo" class')[2].partition("</form>")[0]
    assert form.count('name="exact"') == asked.text.count('name="exact"') == 2, "and in no other form"


def test_the_composers_bar_knows_that_the_public_waits(story: Story, browse: Any) -> None:
    fields = {"kind": "release", "title": "Ja", "text": "Ja.", "lead": "Ja.", "contact": "Eva", "language": "sv"}
    fields |= {"channels": [story.press, story.room], "publish_day": "2026-11-26", "publish_time": "12:00"}
    fields |= {"embargo_day": "2026-11-26", "embargo_time": "14:00"}
    told = browse(story.cast.writer).post("~/write/check", fields).json["bar"]["words"]
    assert "i 2 kanaler, den första" in told
