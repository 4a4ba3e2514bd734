"""The Graph API for one Page: unpublished posts, photos and videos, publishing, comments, figures, tokens, signing in.

>>> with FacebookSimulator() as sim:
...     sim.faults.append("graph:190/463")

Faults as in :mod:`tests.sims.graph`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.sims._server import Answer, Call, Stage
from tests.sims.graph import PAGING, GraphSimulator, error, now

PAGE = {"id": "104857600000001", "name": "Öppna listan Mellanbygden", "link": "https://www.facebook.com/oppnalistan"}
TOKEN = "EAAB-page-token-0001"
SCOPES = ["pages_manage_posts", "pages_read_engagement", "pages_show_list"]
APP = {"app_id": "900000000000001", "app_secret": "app-secret-0001"}
CODE, SHORT, LONG = "AQ-code-0001", "EAAB-short-0001", "EAAB-long-0001"
LINKED = {"id": "17841400000000001", "username": "oppnalistan", "profile_picture_url": "https://scontent.example/i.jpg"}
_PIECE = 64 * 1024
_POST = {"message", "link", "attached_media", "published", "scheduled_publish_time", "unpublished_content_type"}
_OBJECT = r"(\d+(?:_\d+)*)"
_SRT = re.compile(r"1\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\n")


class FacebookSimulator(GraphSimulator):
    """One Page. ``posts`` are the visible ones, oldest first; ``objects`` holds everything by its id."""

    token = TOKEN

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, dict[str, Any]] = {}
        self.scopes: list[str] = list(SCOPES)
        self.token_type = "PAGE"
        self.expires_at = 0
        self.may_inspect = True
        self.tells_is_published = True
        self.polls = 0
        """How often a video is still being worked on."""
        self.insights: dict[str, int] | None = {"post_media_view": 1200, "post_clicks": 30}
        self.pages: list[dict[str, Any]] = [{**PAGE, "access_token": TOKEN, "tasks": ["CREATE_CONTENT", "MANAGE"]}]
        """Those of whoever signs in."""
        self.redirect_uri = ""
        page = PAGE["id"]
        self.on("GET", "debug_token", self._debug, ["input_token"])
        self.on("GET", "me", self._me)
        self.on("GET", "me/accounts", self._accounts, takes=PAGING)
        for method in ("GET", "POST"):
            self.on(method, "oauth/access_token", self._trade, ["client_id", "client_secret"], _GRANT)
        self.on("GET", page, lambda call, values, _: self.pick(PAGE, values))
        self.on("POST", f"{page}/photos", self._photo, ["source"], ["published", "alt_text_custom"], ["source"])
        self.on("POST", f"{page}/feed", self._feed, takes=_POST)
        self.on("POST", f"{page}/videos", self._video, ["upload_phase"], _UPLOAD, ["video_file_chunk"])
        self.on("GET", f"{page}/published_posts", self._published, takes=PAGING)
        self.on("POST", rf"{_OBJECT}/comments", self._comment, ["message"])
        self.on("GET", rf"{_OBJECT}/comments", self._comments, takes=PAGING | {"filter", "order"})
        self.on("GET", rf"{_OBJECT}/insights", self._told, ["metric"])
        self.on("POST", rf"{_OBJECT}/captions", self._caption, ["captions_file", "default_locale"], (), _CAPTIONS)
        self.on("GET", _OBJECT, self._read)
        self.on(
            "POST", _OBJECT, self._change, takes=["is_published", "published", "message", "description", "is_hidden"]
        )
        self.on("DELETE", _OBJECT, self._delete)

    @property
    def posts(self) -> list[dict[str, Any]]:
        with self.lock:
            seen = [each for each in self.objects.values() if each["kind"] == "post" and each["is_published"]]
            return sorted(seen, key=lambda each: int(each["order"]))

    @property
    def videos(self) -> list[dict[str, Any]]:
        with self.lock:
            return [each for each in self.objects.values() if each["kind"] == "video" and each["published"]]

    @property
    def comments(self) -> list[dict[str, Any]]:
        with self.lock:
            return [each for each in self.objects.values() if each["kind"] == "comment"]

    def tokens(self) -> set[str]:
        return {TOKEN, LONG, SHORT, "|".join(APP.values()), *(page["access_token"] for page in self.pages)}

    def needs_token(self, path: str) -> bool:
        return path != "oauth/access_token"

    def stage(self, call: Call) -> Stage:
        if call.method == "GET":
            return "read"
        invisible = call.path.endswith(("/photos", "/feed")) and call.form.get("published") == "false"
        return "prepare" if invisible or call.path.endswith(("/videos", "/captions", "access_token")) else "publish"

    def _me(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        own = values["access_token"] not in (LONG, SHORT) and self.token_type == "PAGE"
        return self.pick(PAGE if own else {"id": "10150000000000042", "name": "Karin"}, values)

    def _debug(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if not self.may_inspect:
            return error(100, message="You must provide an app access token")
        data = {
            "type": self.token_type,
            "is_valid": values["input_token"] in self.tokens(),
            "expires_at": self.expires_at,
            "data_access_expires_at": 0,
            "scopes": self.scopes,
        }
        return Answer(200, {"data": data})

    def _trade(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if (values["client_id"], values["client_secret"]) != tuple(APP.values()):
            return error(1, 0, 400, "Error validating client secret.") if not values["client_secret"] else error(101)
        if values.get("grant_type") == "fb_exchange_token":
            if values.get("fb_exchange_token") != SHORT:
                return error(190, message="Invalid OAuth access token")
            return Answer(200, {"access_token": LONG, "token_type": "bearer", "expires_in": 5_184_000})
        if values.get("code") != CODE or values.get("redirect_uri") != self.redirect_uri:
            return error(100, 36008, message="Error validating verification code.")
        return Answer(200, {"access_token": SHORT, "token_type": "bearer", "expires_in": 3600})

    def _accounts(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if values["access_token"] != LONG:
            return error(190)
        picture = {"data": {"url": "https://scontent.example/p.jpg", "is_silhouette": False}}
        usual = {"picture": picture, "instagram_business_account": None, "tasks": []}
        at, limit = int(values.get("after", "0")), int(values.get("limit", "25"))
        shown = [self.pick({**usual, **page}, values).body for page in self.pages[at : at + limit]]
        paging: dict[str, Any] = {"cursors": {"after": str(at + limit)}}
        if at + limit < len(self.pages):
            paging["next"] = f"{self.url}{call.path}?after={at + limit}"
        return Answer(200, {"data": shown, "paging": paging})

    def _add(self, kind: str, prefix: str, **fields: Any) -> dict[str, Any]:
        number = self.number()
        made = {"id": f"{prefix}{number}", "kind": kind, "created_time": now(), "order": int(number), **fields}
        made["permalink_url"] = f"https://www.facebook.com/{made['id']}"
        self.objects[made["id"]] = made
        return made

    def _photo(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        data = call.files.get("source", b"")
        if not data or len(data) > 4_000_000 or values.get("published") != "false":
            return error(100, message="Invalid parameter: the photo")
        return Answer(200, {"id": self._add("photo", "9", bytes=data, alt=values.get("alt_text_custom", ""))["id"]})

    def _feed(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        message, link = values.get("message", ""), values.get("link", "")
        try:
            attached = [each["media_fbid"] for each in json.loads(values.get("attached_media", "[]"))]
        except (ValueError, TypeError, KeyError):
            return error(100, message="Invalid parameter: attached_media")
        if not (message or link or attached) or len(message) > 63_206 or (link and attached):
            return error(100, message="Invalid parameter: message")
        if any(self.objects.get(each, {}).get("kind") != "photo" for each in attached):
            return error(100, message="Invalid parameter: media_fbid")
        made = self._add(
            "post",
            f"{PAGE['id']}_",
            message=message,
            link=link,
            alts=[self.objects[each]["alt"] for each in attached],
            is_published=values.get("published", "true") == "true",
        )
        return Answer(200, {"id": made["id"]})

    def _video(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        if values["upload_phase"] == "start":
            if not values.get("file_size", "").isdigit():
                return error(100, message="The parameter file_size is required")
            size = int(values["file_size"])
            made = self._add("video", "", size=size, bytes=b"", published=False, finished=False, captions={}, views=77)
            made.update(polls=self.polls, description="")
            return Answer(200, {"upload_session_id": f"5{made['id']}", "video_id": made["id"], **self._offsets(made)})
        known = self.objects.get(values.get("upload_session_id", "")[1:])
        if known is None or known["kind"] != "video":
            return error(6000, 1363019, message="There was a problem uploading your video file.")
        if values["upload_phase"] == "transfer":
            piece = call.files.get("video_file_chunk", b"")
            if values.get("start_offset") != str(len(known["bytes"])) or not piece:
                answer = error(6001, 1363037, message="Your video upload start_offset is wrong.")
                answer.body["error"]["error_data"] = self._offsets(known)
                return answer
            known["bytes"] += piece
            return Answer(200, self._offsets(known))
        if values["upload_phase"] != "finish" or len(known["bytes"]) != known["size"]:
            return error(6000, 1363020, message="The upload is not whole.")
        known.update(finished=True, description=values.get("description", ""))
        known["published"] = values.get("published", "true") == "true"
        return Answer(200, {"success": True})

    def _offsets(self, known: dict[str, Any]) -> dict[str, str]:
        at = len(known["bytes"])
        return {"start_offset": str(at), "end_offset": str(min(known["size"], at + _PIECE))}

    def _caption(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known, text = self.objects.get(path[0], {}), call.files["captions_file"].decode()
        if known.get("kind") != "video" or not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", values["default_locale"]):
            return error(100, message="Invalid parameter: default_locale")
        if not _SRT.match(text):
            return error(387, message="The captions file has a wrong format")
        known["captions"][values["default_locale"]] = text
        return Answer(200, {"success": True})

    def _known(self, number: str) -> dict[str, Any] | None:
        return self.objects.get(number)

    def _read(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._known(path[0])
        if known is None:
            return error(100, 33, message=f"Unsupported request. Object with ID '{path[0]}' does not exist")
        return self.pick(self._fields(known), values)

    def _fields(self, known: dict[str, Any]) -> dict[str, Any]:
        under = sum(each["parent"] == known["id"] for each in self.comments)
        shown = {"id": known["id"], "permalink_url": known["permalink_url"], "created_time": known["created_time"]}
        counted = {"comments": {"summary": {"total_count": under}}, "reactions": {"summary": {"total_count": 12}}}
        match known["kind"]:
            case "post":
                told = {"is_published": known["is_published"] if self.tells_is_published else None}
                photos = [{"media_type": "photo"} for _ in known["alts"]]
                album = [{"media_type": "album", "subattachments": {"data": photos}}] if len(photos) > 1 else photos
                told["attachments"] = {"data": album} if album else None
                return {**shown, **counted, **told, "message": known["message"], "shares": {"count": 4}}
            case "video":
                known["polls"] -= 1
                status = "processing" if known["polls"] >= 0 or not known["finished"] else "ready"
                told = {"published": known["published"] if self.tells_is_published else None}
                about = {"description": known["description"], "views": known["views"]}
                return {**shown, **counted, **told, **about, "status": {"video_status": status}}
            case "comment":
                about = {name: known[name] for name in ("message", "from", "is_hidden")}
                return {**shown, **about}
        return shown

    def _change(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._known(path[0])
        if known is None:
            return error(100, 33)
        allowed = {"post": {"is_published", "message"}, "video": {"published", "description"}, "photo": set()}
        mine = {"message"} if known.get("from", {}).get("id") == PAGE["id"] else {"is_hidden"}
        changes = {name: value for name, value in values.items() if name != "access_token"}
        if not changes or set(changes) - allowed.get(known["kind"], mine):
            return error(100)
        if changes.get("is_published", "true") != "true" or changes.get("published", "true") != "true":
            return error(100)
        self._apply(known, changes)
        return Answer(200, {"success": True})

    def _apply(self, known: dict[str, Any], changes: dict[str, str]) -> None:
        for name, value in changes.items():
            if name == "is_published" and not known["is_published"]:
                known.update(is_published=True, created_time=now(), order=int(self.number()))
            elif name in ("published", "is_hidden", "is_published"):
                known[name] = value == "true"
            else:
                known[name] = value

    def _delete(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        if path[0] not in self.objects:
            return error(100, 33, message=f"Unsupported request. Object with ID '{path[0]}' does not exist")
        del self.objects[path[0]]
        return Answer(200, {"success": True})

    def comment(self, parent: str, message: str, author: str = "Maj") -> str:
        """Somebody writes under a post or a comment; returns the comment's id."""
        who = {"id": "42", "name": author}
        return str(
            self._add("comment", f"{parent}_", parent=parent, message=message, is_hidden=False, **{"from": who})["id"]
        )

    def _comment(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        known = self._known(path[0])
        if known is None or not (known.get("is_published") or known.get("published") or known["kind"] == "comment"):
            return error(100)
        number = self.comment(path[0], values["message"])
        self.objects[number]["from"] = {"id": PAGE["id"], "name": PAGE["name"]}
        return Answer(200, {"id": number})

    def _comments(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        if self._known(path[0]) is None:
            return error(100, 33)
        stream = values.get("filter") == "stream"
        under = [
            each
            for each in self.comments
            if each["parent"] == path[0] or (stream and each["parent"].startswith(f"{path[0]}_"))
        ]
        newest = under[::-1] if values.get("order") == "reverse_chronological" else under
        return self.page(call, values, [self._fields(each) for each in newest], "created_time")

    def _told(self, call: Call, values: dict[str, str], path: tuple[str, ...]) -> Answer:
        if self._known(path[0]) is None:
            return error(100, 33)
        asked = values["metric"].split(",")
        if self.insights is None:
            return error(10)
        if set(asked) - set(self.insights):
            return error(100, message="The value must be a valid insights metric")
        data = [{"name": each, "period": "lifetime", "values": [{"value": self.insights[each]}]} for each in asked]
        return Answer(200, {"data": data})

    def _published(self, call: Call, values: dict[str, str], _: Any) -> Answer:
        return self.page(call, values, [self._fields(each) for each in self.posts[::-1]], "created_time")


_GRANT = {"code", "redirect_uri", "grant_type", "fb_exchange_token"}
_UPLOAD = {"file_size", "upload_session_id", "start_offset", "description", "title", "published"}
_CAPTIONS = {"captions_file"}
_CHANGED = {"is_published", "published", "message", "description", "is_hidden"}
