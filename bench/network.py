"""500 due posts over 5 channels to a Mastodon API that answers at once, through the real adapter and engine.

    python -m bench.network [--posts 500] [--channels 5]

The server is a process of its own on the loopback address. Every post is one HTTP call with an attempt committed
before and an outcome after; one call at a time on each channel.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

ANSWER = (
    b'{"id":"1","uri":"http://127.0.0.1/1","url":"http://127.0.0.1/@b/1","content":"<p>.</p>","visibility":"public",'
    b'"created_at":"2026-11-21T10:00:00.000Z","account":{"id":"1","username":"b","acct":"b","display_name":"B"},'
    b'"media_attachments":[],"mentions":[],"tags":[],"emojis":[]}'
)


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
        self.wfile.write(head.encode() + ANSWER)

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve(say: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    say.send(server.server_address[1])
    server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--channels", type=int, default=5)
    given = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}"

    from bench.load import bare_office, fill
    from commsched import platforms
    from commsched.bootstrap import http_session
    from commsched.services.deliver.dispatcher import Dispatcher

    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    installation = bare_office(folder, {"mastodon": platforms.get("mastodon")})
    installation.http = http_session
    settings = {"base_url": url, "allow_private": "1"}
    fill(
        installation,
        given.posts,
        given.channels,
        "mastodon",
        datetime.now(UTC) - timedelta(hours=1),
        timedelta(0),
        settings,
    )
    secret = installation.vault.seal_map({"access_token": "bench"})
    with installation.store.ledger() as connection:
        connection.exec_driver_sql("UPDATE channel SET secrets = ?", (secret,))
    with ThreadPoolExecutor(32) as hands:
        start = time.perf_counter()
        made = Dispatcher(installation, hands=hands).run()
        took = time.perf_counter() - start
    with installation.store.engine.connect() as connection:
        out = connection.exec_driver_sql("SELECT count(*) FROM delivery WHERE state = 'published'").scalar()
    print(f"{out} of {given.posts} posts over {given.channels} channels in {took:.2f} s ({made / took:.0f}/s)")
    server.terminate()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
