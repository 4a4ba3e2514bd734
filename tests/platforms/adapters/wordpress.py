from __future__ import annotations

from tests.platforms.adapters import SECRET, SERVER, Adapter, Says

_LINK = {"Link": f'<{SERVER}/wp-json/>; rel="https://api.w.org/"', "content-type": "text/html"}
_INDEX = {
    "name": "Ljungpartiet",
    "namespaces": ["wp/v2"],
    "authentication": {
        "application-passwords": {"endpoints": {"authorization": f"{SERVER}/wp-admin/authorize-application.php"}}
    },
}
_RIGHTS = ("publish_posts", "edit_pages", "publish_pages", "upload_files", "moderate_comments")
_ME = {"id": 7, "name": "Elin", "capabilities": dict.fromkeys(_RIGHTS, True)}
_POST = {
    "id": 1,
    "slug": "hej",
    "status": "publish",
    "link": f"{SERVER}/hej/",
    "date_gmt": "2026-11-26T07:30:00",
    "title": {"rendered": "Hej"},
}
_MEDIA = {"id": 3, "slug": "bild", "source_url": f"{SERVER}/3.png"}
_COMMENT = {
    "id": 5,
    "post": 1,
    "parent": 0,
    "author": 0,
    "author_name": "Maj",
    "content": {"rendered": "<p>Bra!</p>"},
    "date_gmt": "2026-11-26T07:30:00",
    "link": f"{SERVER}/hej/#comment-5",
    "status": "approved",
}
ADAPTER = Adapter(
    key="wordpress",
    settings={"base_url": SERVER, "username": "elin"},
    secrets={"application_password": SECRET},
    answers=[
        (r"GET (https://[^/]*)?/(\?|$)", Says(None, _LINK)),
        (r"/wp-json/(\?|$)", _INDEX),
        (r"/users/me", _ME),
        (r"GET .*/media(\?|$)", []),
        (r"POST .*/media", _MEDIA),
        (r"GET .*/(categories|tags)(\?|$)", []),
        (r"GET .*/comments/\d+(\?|$)", _COMMENT),
        (r"GET .*/comments(\?|$)", [_COMMENT]),
        (r"/comments", _COMMENT),
        (r"GET .*/posts\?.*status=any", []),
        (r"GET .*/(posts|pages)(\?|$)", [_POST]),
        (r"DELETE .*/posts/1(\?|$)", _POST | {"status": "trash"}),
        (r"/posts", _POST),
    ],
    refusal={"code": "rest_error", "message": "no", "data": {"status": 400}},
    publishes=r"POST /wp-json/wp/v2/posts/1$",
    handles={"post": "1", "media0": f"3 {SERVER}/3.png", "under": "1"},
)
