"""The house rules that are tests: imports run downward, README says what is run, nothing foreign in the tree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("tweepy", "facebook", "mastodon", "PIL", "alembic", "twitter_text")


def test_imports_run_downward() -> None:
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    ran = subprocess.run([sys.executable, "-c", code, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-3000:]


def test_parts_and_attempts_are_written_by_the_deliver_room_only() -> None:
    """The rule that keeps a post from going out twice has one home."""
    changes = re.compile(r"\b(?:insert|update|delete)\((?:Attempt|Part)\b|\b(?:Attempt|Part)\(\s*delivery_id")
    rooms = [
        path
        for part in ("services", "web", "api", "cli", "engine")
        for path in (ROOT / "commsched" / part).rglob("*.py")
    ]
    inside = {path for path in rooms if path.parent.name == "deliver" and changes.search(path.read_text())}
    assert inside, "the pattern knows what it looks for"
    assert [str(path) for path in rooms if path not in inside and changes.search(path.read_text())] == []


def test_a_room_holds_what_a_hand_can() -> None:
    """At most fifteen modules side by side, what two of them share (an underscore) not counted."""
    folders = {path.parent for path in (ROOT / "commsched").rglob("*.py")}
    crowded = {str(folder): len(list(folder.glob("[!_]*.py"))) for folder in folders if folder.name != "versions"}
    assert {folder: many for folder, many in crowded.items() if many > 15} == {}


def test_the_web_process_loads_no_sdk() -> None:
    """Heavy SDKs are imported where they are used, not at start."""
    names = "sys, commsched.web.app, commsched.bootstrap, commsched.engine.embedded"
    code = f"import {names}; print([name for name in {HEAVY!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_readme_has_the_two_commands_that_the_check_runs() -> None:
    text = (ROOT / "README.md").read_text()
    blocks = [block.split("```")[0].strip() for block in text.split("```sh\n")[1:]]
    assert len(blocks) == 2
    assert blocks[0].endswith("commsched demo")
    assert blocks[1].endswith("pytest")


def test_every_platform_module_has_its_test() -> None:
    modules = {path.stem for path in (ROOT / "commsched/platforms").glob("[!_]*.py")}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests/platforms").glob("test_*.py")}
    assert modules <= tests


@pytest.mark.parametrize("folder", ["commsched", "templates", "docs"])
def test_nothing_is_left_to_be_done(folder: str) -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "Not" + "ImplementedError")
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".html", ".js", ".md", ".css")
        for mark in marks
        if mark in path.read_text()
    ]
    assert found == []


ANY_CEILINGS = {
    "api": 25,
    "bootstrap.py": 0,
    "cli": 6,
    "core": 43,
    "engine": 2,
    "images": 0,
    "mail": 0,
    "platforms": 112,
    "services": 79,
    "store": 32,
    "web": 40,
    "wsgi.py": 0,
}
"""How often ``Any`` may stand in each package, its imports counted too. These numbers only ever go down."""


@pytest.mark.parametrize("package", sorted(ANY_CEILINGS))
def test_any_stands_only_where_a_library_forces_it(package: str) -> None:
    """mypy sees nothing behind ``Any``. Whoever removes some lowers the ceiling, so that none of it comes back."""
    place = ROOT / "commsched" / package
    files = [place] if place.is_file() else place.rglob("*.py")
    count = sum(len(re.findall(r"\bAny\b", file.read_text())) for file in files)
    assert count <= ANY_CEILINGS[package], f"{package}: {count}"


def test_every_package_has_a_ceiling_for_any() -> None:
    packages = {path.name for path in (ROOT / "commsched").iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert packages <= ANY_CEILINGS.keys()


@pytest.mark.parametrize("folder", ["commsched", "tests", "bench"])
def test_the_formatter_has_the_last_word(folder: str) -> None:
    """A line that is kept from it is a line that somebody lays out by hand for ever."""
    mark = "fmt: " + "skip"
    assert [str(path) for path in (ROOT / folder).rglob("*.py") if mark in path.read_text()] == []
