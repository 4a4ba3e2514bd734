from __future__ import annotations

from tests.platforms.adapters import SERVER, Adapter

POST = {
    "id": "12_1",
    "message": "Hej",
    "created_time": "2026-11-26T07:30:00+0000",
    "permalink_url": "https://www.facebook.com/1",
    "is_published": True,
    "success": True,
    "name": "Sidan",
    "link": "https://www.facebook.com/sidan",
}
ADAPTER = Adapter(
    key="facebook",
    settings={"base_url": SERVER, "page_id": "12_1"},
    answers=[
        (r"/debug_token", {"data": {"scopes": ["pages_manage_posts", "pages_read_engagement"], "expires_at": 1}}),
        (
            r"/(published_posts|comments)",
            {"data": [POST], "paging": {"cursors": {"after": "a"}, "next": "https://g.example"}},
        ),
        (r"", POST),
    ],
    refusal={
        "error": {
            "code": 190,
            "error_subcode": 33,
            "message": "Session has expired.",
            "error_user_msg": "Logga in",
            "fbtrace_id": "A",
            "is_transient": True,
        }
    },
    publishes=r"POST /v[\d.]+/12_1$|POST /v[\d.]+/.*comments$",
    handles={"post": "12_1"},
)
