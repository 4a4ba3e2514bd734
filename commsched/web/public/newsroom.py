"""The office in public: its newsroom, the feeds, what search engines ask for, pictures, and the sandbox's wall.

These pages are the same for everybody, signed in or not, and speak the office's language.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final, ParamSpec
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from commsched.core.access.routes import public
from commsched.core.content.markup import contact_to_html
from commsched.core.content.model import ENDINGS, Attachment
from commsched.core.content.release import Event
from commsched.core.text.catalogues import preferred
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, NotFound
from commsched.core.timing.dates import local
from commsched.services.content.versions import Shot
from commsched.services.kernel.blobs import File
from commsched.services.media import search, thumbnails
from commsched.services.public import front_page, look, newsroom, press_kit, published_media, sandbox_wall
from commsched.services.public.front_page import Wish
from commsched.services.public.look import Look
from commsched.services.public.newsroom import Newsroom, Publication, TakenDown
from commsched.web.components import files
from commsched.web.components.counting import visited
from commsched.web.components.documents import serve
from commsched.web.http.request_context import installation, page

bp = Blueprint("newsroom", __name__)

P = ParamSpec("P")
ASK_FIRST: Final = "public, no-cache"
"""Whoever keeps a copy asks whether it still holds: a correction is seen at once, and so is an embargo's end."""
SHORTLY: Final = "public, max-age=300"
"""Caches must ask again soon, since a picture may be taken down or a consent withdrawn."""


def outward(view: Callable[P, ResponseReturnValue]) -> Callable[P, AnyResponse]:
    """A public page: with an ETag, answered 304 where nothing changed, and a plain 404 for the press."""

    @public
    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> AnyResponse:
        try:
            response = make_response(view(*args, **kwargs))
        except TakenDown as error:
            return _taken_down(error)
        except NotFound:
            return _gone(str(kwargs.get("place", "")))
        if response.status_code == 200:
            response.headers.setdefault("Cache-Control", ASK_FIRST)
            response.add_etag()
            response.make_conditional(request)
        return response

    return shown


def dated(response: ResponseReturnValue, changed: datetime | None) -> AnyResponse:
    """``response`` with the moment at which what it shows last changed: feed readers and caches that know no ETag ask
    by it."""
    answer = make_response(response)
    if changed is not None:
        answer.last_modified = changed
    return answer


def _gone(place: str) -> AnyResponse:
    """What a wrong address gives: in the newsroom it is in, with the way to it, where there is one."""
    try:
        room = newsroom.room(installation(), place)
        speak(room)
    except NotFound:
        room = None
        g.language = preferred(request.headers.get("Accept-Language", ""))
    return make_response(page("public/gone.html", room=room), 404)


def _taken_down(error: TakenDown) -> AnyResponse:
    """410 and not 404, so that search engines and feed readers remove it. The page shows people the reason; of what was
    published in error it says nothing. What has moved leads on: for a while, since it may be put back."""
    if error.moved_to:
        return make_response(redirect(error.moved_to, 302))
    speak(error.room)
    if not error.reason:
        return make_response(page("public/gone.html", room=error.room), 410)
    return make_response(page("public/taken_down.html", room=error.room, reason=error.reason, at=error.at), 410)


def speak(room: Newsroom) -> None:
    g.language = known(room.language)


def absolute(endpoint: str, **values: Any) -> str:
    """An address as it is written outside: from the installation's own setting, not from the request's Host."""
    return installation().base_url + url_for(endpoint, **values)


@bp.app_template_global()
def room_look(room: Newsroom) -> Look:
    """The office's colours and logo."""
    return look.look(installation(), room.id)


@bp.app_template_global()
def shot_name(room: Newsroom, shot: Shot) -> str:
    """What a picture is called where it is saved."""
    return press_kit.file_name(room, shot)


@bp.app_template_global()
def shot_url(room: Newsroom, shot: Shot, download: bool = False, of: str = "") -> str:
    """A picture's address. ``of``: the uid of the item that it is taken from, which counts that."""
    wish = 1 if download else None
    if room.preview:
        return url_for("embargoed.picture", token=room.preview, name=shot.name, download=wish)
    return url_for("newsroom.media", place=room.slug, name=shot.name, download=wish, of=of or None)


@bp.app_template_global()
def paper_url(room: Newsroom, document: Attachment) -> str:
    """Where a reader fetches a document."""
    name = f"{document.sha256}{ENDINGS.get(document.mime, '')}"
    if room.preview:
        return url_for("embargoed.document", token=room.preview, name=name)
    return url_for("newsroom.document", place=room.slug, name=name)


@bp.app_template_global()
def shot_narrow(room: Newsroom, shot: Shot, width: int) -> str:
    """Where the picture is at most ``width`` pixels wide; the picture itself where it is no wider and light."""
    if shot.width <= width and shot.size <= thumbnails.HEAVY:
        return shot_url(room, shot)
    if room.preview:
        return url_for("embargoed.scaled", token=room.preview, width=width, name=shot.name)
    return url_for("newsroom.scaled", place=room.slug, width=width, name=shot.name)


