"""X's v2 API as its documentation describes it: signed calls, media, posts, replies, a timeline with t.co links.

>>> with XSimulator() as sim:
...     sim.faults.append("reset_after_accept")

Refusals beside the network's faults: ``400 401 402 403 429 503`` and ``duplicate``.
"""

from __future__ import annotations

import html
import re
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from oauthlib.oauth1.rfc5849 import signature

from commsched.core.text import x_length
from tests.sims._server import Answer, Call, Simulator, Stage

KEYS = {
    "api_key": "consumer-key-0001",
    "api_secret": "consumer-secret-0001",
    "access_token": "2244994945-access-token",
    "access_secret": "access-secret-0001",
}
BEARER = "user-bearer-token-0001"
USER = {"id": "2244994945", "username": "oppna_listan", "name": "Öppna listan"}

_TITLES = {400: "Invalid Request", 401: "Unauthorized", 402: "CreditsDepleted", 403: "Forbidden", 404: "Not Found"}


class XSimulator(Simulator):
    """One account on X. ``posts`` are what its followers see, oldest first, as written (``said``) and as kept."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[dict[str, Any]] = []
        self.media: dict[str, dict[str, Any]] = {}
        self.credits: float | None = None
        self.self_replies = True
        self.budget = 100
        self.access_level = "read-write"
        self.reset_at = int(time.time()) + 900
        self._next = 1_800_000_000_000_000_000

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "prepare" if call.path.startswith("/2/media") else "publish"

    def refusal(self, fault: str) -> Answer:
        if fault == "duplicate":
            return _problem(403, "You are not allowed to create a Tweet with duplicate content.")
        if fault == "429":
            return self._limited()
        if fault == "402":
            return _problem(402, "Your enrolled account does not have any credits to fulfill this request.")
        return _problem(int(fault), f"refused with {fault}")

    def handle(self, call: Call) -> Answer:
        if not _authorised(call):
            return _problem(401, "Unauthorized")
        answer = self._route(call)
        limits = {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": str(self.budget),
            "x-rate-limit-reset": str(self.reset_at),
            "x-access-level": self.access_level,
        }
        answer.headers = {**limits, **answer.headers}
        return answer

    def _route(self, call: Call) -> Answer:
        route = (call.method, re.sub(r"/\d{3,}", "/:id", call.path))
        if route == ("GET", "/2/users/me"):
            return Answer(200, {"data": USER})
        if route == ("GET", "/2/users/:id/tweets"):
            return self._timeline(call)
        if route == ("POST", "/2/media/upload"):
            return self._upload(call)
        if route == ("POST", "/2/media/metadata"):
            return self._describe(call)
        if route == ("POST", "/2/tweets"):
            return self._post(call)
        if route == ("DELETE", "/2/tweets/:id"):
            return self._delete(call.path.rpartition("/")[2])
        return _problem(404, f"no route {call.path}")

    def _id(self) -> str:
        self._next += 1
        return str(self._next)

    def _limited(self) -> Answer:
        headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(self.reset_at)}
        return Answer(429, {"title": "Too Many Requests", "detail": "Too Many Requests", "status": 429}, headers)

    def _upload(self, call: Call) -> Answer:
        data, category = call.files.get("media", b""), call.form.get("media_category", "")
        most = 15_000_000 if category == "tweet_gif" else 5_000_000
        if category not in ("tweet_image", "tweet_gif") or not data or len(data) > most:
            return _problem(400, "media is missing, too large or of no known category")
        media = self._id()
        self.media[media] = {"bytes": data, "alt": "", "category": category}
        return Answer(200, {"data": {"id": media, "media_key": f"3_{media}", "expires_after_secs": 86400}})

    def _describe(self, call: Call) -> Answer:
        body = call.json
        alt = body.get("metadata", {}).get("alt_text", {}).get("text", "")
        if body.get("id") not in self.media or not 0 < len(alt) <= 1000:
            return _problem(400, "no such media, or the alt text is too long")
        self.media[body["id"]]["alt"] = alt
        return Answer(200, {"data": {"id": body["id"], "associated_metadata": body["metadata"]}})

    def _post(self, call: Call) -> Answer:
        body = call.json
        text, media = body.get("text", ""), body.get("media", {}).get("media_ids", [])
        parent = body.get("reply", {}).get("in_reply_to_tweet_id", "")
        refused = self._refuse_post(text, media, parent)
        if refused is not None:
            return refused
        kept, urls = _shorten(text, media, len(self.posts))
        tweet = {
            "id": self._id(),
            "text": html.escape(kept, quote=False),
            "said": text,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "parent": parent,
            "alts": [self.media[each]["alt"] for each in media],
        }
        if urls:
            tweet["entities"] = {"urls": urls}
        if media:
            tweet["attachments"] = {"media_keys": [f"3_{each}" for each in media]}
        if parent:
            tweet["referenced_tweets"] = [{"type": "replied_to", "id": parent}]
        self.posts.append(tweet)
        self.budget -= 1
        if self.credits is not None:
            self.credits -= 0.2 if urls else 0.015
        return Answer(
            201, {"data": {"id": tweet["id"], "text": tweet["text"], "edit_history_tweet_ids": [tweet["id"]]}}
        )

    def _refuse_post(self, text: str, media: list[str], parent: str) -> Answer | None:
        if self.budget <= 0:
            return self._limited()
        if self.credits is not None and self.credits <= 0:
            return self.refusal("402")
        if not text and not media:
            return _problem(400, "text or media is needed")
        if x_length.weighted_length(text) > 280 or any(sign in text for sign in "\ufffe\ufeff\uffff"):
            return _problem(400, "Your Tweet text is too long, or has characters that are not allowed.")
        if len(media) > 4 or any(each not in self.media for each in media):
            return _problem(400, "Your media IDs are invalid.")
        if parent and not any(tweet["id"] == parent for tweet in self.posts):
            return _problem(400, "You attempted to reply to a Tweet that is deleted or not visible to you.")
        if parent and not self.self_replies:
            return _problem(403, "Reply to this conversation is not allowed because you have not been mentioned.")
        if any((tweet["said"], tweet["parent"]) == (text, parent) for tweet in self.posts):
            return self.refusal("duplicate")
        return None

    def _timeline(self, call: Call) -> Answer:
        start = call.query.get("start_time", "")
        size = int(call.query.get("max_results", "10"))
        at = int(call.query.get("pagination_token", "0"))
        if not 5 <= size <= 100 or f"/{USER['id']}/" not in call.path:
            return _problem(400, "max_results or the user is wrong")
        newest = [tweet for tweet in reversed(self.posts) if tweet["created_at"] >= start]
        page = newest[at : at + size]
        hidden = ("said", "parent", "alts")
        data = [{name: tweet[name] for name in tweet if name not in hidden} for tweet in page]
        meta: dict[str, Any] = {"result_count": len(page)}
        if at + size < len(newest):
            meta["next_token"] = str(at + size)
        return Answer(200, {"data": data, "meta": meta} if page else {"meta": meta})

    def _delete(self, tweet: str) -> Answer:
        before = len(self.posts)
        self.posts = [each for each in self.posts if each["id"] != tweet]
        if len(self.posts) == before:
            return _problem(404, f"Could not find tweet with id: [{tweet}].")
        return Answer(200, {"data": {"deleted": True}})


def _problem(status: int, detail: str) -> Answer:
    body = {"title": _TITLES.get(status, "Error"), "detail": detail, "type": "about:blank", "status": status}
    return Answer(status, body)


def _shorten(text: str, media: list[str], number: int) -> tuple[str, list[dict[str, Any]]]:
    """``text`` as X keeps it, with its links behind t.co, and one more for the pictures."""
    urls = []
    for at, link in enumerate(dict.fromkeys(text[link.start : link.end] for link in x_length.links(text))):
        short = f"https://t.co/p{number}u{at}"
        text = text.replace(link, short)
        full = link if "://" in link else f"http://{link}"
        urls.append({"url": short, "expanded_url": full, "display_url": full.partition("://")[2][:24]})
    if media:
        own = f"https://t.co/p{number}media"
        text = f"{text} {own}".strip()
        link = f"https://x.com/{USER['username']}/status/1/photo/1"
        keys = [{"media_key": f"3_{each}"} for each in media]
        urls += [{"url": own, "expanded_url": link, "display_url": "pic.x.com/abc", **key} for key in keys]
    return text, urls


def _authorised(call: Call) -> bool:
    header = call.headers.get("authorization", "")
    if header.startswith("Bearer "):
        return header == f"Bearer {BEARER}"
    return header.startswith("OAuth ") and _signed(call, header)


def _signed(call: Call, header: str) -> bool:
    """Whether the OAuth 1.0a signature is right (RFC 5849, section 3.4)."""
    given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
    if (given.get("oauth_consumer_key"), given.get("oauth_token")) != (KEYS["api_key"], KEYS["access_token"]):
        return False
    form = call.form if call.headers.get("content-type", "").startswith("application/x-www-form") else {}
    params = {**call.query, **form, **given}
    claimed = params.pop("oauth_signature", "")
    base = signature.signature_base_string(
        call.method,
        signature.base_string_uri(f"http://{call.host}{call.path}"),
        signature.normalize_parameters(list(params.items())),
    )
    client = SimpleNamespace(client_secret=KEYS["api_secret"], resource_owner_secret=KEYS["access_secret"])
    return bool(signature.sign_hmac_sha1_with_client(base, client) == claimed)
