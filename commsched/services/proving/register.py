"""The register of proof: what the tests prove of each platform, and what was proved live from this installation."""

from __future__ import annotations

import hashlib
import mimetypes
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commsched import __version__
from commsched.core.content.model import AttachmentKind
from commsched.core.platform.contract import AttachmentFile, Limits, Platform
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import N_, Conflict
from commsched.services.channels import directory
from commsched.services.channels.renewal import renew
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Actor, Installation
from commsched.services.proving.kit import ALT, Kit, Step
from commsched.store.models import Channel, Proof, Workspace

Aspect = Literal[
    "text",
    "picture",
    "alt",
    "several",
    "video",
    "captions",
    "thread",
    "first_comment",
    "link",
    "poll",
    "lost",
    "edit",
    "delete",
    "metrics",
    "replies",
    "answer",
    "hide",
    "report",
    "recent",
    "signing_in",
]
"""What is proved of a platform: the formats of the kit, and what it cannot try by itself. ``several`` is of pictures,
``lost`` an answer that never came and made no twin; ``metrics`` to ``recent`` are what ``Platform.can`` speaks of."""
ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)

_FILE: Final = Path(__file__).with_name("proofs.toml")


class Tested(msgspec.Struct, frozen=True):
    """What the tests prove of one aspect. Each is ``file::test``; empty where nothing does."""

    simulator: str = ""
    server: str = ""
    """Against a real server of somebody else's making."""
    since: date | None = None


@cache
def known_to_tests() -> dict[str, dict[Aspect, Tested]]:
    """By platform and aspect."""
    with _FILE.open("rb") as file:
        return msgspec.convert(tomllib.load(file), dict[str, dict[Aspect, Tested]])


class Line(msgspec.Struct, frozen=True):
    """One aspect of one platform."""

    aspect: Aspect
    tested: Tested
    live: Proof | None


class Sheet(msgspec.Struct, frozen=True):
    """What is known of one platform. ``configured`` is how many channels the office has there."""

    platform: str
    configured: int
    lines: list[Line]


def sheets(session: Session) -> list[Sheet]:
    """Every platform that something is known of, or that the office publishes on; in two statements."""
    live = {(row.platform, row.format): row for row in session.scalars(select(Proof))}
    living = list(session.scalars(select(Channel.platform).where(Channel.state != "archived")))
    known = known_to_tests()
    names = sorted({*known, *(platform for platform, _format in live)})
    return [
        Sheet(
            name,
            living.count(name),
            [
                Line(each, known.get(name, {}).get(each, Tested()), live.get((name, each)))
                for each in ASPECTS
                if each in known.get(name, {}) or (name, each) in live
            ],
        )
        for name in names
    ]


def as_table() -> str:
    """What the tests prove, as the table of docs/platforms.md: a column for each platform, and below it the day since
    when all of it stands."""
    known = sorted(known_to_tests().items())
    rows = [[each, *(_cell(aspects.get(each)) for _name, aspects in known)] for each in ASPECTS]
    since = [str(max(proof.since for proof in aspects.values() if proof.since)) for _name, aspects in known]
    lines = [["", *(f"`{name}`" for name, _aspects in known)], ["---"] * (len(known) + 1), *rows, ["since", *since]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cell(proof: Tested | None) -> str:
    if proof is None:
        return ""
    return " + ".join(word for word, test in (("sim", proof.simulator), ("server", proof.server)) if test)


class Refused(Conflict):
    """The proof is not made there."""


def kit_for(installation: Installation, actor: Actor, channel: int, mark: str, *, real_office: bool) -> tuple[Kit, str]:
    """A kit for the channel, and the address of its account. Raises :class:`Refused` on a channel of a real office,
    unless that was said to be meant."""
    actor.require("administer")
    row = directory.get(installation, actor.workspace, channel)
    with installation.store.read(actor.workspace) as session:
        place = session.get_one(Workspace, actor.workspace)
    platform = installation.platform(row.platform)
    if not (place.is_demo or real_office):
        raise Refused(N_("This office is not for trying. Use a test account, and say --real-office if it is meant."))
    if platform.own_page or platform.by_person or platform.needs_mail:
        raise Refused(N_("There is nothing to prove there: it asks no network."))
    if row.state != "ok":
        raise Refused(N_("The channel has lost its access. Connect it again."))
    row = _renewed(installation, actor, row, platform)
    context = make_context(
        installation,
        platform=row.platform,
        workspace=place.slug,
        channel=row.id,
        settings=row.settings,
        secrets=installation.vault.unseal_map(row.secrets),
        facts=row.facts,
        account=row.account,
        account_name=row.account_name,
        language=place.language,
        office_name=place.name,
        zone=place.zone,
    )
    return Kit(platform, context, mark, lambda seconds: None), row.account_url


def _renewed(installation: Installation, actor: Actor, row: Channel, platform: Platform) -> Channel:
    """``row`` with an access that holds: in an office for trying nobody else renews it."""
    if "refresh" not in platform.can or row.renew_at is None or row.renew_at > installation.now():
        return row
    renew(installation, actor.workspace, row.id)
    return directory.get(installation, actor.workspace, row.id)


def file_at(path: Path | None, limits: Limits) -> AttachmentFile | None:
    """The file there, as a channel gets it: a video where its name says so, else a picture of the kind it says."""
    if path is None:
        return None
    data = path.read_bytes()
    mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind: AttachmentKind = "video" if mime.startswith("video/") else "picture"
    width, height = (1280, 720) if kind == "video" else size_of(data)
    seconds = limits.video_seconds[0] if limits.video_seconds else 1.0
    return AttachmentFile(
        sha256=hashlib.sha256(data).hexdigest(),
        mime=mime,
        alt=ALT,
        width=width,
        height=height,
        size=len(data),
        open=lambda: BytesIO(data),
        kind=kind,
        duration=round(max(seconds, 5.0) * 1000) if kind == "video" else 0,
    )


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of a picture. Raises :class:`Refused` for what is none."""
    from commsched import images

    try:
        picture = images.pictures.take(data, owner=0)
    except Exception as error:
        raise Refused(N_("That is no picture.")) from error
    return picture.width, picture.height


def write_down(
    installation: Installation, actor: Actor, platform: str, server: str, steps: Iterable[Step], now: datetime
) -> None:
    """Keep what was seen. What was not tried says nothing, and leaves what is known."""
    tried = [step for step in steps if step.state != "skipped"]
    with installation.store.write(actor.workspace) as session:
        for step in tried:
            same = (Proof.platform == platform, Proof.format == step.format)
            session.execute(delete(Proof).where(*same))
            said = "; ".join(translate(words, "en") for words in (step.words, *step.notes))
            session.add(
                Proof(
                    workspace_id=actor.workspace,
                    platform=platform,
                    format=step.format,
                    passed=step.state == "passed",
                    detail=said[:1000],
                    server=server[:300],
                    version=__version__,
                    at=now,
                )
            )
        passed = ", ".join(step.format for step in tried if step.state == "passed")
        note(session, installation, actor, "channel.proved", name=platform, formats=passed or "–")
