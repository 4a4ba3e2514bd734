"""Files go out as streams: what an adapter uploads is never whole in memory, and arrives whole."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from msgspec.structs import replace
from werkzeug.formparser import parse_form_data

from commsched.core.delivery.outcome import Handles
from commsched.core.platform.contract import ChannelContext
from commsched.platforms import get
from commsched.platforms._http.multipart import Multipart
from tests.platforms._office import context, part, picture

MB = 1024 * 1024
LARGE = 60 * MB


@dataclass
class Drain:
    """A server that answers every call with an id, and keeps of a body only its length and its end."""

    port: int = 0
    lengths: list[int] = field(default_factory=list)
    ends: list[bytes] = field(default_factory=list)

    def answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb", buffering=64 * 1024) as stream:
            head = b""
            while not head.endswith(b"\r\n\r\n") and (line := stream.readline()):
                head += line
            lower = head.lower()
            if b"content-length:" in lower:
                left = int(lower.partition(b"content-length:")[2].split()[0])
                self.lengths.append(left)
                end = b""
                while left and (piece := stream.read(min(left, 64 * 1024))):
                    left, end = left - len(piece), piece[-64:]
                self.ends.append(end)
            body = json.dumps({"id": "17", "data": {"id": "17"}, "url": "https://example.org/1"}).encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )


@contextmanager
def draining() -> Iterator[Drain]:
    drain = Drain()
    with socket.create_server(("127.0.0.1", 0)) as server:
        drain.port = server.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                drain.answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield drain
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


def channel(platform: str, drain: Drain, home: Path) -> ChannelContext:
    server = {"base_url": f"http://127.0.0.1:{drain.port}"}
    settings, secrets = {
        "mastodon": (server, {"access_token": "x"}),
        "facebook": (server | {"page_id": "1"}, {"page_token": "x"}),
        "x": (
            server,
            {"api_key": "a", "api_secret": "b", "access_token": "c", "access_secret": "d"},
        ),
        "folder": ({"folder": str(home)}, {}),
    }[platform]
    return context(settings, secrets, home=str(home), account="1", deadline=120.0)


@pytest.mark.parametrize("key", ["mastodon", "facebook", "x", "folder"])
def test_a_large_file_is_never_whole_in_memory(key: str, large: Path, tmp_path: Path) -> None:
    """60 MB through each adapter that takes files: at its peak the process holds a small share of them more."""
    opened: list[BinaryIO] = []

    def opens() -> BinaryIO:
        opened.append(large.open("rb"))
        return opened[-1]

    platform, file = get(key), replace(picture(size=LARGE), open=opens)
    with draining() as drain:
        wire = channel(key, drain, tmp_path)
        platform.prepare(part(platform, "Uppvärmning", picture()), wire)  # what an SDK loads once
        lengths = len(drain.lengths)
        tracemalloc.start()
        post = part(platform, "Stor bild", file)
        result = platform.publish(post, Handles(), wire) if key == "folder" else platform.prepare(post, wire)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert opened, result
    assert all(stream.closed for stream in opened)
    assert peak < LARGE / 10, f"{peak / MB:.1f} MB at the peak"
    if key != "folder":
        assert isinstance(result, Handles), result
        assert max(drain.lengths[lengths:]) > LARGE
    print(f"{key}: {peak / MB:.2f} MB at the peak of {LARGE / MB:.0f}")


def test_a_form_is_read_as_any_server_reads_it() -> None:
    """Fields, several of a name, a file with a name in Swedish: what was put in comes out, and the length is true."""
    data = bytes(range(256)) * 700
    begun = BytesIO(b"skip" + data)
    begun.seek(4)
    form = Multipart(
        {"alt": "En buss på Östra torget", "tags": ["a", "b"], "none": None, "number": 7},
        {"file": ("höst.png", begun, "image/png"), "bare": BytesIO(b"x"), "text": "ord"},
    )
    body = b"".join(form)
    assert len(form) == len(body)
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": form.content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    _stream, fields, files = parse_form_data(environ)
    assert fields.to_dict(flat=False) == {"alt": ["En buss på Östra torget"], "tags": ["a", "b"], "number": ["7"]}
    assert (files["file"].filename, files["file"].mimetype) == ("höst.png", "image/png")
    assert hashlib.sha256(files["file"].read()).digest() == hashlib.sha256(data).digest()
    assert files["bare"].read() == b"x"
    assert files["text"].read() == b"ord"
    for file in files.values():
        file.close()
