"""Bluesky against its own server (PDS), straight and over a wire that fails; and the simulator against that server and
the network's own SDK."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.delivery.outcome import Absent, CannotTell, Found, Handles, Published, Rejected, Unknown
from commsched.core.platform.contract import ChannelContext, DeadToken, Part
from commsched.platforms import get
from tests.peers.bluesky import Server, bluesky_server, installed, node
from tests.platforms._office import PNG, context, hurried, just_now, part, picture, send, view
from tests.sims.bluesky import DID, BlueskySimulator
from tests.sims.bluesky import HANDLE as SIMULATED
from tests.sims.bluesky import PASSWORD as SIMULATED_PASSWORD
from tests.sims.bluesky_schema import fault
from tests.sims.proxy import BlueskyProxy

__all__ = ["bluesky_server"]
pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("bluesky")]
bluesky = get("bluesky")
POST = "app.bsky.feed.post"


@pytest.fixture
def account(bluesky_server: Server) -> dict[str, str]:
    return bluesky_server.account()


@pytest.fixture
def proxy(bluesky_server: Server) -> Iterator[BlueskyProxy]:
    with BlueskyProxy(bluesky_server.url) as between:
        yield between


@pytest.fixture
def on(bluesky_server: Server, proxy: BlueskyProxy, account: dict[str, str]) -> ChannelContext:
    """Connected with an app password, and from then on over the wire that can fail."""
    secrets = {"app_password": bluesky_server.app_password(account)}
    channel = context({"base_url": proxy.url, "handle": account["handle"]}, secrets)
    connected = bluesky.connect(channel)
    assert connected.tokens is not None
    channel.secrets |= connected.tokens.secrets
    channel.account, channel.facts = connected.id, {"server": proxy.url}
    return channel


def prepared(which: Part, on: ChannelContext) -> Handles:
    handles = bluesky.prepare(which, on)
    assert isinstance(handles, Handles)
    return handles


def test_an_app_password_connects_and_tells_where_the_account_is_kept(
    bluesky_server: Server, account: dict[str, str]
) -> None:
    secrets = {"app_password": bluesky_server.app_password(account)}
    connected = bluesky.connect(context({"base_url": bluesky_server.url, "handle": account["handle"]}, secrets))
    assert (connected.id, connected.name) == (account["did"], f"@{account['handle']}")
    port = bluesky_server.url.rpartition(":")[2]
    assert connected.facts == {"server": f"http://localhost:{port}"}
    assert connected.tokens is not None
    until = connected.tokens.access_until
    assert until is not None
    assert timedelta(minutes=60) < until - datetime.now(UTC) < timedelta(minutes=180)
    wrong = context({"base_url": bluesky_server.url, "handle": account["handle"]}, {"app_password": "fel"})
    with pytest.raises(DeadToken) as refused:
        bluesky.connect(wrong)
    assert refused.value.field == "app_password"


def test_text_pictures_and_facets_are_kept_as_they_were_meant(
    bluesky_server: Server, on: ChannelContext, account: dict[str, str]
) -> None:
    text = f"Åk 🚌 @{account['handle']} #Öppet https://www.example.se/nyheter/2026/bussen-kommer"
    pictures = [picture(alt=f"Bild {number} å") for number in range(4)]
    outcome = send(bluesky, part(bluesky, text, *pictures), on)
    assert isinstance(outcome, Published)
    [post] = bluesky_server.posts(account)
    value, raw = post["value"], post["value"]["text"].encode()
    assert outcome.id == f"{post['uri']}#{post['cid']}"
    assert value["text"] == f"Åk 🚌 @{account['handle']} #Öppet www.example.se/nyheter/2026…"
    marked = [raw[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode() for each in value["facets"]]
    assert marked == [f"@{account['handle']}", "#Öppet", "www.example.se/nyheter/2026…"]
    assert value["facets"][0]["features"][0]["did"] == account["did"]
    assert [image["alt"] for image in value["embed"]["images"]] == [each.alt for each in pictures]
    blob = value["embed"]["images"][0]["image"]
    assert (blob["mimeType"], blob["size"]) == ("image/png", len(PNG))


def test_ten_pictures_are_a_gallery_and_a_link_a_card(
    bluesky_server: Server, on: ChannelContext, account: dict[str, str]
) -> None:
    assert isinstance(send(bluesky, part(bluesky, "Tio", *[picture()] * 10), on), Published)
    link = part(bluesky, "Läs", kind="release", title="Nya bussar", lead="Fler", link="https://example.se/bussar")
    assert isinstance(send(bluesky, link, on), Published)
    embeds = {each["value"]["text"]: each["value"]["embed"] for each in bluesky_server.posts(account)}
    assert len(embeds["Tio"]["items"]) == 10
    assert embeds["Läs"]["external"]["title"] == "Nya bussar"


def test_a_thread_hangs_together_and_is_taken_down(
    bluesky_server: Server, on: ChannelContext, account: dict[str, str]
) -> None:
    ids: list[str] = []
    for one in bluesky.parts(view("Ett\n---\nTvå\n---\nTre")):
        root, parent = (ids[0], ids[-1]) if ids else ("", "")
        outcome = send(bluesky, replace(one, key=f"del {one.number}", root=root, parent=parent), on)
        assert isinstance(outcome, Published)
        ids.append(outcome.id)
    posts = {each["value"]["text"]: each for each in bluesky_server.posts(account)}
    assert posts["Tre"]["value"]["reply"]["root"] == {"uri": posts["Ett"]["uri"], "cid": posts["Ett"]["cid"]}
    assert posts["Tre"]["value"]["reply"]["parent"]["uri"] == posts["Två"]["uri"]
    published = bluesky.recent(just_now() - timedelta(minutes=1), on)
    assert isinstance(published, list)
    assert [each.text for each in published] == ["Ett", "Två", "Tre"]
    for remote_id in [*ids, ids[0]]:
        assert isinstance(bluesky.delete(remote_id, on), Published)
    assert bluesky_server.posts(account) == []


def test_three_hundred_are_taken_and_three_hundred_and_one_refused(
    bluesky_server: Server, on: ChannelContext, account: dict[str, str]
) -> None:
    assert isinstance(send(bluesky, part(bluesky, "å" * 300), on), Published)
    outcome = send(bluesky, part(bluesky, "å" * 301), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "content"
    assert len(bluesky_server.posts(account)) == 1


def test_the_same_record_again_is_the_same_post_and_another_is_refused(
    bluesky_server: Server, on: ChannelContext, account: dict[str, str]
) -> None:
    one = part(bluesky, "Hej", picture())
    handles = prepared(one, on)
    first, second = bluesky.publish(one, handles, on), bluesky.publish(one, handles, on)
    assert isinstance(first, Published)
    assert first == second
    other = Handles({**handles.values, "record": handles.values["record"].replace("Hej", "Nej")})
    assert isinstance(bluesky.publish(one, other, on), Unknown)
    assert isinstance(bluesky.find(one, other, just_now(), on), CannotTell)
    assert [each["value"]["text"] for each in bluesky_server.posts(account)] == ["Hej"]


@pytest.mark.parametrize("lost", ["reset_after_accept", "timeout_after_accept", "500_after_accept"])
def test_an_answer_that_is_lost_after_the_server_took_it_is_found_and_never_two(
    bluesky_server: Server, proxy: BlueskyProxy, on: ChannelContext, account: dict[str, str], lost: str
) -> None:
    one = part(bluesky, "Hej", picture())
    handles = prepared(one, on)
    proxy.faults = [lost]
    with hurried(on, lost):
        assert isinstance(bluesky.publish(one, handles, on), Unknown)
    found = bluesky.find(one, handles, just_now(), on)
    assert isinstance(found, Found)
    again = bluesky.publish(one, handles, on)
    assert isinstance(again, Published)
    assert again.id == found.id
    assert len(bluesky_server.posts(account)) == 1


def test_a_call_that_was_cut_before_the_server_took_it_is_absent_and_sent_once(
    bluesky_server: Server, proxy: BlueskyProxy, on: ChannelContext, account: dict[str, str]
) -> None:
    one = part(bluesky, "Hej")
    handles = prepared(one, on)
    proxy.faults = ["reset_before_accept"]
    assert isinstance(bluesky.publish(one, handles, on), Unknown)
    assert isinstance(bluesky.find(one, handles, just_now(), on), Absent)
    assert isinstance(bluesky.publish(one, handles, on), Published)
    assert len(bluesky_server.posts(account)) == 1


def test_the_session_is_renewed_and_a_dead_one_begun_again(on: ChannelContext) -> None:
    before = dict(on.secrets)
    on.secrets |= bluesky.refresh(on).secrets
    assert on.secrets["refresh_jwt"] != before["refresh_jwt"]
    assert isinstance(send(bluesky, part(bluesky, "Hej"), on), Published)
    on.secrets["refresh_jwt"] = before["access_jwt"]  # not a refresh token at all
    on.secrets |= bluesky.refresh(on).secrets
    assert isinstance(send(bluesky, part(bluesky, "Igen"), on), Published)
    on.secrets["access_jwt"] = on.secrets["access_jwt"][:-3] + "abc"
    outcome = send(bluesky, part(bluesky, "Tredje"), on)
    assert isinstance(outcome, Rejected)
    assert outcome.why == "token"


# The simulator is held against the real server


def _spoilt() -> list[dict[str, Any]]:
    ref = {
        "uri": f"at://{DID}/{POST}/3aaaaaaaaaaaa",
        "cid": "bafyreib2b7ggupsyjd4v2fat3xi3ys2jcmd5vtjevgmouhpfdftkgwxsxu",
    }
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.se"}
    index = {"byteStart": 0, "byteEnd": 3}
    card = {"uri": "https://example.se", "title": "", "description": ""}
    return [
        {},
        {"text": "å" * 301},
        {"text": 7},
        {"text": "👨‍👩‍👧‍👦" * 121},
        {"createdAt": "igår"},
        {"langs": ["sv", "en", "fi", "no"]},
        {"langs": ["svenska språket"]},
        {"facets": [{"index": index, "features": [link]}]},
        {"facets": [{"index": {"byteStart": -1, "byteEnd": 3}, "features": [link]}]},
        {"facets": [{"index": index}]},
        {"facets": [{"index": index, "features": [{**link, "uri": "inget"}]}]},
        {"facets": [{"index": index, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "a" * 65}]}]},
        {"facets": [{"index": index, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "x"}]}]},
        {"reply": {"root": ref, "parent": ref}},
        {"reply": {"root": ref}},
        {"reply": {"root": ref, "parent": {"uri": ref["uri"]}}},
        {"embed": {"$type": "app.bsky.embed.external", "external": card}},
        {"embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://example.se"}}},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "utan bild"}]}},
    ]


@pytest.mark.parametrize("change", _spoilt(), ids=lambda change: json.dumps(change)[:60])
def test_the_simulator_refuses_what_the_server_refuses(
    bluesky_server: Server, account: dict[str, str], change: dict[str, Any]
) -> None:
    record = {"$type": POST, "text": "Hej", "createdAt": "2026-11-26T07:30:00.000Z", **change}
    body = {"repo": account["did"], "collection": POST, "rkey": "3m6gsolqd2222", "record": record, "validate": True}
    real = bluesky_server.status("com.atproto.repo.putRecord", account, json=body)
    assert (real == 200) == (fault(POST, "3m6gsolqd2222", record, {}) == "")


_SDK = """\
import { AtpAgent, RichText } from '@atproto/api'
const [service, identifier, password] = process.argv.slice(2)
const agent = new AtpAgent({ service })
await agent.login({ identifier, password })
const rich = new RichText({ text: 'Hej @annan.test #Öppet https://example.se' })
await rich.detectFacets(agent)
const { data: { blob } } = await agent.uploadBlob(new Uint8Array([1, 2, 3]), { encoding: 'image/png' })
const embed = { $type: 'app.bsky.embed.images', images: [{ image: blob, alt: 'Torget' }] }
const said = { text: rich.text, facets: rich.facets, createdAt: new Date().toISOString() }
const record = { $type: 'app.bsky.feed.post', ...said, embed }
const place = { repo: agent.assertDid, collection: 'app.bsky.feed.post', rkey: '3m6gsolqd2222' }
const { data: { uri } } = await agent.com.atproto.repo.putRecord({ ...place, record })
const { data: stored } = await agent.com.atproto.repo.getRecord(place)
const { data: { posts } } = await agent.app.bsky.feed.getPosts({ uris: [uri] })
const { data: { thread } } = await agent.app.bsky.feed.getPostThread({ uri })
const within = { repo: place.repo, collection: place.collection }
const { data: { records } } = await agent.com.atproto.repo.listRecords(within)
await agent.com.atproto.repo.deleteRecord(place)
const told = { facets: stored.value.facets, likes: posts[0].likeCount, thread: thread.post.uri === uri }
console.log(JSON.stringify({ ...told, count: records.length }))
"""


def test_the_networks_own_sdk_can_use_the_simulator_and_finds_the_same_facets(tmp_path: Path) -> None:
    folder = installed()
    program = folder / "sdk.mjs"
    program.write_text(_SDK)
    with BlueskySimulator() as sim:
        command = [node(folder), str(program), sim.url, SIMULATED, SIMULATED_PASSWORD]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr[-2000:]
        answer = json.loads(ran.stdout)
        assert (answer["likes"], answer["count"], answer["thread"], sim.records) == (3, 1, True, {})
        channel = context({"base_url": sim.url, "handle": SIMULATED}, {"app_password": SIMULATED_PASSWORD})
        connected = bluesky.connect(channel)
        assert connected.tokens is not None
        channel.secrets |= connected.tokens.secrets
        channel.account = connected.id
        handles = prepared(part(bluesky, "Hej @annan.test #Öppet https://example.se"), channel)
    ours = json.loads(handles.values["record"])["facets"]
    assert [_bare(each) for each in ours] == sorted(map(_bare, answer["facets"]), key=lambda each: each[1])


def _bare(facet: dict[str, Any]) -> tuple[dict[str, str], int]:
    """What a facet is, and where it begins: a link is shown shorter here than by the SDK."""
    [feature] = facet["features"]
    return {key: value for key, value in feature.items() if not key.startswith("py")}, facet["index"]["byteStart"]
