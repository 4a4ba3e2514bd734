"""What Bluesky's servers know this installation by: the address of a document about it, which they fetch themselves.

An installation on the internet proves itself by a key that its document names; it then stays signed in for as long as
the server lets anybody (two years on Bluesky's own). One that only this machine reaches is known by the address
``http://localhost``, proves nothing, and is let in for two weeks.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from commsched.core.installation.signed_addresses import is_reachable
from commsched.core.platform.access import client_address
from commsched.core.platform.contract import ChannelContext
from commsched.core.text.messages import N_

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

SCOPE: Final = "atproto transition:generic"
_LOOPBACK: Final = ("127.0.0.1", "::1")
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has: a private key is a number below it."""


class App(msgspec.Struct, frozen=True):
    """This installation as a client: its ``id``, and whether it proves itself by its key (``confidential``)."""

    id: str
    confidential: bool

    def proof(self, issuer: str, context: ChannelContext) -> Mapping[str, str]:
        """What a form says of who sends it (RFC 7523, 2.2), good for this one call to ``issuer``."""
        if not self.confidential:
            return {"client_id": self.id}
        from joserfc import jwt

        now = int(context.now().timestamp())
        key = _key(context)
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        }
        signed = jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, claims, key)
        return {"client_id": self.id, "client_assertion_type": _ASSERTION, "client_assertion": signed}


def refuses(public_url: str) -> str:
    """Why nobody can sign in from an installation at ``public_url``: a msgid, empty where they can."""
    if _is_public(public_url) or _is_loopback(public_url):
        return ""
    return N_(
        "Nobody can sign in at Bluesky from here: this installation has no address on the internet that begins with "
        "https://. An app password does the same."
    )


def app_of(context: ChannelContext, redirect_uri: str) -> App:
    """What this installation is known by when it sends a person away who comes back to ``redirect_uri``."""
    if _is_loopback(context.public_url):
        return App(f"http://localhost?{urlencode({'redirect_uri': redirect_uri, 'scope': SCOPE})}", False)
    return App(client_address(context.public_url, context.workspace, "bluesky"), True)


def document(context: ChannelContext, redirect_uri: str) -> dict[str, object]:
    """What stands at the address that this office is known by. There is nothing secret in it."""
    key = _key(context)
    public = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}
    return {
        "client_id": client_address(context.public_url, context.workspace, "bluesky"),
        "client_name": f"{context.office_name} (commsched)" if context.office_name else "commsched",
        "client_uri": context.public_url,
        "application_type": "web",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": SCOPE,
        "dpop_bound_access_tokens": True,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [public]},
    }


def _key(context: ChannelContext) -> ECKey:
    """The installation's own key, made of what only it knows; the same each time."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from joserfc.jwk import ECKey

    secret = context.client_key()
    if len(secret) < 32:
        raise ValueError("this installation has nothing to prove itself by")
    return ECKey.import_key(ec.derive_private_key(int.from_bytes(secret) % (_ORDER - 1) + 1, ec.SECP256R1()))


def _is_public(public_url: str) -> bool:
    """Whether servers read a document there: they do so by name only."""
    host = urlsplit(public_url).hostname or ""
    return is_reachable(public_url) and ":" not in host and not host.replace(".", "").isdigit()


def _is_loopback(public_url: str) -> bool:
    """Only by number: a browser's session on the name ``localhost`` would be another, and such names are refused."""
    try:
        parts = urlsplit(public_url)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK
    except ValueError:
        return False
