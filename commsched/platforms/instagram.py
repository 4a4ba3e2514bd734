"""Instagram, for accounts of businesses and creators, through Meta's Graph, in two phases.

It takes no uploads: it fetches every file from a signed address of this installation. A container is made first and is
invisible; publishing it is one call, and a container that says that it is out is never published again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Published, Rejected
from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import (
    Account,
    Authorization,
    Budget,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Facts,
    Limits,
    Option,
    Part,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.platform.settings import Way
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_, Problem
from commsched.platforms._instagram import account as accounts
from commsched.platforms._instagram.forms import forms_of
from commsched.platforms._instagram.rules import LIMITS, caption_of, check_item
from commsched.platforms._meta import aftermath, containers, login, profile_login, quota, tokens, usage
from commsched.platforms._meta.client import GRAPH, VERSION, Client, version_of
from commsched.platforms._meta.errors import MetaError, meaning, unclear
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, host_of, ident, value
from commsched.platforms._shared.comments import FIRST_COMMENT, with_comment

DIALOG: Final = "https://www.instagram.com"
SCOPES: Final = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
)
INSTAGRAM_GRAPH: Final = "https://graph.instagram.com"
KIND: Final = containers.Kind("media", "media_publish", "status_code", "status")
RIGHTS: Final = frozenset({"instagram_basic", "instagram_content_publish"})
_NAMED: Final = aftermath.Named("caption", "timestamp")
_ACCOUNT = Setting(
    "user_id",
    N_("Instagram account id"),
    ways=("keys",),
    help=N_("The number of the business account, not its name."),
    aliases=("ig_user_id", "instagram_id"),
)
_TOKEN = Setting(
    "access_token",
    N_("Access token"),
    kind="password",
    secret=True,
    ways=("keys",),
    help=N_("The token of the Page that the account is linked to, or the account's own by Instagram Login."),
    aliases=("token",),
)
_LOGIN = Setting(
    "login",
    N_("Where the token comes from"),
    ways=("keys",),
    required=False,
    kind="choice",
    choices=(("facebook", N_("Facebook Login: the token of the linked Page")), ("instagram", N_("Instagram Login"))),
    default="facebook",
)
_BASE_URL = known_server(GRAPH)


class Instagram(NetworkPlatform[Client]):
    key = "instagram"
    shape = "4:5"
    name = "Instagram"
    about = N_("A business or creator account: pictures, carousels and reels. It takes no text alone.")
    icon = "instagram"
    settings = (_ACCOUNT, _TOKEN, _LOGIN, VERSION, _BASE_URL)
    options = (
        FIRST_COMMENT,
        Option("collaborators", N_("Collaborators"), help=N_("At most three accounts, asked to share the post.")),
        Option("tagged", N_("Tagged accounts"), help=N_("Accounts that are tagged in the first picture.")),
        Option("place", N_("Place"), help=N_("The number of the place: the id of its page on Facebook.")),
    )
    kinds = by_itself = ("post",)
    connects = frozenset({"keys", "oauth"})
    app = (login.APP_ID, login.APP_SECRET)
    app_page = "https://developers.facebook.com/apps/"
    app_guide = (
        N_("Add the product Instagram to the app in Meta's developer portal, with Instagram Login."),
        N_("Enter the address that is shown here under Business login settings, as redirect URI."),
        N_("Enter the Instagram app id and the Instagram app secret here: they are not the app's own."),
        N_("Whoever connects a Page by Facebook Login gets its Instagram account too, without this app."),
    )
    guide: ClassVar[Mapping[Way, tuple[str, ...]]] = {
        "oauth": (
            N_("The account must be one for a business or a creator: in the app, Settings → Account type."),
            N_("Is it linked to a Page? Then connect the Page by Facebook instead, and choose both there."),
            N_("Else sign in to Instagram in this browser, press the button, and let the office in."),
        )
    }
    can = frozenset({"refresh", "delete", "metrics", "replies", "hide", "recent"})
    daily = 100
    resend_if_absent = True
    fetches_files = True

    def provider(self, settings: Mapping[str, str]) -> str:
        server = host_of(settings, _BASE_URL)
        return DIALOG if server in ("", GRAPH) else server

    def authorize(self, context: ChannelContext) -> Authorization:
        return profile_login.address(_door(context), context)

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        door = _door(context)
        access = profile_login.tokens(door, context, answer)
        token = access.secrets["access_token"]
        client = Client(context, door.graph, version_of(context), token)
        account = login.asked(context, self.name, [token], lambda: accounts.own(client))
        return [replace(account, tokens=access, settings={"user_id": account.id, "login": "instagram"})]

    def client(self, context: ChannelContext) -> Client:
        server = base_url(context, _BASE_URL)
        if server == GRAPH and value(context, _LOGIN) == "instagram":
            server = INSTAGRAM_GRAPH
        return Client(context, server, version_of(context), value(context, _TOKEN))

    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        return meaning(error, context)

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key, refused=_ACCOUNT.key)

    def account(self, client: Client, context: ChannelContext) -> Account:
        number = _account(context)
        if value(context, _LOGIN) != "instagram":
            linked = accounts.linked(client, number)
            return replace(linked, expires_at=tokens.inspect(client, client.token, RIGHTS, _TOKEN.key))
        account = accounts.own(client)
        if account.id != number:
            raise DeadToken(N_("This token belongs to another account than the one that is set."), _TOKEN.key)
        return account

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def count(self, text: str, facts: Facts) -> int:
        return len(tidy(text))

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        post = replace(super().parts(view)[0], text=caption_of(view))
        return with_comment([post], view)

    def needs_prepare(self, part: Part) -> bool:
        return part.role == "post"

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        account, forms = _account(context), forms_of(part, context, self.name)
        if not part.progress.handles.values:
            full = quota.wait_for(client, f"{account}/content_publishing_limit")
            if full is not None:
                return full
        return containers.prepare(client, account, KIND, forms.files, forms.whole, part, slow=forms.slow)

    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        if part.role in ("comment", "reply"):
            return Published(ident(client.post(accounts.comment_edge(part), message=part.text)))
        account = _account(context)
        start = context.now() - containers.LIFE
        return containers.publish(
            client,
            account,
            KIND,
            handles,
            lambda: accounts.find_media(client, account, part, start),
            lambda media: aftermath.permalink(client, media),
        )

    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        if part.role in ("comment", "reply"):
            return accounts.find_comment(client, part, start)
        account = _account(context)
        return containers.find(client, KIND, handles, lambda: accounts.find_media(client, account, part, start))

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> Outcome | None:
        if value(context, _LOGIN) == "instagram":
            words = N_("Instagram lets a post be taken down from here only by Facebook Login. Take it down in the app.")
            return Rejected(words, "permission")
        answer = client.delete(remote_id)
        return None if answer.get("success") is True else unclear(answer, context)

    def gone(self, error: Exception) -> bool:
        return isinstance(error, MetaError) and aftermath.missing(error)

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        return self._learn(context, lambda client: accounts.metrics(client, remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        own = context.account_name.lstrip("@")
        return self._learn(context, lambda client: accounts.replies(client, remote_ids, since, own))

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        def turn(client: Client) -> Outcome:
            answer = client.post(reply.id, hide="true" if hidden else "false")
            return Published(reply.id) if answer.get("success") is True else unclear(answer, context)

        return self._ask(context, turn)

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        def ask(client: Client) -> list[Publication]:
            return aftermath.published(client, f"{_account(context)}/media", since, _NAMED)

        return self._learn(context, ask)

    def refresh(self, context: ChannelContext) -> Tokens:
        client = self.client(context)
        if value(context, _LOGIN) == "instagram":
            bare = Client(context, client.base_url, "", client.token)
            return tokens.renew(bare, "refresh_access_token", "ig_refresh_token", self.name, _TOKEN.key)
        self.connect(context)  # says so where it could not be asked
        raise DeadToken(N_("A Page's token cannot be renewed. Connect the account again."), _TOKEN.key)

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        return usage.budgets(headers, now)


def _door(context: ChannelContext) -> profile_login.Door:
    server = base_url(context, _BASE_URL)
    hosts = (DIALOG, "https://api.instagram.com", INSTAGRAM_GRAPH) if server == GRAPH else (server, server, server)
    return profile_login.Door("Instagram", *hosts, "ig_exchange_token", SCOPES)


def _account(context: ChannelContext) -> str:
    number = value(context, _ACCOUNT)
    if not re.fullmatch(r"\d{1,30}", number):
        raise ConnectError(N_("“%(account)s” is not the number of an account."), _ACCOUNT.key, account=number)
    return number


PLATFORM = Instagram()
