"""Telling a person's own devices at once that something waits for them, through the push service of the browser.

What is sent names the office and what is asked, never what an item says. The keys that prove who sends follow from the
key of the home, so there is none to keep; each device's own keys are stored encrypted.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, exists, select, update

from commsched.core.text.catalogues import translate
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.kernel.context import Installation
from commsched.store.models import Membership, Notice, Person, PushDevice, Workspace
from commsched.store.session import EVERY_WORKSPACE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

log = logging.getLogger(__name__)

WORDS: Final = {
    "asked_to_approve": N_("Something waits for your yes."),
    "asked_to_accept": N_("Somebody else has written in something of yours. Accept it, and it can be approved."),
    "reminder": N_("Something still waits for your yes."),
    "nudged": N_("Something still waits for your yes."),
    "by_hand": N_("It is time to post something by hand."),
    "unknown_ask": N_("Nobody knows whether something went out. Look, and answer."),
}
"""The kinds of notices that devices are told of, with all that they are told."""
SERVICES: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "push.services.mozilla.com",
    "web.push.apple.com",
    "notify.windows.com",
)
"""The push services of the browsers. A device may name one of these or a host below it; nothing else is ever called."""
_ADDRESS: Final = re.compile(r"https://([A-Za-z0-9.-]+)(?::443)?(?:/[!-\[\]-~]*)?")
"""An address that every reader of addresses splits alike: where the host ends at a backslash for one and goes on for
another, what is checked is not what is called."""
FRESH: Final = timedelta(hours=1)
"""A notice that is older has been seen, or comes by mail."""
MOST_DEVICES: Final = 10
"""Devices of one person; another takes the oldest one's place."""
AT_ONCE: Final = 20
TIMEOUT: Final = 10
"""Seconds that a push service is waited for."""
_N: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve P-256."""


class _Sent(msgspec.Struct, frozen=True):
    """What one device is to be told."""

    device: int
    endpoint: str
    secrets: str
    body: bytes


def public_key(installation: Installation) -> str:
    """What a browser needs to know of us before it subscribes, as it wants it: base64url without padding."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = _key(installation).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _plain(point)


