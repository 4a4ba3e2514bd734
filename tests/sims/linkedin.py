"""LinkedIn's versioned API for one member and the pages they look after, as strict as its documents.

Known versions only, the Rest.li headers, the schema of each body, an upload before its use, and a text that is cut
where a sign of "little text" stands unescaped. ``li:STATUS[:CODE]`` is an error with that status, and a code in it.
"""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import unquote

from tests.sims._server import Answer, Call, Simulator, Stage
from tests.sims.oauth_server import OAuthServer

PAGE, OTHER = "104857", "104858"
AUTHOR = f"urn:li:organization:{PAGE}"
TOKEN = "AQX-linkedin-token-0001"
APP = ("86-client-id", "client-secret-0001")
VERSIONS = {f"{year}{month:02}" for year in (2026,) for month in range(1, 12)} | {"202512"}
PIECE = 16
"""Bytes of a video in one piece; so few, that one for tests has several."""
_POST = {
    "author",
    "commentary",
    "visibility",
    "distribution",
    "content",
    "lifecycleState",
    "isReshareDisabledByAuthor",
}
_RESERVED = r"|{}@[]()<>#*_~"


class LinkedInSimulator(Simulator):
    """``posts`` are what followers see, by urn; ``comments`` likewise."""

    def __init__(self) -> None:
        super().__init__()
        self.oauth = OAuthServer(
            authorize="/oauth/v2/authorization",
            token="/oauth/v2/accessToken",
            metadata="",
            pkce="ignored",
            lasts=60 * 86400,
        )
        self.oauth.register(*APP, method="client_secret_post")
        self.partner = False
        """Whether the app gets refresh tokens."""
        self.pages = {PAGE: "Öppna listan", OTHER: "Öppna listan Norr"}
        self.roles = {PAGE: "ADMINISTRATOR", OTHER: "CONTENT_ADMINISTRATOR", "7": "RECRUITING_POSTER"}
        self.posts: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        self.media: dict[str, dict[str, Any]] = {}
        self.working = 0
        """How often it says that it is still working on what was uploaded."""
        self.broken = False
        self.ghost = ""
        """A post that is named as a double, and not there."""
        self._next = 7000

    def stage(self, call: Call) -> Stage:
        stage = self.oauth.stage(call)
        if stage:
            return stage
        if call.method == "GET":
            return "read"
        visible = call.path == "/rest/posts" or "/comments" in call.path or call.path.startswith("/rest/posts/")
        return "publish" if visible and call.method != "PUT" else "prepare"

    def refusal(self, fault: str) -> Answer:
        kind, status, code = [*fault.split(":"), ""][:3]
        assert kind == "li", f"no such fault: {fault}"
        return _error(int(status), code or "REFUSED")

    def handle(self, call: Call) -> Answer:
        answer = self.oauth.handle(call)
        if answer is not None:
            if isinstance(answer.body, dict) and not self.partner:
                answer.body.pop("refresh_token", None)
            return answer
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if token != TOKEN and self.oauth.token_of(call) is None:
            return _error(401, "INVALID_ACCESS_TOKEN")
        if call.method == "PUT":
            return self._put(call)
        version = call.headers.get("linkedin-version", "")
        if version not in VERSIONS:
            return _error(426, "NONEXISTENT_VERSION")
        if call.headers.get("x-restli-protocol-version") != "2.0.0":
            return _error(400, "PROTOCOL_VERSION")
        return self._route(call, call.path.removeprefix("/rest/"))

    def _route(self, call: Call, path: str) -> Answer:
        room, _, rest = path.partition("/")
        rooms = {
            "posts": self._posts,
            "images": self._media,
            "videos": self._media,
            "socialActions": self._social,
            "organizationAcls": self._acls,
            "organizations": self._organization,
            "organizationalEntityShareStatistics": self._statistics,
        }
        return rooms[room](call, rest) if room in rooms else _error(404, "NOT_FOUND")

    # -- who ------------------------------------------------------------------------------------------------------

    def _acls(self, call: Call, rest: str) -> Answer:
        if call.query.get("q") != "roleAssignee" or call.headers.get("x-restli-method") != "FINDER":
            return _error(400, "ILLEGAL_ARGUMENT")
        elements = [
            {"role": role, "state": "APPROVED", "organization": f"urn:li:organization:{page}"}
            for page, role in self.roles.items()
        ]
        return Answer(200, {"elements": elements, "paging": {"start": 0, "count": 100, "links": []}})

    def _organization(self, call: Call, rest: str) -> Answer:
        if rest not in self.pages:
            return _error(404, "NOT_FOUND")
        logo = {"cropped": f"urn:li:digitalmediaAsset:logo{rest}"}
        return Answer(200, {"id": int(rest), "localizedName": self.pages[rest], "vanityName": "oppna", "logoV2": logo})

    # -- files ----------------------------------------------------------------------------------------------------

    def _media(self, call: Call, rest: str) -> Answer:
        kind = "image" if call.path.startswith("/rest/images") else "video"
        if call.query.get("action") == "initializeUpload":
            return self._begin(kind, call.json["initializeUploadRequest"])
        if call.query.get("action") == "finalizeUpload":
            return self._close(call.json["finalizeUploadRequest"])
        urn = unquote(rest)
        if urn.startswith("urn:li:image:logo"):
            return Answer(200, {"id": urn, "downloadUrl": f"https://media.example/{urn}", "status": "AVAILABLE"})
        if urn not in self.media:
            return _error(404, "NOT_FOUND")
        status = "AVAILABLE" if self.media[urn].get("whole") else "WAITING_UPLOAD"
        if self.working:
            self.working -= 1
            status = "PROCESSING"
        return Answer(200, {"id": urn, "owner": AUTHOR, "status": "PROCESSING_FAILED" if self.broken else status})

    def _begin(self, kind: str, asked: dict[str, Any]) -> Answer:
        fields = {"owner"} if kind == "image" else {"owner", "fileSizeBytes", "uploadCaptions", "uploadThumbnail"}
        if set(asked) != fields or asked["owner"] != AUTHOR:
            return _error(400, "ILLEGAL_ARGUMENT")
        self._next += 1
        urn = f"urn:li:{kind}:C{self._next}"
        self.media[urn] = {"pieces": {}, "size": asked.get("fileSizeBytes", 0)}
        base = f"{self.url}/dms-uploads/{urn}"
        if kind == "image":
            return Answer(200, {"value": {"uploadUrlExpiresAt": 1, "uploadUrl": base, "image": urn}})
        instructions = [
            {"uploadUrl": f"{base}/{at}", "firstByte": at, "lastByte": min(at + PIECE, asked["fileSizeBytes"]) - 1}
            for at in range(0, asked["fileSizeBytes"], PIECE)
        ]
        value = {"video": urn, "uploadInstructions": instructions, "uploadToken": "", "uploadUrlsExpireAt": 1}
        if asked["uploadCaptions"]:
            value["captionsUploadUrl"] = f"{base}/captions"
        return Answer(200, {"value": value})

    def _put(self, call: Call) -> Answer:
        urn, _, piece = call.path.removeprefix("/dms-uploads/").partition("/")
        media = self.media[urn]
        media["pieces"][piece or "0"] = call.body
        media["whole"] = urn.startswith("urn:li:image:")
        return Answer(201, b"", {"etag": f'"/{urn}-{piece or 0}"', "content-type": "text/plain"})

    def _close(self, asked: dict[str, Any]) -> Answer:
        media = self.media[asked["video"]]
        pieces = {key: data for key, data in media["pieces"].items() if key != "captions"}
        named = [f"/{asked['video']}-{at}" for at in sorted(map(int, pieces))]
        if asked["uploadedPartIds"] != named or sum(map(len, pieces.values())) != media["size"]:
            return _error(400, "ILLEGAL_ARGUMENT")
        media["whole"] = True
        return Answer(200, b"", {"content-type": "application/json"})

    def bytes_of(self, urn: str) -> bytes:
        pieces = {key: data for key, data in self.media[urn]["pieces"].items() if key != "captions"}
        return b"".join(pieces[key] for key in sorted(pieces, key=int))

    # -- posts ----------------------------------------------------------------------------------------------------

    def _posts(self, call: Call, rest: str) -> Answer:
        urn, means = unquote(rest), call.headers.get("x-restli-method", "")
        if not rest:
            return self._create(call.json) if call.method == "POST" else self._find(call, means)
        if call.method == "DELETE":
            return Answer(204, b"") if self.posts.pop(urn, None) and means == "DELETE" else _error(404, "NOT_FOUND")
        if urn not in self.posts:
            return _error(404, "NOT_FOUND")
        if call.method == "POST":
            if means != "PARTIAL_UPDATE" or set(call.json) != {"patch"}:
                return _error(400, "ILLEGAL_ARGUMENT")
            self.posts[urn] |= call.json["patch"]["$set"]
            self.posts[urn]["seen"] = visible(self.posts[urn]["commentary"])
            return Answer(204, b"")
        return Answer(200, self._shown(urn))

    def _create(self, body: dict[str, Any]) -> Answer:
        wrong = set(body) - _POST or (_POST - {"content"}) - set(body)
        if wrong or body["author"] != AUTHOR or body["lifecycleState"] != "PUBLISHED" or body["visibility"] != "PUBLIC":
            return _error(422, "MISSING_REQUIRED_FIELD")
        if len(body["commentary"]) > 3000 or not self._usable(body.get("content", {})):
            return _error(400, "ILLEGAL_ARGUMENT")
        double = self.ghost or next(
            (urn for urn, post in self.posts.items() if post["commentary"] == body["commentary"]), ""
        )
        if double:
            return _error(422, "DUPLICATE_POST", f"Content is a duplicate of {double}")
        self._next += 1
        urn = f"urn:li:share:{self._next}"
        self.posts[urn] = {**body, "publishedAt": int(time.time() * 1000), "seen": visible(body["commentary"])}
        return Answer(201, b"", {"x-restli-id": urn, "content-type": "application/json"})

    def _usable(self, content: dict[str, Any]) -> bool:
        if "article" in content:
            article = content["article"]
            known = set(article) <= {"source", "title", "description", "thumbnail"} and article["title"]
            return bool(known) and (article.get("thumbnail") is None or self.media[article["thumbnail"]]["whole"])
        images = content.get("multiImage", {}).get("images")
        media = images if images is not None else [content["media"]] if "media" in content else []
        if images is not None and not 2 <= len(images) <= 20:
            return False
        allowed = {"id", "altText", "title"}
        return all(set(each) <= allowed and self.media.get(each["id"], {}).get("whole") for each in media)

    def _find(self, call: Call, means: str) -> Answer:
        if means != "FINDER" or call.query.get("q") != "author" or call.query.get("author") != AUTHOR:
            return _error(400, "ILLEGAL_ARGUMENT")
        start, count = int(call.query.get("start", "0")), int(call.query.get("count", "10"))
        if count > 100:
            return _error(400, "ILLEGAL_ARGUMENT")
        urns = list(self.posts)[::-1][start : start + count]
        return Answer(200, {"elements": [self._shown(urn) for urn in urns], "paging": {"start": start, "count": count}})

    def _shown(self, urn: str) -> dict[str, Any]:
        return {"id": urn, **{key: each for key, each in self.posts[urn].items() if key != "seen"}}

    # -- comments -------------------------------------------------------------------------------------------------

    def _social(self, call: Call, rest: str) -> Answer:
        encoded, _, more = rest.partition("/comments")
        thing, number = unquote(encoded), more.strip("/")
        if number:
            name = f"urn:li:comment:({thing},{number})"
            if name not in self.comments or call.query.get("actor") != AUTHOR:
                return _error(404, "NOT_FOUND")
            if call.method == "DELETE":
                del self.comments[name]
                return Answer(204, b"")
            self.comments[name]["message"] |= call.json["patch"]["message"]["$set"]
            return Answer(204, b"")
        under = re.fullmatch(r"urn:li:comment:\((.*),\d+\)", thing)
        if (under[1] if under else thing) not in self.posts:
            return _error(404, "NOT_FOUND")
        if call.method == "GET":
            elements = [each for each in self.comments.values() if thing in (each["object"], each.get("parentComment"))]
            return Answer(200, {"elements": elements, "paging": {}})
        return self.comment(**call.json)

    def comment(self, actor: str, object: str, message: dict[str, str], parentComment: str = "") -> Answer:
        """Somebody writes under a post."""
        self._next += 1
        name = f"urn:li:comment:({object},{self._next})"
        comment = {"id": str(self._next), "$URN": name, "actor": actor, "object": object, "message": message}
        comment |= {"created": {"actor": actor, "time": int(time.time() * 1000)}}
        self.comments[name] = comment | ({"parentComment": parentComment} if parentComment else {})
        return Answer(201, comment, {"x-restli-id": str(self._next)})

    def _statistics(self, call: Call, rest: str) -> Answer:
        if call.query.get("q") != "organizationalEntity" or call.query.get("organizationalEntity") != AUTHOR:
            return _error(400, "ILLEGAL_ARGUMENT")
        asked = re.fullmatch(r"List\((.*)\)", call.query.get("shares", "List()"))
        assert asked is not None
        counts = {"impressionCount": 120, "likeCount": 7, "shareCount": 2, "commentCount": 3, "clickCount": 11}
        shares = [urn for urn in map(unquote, asked[1].split(",")) if urn in self.posts]
        return Answer(200, {"elements": [{"share": urn, "totalShareStatistics": counts} for urn in shares]})


def visible(commentary: str) -> str:
    """What followers see of little text: it ends, in silence, at the first sign that means nothing where it stands."""
    seen, at = "", 0
    while at < len(commentary):
        template = re.match(r"\{hashtag\|\\#\|([^{}|]+)\}|@\[([^\]]+)\]\(urn:li:\w+:[\w-]+\)", commentary[at:])
        if template:
            seen += f"#{template[1]}" if template[1] else template[2]
            at += template.end()
        elif commentary[at] == "\\" and at + 1 < len(commentary):
            seen += commentary[at + 1]
            at += 2
        elif commentary[at] in _RESERVED:
            break
        else:
            seen += commentary[at]
            at += 1
    return seen


def _error(status: int, code: str, words: str = "") -> Answer:
    body = {"status": status, "code": code, "serviceErrorCode": 100, "message": words or f"{code} says no"}
    if code == "DUPLICATE_POST":
        body["errorDetails"] = {"inputErrors": [{"code": code, "description": words}]}
    return Answer(status, body)
