"""An office's brand kit: what its pictures look like. Kept in the workspace; fonts are files beside the pictures."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched import images
from commsched.core.text.clean import line
from commsched.core.text.messages import N_, Invalid, NotFound
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.blobs import File, at_hand, blob_of
from commsched.services.kernel.brand_kit import Kit, kit_of
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Media, Workspace
from commsched.store.session import EVERY_WORKSPACE

if TYPE_CHECKING:
    from commsched.images.cards.brand import Brand

COLOURS: Final = ("primary", "accent", "light", "dark")
MOTIFS: Final = ("arcs", "slope", "none")
MOST_FONTS: Final = 12
FONTS: Final = "fonts"
"""The room of the fonts among the blobs."""
MOST_NAME: Final = 60


def get(installation: Installation, workspace: int) -> Kit:
    with installation.store.read(workspace) as session:
        return kit_of(session.get_one(Workspace, workspace))


def brand_of(installation: Installation, session: Session, workspace: Workspace, kit: Kit | None = None) -> Brand:
    """What the card engine needs, with the logo's bytes and the fonts' paths. The same kit is the same object."""
    kit = kit or kit_of(workspace)
    wanted = [number for number in (kit.logo, kit.logo_on_dark) if number]
    pictures = {row.id: row for row in session.scalars(select(Media).where(Media.id.in_(wanted)))} if wanted else {}
    logos = (_file(installation, pictures.get(number)) for number in (kit.logo, kit.logo_on_dark))
    fonts = tuple((family, _font(installation, name)) for family, name in (*kit.fonts.items(), *kit.emoji.items()))
    return _brand(msgspec.json.encode(kit), kit.name or workspace.name, fonts, *logos)


def _file(installation: Installation, row: Media | None) -> File | None:
    file = blob_of(installation, row) if row is not None else None
    return file if file is not None and file.exists() else None


def _font(installation: Installation, name: str) -> str:
    """The path of a font's file; where it is missing, of none, and then the usual font is used."""
    try:
        return str(at_hand(installation, f"{FONTS}/{name}"))
    except FileNotFoundError:
        return name


@lru_cache(32)
def _brand(
    stored: bytes, name: str, fonts: tuple[tuple[str, str], ...], logo: File | None, logo_on_dark: File | None
) -> Brand:
    paths = dict(fonts)
    kit = msgspec.json.decode(stored, type=Kit)
    return images.brand.Brand(
        name=name,
        primary=kit.primary,
        accent=kit.accent,
        light=kit.light,
        dark=kit.dark,
        is_dark=kit.is_dark,
        heading=kit.heading,
        body=kit.body,
        serif=kit.serif,
        motif=kit.motif,
        margin=kit.margin,
        safe={"tall": (kit.safe_top, 0.0, kit.safe_bottom, 0.0)},
        logo=logo.read() if logo else b"",
        logo_on_dark=logo_on_dark.read() if logo_on_dark else b"",
        emoji_font=next((paths[family] for family in kit.emoji), ""),
        fonts={family: paths[family] for family in kit.fonts},
    )


def families(kit: Kit) -> list[str]:
    """Every family that text can be set in: the office's own first."""
    return [*kit.fonts, *(name for name in images.fonts.FAMILIES if name not in kit.fonts)]


def checked(kit: Kit) -> Kit:
    """``kit`` with its colours spelled one way. Raises :class:`Invalid` naming the field that is wrong."""
    tidy: dict[str, str] = {"name": line(kit.name, "name")}
    if len(tidy["name"]) > MOST_NAME:
        raise Invalid(N_("At most %(most)s characters."), "name", most=MOST_NAME)
    for field in COLOURS:
        try:
            tidy[field] = images.contrast.hexed(images.contrast.colour(getattr(kit, field)))
        except ValueError:
            raise Invalid(N_("Write a colour with six digits, such as #14532d."), field) from None
    for field in ("heading", "body", "serif"):
        if getattr(kit, field) not in families(kit):
            raise Invalid(N_("Choose one from the list."), field)
    if kit.motif not in MOTIFS:
        raise Invalid(N_("Choose one from the list."), "motif")
    for field, least, most in (("margin", 0.02, 0.15), ("safe_top", 0.0, 0.3), ("safe_bottom", 0.0, 0.3)):
        if not least <= getattr(kit, field) <= most:
            words = N_("A whole number from %(least)s to %(most)s.")
            raise Invalid(words, field, least=round(least * 100), most=round(most * 100))
    return msgspec.structs.replace(kit, **tidy)


