from __future__ import annotations

from tests.platforms.adapters import SERVER, Adapter

_ACCOUNT = {"id": "7", "acct": "lokalen", "url": f"{SERVER}/@lokalen", "username": "lokalen"}
_STATUS = {
    "id": "1",
    "url": f"{SERVER}/@lokalen/1",
    "uri": f"{SERVER}/1",
    "content": "<p>Hej</p>",
    "created_at": "2026-11-26T07:30:00.000Z",
    "in_reply_to_id": None,
    "media_attachments": [{"id": "3", "url": f"{SERVER}/3"}],
}
_INSTANCE = {
    "domain": "server.example",
    "uri": "server.example",
    "version": "4.3.0",
    "source_url": "https://github.com/mastodon/mastodon",
    "max_toot_chars": 500,
    "configuration": {
        "statuses": {"max_characters": 500, "characters_reserved_per_url": 23, "max_media_attachments": 4},
        "media_attachments": {
            "supported_mime_types": ["image/png"],
            "image_size_limit": 100,
            "image_matrix_limit": 100,
            "description_limit": 1500,
        },
    },
}
ADAPTER = Adapter(
    key="mastodon",
    answers=[
        (r"/api/v1/accounts/verify_credentials", _ACCOUNT),
        (r"/api/v2/instance|/api/v1/instance", _INSTANCE),
        (r"/api/v1/apps/verify_credentials", {"name": "app", "scopes": ["read", "write"]}),
        (r"/nodeinfo/2.0", {"software": {"name": "mastodon"}}),
        (r"/api/v\d/media", {"id": "3", "url": f"{SERVER}/3", "type": "image"}),
        (r"/api/v1/accounts/7/statuses", [_STATUS]),
        (r"/api/v1/statuses", _STATUS),
    ],
    refusal={"error": "no", "error_description": "because"},
    publishes=r"POST /api/v1/statuses$",
    handles={"media": "3"},
    unready={"pending": "3"},
)
