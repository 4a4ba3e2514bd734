"""A Bluesky server (PDS), its network (AppView) and its video service in one, of one account; strict as the lexicons.

``tests/peers/bluesky.py`` starts the real PDS. This one stands for what that cannot do alone: figures, answers,
reports, videos; and for servers that answer oddly. ``test_bluesky_peer.py`` holds it against the real one, and drives
it with the network's own SDK.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

from tests.sims._server import Answer, Call, Simulator, Stage
from tests.sims.bluesky_schema import fault

DID, HANDLE = "did:plc:kansli7kansli7kansli7kan", "kansliet.example"
OTHER = "did:plc:annan77annan77annan77anna"
PASSWORD = "abcd-efgh-ijkl-mnop"
_PUBLISH = ("putRecord", "deleteRecord", "createReport", "createRecord")


def token(scope: str, number: int, until: float) -> str:
    """A token in the form of a JWT, signed by nobody."""
    parts = ({"typ": "at+jwt", "alg": "HS256"}, {"scope": scope, "sub": DID, "jti": str(number), "exp": int(until)})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".x"


def cid_of(value: Any) -> str:
    """A cid in its true form. A file's is the real one; a record's is of its JSON, where servers take its DAG-CBOR."""
    is_file = isinstance(value, bytes)
    digest = hashlib.sha256(value if is_file else json.dumps(value, sort_keys=True).encode()).digest()
    head = bytes((1, 0x55 if is_file else 0x71, 0x12, len(digest)))
    return "b" + base64.b32encode(head + digest).decode().lower().rstrip("=")


class BlueskySimulator(Simulator):
    """``records`` by collection and key; ``answers`` what others wrote, as posts of the network's."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.blobs: dict[str, tuple[str, int]] = {}
        self.files: dict[str, bytes] = {}
        self.answers: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.handles = {HANDLE: DID, "annan.test": OTHER}
        self.sessions = 0
        self.access, self.refresh, self.life = "", "", 7200.0
        self.states = ["JOB_STATE_CREATED", "JOB_STATE_ENCODING", "JOB_STATE_COMPLETED"]
        """What the video service says, one after the other; the last for ever."""
        self.wraps = False
        """Whether the video service wraps its first answer as the schema says."""
        self.jobs: dict[str, str] = {}
        self.active = True
        self.needs_second_factor = False
        self.headers: dict[str, str] = {}
        """What it adds to a refusal."""

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "publish" if call.path.endswith(_PUBLISH) else "prepare"

    def refusal(self, fault: str) -> Answer:
        """``429 RateLimitExceeded``: the status, and the error's own name."""
        status, _, name = fault.partition(" ")
        return Answer(int(status), {"error": name or "InvalidRequest", "message": "refused"}, dict(self.headers))

    def handle(self, call: Call) -> Answer:
        method = call.path.removeprefix("/xrpc/").rpartition(".")[2]
        known = getattr(self, f"_{call.method.lower()}_{method}", None)
        if known is None or not call.path.startswith("/xrpc/"):
            return _no(501, "MethodNotImplemented", "Method Not Implemented")
        if method not in ("createSession", "refreshSession", "describeServer", "uploadVideo", "getJobStatus"):
            refused = self._refused(call)
            if refused:
                return refused
        answer: Answer = known(call)
        return answer

    def _refused(self, call: Call) -> Answer | None:
        said = call.headers.get("authorization", "")
        if not said:
            return _no(401, "AuthMissing", "Authentication Required")
        if said != f"Bearer {self.access}":
            return _no(400, "InvalidToken", "Token could not be verified")
        return None

    def begin(self) -> dict[str, str]:
        """New tokens; those before are no good any more."""
        self.sessions += 1
        self.access = token("com.atproto.appPass", self.sessions, time.time() + self.life)
        self.refresh = token("com.atproto.refresh", self.sessions, time.time() + 90 * 86400)
        return {"accessJwt": self.access, "refreshJwt": self.refresh}

    def _who(self) -> dict[str, Any]:
        service = [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}]
        return {"did": DID, "handle": HANDLE, "active": self.active, "didDoc": {"id": DID, "service": service}}

    def _post_createSession(self, call: Call) -> Answer:
        said = call.json
        if said.keys() != {"identifier", "password"}:
            return _no(400, "InvalidRequest", "Input is not what it should be")
        if said["identifier"] not in (HANDLE, DID) or said["password"] != PASSWORD:
            return _no(401, "AuthenticationRequired", "Invalid identifier or password")
        if self.needs_second_factor:
            return _no(401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address")
        return Answer(200, {**self._who(), **self.begin()})

    def _post_refreshSession(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.refresh}":
            return _no(400, "ExpiredToken", "Token has been revoked")
        return Answer(200, {**self._who(), **self.begin()})

    def _get_getSession(self, call: Call) -> Answer:
        return Answer(200, self._who())

    def _get_getProfile(self, call: Call) -> Answer:
        return Answer(200, {"did": DID, "handle": HANDLE, "avatar": "https://cdn.example/kansliet.jpg"})

    def _get_describeServer(self, call: Call) -> Answer:
        return Answer(200, {"did": "did:web:pds.example", "availableUserDomains": []})

    def _get_getServiceAuth(self, call: Call) -> Answer:
        wanted = ("did:web:pds.example", "com.atproto.repo.uploadBlob")
        if (call.query.get("aud"), call.query.get("lxm")) != wanted:
            return _no(400, "BadAudience", "for nobody here")
        if not 0 < int(call.query["exp"]) - time.time() <= 3600:
            return _no(400, "BadExpiration", "too long, or over")
        return Answer(200, {"token": "vouched-0001"})

    def _get_resolveHandle(self, call: Call) -> Answer:
        did = self.handles.get(call.query["handle"])
        return Answer(200, {"did": did}) if did else _no(400, "InvalidRequest", "Unable to resolve handle")

    def keep(self, body: bytes, mime: str) -> dict[str, Any]:
        cid = cid_of(body)
        self.blobs[cid], self.files[cid] = (mime, len(body)), body
        return {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": len(body)}

    def _post_uploadBlob(self, call: Call) -> Answer:
        if not call.body or int(call.headers.get("content-length", "-1")) != len(call.body):
            return _no(400, "InvalidRequest", "Request encoding (Content-Type) required but not provided")
        return Answer(200, {"blob": self.keep(call.body, call.headers["content-type"])})

    def _post_uploadVideo(self, call: Call) -> Answer:
        if call.headers.get("authorization") != "Bearer vouched-0001":
            return _no(401, "Unauthorized", "missing auth token")
        if call.headers["content-type"] != "video/mp4" or call.query.get("did") != DID or not call.query.get("name"):
            return _no(400, "InvalidRequest", "not as the schema says")
        job = f"job-{cid_of(call.body)[-8:]}"
        if job in self.jobs:
            return Answer(409, {"error": "already_exists", "message": "Video already processed", **self._job(job)})
        self.jobs[job] = json.dumps(self.keep(call.body, "video/mp4"))
        status = self._job(job, self.states[0])
        return Answer(200, {"jobStatus": status} if self.wraps else status)

    def _get_getJobStatus(self, call: Call) -> Answer:
        job = call.query.get("jobId", "")
        if job not in self.jobs:
            return _no(400, "JobNotFound", "no such job")
        if len(self.states) > 1:
            del self.states[0]
        return Answer(200, {"jobStatus": self._job(job, self.states[0])})

    def _job(self, job: str, state: str = "JOB_STATE_COMPLETED") -> dict[str, Any]:
        done = {"blob": json.loads(self.jobs[job])} if state == "JOB_STATE_COMPLETED" else {}
        failed = {"error": "validation_failure", "message": "unsupported codec"} if state == "JOB_STATE_FAILED" else {}
        return {"jobId": job, "did": DID, "state": state, **done, **failed}

    def _post_putRecord(self, call: Call) -> Answer:
        said = call.json
        if said.get("repo") != DID or said.keys() - {"repo", "collection", "rkey", "record", "swapRecord", "validate"}:
            return _no(400, "InvalidRequest", "not this account's, or not as the schema says")
        place = (said["collection"], said["rkey"])
        wrong = fault(*place, said["record"], self.blobs)
        if wrong:
            return _no(400, "BlobNotFound" if "BlobNotFound" in wrong else "InvalidRequest", wrong)
        cid, now = cid_of(said["record"]), self.records.get(place)
        if now is not None and cid_of(now) == cid:
            return Answer(200, {"uri": self.uri(*place), "cid": cid})
        if "swapRecord" in said and said["swapRecord"] != (cid_of(now) if now else None):
            return _no(400, "InvalidSwap", "Record was at another cid")
        self.records[place] = said["record"]
        return Answer(200, {"uri": self.uri(*place), "cid": cid, "validationStatus": "valid"})

    def uri(self, collection: str, rkey: str) -> str:
        return f"at://{DID}/{collection}/{rkey}"

    def _stored(self, place: tuple[str, str]) -> dict[str, Any]:
        return {"uri": self.uri(*place), "cid": cid_of(self.records[place]), "value": self.records[place]}

    def _get_getRecord(self, call: Call) -> Answer:
        place = (call.query["collection"], call.query["rkey"])
        if call.query["repo"] != DID or place not in self.records:
            return _no(400, "RecordNotFound", "Could not locate record")
        return Answer(200, self._stored(place))

    def _post_deleteRecord(self, call: Call) -> Answer:
        self.records.pop((call.json["collection"], call.json["rkey"]), None)
        return Answer(200, {})

    def _get_listRecords(self, call: Call) -> Answer:
        places = sorted((at for at in self.records if at[0] == call.query["collection"]), reverse=True)
        after = call.query.get("cursor", "")
        page = [at for at in places if not after or at[1] < after][: int(call.query.get("limit", "50"))]
        more = {"cursor": page[-1][1]} if page else {}
        return Answer(200, {"records": [self._stored(at) for at in page], **more})

    def _view(self, uri: str) -> dict[str, Any] | None:
        """A post as the network shows it."""
        theirs = next((each for each in self.answers if each["uri"] == uri), None)
        place = ("app.bsky.feed.post", uri.rpartition("/")[2])
        if theirs or place not in self.records:
            return theirs
        record = self.records[place]
        replies = sum(1 for each in self.answers if each["record"]["reply"]["parent"]["uri"] == uri)
        counts = {"likeCount": 3, "repostCount": 2, "quoteCount": 1, "replyCount": replies}
        author = {"did": DID, "handle": HANDLE}
        named = {"uri": uri, "cid": cid_of(record), "indexedAt": record["createdAt"]}
        return {**named, "author": author, "record": record, **counts}

    def answer(self, to: dict[str, Any], text: str, at: str, number: int = 1) -> dict[str, Any]:
        """Let somebody else write under the post ``to``, as the network shows it."""
        uri = f"at://{OTHER}/app.bsky.feed.post/3annan{number:07}".replace("0", "2").replace("1", "3")
        root = to["record"].get("reply", {}).get("root") or {"uri": to["uri"], "cid": to["cid"]}
        reply = {"root": root, "parent": {"uri": to["uri"], "cid": to["cid"]}}
        record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": at, "reply": reply}
        author = {"did": OTHER, "handle": "annan.test", "displayName": "En annan"}
        post = {"uri": uri, "cid": cid_of(record), "author": author, "record": record, "indexedAt": at}
        self.answers.append(post)
        return post

    def _get_getPosts(self, call: Call) -> Answer:
        uris = [value for name, value in call.queries if name == "uris"]
        if not 0 < len(uris) <= 25:
            return _no(400, "InvalidRequest", "Error: uris must not have more than 25 elements")
        return Answer(200, {"posts": [view for uri in uris if (view := self._view(uri))]})

    def _get_getPostThread(self, call: Call) -> Answer:
        post = self._view(call.query["uri"])
        if post is None:
            return _no(400, "NotFound", f"Post not found: {call.query['uri']}")
        gate = self.records.get(("app.bsky.feed.threadgate", call.query["uri"].rpartition("/")[2]))
        told: dict[str, Any] = {"thread": self._with_answers(post)}
        return Answer(200, {**told, "threadgate": {"record": gate}} if gate else told)

    def _with_answers(self, post: dict[str, Any]) -> dict[str, Any]:
        below = [each for each in self.answers if each["record"]["reply"]["parent"]["uri"] == post["uri"]]
        gone = {
            "$type": "app.bsky.feed.defs#notFoundPost",
            "uri": "at://did:plc:x/app.bsky.feed.post/3",
            "notFound": True,
        }
        replies = [*[self._with_answers(each) for each in below], gone]
        return {"$type": "app.bsky.feed.defs#threadViewPost", "post": post, "replies": replies}

    def _post_createReport(self, call: Call) -> Answer:
        said = call.json
        subject = said.get("subject", {})
        if subject.get("$type") != "com.atproto.repo.strongRef" or not subject.get("cid"):
            return _no(400, "InvalidRequest", "Input/subject must be a strongRef")
        self.reports.append(said)
        made = {"id": len(self.reports), "reportedBy": DID, "createdAt": "2026-11-26T07:30:00.000Z"}
        return Answer(200, {**made, "reasonType": said["reasonType"], "subject": subject})


def _no(status: int, name: str, message: str) -> Answer:
    return Answer(status, {"error": name, "message": message})
