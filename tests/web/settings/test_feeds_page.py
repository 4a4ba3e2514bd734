"""The page of the feeds that the office reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import select

from commsched.platforms._http.network import Session
from commsched.services.kernel.context import Installation
from commsched.store.models import NewsFeed
from tests.conftest import Cast
from tests.services.feeds.test_feeds import FeedServer


@pytest.fixture
def server(app: Flask, installation: Installation) -> Iterator[FeedServer]:
    app.config["OFFICE"] = replace(installation, http=lambda private: Session(guard=None, deadline=5.0))
    with FeedServer() as simulator:
        yield simulator


def test_a_feed_is_added_changed_switched_and_removed(
    browse: Any, cast: Cast, installation: Installation, server: FeedServer
) -> None:
    writer = browse(cast.writer)
    assert writer.get("~/feeds-in/").status_code == 200
    assert writer.post("~/feeds-in/", {"url": f"{server.url}/feed"}).status_code == 303
    assert "Riksnytt" in writer.get("~/feeds-in/").text
    with installation.store.read(cast.place.id) as session:
        number = session.scalars(select(NewsFeed.id)).one()
    assert writer.post(f"~/feeds-in/{number}", {"name": ""}).status_code == 422
    assert writer.post(f"~/feeds-in/{number}", {"name": "Riket", "channel": "x"}).status_code == 303
    assert writer.post(f"~/feeds-in/{number}/switch", {}).status_code == 303
    assert "Riket" in writer.get("~/feeds-in/").text
    assert "/switch" not in browse(cast.reader).get("~/feeds-in/").text
    assert writer.post(f"~/feeds-in/{number}/remove", {}).status_code == 303
    assert "Riket" not in writer.get("~/feeds-in/").text.partition("<main")[2].partition("feed-list")[2]


def test_what_is_wrong_is_told_by_the_field_and_stays(browse: Any, cast: Cast, server: FeedServer) -> None:
    server.body = b"<html>no</html>"
    shown = browse(cast.writer).post("~/feeds-in/", {"url": f"{server.url}/feed"})
    assert shown.status_code == 422
    assert f"{server.url}/feed" in shown.text
