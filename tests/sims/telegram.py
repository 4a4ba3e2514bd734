"""Telegram's Bot API for one channel, as strict as its documents: known fields only, lengths, albums, rights.

``bot:CODE`` is an error with that code, ``bot:429/SECONDS`` one that says when, ``bot:400:WORDS`` one with those words.
``chat`` and ``member`` are what ``getChat`` and ``getChatMember`` tell.
"""

from __future__ import annotations

import json
from typing import Any

from tests.sims._server import Answer, Call, Simulator, Stage

TOKEN = "123456789:AAH-bot-token-0001"
CHAT = {"id": -1001234567890, "type": "channel", "title": "Öppna listan", "username": "oppnalistan"}
_COMMON = {"chat_id", "disable_notification", "parse_mode", "reply_markup", "reply_parameters", "timeout"}
_FIELDS = {
    "sendMessage": {"text", "link_preview_options", "entities"},
    "sendPhoto": {"photo", "caption", "caption_entities"},
    "sendVideo": {"video", "caption", "duration", "width", "height", "supports_streaming", "caption_entities"},
    "sendMediaGroup": {"media"},
    "editMessageText": {"message_id", "text", "link_preview_options"},
    "editMessageCaption": {"message_id", "caption"},
    "deleteMessage": {"message_id"},
    "getMe": set(),
    "getChat": set(),
    "getChatMember": {"user_id"},
}
_MEDIA = {
    "photo": {"type", "media", "caption"},
    "video": {"type", "media", "caption", "width", "height", "duration", "supports_streaming"},
}
_WORDS = {400: "Bad Request: wrong", 401: "Unauthorized", 403: "Forbidden: bot was kicked from the channel chat"}


class TelegramSimulator(Simulator):
    """One channel. ``messages`` are what its followers see, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.chat: dict[str, Any] = dict(CHAT)
        self.member: dict[str, Any] = {"status": "administrator", "can_post_messages": True}
        self.messages: list[dict[str, Any]] = []
        self.too_old: set[int] = set()
        """Numbers of messages that are more than two days old."""
        self._next = 100

    def stage(self, call: Call) -> Stage:
        return "read" if "/get" in call.path else "publish"

    def refusal(self, fault: str) -> Answer:
        kind, _, rest = fault.partition(":")
        assert kind == "bot", f"no such fault: {fault}"
        code, _, words = rest.partition(":")
        code, _, seconds = code.partition("/")
        answer = _error(int(code), words or _WORDS.get(int(code), "Internal Server Error"))
        if seconds:
            answer.body["parameters"] = {"retry_after": int(seconds)}
        return answer

    def handle(self, call: Call) -> Answer:
        token, _, method = call.path.removeprefix("/bot").partition("/")
        if token != TOKEN or method not in _FIELDS:
            return _error(
                404 if method not in _FIELDS else 401, "Not Found" if method not in _FIELDS else "Unauthorized"
            )
        form = {**call.query, **call.form}
        unknown = set(form) | set(call.files)
        unknown -= _FIELDS[method] | _COMMON | {name for name in call.files if f"attach://{name}" in json.dumps(form)}
        if unknown:
            return _error(400, f"Bad Request: unknown {sorted(unknown)}")
        if method == "getMe":
            return _ok({"id": 42, "is_bot": True, "first_name": "Kansliet", "username": "oppnalistan_bot"})
        if form.get("chat_id") not in (str(self.chat["id"]), f"@{self.chat.get('username')}"):
            return _error(400, "Bad Request: chat not found")
        return getattr(self, f"_{method}")(form, call.files)  # type: ignore[no-any-return]

    def _getChat(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        return _ok(self.chat)

    def _getChatMember(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        return _ok(self.member) if form.get("user_id") == "42" else _error(400, "Bad Request: user not found")

    def _sendMessage(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        if not form.get("text", "").strip():
            return _error(400, "Bad Request: message text is empty")
        if _length(form["text"]) > 4096:
            return _error(400, "Bad Request: message is too long")
        card = json.loads(form.get("link_preview_options", "{}")).get("url", "")
        return _ok(self._add(text=form["text"], card=card, silent=form.get("disable_notification") == "true"))

    def _sendPhoto(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        return self._single("photo", form, files)

    def _sendVideo(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        return self._single("video", form, files)

    def _single(self, kind: str, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        data = files.get(form.get(kind, "").removeprefix("attach://")) or files.get(kind)
        if not data:
            return _error(400, f"Bad Request: there is no {kind} in the request")
        if _length(form.get("caption", "")) > 1024:
            return _error(400, "Bad Request: message caption is too long")
        return _ok(self._add(caption=form.get("caption", ""), media=[(kind, data)], more=form))

    def _sendMediaGroup(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        media = json.loads(form["media"])
        if not 2 <= len(media) <= 10:
            return _error(400, "Bad Request: group must have 2 to 10 items")
        for each in media:
            if set(each) - _MEDIA[each["type"]] or not files.get(each["media"].removeprefix("attach://")):
                return _error(400, "Bad Request: can't parse InputMedia: media not found")
            if _length(each.get("caption", "")) > 1024:
                return _error(400, "Bad Request: message caption is too long")
        return _ok(
            [
                self._add(
                    caption=each.get("caption", ""),
                    media=[(each["type"], files[each["media"].removeprefix("attach://")])],
                )
                for each in media
            ]
        )

    def _editMessageText(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        return self._edit(form, "text")

    def _editMessageCaption(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        return self._edit(form, "caption")

    def _edit(self, form: dict[str, str], field: str) -> Answer:
        message = self._known(form)
        if message is None:
            return _error(400, "Bad Request: message to edit not found")
        if field not in message:
            return _error(400, "Bad Request: there is no text in the message to edit")
        if message[field] == form[field]:
            return _error(400, "Bad Request: message is not modified: specified new message content is the same")
        message[field] = form[field]
        return _ok(_shown(message, self.chat))

    def _deleteMessage(self, form: dict[str, str], files: dict[str, bytes]) -> Answer:
        message = self._known(form)
        if message is None:
            return _error(400, "Bad Request: message to delete not found")
        if message["message_id"] in self.too_old:
            return _error(400, "Bad Request: message can't be deleted for everyone")
        self.messages.remove(message)
        return _ok(True)

    def _known(self, form: dict[str, str]) -> dict[str, Any] | None:
        return next((each for each in self.messages if str(each["message_id"]) == form.get("message_id")), None)

    def _add(self, **fields: Any) -> dict[str, Any]:
        self._next += 1
        self.messages.append({"message_id": self._next, **fields})
        return _shown(self.messages[-1], self.chat)


def _shown(message: dict[str, Any], chat: dict[str, Any]) -> dict[str, Any]:
    return {"message_id": message["message_id"], "date": 1796000000, "chat": chat, "sender_chat": chat}


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _ok(result: Any) -> Answer:
    return Answer(200, {"ok": True, "result": result})


def _error(code: int, words: str) -> Answer:
    return Answer(code, {"ok": False, "error_code": code, "description": words})
