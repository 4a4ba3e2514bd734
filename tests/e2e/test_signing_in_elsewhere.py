"""A person connects a channel by pressing buttons: to the network, yes there, back, and which of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from commsched.core.platform.access import Authorization
from commsched.core.platform.contract import ChannelContext
from commsched.services.accounts import machine_admin
from commsched.services.channels import apps, directory
from commsched.services.kernel.context import Installation
from tests.conftest import Cast
from tests.services.channels.plaza import Plaza, page
from tests.services.channels.test_signing_in import APP
from tests.sims._server import Answer, Call, Simulator, Stage


class SignInSite(Simulator):
    """The network's own page, on which a person says yes or no."""

    def stage(self, call: Call) -> Stage:
        return "read"

    def refusal(self, fault: str) -> Answer:
        return Answer(int(fault))

    def handle(self, call: Call) -> Answer:
        if call.path != "/authorize":
            return Answer(404, {})
        back = call.query["redirect_uri"]
        yes, no = (
            f"{back}?{urlencode({'state': call.query['state'], **answer})}"
            for answer in ({"code": "c0de"}, {"error": "access_denied"})
        )
        words = f'<h1>Plaza</h1><p><a href="{yes}">Yes, let it in</a></p><p><a href="{no}">No</a></p>'
        return Answer(200, words.encode(), {"content-type": "text/html"})


class PressedPlaza(Plaza):
    """The Plaza with a page to press on."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self.site = site

    def provider(self, settings: Mapping[str, str]) -> str:
        return self.site

    def authorize(self, context: ChannelContext) -> Authorization:
        assert context.handshake is not None
        asked = {"state": context.handshake.state, "redirect_uri": context.handshake.redirect_uri}
        return Authorization(f"{self.site}/authorize?{urlencode(asked)}")


@pytest.fixture
def plaza(live: str, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[PressedPlaza]:
    with SignInSite() as site:
        plaza = PressedPlaza(site.url)
        usual, keys = installation.platform, installation.platform_keys()
        monkeypatch.setattr(installation, "platform", lambda key: plaza if key == "plaza" else usual(key))
        monkeypatch.setattr(installation, "platform_keys", lambda: (*keys, "plaza"))
        monkeypatch.setitem(installation.settings, "base_url", live)
        apps.keep(installation, machine_admin.actor(cast.place), "plaza", APP)
        yield plaza


def test_a_page_is_connected_by_pressing_buttons(
    visit: Any, plaza: PressedPlaza, installation: Installation, cast: Cast
) -> None:
    plaza.accounts = [page("1", "Regiongruppen"), page("2", "Distriktet")]
    at = visit(cast.administrator)
    at.goto(f"/w/{cast.place.slug}/channels/new")
    at.get_by_role("link", name="Plaza").click()
    at.get_by_role("button", name="Logga in hos Plaza").click()
    at.get_by_role("link", name="Yes, let it in").click()
    expect(at.get_by_role("heading", name="Vilket konto?")).to_be_visible()
    at.get_by_label("Distriktet").check()
    at.get_by_role("button", name="Anslut det valda").click()
    expect(at.get_by_role("heading", level=1, name="Distriktet")).to_be_visible()
    (channel,) = directory.channels(installation, cast.place.id)
    assert (channel.name, channel.settings, channel.way) == ("Distriktet", {"page_id": "2"}, "oauth")

    at.get_by_role("link", name="Logga in igen").click()
    at.get_by_role("button", name="Logga in hos Plaza").click()
    at.get_by_role("link", name="Yes, let it in").click()
    expect(at.get_by_role("heading", level=1, name="Distriktet")).to_be_visible()


def test_a_no_comes_back_as_a_sentence_and_the_way_is_still_there(
    visit: Any, plaza: PressedPlaza, installation: Installation, cast: Cast
) -> None:
    at = visit(cast.administrator, phone=True)
    at.goto(f"/w/{cast.place.slug}/channels/new/plaza")
    at.get_by_role("button", name="Logga in hos Plaza").click()
    at.get_by_role("link", name="No", exact=True).click()
    expect(at.locator(".form-wrong")).to_contain_text("did not let the office in")
    expect(at.get_by_role("button", name="Logga in hos Plaza")).to_be_visible()
    assert directory.channels(installation, cast.place.id) == []
