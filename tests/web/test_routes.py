"""Every route × role × workspace × way of signing in. A route that is added is in here without anybody's doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from commsched.core.access.roles import ROLES, may
from commsched.services.accounts import sessions, tokens
from commsched.services.kernel.context import Installation
from commsched.web.app import create_app
from commsched.web.http import authorization
from commsched.web.http.headers import HEADERS
from tests.conftest import PASSWORD, Browser, Cast
from tests.web.routes import UNSAFE, Route, routes

Browse = Callable[..., Browser]


@pytest.fixture
def sturdy(installation: Installation, ticking: Installation) -> Flask:
    """The app as in production: what goes wrong is answered, not raised."""
    return create_app(installation)


@pytest.fixture
def browse(sturdy: Flask, installation: Installation, cast: Cast) -> Browse:
    def open_browser(person: Any = None) -> Browser:
        client = sturdy.test_client()
        if person is not None:
            client.set_cookie("session", sessions.sign_in(installation, person.email, PASSWORD))
        return Browser(client, cast.place.slug)

    return open_browser


def ask(browser: Browser, route: Route, **headers: str) -> Any:
    """Send the request as our own page would, with the form's token where one is needed."""
    if route.method in UNSAFE and not route.api:
        headers |= {"X-Form-Token": browser.token()}
    return browser.client.open(route.path, method=route.method, headers=headers)


def still_signed_in(installation: Installation, browser: Browser) -> bool:
    cookie = browser.client.get_cookie("session")
    return cookie is not None and sessions.recognise(installation, cookie.value) is not None


def let_in(given: Any) -> bool:
    """Whether the authoriser opened; what the page then said (no such thing, wrong input) is its own affair."""
    return given.status_code not in (401, 403, 500) and not to_sign_in(given)


def to_sign_in(given: Any) -> bool:
    return given.status_code == 303 and given.headers["Location"].startswith("/sign-in")


def test_every_route_says_who_may_enter(app: Flask) -> None:
    assert authorization.undeclared(app) == []


def test_a_route_that_says_nothing_is_refused_to_everybody(installation: Installation, cast: Cast) -> None:
    app = create_app(installation)
    app.add_url_rule("/undeclared", "undeclared", lambda: "let in")
    given = app.test_client().get("/undeclared")
    assert given.status_code == 403
    assert "let in" not in given.text


def test_a_stranger_from_the_street_enters_only_what_is_public(browse: Browse, sturdy: Flask) -> None:
    browser = browse()
    for route in routes(sturdy, browser.slug):
        given = ask(browser, route)
        if route.access.kind == "public":
            refused = (403, 500) if route.endpoint == "signin.enter" else (401, 403, 500)
            assert given.status_code not in refused, f"{route}: {given.status_code}"
        elif route.api or route.method in UNSAFE:
            assert given.status_code == 401, route
        else:
            assert to_sign_in(given), route


@pytest.mark.parametrize("role", ROLES)
def test_a_member_enters_what_their_role_allows(
    browse: Browse, sturdy: Flask, installation: Installation, cast: Cast, role: str
) -> None:
    person = getattr(cast, role)
    browser = browse(person)
    for route in routes(sturdy, browser.slug):
        if route.api or route.access.kind != "allow":
            continue
        if not still_signed_in(installation, browser):  # one of the routes before ended the session: it may
            browser = browse(person)
        given = ask(browser, route)
        assert route.access.permission is not None
        if may(role, route.access.permission):
            assert let_in(given), f"{route}: {given.status_code}"
        else:
            assert given.status_code == 403, f"{route}: {given.status_code}"


def test_an_administrator_of_another_office_finds_nothing_here(browse: Browse, sturdy: Flask, cast: Cast) -> None:
    browser = browse(cast.stranger)
    for route in routes(sturdy, browser.slug):
        if not route.api and route.access.kind == "allow":
            assert ask(browser, route).status_code == 404, route


