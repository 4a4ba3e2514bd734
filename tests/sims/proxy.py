"""A real server behind a wire that fails: every call is passed on, and the answer spoilt where a fault says so."""

from __future__ import annotations

import requests

from tests.sims._server import Answer, Call, Simulator, Stage

_HOP = {"connection", "content-length", "host", "transfer-encoding", "content-encoding", "date", "server"}


class MastodonProxy(Simulator):
    """Stands in front of a Mastodon server at ``target``. Has the network's faults, and any status as a refusal."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target = target
        self.reset_header = ""

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "prepare" if call.path.endswith("/media") else "publish"

    def refusal(self, fault: str) -> Answer:
        status, _, message = fault.partition(" ")
        headers = {"x-ratelimit-reset": self.reset_header} if self.reset_header else {}
        return Answer(int(status), {"error": message or "refused"}, headers)

    def handle(self, call: Call) -> Answer:
        headers = {name: value for name, value in call.headers.items() if name not in _HOP}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                call.method,
                self.target + call.path,
                params=call.query,
                data=call.body,
                headers=headers,
                timeout=20,
                allow_redirects=False,
            )
        kept = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in _HOP}
        return Answer(answer.status_code, answer.content, kept)


class BlueskyProxy(MastodonProxy):
    """Stands in front of a Bluesky server in the same way."""

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "publish" if call.path.endswith(("putRecord", "deleteRecord")) else "prepare"

    def refusal(self, fault: str) -> Answer:
        status, _, name = fault.partition(" ")
        return Answer(int(status), {"error": name, "message": "refused"})
