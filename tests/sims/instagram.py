"""Instagram's content publishing for one account: containers, their states, publishing, comments, the quota, tokens.

It fetches files as the real one does, from the address that a container names: ``files`` are what it finds there, by
address, or ``fetch`` asks for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image

from tests.sims._server import Answer, Call, Stage
from tests.sims.graph import PAGING, GraphSimulator, error, now

ACCOUNT = "17841400000000001"
USERNAME = "oppnalistan"
TOKEN = "IGAA-token-0001"
APP = {"app_id": "900000000000002", "app_secret": "app-secret-0002"}
CODE, SHORT = "AQ-code-0002", "XXAA-short-0001"
_TRADE = {"redirect_uri"}
RENEWED = "IGAA-token-0002"
SCOPES = ["instagram_basic", "instagram_content_publish", "instagram_manage_comments", "pages_show_list"]
_SINGLE = {"image_url", "video_url", "media_type", "caption", "alt_text", "location_id", "user_tags", "collaborators"}
_SINGLE |= {"is_carousel_item", "children", "share_to_feed", "cover_url", "thumb_offset", "audio_name"}
_HANDLE = re.compile(r"[A-Za-z0-9._]{1,30}")


class InstagramSimulator(GraphSimulator):
    """``media`` are the visible posts, oldest first. ``polls`` is how often a container is still being worked on."""

    token = TOKEN
    unversioned = frozenset({"refresh_access_token", "access_token", "oauth/access_token"})

    def __init__(self) -> None:
        super().__init__()
        self.containers: dict[str, dict[str, Any]] = {}
        self.media: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.fetch: Callable[[str], bytes | None] = self.files.get
        self.polls = 0
        self.quota_used, self.quota_total = 0, 100
        self.scopes, self.expires_at = list(SCOPES), 0
        self.may_inspect = True
        self.own_token = TOKEN
        self.figures = {"views": 900, "likes": 40, "comments": 3, "shares": 5, "saved": 6, "reach": 700}
        self.on("GET", "debug_token", self._debug, ["input_token"])
        self.on("GET", "me", self._me)
        self.redirect_uri = ""
        self.on("POST", "oauth/access_token", self._trade, ["client_id", "client_secret", "grant_type", "code"], _TRADE)
        self.on("GET", "access_token", self._exchange, ["grant_type", "client_secret"])
        self.on("GET", "refresh_access_token", self._refresh, ["grant_type"])
        self.on("GET", ACCOUNT, self._account)
        self.on("GET", f"{ACCOUNT}/content_publishing_limit", self._quota)
        self.on("POST", f"{ACCOUNT}/media", self._create, takes=_SINGLE)
        self.on("GET", f"{ACCOUNT}/media", self._list, takes=PAGING)
        self.on("POST", f"{ACCOUNT}/media_publish", self._publish, ["creation_id"])
        self.on("GET", r"(18\d+)", self._medium)
        self.on("DELETE", r"(18\d+)", self._delete)
        self.on("POST", r"(18\d+)/comments", self._comment, ["message"])
        self.on("GET", r"(18\d+)/comments", self._comments, takes=PAGING)
        self.on("POST", r"(17\d+)/replies", self._comment, ["message"])
        self.on("GET", r"(17\d+)/replies", self._comments, takes=PAGING)
        self.on("POST", r"(17\d+)", self._hide, ["hide"])
        self.on("GET", r"(18\d+)/insights", self._insights, ["metric"])
        self.on("GET", r"(19\d+)", self._state)

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        return "prepare" if call.path.endswith("/media") else "publish"

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
        return Answer(200, {"access_token": SHORT, "user_id": ACCOUNT})

    def _exchange(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        known = values["grant_type"] == "ig_exchange_token" and values["client_secret"] == APP["app_secret"]
        if not known or values["access_token"] != SHORT:
            return error(190)
        return Answer(200, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 5_184_000})

    def _debug(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if not self.may_inspect:
            return error(100, message="You must provide an app access token")
        return Answer(
            200,
            {
                "data": {
                    "type": "PAGE",
                    "is_valid": True,
                    "expires_at": self.expires_at,
                    "data_access_expires_at": 0,
                    "scopes": self.scopes,
                }
            },
        )

    def _about(self) -> dict[str, Any]:
        picture = "https://scontent.example/p.jpg"
        return {
            "id": ACCOUNT,
            "user_id": ACCOUNT,
            "username": USERNAME,
            "name": "Öppna listan",
            "profile_picture_url": picture,
            "account_type": "BUSINESS",
        }

    def _me(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        return self.pick(self._about(), values)

    def _account(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        about = self._about()
        del about["user_id"], about["account_type"]
        return self.pick(about, values)

    def _refresh(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if values["grant_type"] != "ig_refresh_token":
            return error(100, message="Invalid parameter: grant_type")
        self.own_token = RENEWED
        return Answer(200, {"access_token": RENEWED, "token_type": "bearer", "expires_in": 5_184_000})

    def _quota(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        config = {"quota_total": self.quota_total, "quota_duration": 86400}
        return Answer(200, {"data": [{"quota_usage": self.quota_used, "config": config}]})

    def _create(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        kind = values.get("media_type", "IMAGE")
        refused = self._refused(kind, values)
        if refused is not None:
            return refused
        container = {
            "id": self.number("19"),
            "status_code": "IN_PROGRESS" if self.polls else "FINISHED",
            "status": "Finished: Media has been uploaded and it is ready to be published.",
            "polls": self.polls,
            "kind": kind,
            **values,
        }
        self.containers[container["id"]] = container
        return Answer(200, {"id": container["id"]})

    def _refused(self, kind: str, values: dict[str, str]) -> Answer | None:
        said = self._words_refused(values)
        if said is not None:
            return said
        if kind == "CAROUSEL":
            return self._carousel_refused(values)
        if kind in ("REELS", "VIDEO"):
            if kind == "VIDEO" and values.get("is_carousel_item") != "true":
                return error(100, 2207023, message="The media type VIDEO is no longer supported, use REELS")
            return self._fetched(values, "video_url", {"image_url", "alt_text", "children"})
        if kind != "IMAGE":
            return error(100, 2207023, message="Unknown media type")
        refused = self._fetched(values, "image_url", {"video_url", "children", "share_to_feed"})
        return refused or self._picture_refused(self.fetch(values["image_url"]) or b"")

    def _words_refused(self, values: dict[str, str]) -> Answer | None:
        caption = values.get("caption", "")
        if len(caption) > 2200 or caption.count("#") > 30 or caption.count("@") > 20:
            return error(36004, 2207010, message="The caption was too long")
        if len(values.get("alt_text", "")) > 1000:
            return error(100, message="Invalid parameter: alt_text")
        if not values.get("location_id", "1").isdigit():
            return error(100, message="Invalid parameter: location_id")
        try:
            collaborators = json.loads(values.get("collaborators", "[]"))
            tags = json.loads(values.get("user_tags", "[]"))
            names = [*collaborators, *(tag["username"] for tag in tags)]
        except (ValueError, TypeError, KeyError):
            return error(100, message="Invalid parameter: user_tags")
        if len(collaborators) > 3 or len(tags) > 20 or not all(_HANDLE.fullmatch(name) for name in names):
            return error(100, 2207040, message="Too many tags or an invalid username")
        picture = "image_url" in values
        if any((picture and not {"x", "y"} <= tag.keys()) or (not picture and "x" in tag) for tag in tags):
            return error(100, message="Invalid parameter: user_tags")
        return None

    def _carousel_refused(self, values: dict[str, str]) -> Answer | None:
        children = [each for each in values.get("children", "").split(",") if each]
        if not 2 <= len(children) <= 10 or "image_url" in values or "alt_text" in values:
            return error(100, 2207028, message="A carousel needs 2 to 10 children")
        for child in children:
            known = self.containers.get(child)
            if known is None or known.get("is_carousel_item") != "true" or known["status_code"] != "FINISHED":
                return error(100, 2207028, message=f"Invalid child {child}")
        return None

    def _fetched(self, values: dict[str, str], name: str, never: set[str]) -> Answer | None:
        if name not in values or never & set(values):
            return error(100, message=f"The parameter {name} is required")
        if values.get("is_carousel_item") == "true" and {"caption", "collaborators", "location_id"} & set(values):
            return error(100, message="Invalid parameter: a child has no caption")
        if self.fetch(values[name]) is None:
            return error(9004, 2207052, message="The media could not be fetched from this URI")
        return None

    def _picture_refused(self, data: bytes) -> Answer | None:
        with Image.open(BytesIO(data)) as picture:
            width, height, kind = *picture.size, picture.format
        if kind != "JPEG":
            return error(36001, 2207005, message="The image format is not supported")
        if len(data) > 8_000_000:
            return error(36000, 2207004, message="The image is too large to download")
        if not 0.79 <= width / height <= 1.92:
            return error(36003, 2207009, message="The aspect ratio is not supported")
        return None

    def _state(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self.containers.get(path[0])
        if known is None:
            return error(100, 33, message=f"Object with ID '{path[0]}' does not exist")
        if known["status_code"] == "IN_PROGRESS":
            known["polls"] -= 1
            if known["polls"] < 0:
                known["status_code"] = "FINISHED"
        shown = {name: known[name] for name in ("id", "status_code", "status")}
        return self.pick(shown, values)

    def _publish(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        known = self.containers.get(values["creation_id"])
        if known is None or known.get("is_carousel_item") == "true":
            return error(24, 2207006, message="The requested resource does not exist")
        if known["status_code"] in ("IN_PROGRESS",):
            return error(9007, 2207027)
        if known["status_code"] != "FINISHED":
            return error(-2, 2207020, message="The media expired or was published")
        if self.quota_used >= self.quota_total:
            return error(9, 2207042, message="You reached maximum number of posts")
        known["status_code"] = "PUBLISHED"
        self.quota_used += 1
        number = self.number("18")
        self.media.append(
            {
                "id": number,
                "caption": known.get("caption"),
                "timestamp": now(),
                "permalink": f"https://www.instagram.com/p/{number}/",
                "media_type": known["kind"],
                "container": known,
            }
        )
        return Answer(200, {"id": number})

    def _list(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        return self.page(call, values, [_shown(each) for each in self.media[::-1]], "timestamp")

    def _find(self, number: str) -> dict[str, Any] | None:
        return next((each for each in self.media if each["id"] == number), None)

    def _medium(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._find(path[0])
        return self.pick(_shown(known), values) if known else error(100, 33)

    def _delete(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._find(path[0])
        if known is None:
            return error(100, 33)
        self.media.remove(known)
        return Answer(200, {"success": True})

    def answer(self, parent: str, words: str, username: str = "maj") -> str:
        """Somebody writes under a post or a comment; returns the comment's id."""
        number = self.number("17")
        self.comments.append(
            {"id": number, "text": words, "timestamp": now(), "username": username, "hidden": False, "parent": parent}
        )
        return number

    def _hide(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = next((each for each in self.comments if each["id"] == path[0]), None)
        if known is None or known["username"] == USERNAME or values["hide"] not in ("true", "false"):
            return error(100, 33)
        known["hidden"] = values["hide"] == "true"
        return Answer(200, {"success": True})

    def _insights(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        if self._find(path[0]) is None:
            return error(100, 33)
        asked = values["metric"].split(",")
        if set(asked) - set(self.figures):
            return error(100, message="metric must be one of the following values")
        data = [{"name": each, "period": "lifetime", "values": [{"value": self.figures[each]}]} for each in asked]
        return Answer(200, {"data": data})

    def _comment(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._find(path[0]) or any(each["id"] == path[0] for each in self.comments)
        if not known or len(values["message"]) > 2200:
            return error(100, 33)
        return Answer(200, {"id": self.answer(path[0], values["message"], USERNAME)})

    def _comments(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        return self.page(call, values, self._under(path[0]), "timestamp")

    def _under(self, parent: str) -> list[dict[str, Any]]:
        under = [each for each in self.comments[::-1] if each["parent"] == parent]
        return [
            {name: value for name, value in each.items() if name != "parent"}
            | {"replies": {"data": self._under(each["id"])} if self._under(each["id"]) else None}
            for each in under
        ]


def _shown(known: dict[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in ("id", "caption", "timestamp", "permalink", "media_type")}