def _key(installation: Installation) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    number = int.from_bytes(installation.vault.derive("web push"), "big") % (_N - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _plain(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(value: str, size: int) -> bytes:
    try:
        read = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        read = b""
    if len(read) != size:
        raise Invalid(N_("The browser's answer could not be read. Try again."), "push")
    return read


def is_allowed(endpoint: str) -> bool:
    """Whether the address belongs to a browser's push service."""
    match = _ADDRESS.fullmatch(endpoint)
    host = match[1].lower() if match else ""
    return any(host == name or host.endswith(f".{name}") for name in SERVICES)


def subscribe(installation: Installation, person: int, endpoint: str, p256dh: str, auth: str, agent: str = "") -> None:
    """Tell this device from now on. A device that is known already becomes ``person``'s. Raises :class:`Invalid`."""
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(endpoint) > 1000 or not is_allowed(endpoint):
        raise Invalid(N_("This browser's push service is not one that we know."), "push")
    point = _bytes(p256dh, 65)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Invalid(N_("The browser's answer could not be read. Try again."), "push") from error
    kept = installation.vault.seal(json.dumps([p256dh, _plain(_bytes(auth, 16))]))
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(delete(PushDevice).where(PushDevice.endpoint == endpoint))
        mine = select(PushDevice.id).where(PushDevice.person_id == person).order_by(PushDevice.id.desc())
        too_many = list(session.scalars(mine.offset(MOST_DEVICES - 1)))
        session.execute(delete(PushDevice).where(PushDevice.id.in_(too_many)))
        now = installation.now()
        session.add(PushDevice(person_id=person, endpoint=endpoint, secrets=kept, agent=agent[:200], created_at=now))


def devices(installation: Installation, person: int) -> Sequence[PushDevice]:
    """A person's own devices, the newest first."""
    wanted = select(PushDevice).where(PushDevice.person_id == person).order_by(PushDevice.id.desc())
    with installation.store.read(EVERY_WORKSPACE) as session:
        return session.scalars(wanted).all()


def end(installation: Installation, person: int, device: int) -> None:
    """Tell that device no more. Raises :class:`NotFound` for somebody else's."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        row = session.get(PushDevice, device)
        if row is None or row.person_id != person:
            raise NotFound(N_("There is no such device."))
        session.delete(row)


def send_due(installation: Installation) -> int:
    """Tell the devices of whom a fresh notice is for. Each notice is marked before it is sent: a device may miss one
    after a crash, since the mail and Today say it too, but is never told twice. Returns how many were told."""
    count, dead = 0, []
    for sent in _claim(installation):
        status = _send(installation, sent)
        count += 200 <= status < 300
        if status in (404, 410):  # the browser has forgotten us
            dead.append(sent.device)
    if dead:
        with installation.store.write(EVERY_WORKSPACE) as session:
            session.execute(delete(PushDevice).where(PushDevice.id.in_(dead)))
    return count


def _claim(installation: Installation) -> list[_Sent]:
    """Mark the fresh notices of those who have a device, and say what each device is to be told."""
    belongs = exists().where(Membership.person_id == Notice.person_id, Membership.workspace_id == Notice.workspace_id)
    due = (
        select(Notice.id)
        .where(
            Notice.pushed_at.is_(None),
            Notice.kind.in_(tuple(WORDS)),
            Notice.state != "dropped",
            Notice.created_at > installation.now() - FRESH,
            exists().where(PushDevice.person_id == Notice.person_id),
            belongs,
        )
        .order_by(Notice.id)
        .limit(AT_ONCE)
    )
    with installation.store.read(EVERY_WORKSPACE) as session:
        if session.execute(due.limit(1)).first() is None:
            return []
    with installation.store.write(EVERY_WORKSPACE) as session:
        numbers = list(session.scalars(due.with_for_update(skip_locked=True)))
        marked = update(Notice).where(Notice.id.in_(numbers))
        session.execute(marked.values(pushed_at=installation.now()))
        rows = session.execute(
            select(Notice.kind, PushDevice, Person.language, Workspace.slug, Workspace.name)
            .join(PushDevice, PushDevice.person_id == Notice.person_id)
            .join(Person, Person.id == Notice.person_id)
            .join(Workspace, Workspace.id == Notice.workspace_id)
            .where(Notice.id.in_(numbers), Person.active)
            .order_by(Notice.id, PushDevice.id)
        )
        return [
            _Sent(device.id, device.endpoint, device.secrets, _body(kind, language, slug, name))
            for kind, device, language, slug, name in rows
        ]


def _body(kind: str, language: str, slug: str, name: str) -> bytes:
    """What the device shows: the office, what is asked, and where that is."""
    path = f"/w/{slug}/" if kind in ("unknown_ask", "asked_to_accept", "by_hand") else f"/w/{slug}/approve"
    return json.dumps({"title": name, "body": translate(WORDS[kind], language), "url": path}).encode()


def _send(installation: Installation, sent: _Sent) -> int:
    """The push service's answer; 0 where there was none."""
    import http_ece
    import requests
    from cryptography.hazmat.primitives.asymmetric import ec

    if not is_allowed(sent.endpoint):
        return 410
    point, auth = json.loads(installation.vault.unseal(sent.secrets))
    body = http_ece.encrypt(
        sent.body,
        salt=secrets.token_bytes(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(point, 65),
        auth_secret=_bytes(auth, 16),
        version="aes128gcm",
    )
    headers = {
        "Authorization": f"vapid t={_token(installation, sent.endpoint)}, k={public_key(installation)}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(FRESH.total_seconds())),
        "Urgency": "high",
    }
    try:
        with installation.http(False) as client:
            answer = client.post(sent.endpoint, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            return int(answer.status_code)
    except (requests.RequestException, OSError) as error:
        log.info("a push service could not be reached: %s", type(error).__name__)
        return 0


def _token(installation: Installation, endpoint: str) -> str:
    """Proof to the push service that it is we who send (RFC 8292), good for some hours."""
    from joserfc import jwt
    from joserfc.jwk import ECKey

    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((installation.now() + timedelta(hours=6)).timestamp()),
        "sub": installation.base_url if installation.base_url.startswith("https://") else "mailto:nobody@localhost",
    }
    return jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.import_key(_pem(_key(installation))))