@bp.app_template_global()
def shot_set(room: Newsroom, shot: Shot) -> str:
    """Its forms, for an ``img``'s ``srcset``."""
    forms = [f"{shot_narrow(room, shot, width)} {width}w" for width in thumbnails.widths(shot.width)]
    if shot.width <= thumbnails.WIDTHS[-1]:
        whole = next(width for width in thumbnails.WIDTHS if width >= shot.width)
        forms.append(f"{shot_narrow(room, shot, whole)} {shot.width}w")
    return ", ".join(forms)


@bp.app_template_global()
def shot_stands_for_link(shot: Shot) -> bool:
    """Whether the picture is large enough for previews of links."""
    return thumbnails.suits_link(shot.width, shot.height)


@bp.app_template_global()
def public_url(endpoint: str, **values: object) -> str:
    """:func:`absolute`, for templates."""
    return absolute(endpoint, **values)


@bp.app_template_global()
def public_origin() -> str:
    """What stands before a path, for addresses that are written outside."""
    return installation().base_url


@bp.app_template_filter()
def safe_html(html: str) -> Markup:
    """For what ``core.content.markup`` has sanitised, and nothing else."""
    return Markup(html)  # noqa: S704


@bp.app_template_filter()
def scrolling(html: str) -> Markup:
    """As :func:`safe_html`, each table in a frame of its own, which scrolls where the screen is narrower."""
    framed = html.replace("<table>", '<div class="table-frame" tabindex="0"><table>').replace(
        "</table>", "</table></div>"
    )
    return Markup(framed)  # noqa: S704  # sanitised: a text's own "<table>" is spelt with entities


@bp.app_template_filter()
def reachable(contact: str) -> Markup:
    """A press contact with its addresses and numbers as links."""
    return Markup(contact_to_html(contact))  # noqa: S704  # escaped there


@bp.app_template_filter()
def guid(entry: Publication) -> str:
    """The name of an item in feeds: it never changes, whatever becomes of its headline or its address."""
    try:
        return f"urn:uuid:{UUID(hex=entry.uid)}"
    except ValueError:
        return f"urn:commsched:{entry.uid}"


@bp.get("/n/<place>/")
@outward
def front(place: str) -> AnyResponse:
    """The newsroom's first page, the newest on top; ``?q=``, ``?year=`` and ``?kind=`` narrow it."""
    shown = front_page.front(installation(), place, _wish())
    speak(shown.room)
    changed = front_page.changed_at(installation(), shown.room, shown.entries)
    return dated(page("public/front.html", front=shown, room=shown.room, wish=shown.wish), changed)


def _wish() -> Wish:
    asked = request.args
    year = asked.get("year", "")
    return Wish(
        asked.get("kind", ""),
        int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
        " ".join(asked.get("q", "")[: front_page.MOST_WORDS].split()),
        asked.get("before", ""),
    )


@bp.get("/n/<place>/<address>")
@outward
def item(place: str, address: str) -> ResponseReturnValue:
    """One release or post. An old address leads to the present one."""
    room, entry = newsroom.entry(installation(), place, address)
    if entry.address != address:
        return redirect(url_for("newsroom.item", place=room.slug, address=entry.address), 301)
    speak(room)
    visited(entry.uid, room.zone)
    changed = front_page.changed_at(installation(), room, [entry])
    return dated(_shown(room, entry, entry), changed)


@bp.get("/n/<place>/<address>/in/<tag>")
@outward
def in_language(place: str, address: str, tag: str) -> ResponseReturnValue:
    """A release in another of its languages. One that it is not written in leads to the release itself."""
    room, entry = newsroom.entry(installation(), place, address)
    if tag not in [version.language for version in entry.content.versions]:
        return redirect(url_for("newsroom.item", place=room.slug, address=entry.address), 302)
    if entry.address != address:
        return redirect(url_for("newsroom.in_language", place=room.slug, address=entry.address, tag=tag), 301)
    g.language = known(tag, known(room.language))
    changed = front_page.changed_at(installation(), room, [entry])
    return dated(_shown(room, entry, entry.in_language(tag)), changed)


def _shown(room: Newsroom, whole: Publication, entry: Publication) -> str:
    """The page of ``entry``: of ``whole``, or of one of its languages. Every page leads to all the others."""
    here = language_url(room, whole, entry.content.language)
    others = (
        [(tag, language_url(room, whole, tag)) for tag in whole.content.languages] if whole.content.versions else []
    )
    return page("public/item.html", room=room, entry=entry, here=here, others=others, ld=_linked(room, entry, here))


