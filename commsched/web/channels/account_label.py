"""What an account is called, and what a call ended in: the office's own places know no account, and show what a person
knows them by."""

from __future__ import annotations

from typing import Final

from commsched.core.text.messages import N_
from commsched.store.models import Channel
from commsched.web.http.badges import Badge
from commsched.web.http.i18n import _, ngettext, web_address
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


CALLS: Final = {
    "": Badge("teal", "send", N_("Under way")),
    "published": Badge("green", "check", N_("Went out")),
    "retry": Badge("amber", "rotate-cw", N_("Is tried again")),
    "rejected": Badge("red", "octagon-x", N_("Refused")),
    "unknown": Badge("violet", "circle-question-mark", N_("No clear answer")),
    "absent": Badge("grey", "ban", N_("Did not go out")),
}
"""What a call for a channel ended in."""


def budget_word(name: str) -> str:
    """What an allowance is of; a network's own word where we have none."""
    words = {"posts": _("posts"), "calls": _("calls"), "uploads": _("uploads"), "reads": _("looks")}
    return words.get(name, name)
