"""A link's page is read with care: never within the office's own network, never for long, never more than a page."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from commsched.platforms._http.network import Session, public_only
from commsched.services.kernel.context import Installation
from commsched.services.links import fetching
from commsched.services.links.fetching import MOST_STEPS, fetch
from tests import writing
from tests.sims.pages import Pages

PAGE = '<title>Fler bussar</title><meta name=description content="Alla turer."><meta property=og:image content=/a.png>'


@pytest.fixture
def web(installation: Installation) -> Iterator[Pages]:
    """Names under ``.example`` lead to the simulator, under ``.evil`` to a private address, others nowhere."""
    with Pages() as pages:
        port = int(pages.url.rpartition(":")[2])

        def resolve(host: str, _port: Any, *more: Any, **_named: Any) -> Any:
            if host.endswith(".example"):
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
            if host.endswith(".evil"):
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]
            raise socket.gaierror("no such name")

        def guard(addresses: Any) -> bool:
            return list(addresses) == ["127.0.0.1"] or public_only(addresses)

        installation.http = lambda private: Session(guard=None if private else guard, resolve=resolve)
        yield pages


def test_a_page_is_read_with_its_picture_encoded_anew(installation: Installation, web: Pages) -> None:
    web.page("/buss", PAGE)
    web.picture("/a.png", writing.photo(1600, 900))
    read = fetch(installation, "http://ljung.example/buss?a=1#there")
    assert (read.state, read.status) == ("ok", 200)
    assert (read.facts.title, read.facts.description) == ("Fler bussar", "Alla turer.")
    assert read.picture is not None
    assert read.picture.data[:2] == b"\xff\xd8"
    assert (read.picture.width, read.picture.height, read.picture.mime) == (1200, 675, "image/jpeg")
    assert len(read.picture.data) <= fetching.CARD_BYTES
    assert web.calls[0].query == {"a": "1"}
    assert not {"Cookie", "Authorization"} & set(web.calls[0].headers)


def test_redirects_are_followed_each_looked_at_anew(installation: Installation, web: Pages) -> None:
    web.moved("/a", "/b", 301)
    web.moved("/b", "http://other.example/c?x=1", 307)
    web.page("/c", PAGE.replace("<meta property=og:image content=/a.png>", ""))
    assert fetch(installation, "http://ljung.example/a").facts.title == "Fler bussar"
    assert web.calls[-1].query == {"x": "1"}


@pytest.mark.parametrize(
    "inner",
    ["http://10.0.0.1/", "http://localhost:9000/", "http://intranet/x", "http://name.evil/", "http://[::1]/"],
)
def test_a_link_or_a_redirect_into_the_network_is_never_followed(
    installation: Installation, web: Pages, inner: str
) -> None:
    web.moved("/a", inner)
    assert fetch(installation, inner).state == "inside"
    assert not web.calls
    assert fetch(installation, "http://ljung.example/a").state == "inside"
    assert len(web.calls) == 1


def test_a_picture_within_the_network_is_not_fetched(installation: Installation, web: Pages) -> None:
    web.page("/a", PAGE.replace("/a.png", "http://169.254.169.254/latest/meta-data"))
    read = fetch(installation, "http://ljung.example/a")
    assert (read.state, read.picture) == ("ok", None)
    assert len(web.calls) == 1


def test_a_ring_of_redirects_ends(installation: Installation, web: Pages) -> None:
    web.moved("/a", "/a")
    assert fetch(installation, "http://ljung.example/a").state == "error"
    assert len(web.calls) == MOST_STEPS + 1


@pytest.mark.parametrize("to", ["", "http://[", "ftp://ljung.example/", "javascript:alert(1)", "file:///etc/passwd"])
def test_a_redirect_to_nothing_that_can_be_followed_is_no_page(installation: Installation, web: Pages, to: str) -> None:
    web.moved("/a", to)
    assert fetch(installation, "http://ljung.example/a").state != "ok"


@pytest.mark.parametrize(("status", "state"), [(404, "error"), (410, "error"), (500, "error"), (403, "error")])
def test_an_error_is_told_as_one(installation: Installation, web: Pages, status: int, state: str) -> None:
    web.page("/a", PAGE, status=status)
    read = fetch(installation, "http://ljung.example/a")
    assert (read.state, read.status, read.facts.title) == (state, status, "")


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "text/plain", "", "text/html-not"])
def test_what_is_no_page_is_not_read_as_one(installation: Installation, web: Pages, kind: str) -> None:
    web.page("/a", PAGE, kind)
    assert fetch(installation, "http://ljung.example/a").state == "other"


@pytest.mark.parametrize("fault", ["reset_before_accept", "slow_drip", "slow_headers", "timeout_before_accept"])
def test_a_server_that_does_not_answer_costs_its_patience_and_no_more(
    installation: Installation, web: Pages, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.4)
    web.page("/a", PAGE)
    web.faults.append(f"read:{fault}")
    began = time.monotonic()
    assert fetch(installation, "http://ljung.example/a").state == "silent"
    assert time.monotonic() - began < 40


def test_a_name_that_leads_nowhere_is_silent(installation: Installation, web: Pages) -> None:
    assert fetch(installation, "http://ljung.invalid-name/a").state == "silent"


def test_of_a_page_without_end_the_beginning_is_read(installation: Installation, web: Pages) -> None:
    web.page("/a", "<title>Fler bussar</title>" + "x" * (3 * fetching.PAGE_BYTES))
    assert fetch(installation, "http://ljung.example/a").facts.title == "Fler bussar"


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n" * 90])
def test_a_picture_that_is_none_is_left_out(installation: Installation, web: Pages, data: bytes) -> None:
    web.page("/a", PAGE)
    web.picture("/a.png", data)
    read = fetch(installation, "http://ljung.example/a")
    assert (read.state, read.picture) == ("ok", None)


def test_the_newsroom_of_this_installation_is_read_though_it_lives_within(
    installation: Installation, web: Pages
) -> None:
    web.page("/news", "<title>Pressrum</title>")
    installation.settings["base_url"] = web.url
    installation.http = lambda private: Session(guard=None if private else public_only)
    assert fetch(installation, f"{web.url}/news").facts.title == "Pressrum"
    assert fetch(installation, web.url.replace("127.0.0.1", "localhost")).state == "inside"
