"""The newsroom's feeds, and what search engines ask for: Atom, RSS, JSON Feed, the site map, the sign, robots."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, Response, jsonify, make_response, request
from werkzeug.http import http_date
from werkzeug.wrappers import Response as AnyResponse

from commsched.services.public import favicon, front_page, newsroom, ninjs
from commsched.services.public.front_page import Front
from commsched.services.public.newsroom import Newsroom, Publication
from commsched.web.http.request_context import installation, page
from commsched.web.public.newsroom import absolute, dated, guid, outward, paper_url, shot_narrow, speak

bp = Blueprint("feeds", __name__)

FEEDS: Final = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
"""Feeds are for readers that live on other sites."""
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When an empty feed was last changed; Atom must have a time there."""
_NOT_XML: Final = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""A pattern, compiled when a feed is first asked for: so wide a set takes 8 ms, which no start should pay."""


def _xml(template: str, kind: str, **context: object) -> Response:
    response = make_response(re.sub(_NOT_XML, "", page(template, **context)))
    response.content_type = f"{kind}; charset=utf-8"
    response.headers.update(FEEDS)
    return response


@bp.get("/n/<place>/feed.atom")
@outward
def atom(place: str) -> AnyResponse:
    """Atom 1.0 (RFC 4287), whole texts."""
    return _feed("public/atom.xml", "application/atom+xml", _newest(place))


@bp.get("/n/<place>/feed.rss")
@outward
def rss(place: str) -> AnyResponse:
    """RSS 2.0, whole texts: for what reads nothing newer."""
    return _feed("public/rss.xml", "application/rss+xml", _newest(place))


def _newest(place: str) -> Front:
    return front_page.front(installation(), place, size=front_page.FEED, menu=False)


def _changed(shown: Front) -> datetime:
    return front_page.changed_at(installation(), shown.room, shown.entries) or EPOCH


def _feed(template: str, kind: str, shown: Front) -> AnyResponse:
    speak(shown.room)
    changed = _changed(shown)
    return dated(_xml(template, kind, front=shown, room=shown.room, changed=changed), changed)


@bp.app_template_filter()
def rfc822(moment: datetime) -> str:
    """``Thu, 26 Nov 2026 06:00:00 GMT``: how RSS writes a moment, in every language."""
    return http_date(moment)


@bp.get("/n/<place>/feed.json")
@outward
def json_feed(place: str) -> AnyResponse:
    """JSON Feed 1.1."""
    shown = _newest(place)
    room = shown.room
    response = jsonify(
        version="https://jsonfeed.org/version/1.1",
        title=room.name,
        language=room.language,
        home_page_url=absolute("newsroom.front", place=room.slug),
        feed_url=absolute("feeds.json_feed", place=room.slug),
        favicon=absolute("feeds.icon", place=room.slug),
        items=[_json_item(room, entry) for entry in shown.entries],
    )
    response.content_type = "application/feed+json; charset=utf-8"
    response.headers.update(FEEDS)
    return dated(response, _changed(shown))


def _json_item(room: Newsroom, entry: Publication) -> dict[str, object]:
    article = {
        "id": guid(entry),
        "url": absolute("newsroom.item", place=room.slug, address=entry.address),
        "title": entry.content.title,
        "summary": entry.summary,
        "content_html": page("public/_feed_body.html", room=room, entry=entry),
        "date_published": entry.published_at.isoformat(),
        "date_modified": entry.updated_at.isoformat() if entry.corrected else "",
        "language": entry.content.language,
        "tags": [entry.content.genre if entry.kind == "release" else entry.kind],
        "authors": [{"name": room.name}],
        "attachments": [
            {
                "url": absolute("newsroom.media", place=room.slug, name=shot.name),
                "mime_type": shot.mime,
                "title": shot.alt,
                "size_in_bytes": shot.size,
            }
            for shot in entry.pictures
        ]
        + [
            {
                "url": installation().base_url + paper_url(room, document),
                "mime_type": document.mime,
                "title": document.title,
                "size_in_bytes": document.size,
            }
            for document in entry.documents
        ],
    }
    if entry.pictures:
        article["image"] = installation().base_url + shot_narrow(room, entry.pictures[0], 1600)
    return {key: value for key, value in article.items() if value}


@bp.get("/n/<place>/feed.ninjs")
@outward
def ninjs_feed(place: str) -> AnyResponse:
    """The newest in ninjs, for newsrooms' own systems."""
    shown = _newest(place)
    items = [ninjs.item(shown.room, entry, guid(entry), absolute) for entry in shown.entries]
    return dated(_json(jsonify(title=shown.room.name, language=shown.room.language, items=items)), _changed(shown))


@bp.get("/n/<place>/<address>/ninjs.json")
@outward
def ninjs_item(place: str, address: str) -> AnyResponse:
    """One publication in ninjs; ``?language=en``: in that language."""
    room, entry = newsroom.entry(installation(), place, address)
    wanted = request.args.get("language", "")[:35]
    answer = _json(jsonify(ninjs.item(room, entry, guid(entry), absolute, wanted)))
    return dated(answer, front_page.changed_at(installation(), room, [entry]))


def _json(answer: Response) -> Response:
    answer.headers.update(FEEDS)
    return answer


@bp.get("/n/<place>/sitemap.xml")
@outward
def sitemap(place: str) -> Response:
    """Every address of this newsroom, for search engines."""
    room, addresses = newsroom.site_map(installation(), place)
    return _xml("public/sitemap.xml", "application/xml", room=room, addresses=addresses)


@bp.get("/n/<place>/icon.svg")
@outward
def icon(place: str) -> Response:
    """The office's sign in a browser's tab."""
    return Response(favicon.sign(installation(), place), content_type="image/svg+xml")


@bp.get("/robots.txt")
@outward
def robots() -> Response:
    """Newsrooms may be searched; the desk and the sandbox may not."""
    lines = ["User-agent: *", "Disallow: /w/", "Disallow: /wall/", "Disallow: /api/", "Allow: /n/", "Allow: /media/"]
    lines += [f"Sitemap: {absolute('feeds.sitemap', place=slug)}" for slug in newsroom.rooms(installation())]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
