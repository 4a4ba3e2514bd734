"""The AT Protocol's calls (XRPC) over the channel's own session, and the table of what its refusals mean.

Source: the lexicons ``com.atproto`` and ``app.bsky``, and what Bluesky's own server (PDS) answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, Final

import msgspec

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer
from commsched.core.text.messages import N_
from commsched.platforms._bluesky.dpop import WANTED, Bound
from commsched.platforms._shared.answers import detail, read, retry_after, walled

POST: Final = "app.bsky.feed.post"
_TOKEN: Final = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired", "BadJwt"})
_ACCOUNT: Final = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended", "RepoDeactivated"})
_MISSING: Final = frozenset({"RecordNotFound", "NotFound", "RepoNotFound"})
_ABSENT: Final = "RecordNotFound"
_BLOB: Final = "BlobNotFound"
_SWAP: Final = "InvalidSwap"


Params = Mapping[str, str | int | Sequence[str]]
"""A query's parameters; a list is said by repeating its name."""


class _Refusal(msgspec.Struct):
    """What an error answer says, where it says it."""

    error: object = ""
    message: object = ""


class XrpcError(Exception):
    """An answer that is no success: ``name`` is the protocol's own word for what is wrong."""

    def __init__(self, response: HttpAnswer) -> None:
        self.response = response
        try:
            said = read(response.json(), _Refusal)
        except (ValueError, RecursionError):
            said = _Refusal()
        self.name = said.error if isinstance(said.error, str) else ""
        message = said.message if isinstance(said.message, str) else ""
        known = ", ".join(part for part in (f"HTTP {response.status_code}", self.name) if part)
        super().__init__(f"{message or 'no error we can read'} ({known})")

    @property
    def is_missing(self) -> bool:
        """Whether it says that what was asked for is not there."""
        return self.name in _MISSING and self.response.status_code >= 400

    @property
    def is_absent(self) -> bool:
        """Whether the server that keeps the records says that there is no such record."""
        return self.response.status_code == 400 and self.name == _ABSENT

    @property
    def is_swap(self) -> bool:
        """Whether what was to be replaced is not what the caller has seen."""
        return self.name == _SWAP


class Blob(msgspec.Struct):
    """A file that a server keeps, as records refer to it."""

    blob: dict[str, object]


class Written(msgspec.Struct):
    """A record that was written."""

    uri: str
    cid: str


class Client:
    """Calls to one server with one access. ``server`` as ``https://host[:port]``."""

    def __init__(self, server: str, token: str, did: str, context: ChannelContext, bound: Bound | None = None) -> None:
        self.server, self.token, self.did, self.context = server, token, did, context
        self.bound = bound
        """What signs each call, where the access is bound to a key."""

    def get(self, method: str, params: Params | None = None) -> object:
        """A query. Raises :class:`XrpcError` for every answer that is no success."""
        return self._read(self._send("GET", method, params=params))

    def post(self, method: str, body: Mapping[str, object]) -> object:
        """A procedure with JSON."""
        return self._read(self._send("POST", method, json=body))

    def send(self, method: str, stream: BinaryIO, mime: str, params: Params | None = None) -> object:
        """A procedure with a file, sent as it is read."""
        return self._read(self._send("POST", method, params=params, data=stream, headers={"Content-Type": mime}))

    def upload(self, stream: BinaryIO, mime: str) -> dict[str, object]:
        """Put a file on the account's server; what a record calls it by."""
        return read(self.send("com.atproto.repo.uploadBlob", stream, mime), Blob).blob

    def put(self, collection: str, rkey: str, record: Mapping[str, object], swap: str | None) -> Written:
        """Write a record in the place of the one whose cid is ``swap``; ``None``: there may be none but the same."""
        body = {"repo": self.did, "collection": collection, "rkey": rkey, "record": record, "swapRecord": swap}
        return read(self.post("com.atproto.repo.putRecord", body), Written)

    def record(self, collection: str, rkey: str, repo: str = "") -> object:
        """A record of ``repo`` (the account's own where nothing is said), with its cid."""
        params = {"repo": repo or self.did, "collection": collection, "rkey": rkey}
        return self.get("com.atproto.repo.getRecord", params)

    def _send(
        self,
        verb: str,
        method: str,
        *,
        params: Params | None = None,
        json: Mapping[str, object] | None = None,
        data: BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        url = f"{self.server}/xrpc/{method}"
        if self.bound is not None:
            if data is not None and not self.bound.knows(url):  # a long file is not sent to be refused
                self.get("com.atproto.server.getSession")
            more = {"params": params, "json": json, "data": data, "headers": headers}
            return self.bound.request(verb, url, token=self.token, **more)  # type: ignore[arg-type]
        access = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.context.http.request(
            verb,
            url,
            params=params,
            json=json,
            data=data,
            headers={**access, **(headers or {})},
            timeout=self.context.timeout,
        )

    def _read(self, response: HttpAnswer) -> object:
        if not 200 <= response.status_code < 300:
            raise XrpcError(response)
        answer = response.json() if response.text else {}
        if isinstance(answer, dict) and answer.get("error") and "jobId" not in answer:  # a job says why it failed
            raise XrpcError(response)
        return answer


def meaning(error: XrpcError, context: ChannelContext) -> Outcome:
    """A refusal as an outcome; see the table in docs/platforms.md. A dead access answers 400 here, seldom 401."""
    response, words = error.response, detail(error, context)
    wall = walled(response, context)
    if wall is not None:
        return wall
    status = response.status_code
    after = _reset(response.headers) or retry_after(response.headers, context.now())
    if status == 429:
        return Retry(words, after, whole_channel=True)
    if status < 400 or status >= 500 or status in (408, 409) or error.is_swap:  # an error inside a success, too
        return Unknown(words, after)
    if error.name == WANTED:  # refused before it was looked at
        return Retry(words, whole_channel=True)
    if error.name == "invalid_dpop_proof":  # not the access is wrong, but the clock or the key
        return Rejected(words, "config")
    if error.name in _ACCOUNT:
        return Rejected(words, "permission")
    if error.name in _TOKEN or status == 401:
        return Rejected(words, "token")
    if error.name == _BLOB:
        return Rejected(N_("the server has thrown away what was uploaded for it: send it again"))
    if status == 403:
        return Rejected(words, "permission")
    return Rejected(words, "config" if status == 404 else "content")


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """When the allowance is whole again, where the headers tell."""
    said = str(headers.get("ratelimit-reset") or "")
    if not said.isdigit() or len(said) > 11 or str(headers.get("ratelimit-remaining") or "0") != "0":
        return None
    return datetime.fromtimestamp(int(said), UTC)
