"""Signing in and staying so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import request
from sqlalchemy import select

from commsched.core.access import routes
from commsched.core.text.messages import Invalid, NotFound
from commsched.services.accounts import credential_inventory, login_throttle, people, sessions, tokens
from commsched.services.kernel.context import Installation
from commsched.services.staff import leaving
from commsched.store.models import AuditEntry, Person, SignIn
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import token_hash
from commsched.web.app import create_app, without_port
from tests.conftest import PASSWORD, Cast, SetClock


def test_the_right_password_opens_the_office(browse: Any, cast: Cast) -> None:
    browser = browse()
    given = browser.post("/sign-in", {"email": "Karin@Example.org ", "password": PASSWORD})
    assert given.status_code == 303
    assert "Regiongruppen" in browser.get("/?all=1").text


def test_a_wrong_password_keeps_the_address_and_says_nothing_of_whether_it_exists(browse: Any, cast: Cast) -> None:
    browser = browse()
    known = browser.post("/sign-in", {"email": "karin@example.org", "password": "not this one"})
    unknown = browser.post("/sign-in", {"email": "nobody@example.org", "password": "not this one"})
    assert known.status_code == unknown.status_code == 401
    assert 'value="karin@example.org"' in known.text
    for given in (known, unknown):
        assert "not this one" not in given.text
        assert "hör inte ihop" in given.text


def test_an_unknown_account_costs_the_same_work(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(sessions, "matches", lambda kept, _password: bool(checked.append(kept)))
    for email in ("karin@example.org", "nobody@example.org"):
        with pytest.raises(sessions.WrongPassword):
            sessions.sign_in(installation, email, "wrong")
    assert len(checked) == 2


GUESSER, HOME = "203.0.113.9", "198.51.100.1"


def guess(installation: Installation, cast: Cast, times: int, address: str = GUESSER, device: str = "") -> None:
    for _ in range(times):
        with pytest.raises(sessions.WrongPassword):
            sessions.sign_in(installation, cast.writer.email, "wrong", address, device=device)


def test_ten_failures_shut_out_whoever_guessed_and_nobody_else(
    installation: Installation, cast: Cast, clock: SetClock
) -> None:
    guess(installation, cast, login_throttle.PER_PLACE)
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.writer.email.upper(), PASSWORD, GUESSER)
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME), "a stranger does not lock the leader out"
    clock.forward(minutes=16)
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD, GUESSER)


def from_everywhere(installation: Installation, cast: Cast) -> None:
    """As many wrong guesses as an account takes in a day, from so many addresses that none of them is shut out."""
    for number in range(login_throttle.PER_ACCOUNT // 5):
        guess(installation, cast, 5, f"203.0.113.{number}")


def test_guessing_from_many_addresses_is_no_way_round(installation: Installation, cast: Cast, clock: SetClock) -> None:
    from_everywhere(installation, cast)
    for _ in range(3):
        with pytest.raises(login_throttle.TooManyTries):
            sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME)
        clock.forward(hours=7)
    clock.forward(hours=4)
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME)


def test_a_device_that_is_known_gets_in_whatever_strangers_do(installation: Installation, cast: Cast) -> None:
    device = login_throttle.remember(installation, cast.writer.email)
    from_everywhere(installation, cast)
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME, device=device)
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME)


def test_a_known_device_guesses_no_more_than_others_and_from_any_address(
    installation: Installation, cast: Cast
) -> None:
    device = login_throttle.remember(installation, cast.writer.email)
    for number in range(login_throttle.PER_PLACE):
        guess(installation, cast, 1, f"203.0.113.{number}", device)
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME, device=device)
    assert login_throttle.remember(installation, cast.writer.email, device) == device, (
        "signing in again gives no new count"
    )


@pytest.mark.parametrize("made_up", ["x", "a.b.c", "W10.x", "é", "[1]", "." * 500])
def test_a_device_knows_only_the_account_it_was_given_for(installation: Installation, cast: Cast, made_up: str) -> None:
    from_everywhere(installation, cast)
    for device in (login_throttle.remember(installation, cast.reader.email), made_up):
        with pytest.raises(login_throttle.TooManyTries):
            sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME, device=device)


def test_the_owner_who_signs_in_buys_the_guesser_nothing(installation: Installation, cast: Cast) -> None:
    device = login_throttle.remember(installation, cast.writer.email)
    from_everywhere(installation, cast)
    sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME, device=device)
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.writer.email, "wrong", "203.0.113.200")


def test_a_link_for_a_new_password_opens_the_account_again(installation: Installation, cast: Cast, browse: Any) -> None:
    from_everywhere(installation, cast)
    guess(installation, cast, 0)
    browser = browse()
    path = people.reset_password(installation, cast.actor(), cast.writer.id).removeprefix(installation.base_url)
    browser.post(path, {"password": "ett helt nytt lösen"})
    given = browser.post("/sign-in", {"email": cast.writer.email, "password": "ett helt nytt lösen"})
    assert given.status_code == 303
    assert browser.client.get_cookie("device") is not None


def test_the_browser_is_known_from_its_first_sign_in(installation: Installation, cast: Cast, browse: Any) -> None:
    browser = browse()
    browser.post("/sign-in", {"email": cast.writer.email, "password": PASSWORD})
    device = browser.client.get_cookie("device")
    assert device.http_only
    browser.post("/sign-out")
    from_everywhere(installation, cast)
    assert browser.post("/sign-in", {"email": cast.writer.email, "password": PASSWORD}).status_code == 303
    assert browser.client.get_cookie("device").value == device.value
    stranger = browse().post("/sign-in", {"email": cast.writer.email, "password": PASSWORD})
    assert stranger.status_code == 429
    assert "en enhet där du har loggat in förut" in stranger.text


def test_the_present_password_cannot_be_guessed_from_a_borrowed_session(installation: Installation, cast: Cast) -> None:
    for _ in range(login_throttle.PER_PLACE):
        with pytest.raises(Invalid):
            sessions.change_password(installation, cast.writer.id, "wrong", "ett helt nytt lösen")
    with pytest.raises(login_throttle.TooManyTries):
        sessions.change_password(installation, cast.writer.id, PASSWORD, "ett helt nytt lösen")
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD)


def key(installation: Installation, cast: Cast) -> str:
    return tokens.create_token(installation, cast.actor("writer"), "Webbplatsen")


def test_keys_outlive_a_password_unless_they_are_ended_with_it(
    installation: Installation, cast: Cast, browse: Any
) -> None:
    kept, ended = key(installation, cast), key(installation, cast)
    chosen = next(one.id for one in credential_inventory.of(installation, cast.writer.id))
    browser = browse(cast.writer)
    shown = browser.get("~/me/").text
    assert shown.count('name="end"') == 2
    assert not re.search(r'name="end"[^>]*checked', shown)
    given = browser.post("~/me/password", {"old": PASSWORD, "password": "ett helt nytt lösen", "end": chosen})
    assert given.status_code == 303
    assert [sessions.recognise_token(installation, one) is None for one in (kept, ended)] == [True, False]
    told = re.sub(r"<[^>]+>", "", browse_record(browser))
    assert "avslutade nyckeln ”Webbplatsen”" in " ".join(told.split())


def browse_record(browser: Any) -> str:
    return str(browser.get("~/record/?group=").text)


def test_a_password_set_by_a_link_ends_the_keys_unless_one_says_otherwise(
    installation: Installation, cast: Cast, browse: Any
) -> None:
    first, second = key(installation, cast), key(installation, cast)
    tokens.create_feed(installation, cast.actor("writer"))
    path = people.reset_password(installation, cast.actor(), cast.writer.id).removeprefix(installation.base_url)
    shown = browse().get(path).text
    assert len(re.findall(r'name="end"[^>]*checked', shown)) == 3
    assert "Kalenderadress" in shown
    wrong = browse().post(path, {"password": "kort", "end": "token-1"})
    assert len(re.findall(r'name="end"[^>]*checked', wrong.text)) == 1, "what was unticked stays unticked"
    browse().post(
        path,
        {
            "password": "ett helt nytt lösen",
            "end": [one.id for one in credential_inventory.of(installation, cast.writer.id)],
        },
    )
    assert sessions.recognise_token(installation, first) is sessions.recognise_token(installation, second) is None
    assert tokens.feed(installation, cast.place.id, cast.writer.id) is None


def test_nobody_ends_the_keys_of_somebody_else(installation: Installation, cast: Cast) -> None:
    other = tokens.create_token(installation, cast.actor("reader"), "Annans")
    named = credential_inventory.of(installation, cast.reader.id)[0].id
    sessions.change_password(
        installation, cast.writer.id, PASSWORD, "ett helt nytt lösen", end=[named, "token-999", "x"]
    )
    assert sessions.recognise_token(installation, other) is not None


def test_an_address_is_shut_however_many_accounts_it_tries(installation: Installation, cast: Cast) -> None:
    for number in range(login_throttle.PER_ADDRESS):
        with pytest.raises(sessions.WrongPassword):
            sessions.sign_in(installation, f"guess{number}@example.org", "wrong", "203.0.113.9")
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.writer.email, PASSWORD, "203.0.113.9")


def test_an_account_of_ones_own_does_not_buy_new_guesses(installation: Installation, cast: Cast) -> None:
    for number in range(login_throttle.PER_ADDRESS - 1):
        with pytest.raises(sessions.WrongPassword):
            sessions.sign_in(installation, f"guess{number}@example.org", "wrong", "203.0.113.9")
    sessions.sign_in(installation, cast.reader.email, PASSWORD, "203.0.113.9")
    with pytest.raises(sessions.WrongPassword):
        sessions.sign_in(installation, "more@example.org", "wrong", "203.0.113.9")
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, "more@example.org", "wrong", "203.0.113.9")


def test_neighbours_in_one_ipv6_network_share_their_guesses() -> None:
    one, other = (login_throttle.network(f"2001:db8:1:2::{end}") for end in ("1", "ffff"))
    assert one == other != login_throttle.network("2001:db8:1:3::1")


def test_the_cookie_is_not_what_the_database_holds(installation: Installation, cast: Cast) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    with installation.store.read(EVERY_WORKSPACE) as session:
        kept = session.scalars(select(SignIn.token_hash)).all()
    assert kept == [token_hash(secret)]
    assert secret not in kept


def test_signing_in_gives_a_new_session_and_ends_the_one_that_was_planted(
    installation: Installation, browse: Any, cast: Cast
) -> None:
    browser = browse(cast.reader)
    planted = browser.client.get_cookie("session").value
    browser.post("/sign-in", {"email": cast.writer.email, "password": PASSWORD})
    fresh = browser.client.get_cookie("session").value
    assert fresh != planted
    assert sessions.recognise(installation, planted) is None


def test_a_changed_password_ends_every_other_session(installation: Installation, cast: Cast) -> None:
    here, there = (sessions.sign_in(installation, cast.writer.email, PASSWORD) for _ in range(2))
    fresh = sessions.change_password(installation, cast.writer.id, PASSWORD, "ett helt nytt lösen")
    assert sessions.recognise(installation, here) is None
    assert sessions.recognise(installation, there) is None
    assert sessions.recognise(installation, fresh) is not None


def test_the_present_password_is_asked_for_before_a_new_one_is_kept(installation: Installation, cast: Cast) -> None:
    with pytest.raises(Invalid):
        sessions.change_password(installation, cast.writer.id, "guessed", "ett helt nytt lösen")
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD)


@pytest.mark.parametrize("weak", ["kort", "aaaaaaaaaaaa", "karin@example.org", "x" * 300])
def test_a_weak_or_enormous_password_is_refused(installation: Installation, cast: Cast, weak: str) -> None:
    with pytest.raises(Invalid):
        sessions.change_password(installation, cast.writer.id, PASSWORD, weak)


def test_a_session_dies_unused_and_at_last_in_any_case(installation: Installation, cast: Cast, clock: SetClock) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    for _ in range(4):
        clock.forward(days=6)
        assert sessions.recognise(installation, secret) is not None
    clock.forward(days=7)
    assert sessions.recognise(installation, secret) is None


def test_a_session_left_for_a_week_is_over(installation: Installation, cast: Cast, clock: SetClock) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    clock.forward(days=7, seconds=1)
    assert sessions.recognise(installation, secret) is None


def test_nobody_ends_another_persons_session(installation: Installation, cast: Cast) -> None:
    sessions.sign_in(installation, cast.writer.email, PASSWORD)
    theirs = sessions.sessions_of(installation, cast.writer.id)[0]
    with pytest.raises(NotFound):
        sessions.revoke_session(installation, cast.reader.id, theirs.id)
    sessions.revoke_session(installation, cast.writer.id, theirs.id)
    assert sessions.sessions_of(installation, cast.writer.id) == []


def test_who_leaves_the_last_office_is_signed_out(installation: Installation, cast: Cast) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    leaving.remove_person(installation, cast.actor(), cast.writer.id)
    assert sessions.recognise(installation, secret) is None
    with pytest.raises(sessions.WrongPassword):
        sessions.sign_in(installation, cast.writer.email, PASSWORD)


def test_signing_in_and_out_stands_in_the_record(installation: Installation, cast: Cast) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    sessions.sign_out(installation, secret)
    with installation.store.read(cast.place.id) as session:
        found = session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == cast.writer.id)).all()
    assert found == ["person.signed_in", "person.signed_out"]


def test_a_link_sets_a_password_once(installation: Installation, cast: Cast) -> None:
    link = people.reset_password(installation, cast.actor(), cast.writer.id)
    token = link.rpartition("/")[2]
    people.use_password_link(installation, token, "ett helt nytt lösen")
    assert sessions.sign_in(installation, cast.writer.email, "ett helt nytt lösen")
    with pytest.raises(NotFound):
        people.use_password_link(installation, token, "en gång till med det")


def test_looking_at_the_link_does_not_spend_it(installation: Installation, browse: Any, cast: Cast) -> None:
    path = people.reset_password(installation, cast.actor(), cast.writer.id).removeprefix(installation.base_url)
    browser = browse()
    assert browser.get(path).status_code == browser.get(path).status_code == 200
    assert browser.post(path, {"password": "ett helt nytt lösen"}).status_code == 303


def test_an_old_link_is_dead(installation: Installation, cast: Cast, clock: SetClock) -> None:
    token = people.reset_password(installation, cast.actor(), cast.writer.id).rpartition("/")[2]
    clock.forward(days=4)
    with pytest.raises(NotFound):
        people.read_password_link(installation, token)


def test_the_cookie_is_a_host_cookie_where_the_office_has_tls(installation: Installation, cast: Cast) -> None:
    from commsched.web.app import create_app

    installation.settings["base_url"] = "https://localhost"
    client = create_app(installation, testing=True).test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    token = page.text.split('name="form_token" value="')[1].split('"')[0]
    given = client.post(
        "/sign-in",
        base_url="https://localhost",
        data={"email": cast.writer.email, "password": PASSWORD, "form_token": token},
    )
    cookie = next(line for line in given.headers.getlist("Set-Cookie") if "session" in line)
    assert cookie.startswith("__Host-session=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie


def test_the_page_after_signing_in_is_one_of_ours(browse: Any, cast: Cast) -> None:
    for wish in ("//evil.example/x", "https://evil.example", "/\\evil.example", "\\/evil", "/a\nb"):
        browser = browse()
        given = browser.post("/sign-in", {"email": cast.writer.email, "password": PASSWORD, "next": wish})
        assert given.headers["Location"].startswith("/"), wish
        assert not given.headers["Location"].startswith(("//", "/\\")), wish


def test_an_inactive_person_cannot_sign_in(installation: Installation, cast: Cast) -> None:
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.writer.id).active = False
    with pytest.raises(sessions.WrongPassword):
        sessions.sign_in(installation, cast.writer.email, PASSWORD)


def test_a_hundred_guesses_at_once_are_no_more_than_ten(installation: Installation, cast: Cast) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def guess(number: int) -> type[Exception] | None:
        try:
            sessions.sign_in(installation, cast.writer.email, f"guess {number}", GUESSER)
        except (sessions.WrongPassword, login_throttle.TooManyTries) as error:
            return type(error)
        return None

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(guess, range(100)))
    assert ends.count(sessions.WrongPassword) == login_throttle.PER_PLACE
    assert ends.count(login_throttle.TooManyTries) == 100 - login_throttle.PER_PLACE


@pytest.mark.sqlite("its one writer; other stores lock rows")
def test_a_busy_database_does_not_keep_anybody_from_reading(
    installation: Installation, cast: Cast, clock: SetClock
) -> None:
    import sqlite3

    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    clock.forward(minutes=11)
    with installation.store.engine.connect() as warm:
        warm.exec_driver_sql("PRAGMA busy_timeout=1")
    blocker = sqlite3.connect(installation.store.path or "", isolation_level=None)
    try:
        blocker.execute("BEGIN IMMEDIATE")
        assert sessions.recognise(installation, secret) is not None
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()


def test_a_session_of_another_stamp_is_dead_even_if_its_row_is_left(installation: Installation, cast: Cast) -> None:
    secret = sessions.sign_in(installation, cast.writer.email, PASSWORD)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.get_one(Person, cast.writer.id).stamp = "another"
    assert sessions.recognise(installation, secret) is None
    assert sessions.sessions_of(installation, cast.writer.id) == []


def shut_out(installation: Installation, address: str) -> None:
    """As many wrong passwords as an address has, for accounts that do not exist."""
    for number in range(login_throttle.PER_ADDRESS):
        with pytest.raises(sessions.WrongPassword):
            sessions.sign_in(installation, f"nobody{number}@example.org", "wrong", address)


def test_a_device_that_is_known_is_not_shut_out_by_strangers_at_the_same_address(
    installation: Installation, cast: Cast
) -> None:
    device = login_throttle.remember(installation, cast.writer.email)
    shut_out(installation, HOME)
    assert sessions.sign_in(installation, cast.writer.email, PASSWORD, HOME, device=device)
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.reader.email, PASSWORD, HOME)


@pytest.mark.parametrize(("bits", "times"), [(64, 1), (56, 2), (48, 4)])
def test_the_networks_of_one_visitor_count_together(
    installation: Installation, cast: Cast, bits: int, times: int
) -> None:
    step = {64: 0, 56: 1, 48: 0x100}[bits]
    for number in range(times):
        shut_out(installation, f"2001:db8:1:{number * step:x}::{number + 1}")
    with pytest.raises(login_throttle.TooManyTries):
        sessions.sign_in(installation, cast.reader.email, PASSWORD, f"2001:db8:1:{times * step:x}::9")
    assert sessions.sign_in(installation, cast.reader.email, PASSWORD, "2001:db8:2::1")


def test_an_old_address_in_a_new_coat_is_the_same() -> None:
    assert login_throttle.network("::ffff:203.0.113.9") == login_throttle.network("203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:5001", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_a_port_behind_a_forwarded_address_makes_no_new_visitor(said: str, address: str) -> None:
    assert without_port(said) == address


def test_a_proxy_that_writes_the_port_is_understood(installation: Installation, cast: Cast) -> None:
    installation.settings["trusted_proxies"] = "1"
    app = create_app(installation, testing=True)

    @routes.public
    def who() -> str:
        return request.remote_addr or ""

    app.add_url_rule("/who", "who", who)
    given = app.test_client().get("/who", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9:5001"})
    assert given.text == "203.0.113.9"


def test_a_proxy_that_was_not_told_of_is_seen_on_the_page(browse: Any, installation: Installation) -> None:
    said = "trusted_proxies"
    assert said not in browse().get("/sign-in").text
    assert said in browse().get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"}).text
    installation.settings["base_url"] = "https://plan.example.org"
    assert said in browse().get("/sign-in").text
    installation.settings["trusted_proxies"] = "1"
    assert said not in browse().get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"}).text
