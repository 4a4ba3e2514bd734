from __future__ import annotations

from tests.platforms.adapters import SERVER, Adapter
from tests.platforms.adapters.facebook import ADAPTER as FACEBOOK

_POST = {
    "id": "18",
    "text": "Hej",
    "timestamp": "2026-11-26T07:30:00+0000",
    "permalink": "https://www.threads.net/@lokalen/post/1",
    "replied_to": {"id": "5"},
    "success": True,
}
ADAPTER = Adapter(
    key="threads",
    settings={"base_url": SERVER},
    answers=[
        (r"/threads_publishing_limit", {"data": [{"quota_usage": 1, "config": {"quota_total": 250}}]}),
        (r"GET \S*/19\b", {"id": "19", "status": "FINISHED"}),
        (r"POST \S*/7/threads(\?|$)", {"id": "19"}),
        (
            r"GET \S*/7/(threads|replies)\b",
            {"data": [_POST], "paging": {"cursors": {"after": "a"}, "next": "https://g.example"}},
        ),
        (r"GET \S*/me\b", {"id": "7", "username": "lokalen", "threads_profile_picture_url": "https://p.example/1.jpg"}),
        (r"", _POST),
    ],
    refusal=FACEBOOK.refusal,
    publishes=r"POST /v1.0/\w+/threads_publish$",
    handles={"container": "19"},
    uploads=False,
)
