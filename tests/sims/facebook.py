"""The Graph API for one Page: unpublished posts and photos, publishing, comments, reading back, tokens.

>>> with FacebookSimulator() as sim:
...     sim.faults.append("graph:190/463")

``graph:CODE[/SUBCODE][@STATUS]`` is a Graph error; ``regain:MINUTES`` is error 32 with the header that says when.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from tests.sims._server import Answer, Call, Simulator, Stage

PAGE = {"id": "104857600000001", "name": "Öppna listan Mellanbygden", "link": "https://www.facebook.com/oppnalistan"}
TOKEN = "EAAB-page-token-0001"
SCOPES = ["pages_manage_posts", "pages_read_engagement", "pages_show_list"]
_VERSIONS = {f"v{number}.0" for number in range(21, 27)}
_MESSAGES = {
    1: "An unknown error occurred",
    2: "An unexpected error has occurred. Please retry your request later.",
    4: "Application request limit reached",
    10: "Application does not have permission for this action",
    32: "Page request limit reached",
    100: "Invalid parameter",
    190: "Error validating access token: Session has expired.",
    200: "Permissions error",
    368: "The action attempted has been deemed abusive or is otherwise disallowed",
    506: "Duplicate status message",
}


class FacebookSimulator(Simulator):
    """One Page. ``posts`` are the visible ones, oldest first; ``objects`` holds everything by its id."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, dict[str, Any]] = {}
        self.scopes: list[str] = list(SCOPES)
        self.token_type = "PAGE"
        self.expires_at = 0
        self.may_inspect = True
        self.tells_is_published = True
        self._next = 1000

    @property
    def posts(self) -> list[dict[str, Any]]:
        with self.lock:
            seen = [each for each in self.objects.values() if each["kind"] == "post" and each["is_published"]]
            return sorted(seen, key=lambda each: int(each["order"]))

    @property
    def comments(self) -> list[dict[str, Any]]:
        with self.lock:
            return [each for each in self.objects.values() if each["kind"] == "comment"]

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        invisible = call.path.endswith(("/photos", "/feed")) and call.form.get("published") == "false"
        return "prepare" if invisible else "publish"

    def refusal(self, fault: str) -> Answer:
        if fault.startswith("regain:"):
            usage = {PAGE["id"]: [{"type": "pages", "estimated_time_to_regain_access": int(fault[7:])}]}
            answer = _error(32)
            answer.headers["x-business-use-case-usage"] = json.dumps(usage)
            return answer
        match = re.fullmatch(r"graph:(\d+)(?:/(\d+))?(?:@(\d+))?", fault)
        assert match, f"no such fault: {fault}"
        code, subcode, status = (int(each) if each else 0 for each in match.groups())
        return _error(code, subcode, status or 400)

    def handle(self, call: Call) -> Answer:
        _, version, *path = call.path.split("/")
        if version not in _VERSIONS:
            return _error(2635, message=f"You are calling a deprecated version of the Ads API: {version}")
        if (call.form or call.query).get("access_token") != TOKEN:
            return _error(190, message="Invalid OAuth access token - Cannot parse access token", subcode=0)
        answer = self._route(call, path)
        answer.headers["x-app-usage"] = json.dumps({"call_count": 3, "total_time": 1, "total_cputime": 1})
        return answer

    def _route(self, call: Call, path: list[str]) -> Answer:
        if path == ["debug_token"]:
            return self._debug(call)
        if path == ["me"]:
            return Answer(200, PAGE if self.token_type == "PAGE" else {"id": "10150000000000042", "name": "Karin"})
        if path == [PAGE["id"]] and call.method == "GET":
            return Answer(200, PAGE)
        if path[0] == PAGE["id"] and len(path) == 2:
            edges = {"photos": self._photo, "feed": self._feed, "published_posts": self._published}
            return edges[path[1]](call) if path[1] in edges else _error(100)
        known = self.objects.get(path[0])
        if known is None:
            return _error(100, 33, message=f"Unsupported request. Object with ID '{path[0]}' does not exist")
        if path[1:] == ["comments"]:
            return self._comment(call, path[0]) if call.method == "POST" else self._comments(call, path[0])
        return self._object(call, known)

    def _object(self, call: Call, known: dict[str, Any]) -> Answer:
        if call.method == "DELETE":
            del self.objects[known["id"]]
            return Answer(200, {"success": True})
        if call.method == "POST":
            if call.form.get("is_published") != "true" or known["kind"] != "post":
                return _error(100)
            if not known["is_published"]:
                self._next += 1
                known.update(is_published=True, created_time=_now(), order=self._next)
            return Answer(200, {"success": True})
        return Answer(200, self._show(known, call.query.get("fields", "id")))

    def _show(self, known: dict[str, Any], fields: str) -> dict[str, Any]:
        asked = {"id", *fields.split(",")}
        if not self.tells_is_published:
            asked.discard("is_published")
        return {name: known[name] for name in known if name in asked}

    def _add(self, kind: str, prefix: str, **fields: Any) -> dict[str, Any]:
        self._next += 1
        made = {"id": f"{prefix}{self._next}", "kind": kind, "created_time": _now(), "order": self._next, **fields}
        made["permalink_url"] = f"https://www.facebook.com/{made['id']}"
        self.objects[made["id"]] = made
        return made

    def _photo(self, call: Call) -> Answer:
        data = call.files.get("source", b"")
        if not data or len(data) > 4_000_000 or call.form.get("published") != "false":
            return _error(100, message="Invalid parameter: the photo")
        made = self._add("photo", "9", bytes=data, alt=call.form.get("alt_text_custom", ""))
        return Answer(200, {"id": made["id"]})

    def _feed(self, call: Call) -> Answer:
        message, link = call.form.get("message", ""), call.form.get("link", "")
        try:
            attached = [each["media_fbid"] for each in json.loads(call.form.get("attached_media", "[]"))]
        except (ValueError, TypeError, KeyError):
            return _error(100, message="Invalid parameter: attached_media")
        if not (message or link or attached) or len(message) > 63_206:
            return _error(100, message="Invalid parameter: message")
        if any(self.objects.get(each, {}).get("kind") != "photo" for each in attached):
            return _error(100, message="Invalid parameter: media_fbid")
        made = self._add(
            "post",
            f"{PAGE['id']}_",
            message=message,
            link=link,
            alts=[self.objects[each]["alt"] for each in attached],
            is_published=call.form.get("published", "true") == "true",
        )
        return Answer(200, {"id": made["id"]})

    def _comment(self, call: Call, parent: str) -> Answer:
        if not call.form.get("message") or not self.objects[parent].get("is_published"):
            return _error(100)
        return Answer(200, {"id": self._add("comment", f"{parent}_", parent=parent, **_message(call))["id"]})

    def _comments(self, call: Call, parent: str) -> Answer:
        return self._page(call, [each for each in self.comments if each["parent"] == parent])

    def _published(self, call: Call) -> Answer:
        return self._page(call, self.posts[::-1])

    def _page(self, call: Call, entries: list[dict[str, Any]]) -> Answer:
        since, limit = int(call.query.get("since", "0")), int(call.query.get("limit", "25"))
        at = int(call.query.get("after", "0"))
        fresh = [each for each in entries if datetime.fromisoformat(each["created_time"]).timestamp() >= since]
        shown = [self._show(each, call.query.get("fields", "id")) for each in fresh[at : at + limit]]
        paging: dict[str, Any] = {"cursors": {"before": str(at), "after": str(at + limit)}}
        if at + limit < len(fresh):
            paging["next"] = f"{self.url}{call.path}?after={at + limit}"
        return Answer(200, {"data": shown, "paging": paging})

    def _debug(self, call: Call) -> Answer:
        if not self.may_inspect:
            return _error(100, message="You must provide an app access token")
        data = {
            "type": self.token_type,
            "is_valid": call.query.get("input_token") == TOKEN,
            "expires_at": self.expires_at,
            "data_access_expires_at": 0,
            "scopes": self.scopes,
        }
        return Answer(200, {"data": data})


def _message(call: Call) -> dict[str, str]:
    return {"message": call.form["message"]}


def _now() -> str:
    return datetime.fromtimestamp(int(time.time()), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _error(code: int, subcode: int = 0, status: int = 400, message: str = "") -> Answer:
    error: dict[str, Any] = {
        "message": f"(#{code}) " + (message or _MESSAGES.get(code, "refused")),
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AbCdEfGhIjK",
    }
    if subcode:
        error["error_subcode"] = subcode
    if code in (2, 4):
        error["is_transient"] = True
    return Answer(status, {"error": error})
