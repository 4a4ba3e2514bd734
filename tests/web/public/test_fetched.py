"""The signed addresses from which networks fetch files: what they open, for whom, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from commsched.core.content.draft import PictureIn
from commsched.core.installation import signed_addresses
from commsched.core.platform.contract import AttachmentFile
from commsched.services.content import check, items
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Installation
from commsched.store.models import Delivery, Takedown
from commsched.web.public import fetched
from tests import writing
from tests.conftest import Cast, SetClock
from tests.publications import channel
from tests.services import desk

OUTSIDE = "https://kansli.ljungpartiet.se"


class Fetching:
    """An approved post with one picture, due at noon on a channel that fetches its files."""

    def __init__(self, cast: Cast, clock: SetClock) -> None:
        self.cast, self.clock, self.installation = cast, clock, cast.installation
        self.installation.settings["base_url"] = OUTSIDE
        self.channel = channel(self.installation, cast.place.id, "newsroom")
        picture = writing.picture(self.installation, cast)
        self.item = desk.scheduled(cast, channels=[self.channel], media=[PictureIn(id=picture, alt="En buss")])
        with self.installation.store.read(cast.place.id) as session:
            [self.attachment] = items.current(session, items.load(session, self.item)).parsed().pictures

    def address(self, settings: dict[str, str] | None = None, channel: int | None = None, **changes: object) -> str:
        """What the adapter gets for the picture, now."""
        context = make_context(
            self.installation,
            platform="newsroom",
            workspace="gruppen",
            channel=self.channel if channel is None else channel,
            settings=settings or {},
            secrets={},
        )
        values = {"sha256": self.attachment.sha256, "mime": self.attachment.mime} | changes
        file = AttachmentFile(alt="", width=1, height=1, size=1, open=lambda: None, **values)  # type: ignore[arg-type, return-value]
        return context.media_address(file)

    def path(self, **changes: object) -> str:
        return self.address(**changes).removeprefix(OUTSIDE)  # type: ignore[arg-type]

    def at_noon(self) -> None:
        self.clock.at = self.clock.at.replace(hour=11)


def status(press: FlaskClient, path: str) -> int:
    with press.get(path) as answer:
        return int(answer.status_code)


@pytest.fixture
def story(cast: Cast, clock: SetClock) -> Fetching:
    return Fetching(cast, clock)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "pace", fetched._Pace())


def test_a_network_fetches_the_approved_bytes_without_signing_in(story: Fetching, press: FlaskClient) -> None:
    story.at_noon()
    with press.get(story.path()) as answer:
        data = answer.data
    stored = story.installation.blobs.read(f"{story.attachment.sha256[:2]}/{story.attachment.sha256}.jpg")
    assert (answer.status_code, data, answer.mimetype) == (200, stored, "image/jpeg")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert answer.headers["Cache-Control"] == "private, no-store"
    with press.get(story.path(), headers={"Range": "bytes=2-5"}) as part:
        assert (part.status_code, part.data) == (206, stored[2:6])
    assert part.headers["Content-Range"] == f"bytes 2-5/{len(stored)}"
    with press.head(story.path()) as head:
        assert (head.status_code, head.content_length, head.data) == (200, len(stored), b"")


def test_an_address_opens_nothing_before_the_time(story: Fetching, press: FlaskClient) -> None:
    assert status(press, story.path()) == 404


def test_an_address_ends(story: Fetching, press: FlaskClient) -> None:
    story.at_noon()
    path = story.path()
    story.clock.at += signed_addresses.LASTS - timedelta(seconds=1)
    assert status(press, path) == 200
    story.clock.at += timedelta(seconds=1)
    assert status(press, path) == 404


@pytest.mark.parametrize(
    "values", [{"state": "cancelled"}, {"state": "held"}, {"state": "failed"}, {"stop": "dropped"}]
)
def test_it_opens_only_what_is_going_out(story: Fetching, press: FlaskClient, values: dict[str, str]) -> None:
    story.at_noon()
    with story.installation.store.ledger() as connection:
        connection.execute(update(Delivery).values(**values))
    assert status(press, story.path()) == 404


@pytest.mark.parametrize("state", ["sending", "unknown", "published"])
def test_it_opens_while_the_network_is_asked(story: Fetching, press: FlaskClient, state: str) -> None:
    story.at_noon()
    with story.installation.store.ledger() as connection:
        connection.execute(update(Delivery).values(state=state))
    assert status(press, story.path()) == 200


def test_what_was_taken_down_is_not_opened(story: Fetching, press: FlaskClient) -> None:
    story.at_noon()
    with story.installation.store.ledger() as connection:
        connection.execute(update(Delivery).values(state="published"))
    with story.installation.store.write(story.cast.place.id) as session:
        session.add(Takedown(item_id=story.item, reason="Fel", at=story.clock.at))
    assert status(press, story.path()) == 404


def test_what_was_not_approved_is_not_opened(cast: Cast, clock: SetClock, press: FlaskClient) -> None:
    story = Fetching(cast, clock)
    story.at_noon()
    with story.installation.store.ledger() as connection:
        connection.exec_driver_sql("DELETE FROM decision")
    assert status(press, story.path()) == 404


def test_a_file_that_is_not_in_the_post_is_not_opened(story: Fetching, press: FlaskClient) -> None:
    story.at_noon()
    assert status(press, story.path(sha256="a" * 64)) == 404
    assert status(press, story.path(mime="image/png")) == 404
    other = channel(story.installation, story.cast.place.id, "sandbox")
    assert status(press, story.path(channel=other)) == 404
    elsewhere = channel(story.installation, story.cast.elsewhere.id, "newsroom")
    assert status(press, story.path(channel=elsewhere)) == 404
    assert status(press, story.path(channel=987_654)) == 404


def test_nobody_makes_or_changes_an_address(story: Fetching, press: FlaskClient) -> None:
    story.at_noon()
    path = story.path()
    _, _, token, name = path.split("/")
    number, ends, mark = token.split("-", 2)
    wrong = [
        f"/m/{number}-{int(ends) + 3600}-{mark}/{name}",
        f"/m/{int(number) + 1}-{ends}-{mark}/{name}",
        f"/m/{number}-{ends}-{mark[:-1]}{'A' if mark[-1] != 'A' else 'B'}/{name}",
        f"/m/{number}-{ends}-{mark}/{name[:-4]}.png",
        f"/m/{number}-{ends}-{mark}/{name}.jpg",
        f"/m/{number}-{ends}-/{name}",
        f"/m/{'9' * 30}-{'9' * 30}-{mark}/{name}",
        f"/m/x/{name}",
        f"/m/{token}/",
        "/m/",
    ]
    assert [status(press, each) for each in wrong] == [404] * len(wrong)
    assert status(press, path) == 200
    assert press.post(path).status_code == 405


def test_a_file_that_is_gone_is_not_there(story: Fetching, press: FlaskClient) -> None:
    story.at_noon()
    story.installation.blobs.delete(f"{story.attachment.sha256[:2]}/{story.attachment.sha256}.jpg")
    assert status(press, story.path()) == 404


def test_whoever_asks_without_end_waits(story: Fetching, press: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetched, "BURST", 3)
    story.at_noon()
    assert [status(press, "/m/x/y") for _ in range(4)] == [404, 404, 404, 429]
    assert status(press, story.path()) == 429
    story.clock.forward(seconds=1)
    assert status(press, story.path()) == 200


@pytest.mark.parametrize(
    ("base_url", "reached"),
    [
        ("https://kansli.ljungpartiet.se", True),
        ("https://93.184.216.34:8443", True),
        ("http://kansli.ljungpartiet.se", False),
        ("https://localhost", False),
        ("https://kansli", False),
        ("https://kansli.local", False),
        ("https://10.0.0.4", False),
        ("https://[::1]", False),
        ("https://[fd00::1]:8080", False),
        ("https://127.0.0.1:8080", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_an_address_that_nobody_outside_reaches_is_none(story: Fetching, base_url: str, reached: bool) -> None:
    story.installation.settings["base_url"] = base_url
    assert signed_addresses.is_reachable(base_url) == reached
    assert bool(story.address()) == reached
    if base_url:
        assert story.address({"allow_private": "1"}).startswith(f"{base_url}/m/")


def test_a_channel_that_is_not_kept_yet_has_no_addresses(story: Fetching) -> None:
    assert story.address(channel=0) == ""


def test_it_is_said_before_approval_where_a_network_cannot_fetch(cast: Cast, installation: Installation) -> None:
    number = channel(installation, cast.place.id, "instagram", account="1")
    picture = writing.picture(installation, cast)

    def told() -> list[str]:
        item = desk.written(cast, [number], media=[PictureIn(id=picture, alt="En buss")])
        with installation.store.read(cast.place.id) as session:
            content = items.current(session, items.load(session, item)).parsed()
            [checked] = check.check(installation, session, content)
        return [str(each.words) for each in checked.problems if each.field == "channels" and each.blocks]

    assert any("fetches pictures" in words and "http://localhost" in words for words in told())
    installation.settings["base_url"] = OUTSIDE
    assert told() == []
