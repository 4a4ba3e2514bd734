"""The handbook's pictures, taken anew: ``python -m tests.e2e.pictures``; names after it renew only those pictures.

A demo office of its own is started on a free port, Chromium looks at it in Swedish, and what it saw is written to
``docs/pictures`` as PNG with 256 colours.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from commsched.services.demo.demo import PASSWORD
from tests.e2e.conftest import CHROMIUM, DESK, FLAGS, PHONE

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
OFFICE = "/w/ljungpartiet"
WRITER, LEADER = "elin@ljungpartiet.example", "jonas@ljungpartiet.example"
PATIENCE = 60
"""Seconds that the demo may take to furnish its office."""


@contextmanager
def demo() -> Iterator[tuple[str, Path]]:
    """The address of a demo office and the home it lies in; it is stopped and thrown away afterwards."""
    home = Path(tempfile.mkdtemp(prefix="pictures-"))
    command = [sys.executable, "-m", "commsched", "demo", "--home", str(home), "--port", "0"]
    with (home / "said.txt").open("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield _address(home / "said.txt", process), home
        finally:
            process.terminate()
            process.wait(30)
            shutil.rmtree(home)


def _address(said: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(PATIENCE * 10):
        found = re.search(r"http://127\.0\.0\.1:\d+", said.read_text())
        if found and "Ctrl-C" in said.read_text():
            _ticking(found[0])
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the demo did not start: {said.read_text()[-2000:]}")


def _ticking(address: str) -> None:
    """Wait until the clock has ticked: before that the pages would say that it stands."""
    for _ in range(PATIENCE * 10):
        try:
            with urllib.request.urlopen(f"{address}/readyz") as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the demo's clock did not start")


# -- what is on the pictures ----------------------------------------------------------------------------------------


def today(page: Any, _home: Path) -> None:
    page.goto(f"{OFFICE}/")


def calendar(page: Any, _home: Path) -> None:
    """The whole month, so that the weeks around today are seen whatever the day is."""
    page.set_viewport_size({"width": DESK["width"], "height": 1400})
    page.goto(f"{OFFICE}/calendar/")


def write(page: Any, _home: Path) -> None:
    """A post as it is being written: nothing is sent in."""
    page.goto(f"{OFFICE}/write")
    page.get_by_label("Arkivmappen").first.uncheck()
    page.get_by_label("Pressrummet").first.check()
    page.get_by_label("Text", exact=True).fill(
        "Nästa vecka möts regionfullmäktige i Storhede. Vi tar upp tandvården, nattbussen och biblioteksbussen.\n\n"
        "Sändningen är öppen för alla. Vad vill du att vi frågar om?"
    )
    page.locator(".look").first.get_by_text("Nästa vecka").wait_for()


def answer(page: Any, _home: Path) -> None:
    """Something of which nobody knows whether it went out."""
    _item(page, "Beslut i dag")


def newsroom(page: Any, _home: Path) -> None:
    page.goto("/n/ljungpartiet/")


def approve(page: Any, home: Path) -> None:
    """What the leader sees who opens the link in the mail; nobody is signed in."""
    page.goto(_link(home))


def decide(page: Any, home: Path) -> None:
    """The same page further down, where the buttons are."""
    page.goto(_link(home))
    page.get_by_role("button", name="Godkänn").scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")


def _item(page: Any, words: str) -> None:
    page.goto(f"{OFFICE}/")
    page.locator("main a", has_text=re.compile(words)).first.click()
    page.wait_for_load_state("networkidle")


def _link(home: Path) -> str:
    """The way into a mailed approval of a post."""
    import email
    import email.policy

    for file in sorted((home / "outbox").glob("*.eml")):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        found = re.search(r"/a/[\w.-]+", text)
        if found and LEADER in str(mail["to"]) and "realtid" in text:
            return found[0]
    raise RuntimeError("no mail asks for approval")


Look = Callable[[Any, Path], None]
SHOTS: dict[str, tuple[Look, str, bool]] = {
    "calendar": (calendar, WRITER, False),
    "idag": (today, WRITER, False),
    "skriv": (write, WRITER, False),
    "svara": (answer, WRITER, False),
    "pressrum": (newsroom, "", False),
    "idag-telefon": (today, LEADER, True),
    "godkann-telefon": (approve, "", True),
    "beslut-telefon": (decide, "", True),
}
"""Name of the file: what is looked at, by whom, and whether on a phone."""


def take(browser: Any, address: str, home: Path, name: str) -> None:
    """Take one picture."""
    look, person, phone = SHOTS[name]
    context = browser.new_context(
        viewport=PHONE if phone else DESK,
        base_url=address,
        locale="sv-SE",
        reduced_motion="reduce",
        has_touch=phone,
        color_scheme="light",
    )
    page = context.new_page()
    if person:
        page.goto("/sign-in")
        page.get_by_label("E-postadress").fill(person)
        page.get_by_label("Lösenord").fill(PASSWORD)
        page.get_by_role("button", name="Logga in").click()
        page.wait_for_load_state("networkidle")
    look(page, home)
    page.wait_for_timeout(400)
    keep(page.screenshot(), PICTURES / f"{name}.png")
    context.close()


def keep(png: bytes, path: Path) -> None:
    """Write ``png`` with 256 colours: the pages have few, and the repository keeps every byte for ever."""
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def main(names: list[str]) -> None:
    unknown = set(names) - set(SHOTS)
    if unknown:
        raise SystemExit(f"There is no picture called {', '.join(sorted(unknown))}. There are: {', '.join(SHOTS)}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with demo() as (address, home), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--lang=sv-SE"])
        for name in names or SHOTS:
            take(browser, address, home, name)
            print(f"{name}.png", (PICTURES / f"{name}.png").stat().st_size, "bytes")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
