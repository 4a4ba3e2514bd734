"""What is out, changed and taken down as an office does it: connected, written, approved, sent, corrected, taken down;
and each step as it is seen where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from commsched.core.content.draft import PictureIn
from commsched.platforms._http.network import Session
from commsched.services.channels import connect
from commsched.services.content import drafts, items
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from commsched.services.upkeep import removals
from commsched.services.workflow import approve, corrections, editing, schedule, takedown
from commsched.store.models import Revision
from tests import writing
from tests.conftest import Cast, SetClock
from tests.peers import bluesky, mastodon
from tests.peers.bluesky import bluesky_server
from tests.peers.mastodon import mastodon_server
from tests.services import desk
from tests.sims.bluesky import HANDLE, PASSWORD, BlueskySimulator
from tests.sims.wordpress import WordPressSimulator

__all__ = ["bluesky_server", "mastodon_server"]
Office = Callable[[str, dict[str, str]], int]
THREAD = "Fyra bussar i timmen.\n---\nOch så här betalas de.\n---\nFrågor? Ring kansliet."
PARTS = THREAD.split("\n---\n")
on_mastodon = pytest.mark.xdist_group("mastodon")
on_bluesky = pytest.mark.xdist_group("bluesky")


@pytest.fixture
def office(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Office:
    """``office(platform, settings)`` connects a channel on this machine; returns its number."""
    monkeypatch.setattr(installation, "http", lambda _private: Session(guard=None, deadline=30.0))

    def connected(platform: str, settings: dict[str, str]) -> int:
        return connect.connect(installation, cast.actor(), platform, "", settings, allow_private=True).id

    return connected


def photo(cast: Cast) -> list[PictureIn]:
    kept = library.add(cast.installation, cast.actor("writer"), writing.photo())
    return [PictureIn(id=kept.media.id, alt="Torget i snö")]


def out(cast: Cast, clock: SetClock, channel: int, **more: Any) -> int:
    item = desk.scheduled(cast, channels=[channel], **more)
    clock.forward(hours=5)
    run(cast, clock)
    assert states(cast, item) == [("published", "")]
    return item


def run(cast: Cast, clock: SetClock, rounds: int = 6) -> None:
    """As the scheduler does, until nothing is left to be asked again."""
    for _round in range(rounds):
        desk.publish_what_is_due(cast.installation)
        clock.forward(seconds=30)


def states(cast: Cast, item: int) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in desk.deliveries(cast, item)]


def corrected(cast: Cast, clock: SetClock, original: int, text: str) -> int:
    number = corrections.begin(cast.installation, cast.actor("writer"), original)
    with cast.installation.store.read(cast.place.id) as session:
        item = items.load(session, number)
        draft = drafts.as_draft(cast.installation, session, item, session.get_one(Revision, item.revision_id))
    draft = replace(draft, text=text, correction="Det är fem.", variants={})
    editing.save(cast.installation, cast.actor("writer"), number, draft)
    approve.submit(cast.installation, cast.actor("writer"), number, then_schedule=True)
    approve.approve(cast.installation, cast.actor("approver"), number, desk.hash_of(cast, number))
    if not desk.deliveries(cast, number):
        schedule.schedule(cast.installation, cast.actor("writer"), number, cast.installation.now().isoformat())
    run(cast, clock)
    assert states(cast, number) == [("published", "")]
    return number


def taken_down(cast: Cast, clock: SetClock, item: int) -> list[str]:
    """The states of what was to be taken down."""
    takedown.take_down(cast.installation, cast.actor("writer"), item, "Fel siffra.")
    for _round in range(4):
        removals.take_down_due(cast.installation)
        clock.at += timedelta(minutes=1)
    with cast.installation.store.read(cast.place.id) as session:
        return [row.state for row in removals.of_item(session, item)]


def words(status: dict[str, Any]) -> str:
    return re.sub(r"<[^>]+>", " ", status["content"]).strip()


@pytest.mark.peer
@on_mastodon
def test_a_post_on_mastodon_is_corrected_where_it_stands_and_deleted(
    office: Office, mastodon_server: mastodon.Server, cast: Cast, clock: SetClock
) -> None:
    mark = uuid4().hex[:8]
    channel = office("mastodon", {"base_url": mastodon_server.url, "access_token": mastodon.TOKEN})

    def there() -> list[dict[str, Any]]:
        return [status for status in mastodon_server.statuses() if mark in status["content"]]

    item = out(cast, clock, channel, text=f"Fyra bussar {mark}", media=photo(cast))
    [before] = there()
    corrected(cast, clock, item, f"Fem bussar {mark}")
    [after] = there()
    assert (after["id"], words(after)) == (before["id"], f"Fem bussar {mark}")
    assert [media["description"] for media in after["media_attachments"]] == ["Torget i snö"]
    assert after["edited_at"]
    assert taken_down(cast, clock, item) == ["gone"]
    assert there() == []


@pytest.mark.peer
@on_mastodon
def test_a_thread_on_mastodon_is_corrected_part_by_part_and_deleted(
    office: Office, mastodon_server: mastodon.Server, cast: Cast, clock: SetClock
) -> None:
    mark = uuid4().hex[:8]
    channel = office("mastodon", {"base_url": mastodon_server.url, "access_token": mastodon.TOKEN})

    def there() -> dict[str, str]:
        return {status["id"]: words(status) for status in mastodon_server.statuses() if mark in status["content"]}

    item = out(cast, clock, channel, text=f"Ett {mark}\n---\nTvå {mark}")
    before = there()
    corrected(cast, clock, item, f"Ett {mark}\n---\nTre {mark}")
    assert sorted(there()) == sorted(before)
    assert sorted(there().values()) == [f"Ett {mark}", f"Tre {mark}"]
    assert taken_down(cast, clock, item) == ["gone", "gone"]
    assert there() == {}


@pytest.mark.peer
@on_bluesky
def test_a_thread_on_a_real_bluesky_server_hangs_together_and_is_deleted(
    office: Office, bluesky_server: bluesky.Server, cast: Cast, clock: SetClock
) -> None:
    account = bluesky_server.account()
    settings = {
        "base_url": bluesky_server.url,
        "handle": account["handle"],
        "app_password": bluesky_server.app_password(account),
    }
    item = out(cast, clock, office("bluesky", settings), text=THREAD)
    posts = sorted(bluesky_server.posts(account), key=lambda post: PARTS.index(post["value"]["text"]))
    assert [post["value"]["text"] for post in posts] == PARTS
    for above, post in pairwise(posts):
        reply = post["value"]["reply"]
        assert (reply["root"]["uri"], reply["parent"]["uri"]) == (posts[0]["uri"], above["uri"])
    assert taken_down(cast, clock, item) == ["gone"] * 3
    assert bluesky_server.posts(account) == []


def posts(sim: BlueskySimulator) -> list[dict[str, Any]]:
    return [record for (collection, _key), record in sim.records.items() if collection == "app.bsky.feed.post"]


def test_a_thread_on_bluesky_goes_out_once_though_answers_are_lost(office: Office, cast: Cast, clock: SetClock) -> None:
    with BlueskySimulator() as sim:
        channel = office("bluesky", {"base_url": sim.url, "handle": HANDLE, "app_password": PASSWORD})
        sim.faults.append("reset_after_accept")
        item = out(cast, clock, channel, text=THREAD)
        assert sorted(post["text"] for post in posts(sim)) == sorted(PARTS)
        assert taken_down(cast, clock, item) == ["gone"] * 3
        assert posts(sim) == []


def test_an_entry_of_a_site_is_changed_in_its_place_and_binned(office: Office, cast: Cast, clock: SetClock) -> None:
    with WordPressSimulator() as sim:
        settings = {"base_url": sim.site, "username": "editor", "application_password": sim.passwords["editor"]}

        def there() -> list[dict[str, Any]]:
            return [entry for entry in sim.entries.values() if entry["kind"] == "posts"]

        before = len(there())
        item = out(cast, clock, office("wordpress", settings), title="Bussarna", text="Fyra bussar.", media=photo(cast))
        assert len(there()) == before + 1
        entry = there()[-1]
        assert entry["status"] == "publish"
        corrected(cast, clock, item, "Fem bussar.")
        assert len(there()) == before + 1
        assert "Fem bussar." in str(there()[-1])
        assert "Fyra bussar." not in str(there()[-1]["content"])
        assert taken_down(cast, clock, item) == ["gone"]
        assert there()[-1]["status"] == "trash"
