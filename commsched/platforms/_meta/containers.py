"""Publishing in two phases, as Instagram and Threads do it: a container is made, worked through, and published.

The container is the token of the post: its id is kept, and its state is asked before it is published. One that says
that it is published is never published again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

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
from commsched.core.platform.contract import AttachmentFile, ChannelContext, ConnectError, Part
from commsched.core.text.messages import N_
from commsched.platforms._meta.client import Client
from commsched.platforms._meta.errors import meaning
from commsched.platforms._shared.answers import detail, ident, invisible

LIFE: Final = timedelta(hours=25)
"""A container that is older has expired; what one of today became was published since."""
_PICTURE, _VIDEO = timedelta(seconds=5), timedelta(seconds=20)
"""How long to wait before a container is asked for again."""
_MOST_ERRORS: Final = 3
"""So often a container may fail before a person is told: fetching a file may fail once by itself."""
_EXPIRED: Final = N_("what was prepared has expired unpublished, after a day; nothing went out. Send it again.")


class Kind(msgspec.Struct, frozen=True):
    """What one network calls its containers and what they tell."""

    edge: str
    publish: str
    state: str
    words: str
    """The field that says why one failed."""


def address_of(file: AttachmentFile, context: ChannelContext, name: str) -> str:
    """Where the network called ``name`` fetches ``file``. Raises :class:`ConnectError` where it could not."""
    address = context.media_address(file)
    if not address:
        words = N_(
            "%(platform)s fetches pictures and videos from the office's own address, which is not reached from outside."
        )
        raise ConnectError(words, platform=name)
    return address


def prepare(
    client: Client,
    account: str,
    kind: Kind,
    files: Sequence[Mapping[str, str]],
    whole: Mapping[str, str],
    part: Part,
    *,
    slow: bool,
) -> Handles | Pending | Outcome:
    """Make the containers of ``files`` and then the one that is published, each once, over as many calls of this as
    the network takes to work through them. ``slow``: there are videos among them."""
    values = dict(part.progress.handles.values)
    for number, form in enumerate(files):
        _make(client, f"{account}/{kind.edge}", f"file{number}", form, part, values)
    names = [f"file{number}" for number in range(len(files))]
    waits = _wait(client, kind, names, part, values, slow)
    if waits is not None:
        return waits
    children = {"children": ",".join(values[name] for name in names)} if names else {}
    _make(client, f"{account}/{kind.edge}", "container", {**whole, **children}, part, values)
    waits = _wait(client, kind, ["container"], part, values, slow)
    return waits if waits is not None else Handles({"container": values["container"]})


def _make(client: Client, path: str, name: str, form: Mapping[str, str], part: Part, values: dict[str, str]) -> None:
    """Make the container ``name`` unless an earlier try has, and keep its id."""
    if not values.get(name):
        values[name] = ident(client.post(path, **form))
        part.progress.save(**values)


def _wait(
    client: Client, kind: Kind, names: Sequence[str], part: Part, values: dict[str, str], slow: bool
) -> Pending | Outcome | None:
    """Why to come back later, or that one will never do; ``None`` once all are worked through."""
    now = client.context.now()
    for name in names:
        state, words = state_of(client, kind, values[name])
        if state in ("FINISHED", "PUBLISHED"):
            continue
        if state == "IN_PROGRESS":
            return Pending(now + (_VIDEO if slow else _PICTURE), N_("the network is still working on it"))
        return _again(name, state, words, part, values)
    return None


def _again(name: str, state: str, words: str, part: Part, values: dict[str, str]) -> Outcome:
    """A container that failed or has expired is made anew, a few times."""
    errors = int(values.get("errors", "0")) + (state != "EXPIRED")
    del values[name]
    values["errors"] = str(errors)
    part.progress.save(**values)
    if errors >= _MOST_ERRORS:
        return Rejected(words, "content")
    return Retry(words)


def state_of(client: Client, kind: Kind, container: str) -> tuple[str, str]:
    """A container's state, and the network's words for it, safe to show."""
    answer = client.get(container, fields=f"id,{kind.state},{kind.words}")
    state = str(answer.get(kind.state) or "")
    return state, detail(str(answer.get(kind.words) or state or "no state"), client.context)


def publish(
    client: Client, account: str, kind: Kind, handles: Handles, look: Callable[[], Finding], link: Callable[[str], str]
) -> Outcome:
    """Publish the container, once it says that it is not out yet. ``look`` finds what it became, ``link`` says where
    that is seen."""
    container = handles.values.get("container", "")
    if not container:
        return Rejected(N_("what is to be published was never prepared"), "config")
    try:
        state, words = state_of(client, kind, container)
    except Exception as error:
        return invisible(meaning(error, client.context))
    if state != "FINISHED":
        return _unfinished(state, words, look, client.context)
    media = ident(client.post(f"{account}/{kind.publish}", creation_id=container))
    return Published(media, link(media))


def _unfinished(state: str, words: str, look: Callable[[], Finding], context: ChannelContext) -> Outcome:
    match state:
        case "PUBLISHED":
            return _out_already(look, context)
        case "ERROR":
            return Rejected(words, "content")
        case "EXPIRED":
            return Rejected(_EXPIRED, "content")
    return Retry(N_("the network is still working on it"), context.now() + _VIDEO)


def _out_already(look: Callable[[], Finding], context: ChannelContext) -> Outcome:
    """It is out, by an earlier call whose answer was lost: whatever happens now says nothing else."""
    try:
        finding = look()
    except Exception as error:
        return Unknown(detail(error, context))
    if isinstance(finding, Found):
        return Published(finding.id, finding.url)
    return Unknown(N_("it is published already, and not seen among the account's posts yet"))


def find(client: Client, kind: Kind, handles: Handles, look: Callable[[], Finding]) -> Finding:
    """Whether the container is out, and what it became. Only one that says that it is not proves absence."""
    container = handles.values.get("container", "")
    state = state_of(client, kind, container)[0] if container else ""
    finding = look()
    if isinstance(finding, Found | CannotTell):
        return finding
    match state:
        case "FINISHED" | "ERROR" | "EXPIRED":
            return Absent(N_("the container says that it is not published"))
        case "PUBLISHED":
            return CannotTell(N_("it is published already, and not seen among the account's posts yet"))
    return CannotTell(N_("the container does not say whether it is published"))
