"""What an account is called: the office's own places know no account, and show what a person knows them by."""

from __future__ import annotations

from pathlib import PurePath

from commsched.store.models import Channel
from commsched.web.http.i18n import installation, ngettext, web_address


def account_word(channel: Channel) -> str:
    """The account as it stands in a list of channels: a folder's end, how many addresses, a public address."""
    if not installation().platform(channel.platform).own:
        return channel.account_name
    if "recipients" in channel.facts:
        many = int(channel.facts["recipients"])
        return ngettext("%(n)s address", "%(n)s addresses", many)
    if channel.platform == "folder":
        return "/".join(PurePath(channel.account).parts[-2:]).lstrip("/")
    return web_address(channel.account_url).removeprefix("https://").removeprefix("http://")
