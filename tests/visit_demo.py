"""Sign in to a running demo and open every page of it, as a person would: ``python tests/visit_demo.py ADDRESS``.

Needs nothing but Python itself, so that the demo can be tried where only the wheel is installed.
"""

from __future__ import annotations

import re
import sys
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

EMAIL, PASSWORD = "elin@ljungpartiet.example", "prova-lugnt"
PLACE = "/w/ljungpartiet/"
CALENDAR = f"{PLACE}calendar/"
ITEM = re.compile(rf"{PLACE}items/\d+(/\w+)?")


def visit(address: str) -> list[str]:
    """The addresses of the pages that were opened. Raises ``HTTPError`` for one that does not open."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(path: str, data: dict[str, str] | None = None) -> str:
        sent = urlencode(data).encode() if data else None
        return str(browser.open(urljoin(address, path), sent, timeout=60).read().decode())

    token = re.search(r'name="form_token" value="([0-9a-f]+)"', get("/sign-in"))
    assert token, "there is a form to sign in by"
    get("/sign-in", {"form_token": token[1], "email": EMAIL, "password": PASSWORD})
    seen: list[str] = []
    waiting = [PLACE, CALENDAR, f"{PLACE}write"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.append(path)
        links = dict.fromkeys(re.findall(rf'href="({PLACE}[^"?#]*)', get(path)))
        waiting += [link for link in links if path in (PLACE, CALENDAR) or ITEM.fullmatch(link)]
    return seen


if __name__ == "__main__":
    opened = visit(sys.argv[1])
    editors = [path for path in opened if path.endswith("/edit")]
    assert len(opened) > 40, opened
    assert editors, "what is written can be edited"
    print(f"{len(opened)} pages of the demo open, {len(editors)} of them for writing")
