"""Finds every sentence that people can meet: in the code by ``N_``, ``_`` and ``ngettext``, in templates by ``_``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.extract import extract
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "commsched"
TEMPLATES = ROOT / "templates"
KEYWORDS = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
FIELD = re.compile(r"%\((\w+)\)[sd]")

Message = tuple[str, ...]
"""One msgid, or a singular and a plural."""


def in_code(folder: Path = CODE) -> Iterator[tuple[Message, str]]:
    """(message, where) for every marked sentence in Python."""
    for file in sorted(folder.rglob("*.py")):
        with file.open("rb") as source:
            for line, found, _comments, _context in extract("python", source, KEYWORDS, options={"encoding": "utf-8"}):
                yield _message(found), f"{file.relative_to(ROOT)}:{line}"


def in_templates(folder: Path = TEMPLATES) -> Iterator[tuple[Message, str]]:
    """(message, where) for every marked sentence in a template."""
    options = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "silent": "false", "encoding": "utf-8"}
    for file in sorted(path for path in folder.rglob("*") if path.suffix in (".html", ".txt", ".xml", ".jinja")):
        with file.open("rb") as source:
            for line, _function, found, _comments in babel_extract(source, list(KEYWORDS), [], options):
                yield _message(found), f"{file.relative_to(ROOT)}:{line}"


def _message(found: object) -> Message:
    if isinstance(found, str):
        return (found,)
    assert isinstance(found, tuple | list)
    return tuple(part for part in found if isinstance(part, str))


@cache
def everything() -> dict[Message, str]:
    """Every sentence there is, with the first place where it stands."""
    made: dict[Message, str] = {}
    for message, where in (*in_code(), *in_templates()):
        if message and message[0]:
            made.setdefault(message, where)
    return made


def fields(text: str) -> set[str]:
    """The names of the %(…)s fields in ``text``."""
    return set(FIELD.findall(text))


def written(catalogue: str) -> list[str]:
    """The msgids of a .po file as they stand there, also one that stands there twice."""
    wholes = re.findall(r'^msgid ((?:"[^\n]*"\n)+)', catalogue, re.MULTILINE)
    return ["".join(ast.literal_eval(line) for line in whole.splitlines()) for whole in wholes]
