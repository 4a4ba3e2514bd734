"""Signing in at Google and Microsoft by a button: kept, renewed by one at a time, never overwritten by nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from commsched.core.delivery.outcome import Published, Rejected, Retry
from commsched.core.delivery.rates import Limits
from commsched.core.text.messages import Conflict, Invalid
from commsched.mail.connection import NoAccess
from commsched.mail.folder import FolderMailer
from commsched.mail.live import LiveMailer
from commsched.platforms._http.dial import connect
from commsched.services.kernel.context import Installation
from commsched.services.mailing import server, signing_in
from commsched.services.mailing.pool import Relays
from commsched.services.mailing.server import Entered, Reader
from commsched.services.mailing.tokens import AccessTokens
from commsched.store.models import MailServer
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast, SetClock
from tests.mail.xoauth import Provider, identity, smtp


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def office(cast: Cast, tmp_path: Path, provider: Provider) -> Iterator[Installation]:
    """The office with its relays, and both providers' apps at one simulator."""
    installation = cast.installation
    with identity(provider) as address:
        for app in ("googlemail", "microsoftmail"):
            installation.settings |= {
                f"app_{app}_client_id": "our-app",
                f"app_{app}_client_secret": "s",
                f"app_{app}_base_url": address,
            }
        tokens = AccessTokens(
            installation.store, installation.vault, installation.now, installation.http, installation.settings
        )
        reader = Reader(installation.store, installation.vault, tokens)
        default = LiveMailer(reader.standing, FolderMailer(tmp_path / "out", "a@example.org"), connect)
        installation.mailer = default
        relays = Relays(installation.store, reader, default, tmp_path / "out", connect, connect)
        installation.relays = relays
        yield installation
        relays.close()


def entered(port: int, sign_in: str = "google") -> Entered:
    return Entered(
        "127.0.0.1",
        port,
        "required",
        "press@parti.example",
        "",
        "press@parti.example",
        "Gruppen",
        "Pressen",
        sign_in,
        Limits(30, 10_000, 3),
        signs_in=sign_in,
        private=True,
    )


def signed_in(office: Installation, cast: Cast, port: int, monkeypatch: pytest.MonkeyPatch, sign_in: str) -> int:
    """A relay that a person has signed in for. The test's mail server does not encrypt."""
    monkeypatch.setattr("commsched.mail.connection.Connection._encrypt", lambda _self: None)
    monkeypatch.setattr("commsched.services.mailing.trial.examine", lambda _relay, _dial: None)
    address = signing_in.begin(office, cast.actor(), entered(port, sign_in), server.NEW, 7)
    query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    assert query["code_challenge_method"] == "S256"
    answer = {"state": query["state"], "code": "yes"}
    with pytest.raises(Conflict):
        signing_in.finish(office, cast.actor(), answer | {"state": "another"}, "astrid@example.org", 7)
    number = signing_in.finish(office, cast.actor(), answer, "astrid@example.org", 7)
    with pytest.raises(Conflict):
        signing_in.finish(office, cast.actor(), answer, "astrid@example.org", 7)
    return number


