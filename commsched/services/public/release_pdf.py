"""A publication as a PDF: what the newsroom, the secret address and the press kit offer to read and print."""

from __future__ import annotations

from commsched.core.content.mentions import plainly
from commsched.core.content.model import Content
from commsched.core.text.slug import slug
from commsched.services.approval.clearance import clearance
from commsched.services.content import items, versions
from commsched.services.content.versions import Shot
from commsched.services.kernel import brand_kit
from commsched.services.kernel.blobs import File, blob_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.media import search
from commsched.services.press import pdf
from commsched.services.press.pdf import Material, Use
from commsched.services.press.sheet import Origin, Shown, sheet
from commsched.services.public.newsroom import Newsroom, Publication
from commsched.store.models import Workspace


def of(
    installation: Installation, room: Newsroom, whole: Publication, url: str, use: Use = "public", language: str = ""
) -> File:
    """The sheet of ``whole`` as its readers have it now, in ``language`` where it has words of that; ``url`` is where
    it stands. Raises :class:`commsched.services.press.pdf.CannotTypeset`."""
    entry = whole.in_language(language)
    shot = entry.pictures[0] if entry.pictures else None
    with installation.store.read(room.id) as session:
        kit = brand_kit.kit_of(session.get_one(Workspace, room.id))
        wanted = {kit.logo} if kit.logo else set()
        logo = search.rows(session, wanted).get(kit.logo)
        row = search.files(session, [shot.name[:64]]).get(shot.name[:64]) if shot else None
    said = sheet(entry.content, entry.text, _origin(installation, room, entry, url, use), _shown(shot))
    material = Material(
        blob_of(installation, row) if row is not None else None, blob_of(installation, logo) if logo else None
    )
    tag = "" if entry is whole else f" {entry.content.language}"
    return pdf.render(installation, said, material, kit, name=f"{entry.uid} {entry.version}{tag}", use=use)


def of_item(installation: Installation, actor: Actor, item_id: int) -> tuple[File, str]:
    """The newest version of an item as its sheet would be, and what that is called: for the office itself. While nobody
    has approved it, the sheet says so first."""
    actor.require("read")
    now = installation.now()
    with installation.store.read(actor.workspace) as session:
        item, revision = items.load_whole(session, item_id)[:2]
        row = session.get_one(Workspace, actor.workspace)
        room = Newsroom(row.id, row.slug, row.name, row.language, row.zone, row.settings, row.is_demo)
        content = plainly(revision.parsed())
        shots = versions.shots(session, content.pictures, now)
        use: Use = "embargo" if clearance(session, item, revision.hash) else "draft"
    entry = Publication(item.uid, content.kind, "", now, content, content.text, tuple(shots))
    return of(installation, room, entry, "", use), file_name(content, item.uid)


def logo_of(installation: Installation, workspace: int) -> File | None:
    """The file of the office's logo for light grounds, where it has one."""
    with installation.store.read(workspace) as session:
        kit = brand_kit.kit_of(session.get_one(Workspace, workspace))
        row = search.rows(session, [kit.logo]).get(kit.logo) if kit.logo else None
    return blob_of(installation, row) if row is not None else None


def _origin(installation: Installation, room: Newsroom, entry: Publication, url: str, use: Use) -> Origin:
    about = str(room.settings.get("about", "")) if entry.kind == "release" else ""
    return Origin(
        office=room.name,
        zone=room.zone,
        now=installation.now(),
        published_at=entry.published_at if use == "public" else None,
        url=url,
        about=about,
        draft=use == "draft",
    )


def _shown(shot: Shot | None) -> Shown | None:
    return Shown(shot.alt, shot.credit, shot.width, shot.height, shot.caption) if shot else None


def file_name(content: Content, uid: str) -> str:
    """What it is called where it is saved."""
    return f"{slug(content.title, 50, whole_words=False) or uid[:8]}.pdf"
