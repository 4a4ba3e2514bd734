"""facebook-sdk's client with what version 3.1.0 lacks: today's Graph versions, a base URL, and the HTTP status.

What its errors mean stands in ``_meta.errors``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import BinaryIO

from commsched.core.platform.http import HttpAnswer, HttpClient
from commsched.platforms._meta.errors import MetaError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK is from 2018, and Python has grown stricter with its strings
    import facebook


class GraphError(MetaError, facebook.GraphAPIError):  # type: ignore[misc]
    """A Graph error as the SDK's users know it, and the answer that it came in."""

    def __init__(self, answer: object, response: HttpAnswer) -> None:
        facebook.GraphAPIError.__init__(self, answer)
        MetaError.__init__(self, answer, response)


class Graph(facebook.GraphAPI):  # type: ignore[misc]
    """``facebook.GraphAPI`` over a given session, address and version."""

    def __init__(self, token: str, *, base_url: str, version: str, session: HttpClient, timeout: float) -> None:
        super().__init__(access_token=token, timeout=timeout, session=session)
        self.base_url, self.version = base_url, version

    def request(
        self,
        path: str,
        args: Mapping[str, str] | None = None,
        post_args: Mapping[str, str] | None = None,
        files: Mapping[str, BinaryIO | tuple[str, BinaryIO, str]] | None = None,
        method: str | None = None,
    ) -> dict[str, object]:
        """One call. Raises :class:`GraphError` for everything but a JSON object without an error."""
        token = {"access_token": self.access_token}
        response: HttpAnswer = self.session.request(
            method or ("GET" if post_args is None else "POST"),
            f"{self.base_url}/{path}",
            params={**token, **(args or {})} if post_args is None else None,
            data=None if post_args is None else {**token, **post_args},
            files=files,
            timeout=self.timeout,
        )
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or answer.get("error") or not 200 <= response.status_code < 300:
            raise GraphError(answer, response)
        return answer

    def get(self, path: str, /, **params: str) -> dict[str, object]:
        """What ``path`` tells."""
        return self.request(f"{self.version}/{path}", args=params)

    def post(self, path: str, /, **form: str) -> dict[str, object]:
        """Change ``path``."""
        return self.request(f"{self.version}/{path}", post_args=form)

    def send(self, path: str, name: str, file: tuple[str, BinaryIO, str], **form: str) -> dict[str, object]:
        """Send ``file`` (its name, its bytes, its type) to ``path`` as the field ``name``."""
        return self.request(f"{self.version}/{path}", post_args=form, files={name: file})
