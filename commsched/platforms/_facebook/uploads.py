"""What is made on a Page before anybody sees it: photos and the unpublished post that shows them."""

from __future__ import annotations

import json

from commsched.core.delivery.outcome import Handles
from commsched.core.platform.contract import AttachmentFile, Part
from commsched.platforms._facebook.graph import Graph
from commsched.platforms._shared.answers import ident


def unpublished(graph: Graph, page: str, part: Part) -> Handles:
    """Make the post, with every photo of it. A photo that an earlier try has sent is not sent again."""
    values = dict(part.progress.handles.values)
    for number, picture in enumerate(part.pictures):
        if not values.get(f"photo{number}"):
            values[f"photo{number}"] = _photo(graph, page, picture)
            part.progress.save(**values)
    photos = [values[f"photo{number}"] for number in range(len(part.pictures))]
    post: dict[str, str] = {"published": "false"}
    if part.text:
        post["message"] = part.text
    if part.view.content.link and not photos:
        post["link"] = part.view.content.link
    if photos:
        post["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
    return Handles({"post": ident(graph.put_object(page, "feed", **post))})


def _photo(graph: Graph, page: str, picture: AttachmentFile) -> str:
    more = {"published": "false", "alt_text_custom": picture.alt}
    with picture.open() as stream:
        return ident(graph.put_photo(("picture", stream, picture.mime), album_path=f"{page}/photos", **more))
