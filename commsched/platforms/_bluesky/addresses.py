"""How posts are named: by an address in the protocol, by the cid of what they say, and by a page for people.

A reply must name what it answers by both address and cid, so the id that is kept is ``at://did/collection/rkey#cid``.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from commsched.core.platform.contract import ConnectError
from commsched.core.text.messages import N_

_ADDRESS: Final = re.compile(r"at://(did:[a-z0-9]+:[\w.:%-]{1,250})/([A-Za-z0-9.-]{1,300})/([\w.~:-]{1,512})")
_PAGE: Final = "https://bsky.app/profile"


class Place(msgspec.Struct, frozen=True):
    """Where a record is, and the cid of what it said when it was seen; empty where nobody noted it."""

    did: str
    collection: str
    rkey: str
    cid: str = ""

    @property
    def uri(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.rkey}"

    @property
    def id(self) -> str:
        """As the store keeps it."""
        return f"{self.uri}#{self.cid}" if self.cid else self.uri

    @property
    def url(self) -> str:
        """Where a person reads it. The account's did is in it: that never changes, as its name may."""
        return f"{_PAGE}/{self.did}/post/{self.rkey}"

    @property
    def ref(self) -> dict[str, str]:
        """As another record refers to it."""
        return {"uri": self.uri, "cid": self.cid}


def place_of(remote_id: str, cid: str = "") -> Place:
    """The place that an id or an address names. Raises :class:`ConnectError` for what names none."""
    uri, _, noted = remote_id.partition("#")
    match = _ADDRESS.fullmatch(uri)
    if match is None:
        raise ConnectError(N_("“%(id)s” is not the address of a post on Bluesky."), id=remote_id[:80])
    return Place(match[1], match[2], match[3], cid or noted)
