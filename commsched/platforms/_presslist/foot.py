"""The foot of a press mail: who it is from, why its reader gets it, and how they leave, choose or subscribe. It follows
the reader's language where that is one of ours, whatever the release is written in."""

from __future__ import annotations

from typing import Final

import msgspec

from commsched.core.text.catalogues import gettext
from commsched.core.text.messages import N_

_FROM: Final = N_("This mail is from %(sender)s.")
_WHY: Final = {
    "interest": N_(
        "You get it because you cover what we work with, as a journalist or a newsroom (legitimate interest, GDPR "
        "article 6.1 f)."
    ),
    "consent": N_("You get it because you have said yes to it (consent, GDPR article 6.1 a)."),
}
_UNSAID: Final = N_("You get it because your address is on our press list.")
_ASK: Final = N_("Do you not want our press mailings?")
_LEAVE: Final = N_("Leave the list")
_BY_MAIL: Final = N_("Do you not want our press mailings? Answer “unsubscribe” to")
_CHOOSE: Final = N_("Choose which lists you want")
_SUBSCRIBE: Final = N_("Subscribe, or let a colleague do it")


class Foot(msgspec.Struct, frozen=True):
    """What it is made of. Addresses of pages may hold a :func:`~commsched.core.platform.email.mark`."""

    language: str
    sender: str = ""
    """Whose name the mail carries, with the address that answers go to."""
    basis: str = ""
    """``interest`` or ``consent``; empty where nobody has said."""
    leave_page: str = ""
    leave_address: str = ""
    """To which “unsubscribe” is written, where there is no page."""
    subscribe_page: str = ""
    """Where anybody subscribes; empty for an office that has opened no list."""

    def why(self) -> str:
        """Who it is from and why its reader gets it, in sentences."""
        said = [gettext(self.language, _FROM) % {"sender": self.sender}] if self.sender else []
        return " ".join([*said, gettext(self.language, _WHY.get(self.basis, _UNSAID))])

    def ask(self) -> str:
        """What stands before the way out; empty where there is none."""
        if self.leave_page:
            return gettext(self.language, _ASK)
        return gettext(self.language, _BY_MAIL) if self.leave_address else ""

    def links(self) -> list[tuple[str, str]]:
        """Words and address of each page, the way out first."""
        rows = [
            (_LEAVE, self.leave_page),
            (_CHOOSE, f"{self.leave_page}/lists" if self.leave_page else ""),
            (_SUBSCRIBE, self.subscribe_page),
        ]
        return [(gettext(self.language, words), url) for words, url in rows if url]

    def lines(self) -> list[str]:
        """As plain text."""
        first = [f"{self.ask()} {self.leave_address}"] if self.leave_address and not self.leave_page else []
        links = [f"{words}: {url}" for words, url in self.links()]
        if self.leave_page:
            links[0] = f"{self.ask()} {links[0]}"
        return [self.why(), *first, *links]
