from __future__ import annotations

from tests.platforms.adapters import SECRET, SERVER, Adapter, Says

_URN = "urn:li:share:7001"
_POST = {"id": _URN, "commentary": "Hej", "publishedAt": 1795678200000, "content": {"media": {"id": "urn:li:image:C1"}}}
_ROLE = {"role": "ADMINISTRATOR", "state": "APPROVED", "organization": "urn:li:organization:7"}
ADAPTER = Adapter(
    key="linkedin",
    settings={"base_url": SERVER, "organization": "7"},
    secrets={"access_token": SECRET, "refresh_token": SECRET},
    app={"client_id": "app", "client_secret": SECRET},
    answers=[
        (r"/rest/organizationAcls", {"elements": [_ROLE]}),
        (r"/rest/organizations/7", {"id": 7, "localizedName": "Lokalen", "vanityName": "lokalen"}),
        (
            r"/rest/images\?action=initializeUpload",
            {"value": {"uploadUrl": f"{SERVER}/dms-uploads/1", "image": "urn:li:image:C1"}},
        ),
        (r"PUT .*/dms-uploads", Says("", {"etag": '"1"'}, 201)),
        (r"/rest/(images|videos)/", {"status": "AVAILABLE"}),
        (r"GET .*/rest/posts", {"elements": [_POST], **_POST}),
        (r"/comments", {"$URN": f"urn:li:comment:({_URN},1)", "id": "1", "elements": []}),
        (r"POST .*/rest/posts", Says("", {"x-restli-id": _URN}, 201)),
    ],
    refusal={"message": "no", "code": "REFUSED", "serviceErrorCode": 100, "status": 400},
    publishes=r"POST /rest/posts$",
    remote_id=_URN,
    handles={"image0": "urn:li:image:C1"},
)
