"""Real Postfix and Dovecot on free loopback ports, for the domain example.test.

Use :func:`serve` as a context manager, the fixture ``mail_server``, or by hand ``python -m tests.peers.mail``, which
prints READY and its addresses. Anyone signs in with the password ``pw``; only alice@ and desk@ have mailboxes. What is
sent to gone.example and full.example is taken, and bounces later. The servers are Debian's, and need root to start;
where they are missing the tests are skipped, except under ``CI=true``, where that is a failure.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

PASSWORD = "pw"
_PATIENCE = 60.0
_NEEDED = ("postfix", "dovecot", "openssl", "smtp-sink")
_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {home}/maillog
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
virtual_mailbox_domains = example.test
virtual_mailbox_maps = inline:{{ {{ alice@example.test=1 }}, {{ desk@example.test=1 }} }}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:no mail leaves this machine
transport_maps = inline:{{ {{ gone.example=smtp:[127.0.0.1]:{gone} }}, {{ full.example=smtp:[127.0.0.1]:{full} }} }}
smtpd_tls_cert_file = {home}/cert.pem
smtpd_tls_key_file = {home}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
recipient_delimiter = +
message_size_limit = 100000
"""
_SERVICES = {
    "cleanup": "unix n - n - 0 cleanup",
    "qmgr": "unix n - n 300 1 qmgr",
    "tlsmgr": "unix - - n 1000? 1 tlsmgr",
    "rewrite": "unix - - n - - trivial-rewrite",
    "bounce": "unix - - n - 0 bounce",
    "defer": "unix - - n - 0 bounce",
    "trace": "unix - - n - 0 bounce",
    "verify": "unix - - n - 1 verify",
    "flush": "unix n - n 1000? 0 flush",
    "proxymap": "unix - - n - - proxymap",
    "smtp": "unix - - n - - smtp",
    "relay": "unix - - n - - smtp",
    "error": "unix - - n - - error",
    "retry": "unix - - n - - error",
    "discard": "unix - - n - - discard",
    "lmtp": "unix - - n - - lmtp",
    "anvil": "unix - - n - 1 anvil",
    "scache": "unix - - n - 1 scache",
    "showq": "unix n - n - - showq",
    "pickup": "unix n - n 60 1 pickup",
    "postlog": "unix-dgram n - n - 1 postlogd",
}
_DOVECOT = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
mail_location = maildir:{home}/boxes/%n
mail_uid = mail
mail_gid = mail
first_valid_uid = 8
recipient_delimiter = +
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={home}/boxes/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
"""


@dataclass(frozen=True)
class MailServer:
    """Where it listens, and its certificate."""

    smtp: int
    imaps: int
    ca: Path
    boxes: Path
    """Where the mailboxes lie."""

    def url(self, user: str = "desk@example.test", password: str = PASSWORD) -> str:
        """A ``smtp_url`` for this server."""
        name = user.replace("@", "%40")
        return (
            f"smtp://{name}:{password}@localhost:{self.smtp}?starttls=1&ca={self.ca}"
            if user
            else (f"smtp://localhost:{self.smtp}?starttls=1&ca={self.ca}")
        )

    def delivered(self, user: str, message_id: str, patience: float = 20.0) -> EmailMessage:
        """The message as it lies in ``user``'s mailbox, read over IMAP. Raises ``TimeoutError`` if it never comes."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            found = self.inbox(user, message_id)
            if found:
                assert len(found) == 1, f"{message_id} was delivered {len(found)} times"
                return found[0]
            time.sleep(0.1)
        raise TimeoutError(f"{message_id} was never delivered")

    def put(self, user: str, raw: bytes) -> None:
        """Lay a message into ``user``'s mailbox as it is, whatever it is."""
        with self._box(user) as box:
            answer, said = box.append("INBOX", "", None, raw)  # type: ignore[arg-type]
            assert answer == "OK", said

    def flags(self, user: str) -> list[bytes]:
        """What the mailbox has noted of each message, such as that it was read."""
        with self._box(user) as box:
            box.select("INBOX", readonly=True)
            return [bytes(each) for each in box.fetch("1:*", "(FLAGS)")[1] if isinstance(each, bytes)]

    def empty(self, user: str, *folders: str) -> None:
        """Throw away everything in ``user``'s mailbox."""
        with self._box(user) as box:
            for folder in ("INBOX", *folders):
                if box.select(folder)[0] == "OK" and box.search(None, "ALL")[1][0]:
                    box.store("1:*", "+FLAGS", "\\Deleted")
                    box.expunge()

    @contextlib.contextmanager
    def _box(self, user: str) -> Iterator[imaplib.IMAP4_SSL]:
        context = ssl.create_default_context(cafile=str(self.ca))
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context, timeout=60) as box:
            box.login(user, PASSWORD)
            yield box

    def inbox(self, user: str, message_id: str) -> list[EmailMessage]:
        """Every copy of a message in ``user``'s mailbox."""
        context = ssl.create_default_context(cafile=str(self.ca))
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context, timeout=10) as box:
            box.login(user, PASSWORD)
            box.select("INBOX", readonly=True)
            numbers = box.search(None, "HEADER", "Message-ID", f'"{message_id}"')[1][0].split()
            raw = [box.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index]
        read = [message_from_bytes(one, policy=policy.default) for one in raw]  # type: ignore[arg-type]
        return [one for one in read if isinstance(one, EmailMessage)]