def language_url(room: Newsroom, entry: Publication, tag: str) -> str:
    """Where ``entry`` stands in the language ``tag``."""
    if tag == entry.content.language:
        return absolute("newsroom.item", place=room.slug, address=entry.address)
    return absolute("newsroom.in_language", place=room.slug, address=entry.address, tag=tag)


@bp.get("/n/<place>/<address>/version/<int:number>")
@outward
def version(place: str, address: str, number: int) -> ResponseReturnValue:
    """An earlier wording of what has been corrected since. The newest is at the address itself."""
    room, entry = newsroom.entry(installation(), place, address, number)
    if entry.version == len(entry.versions):
        return redirect(url_for("newsroom.item", place=room.slug, address=entry.address), 302)
    if entry.address != address:
        return redirect(url_for("newsroom.version", place=room.slug, address=entry.address, number=number), 301)
    speak(room)
    here = absolute("newsroom.item", place=room.slug, address=entry.address)
    return page("public/item.html", room=room, entry=entry, here=here, others=[], ld=_linked(room, entry, here))


def _linked(room: Newsroom, entry: Publication, url: str) -> object:
    """What search engines read of ``entry``, which stands at ``url``: the article, and what it invites to."""
    article = _news_article(room, entry, url)
    event = entry.content.event
    if event is None or event.starts_at is None:
        return article
    return [article, _event(room, entry, event, url)]


def _event(room: Newsroom, entry: Publication, event: Event, url: str) -> dict[str, object]:
    """Schema.org's Event."""
    times = {"startDate": event.starts_at, "endDate": event.ends_at}
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": entry.headline,
        "description": entry.summary,
        "url": url,
        "inLanguage": entry.content.language,
        "eventStatus": f"https://schema.org/{'EventCancelled' if event.called_off else 'EventScheduled'}",
        "location": {"@type": "Place", "name": event.place, "address": event.address or event.place},
        "organizer": {"@type": "Organization", "name": room.name, "url": absolute("newsroom.front", place=room.slug)},
        **{name: local(at, event.zone).isoformat() for name, at in times.items() if at is not None},
    }


def _news_article(room: Newsroom, entry: Publication, url: str) -> dict[str, object]:
    """Schema.org's NewsArticle."""
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": entry.headline[:110],
        "description": entry.summary,
        "datePublished": entry.published_at.isoformat(),
        "dateModified": entry.updated_at.isoformat(),
        "inLanguage": entry.content.language,
        "mainEntityOfPage": url,
        "url": url,
        "identifier": guid(entry),
        "image": [installation().base_url + shot_narrow(room, shot, thumbnails.WIDTHS[-1]) for shot in entry.pictures],
        "author": {"@type": "Organization", "name": room.name},
        "publisher": {"@type": "Organization", "name": room.name, "url": absolute("newsroom.front", place=room.slug)},
    }


@bp.get("/wall/<place>/<int:channel>")
@outward
def wall_page(place: str, channel: int) -> str:
    """What a sandbox channel has published."""
    shown = sandbox_wall.wall(installation(), place, channel)
    speak(shown.room)
    return page("public/wall.html", wall=shown, room=shown.room)


@bp.get("/media/<place>/<name>")
@public
def media(place: str, name: str) -> AnyResponse:
    """A picture that is part of something published; any picture of the office for those who work in it."""
    file, row = published_media.picture(installation(), place, name, _person())
    wish = request.args.get("download")
    if wish and (of := request.args.get("of", "")[:32]):
        visited(of, newsroom.find_room(installation(), place).zone, "picture")
    return _sent(file, row, name=published_media.name_for_saving(installation(), place, row) if wish else "")


@bp.get("/media/<place>/documents/<name>")
@public
def document(place: str, name: str) -> AnyResponse:
    """A document of something published, to be saved: it is never shown as a page of ours."""
    file, shown = published_media.document(installation(), place, name)
    response = serve(file, shown)
    response.headers["Cache-Control"] = SHORTLY
    return response


@bp.get("/media/<place>/<int:width>/<name>")
@public
def scaled(place: str, width: int, name: str) -> AnyResponse:
    """The same, made narrower: for lists and phones."""
    whole, row = published_media.picture(installation(), place, name, _person())
    if width not in thumbnails.WIDTHS:
        raise NotFound(N_("There is no such picture."))
    file = thumbnails.scaled(installation(), whole, row, width)
    return _sent(file, row, f"-{width}")


def _person() -> int | None:
    return g.visitor.person if g.visitor else None


def _sent(file: File, row: search.Row, form: str = "", name: str = "") -> AnyResponse:
    response = files.send(file, f"{row.sha256}{form}", name=name, changed=row.created_at)
    shared = not g.visitor
    # A member's answer says nothing of what the public may see, so no shared cache may keep it.
    response.headers["Cache-Control"] = SHORTLY if shared else "private, max-age=86400"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if shared else "same-origin"
    response.headers["Vary"] = "Cookie"
    return response
