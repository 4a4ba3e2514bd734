"""What the simulators of Meta's networks share: versions, tokens, errors, and edges that take what is documented.

``graph:CODE[/SUBCODE][@STATUS]`` is a Graph error; ``regain:MINUTES`` is error 32 with the header that says when.

An edge says which parameters it takes and which it needs. One that it does not know is refused with the documented
error 100, and so is a field that a node does not have: the real Graph forgives some of that, and a client that needs
forgiveness is wrong here.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.sims._server import Answer, Call, Simulator, Stage

MESSAGES = {
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
    9007: "The media is not ready for publishing, please wait for a moment",
}
PAGING = frozenset({"limit", "after", "before", "since", "until"})
ALWAYS = frozenset({"access_token", "appsecret_proof", "fields", "format", "pretty", "summary", "locale"})


@dataclass
class Edge:
    """What one method of one edge takes."""

    handle: Callable[[Call, dict[str, str], tuple[str, ...]], Answer]
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


@dataclass
class Node:
    """Something with an id. ``show`` are its fields by their names."""

    id: str
    kind: str
    show: dict[str, Any]
    more: dict[str, Any] = field(default_factory=dict)


class GraphSimulator(Simulator):
    """Edges are looked up by method and by a pattern of the path behind the version."""

    versions = frozenset(f"v{number}.0" for number in range(21, 27))
    token = "token"
    unversioned: frozenset[str] = frozenset()
    """Paths that are asked for without a version."""

    def __init__(self) -> None:
        super().__init__()
        self.edges: list[tuple[str, re.Pattern[str], Edge]] = []
        self._next = 1000

    def on(
        self,
        method: str,
        path: str,
        handle: Callable[[Call, dict[str, str], tuple[str, ...]], Answer],
        needs: Iterable[str] = (),
        takes: Iterable[str] = (),
        files: Iterable[str] = (),
    ) -> None:
        edge = Edge(handle, frozenset(needs), frozenset(takes), frozenset(files))
        self.edges.append((method, re.compile(path), edge))

    def stage(self, call: Call) -> Stage:
        return "read" if call.method == "GET" else "publish"

    def refusal(self, fault: str) -> Answer:
        if fault.startswith("regain:"):
            usage = {"17": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": int(fault[7:])}]}
            answer = error(32)
            answer.headers["x-business-use-case-usage"] = json.dumps(usage)
            return answer
        match = re.fullmatch(r"graph:(-?\d+)(?:/(\d+))?(?:@(\d+))?", fault)
        assert match, f"no such fault: {fault}"
        code, subcode, status = (int(each) if each else 0 for each in match.groups())
        return error(code, subcode, status or 400)

    def versioned(self, call: Call) -> tuple[str, str]:
        """The version in the address, and the path behind it."""
        _, version, *path = call.path.split("/")
        return version, "/".join(path).rstrip("/")

    def tokens(self) -> set[str]:
        return {self.token}

    def needs_token(self, path: str) -> bool:
        return True

    def handle(self, call: Call) -> Answer:
        version, path = self.versioned(call)
        if call.path[1:] in self.unversioned:
            version, path = max(self.versions), call.path[1:]
        if version not in self.versions:
            return error(2635, message=f"You are calling a deprecated version of the Ads API: {version}")
        values = values_of(call)
        if values is None:
            return error(100, message="Parameters of a POST belong into its body")
        refused = self._admit(call, values, path)
        if refused is not None:
            return refused
        answer = self._route(call, values, path)
        answer.headers["x-app-usage"] = json.dumps({"call_count": 3, "total_time": 1, "total_cputime": 1})
        return answer

    def _admit(self, call: Call, values: dict[str, str], path: str) -> Answer | None:
        if not self.needs_token(path):
            return None
        token = values.get("access_token") or call.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return error(104, message="An access token is required to request this resource.", status=400)
        if token not in self.tokens():
            return error(190, message="Invalid OAuth access token - Cannot parse access token")
        return None

    def _route(self, call: Call, values: dict[str, str], path: str) -> Answer:
        known = [
            (match, edge)
            for method, pattern, edge in self.edges
            if (match := pattern.fullmatch(path)) and method == call.method
        ]
        if not known:
            words = f"Unsupported {call.method.lower()} request. Object with ID '{path}' does not exist"
            return error(100, 33, message=words)
        match, edge = known[0]
        unknown = set(values) - edge.needs - edge.takes - ALWAYS
        strange = set(call.files) - edge.files
        if unknown or strange:
            return error(100, message=f"Invalid parameter: {', '.join(sorted(unknown | strange))}")
        missing = {name for name in edge.needs if not values.get(name) and name not in call.files}
        if missing:
            return error(100, message=f"The parameter {min(missing)} is required")
        return edge.handle(call, values, match.groups())

    def number(self, prefix: str = "") -> str:
        self._next += 1
        return f"{prefix}{self._next}"

    def pick(self, known: dict[str, Any], values: dict[str, str], default: str = "id") -> Answer:
        """The asked fields of a node."""
        asked = [re.split(r"[{.]", name)[0] for name in _split(values.get("fields", default))]
        strange = [name for name in asked if name not in known]
        if strange:
            return error(100, message=f"Tried accessing nonexisting field ({strange[0]})")
        return Answer(200, {"id": known["id"], **{name: known[name] for name in asked if known[name] is not None}})

    def page(self, call: Call, values: dict[str, str], entries: list[dict[str, Any]], moment: str) -> Answer:
        """A page of an edge, newest first; ``moment`` is the field by which ``since`` counts."""
        since, limit = int(values.get("since", "0")), int(values.get("limit", "25"))
        if limit > 100:
            return error(100, message="limit must be at most 100")
        at = int(values.get("after", "0"))
        fresh = [each for each in entries if datetime.fromisoformat(each[moment]).timestamp() >= since]
        shown = []
        for each in fresh[at : at + limit]:
            answer = self.pick(each, values)
            if answer.status != 200:
                return answer
            shown.append(answer.body)
        paging: dict[str, Any] = {"cursors": {"before": str(at), "after": str(at + limit)}}
        if at + limit < len(fresh):
            paging["next"] = f"{self.url}{call.path}?after={at + limit}"
        return Answer(200, {"data": shown, "paging": paging})


def values_of(call: Call) -> dict[str, str] | None:
    """The parameters, from where they belong: the body of a POST, the address of anything else."""
    if call.method != "POST":
        return call.query
    return None if set(call.query) - {"access_token"} else {**call.query, **call.form}


def _split(fields: str) -> list[str]:
    """``id,comments{id,from{name}}`` at its outer commas."""
    names, depth = [""], 0
    for sign in fields:
        depth += (sign == "{") - (sign == "}")
        if sign == "," and not depth:
            names.append("")
        else:
            names[-1] += sign
    return [name for name in names if name]


def now() -> str:
    return datetime.fromtimestamp(int(time.time()), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def error(code: int, subcode: int = 0, status: int = 400, message: str = "") -> Answer:
    said: dict[str, Any] = {
        "message": f"(#{code}) " + (message or MESSAGES.get(code, "refused")),
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AbCdEfGhIjK",
    }
    if subcode:
        said["error_subcode"] = subcode
    if code in (2, 4):
        said["is_transient"] = True
    return Answer(status, {"error": said})
