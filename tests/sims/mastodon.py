"""A server that speaks Mastodon's API without being Mastodon: its name, what it forgets, renders and leaves out is set.

``tests/peers/mastodon.py`` starts a real server; this one stands for its cousins, and for servers that answer oddly.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

from tests.sims._server import Answer, Call, Simulator, Stage

TOKEN = "mastodon-token-0001"
MASTODON = "https://github.com/mastodon/mastodon"


class MastodonSimulator(Simulator):
    """One account. ``statuses`` are what its followers see, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.version, self.source_url, self.software = "4.3.1", MASTODON, "mastodon"
        self.account: dict[str, Any] = {"id": "1", "acct": "kansli", "url": "https://social.example/@kansli"}
        self.domain = "social.example"
        self.second_version = True
        """Whether it has the second instance answer."""
        self.keeps_key = True
        self.renders_markdown = False
        self.status_answer: Any = None
        """What it says instead of the status it made."""
        self.media_answer: Any = None
        self.limits: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        """What it adds to a refusal."""
        self.statuses: list[dict[str, Any]] = []
        self.keys: dict[str, dict[str, Any]] = {}

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "prepare" if call.path.endswith("/media") else "publish"

    def refusal(self, fault: str) -> Answer:
        status, _, message = fault.partition(" ")
        return Answer(int(status), {"error": message or "refused"}, dict(self.headers))

    def handle(self, call: Call) -> Answer:
        call.path = call.path.rstrip("/")  # Mastodon takes either, and so does the SDK
        if call.path.startswith("/nodeinfo"):
            return Answer(200, {"software": {"name": self.software, "version": self.version}})
        if call.path == "/api/v2/instance" and self.second_version:
            return Answer(200, {"domain": self.domain, "source_url": self.source_url, **self._instance()})
        if call.path == "/api/v1/instance":
            return Answer(200, {"uri": self.domain, **self._instance()})
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": "The access token is invalid"})
        return self._own(call)

    def _instance(self) -> dict[str, Any]:
        return {"version": self.version, "configuration": {"media_attachments": self.limits}}

    def _own(self, call: Call) -> Answer:
        match call.method, call.path:
            case "GET", "/api/v1/accounts/verify_credentials":
                return Answer(200, self.account)
            case "GET", "/api/v1/apps/verify_credentials":
                return Answer(200, {"name": "commsched"})
            case "GET", path if path.endswith("/statuses"):
                return Answer(200, self.statuses[:40] if "max_id" not in call.query else [])
            case "POST", "/api/v2/media" | "/api/v1/media":
                return Answer(200, self.media_answer or {"id": "9", "url": f"{self.url}/9.png"})
            case "POST", "/api/v1/statuses":
                made = self.say_it(call.form["status"], call.headers.get("idempotency-key", ""))
                return Answer(200, made if self.status_answer is None else self.status_answer)
        return Answer(404, {"error": "Record not found"})

    def say_it(self, text: str, key: str = "") -> dict[str, Any]:
        """Publish ``text`` as the server would; without a key as a person at its own page would."""
        if self.keeps_key and key and key in self.keys:
            return self.keys[key]
        number = str(len(self.statuses) + 100)
        made = {
            "id": number,
            "url": f"https://social.example/@kansli/{number}",
            "content": self._render(text),
            "created_at": datetime.now(UTC).isoformat(),
            "in_reply_to_id": None,
            "media_attachments": [],
        }
        self.statuses.insert(0, made)
        if key:
            self.keys[key] = made
        return made

    def _render(self, text: str) -> str:
        said = html.escape(text)
        if self.renders_markdown:
            said = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", said)
        return f"<p>{said}</p>"
