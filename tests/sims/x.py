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
from tests.sims.oauth_server import OAuthServer

KEYS = {
    "api_key": "consumer-key-0001",
    "api_secret": "consumer-secret-0001",
    "access_token": "2244994945-access-token",
    "access_secret": "access-secret-0001",
}
BEARER = "user-bearer-token-0001"
USER = {"id": "2244994945", "username": "oppna_listan", "name": "Öppna listan"}

APP = {"client_id": "x-app-0001", "client_secret": "x-app-secret-0001"}
BACK = "https://kansli.example/w/oppna-listan/channels/x/callback"
SCOPES = "tweet.read tweet.write tweet.moderate.write users.read media.write offline.access"

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
        self.oauth = OAuthServer(authorize="/i/oauth2/authorize", token="/2/oauth2/token", metadata="")
        self.oauth.register(APP["client_id"], APP["client_secret"], BACK, scope=SCOPES, method="client_secret_basic")
        self.uploads: dict[str, dict[str, Any]] = {}
        self.working = 0
        """How often it says that it is still working on a video."""
        self.fails = False
        """Whether it cannot use the video."""
        self.subscription = "None"
        self.mentions: list[dict[str, Any]] = []
        """What others wrote to the account, oldest first."""
        self.hidden: set[str] = set()
        self.newer_names = False
        """Whether it calls what a post refers to by the newer name, whatever it was asked for by."""

    def stage(self, call: Call) -> Stage:
        own = self.oauth.stage(call)
        if own is not None:
            return own
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
        told = self.oauth.handle(call)
        if told is not None:
            return told
        if not _authorised(call) and self.oauth.token_of(call) is None:
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
        if call.path.startswith("/2/media/upload/") or route == ("GET", "/2/media/upload"):
            return self._in_pieces(call)
        answers = {
            ("GET", "/2/users/me"): self._me,
            ("GET", "/2/users/:id/mentions"): self._mentions,
            ("GET", "/2/users/:id/tweets"): self._timeline,
            ("GET", "/2/tweets"): self._figures,
            ("POST", "/2/media/upload"): self._upload,
            ("POST", "/2/media/metadata"): self._describe,
            ("POST", "/2/media/subtitles"): self._caption,
            ("POST", "/2/tweets"): self._post,
            ("PUT", "/2/tweets/:id/hidden"): self._hide,
            ("DELETE", "/2/tweets/:id"): lambda call: self._delete(call.path.rpartition("/")[2]),
        }
        answer = answers.get(route)
        return answer(call) if answer else _problem(404, f"no route {call.path}")

    def _me(self, call: Call) -> Answer:
        asked = call.query.get("user.fields", "").split(",")
        more = {"subscription_type": self.subscription, "profile_image_url": f"{self.url}/face.png"}
        return Answer(200, {"data": USER | {name: more[name] for name in asked if name in more}})

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

    def _in_pieces(self, call: Call) -> Answer:
        """initialize, append, finalize, and the question how far it is."""
        if call.path.endswith("/initialize"):
            return self._begin(call.json)
        media = call.query.get("media_id", "") or call.path.split("/")[4]
        upload = self.uploads.get(media)
        if upload is None:
            return _problem(404, "no such upload")
        if call.path.endswith("/append"):
            number, piece = call.form.get("segment_index", ""), call.files.get("media", b"")
            if not number.isdecimal() or int(number) > 999 or not 0 < len(piece) <= 5_000_000 or upload["done"]:
                return _problem(400, "the piece has no number, or is empty or too large")
            upload["pieces"][int(number)] = piece
            return Answer(200, {"data": {"expires_at": 4_000_000_000}})
        if call.path.endswith("/finalize"):
            return self._finalize(media, upload)
        if call.query.get("command") != "STATUS" or not upload["done"]:
            return _problem(400, "the upload is not finalized")
        if self.working > 0:
            self.working -= 1
        return Answer(200, {"data": self._progress(media, upload)})

    def _begin(self, body: dict[str, Any]) -> Answer:
        most = {"tweet_video": 512_000_000, "tweet_image": 5_000_000, "tweet_gif": 15_000_000, "subtitles": 512_000}
        category, size = body.get("media_category", ""), body.get("total_bytes", 0)
        types = ("text/vtt", "text/srt") if category == "subtitles" else ("video/mp4", "video/quicktime", "video/webm")
        if category not in most or not 0 < size <= most[category] or body.get("media_type") not in types:
            return _problem(400, "media_category, media_type or total_bytes is wrong")
        media = self._id()
        self.uploads[media] = {"category": category, "size": size, "pieces": {}, "done": False}
        return Answer(200, {"data": {"id": media, "media_key": f"13_{media}", "expires_after_secs": 86_399}})

    def _finalize(self, media: str, upload: dict[str, Any]) -> Answer:
        pieces = upload["pieces"]
        data = b"".join(pieces[number] for number in sorted(pieces))
        if upload["done"] or sorted(pieces) != list(range(len(pieces))) or len(data) != upload["size"]:
            return _problem(400, "the pieces do not make the whole, or it is finalized")
        upload["done"] = True
        self.media[media] = {"bytes": data, "alt": "", "category": upload["category"], "captions": []}
        return Answer(200, {"data": self._progress(media, upload)})

    def _progress(self, media: str, upload: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"id": media, "media_key": f"13_{media}", "size": upload["size"]}
        if upload["category"] == "tweet_video":
            state = "failed" if self.fails else "in_progress" if self.working else "succeeded"
            told["processing_info"] = {"state": state, "progress_percent": 50}
            if state == "in_progress":
                told["processing_info"]["check_after_secs"] = 7
        return told

    def _caption(self, call: Call) -> Answer:
        body = call.json
        video, track = body.get("id", ""), body.get("subtitles", {})
        text = self.media.get(track.get("id", ""), {})
        fits = body.get("media_category") == "TweetVideo" and text.get("category") == "subtitles"
        if not fits or self.media.get(video, {}).get("category") != "tweet_video" or not track.get("language_code"):
            return _problem(400, "no such video or track")
        self.media[video]["captions"].append((track["language_code"], track["display_name"], text["bytes"]))
        return Answer(200, {"data": {"id": video, "associated_subtitles": [track]}})

    def _figures(self, call: Call) -> Answer:
        ids = call.query.get("ids", "").split(",")
        if not 0 < len(ids) <= 100 or "public_metrics" not in self._fields(call):
            return _problem(400, "ids or tweet.fields is wrong")
        out = {each["id"]: each for each in self.posts}
        newer = self.newer_names or "post.fields" in call.query
        counts = {
            "repost_count" if newer else "retweet_count": 1,
            "reply_count": 2,
            "like_count": 3,
            "quote_count": 4,
            "impression_count": 500,
            "bookmark_count": 6,
        }
        data = [{"id": each, "text": out[each]["text"], "public_metrics": counts} for each in ids if each in out]
        errors = [{"title": "Not Found Error", "resource_id": each} for each in ids if each not in out]
        return Answer(200, {"data": data} | ({"errors": errors} if errors else {}))

    @staticmethod
    def _fields(call: Call) -> str:
        return call.query.get("tweet.fields", "") + call.query.get("post.fields", "")

    def _hide(self, call: Call) -> Answer:
        tweet, hidden = call.path.split("/")[3], call.json.get("hidden")
        if not isinstance(hidden, bool) or not any(each["id"] == tweet for each in self.mentions):
            return _problem(403, "only answers to your own posts can be hidden")
        (self.hidden.add if hidden else self.hidden.discard)(tweet)
        return Answer(200, {"data": {"hidden": hidden}})

    def _mentions(self, call: Call) -> Answer:
        start = call.query.get("start_time", "")
        newest = [each for each in reversed(self.mentions) if each["created_at"] >= start]
        users = (
            [{"id": "77", "username": "maj", "name": "Maj"}] if "author_id" in call.query.get("expansions", "") else []
        )
        newest = self._named(call, newest)
        return Answer(200, {"data": newest, "includes": {"users": users}, "meta": {"result_count": len(newest)}})

    def _named(self, call: Call, posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """X's own SDK asks for ``post.fields`` and reads other names than those that the reference tells of."""
        if "post.fields" not in call.query and not self.newer_names:
            return posts
        names = {"referenced_tweets": "referenced_posts", "edit_history_tweet_ids": "edit_history_post_ids"}
        return [{names.get(name, name): each[name] for name in each} for each in posts]

    def answer_to(self, post: str, text: str, conversation: str = "", author: str = "77") -> str:
        """What somebody wrote beneath a post; its id."""
        number = self._id()
        self.mentions.append(
            {
                "id": number,
                "text": f"@{USER['username']} {text}",
                "author_id": author,
                "conversation_id": conversation or post,
                "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "referenced_tweets": [{"type": "replied_to", "id": post}],
            }
        )
        return number

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
            "captions": [each for one in media for each in self.media[one].get("captions", ())],
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
        videos = [each for each in media if self.media.get(each, {}).get("category") == "tweet_video"]
        if len(media) > (1 if videos else 4) or any(each not in self.media for each in media):
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
        hidden = ("said", "parent", "alts", "captions")
        data = self._named(call, [{name: tweet[name] for name in tweet if name not in hidden} for tweet in page])
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
    places = [(text.index(each["url"]), len(each["url"])) for each in urls]
    return text, [each | {"start": at, "end": at + size} for each, (at, size) in zip(urls, places, strict=True)]


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
