"""The template for a platform of another package: built, installed, found, and put to the contract like our own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import commsched.platforms as registry
from commsched.core.platform.contract import Platform
from commsched.core.text import languages
from commsched.core.text.catalogues import gettext
from tests.conftest import Cast
from tests.platforms import contract_checks as checks
from tests.platforms.adapters import SERVER, Adapter

TEMPLATE = Path(__file__).parents[2] / "docs" / "platform-template"
POST = {"id": "1", "url": f"{SERVER}/posts/1", "key": "k"}


def run(*command: str, cwd: Path, path: str = "") -> str:
    env = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, as an installer leaves it: the wheel that was built of the template."""
    folder = tmp_path_factory.mktemp("template")
    run("hatchling", "build", "-t", "wheel", "-d", str(folder / "dist"), cwd=TEMPLATE)
    [wheel] = (folder / "dist").glob("*.whl")
    quiet = ("--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check")
    run("pip", "install", *quiet, "--target", str(folder / "site"), str(wheel), cwd=folder)
    return folder / "site"


def _forget() -> None:
    for cached in (registry._others, registry.keys, registry.get, registry.shown_in):
        cached.cache_clear()
    for place in languages._places[1:]:
        languages.remove(place)


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.syspath_prepend(str(site))
    _forget()
    yield registry.get("example")
    _forget()
    sys.modules.pop("commsched_example", None)


@pytest.fixture
def adapter(installed: Platform) -> Adapter:
    return Adapter(
        key="example",
        proof=installed,
        answers=[
            (r"/me", {"id": "7", "name": "lokalen"}),
            (r"/media", {"id": "3"}),
            (r"GET .*/posts", {"posts": [POST], "more": False}),
            (r"/posts", POST),
        ],
        refusal={"error": "no"},
        publishes=r"POST /posts$",
    )


def test_it_is_found_by_its_entry_point_with_all_that_it_brings(installed: Platform) -> None:
    assert installed in registry.all()
    assert gettext("sv", installed.about) == "Ett konto på exempelnätet: inlägg och trådar, med en bild."
    assert "As the example network shows it" in (registry.preview("example") or "")


def test_it_can_be_connected_on_the_page(installed: Platform, browse: Any, cast: Cast) -> None:
    assert "exempelnätet" in browse(cast.administrator).get("~/channels/new/example").text


@pytest.mark.parametrize("fault", checks.LOST + checks.UNREADABLE)
def test_a_lost_answer_is_unknown(adapter: Adapter, fault: str) -> None:
    checks.a_lost_answer_is_unknown(adapter, fault)


def test_it_keeps_what_ours_keep(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.when_all_is_well_it_is_published(adapter)
    checks.a_page_for_browsers_is_no_success(adapter)
    checks.a_wall_in_front_has_said_nothing(adapter)
    checks.an_error_inside_a_success_is_no_success(adapter)
    checks.a_redirect_is_refused(adapter)
    checks.what_was_not_sent_may_be_tried_again(adapter)
    checks.who_is_told_to_stop_stops(adapter)
    checks.no_secret_is_ever_told(adapter)
    checks.it_can_be_pointed_elsewhere(adapter)
    checks.a_silent_address_does_not_hide_the_next(adapter, monkeypatch)
    checks.it_neither_sleeps_nor_reads_the_environment(adapter, monkeypatch)


def test_its_own_tests_pass(site: Path) -> None:
    """With commsched and pytest in the same environment, as its README says."""
    root = Path(registry.__file__).parents[2]
    quiet = ("-q", "-p", "no:cacheprovider", "--rootdir", str(TEMPLATE), "-c", "/dev/null")
    said = run("pytest", *quiet, str(TEMPLATE / "tests"), cwd=TEMPLATE, path=f"{site}:{root}")
    assert "passed" in said


def test_a_copy_under_another_name_is_built_as_its_readme_says(tmp_path: Path) -> None:
    """Steps 1 and 2, word by word; the wheel has the module, its preview and its translations in it."""
    copied = tmp_path / "forum"
    shutil.copytree(TEMPLATE, copied, ignore=shutil.ignore_patterns("__pycache__", "dist", "*.egg-info"))
    (copied / "src/commsched_example/templates/previews/example.html").rename(
        copied / "src/commsched_example/templates/previews/forum.html"
    )
    (copied / "src/commsched_example").rename(copied / "src/commsched_forum")
    project = copied / "pyproject.toml"
    words = project.read_text("utf-8").replace('example = "commsched_example:', 'forum = "commsched_forum:')
    project.write_text(words.replace('name = "commsched-example"', 'name = "commsched-forum"'), "utf-8")
    run("hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"), cwd=copied)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"commsched_forum/__init__.py", "commsched_forum/templates/previews/forum.html"} <= names


def test_one_that_cannot_be_loaded_has_the_plain_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("gone", "a_module_that_is_gone:PLATFORM", registry.GROUP)
    monkeypatch.setattr(registry, "_others", lambda: {"gone": point})
    monkeypatch.setattr(registry, "keys", lambda: ("gone",))
    registry.get.cache_clear()
    assert registry.preview("gone") is None
    registry.get.cache_clear()
