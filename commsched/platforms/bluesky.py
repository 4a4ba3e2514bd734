"""Bluesky, by the AT Protocol's own calls. A post is a record that the account's server keeps.

The record is made whole and kept before it is published, with its key and the moment it says it was made. Writing the
same record at the same key again changes nothing, so a lost answer may be asked about, and sent again, at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Handles,
    Outcome,
    Pending,
    Published,
    Rejected,
)
from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import (
    Account,
    Budget,
    ChannelContext,
    ChannelView,
    ConnectError,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply, Seen
from commsched.core.text.messages import N_, Problem
from commsched.platforms._bluesky import aftermath, app, record, rules, session, sign_in
from commsched.platforms._bluesky.addresses import place_of
from commsched.platforms._bluesky.client import POST, Client, XrpcError, meaning
from commsched.platforms._bluesky.dpop import Bound
from commsched.platforms._bluesky.guide import GUIDE
from commsched.platforms._bluesky.richtext import length, rich
from commsched.platforms._bluesky.video import SERVICE
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, outcome_of, read, refusal, unread, value, without_error
from commsched.platforms._shared.checks import NUMBERED, longest
from commsched.platforms._shared.comments import FIRST_COMMENT

_BASE_URL = known_server("https://bsky.social", "service", "pds")
_HANDLE = Setting(
    "handle",
    N_("The account's name"),
    help=N_("As it stands on the profile, without the @: kansliet.bsky.social, or the office's own domain."),
    aliases=("identifier", "username"),
)
_PASSWORD = Setting(
    "app_password",
    N_("App password"),
    kind="password",
    secret=True,
    help=N_("On Bluesky: Settings → Privacy and security → App passwords. Not the account's own password."),
    aliases=("password",),
    ways=("keys",),
)
_VIDEO = Setting(
    "video_url", N_("Video service"), kind="url", required=False, default=SERVICE, help=N_("Leave as it is.")
)
_T = TypeVar("_T")


class _Facts(msgspec.Struct):
    """What was noted when the channel was connected."""

    server: str = ""
    """Where the account's records are kept."""


