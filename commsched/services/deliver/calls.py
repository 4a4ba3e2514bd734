"""Makes one call to a platform, outside every transaction, and raises nothing, whatever the adapter does."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec
from msgspec.structs import replace
from sqlalchemy import update

from commsched.core.content.model import ENDINGS
from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Handles,
    Outcome,
    Pending,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ChannelView, Part, Progress
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_
from commsched.mail.dkim import Signer
from commsched.services.channels.renewal import renew
from commsched.services.deliver.snapshots import DeliverySnapshot
from commsched.services.deliver.types import KEPT, Call, Done, Pictures, VerifiedFile
from commsched.services.kernel.apps import app_of
from commsched.services.kernel.blobs import File, key_of
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Installation
from commsched.services.mailing import dkim_keys
from commsched.store.models import Part as PartRow

log = logging.getLogger("commsched.deliver")

STALE = timedelta(seconds=15)
"""How long after its attempt was committed a call may still begin. A process that was stopped, or a computer that
slept, in just that moment must not send what was right to send then."""

PIECE = 256 * 1024
"""Bytes of a file that are hashed at a time."""

_HasFiles = TypeVar("_HasFiles", Part, ChannelView)
_R = TypeVar("_R", bound=Outcome | Finding | Handles | Pending)


def perform(installation: Installation, call: Call) -> Done:
    """Do ``call``. An adapter that raises is a bug; what it sent before is then unknown, never assumed away."""
    try:
        match call.kind:
            case "prepare":
                return _renewed(installation, _prepare(installation, call))
            case "send":
                if installation.now() - call.since > STALE:
                    return Done(call, Retry(N_("this computer slept before the call; nothing was sent")))
                return _renewed(installation, Done(call, _outcome(_sent(call))))
            case "look" if call.part.edits:
                return Done(call, _edit_lost(call))
            case "look":
                finding = call.platform.find(call.part, call.handles, call.since, call.context)
                assert isinstance(finding, Found | Absent | CannotTell)
                return Done(call, storable(finding))
    except Exception as error:
        log.exception("%s: %s raised", call.platform.key, call.kind)
        words = f"{type(error).__name__} in {call.platform.key}"
        return Done(call, CannotTell(words) if call.kind == "look" else Unknown(words), call.job.pictures)


def _sent(call: Call) -> Outcome:
    """Publish it, or put it in the place of what is out there already."""
    if not call.part.edits:
        return call.platform.publish(call.part, call.handles, call.context)
    outcome = call.platform.edit(call.part, call.part.edits, call.context)
    if isinstance(outcome, Published) and not outcome.id:
        return replace(outcome, id=call.part.edits)
    return outcome


def _edit_lost(call: Call) -> Finding:
    """An edit whose answer was lost is made again: twice is as good as once. After a restore it is asked about, since
    what was corrected once more meanwhile must not be undone."""
    return CannotTell(final=True) if call.row.was else Absent(N_("the change may be made again"))


def _outcome(result: Outcome) -> Outcome:
    assert isinstance(result, Published | Retry | Rejected | Unknown)
    return storable(result)


def storable(result: _R) -> _R:
    """``result`` with nothing in it that a database refuses: servers answer with anything, and whatever became of a
    call must be written down."""
    changed = {
        name: plain
        for name in result.__struct_fields__
        if (plain := _plain(value := getattr(result, name))) is not value
    }
    return replace(result, **changed) if changed else result


def _plain(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {str(_plain(key)): str(_plain(item)) for key, item in value.items()}
    return value


def _prepare(installation: Installation, call: Call) -> Done:
    """Read the files, and let the platform make ready what is to be new there. What is put in the place of something
    needs nothing new: a draft or a picture made for it would lie there for ever, in nobody's use."""
    view = call.part.view
    card = (view.card_picture,) if view.card_picture else ()
    pictures = read_pictures(installation, view.pictures + view.other_files + card)
    if pictures.missing or call.part.edits or not call.platform.needs_prepare(call.part) or call.handles.ready:
        return Done(call, call.handles, pictures)
    progress = Progress(call.handles, partial(save_progress, installation, call.row.id, call.part.number))
    part = replace(in_hand(call.part, pictures), progress=progress)
    return Done(call, storable(call.platform.prepare(part, call.context)), pictures)


