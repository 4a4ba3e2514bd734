"""Signing in at Facebook: a person's yes becomes the accesses of their Pages and of the Instagram accounts behind them.

A code is traded for a token of an hour, that for one of sixty days, and with it each Page's own token is read, which
does not end by itself. Nothing of a person is kept but what a Page's token is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import Account, ChannelContext, ConnectError, Setting
from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_
from commsched.platforms._meta.aftermath import text
from commsched.platforms._meta.client import GRAPH, Client, walk
from commsched.platforms._meta.errors import MetaError, meaning
from commsched.platforms._meta.tokens import judged
from commsched.platforms._shared.answers import detail, ident, refusal

Result = TypeVar("Result")
DIALOG: Final = "https://www.facebook.com"
SCOPES: Final = (
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "read_insights",
    "business_management",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
)
APP_ID = Setting("app_id", N_("App id"), help=N_("In Meta's developer portal, on the app's first page: a number."))
APP_SECRET = Setting(
    "app_secret",
    N_("App secret"),
    secret=True,
    kind="password",
    help=N_("In Meta's developer portal, under App settings → Basic."),
)
CONFIG_ID = Setting(
    "config_id",
    N_("Configuration id"),
    required=False,
    help=N_("Only where the app uses Facebook Login for Business: the number of its configuration."),
)
APP_GUIDE: Final = (
    N_("Make an app of the type Business in Meta's developer portal, for the organisation that owns the Page."),
    N_("Add the product Facebook Login (for Business), with the address that is shown here as valid redirect URI."),
    N_("Enter the app's id and its secret here."),
    N_("Set the app to Live: what is posted in development mode is seen by nobody but the app's own people."),
    N_("People with a role in the app can connect at once. For others Meta wants a review of the rights first."),
)
"""How whoever runs the installation registers it at Meta."""
GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "oauth": (
        N_("Press the button, and sign in at Facebook as somebody who may publish on the Page."),
        N_("Choose the Page there, and the Instagram account behind it if it has one. Leave the rights as they are."),
        N_("Back here: choose which of them become channels."),
    ),
    "keys": (
        N_("In Business settings, make a system user and give it the Page with the right to create content."),
        N_("Let it make a token with pages_manage_posts and pages_read_engagement that never ends."),
        N_("Ask /me/accounts with it for the Page's own token, and paste that here."),
    ),
}
"""How a person connects a Page, by the way they choose."""
_FIELDS: Final = (
    "id,name,link,access_token,tasks,picture{url},instagram_business_account{id,username,profile_picture_url}"
)
_MOST_PAGES: Final = 200


def app_of(context: ChannelContext, *settings: Setting) -> list[str]:
    """The values of the installation's own app. Raises :class:`ConnectError` where it has none yet."""
    values = [context.app.get(setting.key, "").strip() for setting in settings]
    if not all(values):
        raise ConnectError(N_("This installation has no app at Meta yet. Whoever runs it enters one first."))
    return values


def address(context: ChannelContext, server: str, version: str) -> Authorization:
    """Where a person chooses their Pages and says yes."""
    assert context.handshake is not None, "an authorization that nobody has begun"
    app_id, _secret = app_of(context, APP_ID, APP_SECRET)
    asked = {
        "client_id": app_id,
        "redirect_uri": context.handshake.redirect_uri,
        "state": context.handshake.state,
        "response_type": "code",
    }
    config = context.app.get(CONFIG_ID.key, "").strip()
    asked |= {"config_id": config} if config else {"scope": ",".join(SCOPES)}
    dialog = DIALOG if server == GRAPH else server
    return Authorization(f"{dialog}/{version}/dialog/oauth?{urlencode(asked)}")


def code_of(context: ChannelContext, answer: Mapping[str, str], name: str) -> str:
    """The code that a person came back with. Raises :class:`ConnectError` where they said no."""
    if answer.get("code"):
        return answer["code"].removesuffix("#_")
    words = N_("You did not let the office in at %(platform)s. (%(detail)s)")
    said = answer.get("error_description") or answer.get("error_message") or answer.get("error") or "no code"
    raise ConnectError(words, platform=name, detail=detail(said, context))


