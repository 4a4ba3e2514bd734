"""The forms by which a person connects: every field has a name of its own, and what was typed is what is taken."""

from __future__ import annotations

import re
from collections import Counter

import pytest

import commsched.platforms as registry
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel
from tests.conftest import Cast
from tests.web.channels.test_channel_page import Browse


@pytest.mark.parametrize("key", [platform.key for platform in registry.all()])
def test_no_form_asks_for_two_things_by_one_name(browse: Browse, cast: Cast, key: str) -> None:
    words = browse(cast.administrator).get(f"~/channels/new/{key}").text
    for form in re.findall(r"<form.*?</form>", words[words.index("<main") :], re.S):
        names = Counter(re.findall(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"', form))
        assert [name for name, times in names.items() if times > 1] == []


def test_what_is_done_by_hand_is_connected_by_its_name(browse: Browse, cast: Cast, installation: Installation) -> None:
    typed = {"network": "linkedin", "name": "Vår LinkedIn-sida", "address": "", "responsible": ""}
    answer = browse(cast.administrator).post("~/channels/new/by_hand", {"way": "keys", **typed})
    assert answer.status_code == 303
    with installation.store.read(cast.place.id) as session:
        [channel] = session.query(Channel).filter_by(platform="by_hand")
        assert channel.name == "Vår LinkedIn-sida"


def test_who_cannot_register_the_app_is_shown_the_way_by_hand(browse: Browse, cast: Cast) -> None:
    words = browse(cast.administrator).get("~/channels/new/linkedin").text
    assert "/channels/new/by_hand" in words