def missing() -> str:
    """What stands in the way of starting it; empty if nothing does."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    lacking = [name for name in _NEEDED if shutil.which(name, path=path) is None]
    if lacking:
        return f"not installed: {', '.join(lacking)}"
    return "" if os.geteuid() == 0 else "Postfix starts only for root"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def serve() -> Iterator[MailServer]:
    """Both servers, running until the block ends."""
    # Postfix talks over Unix sockets in its queue folder, whose names have little room: not pytest's deep folders.
    with contextlib.ExitStack() as stack, TemporaryDirectory(prefix="mail-", dir="/tmp") as folder:
        home = Path(folder)
        gone = stack.enter_context(sink("-f", "RCPT", "-B", "550 5.1.1 user unknown"))
        full = stack.enter_context(sink("-f", "RCPT", "-B", "552 5.2.2 mailbox full"))
        smtp, imaps, lmtp, auth = _free_ports(4)
        _prepare(home, smtp=smtp, imaps=imaps, lmtp=lmtp, auth=auth, gone=gone, full=full)
        dovecot = subprocess.Popen(
            ["dovecot", "-F", "-c", str(home / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _postfix(home, "start")
            for port in (smtp, imaps, lmtp, auth):
                _await(port, home)
            yield MailServer(smtp, imaps, home / "cert.pem", home / "boxes")
        finally:
            with contextlib.suppress(subprocess.SubprocessError):
                _postfix(home, "stop")
            dovecot.send_signal(signal.SIGTERM)
            dovecot.wait(20)


def _prepare(home: Path, **ports: int) -> None:
    home.chmod(0o755)
    for name in ("queue", "data", "boxes", "run"):
        (home / name).mkdir()
    os.chown(home / "data", pwd.getpwnam("postfix").pw_uid, -1)
    mail = pwd.getpwnam("mail")
    os.chown(home / "boxes", mail.pw_uid, mail.pw_gid)
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            str(home / "key.pem"),
            "-out",
            str(home / "cert.pem"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    (home / "main.cf").write_text(_MAIN.format(home=home, **ports))
    first = f"127.0.0.1:{ports['smtp']} inet n - n - - smtpd"
    lines = [first, *(f"{name} {rest}" for name, rest in _SERVICES.items())]
    (home / "master.cf").write_text("\n".join(lines) + "\n")
    (home / "dovecot.conf").write_text(_DOVECOT.format(home=home, password=PASSWORD, **ports))


def _postfix(home: Path, command: str) -> None:
    ran = subprocess.run(
        ["postfix", "-c", str(home), command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    if command == "start" and ran.returncode:
        log = home / "maillog"
        raise OSError(f"postfix does not start:\n{log.read_text()[-2000:] if log.exists() else 'it has no log'}")


def _await(port: int, home: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    logs = [file.read_text()[-2000:] for file in (home / "maillog", home / "dovecot.log") if file.exists()]
    raise TimeoutError(f"nobody listens on {port}\n" + "\n".join(logs))


@contextlib.contextmanager
def sink(*options: str) -> Iterator[int]:
    """Postfix's ``smtp-sink`` on a free port: ``-q .`` closes the connection instead of acknowledging the content."""
    (port,) = _free_ports(1)
    command = ["smtp-sink", "-u", "nobody", *options, f"127.0.0.1:{port}", "50"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port, Path("/nonexistent"))
        yield port
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """By hand: start, say where, and run until stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with serve() as server, contextlib.suppress(KeyboardInterrupt):
        print(f"READY smtp://localhost:{server.smtp} imaps://localhost:{server.imaps} {server.ca}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
