from __future__ import annotations

from tests.platforms.adapters import SERVER, Adapter
from tests.sims.reference_platform import PLATFORM

_REPLY = {"id": "r1", "answers": "1", "author": "Maj", "text": "Bra!", "at": "2026-11-26T08:00:00+00:00"}
_POST = {"id": "1", "url": f"{SERVER}/posts/1", "text": "Hej"}
ADAPTER = Adapter(
    key="reference",
    proof=PLATFORM,
    settings={"base_url": SERVER, "client_id": "app"},
    answers=[
        (r"/me", {"id": "7", "name": "lokalen"}),
        (r"/uploads", {"id": "3", "state": "ready"}),
        (r"GET /posts", [_POST]),
        (r"/metrics", {"1": {"views": 10, "likes": 2}}),
        (
            r"/replies",
            [_REPLY],
        ),
        (r"/posts", _POST),
    ],
    refusal={"error": "no"},
    publishes=r"POST /posts$",
    handles={"media": "3"},
    uploads=False,
)
"""Its pieces are of 16 bytes: no upload of it is long."""
