"""The pages that a member may publish for, and who one of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from commsched.core.platform.contract import Account, DeadToken
from commsched.core.text.messages import N_
from commsched.platforms._linkedin.client import LinkedIn, LinkedInError, encoded
from commsched.platforms._shared.answers import read

ORGANIZATION: Final = "urn:li:organization:"
_MAY_POST: Final = frozenset({"ADMINISTRATOR", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN"})
_MOST: Final = 20
"""Pages that are looked at: nobody at an office has more, and each takes a call or two."""


class _Role(msgspec.Struct):
    role: str = ""
    state: str = ""
    organization: str = ""
    organizationTarget: str = ""


class _Roles(msgspec.Struct):
    elements: list[_Role]


class _Page(msgspec.Struct):
    id: int
    localizedName: str
    vanityName: object = None
    logoV2: object = None


def administered(client: LinkedIn) -> list[str]:
    """The numbers of the pages on which whoever signed in may publish."""
    answer = client.read("organizationAcls?q=roleAssignee&state=APPROVED&count=100", restli="FINDER")
    roles = [each for each in read(answer, _Roles).elements if each.role in _MAY_POST and each.state == "APPROVED"]
    names = [(each.organization or each.organizationTarget).removeprefix(ORGANIZATION) for each in roles]
    return [name for name in dict.fromkeys(names) if re.fullmatch(r"\d{1,20}", name)][:_MOST]


def account(client: LinkedIn, number: str, *, with_logo: bool = False) -> Account:
    """Who the page is."""
    page = read(client.read(f"organizations/{number}"), _Page)
    name = page.vanityName if isinstance(page.vanityName, str) and page.vanityName else str(page.id)
    picture = _logo(client, page.logoV2) if with_logo else ""
    return Account(str(page.id), page.localizedName, f"https://www.linkedin.com/company/{name}", picture=picture)


def require_own(client: LinkedIn, number: str, field: str) -> None:
    """Refuse an access that may not publish on the page ``number``."""
    if number not in administered(client):
        words = N_("Whoever gave this access may not publish on that page. An administrator of it must sign in.")
        raise DeadToken(words, field)


def _logo(client: LinkedIn, logo: object) -> str:
    """The address of the page's logo; without one a page is still known by its name."""
    asset = str(logo.get("cropped") or logo.get("original") or "") if isinstance(logo, Mapping) else ""
    if not asset:
        return ""
    image = "urn:li:image:" + asset.rpartition(":")[2]
    try:
        address = client.read(f"images/{encoded(image)}").get("downloadUrl")
    except (LinkedInError, ValueError):
        return ""
    return address if isinstance(address, str) and address.startswith("https://") else ""
