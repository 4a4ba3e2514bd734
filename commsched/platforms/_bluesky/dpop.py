"""Proofs that who shows an access is the one it was given to (DPoP, RFC 9449): each call is signed with a key of the
session's own, and with the word (nonce) that its server wants to see in it just now.

A server that wants another word refuses the call before it looks at it, and says which. The call is then made once
more with it: that is one exchange, and nothing came of its first half.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer

WANTED: Final = "use_dpop_nonce"
"""The name of the refusal that asks for another nonce."""
_ALGORITHM: Final = "ES256"


def new_key() -> str:
    """A new key on P-256, as the text (JWK) that is kept with the channel."""
    from joserfc.jwk import ECKey

    return json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True))


def challenge(text: str) -> str:
    """The SHA-256 of ``text`` in the alphabet of addresses: ``ath`` here, and the code challenge of PKCE."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Bound:
    """Calls that are signed with ``key``, a JWK as :func:`new_key` makes it. Each server's nonce is remembered."""

    def __init__(self, key: str, context: ChannelContext) -> None:
        self._key, self._context = key, context
        self._nonces: dict[str, str] = {}

    def request(
        self,
        verb: str,
        url: str,
        *,
        token: str = "",
        params: Mapping[str, object] | None = None,
        json: Mapping[str, object] | None = None,
        data: Mapping[str, str] | BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One exchange. A file is sent only to a server whose nonce is known, and from its beginning."""
        options = {"params": params, "json": json, "data": data, "timeout": self._context.timeout}
        for _half in range(2):
            proof = {"DPoP": self.proof(verb, url, token)}
            access = {"Authorization": f"DPoP {token}"} if token else {}
            signed = {**access, **proof, **(headers or {})}
            answer = self._context.http.request(verb, url, headers=signed, **options)  # type: ignore[arg-type]
            if not self._hear(url, answer):
                break
            if data is not None and not isinstance(data, Mapping):
                data.seek(0)
        return answer

    def knows(self, url: str) -> bool:
        """Whether the server at ``url`` has said what it wants to see in a proof."""
        return bool(self._nonces.get(_origin(url)))

    def proof(self, verb: str, url: str, token: str = "") -> str:
        """The signed word for one call; with ``token`` it is good for that access alone."""
        from joserfc import jwt
        from joserfc.jwk import ECKey

        key = ECKey.import_key(json.loads(self._key))
        claims: dict[str, object] = {
            "jti": secrets.token_urlsafe(16),
            "htm": verb,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(self._context.now().timestamp()),
        }
        nonce = self._nonces.get(_origin(url))
        claims |= {"nonce": nonce} if nonce else {}
        claims |= {"ath": challenge(token)} if token else {}
        header = {"typ": "dpop+jwt", "alg": _ALGORITHM, "jwk": key.as_dict(private=False)}
        return jwt.encode(header, claims, key)

    def _hear(self, url: str, answer: HttpAnswer) -> bool:
        """Remember the nonce in ``answer``; whether the call was refused for want of it."""
        nonce = str(answer.headers.get("DPoP-Nonce") or "")
        known = self._nonces.get(_origin(url))
        if nonce:
            self._nonces[_origin(url)] = nonce
        return bool(nonce) and nonce != known and wants_nonce(answer)


def wants_nonce(answer: HttpAnswer) -> bool:
    """Whether ``answer`` refuses a call for its nonce alone (RFC 9449, 8 and 9)."""
    if answer.status_code not in (400, 401):
        return False
    if f'error="{WANTED}"' in str(answer.headers.get("WWW-Authenticate") or ""):
        return True
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return False
    return isinstance(said, Mapping) and said.get("error") == WANTED


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
