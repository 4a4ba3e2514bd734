from __future__ import annotations

from tests.platforms.adapters import SECRET, SERVER, Adapter

_CHAT = {"id": -1001234567890, "type": "channel", "title": "Lokalen", "username": "lokalen"}
_MESSAGE = {"message_id": 7, "date": 1796000000, "chat": _CHAT}
ADAPTER = Adapter(
    key="telegram",
    settings={"base_url": SERVER, "chat": "@lokalen"},
    secrets={"token": f"123456:{SECRET}"},
    account="-1001234567890",
    answers=[
        (r"/getMe", {"ok": True, "result": {"id": 42, "is_bot": True, "username": "lokalen_bot"}}),
        (r"/getChatMember", {"ok": True, "result": {"status": "administrator", "can_post_messages": True}}),
        (r"/getChat", {"ok": True, "result": _CHAT}),
        (r"/sendMediaGroup", {"ok": True, "result": [_MESSAGE]}),
        (r"/delete", {"ok": True, "result": True}),
        (r"", {"ok": True, "result": _MESSAGE}),
    ],
    refusal={"ok": False, "error_code": 400, "description": "Bad Request: no", "parameters": {"retry_after": 7}},
    publishes=r"/send(Message|Photo|Video|MediaGroup)$",
)
