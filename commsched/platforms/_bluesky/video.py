"""Videos: sent to Bluesky's video service, which works on them for a while and then puts them on the account's server.

The account's server vouches for the account there. Source: the lexicon ``app.bsky.video`` and Bluesky's own app.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, Protocol

import msgspec

from commsched.core.delivery.outcome import Outcome, Pending, Rejected
from commsched.core.platform.contract import AttachmentFile, ChannelContext
from commsched.platforms._bluesky.client import Client, XrpcError
from commsched.platforms._shared.answers import detail, read

SERVICE: Final = "https://video.bsky.app"
_JOB: Final = "job"
_BLOB: Final = "video"
_LOOK_AGAIN: Final = timedelta(seconds=10)
_GOOD_FOR: Final = timedelta(minutes=30)
_DONE, _FAILED = "JOB_STATE_COMPLETED", "JOB_STATE_FAILED"


class Kept(Protocol):
    """What earlier tries have left."""

    values: dict[str, str]

    def keep(self, name: str, value: str) -> None: ...
    def once(self, name: str, make: Callable[[], str]) -> str: ...


class _Job(msgspec.Struct):
    jobId: str
    state: str = ""
    blob: dict[str, object] | None = None
    error: object = ""
    message: object = ""


class _Told(msgspec.Struct):
    jobStatus: _Job


class _Server(msgspec.Struct):
    did: str


class _Vouched(msgspec.Struct):
    token: str


def video_embed(
    client: Client, file: AttachmentFile, kept: Kept, service: str, context: ChannelContext
) -> dict[str, object] | Pending | Outcome:
    """The video as records show it, once the service has worked through it."""
    if _BLOB not in kept.values:
        job = _job(client, file, kept, service, context)
        if job.state == _FAILED:
            return Rejected(detail(f"the video was refused: {job.message or job.error or job.state}", context))
        if job.state != _DONE or job.blob is None:
            return Pending(context.now() + _LOOK_AGAIN, "the video is being worked on")
        kept.keep(_BLOB, json.dumps(job.blob))
    shape = {"width": max(1, file.width), "height": max(1, file.height)}
    embed: dict[str, object] = {"$type": "app.bsky.embed.video", "video": json.loads(kept.values[_BLOB])}
    captions = [
        {"lang": each.language, "file": _captions(client, kept, number, each.text)}
        for number, each in enumerate(file.captions)
    ]
    return embed | {"alt": file.alt, "aspectRatio": shape} | ({"captions": captions} if captions else {})


def _captions(client: Client, kept: Kept, number: int, text: str) -> object:
    def upload() -> str:
        return json.dumps(client.upload(io.BytesIO(text.encode()), "text/vtt"))

    return json.loads(kept.once(f"captions{number}", upload))


def _job(client: Client, file: AttachmentFile, kept: Kept, service: str, context: ChannelContext) -> _Job:
    """How far the service has come; the video is sent to it where that has not been done."""
    if _JOB in kept.values:
        asked = Client(service, "", client.did, context)
        return read(asked.get("app.bsky.video.getJobStatus", {"jobId": kept.values[_JOB]}), _Told).jobStatus
    sender = Client(service, _vouched(client, context), client.did, context)
    params: dict[str, str | int] = {"did": client.did, "name": f"{file.sha256[:32]}.mp4"}
    try:
        with file.open() as stream:
            answer = sender.send("app.bsky.video.uploadVideo", stream, "video/mp4", params)
    except XrpcError as error:
        if error.response.status_code != 409:
            raise
        answer = error.response.json()  # it has this very video already, and says which job that was
    job = _told(answer)
    kept.keep(_JOB, job.jobId)
    return job


def _told(answer: object) -> _Job:
    """The job in an answer: the schema wraps it, the service has been seen not to."""
    inner = answer.get("jobStatus", answer) if isinstance(answer, Mapping) else answer
    return read(inner, _Job)


def _vouched(client: Client, context: ChannelContext) -> str:
    """What the account's server gives for the service to put the video on it."""
    server = read(client.get("com.atproto.server.describeServer"), _Server).did
    until = int((context.now() + _GOOD_FOR).timestamp())
    params: dict[str, str | int] = {"aud": server, "lxm": "com.atproto.repo.uploadBlob", "exp": until}
    return read(client.get("com.atproto.server.getServiceAuth", params), _Vouched).token
