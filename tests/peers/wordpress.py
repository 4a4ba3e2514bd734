"""A real WordPress on a MariaDB of its own, on a free loopback port, with a user of each kind that matters.

Use :func:`serve` as a context manager, or by hand ``python -m tests.peers.wordpress``, which prints READY and its
address, and runs until it is stopped. Every start is a site of its own, which is thrown away at the end. The programs
are Debian's. Where they are missing they are installed if this is root and either ``CI=true`` or
``COMMSCHED_TEST_INSTALL=1``; else the tests are skipped, except under ``CI=true``, where that is a failure.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_SOURCE = Path("/usr/share/wordpress")
_PACKAGES = (
    "wordpress",
    "wordpress-theme-twentytwentythree",
    *("php-cli", "php-mysql", "php-gd", "php-xml", "php-curl", "php-mbstring"),
    "mariadb-server",
)
_PROGRAMS = ("php", "mariadbd", "mariadb", "mariadb-admin", "mariadb-install-db")
_PATIENCE = 120.0
ROLES = ("administrator", "editor", "author", "contributor")
"""There is a user of each, called by it."""

_CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:{socket}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {{
  define($name . '_KEY', 'test' . $name); define($name . '_SALT', 'salt' . $name);
}}
$table_prefix = 'wp_';
define('WP_HOME', '{url}'); define('WP_SITEURL', '{url}');
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords over plain http
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
_ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = __DIR__ . '/root' . $path;
if ($path !== '/' && is_file($file)) return false;
$inside = '{folder}';
$index = is_dir($file) && is_file(rtrim($file, '/') . '/index.php')
  ? rtrim($path, '/') . '/index.php' : $inside . '/index.php';
$_SERVER['SCRIPT_NAME'] = $index;
require __DIR__ . '/root' . $index;
"""
_INSTALL = """<?php
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1:{port}'; $_SERVER['SERVER_NAME'] = '127.0.0.1'; $_SERVER['REQUEST_URI'] = '/';
require __DIR__ . '/root{folder}/wp-config.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Ljungpartiet', 'administrator', 'admin@example.test', true, '', 'Prova-lugnt-1');
update_option('permalink_structure', '/%postname%/'); flush_rewrite_rules();
update_option('comment_moderation', 0); update_option('comment_previously_approved', 0);
foreach (['administrator', 'editor', 'author', 'contributor'] as $role) {{
  $user = get_user_by('login', $role);
  $id = $user ? $user->ID : wp_insert_user(
    ['user_login' => $role, 'user_pass' => 'Prova-lugnt-1', 'role' => $role, 'user_email' => $role . '@example.test']);
  [$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'tests']);
  echo "PASSWORD $role $password\\n";
}}
"""


@dataclass(frozen=True)
class Server:
    """Where it listens, and the application password of each user."""

    url: str
    passwords: dict[str, str]

    def ask(self, path: str, method: str = "GET", role: str = "administrator", **options: Any) -> Any:
        """What the REST API says to the user ``role``, at ``path`` below ``/wp-json/wp/v2``."""
        with requests.Session() as session:
            session.trust_env = False
            session.auth = (role, self.passwords[role])
            answer = session.request(method, f"{self.url}/wp-json/wp/v2{path}", timeout=60, **options)
        answer.raise_for_status()
        return answer.json()


def missing() -> str:
    """What stands in the way of starting it; empty if nothing does. Installs what is missing where that is allowed."""
    lacking = _lacking()
    allowed = os.environ.get("CI") == "true" or os.environ.get("COMMSCHED_TEST_INSTALL") == "1"
    if lacking and allowed and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        lacking = _lacking()
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def _lacking() -> list[str]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    programs = [name for name in _PROGRAMS if shutil.which(name, path=path) is None]
    return programs + ([] if (_SOURCE / "wp-includes").is_dir() else ["wordpress"])


def _install() -> None:
    """One at a time: others that run these tests wait, and then find it done."""
    with (Path(tempfile.gettempdir()) / "commsched-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _lacking():
            return
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_PACKAGES],
        ):
            subprocess.run(command, check=True, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, timeout=900)


@contextlib.contextmanager
def serve(folder: str = "") -> Iterator[Server]:
    """A fresh site, running until the block ends; below ``folder`` (such as ``/blogg``) where one is named."""
    home = Path(tempfile.mkdtemp(prefix="wp-", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    try:
        with contextlib.ExitStack() as running:
            port = _free_port()
            url = f"http://127.0.0.1:{port}{folder}"
            running.enter_context(_database(home))
            _write(home, url, port, folder)
            passwords = _passwords(home)
            running.enter_context(_web_server(home, port))
            yield Server(url, passwords)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def _database(home: Path) -> Iterator[None]:
    home.chmod(0o755)
    data, socket_path, scratch = home / "db", home / "m.sock", home / "run"
    scratch.mkdir()
    user = []
    if os.geteuid() == 0:
        user = ["--user=mysql"]
        owner = pwd.getpwnam("mysql")
        for path in (home, scratch):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    common = [*user, f"--tmpdir={scratch}", f"--datadir={data}"]
    made = subprocess.run(
        ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    quick = ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]
    with _program(["mariadbd", *common, f"--socket={socket_path}", *quick], home / "db.log"):
        client = ["-uroot", f"--socket={socket_path}"]
        _until(lambda: _runs(["mariadb-admin", *client, "ping"]), home / "db.log")
        words = "create database wp; create user wp@localhost identified by 'wp'; grant all on wp.* to wp@localhost"
        subprocess.run(["mariadb", *client, "-e", words], check=True, capture_output=True, timeout=_PATIENCE)
        yield


def _write(home: Path, url: str, port: int, folder: str) -> None:
    """The site's own copy of the programs; Debian's has links into other packages, which are followed."""
    site = home / f"root{folder}"
    shutil.copytree(_SOURCE, site, ignore_dangling_symlinks=True)
    (site / "wp-content" / "uploads").mkdir(parents=True, exist_ok=True)
    (site / "wp-config.php").write_text(_CONFIG.format(socket=home / "m.sock", url=url))
    (home / "router.php").write_text(_ROUTER.format(folder=folder))
    (home / "install.php").write_text(_INSTALL.format(port=port, folder=folder))


def _passwords(home: Path) -> dict[str, str]:
    ran = subprocess.run(
        ["php", str(home / "install.php")], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    lines = [line.split() for line in ran.stdout.splitlines() if line.startswith("PASSWORD ")]
    passwords = {role: password for _word, role, password in lines}
    assert set(passwords) == set(ROLES), f"WordPress was not installed:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
    return passwords


@contextlib.contextmanager
def _web_server(home: Path, port: int) -> Iterator[None]:
    command = ["php", "-S", f"127.0.0.1:{port}", "-t", str(home / "root"), str(home / "router.php")]
    with _program(command, home / "php.log", PHP_CLI_SERVER_WORKERS="3"):
        _until(lambda: _listens(port), home / "php.log")
        yield


@contextlib.contextmanager
def _program(command: list[str], log: Path, **environment: str) -> Iterator[None]:
    """A group of its own, so that what it has started ends with it."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env=os.environ | {"PATH": path} | environment,
        )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False).returncode == 0


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _until(ready: Any, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if ready():
            return
        time.sleep(0.1)
    raise TimeoutError(f"it did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """By hand: start, say where, and run until stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with serve() as server, contextlib.suppress(KeyboardInterrupt):
        print(f"READY {server.url} {server.passwords}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
