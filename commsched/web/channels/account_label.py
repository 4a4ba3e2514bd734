"""What an account is called: the office's own places know no account, and show what a person knows them by."""

from __future__ import annotations

from commsched.store.models import Channel
from commsched.web.http.i18n import ngettext, web_address
from commsched.web.http.request_context import installation


def account_word(channel: Channel) -> str:
    """How a list of channels names an account: as its platform does, by how many addresses a list has, or by its public
    address."""
    shown = installation().platform(channel.platform).shown_account(channel.account, channel.account_name)
    if shown:
        return shown
    if "recipients" in channel.facts:
        many = int(channel.facts["recipients"])
        return ngettext("%(n)s address", "%(n)s addresses", many)
    return web_address(channel.account_url).removeprefix("https://").removeprefix("http://")