@pytest.mark.parametrize(
    ("sign_in", "without", "mechanism"),
    [("google", "OAUTHBEARER", "XOAUTH2"), ("microsoft", "XOAUTH2", "OAUTHBEARER")],
)
def test_a_person_signs_in_and_the_access_is_renewed_by_itself(
    office: Installation,
    cast: Cast,
    provider: Provider,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    sign_in: str,
    without: str,
    mechanism: str,
) -> None:
    with smtp(provider, without) as port:
        number = signed_in(office, cast, port, monkeypatch, sign_in)
        assert number != server.ROW
        assert len(provider.sent) == 1, "the trial mail went by it"
        row = server.find(office, cast.actor(), number)
        assert "token-1" not in row.tokens
        assert (row.per_minute, row.connections) == (30, 3)
        assert office.relays is not None
        mailer = office.relays.of(str(number), cast.place.slug)
        assert mailer is not None
        assert office.relays.of(str(number), cast.elsewhere.slug) is None, "another office's it is not"
        assert isinstance(mailer.verify(), Published)
        clock.forward(hours=2)
        provider.refresh_tokens = False
        assert isinstance(_again(mailer).verify(), Published)
        assert provider.asked[-1]["grant_type"] == "refresh_token"
        assert provider.asked[-1]["refresh_token"] == "refresh-1"
        clock.forward(hours=2)
        assert isinstance(_again(mailer).verify(), Published)
        assert provider.asked[-1]["refresh_token"] == "refresh-1", "no new one means that the old one goes on"
        provider.given += 1  # the provider takes the access back before its time
        provider.given += 0
        assert isinstance(_again(mailer).verify(), Published), "what is refused is renewed once"
        assert set(provider.mechanisms) == {mechanism}
        assert not isinstance(mailer, LiveMailer) or mailer.close() is None


def _again(mailer: object) -> LiveMailer:
    """The mailer, without the connections that it holds."""
    assert isinstance(mailer, LiveMailer)
    mailer.close()
    mailer.forget()
    return mailer


def test_an_empty_answer_overwrites_nothing_and_a_dead_access_is_the_relays_trouble(
    office: Installation, cast: Cast, provider: Provider, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp(provider) as port:
        number = signed_in(office, cast, port, monkeypatch, "google")
        assert office.relays is not None
        mailer = office.relays.of(str(number))
        before = server.find(office, cast.actor(), number).tokens
        clock.forward(hours=2)
        provider.empty = True
        assert isinstance(_again(mailer).verify(), Retry)
        row = server.find(office, cast.actor(), number)
        assert (row.tokens, row.renewing_until) == (before, None)
        provider.empty, provider.dead = False, True
        outcome = _again(mailer).verify()
        assert isinstance(outcome, Rejected)
        assert outcome.why == "token"
        assert "revoked" not in outcome.detail or "refresh-1" not in outcome.detail
        provider.dead = False
        assert isinstance(_again(mailer).verify(), Published)
        _again(mailer)


def test_many_who_need_another_access_at_once_ask_for_it_once(
    office: Installation, cast: Cast, provider: Provider, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp(provider) as port:
        number = signed_in(office, cast, port, monkeypatch, "google")
    clock.forward(hours=2)
    asked = len(provider.asked)
    token = signing_in.tokens_of(office).of(number)
    with ThreadPoolExecutor(8) as hands:
        assert set(hands.map(lambda _n: token(False), range(8))) == {"token-2"}
    assert len(provider.asked) == asked + 1
    with office.store.write(EVERY_WORKSPACE) as session:
        row = session.get_one(MailServer, number)
        row.renewing_until = clock.now() + timedelta(seconds=60)
    clock.forward(hours=2)
    with office.store.write(EVERY_WORKSPACE) as session:
        session.get_one(MailServer, number).renewing_until = clock.now() + timedelta(seconds=60)
    with pytest.raises(ConnectionError):
        token(False)  # another process is at it
    assert len(provider.asked) == asked + 1


def test_without_an_app_or_an_address_nobody_is_sent_anywhere(office: Installation, cast: Cast) -> None:
    with pytest.raises(Invalid):
        signing_in.begin(office, cast.actor(), entered(587).__class__(**_without_user()), server.NEW)
    office.settings.pop("app_googlemail_client_id")
    with pytest.raises(Conflict, match="does not know"):
        signing_in.begin(office, cast.actor(), entered(587), server.NEW)
    with pytest.raises(NoAccess):
        signing_in.tokens_of(office).of(99)(False)


def _without_user() -> dict[str, object]:
    import msgspec

    return msgspec.structs.asdict(entered(587)) | {"user": "", "sender": "press@parti.example"}
