"""Who an account is and where it lives: from its name to its lasting identity (DID), and to the server in its document.

The document comes from the network's directory, or from the account's own domain; no other server is believed of it.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import msgspec

from commsched.core.platform.contract import ChannelContext, ConnectError, Setting
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_
from commsched.platforms._bluesky.client import Client, XrpcError
from commsched.platforms._bluesky.session import Document
from commsched.platforms._shared.answers import base_url, read

DIRECTORY: Final = "directory_url"
"""The plain setting with another directory of accounts than the network's own: a network for trying things out."""
_DIRECTORY: Final = "https://plc.directory"


class Identity(msgspec.Struct, frozen=True):
    """An account: ``server`` as ``https://host[:port]``."""

    did: str
    server: str


class _Resolved(msgspec.Struct):
    did: str


def resolve(name: str, service: str, context: ChannelContext) -> Identity:
    """The account called ``name``, a handle or a DID; ``service`` is asked for what a handle stands for.

    Raises :class:`ConnectError`, :class:`XrpcError`, and what the network raises.
    """
    did = name if name.startswith("did:") else _did(name, service, context)
    answer = get(_document_url(did, context), context)
    if answer.status_code in (404, 410):
        raise ConnectError(N_("There is no account called “%(name)s”."), "handle", name=name)
    document = read(_json(answer), _Document)
    if document.id != did or not document.server:
        raise ValueError("the account's document names no server of its")
    return Identity(did, own_address(document.server, context))


def own_address(said: str, context: ChannelContext) -> str:
    """An address that a document names, as ``https://host[:port]``, where it may be called at all."""
    return base_url(context, Setting("named_server", "", default=said))


def get(url: str, context: ChannelContext) -> HttpAnswer:
    """Ask for one of the public documents."""
    return context.http.request("GET", url, headers={"Accept": "application/json"}, timeout=context.timeout)


class _Document(Document):
    id: str = ""


def _did(handle: str, service: str, context: ChannelContext) -> str:
    try:
        answer = Client(service, "", "", context).get("com.atproto.identity.resolveHandle", {"handle": handle})
    except XrpcError as error:
        if error.response.status_code == 400 and error.name:
            raise ConnectError(N_("There is no account called “%(name)s”."), "handle", name=handle) from error
        raise
    return read(answer, _Resolved).did


def _document_url(did: str, context: ChannelContext) -> str:
    """Where the document of ``did`` is. Raises :class:`ConnectError` for an identity of a kind that nobody knows."""
    method, _colon, rest = did.removeprefix("did:").partition(":")
    if method == "plc" and rest.isalnum():
        directory = context.settings.get(DIRECTORY, "") or _DIRECTORY
        return f"{own_address(directory, context)}/{did}"
    if method == "web" and rest and ":" not in rest:
        return f"{own_address(unquote(rest), context)}/.well-known/did.json"
    raise ConnectError(N_("There is no account called “%(name)s”."), "handle", name=did[:100])


def _json(answer: HttpAnswer) -> object:
    if answer.status_code != 200:
        raise ValueError(f"no document: HTTP {answer.status_code}")
    return answer.json()
