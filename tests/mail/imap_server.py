"""A scripted IMAP server behind TLS: it signs in by password or by token, and misbehaves where a test says so."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(folder: Path) -> Path:
    """A key and a certificate of ``localhost``, in one file that also vouches for it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    words = serialization.Encoding.PEM
    secret = key.private_bytes(words, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "imap.pem"
    path.write_bytes(secret + signed.public_bytes(words))
    return path


@dataclass
class Script:
    """What lies in ``INBOX`` by its number, and what the server does."""

    messages: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    password: str = "pw"
    accepts: Callable[[str], bool] = lambda _words: False
    """Whether the words of XOAUTH2 let their sender in."""
    login: bytes = b""
    """What is answered to a sign-in instead."""
    select: bytes = b""
    """What is answered where a folder is opened instead."""
    dies_at: int = 0
    """The message in the middle of which the connection ends; 0: none."""
    mechanisms: list[str] = field(default_factory=list)
    connections: int = 0


class ImapServer:
    """Answers each line by the :class:`Script`."""

    def __init__(self, script: Script, pem: Path) -> None:
        self.script, self.ca = script, pem
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(pem)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.script.connections += 1
            threading.Thread(target=self._talk, args=(raw,), daemon=True).start()

    def _talk(self, raw: socket.socket) -> None:
        raw.settimeout(5)
        with suppress(OSError, ConnectionError), self._tls.wrap_socket(raw, server_side=True) as line:
            line.sendall(b"* OK ready\r\n")
            reader = line.makefile("rb")
            while asked := reader.readline():
                tag, _, rest = asked.strip().partition(b" ")
                answer = self._answer(rest, lambda: (line.sendall(b"+ \r\n"), reader.readline().strip())[1])
                line.sendall(answer.replace(b"TAG", tag))
                if rest.upper() == b"LOGOUT" or b"\0DIES" in answer:
                    return

    def _answer(self, asked: bytes, more: Callable[[], bytes]) -> bytes:
        word = asked.split(b" ", 1)[0].upper()
        match word:
            case b"CAPABILITY":
                return b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=PLAIN\r\nTAG OK done\r\n"
            case b"LOGIN" | b"AUTHENTICATE":
                return self._sign_in(asked, more)
            case b"EXAMINE" | b"SELECT":
                return self.script.select or (
                    b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] x\r\nTAG OK opened\r\n"
                    % (len(self.script.messages), self.script.validity)
                )
            case b"UID":
                return self._uid(asked.split(b" ", 1)[1])
            case b"LOGOUT":
                return b"* BYE bye\r\nTAG OK done\r\n"
        return b"TAG OK done\r\n"

    def _sign_in(self, asked: bytes, more: Callable[[], bytes]) -> bytes:
        script, words = self.script, asked.decode()
        if words.upper().startswith("AUTHENTICATE"):
            script.mechanisms.append(words.split()[1].upper())
            said = words.split()[2].encode() if len(words.split()) > 2 else more()
            good = script.accepts(base64.b64decode(said).decode())
        else:
            script.mechanisms.append("LOGIN")
            good = f'"{script.password}"' in words
        if script.login:
            return script.login
        return b"TAG OK in\r\n" if good else b"TAG NO [AUTHENTICATIONFAILED] no\r\n"

    def _uid(self, asked: bytes) -> bytes:
        script = self.script
        if asked.upper().startswith(b"SEARCH"):
            least = re.search(rb"UID (\d+):\*", asked)
            after = int(least[1]) if least else 1
            known = sorted(script.messages)
            numbers = [uid for uid in known if uid >= after] or known[-1:]
            return b"* SEARCH %s\r\nTAG OK done\r\n" % b" ".join(b"%d" % uid for uid in numbers)
        uid = int(asked.split()[1])
        raw = script.messages.get(uid)
        if raw is None:
            return b"TAG OK done\r\n"
        head = b"* 1 FETCH (UID %d RFC822.SIZE %d INTERNALDATE " % (uid, len(raw))
        head += datetime.now(UTC).strftime('"%d-%b-%Y %H:%M:%S +0000"').encode() + b" BODY[]<0> {%d}\r\n" % len(raw)
        if uid == script.dies_at:
            return head + raw[: len(raw) // 2] + b"\0DIES"
        return head + raw + b")\r\nTAG OK done\r\n"


@contextmanager
def serving(script: Script, folder: Path) -> Iterator[ImapServer]:
    """The server, while the test runs."""
    server = ImapServer(script, certificate(folder))
    try:
        yield server
    finally:
        server.close()
