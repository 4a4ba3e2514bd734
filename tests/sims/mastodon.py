"""A server that speaks Mastodon's API without being Mastodon: its name, what it forgets, renders and leaves out is set.

``tests/peers/mastodon.py`` starts a real server; this one stands for its cousins, and for servers that answer oddly.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import regex

from tests.sims._server import Answer, Call, Simulator, Stage
from tests.sims.oauth_server import OAuthServer

TOKEN = "mastodon-token-0001"
MASTODON = "https://github.com/mastodon/mastodon"


FINE = ("read", "write", "read:accounts", "read:statuses", "write:statuses", "write:media", "write:reports", "profile")
"""The rights that Mastodon tells of, as far as they matter here."""


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
        self.polls: dict[str, int] | None = {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        }
        """What it says that it takes of them; ``None``: it has none."""
        self.oauth = OAuthServer(pkce="optional", lasts=None, code_lasts=600)
        self.oauth.scopes = FINE
        self.registers = True
        """Whether an app may register itself."""
        self.media: dict[str, dict[str, Any]] = {}
        self.working = 0
        """How often it says that it is still working on what was uploaded."""
        self.edits = True
        self.replies: list[dict[str, Any]] = []
        """What others wrote; each as a status."""
        self.reports: list[dict[str, Any]] = []
        self.rates: dict[str, str] = {}
        self.description: dict[str, Any] | None = None
        """All that it says of itself, as a cousin spells it; ``None``: as Mastodon."""
        self.lives_at = ""
        """Where the accounts of this domain live, when that is another server."""

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        own = call.path.endswith(("/media", "/apps")) or self.oauth.stage(call) == "prepare"
        return "prepare" if own else "publish"

    def refusal(self, fault: str) -> Answer:
        status, _, message = fault.partition(" ")
        return Answer(int(status), {"error": message or "refused"}, dict(self.headers))

    def handle(self, call: Call) -> Answer:
        call.path = call.path.rstrip("/")  # Mastodon takes either, and so does the SDK
        if call.path == "/.well-known/webfinger" and self.lives_at:
            profile = {"rel": "http://webfinger.net/rel/profile-page", "href": f"{self.url}/@kansli"}
            return Answer(200, {"links": [profile, {"rel": "self", "href": f"{self.lives_at}/users/kansli"}]})
        if call.path.startswith("/nodeinfo"):
            return Answer(200, {"software": {"name": self.software, "version": self.version}})
        if call.path == "/api/v2/instance" and self.second_version:
            return Answer(200, {"domain": self.domain, "source_url": self.source_url, **self._instance()})
        if call.path == "/api/v1/instance":
            return Answer(200, {"uri": self.domain, **self._instance()})
        answer = self.oauth.handle(call)
        if answer is not None:
            return answer
        if (call.method, call.path) == ("POST", "/api/v1/apps"):
            return self._register(call)
        pasted = call.headers.get("authorization") == f"Bearer {TOKEN}"
        token = self.oauth.token_of(call)
        if not pasted and token is None:
            return Answer(401, {"error": "The access token is invalid"})
        answer = self._own(call, "" if token is None else token.scope)
        answer.headers = {**self.rates, **answer.headers}
        return answer

    def _instance(self) -> dict[str, Any]:
        if self.description is not None:
            return {"version": self.version, **self.description}
        configuration = {"media_attachments": self.limits}
        return {"version": self.version, "configuration": configuration | ({"polls": self.polls} if self.polls else {})}

    def _register(self, call: Call) -> Answer:
        """As ``POST /api/v1/apps``: exact addresses to come back to, one to a line, and only rights that it knows."""
        if not self.registers:
            return Answer(403, {"error": "This server lets nobody register an app"})
        scopes = call.form.get("scopes", "read")
        if not call.form.get("client_name") or not call.form.get("redirect_uris"):
            return Answer(422, {"error": "Validation failed: Client name can't be blank"})
        if not set(scopes.split()) <= set(self.oauth.scopes):
            return Answer(422, {"error": "Validation failed: Scopes doesn't match configured on the server."})
        number = len(self.oauth.apps) + 1
        redirects = call.form["redirect_uris"].split()
        app = self.oauth.register(f"app-{number:04}", f"app-secret-{number:04}", *redirects, scope=scopes)
        app.method = "client_secret_post"
        return Answer(200, {"client_id": app.client_id, "client_secret": app.client_secret, "name": "commsched"})

    def _own(self, call: Call, scope: str) -> Answer:
        match call.method, call.path:
            case "GET", "/api/v1/accounts/verify_credentials":
                return Answer(200, self.account)
            case "GET", "/api/v1/apps/verify_credentials":
                return Answer(200, {"name": "commsched"} | ({"scopes": scope.split()} if scope else {}))
            case "GET", path if path.endswith("/statuses"):
                return Answer(200, self.statuses[:40] if "max_id" not in call.query else [])
            case "GET", path if path.endswith("/context"):
                return self._context(path.split("/")[-2])
            case "GET", path if path.startswith("/api/v1/media/"):
                return self._processed(path.rpartition("/")[2])
            case "GET" | "PUT", path if path.startswith("/api/v1/statuses/"):
                return self._one(call, path.rpartition("/")[2])
            case "POST", "/api/v2/media" | "/api/v1/media":
                return self._upload(call)
            case "POST", "/api/v1/reports":
                self.reports.append(call.json if call.body.startswith(b"{") else dict(call.form))
                return Answer(200, {"id": "1", "action_taken": False})
            case "POST", "/api/v1/statuses":
                return self._post(call)
        return Answer(404, {"error": "Record not found"})

    def _upload(self, call: Call) -> Answer:
        if self.media_answer is not None:
            return Answer(200, self.media_answer)
        media = str(len(self.media) + 9)
        self.media[media] = {
            "id": media,
            "type": "video" if call.files["file"][4:8] == b"ftyp" else "image",
            "url": None if self.working else f"{self.url}/{media}.png",
            "description": call.form.get("description", ""),
        }
        return Answer(202 if self.working else 200, self.media[media])

    def _processed(self, media: str) -> Answer:
        if media not in self.media:
            return Answer(404, {"error": "Record not found"})
        if self.working > 0:
            self.working -= 1
            return Answer(206, self.media[media])
        self.media[media]["url"] = f"{self.url}/{media}.png"
        return Answer(200, self.media[media])

    def _post(self, call: Call) -> Answer:
        form = call.json if call.body.startswith(b"{") else call.form
        media = _list(form, call.body, "media_ids")
        if any(not self.media[each]["url"] for each in media):
            words = "Cannot attach files that have not finished processing. Try again in a moment!"
            return Answer(422, {"error": words})
        poll = form.get("poll")
        refused = self._refuse_poll(poll, media) if poll else ""
        if refused:
            return Answer(422, {"error": f"Validation failed: {refused}"})
        made = self.say_it(form["status"], call.headers.get("idempotency-key", ""))
        made["in_reply_to_id"] = form.get("in_reply_to_id") or None
        made["media_attachments"] = [dict(self.media[each]) for each in media]
        made["poll"] = None if not poll else self._poll(poll)
        return Answer(200, made if self.status_answer is None else self.status_answer)

    def _refuse_poll(self, poll: dict[str, Any], media: list[str]) -> str:
        taken, choices = self.polls, poll["options"]
        if taken is None:
            return "Polls are not known here"
        if media:
            return "Cannot attach a video or picture and a poll to the same status"
        if not 2 <= len(choices) <= taken["max_options"] or len(set(choices)) < len(choices):
            return "Choices must be two or more, and not the same"
        if any(not 0 < len(regex.findall(r"\X", choice)) <= taken["max_characters_per_option"] for choice in choices):
            return "Choices are too long"
        fits = taken["min_expiration"] <= poll["expires_in"] <= taken["max_expiration"]
        return "" if fits else "Poll has to end later or sooner"

    def _poll(self, poll: dict[str, Any]) -> dict[str, Any]:
        ends = datetime.now(UTC) + timedelta(seconds=poll["expires_in"])
        return {
            "id": "1",
            "options": [{"title": choice, "votes_count": 0} for choice in poll["options"]],
            "multiple": poll["multiple"],
            "expires_at": ends.isoformat(),
            "expired": False,
            "hide_totals": poll["hide_totals"],
        }

    def _one(self, call: Call, number: str) -> Answer:
        status = next((each for each in [*self.statuses, *self.replies] if each["id"] == number), None)
        if status is None or (call.method == "PUT" and not self.edits):
            return Answer(404, {"error": "Record not found"})
        if call.method == "GET":
            return Answer(200, status)
        form = call.json if call.body.startswith(b"{") else call.form
        kept = _list(form, call.body, "media_ids")
        alts = {each["id"]: each["description"] for each in form.get("media_attributes") or ()}
        for media in status["media_attachments"]:
            media["description"] = alts.get(media["id"], media["description"])
        status["media_attachments"] = [each for each in status["media_attachments"] if each["id"] in kept]
        status["poll"] = self._poll(form["poll"]) if form.get("poll") else None
        status["content"], status["spoiler_text"] = self._render(form["status"]), form.get("spoiler_text", "")
        return Answer(200, status)

    def _context(self, number: str) -> Answer:
        if not any(each["id"] == number for each in self.statuses):
            return Answer(404, {"error": "Record not found"})
        under, grown = [number], True
        while grown:
            more = [each["id"] for each in self.replies if each["in_reply_to_id"] in under and each["id"] not in under]
            under, grown = under + more, bool(more)
        return Answer(200, {"ancestors": [], "descendants": [each for each in self.replies if each["id"] in under[1:]]})

    def answer_to(self, number: str, text: str, acct: str = "maj@annan.example", minutes: int = 0) -> dict[str, Any]:
        """What somebody wrote beneath a status, so many minutes from now."""
        reply = {
            "id": f"{900 + len(self.replies)}",
            "in_reply_to_id": number,
            "url": f"https://annan.example/@maj/{len(self.replies)}",
            "content": self._render(text),
            "created_at": (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(),
            "account": {"id": "1" if acct == self.account["acct"] else "77", "acct": acct, "display_name": "Maj"},
            "media_attachments": [],
        }
        self.replies.append(reply)
        return reply

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


def _list(form: dict[str, Any], body: bytes, name: str) -> list[str]:
    """The ids in a list, whether it came as JSON or as ``name[]`` in a form."""
    from urllib.parse import parse_qs

    if body.startswith(b"{"):
        return [str(each) for each in form.get(name) or ()]
    return parse_qs(body.decode(errors="replace")).get(f"{name}[]", [])
