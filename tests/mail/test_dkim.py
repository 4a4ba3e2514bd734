"""Signatures that another's verifier accepts, and tampering that it finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from commsched.core.platform.email import Email
from commsched.mail.build import build
from commsched.mail.dkim import Signer
from commsched.mail.headers import CannotBuild
from tests.mail.test_build import LETTER, wild

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SIGNER = Signer("example.org", "cs2026", KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
MAIL = replace(
    LETTER,
    signer=SIGNER,
    date=datetime(2026, 11, 26, 6, 30, tzinfo=UTC),
    headers=LETTER.headers | {"List-Id": "<press.example.org>"},
)


def verified(raw: bytes) -> bool:
    import base64

    import dkim  # another's, and only here

    public = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    line: Callable[..., bytes] = lambda name, timeout=5: b"v=DKIM1; k=rsa; p=" + public  # noqa: E731
    return bool(dkim.verify(raw, dnsfunc=line))


def test_a_signed_mail_is_verified_and_covers_what_it_must() -> None:
    raw = build(MAIL)
    assert verified(raw)
    covered = raw.partition(b" h=")[2].partition(b";")[0].replace(b"\r\n", b"").replace(b" ", b"").split(b":")
    assert covered.count(b"from") == 2
    named = b"to subject date message-id reply-to list-id list-unsubscribe list-unsubscribe-post content-type"
    assert set(named.split()) <= set(covered)
    assert max(map(len, raw.partition(b"From:")[0].split(b"\r\n"))) <= 78
    assert build(MAIL) == raw, "the same on every try"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Hej p", b"Nej p"),
        (b"To: red@", b"To: blue@"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: Lost"),
        (b"\r\nFrom: ", b"\r\nFrom: spion@example.net\r\nFrom: "),
        (b"Message-ID: <abc", b"Message-ID: <abd"),
    ],
)
def test_whatever_is_changed_on_the_way_is_found(before: bytes, after: bytes) -> None:
    raw = build(MAIL)
    assert raw.count(before) >= 1
    assert not verified(raw.replace(before, after, 1))


def test_relays_may_fold_the_headers_anew() -> None:
    head, _, body = build(MAIL).partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"From:")
    assert verified(
        first + b"From:" + rest.replace(b"\r\n ", b"\r\n\t   ").replace(b"To: ", b"To:   ") + b"\r\n\r\n" + body
    )


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(wild, wild, wild)
def test_whatever_people_write_is_verified(subject: str, text: str, html: str) -> None:
    assert verified(build(replace(MAIL, subject=subject, text=text, html=html)))


def test_a_key_that_is_no_rsa_is_told() -> None:
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = Signer("example.org", "s", other.decode())
    assert "PRIVATE" not in repr(signer)
    mail: Email = replace(MAIL, signer=signer)
    with pytest.raises(ValueError, match="RSA"):
        signer.sign(b"")
    with pytest.raises(CannotBuild):
        build(mail)
