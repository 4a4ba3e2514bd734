"""The Threads API for one profile: containers, publishing, chains, answers, hiding, figures, quotas and tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.sims._server import Answer, Call, Stage
from tests.sims.graph import PAGING, GraphSimulator, error, now

PROFILE = "26000000000000001"
USERNAME = "oppnalistan"
TOKEN = "THAA-token-0001"
APP = {"app_id": "900000000000002", "app_secret": "app-secret-0002"}
CODE, SHORT = "AQ-code-0002", "XXAA-short-0001"
_TRADE = {"redirect_uri"}
RENEWED = "THAA-token-0002"
_TAKES = {"text", "image_url", "video_url", "is_carousel_item", "children", "reply_to_id", "reply_control", "alt_text"}
_TAKES |= {"link_attachment", "topic_tag", "quote_post_id", "location_id"}
_EMOJI = re.compile("[\U0001f000-\U0001faff\u200d\ufe0f]")


class ThreadsSimulator(GraphSimulator):
    """``posts`` are what is visible, oldest first: the profile's own, and what others answered (``mine`` is false)."""

    token = TOKEN
    versions = frozenset({"v1.0"})
    unversioned = frozenset({"refresh_access_token", "access_token", "oauth/access_token"})

    def __init__(self) -> None:
        super().__init__()
        self.containers: dict[str, dict[str, Any]] = {}
        self.posts: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.fetch: Callable[[str], bytes | None] = self.files.get
        self.polls = 0
        self.used, self.most = 0, 250
        self.own_token = TOKEN
        self.figures = {"views": 120, "likes": 7, "replies": 2, "reposts": 3, "quotes": 1, "shares": 4}
        self.redirect_uri = ""
        self.on("POST", "oauth/access_token", self._trade, ["client_id", "client_secret", "grant_type", "code"], _TRADE)
        self.on("GET", "access_token", self._exchange, ["grant_type", "client_secret"])
        self.on("GET", "refresh_access_token", self._refresh, ["grant_type"])
        self.on("GET", "me", self._me)
        self.on("GET", f"{PROFILE}/threads_publishing_limit", self._quota)
        self.on("POST", f"{PROFILE}/threads", self._create, ["media_type"], _TAKES)
        self.on("POST", f"{PROFILE}/threads_publish", self._publish, ["creation_id"])
        self.on("GET", f"{PROFILE}/threads", self._list(answers=False), takes=PAGING)
        self.on("GET", f"{PROFILE}/replies", self._list(answers=True), takes=PAGING)
        self.on("GET", r"(19\d+)", self._state)
        self.on("GET", r"(18\d+)", self._post)
        self.on("DELETE", r"(18\d+)", self._delete)
        self.on("GET", r"(18\d+)/insights", self._insights, ["metric"])
        self.on("GET", r"(18\d+)/conversation", self._conversation, takes=PAGING | {"reverse"})
        self.on("POST", r"(18\d+)/manage_reply", self._hide, ["hide"])

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "prepare" if call.path.endswith("/threads") else "publish"

    def tokens(self) -> set[str]:
        return {self.own_token, SHORT}

    def needs_token(self, path: str) -> bool:
        return path != "oauth/access_token"

    def _trade(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if (values["client_id"], values["client_secret"]) != tuple(APP.values()):
            return error(101, message="Error validating application. Invalid application ID.")
        if values["grant_type"] != "authorization_code" or values.get("redirect_uri") != self.redirect_uri:
            return error(191, message="Invalid redirect_uri")
        if values["code"] != CODE:
            return error(100, 36008, message="This authorization code has been used or is not valid.")
        return Answer(200, {"access_token": SHORT, "user_id": PROFILE})

    def _exchange(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        known = values["grant_type"] == "th_exchange_token" and values["client_secret"] == APP["app_secret"]
        if not known or values["access_token"] != SHORT:
            return error(190)
        return Answer(200, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 5_184_000})

    def answer(self, post: str, text: str, mine: bool = False) -> str:
        """Somebody answers ``post``; returns the answer's id."""
        return self._add(text, post, mine=mine, username=USERNAME if mine else "maj")

    def _add(self, text: str, parent: str = "", *, mine: bool = True, username: str = USERNAME, **more: Any) -> str:
        number = self.number("18")
        self.posts.append(
            {
                "id": number,
                "text": text,
                "timestamp": now(),
                "permalink": f"https://www.threads.net/@{username}/post/{number}",
                "username": username,
                "hide_status": "NOT_HUSHED",
                "is_reply_owned_by_me": mine,
                "replied_to": {"id": parent} if parent else None,
                "media_type": more.get("media_type", "TEXT_POST"),
                **more,
            }
        )
        return number

    def _refresh(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if values["grant_type"] != "th_refresh_token":
            return error(100, message="Invalid parameter: grant_type")
        self.own_token = RENEWED
        return Answer(200, {"access_token": RENEWED, "token_type": "bearer", "expires_in": 5_184_000})

    def _me(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        picture = "https://scontent.example/t.jpg"
        about = {"id": PROFILE, "username": USERNAME, "name": "Öppna listan", "threads_profile_picture_url": picture}
        return self.pick(about, values)

    def _quota(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        day = {"quota_duration": 86400}
        told = {
            "quota_usage": self.used,
            "config": {"quota_total": self.most, **day},
            "reply_quota_usage": 0,
            "reply_config": {"quota_total": 1000, **day},
        }
        asked = values.get("fields", "").split(",")
        if set(asked) - set(told):
            return error(100, message="Tried accessing nonexisting field")
        return Answer(200, {"data": [{name: told[name] for name in asked}]})

    def _create(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        refused = self._refused(values)
        if refused is not None:
            return refused
        number = self.number("19")
        state = "IN_PROGRESS" if self.polls else "FINISHED"
        self.containers[number] = {"id": number, "status": state, "error_message": None, "polls": self.polls, **values}
        return Answer(200, {"id": number})

    def _refused(self, values: dict[str, str]) -> Answer | None:
        text = values.get("text", "")
        length = sum(len(each.encode()) if _EMOJI.match(each) else 1 for each in text)
        if length > 500:
            return error(100, message="Param text must be at most 500 characters long.")
        if len(set(re.findall(r"https?://\S+", text))) > 5:
            return error(100, message="The post has too many links")
        parent = values.get("reply_to_id")
        if parent and not any(each["id"] == parent for each in self.posts):
            return error(24, 4279009, message="The requested resource does not exist")
        match values["media_type"]:
            case "TEXT":
                fine = bool(text) and not {"image_url", "video_url", "children", "alt_text"} & set(values)
            case "IMAGE":
                fine = self._fetched(values, "image_url")
            case "VIDEO":
                fine = self._fetched(values, "video_url")
            case "CAROUSEL":
                fine = self._children(values)
            case _:
                fine = False
        return None if fine else error(100, 2207028, message="Invalid parameter")

    def _fetched(self, values: dict[str, str], name: str) -> bool:
        other = {"image_url", "video_url", "children"} - {name}
        lone = values.get("is_carousel_item") != "true" or not {"text", "reply_to_id"} & set(values)
        return name in values and not other & set(values) and lone and self.fetch(values[name]) is not None

    def _children(self, values: dict[str, str]) -> bool:
        children = [self.containers.get(each) for each in values.get("children", "").split(",")]
        ready = all(each and each.get("is_carousel_item") and each["status"] == "FINISHED" for each in children)
        return 2 <= len(children) <= 20 and ready

    def _state(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self.containers.get(path[0])
        if known is None:
            return error(100, 33)
        if known["status"] == "IN_PROGRESS":
            known["polls"] -= 1
            if known["polls"] < 0:
                known["status"] = "FINISHED"
        return self.pick({name: known[name] for name in ("id", "status", "error_message")}, values)

    def _publish(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        known = self.containers.get(values["creation_id"])
        if known is None or known["status"] != "FINISHED" or known.get("is_carousel_item"):
            return error(24, 4279009, message="The media container cannot be published")
        known["status"] = "PUBLISHED"
        self.used += 1
        number = self._add(known.get("text", ""), known.get("reply_to_id", ""), container=known)
        return Answer(200, {"id": number})

    def _list(self, *, answers: bool) -> Callable[[Call, dict[str, str], tuple[str, ...]], Answer]:
        def show(call: Call, values: dict[str, str], _: tuple[str, ...]) -> Answer:
            mine = [each for each in self.posts if each["is_reply_owned_by_me"] and bool(each["replied_to"]) == answers]
            return self.page(call, values, [_shown(each) for each in mine[::-1]], "timestamp")

        return show

    def _find(self, number: str) -> dict[str, Any] | None:
        return next((each for each in self.posts if each["id"] == number), None)

    def _post(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._find(path[0])
        return self.pick(_shown(known), values) if known else error(100, 33)

    def _delete(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._find(path[0])
        if known is None:
            return error(100, 33)
        self.posts.remove(known)
        return Answer(200, {"success": True, "deleted_id": known["id"]})

    def _insights(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        if self._find(path[0]) is None:
            return error(100, 33)
        asked = values["metric"].split(",")
        if set(asked) - set(self.figures):
            return error(100, message="metric must be one of the following values")
        data = [{"name": each, "period": "lifetime", "values": [{"value": self.figures[each]}]} for each in asked]
        return Answer(200, {"data": data})

    def _conversation(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        if self._find(path[0]) is None:
            return error(100, 33)
        under, waiting = [], [path[0]]
        while waiting:
            parent = waiting.pop()
            children = [each for each in self.posts if (each["replied_to"] or {}).get("id") == parent]
            under += children
            waiting += [each["id"] for each in children]
        newest = sorted(under, key=lambda each: each["id"], reverse=values.get("reverse", "true") == "true")
        return self.page(call, values, [_shown(each) for each in newest], "timestamp")

    def _hide(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._find(path[0])
        if known is None or known["is_reply_owned_by_me"] or values["hide"] not in ("true", "false"):
            return error(100, 33)
        known["hide_status"] = "HIDDEN" if values["hide"] == "true" else "UNHUSHED"
        return Answer(200, {"success": True})


def _shown(known: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if name != "container"}
