"""The frame's own pages: settings, people, channels, one's own account and the record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from commsched.core.approval.rules import Policy, Step
from commsched.core.content.draft import DraftIn
from commsched.services.accounts import office_settings, people, sessions, tokens
from commsched.services.accounts.policies import from_policy
from commsched.services.channels import directory
from commsched.services.kernel.context import Installation
from commsched.services.staff import leaving
from commsched.services.workflow import editing
from commsched.store.models import Channel, Workspace
from commsched.store.session import EVERY_WORKSPACE
from commsched.web.components import policy_form
from commsched.web.desk import audit_sentences
from commsched.web.http import icons
from commsched.web.http.badges import STATES
from commsched.web.http.forms import Form
from tests.conftest import PASSWORD, Cast, SetClock
from tests.services.desk import scheduled

ROOT = Path(__file__).resolve().parents[2]


def test_the_first_page_goes_straight_to_the_only_office(browse: Any, cast: Cast) -> None:
    assert browse(cast.writer).get("/").headers["Location"] == "/w/gruppen/"


def test_what_was_typed_stays_when_something_is_wrong(browse: Any, cast: Cast) -> None:
    given = browse(cast.administrator).post(
        "~/people/", {"name": "Åsa Öberg", "email": "inte en adress", "role": "writer"}
    )
    assert given.status_code == 422
    assert 'value="Åsa Öberg"' in given.text
    assert "är ingen e-postadress" in given.text
    assert 'aria-invalid="true"' in given.text


def test_somebody_let_in_chooses_a_password_by_the_link_that_is_shown(
    browse: Any, cast: Cast, installation: Installation
) -> None:
    given = browse(cast.administrator).post("~/people/", {"name": "Åsa", "email": "asa@example.org", "role": "writer"})
    path = re.search(r"http://localhost(/password/[\w.-]+)", given.text)
    assert path
    fresh = browse()
    assert fresh.post(path[1], {"password": "ett långt lösenord"}).status_code == 303
    assert sessions.sign_in(installation, "asa@example.org", "ett långt lösenord")


def test_the_last_administrator_stays(browse: Any, cast: Cast, installation: Installation) -> None:
    browser = browse(cast.administrator)
    for path, data in (
        (f"~/people/{cast.administrator.id}/role", {"role": "reader"}),
        (f"~/people/{cast.administrator.id}/remove", {}),
    ):
        given = browser.post(path, data)
        assert given.status_code == 409
        assert "minst en administratör" in given.text
    assert people.members(installation, cast.place.id)[0].role == "administrator"


def test_the_settings_are_kept(browse: Any, cast: Cast, installation: Installation) -> None:
    form = {
        "name": "Gruppen",
        "zone": "Europe/Helsinki",
        "language": "en",
        "latest_minutes": "45",
        "window_before_hours": "2",
        "window_after_hours": "3",
    }
    assert browse(cast.administrator).post("~/settings/", form).status_code == 303
    row = office_settings.get(installation, cast.place.id)
    assert (row.name, row.zone, row.latest_minutes, row.window_before_hours) == ("Gruppen", "Europe/Helsinki", 45, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Europe/Atlantis"),
        ("latest_minutes", "soon"),
        ("latest_minutes", "0"),
        ("language", "tlh"),
        ("name", ""),
        ("name", "x" * 250),
        ("window_after_hours", "-1"),
    ],
)
def test_a_wrong_setting_is_told_by_its_field(browse: Any, cast: Cast, field: str, value: str) -> None:
    form = {
        "name": "Gruppen",
        "zone": "Europe/Stockholm",
        "language": "sv",
        "latest_minutes": "45",
        "window_before_hours": "2",
        "window_after_hours": "3",
        field: value,
    }
    given = browse(cast.administrator).post("~/settings/", form)
    assert given.status_code == 422
    assert f'id="e-{field}"' in given.text


POLICIES = {
    "none": ({"mode": "none"}, Policy(bypass=False)),
    "one": ({"mode": "one", "bypass": "1"}, Policy(steps=[Step()])),
    "all": ({"mode": "all", "people0": ["1", "3"]}, Policy(steps=[Step(people=[1, 3], need="all")], bypass=False)),
    "chain": (
        {"mode": "chain", "people0": ["3"], "need0": "any", "people1": ["1"], "need1": "all", "own": "1"},
        Policy(steps=[Step(people=[3]), Step(people=[1], need="all")], bypass=False, own=True),
    ),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_kept_and_shown_as_it_was_chosen(
    browse: Any, cast: Cast, installation: Installation, name: str
) -> None:
    assert (cast.administrator.id, cast.approver.id) == (1, 3)
    form, policy = POLICIES[name]
    browser = browse(cast.administrator)
    assert browser.post("~/settings/policy", form).status_code == 303
    assert from_policy(office_settings.get(installation, cast.place.id).policy) == policy
    assert policy_form.policy_fields(policy)["mode"] == name
    assert f'value="{name}" checked' in browser.get("~/settings/").text


@pytest.mark.parametrize(
    "form",
    [
        {"mode": "all", "people0": ["5"]},
        {"mode": "all"},
        {"mode": "chain"},
        {"mode": "office"},
        {"mode": "x"},
        {"mode": "all", "people0": ["one"]},
    ],
)
def test_a_policy_that_nobody_can_fulfil_is_refused(
    browse: Any, cast: Cast, installation: Installation, form: dict[str, Any]
) -> None:
    assert cast.reader.id == 5
    before = office_settings.get(installation, cast.place.id).policy
    assert browse(cast.administrator).post("~/settings/policy", form).status_code == 422
    assert office_settings.get(installation, cast.place.id).policy == before


def test_a_key_is_shown_once(browse: Any, cast: Cast, installation: Installation) -> None:
    browser = browse(cast.writer)
    given = browser.post("~/me/tokens", {"token_name": "Webbplatsen", "role": "reader"})
    secret = re.search(r"csk_[\w-]+", given.text)
    assert secret
    assert sessions.recognise_token(installation, secret[0]) is not None
    assert secret[0] not in browser.get("~/me/").text


def test_an_ended_key_opens_nothing(installation: Installation, cast: Cast, browse: Any) -> None:
    secret = tokens.create_token(installation, cast.actor("writer"), "Webbplatsen")
    token = tokens.tokens(installation, cast.place.id)[0]
    assert browse(cast.reader).post(f"~/me/tokens/{token.id}/revoke").status_code == 403
    assert browse(cast.writer).post(f"~/me/tokens/{token.id}/revoke").status_code == 303
    assert sessions.recognise_token(installation, secret) is None


def test_a_calendar_address_dies_with_its_successor_and_when_stopped(
    browse: Any, cast: Cast, installation: Installation
) -> None:
    browser = browse(cast.reader)
    secrets = [re.search(r"/calendar/([\w-]+)\.ics", browser.post("~/me/calendar").text) for _ in range(2)]
    assert secrets[0]
    assert secrets[1]
    assert tokens.feed_owner(installation, secrets[0][1]) is None
    owner = tokens.feed_owner(installation, secrets[1][1])
    assert owner is not None
    assert (owner.workspace, owner.role) == (cast.place.id, "reader")
    browser.post("~/me/calendar/revoke")
    assert tokens.feed_owner(installation, secrets[1][1]) is None


def test_whoever_leaves_takes_no_key_along(installation: Installation, cast: Cast) -> None:
    token = tokens.create_token(installation, cast.actor("writer"), "Webbplatsen")
    feed = tokens.create_feed(installation, cast.actor("writer"))
    leaving.remove_person(installation, cast.actor(), cast.writer.id)
    assert sessions.recognise_token(installation, token) is None
    assert tokens.feed_owner(installation, feed) is None


def test_a_changed_password_here_ends_the_other_browser(browse: Any, cast: Cast) -> None:
    here, there = browse(cast.writer), browse(cast.writer)
    given = here.post("~/me/password", {"old": PASSWORD, "password": "ett helt nytt lösen"})
    assert given.status_code == 303
    assert here.get("~/me/").status_code == 200
    assert there.get("~/me/").status_code == 303


def test_an_administrator_cannot_open_an_office_through_somebody_who_belongs_to_both(
    installation: Installation, cast: Cast, browse: Any
) -> None:
    people.add_person(installation, cast.actor(), cast.stranger.email, "reader")
    given = browse(cast.administrator).post(f"~/people/{cast.stranger.id}/password")
    assert given.status_code == 403
    assert "/password/" not in given.text.split('role="status"')[-1] or "hör också till ett annat kontor" in given.text


def test_a_deputy_is_named_for_whole_days(browse: Any, cast: Cast, installation: Installation) -> None:
    from commsched.services.accounts import deputies

    form = {"deputy": str(cast.administrator.id), "starts": "2026-11-27", "ends": "2026-11-28"}
    assert browse(cast.approver).post("~/me/deputy", form).status_code == 303
    (one,) = deputies.deputies(installation, cast.place.id)
    assert (one.starts_at.isoformat(), one.ends_at.isoformat()) == (
        "2026-11-26T23:00:00+00:00",
        "2026-11-28T23:00:00+00:00",
    )


@pytest.mark.parametrize(
    "form",
    [
        {"starts": "2026-11-27", "ends": "2026-11-20"},
        {"starts": "27/11", "ends": "28/11"},
        {"starts": "9999-12-31", "ends": "9999-12-31"},
        {},
    ],
)
def test_a_deputy_for_a_time_that_cannot_be_is_refused(browse: Any, cast: Cast, form: dict[str, str]) -> None:
    given = browse(cast.approver).post("~/me/deputy", {"deputy": str(cast.administrator.id), **form})
    assert given.status_code == 422


def test_a_channel_is_checked_at_once_and_shows_its_account(
    browse: Any, cast: Cast, installation: Installation
) -> None:
    browser = browse(cast.administrator)
    given = browser.post("~/channels/new/sandbox", {"name": "Provväggen", "behaviour": "normal"})
    assert given.status_code == 303
    assert "Provväggen" in browser.get("~/channels/").text
    (channel,) = directory.channels(installation, cast.place.id)
    assert channel.account
    assert channel.checked_at == installation.now()


def test_the_page_takes_no_setting_that_the_form_does_not_have(
    browse: Any, cast: Cast, installation: Installation
) -> None:
    form = {"name": "Provväggen", "behaviour": "normal", "allow_private": "1", "evil": "x"}
    assert browse(cast.administrator).post("~/channels/new/sandbox", form).status_code == 303
    assert "allow_private" not in directory.channels(installation, cast.place.id)[0].settings


def test_a_server_on_our_own_network_is_not_reached_from_the_page(browse: Any, cast: Cast) -> None:
    form = {"name": "M", "base_url": "http://127.0.0.1:9/", "access_token": "hemlig-nyckel"}
    given = browse(cast.administrator).post("~/channels/new/mastodon", form)
    assert given.status_code == 422
    assert "hemlig-nyckel" not in given.text


def test_a_token_about_to_die_is_warned_of_two_weeks_ahead(
    browse: Any, cast: Cast, installation: Installation, clock: SetClock
) -> None:
    from datetime import timedelta

    with installation.store.write(cast.place.id) as session:
        session.add(
            Channel(
                platform="mastodon",
                name="M",
                created_at=installation.now(),
                token_expires_at=installation.now() + timedelta(days=15),
            )
        )
    page = browse(cast.reader)
    assert "Går snart ut" not in page.get("~/channels/").text
    clock.forward(days=2)
    assert "Går snart ut · fre 11 dec" in page.get("~/channels/").text
    clock.forward(days=4)
    page.get("~/channels/")
    clock.forward(days=6)
    page.get("~/channels/")
    clock.forward(days=4)
    assert "Skulle ha gått ut · fre 11 dec" in page.get("~/channels/").text


def test_a_removed_channel_forgets_its_secrets(browse: Any, cast: Cast, installation: Installation) -> None:
    with installation.store.write(cast.place.id) as session:
        channel = Channel(
            platform="mastodon",
            name="M",
            created_at=installation.now(),
            secrets=installation.vault.seal_map({"access_token": "x"}),
        )
        session.add(channel)
    assert browse(cast.administrator).post(f"~/channels/{channel.id}/remove").status_code == 303
    gone = directory.get(installation, cast.place.id, channel.id)
    assert (gone.state, gone.secrets) == ("archived", "")
    assert directory.channels(installation, cast.place.id) == []


def test_a_pause_stands_on_every_page(browse: Any, cast: Cast, installation: Installation) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get_one(Workspace, cast.place.id)
        row.paused_at, row.paused_by, row.pause_reason = installation.now(), "Astrid", "Fel siffror ute"
    browser = browse(cast.reader)
    for path in ("~/people/", "~/channels/", "~/record/", "~/me/"):
        assert "Fel siffror ute" in browser.get(path).text


def test_a_clock_that_stands_still_is_shown_on_every_page(browse: Any, cast: Cast, ticking: Installation) -> None:
    browser = browse(cast.reader)
    assert "Klockan går" in browser.get("~/people/").text
    ticking.clock.forward(minutes=2)  # type: ignore[attr-defined]
    assert "klocka står" in browser.get("~/people/").text


def test_readiness_needs_the_clock(browse: Any, ticking: Installation) -> None:
    browser = browse()
    assert browser.get("/healthz").status_code == browser.get("/readyz").status_code == 200
    ticking.clock.forward(minutes=2)  # type: ignore[attr-defined]
    given = browser.get("/readyz")
    assert given.status_code == 503
    assert given.json["checks"]["clock"] == {"ok": False}


def test_the_record_is_told_in_words_and_narrowed(browse: Any, cast: Cast, installation: Installation) -> None:
    leaving.set_role(installation, cast.actor(), cast.reader.id, "writer")
    browser = browse(cast.reader)
    told = " ".join(re.sub(r"<[^>]+>", "", browser.get("~/record/?group=person").text).split())
    assert "Astrid Holm gav Olle Sand rollen skribent" in told
    assert "öppnade kontoret" not in told
    assert "öppnade kontoret" in browser.get("~/record/?group=workspace").text
    assert "Olle Sand rollen" not in browser.get(f"~/record/?person={cast.writer.id}").text


def test_the_record_names_the_item_that_it_speaks_of(browse: Any, cast: Cast, installation: Installation) -> None:
    number = editing.create(installation, cast.actor("writer"), DraftIn(title="Fler turer på linje 14", text="Ja."))
    given = browse(cast.reader).get(f"~/record/?item={number}")
    assert given.status_code == 200
    assert "Fler turer på linje 14" in given.text


def test_a_record_that_was_tampered_with_is_found_out(browse: Any, cast: Cast, installation: Installation) -> None:
    from sqlalchemy import text

    browser = browse(cast.reader)
    browser.post("~/record/check")
    assert "Varje rad i loggen följer" in browser.get("~/record/").text
    with installation.store.ledger() as connection:
        connection.execute(text("UPDATE entry SET actor = 'Nobody' WHERE id = 2"))
    browser.post("~/record/check")
    assert "följer inte av den före" in browser.get("~/record/").text


def test_another_offices_doings_are_not_in_our_record(browse: Any, cast: Cast, installation: Installation) -> None:
    tokens.create_token(installation, cast.elsewhere_actor, "Distriktets hemliga nyckel")
    assert "Distriktets hemliga" not in browse(cast.administrator).get("~/record/").text


def test_everything_that_is_written_in_the_record_has_a_sentence() -> None:
    marked = re.compile(r'(?:note\(|Line\(|note_everywhere\()[^"]{0,120}"([a-z]+\.[a-z_]+)"')
    found = {
        action for file in (ROOT / "commsched").rglob("*.py") for action in marked.findall(file.read_text("utf-8"))
    }
    assert len(found) > 20
    assert sorted(found - set(audit_sentences.STORY)) == []


def test_the_record_names_what_was_begun_and_tells_times_as_people_write_them(browse: Any, cast: Cast) -> None:
    scheduled(cast)
    told = re.sub(r"<[^>]+>|\s+", " ", browse(cast.reader).get("~/record/").text)
    assert "schemalade till tors 26 nov 2026 12:00" in told
    assert re.search(r"Karin Ek +började skriva +· +I dag lägger vi fram", told)


def test_every_icon_that_a_page_asks_for_exists() -> None:
    import lucide

    html = [file.read_text("utf-8") for file in (ROOT / "templates").rglob("*.html")]
    names = {name for page in html for name in re.findall(r'\bicon\("([a-z0-9-]+)"', page)}
    names |= {name for page in html for name in re.findall(r'empty\("([a-z0-9-]+)"', page)}
    names |= {look.icon for look in STATES.values()} | set(audit_sentences.ICONS.values())
    for file in (ROOT / "commsched" / "web" / "pages").glob("*.py"):
        names |= set(re.findall(r'NavEntry\([^)]*?, "([a-z0-9-]+)",', file.read_text("utf-8")))
    missing = []
    for name in sorted(names):
        try:
            lucide._load_icon(name)
        except lucide.IconDoesNotExist:
            missing.append(name)
    assert missing == []


def test_a_network_without_an_icon_gets_its_letter() -> None:
    assert ">M<" in icons.brand_icon("there is no such network", "Mynt")
    assert "<path" in icons.brand_icon("mastodon", "Mastodon")
    assert 'aria-label="Mastodon"' in icons.brand_icon("mastodon", "Mastodon")


def test_every_platform_has_a_mark() -> None:
    from commsched import platforms

    for platform in platforms.all():
        assert "<text" not in icons.brand_icon(platform.icon, "Name"), platform.key


def test_a_name_finds_no_file_outside_the_marks() -> None:
    assert ">M<" in icons.brand_icon("../mark", "Mynt")


def test_a_label_cannot_break_out_of_its_icon() -> None:
    assert "<script>" not in icons.icon("check", '"><script>alert(1)</script>')


def test_a_typed_text_loses_its_control_characters_and_nothing_else() -> None:
    form = Form({"a": " rad ett\r\nrad\x00 två\x0b\t! "})
    assert form.text("a") == "rad ett\nrad två\n\t!"


def test_the_web_app_starts_without_heavy_libraries() -> None:
    import subprocess
    import sys

    code = (
        "import sys, commsched.web.app; heavy = {'tweepy','mastodon','facebook','PIL','argon2','alembic',"
        "'apscheduler','cryptography','lucide','babel','icalendar','wtforms'} & set(sys.modules);"
        "print(sorted(heavy))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"