def test_an_office_that_does_not_exist_looks_like_one_you_are_not_in(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.administrator)
    theirs = browser.get("/w/distriktet/people/")
    nobodys = browser.get("/w/ingenstans/people/")
    assert (theirs.status_code, theirs.text.replace("distriktet", "")) == (
        nobodys.status_code,
        nobodys.text.replace("ingenstans", ""),
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_token_opens_the_api_as_far_as_its_role(
    sturdy: Flask, installation: Installation, cast: Cast, role: str
) -> None:
    secret = tokens.create_token(installation, cast.actor("administrator"), "everything but more", role)
    client = sturdy.test_client()
    for route in routes(sturdy, cast.place.slug):
        if not route.api or route.access.kind != "allow":
            continue
        given = client.open(route.path, method=route.method, headers={"Authorization": f"Bearer {secret}"}, json={})
        assert route.access.permission is not None
        if may(role, route.access.permission):
            assert let_in(given), f"{route}: {given.status_code}"
        else:
            assert given.status_code == 403, f"{route}: {given.status_code}"


def test_a_token_never_does_more_than_its_person_may_today(installation: Installation, cast: Cast) -> None:
    secret = tokens.create_token(installation, cast.actor("reader"), "greedy", "administrator")
    visitor = sessions.recognise_token(installation, secret)
    assert visitor is not None
    assert visitor.role == "reader"


def test_a_token_opens_no_page_and_a_cookie_no_api(
    browse: Browse, sturdy: Flask, installation: Installation, cast: Cast
) -> None:
    secret = tokens.create_token(installation, cast.actor("administrator"), "key")
    by_token, by_cookie = sturdy.test_client(), browse(cast.administrator)
    for route in routes(sturdy, cast.place.slug):
        if route.access.kind == "public" or route.method in UNSAFE:
            continue
        if route.api:
            assert by_cookie.client.get(route.path).status_code == 401, route
        else:
            assert to_sign_in(by_token.get(route.path, headers={"Authorization": f"Bearer {secret}"})), route


@pytest.mark.parametrize("trick", ["nothing", "made up", "another session's", "cross-site", "foreign origin"])
def test_a_form_that_is_not_ours_changes_nothing(browse: Browse, sturdy: Flask, cast: Cast, trick: str) -> None:
    browser, other = browse(cast.administrator), browse(cast.writer)
    right = browser.token()
    headers: dict[str, dict[str, str]] = {
        "nothing": {},
        "made up": {"X-Form-Token": "0" * 64},
        "another session's": {"X-Form-Token": other.token()},
        "cross-site": {"X-Form-Token": right, "Sec-Fetch-Site": "cross-site"},
        "foreign origin": {"X-Form-Token": right, "Origin": "https://evil.example"},
    }
    guarded = [r for r in routes(sturdy, browser.slug) if r.method in UNSAFE and not r.api and not r.access.one_click]
    assert guarded
    for route in guarded:
        given = browser.client.open(route.path, method=route.method, headers=headers[trick])
        assert given.status_code == 400, f"{route}: {given.status_code}"


def test_one_address_alone_is_posted_to_without_a_form_of_ours(sturdy: Flask, cast: Cast) -> None:
    """Leaving a list (RFC 8058): a mail program posts there for its reader, without cookie and token."""
    assert [route.endpoint for route in routes(sturdy, cast.place.slug) if route.access.one_click] == ["mailing.leave"]


def test_a_form_of_our_own_passes_with_the_headers_of_a_browser(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    given = browser.post(
        "/theme", {"theme": "dark"}, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    )
    assert given.status_code == 303


def test_every_answer_carries_the_security_headers(browse: Browse, sturdy: Flask, cast: Cast) -> None:
    for browser in (browse(), browse(cast.administrator)):
        for route in routes(sturdy, browser.slug):
            given = browser.client.open(route.path, method=route.method)
            for name in HEADERS:
                assert name in given.headers, f"{route}: {name}"
            assert "default-src 'none'" in given.headers["Content-Security-Policy"], route
            assert "unsafe" not in given.headers["Content-Security-Policy"], route


def test_no_private_page_is_kept_by_a_cache(browse: Browse, sturdy: Flask, cast: Cast) -> None:
    browser = browse(cast.administrator)
    for route in routes(sturdy, browser.slug):
        if route.access.kind != "public":
            kept = browser.client.open(route.path, method=route.method).headers["Cache-Control"]
            assert "no-store" in kept or {"private", "no-cache"} <= set(kept.replace(",", " ").split()), route


def test_the_style_needs_no_exception_from_the_policy(browse: Browse, sturdy: Flask, cast: Cast) -> None:
    browser = browse(cast.administrator)
    for route in routes(sturdy, browser.slug):
        if route.method == "GET" and not route.api:
            html = browser.client.get(route.path).text
            for trick in (" style=", "<style", "onclick=", "javascript:", "<script>"):
                assert trick not in html, f"{route}: {trick}"


def test_tls_is_insisted_on_where_the_office_has_it(installation: Installation, cast: Cast) -> None:
    installation.settings["base_url"] = "https://localhost"
    given = create_app(installation).test_client().get("/sign-in", base_url="https://localhost")
    assert given.headers["Strict-Transport-Security"].startswith("max-age=31536000")
