"""Which page a channel speaks as, how its posts are named in an address, and how long its access lasts."""

from __future__ import annotations

import re
from typing import Final

from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import ChannelContext, ConnectError, Setting
from commsched.core.text.messages import N_
from commsched.platforms._linkedin.client import encoded
from commsched.platforms._linkedin.pages import ORGANIZATION
from commsched.platforms._linkedin.posts import POST
from commsched.platforms._shared.answers import value

PAGE = Setting(
    "organization",
    N_("Page number"),
    help=N_("The number in the address of the page's admin view: linkedin.com/company/12345/admin."),
    aliases=("page", "organization_id"),
    ways=("keys",),
)
_SPELLED: Final = re.compile(
    r"(?:urn:li:organization:|(?:https?://)?(?:www\.)?linkedin\.com/company/)?(\d{1,20})(?:/.*)?"
)


def number_of(context: ChannelContext) -> str:
    """The page's number, also where its whole name or its address was pasted."""
    raw = context.account or value(context, PAGE)
    number = re.fullmatch(
        r"(?:urn:li:organization:|(?:https?://)?(?:www\.)?linkedin\.com/company/)?(\d{1,20})(?:/.*)?", raw
    )
    if number is None:
        raise ConnectError(N_("“%(page)s” is not the number of a page."), PAGE.key, page=raw[:80])
    return number[1]


def author_of(context: ChannelContext) -> str:

    return ORGANIZATION + number_of(context)


def path_of(remote_id: str) -> str:

    if not POST.fullmatch(remote_id):
        raise ConnectError(N_("“%(id)s” is not the name of a post."), PAGE.key, id=remote_id[:80])
    return f"posts/{encoded(remote_id)}"


def place_of(handle: str) -> int:
    """The number of a picture's handle, so that the tenth does not come before the second."""
    digits = handle.removeprefix("image")
    return int(digits) if digits.isdigit() else -1


def lasting(tokens: Tokens) -> Tokens:
    """Without something to renew it with, an access ends for good when it runs out: of that people are warned."""
    if tokens.secrets.get("refresh_token"):
        return tokens
    return Tokens(tokens.secrets, None, tokens.access_until)
