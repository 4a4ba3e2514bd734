"""A real browser at a real server: headless Chromium, the app in a thread, on a port of its own.

``visit(person)`` opens a page where that person is signed in; ``visit()`` one where nobody is. With ``CI=true`` a
missing browser is a failure, elsewhere those tests are left out.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from commsched.services.accounts import people, sessions
from commsched.services.kernel.context import Installation
from commsched.store.models import Person
from tests.conftest import PASSWORD, Cast

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
PATIENCE = 60.0
"""Seconds that a browser and a server may take to anything on a busy machine."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser, and one worker at a time has it."""
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not os.path.exists(CHROMIUM):
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"no browser at {CHROMIUM}")
        pytest.skip(f"no browser at {CHROMIUM}")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def _whole(app: Flask) -> Callable[[dict[str, Any], Any], list[bytes]]:
    """``app``, whose answers are read and closed before they are sent: the tests' server forgets to close those of a
    browser that has gone."""

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        pieces = app(environ, start)
        try:
            return list(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    return answer


@pytest.fixture
def live(app: Flask, installation: Installation) -> Iterator[str]:
    """The address of the running app."""
    server = make_server("127.0.0.1", 0, _whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.port}"
    installation.settings["base_url"] = address
    yield address
    server.shutdown()
    thread.join(10)
    server.server_close()


Visit = Callable[..., Any]


def wait_for(page: Any, condition: Callable[[], Any]) -> None:
    """Let the page go on until ``condition`` is true."""
    for _ in range(round(PATIENCE / 0.05)):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it never came in {PATIENCE:.0f} seconds")


@pytest.fixture
def visit(chromium: Any, live: str, installation: Installation, cast: Cast) -> Iterator[Visit]:
    """``visit(person, phone=True, language="en", script=False)`` is a page; its faults fail the test at the end."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(
        person: Person | None = None,
        *,
        phone: bool = False,
        language: str = "sv",
        dark: bool = False,
        script: bool = True,
    ) -> Any:
        context = chromium.new_context(
            viewport=PHONE if phone else DESK,
            base_url=live,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        cookies = [{"name": "language", "value": language, "url": live}]
        if person is not None:
            people.set_own(installation, person.id, language=language)
            cookies.append(
                {"name": "session", "value": sessions.sign_in(installation, person.email, PASSWORD), "url": live}
            )
        context.add_cookies(cookies)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: faults.append(f"{page.url}: {said.text}") if _is_fault(said) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def _is_fault(said: Any) -> bool:
    """An answer that is no 200 is the page's own affair; a script or a policy that breaks is not."""
    return said.type == "error" and "Failed to load resource" not in said.text


@pytest.fixture
def axe() -> Callable[[Any], None]:
    """``axe(page)`` fails on whatever axe finds."""
    from axe_playwright_python.sync_playwright import Axe

    def run(page: Any) -> None:
        found = Axe().run(page).response["violations"]
        told = [
            f"{one['id']}: {one['help']}\n    " + "\n    ".join(node["html"][:200] for node in one["nodes"][:5])
            for one in found
        ]
        assert not told, f"{page.url}\n" + "\n".join(told)

    return run