class Bluesky(NetworkPlatform[Client]):
    key = mentions = "bluesky"
    shape = "16:9"
    threads = True
    link_card = "given"
    name = "Bluesky"
    about = N_("An account on Bluesky, or on a server of its own: posts, threads, pictures and video.")
    icon = "bluesky"
    guide = GUIDE
    settings = (_HANDLE, _PASSWORD, _BASE_URL, _VIDEO)
    options = (
        NUMBERED,
        FIRST_COMMENT,
    )
    connects = frozenset({"keys", "oauth"})
    can = frozenset({"refresh", "delete", "metrics", "replies", "hide", "report", "recent"})
    resend_if_absent = True
    settle = 1.0

    def client(self, context: ChannelContext) -> Client:
        if key := context.secrets.get(sign_in.KEY):
            access = context.secrets.get(sign_in.ACCESS, "")
            return Client(_server(context), access, context.account, context, Bound(key, context))
        access = session.kept_access(context, _name(context), value(context, _PASSWORD))
        return Client(_server(context), access, context.account, context)

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        return outcome_of(error, context, XrpcError, lambda refusal: meaning(refusal, context))

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_PASSWORD.key, refused=_HANDLE.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        """Whose the kept session is; one that has ended, or was never begun, is begun by signing in."""
        if client.bound is not None:
            return self._bound_account(client, context)
        name, password = _name(context), value(context, _PASSWORD)
        if not name or not password:
            raise ConnectError(N_("This is needed."), _PASSWORD.key if name else _HANDLE.key)
        who, tokens = session.current(client), None
        if who is None:
            who = session.sign_in(base_url(context, _BASE_URL), name, password, context)
            tokens = session.tokens(who, name, password, context)
        session.require_active(who)
        server = session.server_of(who, context)
        facts = msgspec.to_builtins(_Facts(server))
        url = f"https://bsky.app/profile/{who.did}"
        access = who.accessJwt or client.token
        picture = session.picture(Client(server or client.server, access, who.did, context))
        return Account(who.did, f"@{who.handle}", url, None, facts, tokens, picture=picture)

    def _bound_account(self, client: Client, context: ChannelContext) -> Account:
        """Whose the access is that somebody signed in for: it must be the account that was asked for."""
        who = read(client.get("com.atproto.server.getSession"), session.Session)
        if who.did != context.secrets.get("did"):
            raise ValueError("the access is another account's")
        session.require_active(who)
        client.did = who.did
        facts = msgspec.to_builtins(_Facts(client.server))
        url = f"https://bsky.app/profile/{who.did}"
        return Account(who.did, f"@{who.handle}", url, None, facts, picture=session.picture(client))

    def provider(self, settings: Mapping[str, str]) -> str:
        """Bluesky's own, by far the most; to an account's server of its own leads a page with a link."""
        return _BASE_URL.default

    def refuses_sign_in(self, public_url: str) -> str:
        return app.refuses(public_url)

    def client_document(self, context: ChannelContext) -> dict[str, object]:
        assert context.handshake is not None, "nobody says where people come back to"
        return app.document(context, context.handshake.redirect_uri)

    def authorize(self, context: ChannelContext) -> Authorization:
        name = _name(context)
        if not name:
            raise ConnectError(N_("This is needed."), _HANDLE.key)
        with self._in_words(context):
            return sign_in.begin(name, base_url(context, _BASE_URL), context)

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        with self._in_words(context):
            who, tokens = sign_in.finish(context, answer)
        facts = msgspec.to_builtins(_Facts(who.server))
        signed_in = replace(context, secrets={**context.secrets, **tokens.secrets}, account=who.did, facts=facts)
        return [replace(self.connect(signed_in), tokens=tokens)]

    @contextmanager
    def _in_words(self, context: ChannelContext) -> Iterator[None]:
        """Whatever goes wrong within the block is a sentence, by the field it concerns."""
        try:
            yield
        except ConnectError:
            raise
        except Exception as error:
            blame, outcome = self.blame(context), self.outcome(error, context)
            fields = {"token": blame.token, "server": blame.server, "refused": blame.refused}
            raise refusal(error, outcome, self.name, **fields, secrets=context.secrets.values()) from error

    def refresh(self, context: ChannelContext) -> Tokens:
        if context.secrets.get(sign_in.KEY):
            with self._in_words(context):
                return sign_in.renew(context)
        name, password = _name(context), value(context, _PASSWORD)
        try:
            server = base_url(context, _BASE_URL)
            renewed = session.renew(server, context) or session.sign_in(server, name, password, context)
            return session.tokens(renewed, name, password, context)
        except ConnectError:
            raise
        except Exception as error:
            blame, outcome = self.blame(context), self.outcome(error, context)
            raise refusal(error, outcome, self.name, token=blame.token, server=blame.server) from error

    def limits(self, facts: Facts) -> Limits:
        return rules.LIMITS

    def count(self, text: str, facts: Facts) -> int:
        """The length of the longest part, for a thread, as it is shown."""
        return longest(text, length)

    def shown(self, text: str) -> str:
        return rich(text).text

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return rules.check_item(view)

    def parts(self, view: ChannelView) -> list[Part]:
        return rules.parts_of(view)

    def needs_prepare(self, part: Part) -> bool:
        return True

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        return record.prepare(client, part, base_url(context, _VIDEO), context)

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        rkey, whole = handles.values.get(record.RKEY, ""), handles.values.get(record.RECORD, "")
        if not rkey or not whole:
            return Rejected(N_("the post was never made ready"), "config")
        written = client.put(POST, rkey, msgspec.json.decode(whole, type=dict[str, object]), swap=None)
        place = place_of(written.uri, written.cid)
        return Published(place.id, place.url)

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        """The record itself is asked for: the server that keeps it knows."""
        rkey, whole = handles.values.get(record.RKEY, ""), handles.values.get(record.RECORD, "")
        if not rkey or not whole:
            return CannotTell(N_("it is not known which post it would be"), final=True)
        try:
            stored = read(client.record(POST, rkey), _Stored)
        except XrpcError as error:
            if error.is_absent:
                return Absent(N_("the account's server has no such post"))
            raise
        if stored.value != msgspec.json.decode(whole):
            return CannotTell(N_("another post stands in its place"))
        place = place_of(stored.uri, stored.cid)
        return Found(place.id, place.url)

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> None:
        place = place_of(remote_id)
        body = {"repo": client.did, "collection": place.collection, "rkey": place.rkey}
        without_error(client.post("com.atproto.repo.deleteRecord", body))

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        return self._read(context, lambda client: aftermath.metrics(client, remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        return self._read(context, lambda client: aftermath.replies(client, remote_ids, since))

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        return self._read(context, lambda client: aftermath.recent(client, since))

    def seen(self, remote_id: str, context: ChannelContext) -> Seen | CannotTell:
        return self._read(context, lambda client: aftermath.seen(client, remote_id))

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        return self._ask(context, lambda client: aftermath.hide(client, reply, hidden, context))

    def report(self, reply: Reply, reason: str, context: ChannelContext) -> Outcome:
        return self._ask(context, lambda client: aftermath.report(client, reply, reason))

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        limit, remaining, reset = (_number(headers, name) for name in ("limit", "remaining", "reset"))
        if limit is None or remaining is None:
            return []
        at = None if reset is None else datetime.fromtimestamp(reset, UTC)
        return [Budget("calls", limit, remaining, at)]

    def _read(self, context: ChannelContext, ask: Callable[[Client], _T | CannotTell]) -> _T | CannotTell:
        client = None
        try:
            client = self.client(context)
            return ask(client)
        except Exception as error:
            return unread(self.outcome(error, context, client))


class _Stored(msgspec.Struct):
    uri: str
    cid: str
    value: object


def _name(context: ChannelContext) -> str:
    return value(context, _HANDLE).removeprefix("@").strip().lower()


def _server(context: ChannelContext) -> str:
    """The account's own server, where it has been heard of; else the one that people sign in at."""
    try:
        kept = msgspec.convert(dict(context.facts), _Facts).server
    except msgspec.ValidationError:
        kept = ""
    return kept or base_url(context, _BASE_URL)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    said = str(headers.get(f"ratelimit-{name}") or "").strip()
    return int(said) if said.isdigit() and len(said) < 12 else None


PLATFORM = Bluesky()
