"""Everything that can be examined of an installation, each with how it stands and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec
from sqlalchemy import func, select, text

from commsched import images
from commsched.core.media import sizes
from commsched.core.text.messages import N_, Message, OfficeError
from commsched.images.intake.confinement import tried
from commsched.services.channels.directory import mute, standing
from commsched.services.inbox import health as inbox_health
from commsched.services.kernel import audit_log, way_out
from commsched.services.kernel.blobs import key_of
from commsched.services.kernel.context import Installation
from commsched.services.mailing import health as mail_health
from commsched.services.media import quota
from commsched.services.ops import custody, health
from commsched.services.workflow.pause import why
from commsched.store.migrate import version_of
from commsched.store.migrations import HEAD
from commsched.store.models import (
    Channel,
    Delivery,
    ListRecipient,
    MailServer,
    PlatformApp,
    Workspace,
)
from commsched.store.session import EVERY_WORKSPACE
from commsched.store.vault import KeyMismatch

Level = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True):
    """The result of one check. ``fail`` needs a person now, ``warn`` soon."""

    name: str
    level: Level
    words: Message
    help: Message | None = None


def examine(installation: Installation) -> list[Finding]:
    """Run every check, the cheapest first. A check that fails to run is itself a finding; nothing is changed."""
    findings: list[Finding] = []
    for look in _LOOKS:
        try:
            findings += look(installation)
        except Exception as error:
            words = (
                error.words if isinstance(error, OfficeError) else Message("%(error)s", {"error": repr(error)[:300]})
            )
            findings.append(Finding(look.__name__.strip("_"), "fail", words))
    return findings


def worst(findings: list[Finding]) -> Level:
    """The worst level among the findings."""
    levels = {finding.level for finding in findings}
    return "fail" if "fail" in levels else "warn" if "warn" in levels else "ok"


def _health(installation: Installation) -> Iterator[Finding]:
    for check in health.checks(installation):
        if check.name == "mail" and check.ok:
            continue  # the servers themselves are asked below
        level: Level = "ok" if check.ok else "fail" if check.stops else "warn"
        if check.name == "clock" and not check.ok and not _something_waits(installation):
            level = "warn"  # an office that is not running, with nothing to publish, is not ill
        yield Finding(check.name, level, check.words, check.help)


def _custody(installation: Installation) -> Iterator[Finding]:
    for check in custody.checks(installation):
        yield Finding(check.name, "ok" if check.ok else "warn", check.words, check.help)


def _something_waits(installation: Installation) -> bool:
    with installation.store.read(EVERY_WORKSPACE) as session:
        return session.scalar(select(Delivery.id).where(Delivery.next_at.is_not(None)).limit(1)) is not None


def _extras(_installation: Installation) -> Iterator[Finding]:
    if not images.video.is_available():
        words = Message(N_("Videos cannot be taken in: what reads them is not installed."))
        yield Finding("videos", "ok", words, Message(N_("Who wants them installs commsched[video].")))


def _integrity(installation: Installation) -> Iterator[Finding]:
    if not installation.store.is_sqlite:
        return
    with installation.store.engine.connect() as connection:
        messages = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(5)"))]
        loose = connection.execute(text("PRAGMA foreign_key_check")).all()
    if messages == ["ok"] and not loose:
        yield Finding("integrity", "ok", Message(N_("The database is whole.")))
    else:
        detail = "; ".join(messages if messages != ["ok"] else [f"{len(loose)} rows point at nothing"])
        yield Finding(
            "integrity",
            "fail",
            Message(N_("The database is damaged: %(detail)s"), {"detail": detail}),
            Message(N_("Stop the office and restore the latest backup.")),
        )


def _schema(installation: Installation) -> Iterator[Finding]:
    with installation.store.engine.connect() as connection:
        version = version_of(connection)
    words = Message(
        N_("The database stands at step %(found)s, and this version knows %(head)s."), {"found": version, "head": HEAD}
    )
    yield Finding("schema", "ok" if version == HEAD else "fail", words)


def _key(installation: Installation) -> Iterator[Finding]:
    first = select(func.min(ListRecipient.id)).where(ListRecipient.state == "active").group_by(ListRecipient.channel_id)
    with installation.store.read(EVERY_WORKSPACE) as session:
        wanted = select(Channel.secrets).where(Channel.secrets != "", Channel.state != "archived")
        rows = list(session.scalars(wanted))
        rows += session.scalars(select(ListRecipient.address).where(ListRecipient.id.in_(first)))
        rows += session.scalars(select(MailServer.password).where(MailServer.password != ""))
        rows += session.scalars(select(PlatformApp.settings))
    for sealed in rows:
        try:
            installation.vault.unseal(sealed)
        except KeyMismatch as error:
            yield Finding("key", "fail", error.words)
            return
    yield Finding(
        "key", "ok", Message(N_("The key fits: %(count)s channels' secrets can be read."), {"count": len(rows)})
    )


def _record(installation: Installation) -> Iterator[Finding]:
    with installation.store.engine.connect() as connection:
        first = next(audit_log.broken(connection), None)
    if first is None:
        yield Finding("record", "ok", Message(N_("The record is whole: no line has been changed or removed.")))
    else:
        yield Finding(
            "record",
            "fail",
            Message(N_("The record was tampered with at line %(line)s."), {"line": first}),
            Message(N_("Compare with a backup; find out who had access to the database.")),
        )


def _media(installation: Installation) -> Iterator[Finding]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        rows: list[tuple[str, str, int]] = []
        for kind in quota.KINDS:
            rows += session.execute(select(kind.sha256, kind.suffix, kind.size).where(kind.sha256 != ""))
    lost = sum(not _is_whole(installation, key_of(sha256, suffix), size) for sha256, suffix, size in rows)
    if lost:
        yield Finding(
            "media",
            "fail",
            Message(
                N_("%(lost)s of %(all)s pictures are missing or damaged on the disk."), {"lost": lost, "all": len(rows)}
            ),
            Message(N_("Restore the folder media from a backup.")),
        )
    else:
        yield Finding("media", "ok", Message(N_("All %(all)s pictures are there."), {"all": len(rows)}))


def _is_whole(installation: Installation, key: str, size: int) -> bool:
    try:
        return installation.blobs.size(key) == size
    except OSError:
        return False


def _orphans(installation: Installation) -> Iterator[Finding]:
    orphans = quota.orphans(installation)
    if not orphans:
        yield Finding("orphans", "ok", Message(N_("Every file among the pictures belongs to one.")))
        return
    names = ", ".join(file.key for file in orphans[:5]) + (" …" if len(orphans) > 5 else "")
    took = sizes.size(sum(file.size() for file in orphans))
    yield Finding(
        "orphans",
        "warn",
        Message(
            N_("%(count)s files belong to no picture (%(size)s): %(files)s"),
            {"count": len(orphans), "size": took, "files": names},
        ),
        Message(N_("They harm nothing. What nobody misses can be removed from the folder media.")),
    )


def _confinement(_office: Installation) -> Iterator[Finding]:
    """What the confined process finds about itself: what a system promises and what it does may differ, above all in
    containers."""
    held = tried()
    if held.seccomp and held.landlock:
        words = N_("Strangers' pictures are read where there are no files, no network and no other programs.")
        yield Finding("confinement", "ok", Message(words))
        return
    lacking = " + ".join(
        name for name, is_held in (("Landlock", held.landlock), ("seccomp", held.seccomp)) if not is_held
    )
    yield Finding(
        "confinement",
        "ok" if held.seccomp else "warn",
        Message(
            N_(
                "The process that reads strangers' pictures is held less than it could be: this system does "
                "not give it %(lacking)s."
            ),
            {"lacking": lacking},
        ),
        Message(N_("Run commsched on Linux 6.7 or newer, and let its container use these system calls.")),
    )


def _mail(installation: Installation) -> Iterator[Finding]:
    where = installation.mailer.describe()
    if not installation.mailer.reaches():
        yield Finding(
            "mail",
            "warn",
            where,
            Message(N_("Set it under Settings → E-mail, or smtp_url in commsched.toml, so that people get mail.")),
        )
        return
    look = mail_health.relay(installation.mailer, where)
    yield Finding("mail", look.state, look.words, look.help)


def _relays(installation: Installation) -> Iterator[Finding]:
    """Offices' own mail servers, the senders of their lists, and the domains as receivers see them."""
    for look in mail_health.looks(installation):
        yield Finding("mail", look.state, look.words, look.help)


