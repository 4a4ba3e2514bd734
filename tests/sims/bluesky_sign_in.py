"""Bluesky's server with its sign-in, as strict as the profile allows: every nonce is good for one call and every proof
for one, nothing is taken without them, a code and a refresh token are good once.

``picky`` is how many calls more it refuses for a nonce that was right; ``twisted`` is laid over its
documents and its answers, by the path: a server that lies.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from tests.sims._server import Answer, Call, Stage
from tests.sims.bluesky import DID, BlueskySimulator

SCOPE = "atproto transition:generic"


class SignIn(BlueskySimulator):
    """The account's server, its issuer and the directory, in one."""

    def __init__(self) -> None:
        super().__init__()
        self.nonce = "nonce-0"
        self.picky = 0
        self.without = set[str]()
        """The documents that it does not have."""
        self.twisted: dict[str, dict[str, Any]] = {}
        self.pushed: dict[str, dict[str, str]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.key, self.token, self.renewal = "", "", ""
        """The thumbprint that the access is bound to, the access, and what renews it."""
        self._proofs = set[str]()

    def stage(self, call: Call) -> Stage:
        return super().stage(call) if call.path.startswith("/xrpc/") else "read"

    def handle(self, call: Call) -> Answer:
        answer = self._answer(call)
        if answer.status < 300 and call.path in self.twisted:
            answer.body = {**answer.body, **self.twisted[call.path]}
        answer.headers.setdefault("DPoP-Nonce", self.nonce)
        return answer

    def says_yes(self, address: str) -> dict[str, str]:
        """The query that the person's browser comes back with after a yes."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        form = self.pushed.pop(asked["request_uri"])
        assert asked["client_id"] == form["client_id"]
        code = secrets.token_hex(8)
        self.codes[code] = form
        return {"code": code, "state": form["state"], "iss": self.url}

    def _answer(self, call: Call) -> Answer:
        documents = {
            f"/{DID}": self._identity,
            "/.well-known/oauth-protected-resource": self._resource,
            "/.well-known/oauth-authorization-server": self._issuer,
        }
        if call.path in documents:
            return (
                Answer(200, documents[call.path]())
                if call.path not in self.without
                else Answer(404, {"error": "NotFound"})
            )
        if call.path in ("/oauth/par", "/oauth/token"):
            return self._form(call)
        return super().handle(call)

    def _identity(self) -> dict[str, Any]:
        return {"id": DID, "service": self._who()["didDoc"]["service"]}

    def _resource(self) -> dict[str, Any]:
        return {"resource": self.url, "authorization_servers": [self.url]}

    def _issuer(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "pushed_authorization_request_endpoint": f"{self.url}/oauth/par",
            "scopes_supported": SCOPE.split(),
            "dpop_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
        }

    def _refused(self, call: Call) -> Answer | None:
        """What needs an access is asked with one that is bound to the caller's key, or that a password has opened."""
        if call.path.endswith("resolveHandle"):
            return None
        kind, _space, token = call.headers.get("authorization", "").partition(" ")
        if kind == "Bearer":  # what an app password has opened
            return super()._refused(call)
        _key, refused = self._proved(call, token)
        if refused:
            return Answer(401, {"error": refused, "message": refused}, {"WWW-Authenticate": f'DPoP error="{refused}"'})
        if kind != "DPoP" or token != self.token or _key != self.key:
            return Answer(401, {"error": "invalid_token", "message": "no such access"})
        return None

    def _form(self, call: Call) -> Answer:
        key, refused = self._proved(call, "")
        if refused:
            return Answer(400, {"error": refused})
        if call.path == "/oauth/par":
            name = f"urn:ietf:params:oauth:request_uri:{secrets.token_hex(8)}"
            self.pushed[name] = {**call.form, "key": key}
            return Answer(201, {"request_uri": name, "expires_in": 299})
        return self._granted(call.form, key)

    def _granted(self, form: dict[str, str], key: str) -> Answer:
        if form["grant_type"] == "refresh_token":
            fits = form["refresh_token"] == self.renewal and key == self.key
        else:
            asked = self.codes.pop(form["code"], {})
            fits = asked.get("key") == key and asked["redirect_uri"] == form["redirect_uri"]
            fits = fits and asked["code_challenge"] == _digest(form["code_verifier"])
        if not fits:
            self.token = self.renewal = ""
            return Answer(400, {"error": "invalid_grant", "error_description": "not, or no more"})
        self.key, self.token, self.renewal = key, secrets.token_hex(8), secrets.token_hex(8)
        granted = {"access_token": self.token, "refresh_token": self.renewal, "token_type": "DPoP", "expires_in": 3600}
        return Answer(200, {**granted, "sub": DID, "scope": SCOPE})

    def _proved(self, call: Call, token: str) -> tuple[str, str]:
        """The thumbprint of the key that ``call`` is signed with, and the name of what is wrong with it."""
        proof = call.headers.get("dpop", "")
        try:
            head = json.loads(base64.urlsafe_b64decode(proof.split(".")[0] + "=="))
            key = ECKey.import_key(head["jwk"])
            claims = jwt.decode(proof, key, algorithms=["ES256"]).claims
        except (JoseError, ValueError, KeyError, IndexError):
            return "", "invalid_dpop_proof"
        right = {"htm": call.method, "htu": self.url + call.path, **({"ath": _digest(token)} if token else {})}
        wrong = {name for name, value in right.items() if claims.get(name) != value}
        if wrong or head["typ"] != "dpop+jwt" or "d" in head["jwk"] or claims["jti"] in self._proofs:
            return "", "invalid_dpop_proof"
        self._proofs.add(claims["jti"])
        fits, self.nonce = claims.get("nonce") == self.nonce, secrets.token_hex(6)
        if not fits or self.picky:
            self.picky -= fits
            return "", "use_dpop_nonce"
        return str(key.thumbprint()), ""


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
