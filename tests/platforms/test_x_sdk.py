"""The simulator of X driven by X's own SDK, and our requests held to the schemas that it is generated with.

The models in ``xdk.schemas`` are made from X's published description of its API. They take what they do not know, so a
request of ours is compared field by field: a name that the schema does not have is an error of ours. The weighted
length is held to another program that passes the cases that X published with its rules.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.resources import files
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from commsched.core.content.model import Captions
from commsched.core.delivery.outcome import Handles, Published
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.figures import Reply
from commsched.core.text.length import tidy
from commsched.core.text.x_length import x_length
from commsched.platforms import get
from tests.platforms._office import NOW, context, part, picture, send, view
from tests.sims.oauth_server import answer_of
from tests.sims.x import APP, BACK, BEARER, KEYS, SCOPES, USER, XSimulator

x = get("x")


@pytest.fixture
def sim() -> Iterator[XSimulator]:
    with XSimulator() as simulator:
        yield simulator


@pytest.fixture(params=["keys", "bearer"])
def theirs(sim: XSimulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    """X's own SDK at the simulator, with the four keys or with a user's token."""
    from xdk import Client
    from xdk.oauth1_auth import OAuth1

    if request.param == "bearer":
        client = Client(base_url=sim.url, access_token=BEARER)
    else:
        keys = (KEYS["api_key"], KEYS["api_secret"], BACK, KEYS["access_token"], KEYS["access_secret"])
        client = Client(base_url=sim.url, auth=OAuth1(*keys))
    with client.session as session:
        session.trust_env = False
        yield client


def test_xs_own_sdk_posts_reads_and_takes_down(sim: XSimulator, theirs: Any) -> None:
    from xdk.posts.models import CreateRequest, HideReplyRequest

    me = theirs.users.get_me(user_fields=["subscription_type"])
    assert (me.data.id, me.data.username) == (USER["id"], USER["username"])
    made = theirs.posts.create(CreateRequest(text="Ja till fler turer"))
    assert [post["said"] for post in sim.posts] == ["Ja till fler turer"]
    (page,) = theirs.users.get_posts(USER["id"], max_results=5)
    assert [post.id for post in page.data] == [made.data.id]
    reply = sim.answer_to(made.data.id, "Bra!")
    (page,) = theirs.users.get_mentions(USER["id"])
    assert [post.id for post in page.data] == [reply]
    assert theirs.posts.hide_reply(reply, HideReplyRequest(hidden=True)).data.hidden
    counted = theirs.posts.get_by_ids([made.data.id], post_fields=["public_metrics"])
    assert counted.data[0].id == made.data.id
    assert theirs.posts.delete(made.data.id).data.deleted
    assert sim.posts == []


def test_xs_own_sdk_is_refused_what_x_refuses(sim: XSimulator, theirs: Any) -> None:
    from xdk.posts.models import CreateRequest

    for text in ("a" * 281, "", "Samma", "Samma"):
        with pytest.raises(requests.HTTPError) if text != "Samma" or sim.posts else patch("os.sep", "/"):
            theirs.posts.create(CreateRequest(text=text))
    assert len(sim.posts) == 1


def test_xs_own_sdk_begins_and_asks_of_an_upload(sim: XSimulator, theirs: Any) -> None:
    """It sends a piece in JSON, which X takes and we never send: so that step is made as we make it."""
    from xdk.media.models import InitializeUploadRequest

    body = InitializeUploadRequest(media_category="tweet_video", media_type="video/mp4", total_bytes=4)
    begun = theirs.media.initialize_upload(body)
    sim.uploads[begun.data.id]["pieces"][0] = b"film"
    assert theirs.media.finalize_upload(begun.data.id).data.processing_info.state == "succeeded"
    status = theirs.media.get_upload_status(begun.data.id, command="STATUS")
    assert (status.data.id, status.data.size) == (begun.data.id, 4)


def test_xs_own_sdk_is_let_in_with_the_installations_app(sim: XSimulator) -> None:
    from xdk.oauth2_auth import OAuth2PKCEAuth

    auth = OAuth2PKCEAuth(
        base_url=sim.url,
        authorization_base_url=f"{sim.url}/i",
        client_id=APP["client_id"],
        client_secret=APP["client_secret"],
        redirect_uri=BACK,
        scope=SCOPES,
    )
    with patch.dict("os.environ", {"OAUTHLIB_INSECURE_TRANSPORT": "1"}):
        answer = answer_of(auth.get_authorization_url())
        token = auth.exchange_code(answer["code"])
        assert {"access_token", "refresh_token", "expires_in"} <= set(token)
        renewed = auth.refresh_token()
        assert renewed["refresh_token"] != token["refresh_token"]


# -- our requests by its schemas --------------------------------------------------------------------


def unknown(model: Any, body: Any, place: str = "") -> list[str]:
    """Names in ``body`` that the schema does not have; raises where a value is not what the schema says."""
    held = model.model_validate(body)
    fields = type(held).model_fields
    strangers = [f"{place}{name}" for name in body if name not in fields]
    for name in fields:
        inner = getattr(held, name)
        if hasattr(inner, "model_fields_set") and isinstance(body.get(name), dict):
            strangers += unknown(type(inner), body[name], f"{place}{name}.")
    return strangers


@pytest.fixture
def on(sim: XSimulator) -> ChannelContext:
    return context({"base_url": sim.url}, KEYS, account=USER["id"])


def test_what_we_send_is_what_the_schemas_say(sim: XSimulator, on: ChannelContext) -> None:
    from xdk.media import models as media
    from xdk.posts import models as posts

    film = replace(
        picture("Torget", "video/mp4", size=250, shape=(1280, 720)),
        kind="video",
        captions=(Captions(text="WEBVTT\n\n00:00.000 --> 00:02.000\nHej"),),
        open=lambda: BytesIO(b"f" * 250),
    )
    first, second = x.parts(view("Ett\n---\nTvå", other_files=(film,)))
    ready = x.prepare(first, on)
    assert isinstance(ready, Handles)
    out = x.publish(first, ready, on)
    assert isinstance(out, Published)
    assert isinstance(send(x, replace(second, parent=out.id), on), Published)
    assert isinstance(send(x, part(x, "Med bild", picture()), on), Published)
    reply = sim.answer_to(out.id, "Hej")
    assert isinstance(x.hide(Reply(reply, out.id, "Maj", "Hej", NOW), True, on), Published)
    schemas = {
        "/2/tweets": posts.CreateRequest,
        "/2/tweets/hidden": posts.HideReplyRequest,
        "/2/media/metadata": media.CreateMetadataRequest,
        "/2/media/subtitles": media.CreateSubtitlesRequest,
        "/2/media/upload/initialize": media.InitializeUploadRequest,
        "/2/media/upload/append": media.AppendUploadRequest,
        "/2/media/upload": media.UploadRequest,
    }
    held = set()
    for call in sim.calls:
        route = "/".join(piece for piece in call.path.split("/") if not piece.isdecimal() or piece == "2")
        if call.method in ("POST", "PUT") and route in schemas:
            sent = {name: base64.b64encode(data).decode() for name, data in call.files.items()}
            assert unknown(schemas[route], {**call.form, **sent} or call.json) == [], route
            held.add(route)
    assert held == set(schemas), "every kind of request was made"


def test_what_the_simulator_answers_is_what_the_schemas_say(sim: XSimulator, on: ChannelContext) -> None:
    from xdk.posts import models as posts
    from xdk.users import models as users

    post = send(x, part(x, "Läs https://example.se", picture()), on)
    assert isinstance(post, Published)
    sim.answer_to(post.id, "Hej")
    headers = {"Authorization": f"Bearer {BEARER}"}
    asked = {
        f"/2/users/{USER['id']}/tweets?post.fields=created_at": users.GetPostsResponse,
        f"/2/users/{USER['id']}/mentions?expansions=author_id&post.fields=id": users.GetMentionsResponse,
        "/2/users/me?user.fields=subscription_type": users.GetMeResponse,
        f"/2/tweets?ids={post.id}&post.fields=public_metrics": posts.GetByIdsResponse,
    }
    for path, model in asked.items():
        body = requests.get(sim.url + path, headers=headers, timeout=5).json()
        assert unknown(model, body) == [], path


# -- counting ---------------------------------------------------------------------------------------


@cache
def their_count() -> Any:
    """``twitter_text.parse_tweet``. It reads its list of emoji through a module that Python no longer brings along."""

    def read_file(module: str, name: str) -> bytes:
        return (files(module.rpartition(".")[0]) / name).read_bytes()

    reader = SimpleNamespace(resource_string=read_file)
    with patch.dict("sys.modules", {"pkg_resources": reader}):
        return import_module("twitter_text").parse_tweet


WORDS = st.lists(
    st.sampled_from(
        [
            "Hej",
            "åäö",
            "👨‍👩‍👧‍👦",
            "€",
            "…",
            "https://example.se/en/lang/adress?x=1",
            "example.com",
            "main.py",
            "www.svt.se",
            "@anna",
            "#linje4",
            "slut.Nästa",
            "namn@example.se",
            "½",
            "漢字",
            "http://x.se.",
            "(se a.se)",
        ]
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(WORDS, st.sampled_from([" ", "\n"]))
def test_another_program_counts_as_we_do(words: list[str], between: str) -> None:
    parse_tweet = their_count()
    text = tidy(between.join(words))
    assert x_length(text) == parse_tweet(text).weightedLength