def save(installation: Installation, actor: Actor, kit: Kit) -> None:
    """Keep the kit. Pictures that are drawn already stay as they are."""
    actor.require("administer")
    kit = checked(kit)
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        for field in ("logo", "logo_on_dark"):
            number = getattr(kit, field)
            if number and session.scalar(select(Media.id).where(Media.id == number)) is None:
                raise Invalid(N_("There is no such picture."), field)
        kit = msgspec.structs.replace(kit, fonts=kit_of(row).fonts, emoji=kit_of(row).emoji)
        row.brand = msgspec.to_builtins(kit)
        note(session, installation, actor, "workspace.brand")


def add_font(installation: Installation, actor: Actor, data: bytes, filename: str = "") -> str:
    """Keep an uploaded font, and return its family; one with emoji in colour draws the emoji from now on.

    One of the same name replaces the one that was. Raises :class:`commsched.images.text.fonts.BadFont`.
    """
    actor.require("administer")
    taken = images.fonts.take_font(data, filename, actor.workspace)
    family = " ".join(taken.family.split())[:80]
    if not family or family in images.fonts.PACKAGED:
        raise Invalid(N_("The font says no name of its own, or one that is here already."), "font")
    suffix, sha256 = ".otf" if data.startswith(b"OTTO") else ".ttf", hashlib.sha256(data).hexdigest()
    name = f"{sha256}{suffix}"
    with installation.store.write(actor.workspace) as session:
        locks.shared(session, locks.FILES)
        row = locks.row(session, Workspace, actor.workspace)
        kit = kit_of(row)
        if not taken.emoji and len(kit.fonts) >= MOST_FONTS and family not in kit.fonts:
            raise Invalid(N_("At most %(most)s fonts. Remove one first."), "font", most=MOST_FONTS)
        # Written under the lock, so that no cleanup removes it before a row names it.
        installation.blobs.put(BytesIO(data), suffix, sha256, FONTS)
        new = {"emoji": {family: name}} if taken.emoji else {"fonts": kit.fonts | {family: name}}
        row.brand = msgspec.to_builtins(msgspec.structs.replace(kit, **new))
        note(session, installation, actor, "workspace.font_added", family=family)
    _sweep(installation)
    return family


def remove_font(installation: Installation, actor: Actor, family: str) -> None:
    """Stop using a font; what was set in it goes back to the usual one. The file goes with its last office."""
    actor.require("administer")
    with installation.store.write(actor.workspace) as session:
        row = locks.row(session, Workspace, actor.workspace)
        kit = kit_of(row)
        if family not in kit.fonts and family not in kit.emoji:
            raise NotFound(N_("There is no such font."))
        usual = {
            field: getattr(Kit(), field) for field in ("heading", "body", "serif") if getattr(kit, field) == family
        }
        left = {name: file for name, file in kit.fonts.items() if name != family}
        emoji = {name: file for name, file in kit.emoji.items() if name != family}
        row.brand = msgspec.to_builtins(msgspec.structs.replace(kit, fonts=left, emoji=emoji, **usual))
        note(session, installation, actor, "workspace.font_removed", family=family)
    _sweep(installation)


def _sweep(installation: Installation) -> None:
    """Delete font files that no office uses. The lock keeps another process from adding a font at the same time."""
    with installation.store.write(EVERY_WORKSPACE) as session:
        locks.alone(session, locks.FILES)
        used = {name for row in session.scalars(select(Workspace)) for name in kit_of(row).files}
        for key in list(installation.blobs.keys(f"{FONTS}/")):
            if key.removeprefix(f"{FONTS}/") not in used:
                installation.cache.delete(key)
                installation.blobs.delete(key)
