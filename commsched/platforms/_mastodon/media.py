"""Pictures and videos on their way to a Mastodon server, which works on them after it has taken them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from commsched.core.delivery.outcome import Handles, Pending
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Part
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import ident

if TYPE_CHECKING:
    from commsched.platforms._mastodon.client import Client

_SOON: Final = timedelta(seconds=5)
_LATER: Final = timedelta(seconds=20)
"""After how long a video is looked at again: the server makes it anew in its own formats."""


def files_of(part: Part) -> tuple[AttachmentFile, ...]:
    """What goes out with ``part``, in order."""
    return (*part.pictures, *part.other_files)


def upload(client: Client, part: Part, context: ChannelContext) -> Handles | Pending:
    """Send what is not there yet, each kept before the next is begun, and wait until the server has worked on all."""
    media = ids(part.progress.handles, "media")
    pending = ids(part.progress.handles, "pending")
    for file in files_of(part)[len(media) :]:
        with file.open() as stream:
            answer = client.media_post(stream, file.mime, description=file.alt)
        media.append(ident(answer))
        if not answer.get("url"):
            pending.append(media[-1])
        part.progress.save(media=",".join(media), pending=",".join(pending))
    pending = still_worked_on(client, pending)
    if pending:
        part.progress.save(media=",".join(media), pending=",".join(pending))
        wait = _LATER if part.other_files else _SOON
        return Pending(context.now() + wait, N_("the server is still working on what it got"))
    return Handles({"media": ",".join(media), "pending": ""})


def still_worked_on(client: Client, media: list[str]) -> list[str]:
    """Those of ``media`` that the server has not finished with. Raises the SDK's error for one that it could not read,
    or that is not there any more."""
    return [each for each in media if not client.media(each).get("url")]


def ids(handles: Handles, name: str) -> list[str]:
    return [each for each in handles.values.get(name, "").split(",") if each]
