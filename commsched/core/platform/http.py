"""The HTTP client that an adapter is handed, as far as adapters use it.

``requests.Session`` is one. The real one has timeouts, an address guard and redaction built in (see
``services.kernel.channel_context``); the rules name only its shape, so that they import no network library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, NoReturn, Protocol


class Stream(Protocol):
    """A body that is sent piece by piece; its length is known."""

    def read(self, size: int = -1, /) -> bytes: ...


class HttpAnswer(Protocol):
    """What a server answered."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def text(self) -> str: ...
    def json(self) -> object:
        """The body's JSON. Raises ``ValueError`` where it is none."""
        ...


class HttpClient(Protocol):
    """Makes one call and waits for its answer. Raises ``requests.RequestException`` or ``OSError``."""

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int | Sequence[str]] | None = None,
        data: Mapping[str, str] | bytes | Stream | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, BinaryIO | tuple[str, BinaryIO, str]] | None = None,
        auth: Any = None,  # signs the library's own request, whose type is not named here
        timeout: float | None = None,
        json: Mapping[str, object] | None = None,
    ) -> HttpAnswer: ...


class Offline:
    """For a context in which nothing is called: a preview."""

    def request(self, method: str, url: str, **options: object) -> NoReturn:
        raise RuntimeError(f"{method} is called where nothing may be sent")