def _mailboxes(installation: Installation) -> Iterator[Finding]:
    for look in inbox_health.looks(installation):
        yield Finding("mail", look.state, look.words, look.help)


def _way_out(installation: Installation) -> Iterator[Finding]:
    for good, words in way_out.examine(installation):
        help_ = None if good else Message(N_("Look at https_proxy in commsched.toml, or ask whoever runs the network."))
        yield Finding("way out", "ok" if good else "fail", words, help_)


def _channels(installation: Installation) -> Iterator[Finding]:
    now = installation.now()
    with installation.store.read(EVERY_WORKSPACE) as session:
        wanted = select(Channel, Workspace.slug, Workspace.is_demo).join(
            Workspace, Workspace.id == Channel.workspace_id
        )
        rows = session.execute(wanted.where(Channel.state != "archived").order_by(Channel.id)).all()
    stands = [(row, slug, standing(row, now)) for row, slug, _demo in rows]
    for row, slug, demo in rows:
        if mute(installation, row, demo):
            quiet = N_("The channel %(name)s (%(office)s) reaches nobody: no mail server is set.")
            yield Finding(
                "channel",
                "warn",
                Message(quiet, {"name": row.name, "office": slug}),
                Message(N_("Set it under Settings → E-mail, or smtp_url in commsched.toml, so that people get mail.")),
            )
    for row, slug, state in stands:
        params = {"name": row.name, "office": slug, "detail": row.trouble}
        if state == "broken":
            words = Message(N_("The channel %(name)s (%(office)s) has lost its access. %(detail)s"), params)
            yield Finding("channel", "fail", words, Message(N_("Connect it again.")))
        if state in ("expiring", "overdue"):
            params["on"] = f"{row.token_expires_at:%Y-%m-%d}"
            words = Message(N_("The access of the channel %(name)s (%(office)s) dies on %(on)s."), params)
            yield Finding("channel", "warn", words, Message(N_("Connect it again before then.")))
    good = sum(state == "ok" for _, _, state in stands)
    yield Finding(
        "channels",
        "ok",
        Message(N_("%(good)s of %(all)s channels have working access."), {"good": good, "all": len(stands)}),
    )


def _offices(installation: Installation) -> Iterator[Finding]:
    with installation.store.read(EVERY_WORKSPACE) as session:
        for row in session.scalars(select(Workspace).where(Workspace.paused_at.is_not(None))):
            words = Message(
                N_("%(name)s is paused, by %(by)s: %(reason)s"),
                {"name": row.name, "by": Message(row.paused_by), "reason": why(row.pause_reason)},
            )
            yield Finding("paused", "warn", words)
        rows = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
    count = Counter({row[0]: row[1] for row in rows})
    for state, message in _STOPPED:
        yield Finding(state, "warn" if count[state] else "ok", Message(message, {"count": count[state]}))


_STOPPED: Final = (
    ("held", N_("%(count)s deliveries are held for a decision.")),
    ("failed", N_("%(count)s deliveries have failed.")),
    ("unknown", N_("%(count)s deliveries may or may not have gone out.")),
)
_LOOKS: tuple[Callable[[Installation], Iterator[Finding]], ...] = (
    _health,
    _custody,
    _extras,
    _integrity,
    _schema,
    _key,
    _record,
    _media,
    _orphans,
    _confinement,
    _mail,
    _relays,
    _mailboxes,
    _way_out,
    _channels,
    _offices,
)
