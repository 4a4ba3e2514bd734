"""The documents keep up with the program: links lead somewhere, commands parse, names are the names in the code."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from commsched.cli.main import main
from commsched.core.access.roles import ROLES
from commsched.core.installation import settings
from commsched.core.text.catalogues import catalogue, translate
from commsched.web.http.badges import STATES

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
HEAVIEST = 120_000
"""Bytes of one picture: the repository keeps every version of it for ever."""
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


# -- links and pictures ---------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The headings of a page as its readers' browsers know them."""
    heads = re.findall(r"^#{1,6} +(.+?) *$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links(page: Path) -> list[str]:
    return [one for one in LINK.findall(page.read_text("utf-8")) if not re.match(r"[a-z]+:", one)]


@every_page
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


def test_every_picture_is_shown_somewhere_and_light() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = set((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures, "the handbook has no pictures"
    assert pictures <= shown
    heavy = [picture.name for picture in pictures if picture.stat().st_size > HEAVIEST]
    assert not heavy


# -- commands -------------------------------------------------------------------------------------------------------


def snippets(page: Path) -> Iterator[tuple[str, bool]]:
    """(code, whole): lines of blocks, which stand as they are typed, and what stands in running text."""
    fenced = False
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or re.match(r" {4}\S", line):
            yield re.split(r"\s#\s", line.strip())[0], True
        else:
            yield from ((code, False) for code in re.findall(r"`([^`]+)`", line))


def commands(page: Path) -> Iterator[tuple[list[str], bool]]:
    """Everything that calls ``commsched``: the words after it, and whether it is a whole command."""
    for code, whole in snippets(page):
        for one in re.split(r"&&|\||;", code):
            found = re.search(r"(?:^|[\s/])commsched +([a-z].*)", one)
            if found:
                yield shlex.split(found[1]), whole


def faults(words: list[str], whole: bool) -> list[str]:
    """What the command line would not understand; of a whole command also what it would miss."""
    command: click.Command = main
    known = {"--help", "-h", "--version"}
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        known |= {opt for param in command.params for opt in param.opts}
        found = command.commands.get(rest[0])
        if found is None:
            return [f"no command “{rest[0]}”"]
        command, rest = found, rest[1:]
    known |= {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    wrong = [f"no option {name}" for name in given - known]
    if whole:
        needed = [param for param in command.params if isinstance(param, click.Option) and param.required]
        wrong += [f"{param.opts[0]} is missing" for param in needed if not given & set(param.opts)]
    return wrong


@every_page
def test_every_command_is_one_that_there_is(page: Path) -> None:
    wrong = {" ".join(words): found for words, whole in commands(page) if (found := faults(words, whole))}
    assert not wrong


def test_a_command_that_is_not_there_is_found_out() -> None:
    assert faults(["publish"], True)
    assert faults(["up", "--colour", "red"], False)
    assert faults(["pause"], True) == ["--reason is missing"]
    assert not faults(["pause"], False)


def test_the_operators_page_has_commands_to_look_at() -> None:
    assert len(list(commands(ROOT / "docs" / "operations.md"))) > 8


@every_page
def test_every_module_that_is_run_is_there_with_its_options(page: Path) -> None:
    for code, _whole in snippets(page):
        for name, rest in re.findall(r"python3? -m ((?:commsched|tests)[\w.]+)(.*)", code):
            found = importlib.util.find_spec(name)
            assert found is not None, name
            assert found.origin is not None, name
            files = Path(found.origin).parent.glob("*.py") if found.submodule_search_locations else [Path(found.origin)]
            source = "".join(file.read_text("utf-8") for file in files)
            assert not [option for option in re.findall(r"--[\w-]+", rest) if option not in source], code


# -- names ----------------------------------------------------------------------------------------------------------


def exists(dotted: str) -> bool:
    """Whether ``services.deliver.dispatcher`` or ``core.delivery.gate.judge`` is something in the program."""
    try:
        return bool(importlib.import_module(f"commsched.{dotted}"))
    except ImportError:
        module, _, name = dotted.rpartition(".")
        return bool(module) and hasattr(importlib.import_module(f"commsched.{module}"), name)


@every_page
def test_every_module_and_file_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    areas = "core|store|platforms|mail|images|services|engine|web|api|cli"
    dotted = re.findall(rf"`((?:{areas})\.[a-z_]+(?:\.[a-z_]+)*)`", text)
    assert not [name for name in dotted if not exists(name)]
    files = re.findall(r"`((?:commsched|tests|docs|templates|bench)/[\w/.-]+)`", text)
    assert not [name for name in files if not (ROOT / name).exists()]


def test_the_settings_in_the_operators_page_are_the_settings() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = text.split("## Settings")[1].split("\n## ")[0]
    named = {name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == set(settings.RULES)


def test_the_operators_page_knows_every_role() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert not [role for role in ROLES if f"`{role}`" not in text]


# -- the handbook ---------------------------------------------------------------------------------------------------

HANDBOOK = ROOT / "docs" / "handbok.md"


def test_the_handbook_explains_every_state_by_the_word_on_the_screen() -> None:
    table = HANDBOOK.read_text("utf-8").split("## Vad lägena betyder")[1].split("\n## ")[0]
    rows = set(re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE))
    words = {translate(look.word, "sv") for key, look in STATES.items() if key in ITEM_STATES}
    assert words <= rows


ITEM_STATES = (
    "draft",
    "in_review",
    "changes_requested",
    "approved",
    "scheduled",
    "publishing",
    "published",
    "partly_published",
    "held",
    "unknown",
    "failed",
    "cancelled",
)


def test_what_the_handbook_tells_to_press_is_what_stands_on_the_button() -> None:
    """Bold in the handbook is what one sees on the screen."""
    plain = [re.escape(form.rstrip(" ….:")) for forms in catalogue("sv").values() for form in forms if form]
    on_screen = re.compile("|".join(re.sub(r"%\\\(\w+\\\)s", ".+", form) for form in plain if len(form) < 100))
    bold = re.findall(r"\*\*(.+?)\*\*", re.sub(r"\s+", " ", HANDBOOK.read_text("utf-8")))
    assert len(bold) > 40
    pressed = {word.strip().rstrip(" ….:") for one in bold for word in one.split("→")}
    assert not sorted(word for word in pressed if not on_screen.fullmatch(word))
