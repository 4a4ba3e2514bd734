"""Which site a channel speaks to: its address, where it has its API, who signs in, and what that user may do."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from commsched.core.platform.contract import Account, ChannelContext, ConnectError, DeadToken, Facts, Setting
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import base_url, ident, read, value
from commsched.platforms._wordpress.rest import Rest, RestError

BASE_URL: Final = Setting(
    "base_url",
    N_("The site's address"),
    kind="url",
    help=N_("As readers write it, such as https://ljungpartiet.se, or https://ljungpartiet.se/blogg."),
    aliases=("url", "site_url"),
)
USER: Final = Setting(
    "username",
    N_("User name"),
    help=N_("Of a user who may publish: an author, an editor or an administrator."),
    aliases=("user", "user_login"),
    ways=("keys",),
)
PASSWORD: Final = Setting(
    "application_password",
    N_("Application password"),
    kind="password",
    secret=True,
    help=N_("On the site: Users → Profile → Application Passwords. Not the password that the user signs in with."),
    aliases=("password", "app_password"),
    ways=("keys",),
)
_LINK: Final = re.compile(r'<([^<>]*)>\s*;[^,<>]*rel="?https://api\.w\.org/"?', re.IGNORECASE)
_IN_PAGE: Final = re.compile(
    r"<link\b[^>]*\brel=['\"]https://api\.w\.org/['\"][^>]*\bhref=['\"]([^'\"]+)", re.IGNORECASE
)
_HEAD: Final = 200_000
"""Characters of a page in which the address of its API is looked for."""


class SiteFacts(msgspec.Struct, frozen=True):
    """What a site said when it was connected. Kept with the channel."""

    root: str = ""
    """The address of its API."""
    posts: bool = True
    """Whether the user may publish posts; ``pages`` and ``uploads`` likewise."""
    pages: bool = True
    uploads: bool = True
    moderates: bool = False


def kept(facts: Facts) -> SiteFacts:
    """What was kept of a site."""
    return msgspec.convert(facts, SiteFacts, strict=False)


class _Entrance(msgspec.Struct):
    endpoints: dict[str, str]


class _Index(msgspec.Struct):
    """What the API tells anybody of the site."""

    namespaces: list[str]
    name: str = ""
    authentication: object = None


class _User(msgspec.Struct):
    name: str = ""
    capabilities: object = None


def site_address(context: ChannelContext) -> str:
    """The site's address without a slash at its end, with the folder that it is in. Raises :class:`ConnectError`."""
    host = base_url(context, BASE_URL)
    raw = value(context, BASE_URL)
    path = urlsplit(raw if "://" in raw else f"https://{raw}").path.rstrip("/")
    return host + re.sub(r"/(wp-admin|wp-login\.php|wp-json)(/.*)?$", "", path)


def client(context: ChannelContext) -> Rest:
    """The API as this channel's user. Raises :class:`ConnectError` for settings that cannot be used."""
    address = site_address(context)
    user, password = value(context, USER), value(context, PASSWORD)
    for filled_in, setting in ((user, USER), (password, PASSWORD)):
        if not filled_in:
            raise ConnectError(N_("This is needed."), setting.key)
    return Rest(kept(context.facts).root or f"{address}/wp-json/", context, user, password)


def discover(context: ChannelContext) -> str:
    """Where the site has its API. The site's front page says; else it is asked at the two usual places.

    Raises :class:`ConnectError` where the page points to another host: a password goes only where a person has
    pointed.
    """
    address = site_address(context)
    response = context.http.request("GET", f"{address}/", timeout=context.timeout)
    named = _LINK.search(str(response.headers.get("Link") or "")) or _IN_PAGE.search(response.text[:_HEAD])
    if named is not None:
        return _root(address, named[1].replace("&#038;", "&").replace("&amp;", "&"))
    for root in (f"{address}/wp-json/", f"{address}/?rest_route=/"):
        try:
            index(Rest(root, context))
        except (RestError, ValueError, msgspec.ValidationError):
            continue
        return root
    raise ConnectError(N_("No WordPress was found at %(address)s."), BASE_URL.key, address=address)


def _root(address: str, named: str) -> str:
    """The API's address as it is called: on the very host, by the very scheme, that a person has written."""
    ours, theirs = urlsplit(address), urlsplit(urljoin(f"{address}/", named))
    if theirs.hostname != ours.hostname:
        words = N_("%(url)s points elsewhere, to %(target)s. Write that address instead.")
        raise ConnectError(words, BASE_URL.key, url=address, target=theirs.hostname or named[:200])
    query = f"?{theirs.query}" if theirs.query else ""
    root = f"{ours.scheme}://{ours.netloc}{theirs.path}{query}"
    return root if root.endswith("/") else f"{root}/"


def index(rest: Rest) -> _Index:
    """What the site tells anybody. Raises :class:`RestError`, or ``ValueError`` for what is no WordPress."""
    about = read(rest.get(""), _Index)
    if "wp/v2" not in about.namespaces:
        raise ValueError("the API has no wp/v2")
    return about


def authorization_address(context: ChannelContext, root: str) -> str:
    """The page at which a signed-in user lets a program in. Raises :class:`ConnectError` where there is none."""
    about = index(Rest(root, context))
    try:
        entrances = msgspec.convert(about.authentication, dict[str, _Entrance])
        page = entrances["application-passwords"].endpoints["authorization"]
    except (msgspec.ValidationError, KeyError):
        words = N_("The site lets no programs in: its application passwords are switched off, or it lacks https.")
        raise ConnectError(words, BASE_URL.key) from None
    ours = urlsplit(site_address(context))
    theirs = urlsplit(page)
    if theirs.hostname != ours.hostname:
        words = N_("%(url)s points elsewhere, to %(target)s. Write that address instead.")
        raise ConnectError(words, BASE_URL.key, url=ours.geturl(), target=theirs.hostname or page[:200])
    return f"{ours.scheme}://{ours.netloc}{theirs.path}"


def account(context: ChannelContext) -> Account:
    """Who signs in, and what they may do. Raises :class:`DeadToken` for a user who may publish nothing."""
    address, root = site_address(context), discover(context)
    about = index(Rest(root, context))
    rest = Rest(root, context, value(context, USER), value(context, PASSWORD))
    me = rest.get("wp/v2/users/me", context="edit", _fields="id,name,capabilities")
    user = read(me, _User)
    rights = user.capabilities if isinstance(user.capabilities, dict) else {}

    def may(*names: str) -> bool:
        return all(rights.get(name) is True for name in names)

    facts = SiteFacts(
        root,
        posts=may("publish_posts"),
        pages=may("edit_pages", "publish_pages"),
        uploads=may("upload_files"),
        moderates=may("moderate_comments"),
    )
    if not (facts.posts or facts.pages):
        words = N_("“%(user)s” may write on %(site)s, but not publish. Ask for the role of author or editor.")
        raise DeadToken(words, USER.key, user=user.name or value(context, USER), site=about.name or address)
    name = about.name.strip() or urlsplit(address).netloc
    return Account(ident(me), name, address, None, msgspec.to_builtins(facts))
