from __future__ import annotations

from tests.platforms.adapters import SERVER, Adapter
from tests.platforms.adapters.facebook import ADAPTER as FACEBOOK

_MEDIA = {
    "id": "18",
    "caption": "Hej",
    "text": "Hej",
    "timestamp": "2026-11-26T07:30:00+0000",
    "permalink": "https://www.instagram.com/p/1/",
    "success": True,
}
ADAPTER = Adapter(
    key="instagram",
    settings={"base_url": SERVER, "user_id": "7"},
    answers=[
        (r"/debug_token", {"data": {"scopes": ["instagram_basic", "instagram_content_publish"], "expires_at": 1}}),
        (r"/content_publishing_limit", {"data": [{"quota_usage": 1, "config": {"quota_total": 100}}]}),
        (r"GET /\S*/19\b|GET \S*/19$", {"id": "19", "status_code": "FINISHED", "status": "Finished"}),
        (r"POST \S*/7/media(\?|$)", {"id": "19"}),
        (
            r"GET \S*/(media|comments)\b",
            {"data": [_MEDIA], "paging": {"cursors": {"after": "a"}, "next": "https://g.example"}},
        ),
        (r"GET \S*/7\b", {"id": "7", "username": "lokalen", "profile_picture_url": "https://p.example/1.jpg"}),
        (r"", _MEDIA),
    ],
    refusal=FACEBOOK.refusal,
    publishes=r"POST /v[\d.]+/(7/media_publish|\d+/(comments|replies))$",
    handles={"container": "19"},
    picture=True,
    uploads=False,
)
