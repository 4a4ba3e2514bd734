"""Devices that are told at once: whose they are, where is called, what is said, and when it ends."""

from __future__ import annotations

import base64
import json
from typing import Any

import http_ece
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select

from commsched.core.text.messages import Invalid, NotFound
from commsched.services.kernel.context import Installation
from commsched.services.notices import push
from commsched.store.models import Notice, PushDevice
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast, SetClock
from tests.services.desk import submitted

ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
AUTH = b"0123456789abcdef"


def plain(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


class Service:
    """A browser's push service, and the browser behind it."""

    def __init__(self, status: int = 201) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.status = status
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def point(self) -> str:
        return plain(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def post(self, url: str, **more: Any) -> Any:
        self.calls.append((url, more))
        return type("Answer", (), {"status_code": self.status})

    def read(self, call: int = 0) -> dict[str, str]:
        data = self.calls[call][1]["data"]
        text = http_ece.decrypt(data, private_key=self.key, auth_secret=AUTH, version="aes128gcm")
        answer: dict[str, str] = json.loads(text)
        return answer


def listening(cast: Cast, service: Service, who: str = "approver", endpoint: str = ENDPOINT) -> Installation:
    """The office with ``service`` in the place of the network, and a device of ``who``."""
    installation = cast.installation
    msgspec.structs.force_setattr(installation, "http", lambda _private: service)
    push.subscribe(installation, cast.actor(who).person or 0, endpoint, service.point, plain(AUTH), "Firefox")
    return installation


def test_whoever_is_asked_is_told_once_and_of_no_content(cast: Cast) -> None:
    service = Service()
    installation = listening(cast, service)
    submitted(cast, text="Hemliga ord om bussen.", title="Hemlig rubrik")
    assert push.send_due(installation) == 1
    assert push.send_due(installation) == 0, "never twice"
    said = service.read()
    assert said == {"title": cast.place.name, "body": "Något väntar på ditt ja.", "url": "/w/gruppen/approve"}
    url, call = service.calls[0]
    assert url == ENDPOINT
    assert call["allow_redirects"] is False
    assert "Hemlig" not in json.dumps(said)


def test_the_proof_of_who_sends_holds_and_names_the_service(cast: Cast) -> None:
    service = Service()
    installation = listening(cast, service)
    submitted(cast)
    push.send_due(installation)
    header = service.calls[0][1]["headers"]["Authorization"]
    token, key = header.removeprefix("vapid t=").split(", k=")
    assert key == push.public_key(installation)
    point = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(token, ECKey.import_key(pem)).claims
    assert claims["aud"] == "https://fcm.googleapis.com"


def test_the_writer_is_not_told_of_what_others_must_do(cast: Cast) -> None:
    service = Service()
    installation = listening(cast, service, "writer")
    submitted(cast)
    assert push.send_due(installation) == 0
    assert service.calls == []


def test_what_is_old_is_not_told(cast: Cast, clock: SetClock) -> None:
    service = Service()
    installation = listening(cast, service)
    submitted(cast)
    clock.forward(hours=2)
    assert push.send_due(installation) == 0


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_the_browser_forgot_is_dropped(cast: Cast, status: int) -> None:
    service = Service(status)
    installation = listening(cast, service)
    submitted(cast)
    assert push.send_due(installation) == 0
    assert not push.devices(installation, cast.approver.id)


def test_a_service_that_is_away_keeps_the_device(cast: Cast) -> None:
    service = Service(503)
    installation = listening(cast, service)
    submitted(cast)
    push.send_due(installation)
    assert len(push.devices(installation, cast.approver.id)) == 1
    with installation.store.read(EVERY_WORKSPACE) as session:
        assert session.scalar(select(Notice.pushed_at)) is not None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://localhost/x",
        "https://169.254.169.254/latest",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://user:pass@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:x/",
        "file:///etc/passwd",
        "",
    ],
)
def test_nothing_but_a_browsers_push_service_is_ever_called(cast: Cast, endpoint: str) -> None:
    with pytest.raises(Invalid):
        push.subscribe(cast.installation, cast.approver.id, endpoint, Service().point, plain(AUTH))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example\\.fcm.googleapis.com/x",
        "https://127.0.0.1\\.web.push.apple.com/x",
        "https://evil.example%2f.fcm.googleapis.com/x",
        "https://evil.example\t.fcm.googleapis.com/x",
        "https://fcm.googleapis.com#.evil.example/",
        "https://fcm.googleapis.com/a\\b",
        "https://fcm.googleapis.com/\r\nX: y",
    ],
)
def test_an_address_that_two_readers_split_differently_is_none(endpoint: str) -> None:
    """What looks at the host and what calls it are not the same program."""
    assert not push.is_allowed(endpoint)


def test_a_browsers_own_addresses_are_known() -> None:
    for host in push.SERVICES:
        assert push.is_allowed(f"https://{host}/wpush/v2/gAAAAAB-k_x:APA91b=?auth=1%20")
        assert push.is_allowed(f"https://db5p.{host.upper()}:443/w/?token=a%2fb")


@pytest.mark.parametrize(("point", "auth"), [("AAAA", plain(AUTH)), (plain(b"\4" + bytes(64)), plain(AUTH)), ("", "")])
def test_keys_that_are_none_are_refused(cast: Cast, point: str, auth: str) -> None:
    with pytest.raises(Invalid):
        push.subscribe(cast.installation, cast.approver.id, ENDPOINT, point, auth)


def test_a_device_belongs_to_whoever_used_it_last_and_is_ended_by_nobody_else(cast: Cast) -> None:
    service = Service()
    installation = listening(cast, service)
    (device,) = push.devices(installation, cast.approver.id)
    with pytest.raises(NotFound):
        push.end(installation, cast.writer.id, device.id)
    listening(cast, service, "writer")
    assert not push.devices(installation, cast.approver.id)
    (device,) = push.devices(installation, cast.writer.id)
    push.end(installation, cast.writer.id, device.id)
    assert not push.devices(installation, cast.writer.id)


def test_a_devices_keys_are_not_readable_in_the_store(cast: Cast) -> None:
    service = Service()
    installation = listening(cast, service)
    with installation.store.read(EVERY_WORKSPACE) as session:
        (row,) = session.scalars(select(PushDevice))
    assert service.point not in row.secrets
