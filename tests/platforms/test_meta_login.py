"""Signing in at Facebook, Instagram and Threads: the address a person is sent to, and the accesses that it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from commsched.core.platform.access import Handshake
from commsched.core.platform.contract import ChannelContext, ConnectError, DeadToken
from commsched.platforms import get
from tests.platforms._office import context
from tests.sims import facebook as facebook_sim
from tests.sims import instagram as instagram_sim
from tests.sims import threads as threads_sim
from tests.sims.facebook import APP, CODE, LINKED, LONG, PAGE, SHORT, TOKEN, FacebookSimulator
from tests.sims.instagram import InstagramSimulator
from tests.sims.threads import ThreadsSimulator

facebook, instagram, threads = get("facebook"), get("instagram"), get("threads")
BACK = "https://kansli.example/w/a/channels/facebook/callback"


@pytest.fixture
def sim() -> Iterator[FacebookSimulator]:
    with FacebookSimulator() as simulator:
        simulator.redirect_uri = BACK
        yield simulator


def leaving(settings: dict[str, str], app: dict[str, str], **changes: Any) -> ChannelContext:
    wire = context(settings, {}, app=app, **changes)
    wire.handshake = Handshake(BACK, "state-0001", "verifier-0001")
    return wire


@pytest.fixture
def on(sim: FacebookSimulator) -> ChannelContext:
    return leaving({"base_url": sim.url}, dict(APP))


def query(address: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}


def test_a_person_is_sent_to_facebook_with_what_is_asked_for(on: ChannelContext) -> None:
    on.settings["base_url"] = ""
    address = facebook.authorize(on).address
    assert address.startswith("https://www.facebook.com/v25.0/dialog/oauth?")
    asked = query(address)
    assert (asked["client_id"], asked["redirect_uri"], asked["state"]) == (APP["app_id"], BACK, "state-0001")
    assert {"pages_manage_posts", "instagram_content_publish"} <= set(asked["scope"].split(","))
    assert APP["app_secret"] not in address
    assert facebook.provider({}) == "https://www.facebook.com"


def test_an_app_for_business_is_asked_by_its_configuration(on: ChannelContext) -> None:
    on.app["config_id"] = "77"
    asked = query(facebook.authorize(on).address)
    assert asked["config_id"] == "77"
    assert "scope" not in asked


def test_a_yes_opens_every_page_and_what_is_behind_it(sim: FacebookSimulator, on: ChannelContext) -> None:
    other = {"id": "2", "name": "Distriktet", "link": "", "access_token": "EAAB-page-2", "tasks": ["CREATE_CONTENT"]}
    reader = {**other, "id": "3", "access_token": "EAAB-page-3", "tasks": ["ANALYZE"]}
    sim.pages[0]["instagram_business_account"] = LINKED
    sim.pages += [other, reader]
    sim.expires_at = 1_900_000_000
    accounts = facebook.callback(on, {"code": f"{CODE}#_", "state": "state-0001"})
    assert [(each.id, each.platform, each.kind) for each in accounts] == [
        (PAGE["id"], "facebook", "Page"),
        (LINKED["id"], "instagram", "Instagram account"),
        ("2", "facebook", "Page"),
    ]
    page, behind, second = accounts
    assert page.tokens is not None
    assert page.tokens.secrets == {"access_token": TOKEN}
    assert page.expires_at == datetime.fromtimestamp(1_900_000_000, UTC) == page.tokens.expires_at
    assert (page.settings, page.name, page.url) == ({"page_id": PAGE["id"]}, PAGE["name"], PAGE["link"])
    assert page.picture == "https://scontent.example/p.jpg"
    assert behind.settings == {"user_id": LINKED["id"], "login": "facebook"}
    assert behind.tokens == page.tokens
    assert second.url == "https://www.facebook.com/2"
    spoken = [call.path + str(call.query) for call in sim.calls]
    assert not [each for each in spoken if APP["app_secret"] in each and "debug_token" not in each]


def test_every_page_of_pages_is_read(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.pages = [{**sim.pages[0], "id": str(number), "access_token": f"EAAB-{number}"} for number in range(1, 121)]
    sim.may_inspect = False
    accounts = facebook.callback(on, {"code": CODE})
    assert len(accounts) == 120
    assert accounts[0].expires_at is None


def test_what_a_sign_in_brought_publishes(sim: FacebookSimulator, on: ChannelContext) -> None:
    [account] = facebook.callback(on, {"code": CODE})
    assert account.tokens is not None
    kept = context({"base_url": sim.url, **account.settings}, account.tokens.secrets)
    assert facebook.connect(kept).id == account.id


def test_a_sign_in_without_a_page_says_what_to_do(sim: FacebookSimulator, on: ChannelContext) -> None:
    sim.pages = []
    with pytest.raises(ConnectError, match="opens no Page"):
        facebook.callback(on, {"code": CODE})


def test_who_said_no_is_told_so(sim: FacebookSimulator, on: ChannelContext) -> None:
    answer = {"error": "access_denied", "error_description": "Permissions error"}
    with pytest.raises(ConnectError, match=r"did not let the office in.*Permissions error"):
        facebook.callback(on, answer)
    assert sim.calls == []


@pytest.mark.parametrize("platform", [facebook, instagram, threads], ids=lambda platform: platform.key)
def test_without_an_app_nobody_is_sent_anywhere(platform: Any) -> None:
    with pytest.raises(ConnectError, match="no app at Meta"):
        platform.authorize(leaving({}, {}))


@pytest.mark.parametrize(
    "fault",
    ["prepare:html_503", "prepare:graph:100/36008", "prepare:reset_after_accept", "read:graph:190", "read:graph:2"],
)
def test_what_goes_wrong_is_a_sentence_without_a_secret(sim: FacebookSimulator, on: ChannelContext, fault: str) -> None:
    sim.faults.append(fault)
    with pytest.raises(ConnectError) as refused:
        facebook.callback(on, {"code": CODE})
    words = str(refused.value.words)
    assert not [secret for secret in (APP["app_secret"], CODE, SHORT, LONG) if secret in words]


def test_a_wrong_app_or_code_is_refused(sim: FacebookSimulator, on: ChannelContext) -> None:
    with pytest.raises(ConnectError):
        facebook.callback(on, {"code": "AQ-other"})
    on.app["app_secret"] = "wrong-secret-0009"
    with pytest.raises(ConnectError) as refused:
        facebook.callback(on, {"code": CODE})
    assert "wrong-secret-0009" not in str(refused.value.words)


PROFILES = [(instagram, InstagramSimulator, instagram_sim), (threads, ThreadsSimulator, threads_sim)]
profiles = pytest.mark.parametrize(("platform", "start", "known"), PROFILES, ids=["instagram", "threads"])


@profiles
def test_a_profile_signs_in_with_its_own_account(platform: Any, start: Callable[[], Any], known: Any) -> None:
    with start() as sim:
        sim.redirect_uri = BACK
        on = leaving({"base_url": sim.url}, dict(known.APP))
        asked = query(platform.authorize(on).address)
        assert (asked["client_id"], asked["state"], asked["response_type"]) == (
            known.APP["app_id"],
            "state-0001",
            "code",
        )
        [account] = platform.callback(on, {"code": f"{known.CODE}#_"})
        assert account.name == f"@{known.USERNAME}"
        assert account.tokens.secrets == {"access_token": known.TOKEN}
        assert timedelta(days=59) < account.tokens.access_until - on.now() <= timedelta(days=60)
        kept = context({"base_url": sim.url, **account.settings}, account.tokens.secrets)
        assert platform.connect(kept).id == account.id
        assert platform.refresh(kept).secrets == {"access_token": known.RENEWED}


@profiles
def test_a_profile_that_is_refused_tells_no_secret(platform: Any, start: Callable[[], Any], known: Any) -> None:
    with start() as sim:
        sim.redirect_uri = BACK
        on = leaving({"base_url": sim.url}, dict(known.APP))
        for answer, fault in (({"code": "wrong"}, ""), ({"code": known.CODE}, "read:html_503"), ({"error": "no"}, "")):
            sim.faults += [fault] if fault else []
            with pytest.raises(ConnectError) as refused:
                platform.callback(on, answer)
            assert not isinstance(refused.value, DeadToken) or answer == {"code": "wrong"}
            words = str(refused.value.words)
            assert not [secret for secret in (*known.APP.values(), known.CODE, known.SHORT) if secret in words]


def test_each_profile_goes_to_its_own_door() -> None:
    app = dict(instagram_sim.APP)
    assert instagram.authorize(leaving({}, app)).address.startswith("https://www.instagram.com/oauth/authorize?")
    assert threads.authorize(leaving({}, app)).address.startswith("https://threads.net/oauth/authorize?")
    assert (instagram.provider({}), threads.provider({})) == ("https://www.instagram.com", "https://threads.net")


def test_the_simulators_names_do_not_collide() -> None:
    assert facebook_sim.PAGE["id"] not in (instagram_sim.ACCOUNT, threads_sim.PROFILE)
