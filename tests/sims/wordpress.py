"""WordPress's REST API for one site, as far as we use it, as strict as its schema; and a way between us and a real one.

>>> with WordPressSimulator() as sim:
...     sim.faults.append("wp:403:rest_cannot_publish")

``wp:STATUS:CODE`` is a refusal in WordPress's own form. The same faults strike a real site that is asked through
:class:`Between`, which passes everything on.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.sims._server import Answer, Call, Simulator, Stage

PASSWORD = "abcd efgh ijkl mnop qrst uvwx"
_AUTHOR = ("edit_posts", "publish_posts", "upload_files")
_EDITOR = (*_AUTHOR, "edit_pages", "publish_pages", "manage_categories", "moderate_comments")
_RIGHTS: dict[str, tuple[str, ...]] = {
    "administrator": (*_EDITOR, "manage_options"),
    "editor": _EDITOR,
    "author": _AUTHOR,
    "contributor": ("edit_posts",),
}
_FIELDS = {"status", "slug", "title", "content", "excerpt", "featured_media", "categories", "tags", "date", "date_gmt"}
_QUERY = {"context", "_fields", "slug", "status", "after", "per_page", "page", "order", "search", "post", "parent"}
_STATUSES = {"publish", "future", "draft", "pending", "private"}
_TYPES = {b"\x89PNG": ("png",), b"\xff\xd8\xff": ("jpg", "jpeg"), b"GIF8": ("gif",), b"RIFF": ("webp",)}


def stage_of(call: Call) -> Stage:
    """Making an entry visible, removing one and answering a comment are seen by readers; nothing else is."""
    if call.method == "GET":
        return "read"
    kind = call.headers.get("content-type", "")
    body = json.loads(call.body or b"{}") if "json" in kind else {}
    seen = call.method == "DELETE" or body.get("status") == "publish" or call.path.endswith("/comments")
    return "publish" if seen else "prepare"


def refused(status: int, code: str, **data: Any) -> Answer:
    return Answer(status, {"code": code, "message": f"Sorry: {code}.", "data": {"status": status, **data}})


def _forbidden_status() -> Answer:
    """What an outsider is told who asks for drafts, also one whose password is not accepted."""
    inner = {"code": "rest_forbidden_status", "message": "Status is forbidden.", "data": {"status": 401}}
    answer = refused(400, "rest_invalid_param", params={"status": "Status is forbidden."}, details={"status": inner})
    return answer


class _Faulty(Simulator):
    def stage(self, call: Call) -> Stage:
        return stage_of(call)

    def refusal(self, fault: str) -> Answer:
        match = re.fullmatch(r"wp:(\d+):(\w+)", fault)
        assert match, f"no such fault: {fault}"
        return refused(int(match[1]), match[2])


class Between(_Faulty):
    """Passes every call on to the real site at ``address``, and its answer back, unless a fault strikes."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False

    def handle(self, call: Call) -> Answer:
        left_out = ("host", "content-length", "connection", "accept-encoding")
        headers = {name: value for name, value in call.headers.items() if name not in left_out}
        answer = self.session.request(
            call.method,
            f"{self.address}{call.path}",
            params=call.query,
            data=call.body,
            headers=headers,
            timeout=60,
            allow_redirects=False,
        )
        kept = {name.lower(): value for name, value in answer.headers.items()}
        shown = ("content-type", "link", "location", "retry-after")
        return Answer(answer.status_code, answer.content, {name: kept[name] for name in shown if name in kept})


