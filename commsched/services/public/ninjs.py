"""A publication in ninjs 3.0, the IPTC's JSON for news: what newsrooms' own systems read without anybody's pasting.

It says what the page says: every wording is a version of one item under one URI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from commsched.core.content.markup import to_html, to_plain
from commsched.core.content.model import ENDINGS, Attachment
from commsched.core.content.release import ContactPerson
from commsched.core.press.words import Box, event_of, genre, press_boxes
from commsched.core.text.json_values import JsonObject
from commsched.services.content.versions import Shot
from commsched.services.public.newsroom import Newsroom, Publication

VERSION: Final = "3.0"
SCHEMA: Final = "https://www.iptc.org/std/ninjs/ninjs-schema_3.0.json"
MIME: Final = "application/json"
Addresses: TypeAlias = Callable[..., str]
"""Makes an address outside of a page's name and its values."""


def item(room: Newsroom, whole: Publication, uri: str, url: Addresses, language: str = "") -> JsonObject:
    """One publication, in ``language`` where it has words of that; ``uri`` is the name that never changes, with the
    language behind it where that is not the release's own. What is empty is left out."""
    entry = whole.in_language(language)
    others = [tag for tag in whole.content.languages if tag != entry.content.language]
    content, here = entry.content, {"place": room.slug, "address": whole.address}
    if entry is not whole:
        here["language"], uri = content.language, f"{uri}#{content.language}"
    page = _page(whole, content.language, url, room)
    news: JsonObject = {
        "uri": uri,
        "standard": {"name": "ninjs", "version": VERSION, "schema": SCHEMA},
        "type": "text",
        "representationType": "full",
        "version": str(entry.version),
        "firstCreated": _moment(entry.published_at),
        "versionCreated": _moment(entry.versions[entry.version - 1].at if entry.versions else entry.published_at),
        "pubStatus": "usable",
        "language": content.language,
        "title": entry.headline,
        "headlines": [{"role": "main", "value": entry.headline}],
        "descriptions": _descriptions(entry),
        "bodies": _bodies(entry),
        "by": room.name,
        "copyrightHolder": room.name,
        "edNote": content.correction,
        "genres": [{"name": genre(content)}] if genre(content) else [],
        "infoSources": [{"name": room.name, "role": "creator", "uri": url("newsroom.front", place=room.slug)}],
        "people": _people(entry),
        "associations": [
            *(_picture(room, shot, uri, url) for shot in entry.pictures),
            *(_document(room, each, uri, url) for each in entry.documents),
            *(_translation(room, whole, tag, uri.partition("#")[0], url) for tag in others),
        ],
        "places": _places(entry),
        "eventDetails": _event(entry),
        "renditions": _renditions(entry, page, url, here),
    }
    return {key: value for key, value in news.items() if value}


def _page(whole: Publication, tag: str, url: Addresses, room: Newsroom) -> str:
    """Where ``whole`` stands in the language ``tag``."""
    here = {"place": room.slug, "address": whole.address}
    return (
        url("newsroom.item", **here) if tag == whole.content.language else url("newsroom.in_language", **here, tag=tag)
    )


