"""A platform as another package would bring it, which uses everything that the contract has: OAuth with PKCE, renewal,
upload in pieces, a platform that is still working, change, removal, figures, answers, and two lanes.

It speaks to ``tests/sims/reference_server.py``. See docs/platforms.md for what each method owes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import requests

from commsched.core.delivery.outcome import (
    CannotTell,
    Finding,
    Handles,
    Outcome,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, ConnectError, Limits, Part, Setting
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.messages import N_, Problem
from commsched.platforms._http import oauth
from commsched.platforms._shared.adapter import Blame, NetworkPlatform
from commsched.platforms._shared.answers import (
    base_url,
    detail,
    ident,
    outcome_of,
    retry_after,
    value,
    walled,
    without_error,
)
from commsched.platforms._shared.checks import check_pictures, check_text, thread
from commsched.platforms._shared.readback import Entry, Page, look_through

PIECE = 16
"""Bytes to a piece; so few, that a picture for tests has several."""
_SERVER = Setting("base_url", N_("Server"), kind="url")
_CLIENT = Setting("client_id", N_("The app's id"))


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP {response.status_code}: {response.text[:200]}")
        self.response = response


class Client:
    """The API over the channel's session."""

    def __init__(self, context: ChannelContext) -> None:
        self.server, self.context = base_url(context, _SERVER), context

    def ask(self, method: str, path: str, **more: Any) -> Any:
        token = {"Authorization": f"Bearer {self.context.secrets.get('access_token', '')}"}
        url = f"{self.server}{path}"
        response = self.context.http.request(method, url, headers=token, timeout=self.context.timeout, **more)
        if not 200 <= response.status_code < 300:
            raise ApiError(response)
        return without_error(response.json())


class Reference(NetworkPlatform[Client]):
    key = "reference"
    name = N_("The reference network")
    icon = "path:M2 2h20v20H2z"
    settings = (_SERVER, _CLIENT)
    connects = frozenset({"oauth"})
    can = frozenset({"refresh", "edit", "delete", "metrics", "replies", "hide", "report", "recent"})
    lanes = 2
    resend_if_absent = True
    settle = 0.0

    def client(self, context: ChannelContext) -> Client:
        return Client(context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        return outcome_of(error, context, ApiError, lambda refusal: _refused(refusal, context))

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_CLIENT.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        me = client.ask("GET", "/me")
        return Account(ident(me), str(me["name"]), f"{client.server}/@{me['name']}")

    def authorize(self, context: ChannelContext) -> Authorization:
        return Authorization(oauth.address(self._provider(context), context))

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        from msgspec.structs import replace

        tokens = oauth.trade(self._provider(context), context, answer)
        context.secrets |= tokens.secrets
        return [replace(self.connect(context), tokens=tokens)]

    def refresh(self, context: ChannelContext) -> Tokens:
        return oauth.renew(self._provider(context), context)

    def _provider(self, context: ChannelContext) -> oauth.Provider:
        server, client_id = base_url(context, _SERVER), value(context, _CLIENT)
        if not client_id:
            raise ConnectError(N_("This is needed."), _CLIENT.key)
        return oauth.Provider(self.name, f"{server}/authorize", f"{server}/token", client_id, scope="write")

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits(characters=300, pictures=1)

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        return check_text(view, 300, len, self.name) + check_pictures(view, self.limits(facts), self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return thread(view)

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending:
        picture = part.pictures[0]
        begun = dict(part.progress.handles.values)
        if "media" not in begun:
            begun = {"media": ident(client.ask("POST", "/uploads", json={"size": picture.size})), "sent": "0"}
            part.progress.save(**begun)
        with picture.open() as stream:
            stream.seek(int(begun["sent"]))
            while piece := stream.read(PIECE):
                client.ask("PUT", f"/uploads/{begun['media']}?offset={begun['sent']}", data=piece)
                begun["sent"] = str(int(begun["sent"]) + len(piece))
                part.progress.save(**begun)
        if client.ask("GET", f"/uploads/{begun['media']}")["state"] == "processing":
            return Pending(context.now() + timedelta(seconds=20), "the video is being worked on")
        return Handles({"media": begun["media"]})

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        body = {"text": part.text, "media": handles.values.get("media", ""), "parent": part.parent}
        post = client.ask("POST", "/posts", json=body)
        return Published(ident(post), str(post["url"]))

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        def pages() -> Iterator[Page]:
            posts = client.ask("GET", "/posts", params={"since": start.isoformat()})
            yield Page([Entry(ident(each), each["url"], each["text"] == part.text) for each in posts], more=False)

        return look_through(pages(), part, start)

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        return self._changed(context, "PUT", remote_id, json={"text": part.text})

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        client.ask("DELETE", f"/posts/{remote_id}")

    def gone(self, error: Exception) -> bool:
        return isinstance(error, ApiError) and error.response.status_code == 404

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        try:
            figures = Client(context).ask("GET", "/metrics", params={"ids": ",".join(remote_ids)})
            return {key: Figures(views=each["views"], likes=each["likes"]) for key, each in figures.items()}
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        try:
            answers = Client(context).ask("GET", "/replies", params={"since": since.isoformat()})
            return [_reply(each) for each in answers if each["answers"] in remote_ids]
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        return self._about(context, reply, "hidden", {"hidden": hidden})

    def report(self, reply: Reply, reason: str, context: ChannelContext) -> Outcome:
        return self._about(context, reply, "reports", {"reason": reason})

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        try:
            posts = Client(context).ask("GET", "/posts", params={"since": since.isoformat()})
            return [_publication(each) for each in posts if not each.get("parent")]
        except Exception as error:
            return CannotTell(self.outcome(error, context).detail)

    def _about(self, context: ChannelContext, reply: Reply, what: str, body: dict[str, Any]) -> Outcome:
        try:
            self.client(context).ask("PUT", f"/replies/{reply.id}/{what}", json=body)
            return Published(reply.id, reply.url)
        except Exception as error:
            return self.outcome(error, context)

    def _changed(self, context: ChannelContext, method: str, remote_id: str, **more: Any) -> Outcome:
        try:
            client = self.client(context)
            client.ask(method, f"/posts/{remote_id}", **more)
            return Published(remote_id, f"{client.server}/posts/{remote_id}")
        except Exception as error:
            return self.outcome(error, context)


def _reply(each: dict[str, Any]) -> Reply:
    return Reply(ident(each), each["answers"], each["author"], each["text"], datetime.fromisoformat(each["at"]))


def _publication(each: dict[str, Any]) -> Publication:
    return Publication(ident(each), each["url"], each["text"], datetime.fromisoformat(each["at"]))


def _refused(error: ApiError, context: ChannelContext) -> Outcome:
    wall = walled(error.response, context)
    if wall is not None:
        return wall
    status, words = error.response.status_code, detail(error, context)
    if status == 401:
        return Rejected(words, "token")
    if status == 429:
        return Retry(words, retry_after(error.response.headers, context.now()), whole_channel=True)
    return Unknown(words) if status >= 500 else Rejected(words)


PLATFORM = Reference()
