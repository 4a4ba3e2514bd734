"""Signing in at a platform: who may bring which answer back, and which of the accounts it opens become channels."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import Account, ConnectError
from commsched.core.text.messages import Conflict, Invalid, NotAllowed
from commsched.services.accounts import machine_admin
from commsched.services.channels import apps, authorize, choice, connect, directory
from commsched.services.kernel.apps import app_of
from commsched.services.kernel.context import Actor, Installation
from commsched.store.models import Channel, PendingAuthorization, PlatformApp
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast, SetClock
from tests.services import desk
from tests.services.channels.plaza import Gallery, Plaza, page

APP = {"client_id": "office", "client_secret": "s3cret"}
HERE = 7
"""The browser session of the person who signs in."""


@pytest.fixture
def plaza() -> Plaza:
    return Plaza()


@pytest.fixture
def inside(installation: Installation, plaza: Plaza, cast: Cast) -> Installation:
    """An installation with the Plaza, whose app is registered."""
    known: dict[str, Plaza] = {"plaza": plaza, "gallery": Gallery()}
    opened = replace(
        installation,
        platform=lambda key: known.get(key) or installation.platform(key),
        platform_keys=lambda: (*installation.platform_keys(), *known),
    )
    for key in known:
        apps.keep(opened, machine_admin.actor(cast.place), key, APP)
    return opened


def begun(inside: Installation, actor: Actor, channel: int | None = None, session: int = HERE) -> dict[str, str]:
    """The answer that the platform sends the person back with, who has begun in ``session``."""
    address = authorize.begin(inside, actor, "plaza", "", {}, channel, session)
    (state,) = parse_qs(urlsplit(address).query)["state"]
    return {"state": state, "code": "c0de"}


def signed_in(inside: Installation, cast: Cast, channel: int | None = None) -> Channel:
    came = authorize.finish(inside, cast.actor(), "plaza", begun(inside, cast.actor(), channel), HERE)
    assert isinstance(came, Channel)
    return came


def offered(inside: Installation, cast: Cast) -> str:
    came = authorize.finish(inside, cast.actor(), "plaza", begun(inside, cast.actor()), HERE)
    assert isinstance(came, choice.Choice)
    return came.token


def secrets(inside: Installation, channel: Channel) -> dict[str, str]:
    return inside.vault.unseal_map(directory.get(inside, channel.workspace_id, channel.id).secrets)


# -- what is asked, and what is kept ----------------------------------------------------------------------------


def test_who_signs_in_is_asked_for_no_keys_and_the_page_it_found_is_kept(inside: Installation, cast: Cast) -> None:
    channel = signed_in(inside, cast)
    assert (channel.name, channel.account, channel.way) == ("Regiongruppen", "1", "oauth")
    assert channel.settings == {"page_id": "1"}
    assert secrets(inside, channel) == {"access_token": "token-1", "refresh_token": "refresh-1"}


def test_who_pastes_keys_is_asked_for_all_of_them(inside: Installation, cast: Cast) -> None:
    with pytest.raises(Invalid, match="needed"):
        connect.connect(inside, cast.actor(), "plaza", "Sidan", {"page_id": "3"})
    pasted = connect.connect(inside, cast.actor(), "plaza", "Sidan", {"page_id": "3", "access_token": "t"})
    assert (pasted.way, pasted.account) == ("keys", "3")


def test_the_platform_is_handed_the_installations_app_and_what_it_kept(
    inside: Installation, cast: Cast, plaza: Plaza
) -> None:
    signed_in(inside, cast)
    before, after = plaza.contexts
    assert before.app == after.app == APP
    assert before.handshake is not None
    assert after.handshake is not None
    assert (before.handshake.kept, after.handshake.kept) == ({}, {"nonce": "kept"})
    assert before.handshake.verifier == after.handshake.verifier


def test_a_channel_that_was_signed_in_is_checked_as_it_is(inside: Installation, cast: Cast) -> None:
    channel = signed_in(inside, cast)
    again = connect.check_again(inside, cast.actor(), channel.id)
    assert (again.way, again.settings) == ("oauth", {"page_id": "1"})
    assert secrets(inside, again) == {"access_token": "token-1", "refresh_token": "refresh-1"}


def test_pasted_keys_take_the_place_of_a_sign_in_whole(inside: Installation, cast: Cast) -> None:
    channel = signed_in(inside, cast)
    given = {"page_id": "1", "access_token": "pasted"}
    pasted = connect.reconnect(inside, cast.actor(), channel.id, given, "keys")
    assert secrets(inside, pasted) == {"access_token": "pasted"}, "nothing renews it over the pasted one"
    assert (pasted.way, pasted.renew_at) == ("keys", None)


# -- whose answer it is -----------------------------------------------------------------------------------------


def test_an_answer_is_nobody_elses(inside: Installation, cast: Cast, clock: SetClock) -> None:
    answer = begun(inside, cast.actor())
    other = Actor(cast.writer.id, "Karin", cast.place.id, "administrator")
    for actor, platform, session in (
        (other, "plaza", HERE),
        (cast.elsewhere_actor, "plaza", HERE),
        (cast.actor(), "gallery", HERE),
    ):
        with pytest.raises(Conflict, match="Begin again"):
            authorize.finish(inside, actor, platform, answer, session)
    assert isinstance(authorize.finish(inside, cast.actor(), "plaza", answer, HERE), Channel)


def test_an_answer_in_another_browser_counts_for_nothing_and_is_used_up(inside: Installation, cast: Cast) -> None:
    answer = begun(inside, cast.actor())
    for session in (HERE + 1, HERE):
        with pytest.raises(Conflict, match="Begin again"):
            authorize.finish(inside, cast.actor(), "plaza", answer, session)
    assert directory.channels(inside, cast.place.id) == []


def test_an_answer_is_good_for_once_and_for_a_quarter_of_an_hour(
    inside: Installation, cast: Cast, clock: SetClock
) -> None:
    answer = begun(inside, cast.actor())
    authorize.finish(inside, cast.actor(), "plaza", answer, HERE)
    late = begun(inside, cast.actor())
    clock.forward(minutes=16)
    for spoiled in (answer, late, late | {"state": "guessed"}, {"code": "c0de"}):
        with pytest.raises(Conflict, match="Begin again"):
            authorize.finish(inside, cast.actor(), "plaza", spoiled, HERE)


def test_a_second_tab_stands_for_itself(inside: Installation, cast: Cast, plaza: Plaza) -> None:
    first, second = begun(inside, cast.actor()), begun(inside, cast.actor())
    authorize.finish(inside, cast.actor(), "plaza", second, HERE)
    plaza.accounts = [page("2", "Distriktet")]
    came = authorize.finish(inside, cast.actor(), "plaza", first, HERE)
    assert isinstance(came, Channel)
    assert came.name == "Distriktet"


def test_an_answer_for_one_channel_never_reaches_another(inside: Installation, cast: Cast, plaza: Plaza) -> None:
    channel = signed_in(inside, cast)
    plaza.accounts = [page("2", "En annan sida")]
    with pytest.raises(Conflict, match="another account"):
        authorize.finish(inside, cast.actor(), "plaza", begun(inside, cast.actor(), channel.id), HERE)
    assert secrets(inside, channel)["access_token"] == "token-1"
    with pytest.raises(Conflict, match="Begin again"):
        authorize.begin(inside, cast.actor(), "gallery", "", {}, channel.id)


def test_a_no_at_the_platform_keeps_nothing(inside: Installation, cast: Cast) -> None:
    answer = begun(inside, cast.actor())
    del answer["code"]
    with pytest.raises(ConnectError, match="did not let"):
        authorize.finish(inside, cast.actor(), "plaza", answer | {"error": "access_denied"}, HERE)
    assert directory.channels(inside, cast.place.id) == []


def test_nobody_reads_a_state_or_a_token_in_the_database(inside: Installation, cast: Cast, plaza: Plaza) -> None:
    plaza.accounts = [page("1", "Regiongruppen"), page("2", "Distriktet")]
    token, answer = offered(inside, cast), begun(inside, cast.actor())
    with inside.store.read(EVERY_WORKSPACE) as session:
        rows = [f"{row.state_hash} {row.begun}" for row in session.scalars(select(PendingAuthorization))]
    assert len(rows) == 2
    assert not any(secret in row for secret in (token, answer["state"], "token-1", "refresh-2") for row in rows)


# -- choosing ---------------------------------------------------------------------------------------------------


@pytest.fixture
def several(plaza: Plaza) -> Plaza:
    plaza.accounts = [
        page("1", "Regiongruppen", kind="Page"),
        page("2", "Distriktet", kind="Page"),
        page("9", "@gruppen", platform="gallery"),
        page("8", "Okänt", platform="elsewhere"),
    ]
    return plaza


def test_of_several_accounts_a_person_chooses_and_may_choose_more_than_one(
    inside: Installation, cast: Cast, several: Plaza
) -> None:
    token = offered(inside, cast)
    assert directory.channels(inside, cast.place.id) == [], "nothing is connected before somebody has chosen"
    shown = choice.candidates(inside, cast.actor(), "plaza", token, HERE)
    assert [(each.number, each.account.name, each.platform.key) for each in shown] == [
        (0, "Regiongruppen", "plaza"),
        (1, "Distriktet", "plaza"),
        (2, "@gruppen", "gallery"),
    ], "what no platform here knows is not offered"
    kept = choice.choose(inside, cast.actor(), "plaza", token, [0, 2], HERE)
    assert [(row.platform, row.name, row.settings) for row in kept] == [
        ("plaza", "Regiongruppen", {"page_id": "1"}),
        ("gallery", "@gruppen", {"page_id": "9"}),
    ]
    assert [secrets(inside, row)["access_token"] for row in kept] == ["token-1", "token-9"]


def test_only_what_was_offered_can_be_chosen_and_only_once(inside: Installation, cast: Cast, several: Plaza) -> None:
    token = offered(inside, cast)
    for wanted in ([3], [0, 4], [-1], []):
        with pytest.raises(Invalid):
            choice.choose(inside, cast.actor(), "plaza", token, wanted, HERE)
    choice.choose(inside, cast.actor(), "plaza", token, [0], HERE)
    with pytest.raises(Conflict, match="Begin again"):
        choice.choose(inside, cast.actor(), "plaza", token, [1], HERE)
    assert len(directory.channels(inside, cast.place.id)) == 1


def test_a_choice_is_nobody_elses(inside: Installation, cast: Cast, several: Plaza, clock: SetClock) -> None:
    token, state = offered(inside, cast), begun(inside, cast.actor())["state"]
    other = Actor(cast.writer.id, "Karin", cast.place.id, "administrator")
    for actor, platform, given, session in (
        (other, "plaza", token, HERE),
        (cast.elsewhere_actor, "plaza", token, HERE),
        (cast.actor(), "gallery", token, HERE),
        (cast.actor(), "plaza", token, HERE + 1),
        (cast.actor(), "plaza", state, HERE),
        (cast.actor(), "plaza", "x", HERE),
    ):
        with pytest.raises(Conflict, match="Begin again"):
            choice.choose(inside, actor, platform, given, [0], session)
    with pytest.raises(NotAllowed):
        choice.choose(inside, cast.actor("writer"), "plaza", token, [0], HERE)
    with pytest.raises(Conflict, match="Begin again"):
        authorize.finish(inside, cast.actor(), "plaza", {"state": token, "code": "c0de"}, HERE)
    clock.forward(minutes=16)
    with pytest.raises(Conflict, match="Begin again"):
        choice.candidates(inside, cast.actor(), "plaza", token, HERE)


def test_one_that_is_connected_already_is_marked_and_gets_the_new_access(
    inside: Installation, cast: Cast, several: Plaza
) -> None:
    first = choice.choose(inside, cast.actor(), "plaza", offered(inside, cast), [0], HERE)[0]
    several.accounts[0] = page("1", "Regiongruppen", "token-new")
    token = offered(inside, cast)
    shown = choice.candidates(inside, cast.actor(), "plaza", token, HERE)
    assert [each.channel.id if each.channel else 0 for each in shown] == [first.id, 0, 0]
    again = choice.choose(inside, cast.actor(), "plaza", token, [0, 1], HERE)
    assert again[0].id == first.id
    assert secrets(inside, first)["access_token"] == "token-new"
    assert len(directory.channels(inside, cast.place.id)) == 2


def test_a_single_account_that_is_connected_already_is_asked_about(
    inside: Installation, cast: Cast, plaza: Plaza
) -> None:
    channel = signed_in(inside, cast)
    token = offered(inside, cast)
    plaza.dead = True
    assert choice.choose(inside, cast.actor(), "plaza", token, [0], HERE)[0].id == channel.id


def test_two_accounts_of_one_name_are_told_apart(inside: Installation, cast: Cast, plaza: Plaza) -> None:
    plaza.accounts = [page("1", "Gruppen"), page("2", "Gruppen"), page("3", "Gruppen")]
    kept = choice.choose(inside, cast.actor(), "plaza", offered(inside, cast), [0, 1, 2], HERE)
    assert [row.name for row in kept] == ["Gruppen", "Gruppen (Plaza)", "Gruppen (Plaza) 2"]


def test_an_account_without_an_access_is_none(inside: Installation, cast: Cast, plaza: Plaza) -> None:
    plaza.accounts = [Account("1", "Tom", tokens=Tokens({"access_token": ""})), Account("2", "Ingen")]
    with pytest.raises(Conflict, match="gave no access"):
        authorize.finish(inside, cast.actor(), "plaza", begun(inside, cast.actor()), HERE)


def test_an_account_brings_no_way_into_the_house_and_no_secret_in_the_open(
    inside: Installation, cast: Cast, plaza: Plaza
) -> None:
    plaza.accounts = [replace(page("1", "Gruppen"), settings={"allow_private": "1", "access_token": "hidden"})]
    assert signed_in(inside, cast).settings == {}


# -- connecting again -------------------------------------------------------------------------------------------


def test_connecting_again_keeps_the_queue_and_takes_the_same_account_of_several(
    inside: Installation, cast: Cast, plaza: Plaza
) -> None:
    channel = signed_in(inside, cast)
    item = desk.scheduled(replace_cast(cast, inside), channels=[channel.id])
    waiting = [(row.id, row.state, row.due_at) for row in desk.deliveries(cast, item)]
    with inside.store.write(cast.place.id) as session:
        session.get_one(Channel, channel.id).state = "broken"
    plaza.accounts = [page("5", "En annan"), page("1", "Regiongruppen", "token-new")]
    again = signed_in(inside, cast, channel.id)
    assert (again.id, again.state) == (channel.id, "ok")
    assert secrets(inside, channel)["access_token"] == "token-new"
    assert [(row.id, row.state, row.due_at) for row in desk.deliveries(cast, item)] == waiting


def replace_cast(cast: Cast, inside: Installation) -> Cast:
    cast.installation = inside
    return cast


# -- the installation's own app ---------------------------------------------------------------------------------


def test_without_an_app_nobody_is_sent_anywhere(inside: Installation, cast: Cast) -> None:
    apps.take_away(inside, machine_admin.actor(cast.place), "plaza")
    with pytest.raises(Conflict, match="does not know this installation"):
        authorize.begin(inside, cast.actor(), "plaza", "", {})


def test_an_app_is_kept_encrypted_and_what_is_left_empty_stays(inside: Installation, cast: Cast) -> None:
    operator = machine_admin.actor(cast.place)
    apps.keep(inside, operator, "plaza", {"client_id": "office", "client_secret": ""})
    assert app_of(inside, "plaza") == APP
    with inside.store.read(EVERY_WORKSPACE) as session:
        assert "s3cret" not in session.get_one(PlatformApp, "plaza").settings
    with pytest.raises(Invalid, match="needed"):
        apps.keep(inside, operator, "plaza", {"client_id": "another"})
    with pytest.raises(Invalid, match="no setting"):
        apps.keep(inside, operator, "plaza", {"secret": "x"})
    with pytest.raises(Invalid, match="no app"):
        apps.keep(inside, operator, "mastodon", {"client_id": "x"})


def test_a_settings_file_wins_over_the_page(inside: Installation, cast: Cast) -> None:
    inside.settings["app_plaza_client_id"] = "from-the-file"
    inside.apps.clear()
    assert app_of(inside, "plaza") == APP | {"client_id": "from-the-file"}
    with pytest.raises(Conflict, match="app_plaza_client_id"):
        apps.keep(inside, machine_admin.actor(cast.place), "plaza", {"client_id": "from-the-page"})


def test_only_whoever_administers_every_office_enters_an_app(inside: Installation, cast: Cast) -> None:
    assert not apps.may_set(inside, cast.actor())
    with pytest.raises(Conflict, match="every office"):
        apps.keep(inside, cast.actor(), "plaza", APP | {"client_id": "stolen"})
    with pytest.raises(NotAllowed):
        apps.keep(inside, cast.actor("writer"), "plaza", APP)
    assert app_of(inside, "plaza") == APP


def test_another_process_heeds_an_app_within_seconds(
    inside: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = replace(inside, apps={})
    assert app_of(elsewhere, "plaza") == APP
    apps.keep(inside, machine_admin.actor(cast.place), "plaza", {"client_id": "new", "client_secret": "n3w"})
    assert app_of(elsewhere, "plaza") == APP
    monkeypatch.setattr("commsched.services.kernel.apps.FRESH", 0.0)
    assert app_of(elsewhere, "plaza") == {"client_id": "new", "client_secret": "n3w"}
