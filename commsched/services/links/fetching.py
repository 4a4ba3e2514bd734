"""Reads the page that a link leads to, with care: nobody who writes a link may make this machine reach into its own
network, wait without end, or take in more than a page.

Every step of a redirect is asked for anew through the guarded session, which looks at the address that a name leads to
and connects to exactly that one. Its picture is read by the confined worker and encoded anew.
"""

from __future__ import annotations

import logging
import time
from email.message import Message as Headers
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from commsched import images
from commsched.core.installation.inner_links import leads_inside
from commsched.services.kernel.context import Installation
from commsched.services.links.checks import is_own
from commsched.services.links.reading import PageFacts, read_page

if TYPE_CHECKING:
    import requests

log = logging.getLogger("commsched.links")

State = Literal["ok", "error", "silent", "inside", "other"]
"""``ok``: a page; ``error``: the server says there is none; ``silent``: nobody answered in time; ``inside``: it leads
into a private network; ``other``: what is there is no page (a PDF, a picture)."""
PATIENCE: Final = 10.0
"""Seconds for all of it, redirects and the picture too."""
MOST_STEPS: Final = 4
"""Redirects that are followed."""
PAGE_BYTES: Final = 512 * 1024
"""As much of a page as is read: what is looked for stands at its beginning."""
PICTURE_BYTES: Final = 6 * 1024 * 1024
CARD_BYTES: Final = 300_000
CARD_SIDE: Final = 1200
"""Of the picture as it is kept, in pixels; networks show no more."""
_HEADERS: Final = {
    "User-Agent": "Mozilla/5.0 (compatible; commsched link preview)",
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
}
_PAGES: Final = ("text/html", "application/xhtml+xml")
_at_once: Final = BoundedSemaphore(4)
"""How many are read at the same time by one process: a thread that waits for a slow page answers nobody else."""


class Picture(msgspec.Struct, frozen=True):
    """A page's picture as a file of our own."""

    data: bytes
    sha256: str
    suffix: str
    mime: str
    width: int
    height: int


class Fetched(msgspec.Struct, frozen=True):
    """What came of reading a page."""

    state: State
    status: int = 0
    facts: PageFacts = PageFacts()
    picture: Picture | None = None


def fetch(installation: Installation, link: str) -> Fetched:
    """Read the page of ``link``. Raises nothing for what a network or a page can do."""
    if not _at_once.acquire(timeout=PATIENCE):
        return Fetched("silent")
    try:
        return _Reader(installation, time.monotonic() + PATIENCE).read(link)
    finally:
        _at_once.release()


class _Reader:
    """One reading, by its end."""

    def __init__(self, installation: Installation, end: float) -> None:
        self.installation, self.end = installation, end

    def read(self, link: str) -> Fetched:
        answer = self._get(link, PAGE_BYTES)
        if not isinstance(answer, tuple):
            return Fetched(answer)
        address, response = answer
        if not 200 <= response.status_code < 300:
            return Fetched("error", response.status_code)
        headers = Headers()
        headers["Content-Type"] = response.headers.get("Content-Type", "")
        if headers.get_content_type() not in _PAGES:
            return Fetched("other", response.status_code)
        facts = read_page(response.content, address, headers.get_content_charset() or "")
        picture = self._picture(facts.picture) if facts.picture else None
        return Fetched("ok", response.status_code, facts, picture)

    def _get(self, address: str, most: int) -> tuple[str, requests.Response] | State:
        """The last answer and where it came from, or what happened instead."""
        import requests

        from commsched.platforms._http.network import AddressBlocked, Moved

        for _step in range(MOST_STEPS + 1):
            own = self._is_ours(address)
            if leads_inside(address) and not own:
                return "inside"
            left = self.end - time.monotonic()
            if left <= 0:
                return "silent"
            try:
                session = self.installation.http(own)
                limited = getattr(session, "limited", None)
                http = limited(left, most) if limited else session
                return address, http.request("GET", _asked(address), headers=_HEADERS, timeout=left)
            except Moved as moved:
                target = moved.response.headers.get("location", "") if moved.response is not None else ""
                try:
                    address = urljoin(address, target)
                except ValueError:  # no address at all
                    return "error"
            except AddressBlocked:
                return "inside"
            except (requests.RequestException, OSError, ValueError):
                return "silent"
        return "error"

    def _is_ours(self, address: str) -> bool:
        """Whether it is a page of this very installation, which may live in a private network. Where nobody has said
        what its address is, none is."""
        return "base_url" in self.installation.settings and is_own(address, self.installation.base_url)

    def _picture(self, address: str) -> Picture | None:
        answer = self._get(address, PICTURE_BYTES)
        if not isinstance(answer, tuple) or answer[1].status_code != 200:
            return None
        try:
            taken = images.pictures.take(answer[1].content)
            fitted = images.pictures.fit(taken.data, ["image/jpeg"], CARD_BYTES, CARD_SIDE)
        except (images.errors.BadPicture, images.errors.CannotFit, OSError):
            log.info("the picture of a link's page cannot be read", exc_info=True)
            return None
        sha256 = images.pictures.name_of(fitted.data)
        return Picture(fitted.data, sha256, fitted.suffix, fitted.mime, fitted.width, fitted.height)


def _asked(address: str) -> str:
    """``address`` without what is never sent: a name and password in it, and the place on the page."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
