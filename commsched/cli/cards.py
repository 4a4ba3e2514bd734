"""Cards: pictures in the office's own look, drawn from a few words."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from commsched.cli._common import (
    OfficeGroup,
    echo,
    language,
    open_installation,
    table,
    translated,
    workspace_and_actor,
    workspace_option,
)
from commsched.core.text.languages import pick

if TYPE_CHECKING:
    from commsched.images.cards.brand import Brand
    from commsched.images.cards.designs import Design
    from commsched.images.cards.values import Photo

TOO_LONG = 3
"""Exit code: the card is drawn and written, but its words do not fit."""


@click.group(cls=OfficeGroup)
def card() -> None:
    """Draw pictures that look designed: quotes, events, figures, votes."""


@card.command("list")
def list_cards() -> None:
    """The designs, and the fields of each: KEY* must be given, KEY@ takes a picture."""
    from commsched.images.cards import designs

    rows: list[tuple[object, ...]] = []
    for design in designs.load().values():
        fields = " ".join(
            name + ("*" if spec.required else "") + ("@" if spec.kind == "picture" else "")
            for name, spec in design.fields.items()
        )
        rows.append((design.name, _worded(design.title), fields))
    table(rows, ("name", "title", "fields"))


def _worded(texts: dict[str, str]) -> str:
    return pick(texts, language(), "")


@card.command("draw")
@workspace_option
@click.option("--design", required=True, metavar="NAME", help="Which design: see “card list”.")
@click.option("--size", default="1200x630", show_default=True, metavar="WxH", help="In pixels.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="What a field says. KEY=@FILE reads it from a file, which is how a picture is given; \\n in "
    "VALUE is a new line.",
)
@click.option("--page", default=0, type=click.IntRange(0, 50), help="Of a carousel; 0 is its cover.")
@click.option("--language", "wish", metavar="L", default="", help="Of the design's own words: sv or en.")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def draw_card(
    workspace: str, design: str, size: str, settings: tuple[str, ...], page: int, wish: str, out: Path
) -> None:
    """Draw a card in the office's look to OUT (.png or .jpg; - is PNG on stdout).

    Where there is no office, it is drawn in the plain look. Prints the proposed alt text. The exit code is 3 where
    the words do not fit: the picture is written all the same, so that one can look.
    """
    from commsched.images.cards import card as cards
    from commsched.images.cards import designs

    width, height = _size(size)
    chosen = designs.get(design)
    brand, own = _look(workspace)
    drawn = cards.draw(design, (width, height), _values(settings, chosen), brand, _format(out), wish or own, page)
    if str(out) == "-":
        sys.stdout.buffer.write(drawn.data)
    else:
        out.write_bytes(drawn.data)
        click.echo(drawn.alt)
    for problem in drawn.warnings:
        echo(f"{problem.field}: {translated(problem.words)}" if problem.field else problem.words)
    if any(problem.blocks for problem in drawn.warnings):
        sys.exit(TOO_LONG)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", text.strip().lower())
    if match is None:
        raise click.UsageError(f"--size takes WIDTHxHEIGHT, such as 1200x630, and “{text[:40]}” is not that.")
    return int(match[1]), int(match[2])


def _format(out: Path) -> Literal["png", "jpeg"]:
    suffix = out.suffix.lower()
    if str(out) == "-" or suffix == ".png":
        return "png"
    if suffix in (".jpg", ".jpeg"):
        return "jpeg"
    raise click.UsageError("OUT must end in .png or .jpg.")


def _values(settings: tuple[str, ...], design: Design) -> dict[str, str | bytes | Photo]:
    """``KEY=VALUE`` as what the design takes; a picture goes through the same intake as an upload."""
    values: dict[str, str | bytes | Photo] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        key = key.strip().lower()
        if not equals or not key:
            raise click.UsageError(f"--set takes KEY=VALUE, and “{key[:40]}” is not that.")
        spec = design.fields.get(key)
        if spec is not None and spec.kind == "picture":
            values[key] = _picture(key, value)
        elif value.startswith("@"):
            values[key] = _words(key, value[1:])
        else:
            values[key] = value.replace("\\n", "\n")
    return values


def _picture(key: str, value: str) -> bytes:
    from commsched.images.intake.pictures import take

    if not value.startswith("@"):
        raise click.UsageError(f"{key} takes a picture: --set {key}=@FILE.")
    return take(_read(key, value[1:]), Path(value[1:]).name).data


def _words(key: str, file: str) -> str:
    try:
        return _read(key, file).decode("utf-8")
    except UnicodeDecodeError:
        raise click.ClickException(f"{key}: the file {file} is not text in UTF-8.") from None


def _read(key: str, file: str) -> bytes:
    """What a file holds; one that is not there, or not to be read, is said by the field that named it."""
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise click.ClickException(f"{key}: there is no file {file}.") from None
    except OSError:
        raise click.ClickException(f"{key}: the file {file or '(no name)'} cannot be read.") from None


def _look(workspace: str) -> tuple[Brand, str]:
    """The office's brand and language; the plain ones where no office is here and none was asked for."""
    from commsched.core.text.messages import Invalid, NotFound
    from commsched.images.cards.brand import Brand
    from commsched.services.design import brand as kits

    try:
        installation = open_installation()
        row, _actor = workspace_and_actor(installation, workspace)
    except (NotFound, Invalid):
        if workspace:
            raise
        return Brand(), language()
    with installation.store.read(row.id) as session:
        return kits.brand_of(installation, session, row), row.language


COMMANDS = (card,)
