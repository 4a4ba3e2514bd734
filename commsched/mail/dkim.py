"""Signs a message for its sender's domain (DKIM, RFC 6376), so that receivers can tell that it is ours and unchanged.

RSA with 2048 bits: Google and Microsoft do not rely on Ed25519. Headers are canonicalised ``relaxed``, since relays
fold them anew; the body ``simple``, since none that keeps a signature valid touches it, and one hash over the bytes
costs a tenth of squeezing each line. ``cryptography`` signs outside the interpreter's lock, so the lanes of a list
sign side by side.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SIGNED: Final = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"in-reply-to",
    b"references",
    b"list-id",
    b"list-subscribe",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
)
"""Which headers are covered, where they are there. RFC 8058 asks for both about leaving a list."""
_OVER: Final = (b"from",)
"""Signed once more than they are there, so that nobody adds another."""
_SPACE: Final = re.compile(rb"[ \t]+")
_WIDTH: Final = 70


class Signer(msgspec.Struct, frozen=True):
    """A domain's key. ``private`` is PKCS#8 in PEM and does not show itself."""

    domain: str
    selector: str
    private: str

    def __repr__(self) -> str:
        return f"Signer(domain={self.domain!r}, selector={self.selector!r})"

    def sign(self, message: bytes) -> bytes:
        """``message``, which has CRLF line ends, with its signature before its headers. Raises :class:`ValueError` for
        a key that is none."""
        head, _, body = message.partition(b"\r\n\r\n")
        return self.field(head, body) + message

    def field(self, head: bytes, body: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        fields = _relaxed(head.removesuffix(b"\r\n"))
        covered = [name for name in _SIGNED if name in fields]
        stem = self._stem([*covered, *_OVER], _body_hash(body))
        signed = b"".join(fields[name] for name in covered) + b"dkim-signature:" + _one_line(stem)
        signature = base64.b64encode(_key(self.private).sign(signed, PKCS1v15(), SHA256()))
        pieces = [signature[start : start + _WIDTH] for start in range(0, len(signature), _WIDTH)]
        return b"DKIM-Signature: " + stem + b"\r\n ".join(pieces) + b"\r\n"

    def _stem(self, names: list[bytes], body: bytes) -> bytes:
        """The field's value up to the signature itself, folded."""
        first = f"v=1; a=rsa-sha256; c=relaxed/simple; d={self.domain};\r\n s={self.selector};".encode("ascii")
        lines = [b" h=" + b":\r\n  ".join(b":".join(names[start : start + 4]) for start in range(0, len(names), 4))]
        return b"\r\n".join([first, *lines]) + b";\r\n bh=" + body + b";\r\n b="


@lru_cache(maxsize=16)
def _key(private: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(private.encode("ascii"), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("mail is signed with RSA")
    return key


def _body_hash(body: bytes) -> bytes:
    """Over the body, whatever empty lines it ends with taken for one line end (RFC 6376, 3.4.3)."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    digest = hashlib.sha256(memoryview(body)[:end])
    digest.update(b"\r\n")
    return base64.b64encode(digest.digest())


def _relaxed(head: bytes) -> dict[bytes, bytes]:
    """The headers by their names in small letters, as they are hashed (RFC 6376, 3.4.2). No name is there twice."""
    fields: dict[bytes, bytes] = {}
    for line in _unfolded(head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        lower = name.strip().lower()
        fields[lower] = lower + b":" + _SPACE.sub(b" ", value).strip() + b"\r\n"
    return fields


def _unfolded(text: bytes) -> bytes:
    return text.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t")


def _one_line(value: bytes) -> bytes:
    return _SPACE.sub(b" ", _unfolded(value)).strip()
