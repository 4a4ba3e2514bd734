"""A post or a page of a site: what is sent of it, its pictures and terms, and how it is found again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Final, Literal

import msgspec

from commsched.core.content.model import ENDINGS
from commsched.core.delivery.outcome import Absent, CannotTell, Finding, Found, Handles, Outcome, Published, Rejected
from commsched.core.platform.contract import AttachmentFile, Part
from commsched.core.platform.figures import Publication, Seen
from commsched.core.text.messages import N_, OfficeError
from commsched.core.text.slug import address_of, slug
from commsched.platforms._shared.answers import ident, read
from commsched.platforms._wordpress.body import Image, blocks, credit, excerpt, headline, plain, words_of
from commsched.platforms._wordpress.rest import Rest, RestError

Type = Literal["posts", "pages"]
KINDS: Final[tuple[Type, ...]] = ("posts", "pages")
TAXONOMIES: Final = ("categories", "tags")
MOST_TERMS: Final = 20
_FIELDS: Final = "id,slug,status,link"


class TermMissing(OfficeError):
    """The site has no such category or tag, and the user may not make one."""

    status, code = 422, "term"


class Entry(msgspec.Struct):
    """A post, a page or a picture as the API tells of it."""

    status: str = ""
    link: str = ""
    source_url: str = ""


class _Title(msgspec.Struct):
    rendered: str = ""


class _Publication(msgspec.Struct):
    date_gmt: str
    title: _Title
    link: str = ""


class _Term(msgspec.Struct):
    name: str


class _TermExists(msgspec.Struct):
    term_id: int


def type_of(part: Part) -> Type:
    """Whether the part becomes a page of the site or one of its posts."""
    return "pages" if part.view.options.get("type") == "page" else "posts"


def remote_id(kind: Type, number: str) -> str:
    """The name that we keep: the number, and for a page that it is one."""
    return number if kind == "posts" else f"pages/{number}"


def path_of(remote: str) -> str:
    """Where the entry called ``remote`` is asked for. Raises ``ValueError`` for what is no name of one."""
    kind, _, number = remote.rpartition("/")
    if kind not in ("", "posts", "pages") or not number.isdigit():
        raise ValueError(f"“{remote[:50]}” is not the number of a post")
    return f"wp/v2/{kind or 'posts'}/{number}"


def slug_of(part: Part) -> str:
    """The last part of the entry's address: the headline, and what makes it this very part on every try."""
    return address_of(headline(part.view), part.view.text, _stem(part))


def _stem(part: Part) -> str:
    return part.key or part.view.uid


def by_slug(rest: Rest, kind: str, wanted: str) -> dict[str, object] | None:
    """The entry with that slug, drafts too; ``None`` where there is none."""
    status = {} if kind == "media" else {"status": "any"}
    answer = rest.get(f"wp/v2/{kind}", slug=wanted, context="edit", _fields=f"{_FIELDS},source_url", **status)
    entries = read(answer, list[dict[str, object]])
    return entries[0] if entries else None


def gather(rest: Rest, part: Part) -> dict[str, str]:
    """What the entry needs to have at the site beforehand: its pictures and terms, each made at most once."""
    values = dict(part.progress.handles.values)
    for number, picture in enumerate(part.pictures):
        if f"media{number}" not in values:
            values[f"media{number}"] = _upload(rest, part, picture, number)
            part.progress.save(**values)
    if type_of(part) == "posts" and "terms" not in values:
        values |= {taxonomy: _terms(rest, part, taxonomy) for taxonomy in TAXONOMIES} | {"terms": "1"}
        part.progress.save(**values)
    return values


def draft(rest: Rest, part: Part) -> Handles:
    """Make the entry where only the site's own people see it, or find the one that an earlier try has made."""
    values, kind = gather(rest, part), type_of(part)
    if "post" not in values:
        known = by_slug(rest, kind, slug_of(part))
        if known is None:
            fields = fields_of(part, values) | {"status": "draft", "slug": slug_of(part)}
            known = read(rest.send(f"wp/v2/{kind}", fields), dict[str, object])
        values["post"] = ident(known)
    return Handles(values)


def complete(part: Part, values: dict[str, str]) -> bool:
    """Whether all that the entry needs is at the site."""
    return all(f"media{number}" in values for number in range(len(part.pictures)))


def fields_of(part: Part, values: dict[str, str]) -> dict[str, object]:
    """What the entry says, with what :func:`gather` has brought. It is sent with every call that changes the entry:
    what is approved is what is out."""
    view = part.view
    media = [values[f"media{number}"].partition(" ") for number in range(len(part.pictures))]
    images = [
        Image(number, address, picture.alt, picture.credit)
        for (number, _, address), picture in zip(media, part.pictures, strict=True)
    ]
    fields: dict[str, object] = {
        "title": plain(headline(view)),
        "content": blocks(view, images[1:]),
        "excerpt": plain(excerpt(view)),
        "featured_media": int(images[0].id) if images else 0,
    }
    if type_of(part) == "posts":
        fields |= {taxonomy: _numbers(values[taxonomy]) for taxonomy in TAXONOMIES if values.get(taxonomy)}
    return fields


def _numbers(joined: str) -> list[int]:
    return [int(number) for number in joined.split(",") if number]


