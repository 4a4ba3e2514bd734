"""A mail's finished sentences, and how they are laid out as text and as HTML."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from commsched.core.text.catalogues import gettext
from commsched.services.kernel.context import Installation

if TYPE_CHECKING:
    from jinja2 import Environment

    from commsched.services.notices.digest import DayList

_HOST: Final = re.compile("[a-z0-9-]+([.][a-z0-9-]+)*")


class Picture(msgspec.Struct, frozen=True):
    """A picture that a letter shows: the name it has in the message, and what it shows, in words."""

    name: str
    alt: str


class Request(msgspec.Struct, frozen=True):
    """One of several items that a letter asks about, with the link to it."""

    title: str
    lines: list[tuple[str, str]]
    excerpt: list[str]
    press: str
    url: str
    picture: Picture | None = None


class Letter(msgspec.Struct):
    """Finished sentences, ready for a template."""

    subject: str
    what: str
    means: str
    press: str
    url: str
    workspace: str
    language: str
    lines: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """Label and value: when, where, why, what the platform answered."""
    comment: str = ""
    excerpt: list[str] = msgspec.field(default_factory=list)
    """How the item begins; of a thread, each of its parts."""
    picture: Picture | None = None
    requests: list[Request] = msgspec.field(default_factory=list)
    note: str = ""
    lists: list[DayList] = msgspec.field(default_factory=list)


def host_of(installation: Installation) -> str:
    """The right half of the notices' Message-IDs: where this installation is, if that is set and can be one."""
    host = urlsplit(installation.settings.get("base_url", "")).hostname or ""
    return host if _HOST.fullmatch(host) else "commsched.invalid"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    package = Path(__file__).resolve().parents[2]
    # Inside the package in a wheel, beside it in a checkout.
    folders = [str(package / "templates" / "mail"), str(package.parent / "templates" / "mail")]
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def render(letter: Letter) -> tuple[str, str]:
    """The letter as plain text and as HTML."""

    def _(message: str, **params: object) -> str:
        return gettext(letter.language, message) % params if params else gettext(letter.language, message)

    parts = [_environment().get_template(f"notice.{kind}").render(letter=letter, _=_) for kind in ("txt", "html")]
    return re.sub(r"\n{3,}", "\n\n", parts[0].strip()) + "\n", parts[1]
