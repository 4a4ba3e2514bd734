"""The newsroom as a platform: the recorded outcome is what makes an item public."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commsched.core.delivery.outcome import Absent, Handles, Published
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ChannelView
from commsched.core.text.slug import address_of, slug
from commsched.platforms.newsroom import PLATFORM
from tests.channel_views import channel_view

NOW = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
WIRE = ChannelContext(
    channel=3,
    settings={},
    secrets={},
    now=lambda: NOW,
    http=None,
    public_url="https://plan.example",
    workspace="gruppen",
)
RELEASE = channel_view(kind="release", title="Ja till fler turer på landet", text="Ja.", uid="0123456789abcdef" * 2)


def test_publishing_touches_nothing_and_says_where_it_will_stand() -> None:
    (part,) = PLATFORM.parts(RELEASE)
    assert not PLATFORM.needs_prepare(part)
    outcome = PLATFORM.publish(part, Handles(), WIRE)
    assert outcome == Published(RELEASE.uid, "https://plan.example/n/gruppen/ja-till-fler-turer-pa-landet-01234567")
    assert PLATFORM.publish(part, Handles(), WIRE) == outcome, "a repeat is the same publication"


def test_without_a_recorded_outcome_it_was_never_public() -> None:
    (part,) = PLATFORM.parts(RELEASE)
    assert PLATFORM.find(part, Handles(), NOW, WIRE) == Absent()
    assert PLATFORM.instant
    assert PLATFORM.resend_if_absent
    assert isinstance(PLATFORM.delete(RELEASE.uid, WIRE), Published)


def test_connecting_needs_nothing() -> None:
    assert PLATFORM.connect(WIRE).url == "https://plan.example/n/gruppen"


@pytest.mark.parametrize(
    ("view", "level", "field"),
    [
        (channel_view(kind="post", title="", text=" "), "block", "text"),
        (channel_view(kind="release", title="", text="Ja."), "block", "title"),
        (channel_view(kind="release", title="R" * 121, text="Ja."), "warn", "title"),
    ],
)
def test_what_is_wrong_is_said_by_the_field_it_concerns(view: ChannelView, level: str, field: str) -> None:
    assert [(problem.level, problem.field) for problem in PLATFORM.check(view, {})] == [(level, field)]


def test_a_picture_needs_words_for_those_who_do_not_see_it() -> None:
    picture = AttachmentFile(sha256="0" * 64, mime="image/jpeg", alt="", width=1, height=1, size=1, open=BytesIO)
    view = channel_view(kind="post", title="", text="Hej", pictures=(picture,))
    assert [problem.level for problem in PLATFORM.check(view, {})] == ["block"]


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Rättelse: Åre får ÖPPET!", "rattelse-are-far-oppet"),
        ("  ", ""),
        ("日本", ""),
        ("a" * 200, ""),
        ("Ett två " * 20, "ett-tva-ett-tva-ett-tva-ett-tva-ett-tva-ett-tva-ett-tva-ett-tva-ett"),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_an_address_is_made_of_the_headline(title: str, made: str) -> None:
    assert slug(title) == made


@settings(deadline=None)
@given(st.text(), st.text(), st.uuids())
def test_every_item_has_an_address_that_is_safe_and_its_own(title: str, text: str, uid: Any) -> None:
    address = address_of(title, text, uid.hex)
    assert set(address) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert uid.hex[:8] in address
    assert len(address) <= 80