class WordPressSimulator(_Faulty):
    """One site. ``entries`` holds posts, pages and pictures by number, ``terms`` and ``comments`` likewise."""

    def __init__(self, folder: str = "", pretty: bool = True) -> None:
        super().__init__()
        self.folder, self.pretty = folder, pretty
        self.entries: dict[int, dict[str, Any]] = {}
        self.terms: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.lets_programs_in = True
        self.passwords = dict.fromkeys(_RIGHTS, PASSWORD)
        self._next = 3
        self._now = datetime.now(UTC).replace(microsecond=0)

    @property
    def site(self) -> str:
        return f"{self.url}{self.folder}"

    @property
    def root(self) -> str:
        return f"{self.site}/wp-json/" if self.pretty else f"{self.site}/index.php?rest_route=/"

    def handle(self, call: Call) -> Answer:
        path = call.path.removeprefix(self.folder)
        if path in ("/", "") and "rest_route" not in call.query:
            page = b"<!doctype html><title>Ljungpartiet</title>"
            link = f'<{self.root}>; rel="https://api.w.org/", <{self.site}/?p=1>; rel=shortlink'
            return Answer(200, page, {"content-type": "text/html; charset=UTF-8", "Link": link})
        if not self.pretty:
            path = f"/wp-json{call.query.pop('rest_route', '/nothing')}" if path == "/index.php" else "/nothing"
        if not path.startswith("/wp-json/"):
            return Answer(404, b"<!doctype html><title>Not found</title>", {"content-type": "text/html"})
        unknown = set(call.query) - _QUERY
        assert not unknown, f"the schema knows no {unknown}"
        answer = self._route(call, path.removeprefix("/wp-json/"))
        if "_fields" in call.query and answer.status < 300:
            answer.body = _only(answer.body, set(call.query["_fields"].split(",")))
        return answer

    def _who(self, call: Call) -> str | None:
        scheme, _, pair = call.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        user, _, password = base64.b64decode(pair).decode().partition(":")
        bare = password.replace(" ", "")
        return user if bare and bare == self.passwords.get(user, "").replace(" ", "") else None

    def _route(self, call: Call, path: str) -> Answer:
        if path == "":
            return Answer(200, self._index())
        who = self._who(call)
        match = re.fullmatch(r"wp/v2/(users|posts|pages|media|categories|tags|comments)(?:/(me|\d+))?", path)
        if match is None:
            return refused(404, "rest_no_route")
        if who is None and call.query.get("status", "publish") not in ("publish", "approve"):
            return _forbidden_status()
        if who is None and (call.method != "GET" or call.query.get("context") == "edit"):
            return refused(401, "rest_forbidden_context")
        rights = _RIGHTS.get(who or "", ())
        handlers = {"users": self._user, "media": self._media, "comments": self._comment}
        terms = dict.fromkeys(("categories", "tags"), self._term)
        handler = (handlers | terms).get(match[1], self._entry)
        return handler(call, match[1], match[2] or "", rights, who or "")

    def _index(self) -> dict[str, Any]:
        entrance = {"authorization": f"{self.site}/wp-admin/authorize-application.php"}
        programs: Any = {"application-passwords": {"endpoints": entrance}} if self.lets_programs_in else []
        return {
            "name": "Ljungpartiet",
            "description": "",
            "url": self.site,
            "home": self.site,
            "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": programs,
        }

    def _user(self, call: Call, kind: str, which: str, rights: tuple[str, ...], who: str) -> Answer:
        if which != "me" or not who:
            return refused(401, "rest_not_logged_in")
        capabilities = dict.fromkeys(rights, True) | {who: True}
        number = list(_RIGHTS).index(who) + 1
        return Answer(200, {"id": number, "name": who, "slug": who, "capabilities": capabilities})

    def _entry(self, call: Call, kind: str, which: str, rights: tuple[str, ...], who: str) -> Answer:
        if call.method == "GET" and not which:
            return Answer(200, self._listed(call, kind))
        known = self.entries.get(int(which or 0))
        if which and (known is None or known["kind"] != kind):
            return refused(404, "rest_post_invalid_id")
        if call.method == "GET":
            return Answer(200, known)
        if call.method == "DELETE":
            assert known is not None
            if known["status"] == "trash":
                return refused(410, "rest_already_trashed")
            known.update(status="trash", slug=f"{known['slug']}__trashed")
            return Answer(200, known)
        return self._write(call, kind, known, rights)

    def _write(self, call: Call, kind: str, known: dict[str, Any] | None, rights: tuple[str, ...]) -> Answer:
        body = call.json
        unknown = set(body) - (_FIELDS if kind == "posts" else _FIELDS - {"categories", "tags"})
        if unknown or body.get("status", "draft") not in _STATUSES or not isinstance(body.get("title", ""), str):
            return refused(400, "rest_invalid_param", params=sorted(unknown))
        if body.get("status") == "publish" and f"publish_{kind}" not in rights:
            return refused(403, "rest_cannot_publish")
        if f"edit_{kind}" not in rights:
            return refused(403, "rest_cannot_create")
        media = body.get("featured_media", 0)
        if media and self.entries.get(media, {}).get("kind") != "media":
            return refused(400, "rest_invalid_featured_media")
        if known is None:
            known = self._add(kind, status="draft", slug="", featured_media=0, categories=[1], tags=[])
        shown = {
            name: {"raw": body[name], "rendered": body[name]}
            for name in ("title", "content", "excerpt")
            if name in body
        }
        known.update(body | shown)
        if known["status"] == "publish" and not known["date_gmt"]:
            known["date_gmt"] = self._moment()
        folder = f"{self.site}/{known['slug']}/" if known["status"] == "publish" else f"{self.site}/?p={known['id']}"
        known["link"] = folder
        return Answer(200 if "/" in call.path.partition(f"v2/{kind}")[2] else 201, known)

    def _moment(self) -> str:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")

    def _add(self, kind: str, **fields: Any) -> dict[str, Any]:
        self._next += 1
        entry = {"id": self._next, "kind": kind, "date_gmt": "", "link": "", **fields}
        self.entries[self._next] = entry
        return entry

    def _listed(self, call: Call, kind: str) -> list[dict[str, Any]]:
        status = call.query.get("status", "publish")
        wanted = {"any": _STATUSES, "publish": {"publish"}}[status] if kind != "media" else {"inherit"}
        entries = [each for each in self.entries.values() if each["kind"] == kind and each["status"] in wanted]
        if "slug" in call.query:
            entries = [each for each in entries if each["slug"] == call.query["slug"]]
        if "after" in call.query:
            entries = [each for each in entries if each["date_gmt"] + "Z" > call.query["after"]]
        return entries if call.query.get("order") == "asc" else entries[::-1]

    def _media(self, call: Call, kind: str, which: str, rights: tuple[str, ...], who: str) -> Answer:
        if call.method == "GET":
            return self._entry(call, kind, which, rights, who)
        if "upload_files" not in rights:
            return refused(403, "rest_cannot_create")
        content = call.files.get("file", b"")
        disposition = re.search(rb'filename="([^"]+)"', call.body)
        assert disposition, "a file has a name"
        filename = disposition[1].decode()
        endings = next((known for start, known in _TYPES.items() if content.startswith(start)), ())
        if not content or not filename.endswith(endings or "?"):
            return refused(500, "rest_upload_unknown_error")
        unknown = set(call.form) - {"slug", "alt_text", "title", "caption", "description", "post"}
        assert not unknown, f"the schema knows no {unknown}"
        caption = call.form.get("caption", "")
        entry = self._add(
            "media",
            status="inherit",
            slug=call.form.get("slug", ""),
            alt_text=call.form.get("alt_text", ""),
            caption={"raw": caption, "rendered": f"<p>{caption}</p>\n"},
            source_url=f"{self.site}/wp-content/uploads/2026/11/{filename}",
        )
        return Answer(201, entry)

    def _term(self, call: Call, kind: str, which: str, rights: tuple[str, ...], who: str) -> Answer:
        terms = [term for term in self.terms.values() if term["taxonomy"] == kind]
        if call.method == "GET":
            search = call.query.get("search", "").casefold()
            return Answer(200, [term for term in terms if search in term["name"].casefold()])
        if kind == "categories" and "manage_categories" not in rights:
            return refused(403, "rest_cannot_create")
        name = call.json["name"]
        same = [term for term in terms if term["name"].casefold() == name.casefold()]
        if same:
            return refused(400, "term_exists", term_id=same[0]["id"])
        self._next += 1
        self.terms[self._next] = {"id": self._next, "name": name, "taxonomy": kind}
        return Answer(201, self.terms[self._next])

    def _comment(self, call: Call, kind: str, which: str, rights: tuple[str, ...], who: str) -> Answer:
        if call.method == "GET":
            if which:
                known = self.comments.get(int(which))
                return Answer(200, known) if known else refused(404, "rest_comment_invalid_id")
            return self._comments(call, rights)
        if which:
            if "moderate_comments" not in rights:
                return refused(403, "rest_cannot_edit")
            names = {"hold": "hold", "approved": "approved"}
            self.comments[int(which)]["status"] = names[call.json["status"]]
            return Answer(200, self.comments[int(which)])
        body = call.json
        assert set(body) <= {"post", "parent", "content"}, "the schema knows no more"
        content = f"<p>{body['content']}</p>\n"
        twin = [
            each
            for each in self.comments.values()
            if (each["post"], each["content"]["rendered"]) == (body["post"], content)
        ]
        if twin:
            return refused(409, "comment_duplicate")
        author = list(_RIGHTS).index(who) + 1
        return Answer(201, self.say(body["post"], content, parent=body.get("parent", 0), author=author, name=who))

    def say(self, post: int, html: str, parent: int = 0, author: int = 0, name: str = "Maja") -> dict[str, Any]:
        """What somebody wrote under ``post``."""
        self._next += 1
        link = f"{self.site}/?p={post}#comment-{self._next}"
        comment = {"id": self._next, "post": post, "parent": parent, "author": author, "author_name": name}
        comment |= {"content": {"rendered": html}, "date_gmt": self._moment(), "link": link, "status": "approved"}
        self.comments[self._next] = comment
        return comment

    def _comments(self, call: Call, rights: tuple[str, ...]) -> Answer:
        query, comments = call.query, list(self.comments.values())
        if query.get("status", "approve") != "approve" and "moderate_comments" not in rights:
            return refused(401 if not rights else 403, "rest_forbidden_param")
        if query.get("status") != "all":
            comments = [each for each in comments if each["status"] == "approved"]
        if "post" in query:
            comments = [each for each in comments if str(each["post"]) in query["post"].split(",")]
        if "parent" in query:
            comments = [each for each in comments if str(each["parent"]) == query["parent"]]
        if "after" in query:
            comments = [each for each in comments if each["date_gmt"] + "Z" > query["after"]]
        return Answer(200, comments[(int(query.get("page", 1)) - 1) * 100 :][:100])


def _only(body: Any, names: set[str]) -> Any:
    if isinstance(body, list):
        return [_only(each, names) for each in body]
    return {name: value for name, value in body.items() if name in names}


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)
