from __future__ import annotations

from tests.platforms.adapters import SECRET, SERVER, Adapter

_TWEET = {
    "id": "1",
    "text": "Hej https://t.co/1",
    "created_at": "2026-11-26T07:30:00.000Z",
    "referenced_tweets": [{"id": "5", "type": "replied_to"}],
    "attachments": {"media_keys": ["3_1"]},
    "entities": {"urls": [{"url": "https://t.co/1", "expanded_url": "https://a.example", "display_url": "a.example"}]},
}
ADAPTER = Adapter(
    key="x",
    settings={"base_url": SERVER},
    secrets=dict.fromkeys(("api_key", "api_secret", "access_token", "access_secret"), SECRET),
    answers=[
        (r"/2/users/me", {"data": {"id": "7", "username": "lokalen", "name": "Lokalen"}}),
        (r"/2/media", {"data": {"id": "3"}}),
        (r"/2/users/7/tweets", {"data": [_TWEET], "meta": {"next_token": "n", "result_count": 1}}),
        (r"/2/tweets", {"data": {"id": "1", "text": "Hej", "deleted": True}}),
    ],
    refusal={
        "errors": [{"message": "no", "detail": "because"}],
        "title": "no",
        "detail": "because",
        "type": "about:blank",
    },
    publishes=r"POST /2/tweets$",
    handles={"media": "3"},
)
