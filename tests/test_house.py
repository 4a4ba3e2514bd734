"""The house rules that are tests: imports run downward, README says what is run, nothing foreign in the tree."""

from __future__ import annotations

import ast
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


def test_nobody_builds_the_path_of_a_file_of_the_office_by_hand() -> None:
    """Where media, fonts and smaller forms lie is known to their blobs alone, so that they may lie elsewhere."""
    by_hand = re.compile(
        r"""sha256\[:2\]|/\s*f?["'](?:media|cache|fonts|small|scaled|stills|incoming)\b|LocalBlobs\(|\.media\s*/"""
    )
    makers = {"services/kernel/blobs.py", "services/kernel/context.py", "bootstrap.py"}
    modules = {str(path.relative_to(ROOT / "commsched")): path for path in (ROOT / "commsched").rglob("*.py")}
    inside = {name for name, path in modules.items() if by_hand.search(path.read_text())}
    assert inside == makers


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
    "api": 1,
    "bootstrap.py": 0,
    "cli": 5,
    "core": 6,
    "engine": 0,
    "images": 0,
    "mail": 0,
    "platforms": 7,
    "services": 49,
    "store": 2,
    "web": 4,
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


VAGUE = {"one", "found", "made", "given", "told", "there"}
VAGUE_CEILINGS = {
    "api": 0,
    "bootstrap.py": 0,
    "cli": 0,
    "core": 0,
    "engine": 0,
    "images": 0,
    "mail": 0,
    "platforms": 0,
    "services": 0,
    "store": 0,
    "web": 0,
    "wsgi.py": 0,
}
"""How many functions of each package have a local variable or a parameter with a vague name, each name counted.
These numbers only ever go down."""


def _own_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The parameters of ``function`` and the names that it binds itself; a function inside it counts for itself."""
    parameters = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    names: set[str] = set()
    waiting: list[ast.AST] = list(function.body) if isinstance(function.body, list) else [function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        waiting.extend(ast.iter_child_nodes(node))
    return parameters | names


def _vague_names(file: Path) -> list[str]:
    """Every function of ``file`` with a vague name in it, as ``line: name``."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    functions = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kinds)]
    return [f"{function.lineno}: {name}" for function in functions for name in sorted(_own_names(function) & VAGUE)]


@pytest.mark.parametrize("package", sorted(VAGUE_CEILINGS))
def test_a_local_name_says_what_the_thing_is(package: str) -> None:
    place = ROOT / "commsched" / package
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    vague = [f"{file.relative_to(ROOT)}:{name}" for file in files for name in _vague_names(file)]
    assert len(vague) <= VAGUE_CEILINGS[package], "\n".join(vague)


def test_every_package_has_a_ceiling_for_vague_names() -> None:
    packages = {path.name for path in (ROOT / "commsched").iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert packages <= VAGUE_CEILINGS.keys()


def test_every_mutant_still_finds_the_text_that_it_takes_away() -> None:
    """Mutants run outside the suite; a line that moved away from one would leave its guard unproved, unnoticed."""
    from tests.mutants import MUTANTS

    package = ROOT / "commsched"
    assert [mutant.name for mutant in MUTANTS if mutant.old not in (package / mutant.file).read_text()] == []
    files = {(mutant.name, word) for mutant in MUTANTS for word in mutant.tests.split() if word.startswith("tests/")}
    assert {name for name, word in files if not (ROOT / word.partition("::")[0]).exists()} == set()


def test_every_package_says_what_belongs_in_it() -> None:
    """In its first line, as one sentence: whoever looks for a place reads these side by side."""
    silent = []
    for file in (ROOT / "commsched").rglob("__init__.py"):
        docstring = ast.get_docstring(ast.parse(file.read_text())) or ""
        if len(docstring.split("\n\n")[0].split()) < 5:
            silent.append(str(file.relative_to(ROOT)))
    assert silent == []
