"""A mailbox over IMAP as it is opened: by a password, or by the access that somebody signed in for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commsched.core.text.messages import Invalid
from commsched.services.inbox import mailboxes, taking
from commsched.services.inbox.mailboxes import Entered
from commsched.services.mailing.providers import SIGN_INS
from commsched.store.models import MailServer
from tests.conftest import Cast, SetClock
from tests.mail.imap_server import ImapServer, Script, serving
from tests.mail.xoauth import Provider, identity
from tests.services.inbox.conftest import letter, rows

USER = "press@parti.example"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script, tmp_path: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    monkeypatch.setattr(mailboxes, "dial", lambda host, port, wait: socket.create_connection((host, port), wait))
    with serving(script, tmp_path) as server:
        cast.installation.settings["ca_file"] = str(server.ca)
        yield server


def connected(cast: Cast, server: ImapServer, password: str = "pw", relay: str = "") -> int:
    entered = Entered("Pressen", "localhost", server.port, "implicit", USER, password, USER, relay=relay)
    return mailboxes.keep_if_it_opens(cast.installation, cast.actor(), entered)


def trouble(cast: Cast, number: int) -> str:
    with cast.installation.store.read(cast.place.id) as session:
        words = mailboxes.trouble_of(mailboxes.load(session, number))
    return str(words) if words else ""


@pytest.mark.parametrize("sign_in", ["microsoft", "google"])
def test_a_mailbox_opens_by_the_access_that_somebody_signed_in_for(
    sign_in: str, cast: Cast, clock: SetClock, script: Script, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider()
    script.accepts = provider.accepts
    script.messages[1] = letter().as_bytes()
    installation = cast.installation
    with identity(provider) as address:
        app = SIGN_INS[sign_in].app
        installation.settings |= {f"app_{app}_client_id": "our-app", f"app_{app}_base_url": address}
        with installation.store.write(cast.place.id) as session:
            row = MailServer(name="Pressen", host="smtp.parti.example", port=587, user=USER, security="required")
            row.workspace_id, row.signs_in, row.token_until = cast.place.id, sign_in, clock.now() - timedelta(hours=1)
            row.tokens = installation.vault.seal_map({"access_token": "old", "refresh_token": "r"})
            row.changed_at, row.sender = clock.now(), USER
            session.add(row)
            session.flush()
            relay = row.id
        number = connected(cast, server, "", str(relay))
        assert provider.asked[-1]["grant_type"] == "refresh_token"
        assert "scope" not in provider.asked[-1], "who signed in before mail could be read keeps what they had"
        assert taking.read_next(installation)
        assert script.mechanisms == ["XOAUTH2", "XOAUTH2"]
        assert len(rows(cast)) == 1
        provider.given += 1  # the access is taken back before its time
        clock.forward(minutes=5)
        assert taking.read_next(installation)
        told = trouble(cast, number)
        assert "password" not in told
        assert "Sign in" in told
        with monkeypatch.context() as away:
            away.setattr("commsched.platforms._http.oauth.renew", _nobody_answers)
            clock.forward(hours=2)
            assert taking.read_next(installation)
            assert "renewed" in trouble(cast, number)
    with installation.store.read(cast.place.id) as session:
        assert mailboxes.load(session, number).secret == ""


def _nobody_answers(*_asked: object) -> None:
    raise ConnectionError("nobody answers")


def test_what_is_asked_for_reads_mail_too() -> None:
    scopes = {key: each.scope.split() for key, each in SIGN_INS.items()}
    assert scopes["microsoft"] == [
        "offline_access",
        "https://outlook.office.com/SMTP.Send",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
    ]
    assert scopes["google"] == ["https://mail.google.com/"], "Google's one scope is for SMTP and IMAP"


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"password": "another"}, "does not accept this user with this password"),
        ({"login": b"TAG NO [UNAVAILABLE] Account is locked\r\n"}, "locked"),
        ({"select": b"TAG NO [INUSE] Mailbox is locked\r\n"}, "locked"),
        ({"select": b"TAG NO [NONEXISTENT] Mailbox doesn't exist\r\n"}, "no folder"),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_a_sentence(
    faults: dict[str, object], words: str, cast: Cast, script: Script, server: ImapServer
) -> None:
    for name, value in faults.items():
        setattr(script, name, value)
    with pytest.raises(Invalid, match=words):
        connected(cast, server)
