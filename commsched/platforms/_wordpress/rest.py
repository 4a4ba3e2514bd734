"""A site's REST API over the channel's session, and what its refusals mean."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import BinaryIO, Final

import msgspec

from commsched.core.delivery.outcome import Outcome, Rejected, Retry, Unknown
from commsched.core.platform.contract import ChannelContext
from commsched.core.platform.http import HttpAnswer
from commsched.platforms._shared.answers import detail, retry_after, walled

TOO_LARGE: Final = 413
_UPLOAD_REFUSED: Final = "rest_upload_unknown_error"
"""WordPress answers 500 with it to a file that it does not take: a repeat would be refused again."""
_MAYBE_DONE: Final = frozenset({408, 409, 425})
_GONE: Final = frozenset({"rest_post_invalid_id", "rest_already_trashed"})

Files = Mapping[str, tuple[str, BinaryIO, str]]


class _Error(msgspec.Struct):
    """An error as WordPress tells it. What is odd in it says nothing."""

    code: object = ""
    message: object = ""
    data: object = None


class _Inner(msgspec.Struct):
    status: int


class _Detail(msgspec.Struct):
    data: _Inner


class _Details(msgspec.Struct):
    details: dict[str, _Detail]


def _inner_status(data: object) -> int:
    """What an error says of the one parameter that it is about; 0 where it says nothing. Who asks for drafts with a
    password that is not accepted is told 400, and below it 401."""
    try:
        inner = msgspec.convert(data, _Details).details
    except msgspec.ValidationError:
        return 0
    return max((each.data.status for each in inner.values() if each.data.status in (401, 403)), default=0)


class RestError(Exception):
    """An answer that is no success."""

    def __init__(self, response: HttpAnswer) -> None:
        self.response, self.status = response, response.status_code
        try:
            error = msgspec.convert(response.json(), _Error)
        except (ValueError, RecursionError, msgspec.ValidationError):
            error = _Error()
        self.code = error.code if isinstance(error.code, str) else ""
        self.data = error.data
        self.status = _inner_status(error.data) or self.status
        super().__init__(f"{error.message or 'no error we can read'} (HTTP {self.status}, {self.code or 'no code'})")

    @property
    def gone(self) -> bool:
        """Whether it says that what was to be changed or removed is not there."""
        return self.code in _GONE or self.status == 410


class Rest:
    """Calls to one site. ``root`` is the address of its API: ``https://host/wp-json/`` or ``…/?rest_route=/``."""

    def __init__(self, root: str, context: ChannelContext, user: str = "", password: str = "") -> None:
        self.root, self._context = root, context
        self._headers = {"Accept": "application/json"}
        if user:
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"

    def get(self, path: str, **params: str | int) -> object:
        """As :meth:`ask`, with the parameters of the query."""
        return self.ask("GET", path, params=params)

    def send(self, path: str, body: Mapping[str, object]) -> object:
        """POST ``body`` as JSON."""
        return self.ask("POST", path, json=body)

    def upload(self, path: str, fields: Mapping[str, str], files: Files) -> object:
        """POST a form with ``files``, streamed."""
        return self.ask("POST", path, fields=fields, files=files)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, object] | None = None,
        fields: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> object:
        """The JSON that the site answers. Raises :class:`RestError` for a refusal, ``ValueError`` for what is none."""
        response = self._context.http.request(
            method,
            f"{self.root}{path}",
            params=params,
            json=json,
            data=fields,
            files=files,
            headers=self._headers,
            timeout=self._context.timeout,
        )
        if not 200 <= response.status_code < 300:
            raise RestError(response)
        return response.json()


def outcome(error: RestError, context: ChannelContext) -> Outcome:
    """A refusal as an outcome; see the table in docs/platforms.md."""
    words, status = detail(error, context), error.status
    if status == TOO_LARGE or error.code == _UPLOAD_REFUSED:
        return Rejected(words)
    wall = walled(error.response, context)
    if wall is not None:
        return wall
    after = retry_after(error.response.headers, context.now())
    if status == 429:
        return Retry(words, after, whole_channel=True)
    if status >= 500 or status in _MAYBE_DONE:
        return Unknown(words, after)
    if status == 401:
        return Rejected(words, "token")
    if status == 403:
        return Rejected(words, "permission")
    return Rejected(words, "config" if error.gone else "content")