def _translation(room: Newsroom, whole: Publication, tag: str, uri: str, url: Addresses) -> JsonObject:
    """The same in another language: a news item of its own."""
    own = tag == whole.content.language
    address = url("feeds.ninjs_item", place=room.slug, address=whole.address, language=None if own else tag)
    forms = [("page", "text/html", _page(whole, tag, url, room)), ("ninjs", MIME, address)]
    return {
        "name": f"translation-{tag}",
        "uri": uri if own else f"{uri}#{tag}",
        "type": "text",
        "language": tag,
        "title": whole.in_language(tag).headline,
        "renditions": [{"name": name, "contentType": kind, "href": href} for name, kind, href in forms],
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _descriptions(entry: Publication) -> list[JsonObject]:
    said = [("lead", entry.content.lead.strip()), ("short", entry.content.short.strip())]
    return [{"role": role, "contentType": "text/plain", "value": words} for role, words in said if words]


def _bodies(entry: Publication) -> list[JsonObject]:
    """The running text as people read it and as HTML, then each box."""
    plain = to_plain(entry.text) if entry.kind == "release" else entry.text
    return [
        _body("main", "text/plain", plain),
        _body("main", "text/html", entry.html()),
        *(_body("quote", "text/plain", f"{said.text}\n{said.speaker}".strip()) for said in entry.content.quotes),
        *(_box(box) for box in press_boxes(entry.content)),
    ]


def _box(box: Box) -> JsonObject:
    if box.body == "markup":
        return _body(box.heading, "text/html", to_html(box.text))
    return _body(box.heading, "text/plain", box.text)


def _body(role: str, kind: str, value: str) -> JsonObject:
    return {"role": role, "contentType": kind, "charCount": len(value), "wordCount": len(value.split()), "value": value}


def _people(entry: Publication) -> list[JsonObject]:
    """Who is quoted, and whom the press may call."""
    quoted = [{"name": quote.person, "rel": "quoted"} for quote in entry.content.quotes if quote.person]
    return [*quoted, *(_contact(person) for person in entry.content.contacts if person.name)]


def _contact(person: ContactPerson) -> JsonObject:
    ways = [("phone", person.phone), ("email", person.email)]
    info = [{"type": kind, "value": value} for kind, value in ways if value]
    return {"name": person.name, "rel": "contact"} | ({"contactInfo": info} if info else {})


def _picture(room: Newsroom, shot: Shot, uri: str, url: Addresses) -> JsonObject:
    whole: JsonObject = {
        "name": "print",
        "href": url("newsroom.media", place=room.slug, name=shot.name),
        "contentType": shot.mime,
        "width": shot.width,
        "height": shot.height,
        "sizeInBytes": shot.size,
    }
    said = {"alt": shot.alt, "caption": shot.caption}
    news: JsonObject = {
        "name": shot.name[:12],
        "uri": f"{uri}#{shot.name[:12]}",
        "type": "picture",
        "by": shot.credit,
        "copyrightHolder": shot.credit or room.name,
        "descriptions": [
            {"role": role, "contentType": "text/plain", "value": text} for role, text in said.items() if text
        ],
        "renditions": [{key: value for key, value in whole.items() if value}],
    }
    return {key: value for key, value in news.items() if value}


def _document(room: Newsroom, document: Attachment, uri: str, url: Addresses) -> JsonObject:
    """A document beside the text. The standard has no kind of its own for it: what it is, its rendition says."""
    name = f"{document.sha256}{ENDINGS.get(document.mime, '')}"
    whole: JsonObject = {
        "name": "original",
        "href": url("newsroom.document", place=room.slug, name=name),
        "contentType": document.mime,
        "sizeInBytes": document.size,
    }
    return {
        "name": name[:12],
        "uri": f"{uri}#{name[:12]}",
        "type": "component",
        "title": document.title,
        "by": room.name,
        "renditions": [{key: value for key, value in whole.items() if value}],
    }


def _places(entry: Publication) -> list[JsonObject]:
    event = event_of(entry.content)
    name = ", ".join(part for part in (event.place, event.address) if part) if event else ""
    return [{"name": name, "rel": "eventLocation"}] if name else []


def _event(entry: Publication) -> JsonObject:
    """When what it invites to is."""
    event = event_of(entry.content)
    if event is None or event.starts_at is None:
        return {}
    dates = {"startDate": _moment(event.starts_at)}
    return {"dates": dates | ({"endDate": _moment(event.ends_at)} if event.ends_at else {})}


def _renditions(entry: Publication, page: str, url: Addresses, here: Mapping[str, str]) -> list[JsonObject]:
    """Where it stands, and in which other forms it is to be had."""
    forms = [("page", "text/html", page)]
    if entry.kind == "release":
        forms.append(("pdf", "application/pdf", url("press.pdf", **here)))
        forms.append(("press-kit", "application/zip", url("press.kit", **{**here, "language": None})))
    if event_of(entry.content) is not None:
        forms.append(("calendar", "text/calendar", url("press.event", **{**here, "language": None})))
    return [{"name": name, "contentType": kind, "href": address} for name, kind, address in forms]
