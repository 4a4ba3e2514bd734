"""Every screen, looked at and measured: ``python -m tests.e2e.screens``; ``--keep`` writes the pictures anew.

A demo office of its own is started. Each screen is opened at 1280 and at 390 points, in light and in dark; axe looks at
it, nothing may be wider than the window (at 360 points too), and at 200 % zoom its main button is in view. ``--keep``
writes what was seen to ``docs/pictures/screens``. Ends with 1 where anything is wrong.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from commsched.services.demo.demo import PASSWORD
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.pictures import LEADER, OFFICE, PICTURES, WRITER, approve, demo

SCREENS = PICTURES / "screens"
SIZES = {1280: 800, 390: 844}
NARROW, ZOOMED = {"width": 360, "height": 740}, {"width": 640, "height": 450}
"""The narrowest phone, and 1280 by 900 points at 200 %."""


def _link(page: Any, path: str, pattern: str) -> str:
    """The first address on the page at ``path`` that ``pattern`` fits."""
    page.goto(path)
    links: list[str] = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    fitting = [link for link in links if re.search(pattern, link)]
    assert fitting, f"no link on {path} is like {pattern}"
    return fitting[0]


def _first(path: str, pattern: str, *then: str) -> Callable[[Any], str]:
    return lambda page: _link(page, path, pattern) + "".join(then)


def _at(path: str) -> Callable[[Any], str]:
    return lambda _page: path


def _invited(page: Any) -> str:
    """The list of who comes, of the invitation in the demo."""
    return _link(page, f"{OFFICE}/search?q=pressinbjudan", r"/items/\d+$") + "/answers"


SHOWN: dict[str, tuple[Callable[[Any], str], str]] = {
    "idag": (_at(f"{OFFICE}/"), WRITER),
    "idag-ledare": (_at(f"{OFFICE}/"), LEADER),
    "kalender": (_at(f"{OFFICE}/calendar/"), WRITER),
    "kalender-vecka": (_at(f"{OFFICE}/calendar/?view=week"), WRITER),
    "kalender-lista": (_at(f"{OFFICE}/calendar/?view=list"), WRITER),
    "skriv": (_at(f"{OFFICE}/write"), WRITER),
    "skriv-pressmeddelande": (_at(f"{OFFICE}/write?kind=release"), WRITER),
    "inlagg": (_first(f"{OFFICE}/calendar/?view=list", r"/items/\d+$"), WRITER),
    "versioner": (_first(f"{OFFICE}/calendar/?view=list", r"/items/\d+$", "/history"), WRITER),
    "godkann": (_at(f"{OFFICE}/approve"), LEADER),
    "granska": (_first(f"{OFFICE}/approve", r"/items/\d+/review$"), LEADER),
    "foresla": (lambda page: _link(page, f"{OFFICE}/approve", r"/review$").replace("/review", "/propose"), LEADER),
    "floden": (_at(f"{OFFICE}/feeds-in/"), WRITER),
    "prenumeration": (_at(f"{OFFICE}/subscribing/"), WRITER),
    "prenumerera": (_at("/n/ljungpartiet/subscribe"), WRITER),
    "presspaket": (_at(f"{OFFICE}/press-kit/"), WRITER),
    "presspaket-person": (_at(f"{OFFICE}/press-kit/new"), WRITER),
    "vilka-som-kommer": (_invited, WRITER),
    "kommer-du": (_first("/n/ljungpartiet/?q=pressinbjudan", r"/pressinbjudan-[\w-]+$", "/rsvp"), ""),
    "provat": (_at(f"{OFFICE}/channels/proof"), WRITER),
    "bilder": (_at(f"{OFFICE}/pictures/"), WRITER),
    "bild": (_first(f"{OFFICE}/pictures/", r"/pictures/\d+/details"), WRITER),
    "samtycken": (_at(f"{OFFICE}/pictures/consents"), WRITER),
    "bildstudio": (_at(f"{OFFICE}/studio/"), WRITER),
    "bildstudio-kort": (_first(f"{OFFICE}/studio/", r"/studio/\w+"), WRITER),
    "kommentarer": (_at(f"{OFFICE}/comments/"), WRITER),
    "kvallsrunda": (_at(f"{OFFICE}/comments/round"), WRITER),
    "kommentarsvakten": (_at(f"{OFFICE}/comments/settings"), WRITER),
    "sa-gick-det": (_at(f"{OFFICE}/went/"), WRITER),
    "presskontakter": (_at(f"{OFFICE}/contacts/"), WRITER),
    "presskontakt": (_first(f"{OFFICE}/contacts/", r"/contacts/\d+$"), WRITER),
    "presskontakt-ny": (_at(f"{OFFICE}/contacts/new"), WRITER),
    "presslistor": (_at(f"{OFFICE}/contacts/lists/"), WRITER),
    "presslista": (_first(f"{OFFICE}/contacts/lists/", r"/contacts/lists/\d+$"), WRITER),
    "importera": (_at(f"{OFFICE}/contacts/import/"), WRITER),
    "exportera": (_at(f"{OFFICE}/contacts/export"), WRITER),
    "sa-gick-pressen": (_at(f"{OFFICE}/press-report/"), WRITER),
    "efter-utskicket": (_first(f"{OFFICE}/press-report/", r"/items/\d+/report$"), WRITER),
    "vilka": (
        lambda page: _link(page, _link(page, f"{OFFICE}/press-report/", r"/items/\d+/report$"), r"/report/\d+/sent$"),
        WRITER,
    ),
    "inkorg": (_at(f"{OFFICE}/inbox/"), WRITER),
    "inkorg-allt": (_at(f"{OFFICE}/inbox/?tab=all"), WRITER),
    "inkorg-mejl": (_first(f"{OFFICE}/inbox/", r"/inbox/\d+$"), LEADER),
    "inkorg-studs": (_first(f"{OFFICE}/inbox/?tab=folded", r"/inbox/\d+$"), WRITER),
    "brevlador": (_at(f"{OFFICE}/inbox/mailboxes/"), WRITER),
    "kanaler": (_at(f"{OFFICE}/channels/"), WRITER),
    "kanal": (_first(f"{OFFICE}/channels/", r"/channels/\d+$"), WRITER),
    "anslut": (_at(f"{OFFICE}/channels/new"), WRITER),
    "anslut-mastodon": (_at(f"{OFFICE}/channels/new/mastodon"), WRITER),
    "anslut-x": (_at(f"{OFFICE}/channels/new/x"), WRITER),
    "anslut-facebook": (_at(f"{OFFICE}/channels/new/facebook"), WRITER),
    "anslut-instagram": (_at(f"{OFFICE}/channels/new/instagram"), WRITER),
    "anslut-threads": (_at(f"{OFFICE}/channels/new/threads"), WRITER),
    "anslut-linkedin": (_at(f"{OFFICE}/channels/new/linkedin"), WRITER),
    "anslut-bluesky": (_at(f"{OFFICE}/channels/new/bluesky"), WRITER),
    "anslut-wordpress": (_at(f"{OFFICE}/channels/new/wordpress"), WRITER),
    "anslut-telegram": (_at(f"{OFFICE}/channels/new/telegram"), WRITER),
    "anslut-webhook": (_at(f"{OFFICE}/channels/new/webhook"), WRITER),
    "anslut-for-hand": (_at(f"{OFFICE}/channels/new/by_hand"), WRITER),
    "appar": (_at(f"{OFFICE}/apps/"), WRITER),
    "app-x": (_at(f"{OFFICE}/apps/x"), WRITER),
    "app-facebook": (_at(f"{OFFICE}/apps/facebook"), WRITER),
    "app-linkedin": (_at(f"{OFFICE}/apps/linkedin"), WRITER),
    "personer": (_at(f"{OFFICE}/people/"), WRITER),
    "logg": (_at(f"{OFFICE}/record/"), WRITER),
    "sok": (_at(f"{OFFICE}/search?q=bussen"), WRITER),
    "pausa": (_at(f"{OFFICE}/pause/"), LEADER),
    "missat": (_at(f"{OFFICE}/pause/missed"), WRITER),
    "installningar": (_at(f"{OFFICE}/settings/"), WRITER),
    "utseende": (_at(f"{OFFICE}/settings/look/"), WRITER),
    "e-post": (_at(f"{OFFICE}/mail-server/"), WRITER),
    "e-post-ny": (_at(f"{OFFICE}/mail-server/new"), WRITER),
    "e-post-ny-365": (_at(f"{OFFICE}/mail-server/new?kind=microsoft"), WRITER),
    "e-post-domaner": (_at(f"{OFFICE}/mail-server/domains/"), WRITER),
    "mejl": (_at(f"{OFFICE}/outbox/"), WRITER),
    "namn": (_at(f"{OFFICE}/mentions/"), WRITER),
    "mitt-konto": (_at(f"{OFFICE}/me/"), WRITER),
    "handbok": (_at(f"{OFFICE}/handbok/"), WRITER),
    "om": (_at(f"{OFFICE}/about/"), WRITER),
    "pressrum": (_at("/n/ljungpartiet/"), ""),
    "pressmeddelande": (_first("/n/ljungpartiet/?kind=release", r"/n/ljungpartiet/[\w-]+-[0-9a-f]{8}$"), ""),
    "pressbilder": (_at("/n/ljungpartiet/pictures"), ""),
    "lanken-i-mejlet": (_at("link"), ""),
    "logga-in": (_at("/sign-in"), ""),
    "glomt-losenordet": (_at("/forgotten-password"), ""),
}
"""Name of the screen: its address, and who looks at it."""


def sign_in(page: Any, person: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-postadress").fill(person)
    page.get_by_label("Lösenord").first.fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url(lambda address: "sign-in" not in address)


class Viewer:
    """One person at one size of window, in light or in dark, with every fault that was seen."""

    def __init__(self, browser: Any, address: str, home: Path, width: int, dark: bool) -> None:
        self._home, self._dark = home, dark
        self.width, self.faults = width, list[str]()
        self._pages: dict[str, Any] = {}
        self._open: Callable[[], Any] = lambda: browser.new_context(
            viewport={"width": width, "height": SIZES[width]},
            base_url=address,
            locale="sv-SE",
            reduced_motion="reduce",
            has_touch=width < 600,
            color_scheme="dark" if dark else "light",
        ).new_page()

    def page(self, person: str) -> Any:
        if person not in self._pages:
            self._pages[person] = self._open()
            if person:
                sign_in(self._pages[person], person)
        return self._pages[person]

    def look(self, name: str, addresses: dict[str, str]) -> bytes:
        """Open the screen and measure it; returns its picture as PNG."""
        where, person = SHOWN[name]
        page = self.page(person)
        if name == "lanken-i-mejlet":
            approve(page, self._home)
        else:
            if name not in addresses:
                addresses[name] = where(page)
            answer = page.goto(addresses[name])
            if answer.status != 200:
                self._fault(name, f"answers {answer.status}")
        page.wait_for_timeout(350)
        png: bytes = page.screenshot()
        self._measure(name, page)
        return png

    def _measure(self, name: str, page: Any) -> None:
        from axe_playwright_python.sync_playwright import Axe

        for violation in Axe().run(page).response["violations"]:
            self._fault(name, f"axe: {violation['id']}: {violation['nodes'][0]['html'][:160]}")
        self._width(name, page)
        if self._dark:
            return
        for size in (NARROW,) if self.width < 600 else (ZOOMED,):
            page.set_viewport_size(size)
            page.wait_for_timeout(120)
            self._width(name, page)
            if size is ZOOMED:
                self._in_view(name, page)
        page.set_viewport_size({"width": self.width, "height": SIZES[self.width]})

    def _width(self, name: str, page: Any) -> None:
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if beyond > 0:
            self._fault(name, f"{beyond} points wider than {page.viewport_size['width']}")

    def _in_view(self, name: str, page: Any) -> None:
        """At 200 % the main button of a form can be scrolled to, and nothing lies over it."""
        button = page.locator("main .main-action:visible, main .action-bar button[value=submit]:visible").last
        if not button.count():
            return
        button.scroll_into_view_if_needed()
        covered = button.evaluate(
            """button => {
              const box = button.getBoundingClientRect();
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return !(top && (button.contains(top) || top.contains(button)));
            }"""
        )
        if covered:
            self._fault(name, "its main button is covered or out of view at 200 %")

    def _fault(self, name: str, what: str) -> None:
        self.faults.append(f"{name} at {self.width}{' in dark' if self._dark else ''}: {what}")


def keep(png: bytes, path: Path) -> None:
    """As WebP, which is a tenth of the PNG."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").save(path, "WEBP", quality=70, method=6)


def main(arguments: list[str]) -> int:
    keeps = "--keep" in arguments
    names = [name for name in arguments if not name.startswith("-")] or list(SHOWN)
    if keeps:
        SCREENS.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with demo() as (address, home), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--lang=sv-SE"])
        addresses: dict[str, str] = {}
        for width in SIZES:
            for dark in (False, True) if keeps or width > 600 else (False,):
                viewer = Viewer(browser, address, home, width, dark)
                for name in names:
                    png = viewer.look(name, addresses)
                    if keeps:
                        keep(png, SCREENS / f"{name}-{width}{'-dark' if dark else ''}.webp")
                faults += viewer.faults
        browser.close()
    print("\n".join(faults) or f"{len(names)} screens, in every size: nothing is wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
