"""The Message-IDs of mails that go out from the inbox: made once, the same on every try."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Final

from commsched.mail.headers import ascii_domain
from commsched.services.kernel.context import Installation
from commsched.store.models import InboxReply

MOST: Final = 900
"""Characters of a References header: no line of a mail is longer than 998 octets."""


def give(installation: Installation, reply: InboxReply, address: str) -> None:
    """Give ``reply`` its Message-ID, in the domain of the ``address`` that it comes from."""
    domain = ascii_domain(address.rpartition("@")[2]) or "localhost"
    reply.mail_id = f"{uuid.uuid4().hex}@{domain}"
    reply.mail_blind = installation.vault.blind(reply.mail_id)


def references(answered: str, before: Iterable[str]) -> str:
    """The References of an answer to ``answered``, which itself refers to ``before``, the nearest first: the oldest
    first, as many of the nearest as there is room for."""
    chosen: list[str] = []
    room = MOST
    for each in dict.fromkeys((answered, *before)):
        if not each.isascii() or len(each) + 3 > room:
            break
        chosen.append(f"<{each}>")
        room -= len(each) + 3
    return " ".join(reversed(chosen))
