"""The server that the reference platform speaks to: an authorization server and a network, over HTTP, in one."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.sims._server import Answer, Call, Simulator, Stage


class ReferenceServer(Simulator):
    """One account. ``posts`` are what its followers see; a refresh token is good for one use."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, dict[str, str]] = {}
        self.access, self.refresh = "", ""
        self.lasts = 7200
        self.uploads: dict[str, bytes] = {}
        self.pieces: list[tuple[int, int]] = []
        """Offset and length of every piece that was taken, in order."""
        self.working = 0
        """How often it says that it is still working on what was uploaded."""
        self.posts: dict[str, dict[str, Any]] = {}
        self.hidden: dict[str, bool] = {}
        self.reports: list[tuple[str, str]] = []
        self.renewals = 0
        self.says_nothing = False
        """Whether a renewal is answered with nothing in it."""

    def stage(self, call: Call) -> Stage:
        if call.method == "POST" and call.path == "/posts":
            return "publish"
        return "read" if call.method == "GET" else "prepare"

    def refusal(self, fault: str) -> Answer:
        return Answer(int(fault), {"error": "refused"})

    def handle(self, call: Call) -> Answer:
        if call.path == "/authorize":
            return self._authorize(call)
        if call.path == "/token":
            return self._token({key: values[0] for key, values in parse_qs(call.body.decode()).items()})
        if not self.access or call.headers.get("authorization") != f"Bearer {self.access}":
            return Answer(401, {"error": "the token has run out"})
        if call.path.startswith("/uploads"):
            return self._upload(call)
        return self._network(call)

    def _authorize(self, call: Call) -> Answer:
        """The person says yes at once."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = dict(call.query)
        back = urlencode({"code": code, "state": call.query["state"]})
        return Answer(302, {}, {"location": f"{call.query['redirect_uri']}?{back}"})

    def _token(self, form: dict[str, str]) -> Answer:
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form["code"], {})
            hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
            fits = asked.get("code_challenge") == challenge and asked.get("redirect_uri") == form.get("redirect_uri")
            return self._give() if fits else Answer(400, {"error": "invalid_grant"})
        if self.says_nothing:
            return Answer(200, {"access_token": "", "refresh_token": ""})
        if form.get("refresh_token") != self.refresh:
            return Answer(400, {"error": "invalid_grant"})
        self.renewals += 1
        return self._give()

    def _give(self) -> Answer:
        self.access, self.refresh = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        return Answer(
            200,
            {
                "access_token": self.access,
                "refresh_token": self.refresh,
                "token_type": "Bearer",
                "expires_in": self.lasts,
            },
        )

    def _upload(self, call: Call) -> Answer:
        media = call.path.removeprefix("/uploads").strip("/")
        if call.method == "POST":
            media = f"m{len(self.uploads) + 1}"
            self.uploads[media] = b""
        elif call.method == "PUT":
            self.pieces.append((int(call.query["offset"]), len(call.body)))
            self.uploads[media] = self.uploads[media][: int(call.query["offset"])] + call.body
        elif self.working:
            self.working -= 1
            return Answer(200, {"id": media, "state": "processing"})
        return Answer(200, {"id": media, "state": "ready"})

    def _network(self, call: Call) -> Answer:
        post = call.path.removeprefix("/posts").strip("/")
        match call.method, call.path:
            case "GET", "/me":
                return Answer(200, {"id": "7", "name": "kansli"})
            case "GET", "/posts":
                return Answer(200, list(self.posts.values()))
            case "POST", "/posts":
                made = f"p{len(self.posts) + 1}"
                at = "2026-11-26T07:30:00+00:00"
                self.posts[made] = {"id": made, "url": f"{self.url}/posts/{made}", "at": at, **call.json}
                return Answer(200, self.posts[made])
            case "GET", "/metrics":
                return Answer(
                    200, {key: {"views": 10, "likes": 2} for key in call.query["ids"].split(",") if key in self.posts}
                )
            case "GET", "/replies":
                at = "2026-11-26T08:00:00+00:00"
                return Answer(200, [{"id": "r1", "answers": "p1", "author": "Maj", "text": "Bra!", "at": at}])
        if call.path.startswith("/replies/"):
            return self._reply(*call.path.removeprefix("/replies/").split("/"), call.json)
        if post not in self.posts:
            return Answer(404, {"error": "not there"})
        if call.method == "DELETE":
            return Answer(200, self.posts.pop(post))
        self.posts[post] |= call.json
        return Answer(200, self.posts[post])

    def _reply(self, reply: str, what: str, body: dict[str, Any]) -> Answer:
        if reply != "r1":
            return Answer(404, {"error": "not there"})
        if what == "hidden":
            self.hidden[reply] = body["hidden"]
        else:
            self.reports.append((reply, body["reason"]))
        return Answer(200, {"id": reply})
