from __future__ import annotations

import json

from commsched.platforms._bluesky.session import ACCESS, OF, REFRESH, mark
from tests.platforms.adapters import SECRET, SERVER, Adapter
from tests.sims.bluesky import DID, cid_of

URI = f"at://{DID}/app.bsky.feed.post/3m6gsolqd2222"
RECORD = {"$type": "app.bsky.feed.post", "text": "Hej", "createdAt": "2026-11-26T07:30:00.000Z", "langs": ["sv"]}
STORED = {"uri": URI, "cid": cid_of(RECORD), "value": RECORD}
WHO = {"did": DID, "handle": "kansliet.example", "active": True, "accessJwt": SECRET, "refreshJwt": SECRET}
DOCUMENT = {"service": [{"id": "#atproto_pds", "serviceEndpoint": SERVER}]}
REF = {"uri": URI, "cid": cid_of(RECORD)}
POST = {
    **REF,
    "author": {"did": DID, "handle": "kansliet.example", "displayName": "Kansliet"},
    "record": {**RECORD, "reply": {"root": REF, "parent": REF}},
    "indexedAt": "2026-11-26T07:30:00.000Z",
    "likeCount": 1,
    "replyCount": 1,
}
ADAPTER = Adapter(
    key="bluesky",
    settings={"base_url": SERVER, "handle": "kansliet.example", "video_url": SERVER},
    secrets={"app_password": SECRET, ACCESS: SECRET, REFRESH: SECRET, OF: mark("kansliet.example", SECRET)},
    answers=[
        (r"getSession|createSession|refreshSession", {**WHO, "didDoc": DOCUMENT}),
        (r"getProfile", {"did": DID, "avatar": "https://cdn.example/1.jpg"}),
        (
            r"uploadBlob",
            {"blob": {"$type": "blob", "ref": {"$link": cid_of(b"1")}, "mimeType": "image/png", "size": 1}},
        ),
        (r"resolveHandle", {"did": DID}),
        (r"putRecord", REF),
        (r"getRecord", STORED),
        (r"listRecords", {"records": [STORED], "cursor": "3m6gsolqd2222"}),
        (r"deleteRecord", {}),
        (r"getPosts", {"posts": [POST]}),
        (r"getPostThread", {"thread": {"post": POST, "replies": [{"post": POST}]}}),
        (r"createReport", {"id": 1}),
    ],
    refusal={"error": "ExpiredToken", "message": "Token has expired"},
    publishes=r"POST /xrpc/com.atproto.repo.putRecord$",
    handles={"rkey": "3m6gsolqd2222", "record": json.dumps(RECORD)},
    account=DID,
    remote_id=URI,
)
