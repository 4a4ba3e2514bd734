"""The pages that lead a person through signing in at a platform, as a browser meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace
from PIL import Image

from commsched.services.accounts import machine_admin
from commsched.services.channels import apps, directory
from commsched.services.kernel.context import Installation
from commsched.web.channels.authorization import origin
from commsched.web.http.headers import POLICY
from tests.conftest import Browser, Cast
from tests.services.channels.plaza import AT, Gallery, Plaza, page
from tests.services.channels.test_signing_in import APP

Browse = Callable[..., Browser]


class Fetched:
    """The HTTP session of an installation that meets one server with one picture."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.hooks: dict[str, list[Any]] = {"response": []}

    def request(self, method: str, url: str, **options: object) -> Any:
        self.asked.append(url)
        picture = BytesIO()
        Image.new("RGB", (300, 300), "teal").save(picture, "PNG")
        answer = type("Answer", (), {})()
        answer.status_code, answer.content = (200, picture.getvalue()) if url.endswith("page.png") else (404, b"")
        return answer


@pytest.fixture
def plaza() -> Plaza:
    return Plaza()


@pytest.fixture
def http(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Fetched:
    session = Fetched()
    monkeypatch.setattr(installation, "http", lambda _private: session)
    return session


@pytest.fixture(autouse=True)
def _known(
    installation: Installation, plaza: Plaza, http: Fetched, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, keys = installation.platform, installation.platform_keys()
    known: dict[str, Plaza] = {"plaza": plaza, "gallery": Gallery()}
    monkeypatch.setattr(installation, "platform", lambda key: known.get(key) or usual(key))
    monkeypatch.setattr(installation, "platform_keys", lambda: (*keys, *known))
    apps.keep(installation, machine_admin.actor(cast.place), "plaza", APP)


def sent_off(browser: Browser, path: str = "~/channels/new/plaza") -> str:
    """Press the button; returns the path that the person comes back to, with the platform's answer in it."""
    went = browser.post(path, {"way": "oauth"})
    assert went.status_code == 303
    assert went.headers["Location"].startswith(f"{AT}/authorize?")
    (state,) = parse_qs(urlsplit(went.headers["Location"]).query)["state"]
    return f"~/channels/plaza/callback?code=c0de&state={state}"


def test_the_button_comes_first_and_pasted_keys_are_folded(browse: Browse, cast: Cast) -> None:
    words = browse(cast.administrator).get("~/channels/new/plaza").text
    button, folded = words.index("Logga in hos Plaza"), words.index("Klistra in nycklar i stället")
    assert button < folded < words.index('name="page_id"')
    assert 'name="page_id"' not in words[:folded], "who signs in is asked for no keys"
    assert re.search(r'<details class="fold">\s*<summary>[^<]*(<svg.*?</svg>)?\s*Klistra', words, re.S)
    identifiers = re.findall(r' id="([^"]+)"', words)
    assert len(identifiers) == len(set(identifiers))


def test_one_account_is_a_channel_at_once(browse: Browse, cast: Cast, installation: Installation) -> None:
    admin = browse(cast.administrator)
    came = admin.get(sent_off(admin))
    (channel,) = directory.channels(installation, cast.place.id)
    assert came.headers["Location"].endswith(f"/channels/{channel.id}")


def test_several_accounts_are_shown_with_name_and_picture_and_chosen(
    browse: Browse, cast: Cast, installation: Installation, plaza: Plaza, http: Fetched
) -> None:
    plaza.accounts = [
        page("1", "Regiongruppen", picture=f"{AT}/page.png", kind="Page"),
        page("2", "Distriktet", picture=f"{AT}/broken.png"),
        page("9", "@gruppen", platform="gallery"),
    ]
    admin = browse(cast.administrator)
    where = admin.get(sent_off(admin)).headers["Location"]
    shown = admin.get(where)
    assert shown.headers["Content-Security-Policy"] == POLICY
    assert [name in shown.text for name in ("Regiongruppen", "Distriktet", "@gruppen", "Gallery")] == [True] * 4
    assert AT + "/page.png" not in shown.text, "no browser asks the network"
    pictures = re.findall(r'<img src="([^"]+)"', shown.text)
    assert len(pictures) == 1, "one that could not be had is left out"
    asked = list(http.asked)
    with admin.get(pictures[0]) as picture:
        assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert http.asked == asked, "and no visit makes this machine ask"
    assert admin.post(where, {"account": ["0", "2"]}).status_code == 303
    channels = directory.channels(installation, cast.place.id)
    assert {(channel.platform, channel.name) for channel in channels} == {
        ("plaza", "Regiongruppen"),
        ("gallery", "@gruppen"),
    }
    assert admin.get(where).status_code == 409, "a choice is made once"


def test_a_choice_that_is_nobodys_is_told_in_words(browse: Browse, cast: Cast, plaza: Plaza) -> None:
    plaza.accounts = [page("1", "Regiongruppen"), page("2", "Distriktet")]
    admin = browse(cast.administrator)
    where = admin.get(sent_off(admin)).headers["Location"]
    for wanted in (["5"], ["x"], ["²"], ["9" * 5000], []):
        refused = admin.post(where, {"account": wanted})
        assert refused.status_code == 422
        assert "Distriktet" in refused.text
    assert browse(cast.writer).get(where).status_code == 403
    again = browse(cast.administrator)
    assert again.get(where).status_code == 409, "another browser of the same person's has begun nothing"
    assert admin.get(where).status_code == 200


def test_an_answer_that_comes_back_to_another_browser_connects_nothing(
    browse: Browse, cast: Cast, installation: Installation
) -> None:
    back = sent_off(browse(cast.administrator))
    assert browse(cast.administrator).get(back).status_code == 409
    assert directory.channels(installation, cast.place.id) == []


def test_no_answer_leads_anywhere_else(browse: Browse, cast: Cast, plaza: Plaza) -> None:
    admin = browse(cast.administrator)
    back = sent_off(admin)
    for more in ("&next=https://evil.example", "&redirect_uri=https://evil.example", "&token=//evil.example"):
        came = admin.get(back + more)
        assert "evil.example" not in came.headers.get("Location", "")
    told = admin.get("~/channels/plaza/callback?state=x&error=https://evil.example").text
    assert not re.search(r'(href|action|src)="[^"]*//evil', told)


def test_a_failing_platform_is_a_sentence_and_no_raw_error(
    browse: Browse, cast: Cast, plaza: Plaza, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> object:
        raise TypeError("'NoneType' object is not subscriptable")

    monkeypatch.setattr(plaza, "callback", broken)
    admin = browse(cast.administrator)
    came = admin.get(sent_off(admin))
    assert came.status_code == 422
    assert "gick inte att nå" in came.text
    assert "NoneType" not in came.text
    assert re.search(r"<details[^>]*>.*Vad nätverket svarade.*TypeError", came.text, re.S), "folded"
    monkeypatch.setattr(plaza, "authorize", broken)
    assert "NoneType" not in admin.post("~/channels/new/plaza", {"way": "oauth"}).text


def test_without_an_app_an_office_is_told_who_must_do_it(
    browse: Browse, cast: Cast, installation: Installation
) -> None:
    apps.take_away(installation, machine_admin.actor(cast.place), "plaza")
    admin = browse(cast.administrator)
    words = admin.get("~/channels/new/plaza").text
    assert "Plaza känner inte installationen ännu" in words
    assert "Logga in hos Plaza" not in words
    assert "den som sköter installationen" in words
    refused = admin.post("~/channels/new/plaza", {"way": "oauth"})
    assert refused.status_code == 409


def test_whoever_administers_every_office_registers_the_app_and_sees_the_address_to_copy(
    browse: Browse, cast: Cast, installation: Installation
) -> None:
    admin = browse(cast.administrator)
    words = admin.get("~/apps/plaza").text
    assert "Bara den som administrerar alla kontor" in words, "there is another office, which is not theirs"
    assert f"/w/{cast.place.slug}/channels/plaza/callback" in words
    assert f"/w/{cast.elsewhere.slug}/channels" not in words, "and nothing of it is seen"
    assert admin.post("~/apps/plaza", APP | {"client_id": "stolen"}).status_code == 409
    assert "s3cret" not in words
    assert admin.get("~/apps/mastodon").status_code in (200, 404)


def test_a_channel_that_signed_in_signs_in_again(
    browse: Browse, cast: Cast, installation: Installation, plaza: Plaza
) -> None:
    admin = browse(cast.administrator)
    admin.get(sent_off(admin))
    (channel,) = directory.channels(installation, cast.place.id)
    plaza.accounts = [page("5", "En annan"), replace(plaza.accounts[0], name="Nytt namn")]
    came = admin.get(sent_off(admin, f"~/channels/{channel.id}/access"))
    assert came.headers["Location"].endswith(f"/channels/{channel.id}")
    assert [row.account_name for row in directory.channels(installation, cast.place.id)] == ["Nytt namn"]


@pytest.mark.parametrize("address", ["https://[::1", "//[x", "javascript:alert(1)", ""])
def test_what_is_no_address_is_the_address_of_no_server(address: str) -> None:
    assert origin(address) == ""
