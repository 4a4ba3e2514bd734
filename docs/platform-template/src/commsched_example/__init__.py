"""An example network: posts with one picture, at an address of its own, with a token that a person pastes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from commsched.core.delivery.outcome import Finding, Handles, Outcome, Published, Rejected, Retry, Unknown
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, Facts, Limits, Part, Setting
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_, Problem
from commsched.platforms._shared.adapter import Blame, NetworkPlatform
from commsched.platforms._shared.answers import base_url, detail, ident, outcome_of, retry_after, value, walled
from commsched.platforms._shared.checks import check_pictures, check_text, thread
from commsched.platforms._shared.readback import Entry, Page, look_through

_SERVER = Setting("base_url", N_("Server"), kind="url", default="https://api.example.org", required=False)
_TOKEN = Setting("access_token", N_("Access token"), kind="password", secret=True)
_LIMITS = Limits(characters=500, pictures=1, picture_bytes=2_000_000, alt_characters=1_000)


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(self, response: HttpAnswer) -> None:
        super().__init__(f"HTTP {response.status_code}: {response.text[:200]}")
        self.response = response


class Client:
    """The network's API, over the session that the channel was handed."""

    def __init__(self, server: str, token: str, context: ChannelContext) -> None:
        self.server, self._token, self._context = server, token, context

    def ask(self, method: str, path: str, **more: object) -> Mapping[str, object]:
        """One call. Raises :class:`ApiError` for a refusal, :class:`ValueError` for what nobody can read."""
        response = self._context.http.request(
            method,
            f"{self.server}{path}",
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=self._context.timeout,
            **more,
        )
        if not 200 <= response.status_code < 300:
            raise ApiError(response)
        answer = response.json()
        if not isinstance(answer, dict) or answer.get("error"):
            raise ValueError(f"an answer we cannot read: {str(answer)[:200]}")
        return answer


class Example(NetworkPlatform[Client]):
    key = "example"
    name = "Example"
    about = N_("An account on the example network: posts and threads, with a picture.")
    icon = "path:M12 2 22 12 12 22 2 12z"
    settings = (_SERVER, _TOKEN)
    can = frozenset({"delete"})
    resend_if_absent = True  # the network keeps the key that every try at a post carries

    def client(self, context: ChannelContext) -> Client:
        return Client(base_url(context, _SERVER), value(context, _TOKEN), context)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        return outcome_of(error, context, ApiError, lambda refusal: _meaning(refusal, context))

    def account(self, client: Client, context: ChannelContext) -> Account:
        me = client.ask("GET", "/me")
        return Account(ident(me), str(me["name"]), f"{client.server}/@{me['name']}")

    def limits(self, facts: Facts) -> Limits:
        return _LIMITS

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_text(view, _LIMITS.characters, len, self.name) + check_pictures(view, _LIMITS, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles:
        picture = part.pictures[0]
        with picture.open() as stream:
            files = {"file": ("picture", stream, picture.mime)}
            return Handles({"media": ident(client.ask("POST", "/media", files=files, data={"alt": picture.alt}))})

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        body = {"text": part.text, "key": part.key, "under": part.parent, "media": handles.values.get("media", "")}
        answer = client.ask("POST", "/posts", json=body)
        return Published(ident(answer), str(answer.get("url") or ""))

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        def pages() -> Iterator[Page]:
            before = ""
            while True:
                answer = client.ask("GET", "/posts", params={"since": start.isoformat(), "before": before})
                posts = answer["posts"]
                if not isinstance(posts, list):
                    raise ValueError("no list of posts")
                entries = [_entry(each, part) for each in posts]
                before = entries[-1].id if entries else ""
                yield Page(entries, more=answer.get("more") is True and bool(entries))

        return look_through(pages(), part, start)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        client.ask("DELETE", f"/posts/{remote_id}")

    def gone(self, error: Exception) -> bool:
        return isinstance(error, ApiError) and error.response.status_code == 404


def _entry(post: Mapping[str, object], part: Part) -> Entry:
    return Entry(ident(post), str(post.get("url") or ""), post.get("key") == part.key)


def _meaning(error: ApiError, context: ChannelContext) -> Outcome:
    """The table of the network's refusals."""
    wall = walled(error.response, context)
    if wall is not None:
        return wall
    status, words = error.response.status_code, detail(error, context)
    if status == 429:
        return Retry(words, retry_after(error.response.headers, context.now()), whole_channel=True)
    if status >= 500 or status in (408, 409):
        return Unknown(words)
    return Rejected(words, {401: "token", 403: "permission"}.get(status, "content"))


PLATFORM = Example()