def asked(context: ChannelContext, name: str, secrets: list[str], call: Callable[[], Result]) -> Result:
    """What ``call`` returns, or a sentence that says why it could not; ``secrets`` never stand in it."""
    try:
        return call()
    except ConnectError:
        raise
    except Exception as error:
        named = {f"secret {number}": secret for number, secret in enumerate(secrets)}
        hushed = msgspec.structs.replace(context, secrets={**context.secrets, **named})
        outcome = meaning(error, hushed)
        field, kept = "base_url", hushed.secrets.values()
        raise refusal(error, outcome, name, token=field, server=field, secrets=kept) from error


def accounts(context: ChannelContext, answer: Mapping[str, str], server: str, version: str, name: str) -> list[Account]:
    """The Pages that a person opened, and the Instagram accounts behind them. Raises :class:`ConnectError`."""
    assert context.handshake is not None, "an answer to nothing"
    app_id, secret = app_of(context, APP_ID, APP_SECRET)
    code, redirect = code_of(context, answer, name), context.handshake.redirect_uri
    bare, app = Client(context, server, version, ""), {"client_id": app_id, "client_secret": secret}

    def trade(**form: str) -> str:
        """A token for a code, or a longer one for a short one: in a form, so that no address has a secret."""
        hidden = [secret, *form.values()]
        return asked(context, name, hidden, lambda: token_in(bare.post("oauth/access_token", **app, **form)))

    short = trade(code=code, redirect_uri=redirect)
    long = trade(grant_type="fb_exchange_token", fb_exchange_token=short)
    person = Client(context, server, version, long)
    opened = asked(context, name, [secret, long], lambda: list(_opened(person, f"{app_id}|{secret}")))
    if not opened:
        words = N_("The sign-in opens no Page that you may publish on. Choose the Page there, with every right.")
        raise ConnectError(words)
    return opened


def token_in(answer: Mapping[str, object]) -> str:
    token = text(answer, "access_token").strip()
    if not token:
        raise ValueError("the answer has no access token")
    return token


def _opened(person: Client, app_token: str) -> Iterator[Account]:
    count = 0
    for listed in walk(person, "me/accounts", fields=_FIELDS, limit="50"):
        for page in listed.entries:
            tasks = page.get("tasks")
            if not text(page, "access_token") or (isinstance(tasks, list) and "CREATE_CONTENT" not in tasks):
                continue
            yield from _page(person, page, app_token)
        count += len(listed.entries)
        if count >= _MOST_PAGES:
            return


def _page(person: Client, page: Mapping[str, object], app_token: str) -> Iterator[Account]:
    """A Page, and the Instagram account behind it, which is published on with the same token."""
    token, number = text(page, "access_token"), ident(page)
    expires = _expiry(person, token, app_token)
    tokens = Tokens({"access_token": token}, expires_at=expires)
    picture = page.get("picture")
    data = picture.get("data") if isinstance(picture, Mapping) else None
    yield Account(
        number,
        text(page, "name") or number,
        text(page, "link") or f"https://www.facebook.com/{number}",
        expires,
        tokens=tokens,
        settings={"page_id": number},
        picture=text(data, "url") if isinstance(data, Mapping) else "",
        kind=N_("Page"),
        platform="facebook",
    )
    behind = page.get("instagram_business_account")
    if isinstance(behind, Mapping) and behind.get("id"):
        username = text(behind, "username") or ident(behind)
        yield Account(
            ident(behind),
            f"@{username}",
            f"https://www.instagram.com/{username}/",
            expires,
            tokens=tokens,
            settings={"user_id": ident(behind), "login": "facebook"},
            picture=text(behind, "profile_picture_url"),
            kind=N_("Instagram account"),
            platform="instagram",
        )


def _expiry(person: Client, token: str, app_token: str) -> datetime | None:
    """When a token ends, asked with the app's own; ``None`` where that is not told."""
    asking = Client(person.context, person.base_url, person.version, app_token)
    try:
        return judged(asking.get("debug_token", input_token=token)["data"], frozenset(), "access_token")
    except (MetaError, KeyError, msgspec.ValidationError):
        return None