def _upload(rest: Rest, part: Part, picture: AttachmentFile, number: int) -> str:
    """The picture's number and address at the site. One that an earlier try has left there is taken again."""
    name = f"{_stem(part)[:12]}-{number}-{picture.sha256[:12]}"
    known = by_slug(rest, "media", name)
    if known is None:
        fields = {"slug": name, "alt_text": picture.alt, "title": picture.alt[:100]}
        caption = credit(part.view, picture.credit)
        if caption:
            fields["caption"] = plain(caption)
        filename = f"{slug(picture.alt, 40) or 'picture'}-{picture.sha256[:8]}{ENDINGS.get(picture.mime, '')}"
        with picture.open() as stream:
            answer = rest.upload("wp/v2/media", fields, {"file": (filename, stream, picture.mime)})
        known = read(answer, dict[str, object])
    return f"{int(ident(known))} {read(known, Entry).source_url}"


def names_of(part: Part, taxonomy: str) -> list[str]:
    """The categories or tags that the writer has named, once each."""
    named = [name.strip().lstrip("#") for name in part.view.options.get(taxonomy, "").split(",")]
    return list({name.casefold(): name for name in named if name}.values())[:MOST_TERMS]


def _terms(rest: Rest, part: Part, taxonomy: str) -> str:
    return ",".join(str(_term(rest, taxonomy, name)) for name in names_of(part, taxonomy))


def _term(rest: Rest, taxonomy: str, name: str) -> int:
    """The number of the category or tag called ``name``, made where the site has none and the user may."""
    answer = rest.get(f"wp/v2/{taxonomy}", search=name, per_page=100, _fields="id,name")
    for each in read(answer, list[dict[str, object]]):
        if read(each, _Term).name.casefold() in (name.casefold(), plain(name).casefold()):
            return int(ident(each))
    try:
        return int(ident(rest.send(f"wp/v2/{taxonomy}", {"name": name})))
    except RestError as error:
        if error.code == "term_exists":
            return read(error.data, _TermExists).term_id
        if error.status in (401, 403) and error.code == "rest_cannot_create":
            raise TermMissing(
                N_("the site has no “%(name)s” among its categories or tags, and this user may not make one"),
                name=name,
            ) from error
        raise


def published(answer: object, kind: Type) -> Outcome:
    """What the site says of the entry that was to become visible."""
    entry = read(answer, Entry)
    name = remote_id(kind, ident(answer))
    if entry.status == "publish":
        return Published(name, entry.link)
    if entry.status == "pending":
        return Rejected(N_("the site keeps it until somebody there has reviewed it"), "permission")
    raise ValueError(f"the site says that the post is “{entry.status[:30]}”")


def finding(rest: Rest, part: Part, handles: Handles) -> Finding:
    """Whether the very entry is visible. It has a name of its own, so no other can be taken for it."""
    kind, number = type_of(part), handles.values.get("post", "")
    try:
        known = (
            read(rest.get(f"wp/v2/{kind}/{number}", context="edit", _fields=_FIELDS), dict[str, object])
            if number.isdigit()
            else by_slug(rest, kind, slug_of(part))
        )
    except RestError as error:
        if not error.gone:
            raise
        known = None
    if known is None:
        return Absent(N_("the site has no such post")) if not number else _vanished()
    entry = read(known, Entry)
    if entry.status == "publish":
        return Found(remote_id(kind, ident(known)), entry.link)
    if entry.status in ("draft", "auto-draft", "pending"):
        return Absent(N_("the post is still a draft"))
    return CannotTell(N_("somebody has changed the post on the site"), final=True)


def _vanished() -> Finding:
    return CannotTell(N_("somebody has removed the post on the site"), final=True)


def publications(rest: Rest, since: datetime) -> list[Publication]:
    """What the site has published at or after ``since``, oldest first, whoever wrote it; at most 100 of each kind."""
    seen = []
    for kind in KINDS:
        answer = rest.get(
            f"wp/v2/{kind}",
            after=(since - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            status="publish",
            per_page=100,
            order="asc",
            _fields="id,link,date_gmt,title",
        )
        for each in read(answer, list[dict[str, object]]):
            entry = read(each, _Publication)
            at = datetime.fromisoformat(entry.date_gmt).replace(tzinfo=UTC)
            seen.append(Publication(remote_id(kind, ident(each)), entry.link, unescape(entry.title.rendered), at))
    return sorted((entry for entry in seen if entry.at >= since), key=lambda entry: entry.at)


class _Whole(msgspec.Struct):
    content: dict[str, object]
    featured_media: int = 0


class _Picture(msgspec.Struct):
    alt_text: str = ""


def seen(rest: Rest, remote: str) -> Seen:
    """The body's words, and every picture's alt text, the featured one's first."""
    whole = read(rest.get(path_of(remote), context="edit", _fields="content,featured_media"), _Whole)
    body = str(whole.content.get("raw") or "")
    alts = [unescape(alt) for alt in re.findall(r'<img [^>]*alt="([^"]*)"', body)]
    if whole.featured_media:
        picture = read(rest.get(f"wp/v2/media/{whole.featured_media}", _fields="alt_text"), _Picture)
        alts.insert(0, picture.alt_text)
    return Seen(words_of(re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)), len(alts), tuple(alts))
