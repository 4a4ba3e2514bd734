"""A mail provider within the test: a token endpoint, and an SMTP server that takes XOAUTH2 and OAUTHBEARER."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, Session


class Provider:
    """Gives access tokens ``token-1``, ``token-2`` …; only the newest is accepted at the mail server."""

    def __init__(self) -> None:
        self.given = 0
        self.asked: list[dict[str, str]] = []
        self.dead = False
        self.empty = False
        self.refresh_tokens = True
        self.sent: list[Envelope] = []
        self.mechanisms: list[str] = []
        self.lock = threading.Lock()

    @property
    def valid(self) -> str:
        return f"token-{self.given}"

    def answer(self, asked: dict[str, str]) -> tuple[int, dict[str, object]]:
        """What the token endpoint says."""
        with self.lock:
            self.asked.append(asked)
            if self.dead:
                return 400, {"error": "invalid_grant", "error_description": "revoked"}
            if self.empty:
                return 200, {"token_type": "Bearer", "access_token": ""}
            self.given += 1
            more = {"refresh_token": f"refresh-{self.given}"} if self.refresh_tokens else {}
            return 200, {"token_type": "Bearer", "access_token": self.valid, "expires_in": 3600, **more}

    def accepts(self, words: str) -> bool:
        """Whether the words of a sign-in hold the newest token."""
        return f"auth=Bearer {self.valid}\x01\x01" in words and "press@parti.example" in words


class _Smtp:
    """The mail server's hooks."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    async def auth_XOAUTH2(self, server: Server, args: list[bytes]) -> AuthResult:
        return await self._auth(server, "XOAUTH2", args)

    async def auth_OAUTHBEARER(self, server: Server, args: list[bytes]) -> AuthResult:
        return await self._auth(server, "OAUTHBEARER", args)

    async def _auth(self, server: Server, mechanism: str, args: list[bytes]) -> AuthResult:
        self.provider.mechanisms.append(mechanism)
        words = base64.b64decode(args[1]).decode()
        if self.provider.accepts(words):
            return AuthResult(success=True)
        await server.push("334 " + base64.b64encode(b'{"status":"401"}').decode())
        await server._reader.readline()
        return AuthResult(success=False, handled=False, message="535 5.7.3 Authentication unsuccessful")

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        self.provider.sent.append(envelope)
        return "250 2.0.0 ok"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def smtp(provider: Provider, without: str = "") -> Iterator[int]:
    """The port of a mail server of ``provider``, which does not offer the mechanism ``without``."""
    controller = Controller(
        _Smtp(provider),
        hostname="127.0.0.1",
        port=_free_port(),
        auth_require_tls=False,
        auth_exclude_mechanism=["LOGIN", "PLAIN", *filter(None, [without])],
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def identity(provider: Provider) -> Iterator[str]:
    """The address of the token endpoint's server."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, words = provider.answer({key: values[0] for key, values in parse_qs(body).items()})
            data = json.dumps(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(3)
