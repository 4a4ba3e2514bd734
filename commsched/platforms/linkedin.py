"""A LinkedIn page, through the versioned Community Management API.

LinkedIn has no key that makes a repeat harmless. After a lost answer the page's own posts are read back; what is not
among them is left to a person, though LinkedIn itself refuses a post that it has just taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Published, Rejected
from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.messages import N_, Problem
from commsched.platforms._linkedin.access import PAGE, author_of, lasting, number_of, path_of, place_of
from commsched.platforms._linkedin.guide import APP_GUIDE, GUIDE
from commsched.platforms._linkedin.little_text import escaped, length
from commsched.platforms._linkedin.rules import LIMITS, check_item, divide, post_body
from commsched.platforms._shared.adapter import Blame, NetworkPlatform, known_server
from commsched.platforms._shared.answers import base_url, outcome_of, refusal, value
from commsched.platforms._shared.comments import FIRST_COMMENT

if TYPE_CHECKING:
    from commsched.platforms._http.oauth import Provider
    from commsched.platforms._linkedin.client import LinkedIn

API_VERSION: Final = "202606"
_SERVER, _DOOR = "https://api.linkedin.com", "https://www.linkedin.com"
_SCOPE: Final = "r_organization_social w_organization_social rw_organization_admin"
_JUST_NOW: Final = 30 * 60.0
"""Seconds within which a post with the same words is this one, where LinkedIn itself says that it is its double."""
_TOKEN = Setting(
    "access_token",
    N_("Access token"),
    kind="password",
    secret=True,
    help=N_("Of an app with the Community Management API. It lasts 60 days."),
    aliases=("token",),
    ways=("keys",),
)
_VERSION = Setting(
    "api_version",
    N_("API version"),
    required=False,
    default=API_VERSION,
    help=N_("Leave as it is, unless LinkedIn says that the version is too old."),
    aliases=("version",),
)
_BASE_URL = known_server(_SERVER)
_CLIENT = Setting("client_id", N_("Client ID"), help=N_("LinkedIn's developer portal → My apps → Auth."))
_CLIENT_SECRET = Setting("client_secret", N_("Client secret"), kind="password", secret=True)


class LinkedInPage(NetworkPlatform["LinkedIn"]):
    key = "linkedin"
    name = "LinkedIn"
    about = N_("A page, with LinkedIn's approval of an app of yours. Most offices have none: “By hand” does without.")
    icon = "linkedin"
    guide = GUIDE
    app_guide = APP_GUIDE
    app_page = "https://www.linkedin.com/developers/apps"
    shape = "1.91:1"
    link_card = "given"
    settings = (PAGE, _TOKEN, _VERSION, _BASE_URL)
    options = (FIRST_COMMENT,)
    app = (_CLIENT, _CLIENT_SECRET)
    connects = frozenset({"oauth", "keys"})
    can = frozenset({"refresh", "edit", "delete", "metrics", "replies", "recent"})
    settle = 30.0

    def client(self, context: ChannelContext) -> LinkedIn:
        from commsched.platforms._linkedin.client import LinkedIn

        version = value(context, _VERSION)
        if not re.fullmatch(r"20\d{4}", version):
            words = N_("“%(version)s” is not a version of LinkedIn's API; they look like 202606.")
            raise ConnectError(words, _VERSION.key, version=version[:40])
        return LinkedIn(base_url(context, _BASE_URL), value(context, _TOKEN), version, context)

    def outcome(self, error: Exception, context: ChannelContext, client: LinkedIn | None = None) -> Outcome:
        from commsched.platforms._linkedin import client as api

        return outcome_of(error, context, api.LinkedInError, lambda refusal: api.outcome(refusal, context))

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_TOKEN.key, refused=PAGE.key)

    def account(self, client: LinkedIn, context: ChannelContext) -> Account:
        from commsched.platforms._linkedin import pages

        number = number_of(context)
        pages.require_own(client, number, PAGE.key)
        return pages.account(client, number)

    def provider(self, settings: Mapping[str, str]) -> str:
        server = str(settings.get(_BASE_URL.key) or "")
        return _DOOR if server in ("", _SERVER) else server

    def authorize(self, context: ChannelContext) -> Authorization:
        from commsched.platforms._http import oauth

        return Authorization(oauth.address(self._door(context), context))

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        from commsched.platforms._http import oauth

        tokens = lasting(oauth.trade(self._door(context), context, answer))
        context.secrets |= tokens.secrets
        accounts = self._accounts(context)
        if not accounts:
            raise ConnectError(N_("You administer no page on LinkedIn, or the app may not see it."))
        return [replace(each, tokens=tokens, settings={PAGE.key: each.id}) for each in accounts]

    def _accounts(self, context: ChannelContext) -> list[Account]:
        from commsched.platforms._linkedin import pages

        client = self.client(context)
        try:
            return [pages.account(client, number, with_logo=True) for number in pages.administered(client)]
        except Exception as error:
            outcome = self.outcome(error, context, client)
            secrets = context.secrets.values()
            raise refusal(error, outcome, self.name, token="", server=_BASE_URL.key, secrets=secrets) from error

    def refresh(self, context: ChannelContext) -> Tokens:
        """Only apps that LinkedIn has approved for it get what an access is renewed with; a refusal says the same."""
        from commsched.platforms._http import oauth

        if not context.secrets.get("refresh_token"):
            raise DeadToken(N_("LinkedIn's access has run out; it lasts 60 days. Connect the page again."), _TOKEN.key)
        return lasting(oauth.renew(self._door(context), context))

    def _door(self, context: ChannelContext) -> Provider:
        from commsched.platforms._http.oauth import Provider

        door = self.provider({_BASE_URL.key: base_url(context, _BASE_URL)})
        return Provider(
            self.name,
            f"{door}/oauth/v2/authorization",
            f"{door}/oauth/v2/accessToken",
            context.app.get(_CLIENT.key, ""),
            context.app.get(_CLIENT_SECRET.key, ""),
            _SCOPE,
            client_auth="form",
        )

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def count(self, text: str, facts: Facts) -> int:
        return length(text)

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_item(view, self.name)

    def parts(self, view: ChannelView) -> list[Part]:
        return divide(view)

    def needs_prepare(self, part: Part) -> bool:
        from commsched.platforms._linkedin.media import files_of, video_of

        return bool(files_of(part) or video_of(part))

    def upload(self, client: LinkedIn, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        from commsched.platforms._linkedin.media import upload

        return upload(client, part, author_of(context), context)

    def post(self, client: LinkedIn, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        from commsched.platforms._linkedin import comments, posts
        from commsched.platforms._linkedin.client import LinkedInError

        if part.role != "post":
            return comments.write(client, part, author_of(context))
        images = [handles.values[key] for key in sorted(handles.values, key=place_of) if key.startswith("image")]
        if len(images) < len(part.pictures):
            return Rejected(N_("its pictures were never uploaded"), "config")
        body = post_body(part, author_of(context), images, handles.values.get("video", ""))
        try:
            urn = str(client.ask("POST", "posts", body).headers.get("x-restli-id") or "")
        except LinkedInError as error:
            double = error.duplicate
            if double and posts.already_out(client, double, part, context.now(), _JUST_NOW):
                return Published(double, posts.address_of(double))
            raise
        if not posts.POST.fullmatch(urn):
            raise ValueError("the answer names no post")
        return Published(urn, posts.address_of(urn))

    def look(self, client: LinkedIn, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        from commsched.platforms._linkedin import posts

        find = posts.find_post if part.role == "post" else posts.find_comment
        return find(client, author_of(context), part, start)

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        """The words alone; what goes with them stays as it is."""
        from commsched.platforms._linkedin import comments

        def change(client: LinkedIn) -> Outcome:
            if part.role == "post":
                patch = {"patch": {"$set": {"commentary": escaped(part.text)}}}
                client.ask("POST", path_of(remote_id), patch, restli="PARTIAL_UPDATE")
            else:
                comments.change(client, remote_id, part.text, author_of(context))
            return Published(remote_id, detail="changed")

        return self._ask(context, change)

    def remove(self, client: LinkedIn, remote_id: str, context: ChannelContext) -> None:
        from commsched.platforms._linkedin import comments
        from commsched.platforms._linkedin.posts import COMMENT

        if COMMENT.fullmatch(remote_id):
            comments.remove(client, remote_id, author_of(context))
        else:
            client.ask("DELETE", path_of(remote_id), restli="DELETE")

    def gone(self, error: Exception) -> bool:
        from commsched.platforms._linkedin.client import LinkedInError

        return isinstance(error, LinkedInError) and error.response.status_code == 404 and bool(error.answer)

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        from commsched.platforms._linkedin import posts

        return self._learn(context, lambda client: posts.figures(client, author_of(context), remote_ids))

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        from commsched.platforms._linkedin import posts

        return self._learn(context, lambda client: posts.replies(client, author_of(context), remote_ids, since))

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        from commsched.platforms._linkedin import posts

        return self._learn(context, lambda client: posts.recent(client, author_of(context), since))


PLATFORM = LinkedInPage()