def save_progress(installation: Installation, delivery: int, number: int, handles: Handles) -> None:
    """Keep how far part ``number`` of ``delivery`` is prepared, in a transaction of its own after every piece: a kill
    then costs one piece and not a video."""
    part = (PartRow.delivery_id == delivery, PartRow.number == number)
    with installation.store.ledger() as connection:
        connection.execute(update(PartRow).where(*part).values(handles=handles.stored()))


def _renewed(installation: Installation, done: Done) -> Done:
    """``done``, or a retry where the platform refused an access that can be renewed: what it refused it did not do."""
    if not (isinstance(done.result, Rejected) and done.result.why == "token" and "refresh" in done.call.platform.can):
        return done
    call = done.call
    match renew(installation, call.row.workspace_id, call.job.channel, call.context.secrets):
        case "renewed":
            again = Retry(N_("the access had run out and was renewed"), installation.now())
        case "later":
            again = Retry(N_("the access has run out and could not be renewed yet"), whole_channel=True)
        case "refused":
            return done
    return Done(call, again, done.pictures)


def read_pictures(installation: Installation, wanted: tuple[AttachmentFile, ...]) -> Pictures:
    """Hash each file: the bytes that are sent are the bytes that were approved. A large one is never all in memory."""
    files: dict[str, VerifiedFile] = {}
    for picture in wanted:
        file = File(installation.blobs, key_of(picture.sha256, ENDINGS.get(picture.mime, "")))
        verified = _verified(file, picture.sha256)
        if verified is None:
            return Pictures(files, missing=picture.sha256)
        files[picture.sha256] = verified
    return Pictures(files)


def _verified(file: File, sha256: str) -> VerifiedFile | None:
    """The file where its bytes have that hash; ``None`` where they have another, or cannot be read."""
    try:
        with file.open() as stream:
            stamp, data = file.blobs.stamp(stream), stream.read(KEPT + 1)
            digest = hashlib.sha256(data)
            while piece := stream.read(PIECE):
                digest.update(piece)
            size = stream.tell()
    except OSError:
        return None
    if digest.hexdigest() != sha256:
        return None
    return VerifiedFile(file, size, stamp, data if size <= KEPT else None)


def in_hand(part: Part, pictures: Pictures) -> Part:
    """``part`` with its pictures' files at hand."""

    def held(picture: AttachmentFile) -> AttachmentFile:
        file = pictures.files[picture.sha256]
        return replace(picture, open=file.open, size=file.size)

    def in_place(whole: _HasFiles) -> _HasFiles:
        shown, other = tuple(map(held, whole.pictures)), tuple(map(held, whole.other_files))
        return replace(whole, pictures=shown, other_files=other)

    view = in_place(part.view)
    card = held(view.card_picture) if view.card_picture else None
    return replace(in_place(part), view=replace(view, card_picture=card))


def _signer(installation: Installation, workspace: int, domain: str) -> Signer | None:
    key = dkim_keys.signing_key(installation, workspace, domain)
    return None if key is None else Signer(key.domain, key.selector, key.private)


class Contexts:
    """What adapters are called with, by channel: kept while the settings stay the same, so that connections are
    reused. ``narrow`` is told how many lanes a channel's settings allow."""

    def __init__(self, installation: Installation, narrow: Callable[[int, int], None]) -> None:
        self.installation, self._narrow = installation, narrow
        self._kept: dict[int, tuple[tuple[str, ...], ChannelContext]] = {}

    def of(self, row: DeliverySnapshot) -> ChannelContext:
        """The context of the delivery's channel."""
        app = msgspec.json.encode(app_of(self.installation, row.platform)).decode()
        inputs = (row.settings, row.secrets, row.facts, row.account, row.office_name, row.zone, app)
        kept = self._kept.get(row.channel_id)
        if kept and kept[0] == inputs:
            return kept[1]
        settings, facts = msgspec.json.decode(row.settings), msgspec.json.decode(row.facts)
        self._narrow(row.channel_id, self.installation.platform(row.platform).lanes_on(settings))
        context = make_context(
            self.installation,
            platform=row.platform,
            workspace=row.workspace,
            channel=row.channel_id,
            settings=settings,
            facts=facts,
            secrets=self.installation.vault.unseal_map(row.secrets),
            account=row.account,
            account_name=row.account_name,
            language=row.language,
            office_name=row.office_name,
            zone=row.zone,
        )
        context.signer = partial(_signer, self.installation, row.workspace_id)
        self._kept[row.channel_id] = (inputs, context)
        return context
