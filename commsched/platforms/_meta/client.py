"""Calls to a Graph over the session that the adapter is given: one answer each, or a :class:`MetaError`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import msgspec

from commsched.core.platform.contract import ChannelContext, ConnectError, Setting
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_
from commsched.platforms._meta.errors import MetaError
from commsched.platforms._shared.answers import read, value

GRAPH: Final = "https://graph.facebook.com"
GRAPH_VERSION: Final = "v25.0"
VERSION = Setting(
    "graph_version",
    N_("Graph version"),
    required=False,
    default=GRAPH_VERSION,
    help=N_("Leave as it is, unless Facebook says that the version is too old."),
    aliases=("version",),
)


class Asks(Protocol):
    """Whatever reads a Graph: our own client, and the SDK's."""

    def get(self, path: str, /, **params: str) -> dict[str, object]: ...


class Client:
    """A Graph at ``base_url``, asked with ``token``. ``version`` is part of every address; empty for none."""

    def __init__(self, context: ChannelContext, base_url: str, version: str, token: str) -> None:
        self.context, self.base_url, self.version, self.token = context, base_url, version, token

    def get(self, path: str, /, **params: str) -> dict[str, object]:
        return self._ask("GET", path, params)

    def post(self, path: str, /, **form: str) -> dict[str, object]:
        return self._ask("POST", path, form)

    def delete(self, path: str) -> dict[str, object]:
        return self._ask("DELETE", path, {})

    def _ask(self, method: str, path: str, values: Mapping[str, str]) -> dict[str, object]:
        """One call. Raises :class:`MetaError` for everything but a JSON object without an error."""
        whole = {**values, "access_token": self.token} if self.token else dict(values)
        posts = method == "POST"
        response = self.context.http.request(
            method,
            "/".join(part for part in (self.base_url, self.version, path) if part),
            params=None if posts else whole,
            data=whole if posts else None,
            timeout=self.context.timeout,
        )
        return answer_of(response)


def answer_of(response: HttpAnswer) -> dict[str, object]:
    """The JSON object of an answer; raises :class:`MetaError` for anything else, and for an error of any kind."""
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or answer.get("error") or not 200 <= response.status_code < 300:
        raise MetaError(answer, response)
    return answer


def version_of(context: ChannelContext) -> str:
    """The Graph version that is set. Raises :class:`ConnectError` for what is none."""
    version = value(context, VERSION)
    if not re.fullmatch(r"v\d{1,3}\.\d", version):
        words = N_("“%(version)s” is not a Graph version; they look like v25.0.")
        raise ConnectError(words, VERSION.key, version=version)
    return version


class _Cursors(msgspec.Struct):
    after: object = None


class _Paging(msgspec.Struct):
    cursors: object = None
    """:class:`_Cursors`; left out, or empty in any way, where there is one page."""
    next: object = None


class _Entries(msgspec.Struct):
    """A page of an edge."""

    data: list[dict[str, object]]
    paging: object = None
    """:class:`_Paging`, as ``cursors``."""


class Listed(msgspec.Struct, frozen=True):
    """A page of an edge, and whether another follows."""

    entries: list[dict[str, object]]
    more: bool


def after_of(answer: object) -> tuple[list[dict[str, object]], str]:
    """A page's entries, and the cursor behind which the next begins; empty where there is none."""
    page = read(answer, _Entries)
    paging = read(page.paging or {}, _Paging)
    after = read(paging.cursors or {}, _Cursors).after
    return page.data, str(after) if after and paging.next else ""


def walk(client: Asks, path: str, **params: str) -> Iterator[Listed]:
    """The pages of an edge, one call each."""
    after = ""
    while True:
        cursor = {"after": after} if after else {}
        entries, after = after_of(client.get(path, **params, **cursor))
        yield Listed(entries, bool(after))
        if not after:
            return
