"""The process that is killed: the real engine over a real store, with hooks put around it from outside.

``python -m tests.torture.office`` imports everything once and then forks an office for every line it reads:
``HOME PORT HOOK COUNT DATABASE``. The child kills itself with SIGKILL the COUNTth time it comes past HOOK (``-``:
never).
Each child's pid is printed, and ``ready PID SECONDS`` once it has recovered what another left behind.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Finding,
    Found,
    Handles,
    Outcome,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import Account, ChannelContext, ChannelView, Limits, Part, Platform
from commsched.core.text.messages import Problem
from commsched.engine import embedded
from commsched.platforms._http.network import Session
from commsched.platforms._shared.answers import from_failure
from commsched.services.kernel.blobs import LocalBlobs
from commsched.services.kernel.context import Installation
from commsched.store.session import Store
from commsched.store.vault import Vault

HOOKS = (
    "before begin",
    "after begin",
    "before commit",
    "after commit",
    "before call",
    "after call",
    "before prepare",
    "after prepare",
    "before look",
    "after look",
)
CLASSES: tuple[Literal["key", "two", "read", "none"], ...] = ("key", "two", "read", "none")
SETTLE = 0.3
LOSES = 0.02
"""The share of commits that an office with a hook is told about wrongly."""
DEADLINE = 0.3


class Hooks:
    """Counts the times that the process comes past a place, and ends it there, without a word."""

    def __init__(self, name: str, count: int) -> None:
        self.name, self.left, self.lock = name, count, threading.Lock()

    def loses(self) -> bool:
        """Whether this commit is said to have failed: before it, so that it has; after it, though it has not."""
        return self.name != "-" and random.random() < LOSES

    def past(self, name: str) -> None:
        if name != self.name:
            return
        with self.lock:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)


class Remote(Platform):
    """One idempotency class, over HTTP."""

    settle, icon = SETTLE, ""

    def __init__(self, kind: str, url: str, hooks: Hooks) -> None:
        self.kind, self.url, self.hooks = kind, url, hooks
        self.key = self.name = f"torture-{kind}"  # type: ignore[misc]
        self.independent_parts = kind == "none"  # type: ignore[misc]
        self.resend_if_absent = kind in ("key", "read")  # type: ignore[misc]

    def connect(self, context: ChannelContext) -> Account:
        return Account(self.key, self.key)

    def limits(self, facts: dict[str, Any]) -> Limits:
        return Limits()

    def check(self, view: ChannelView, facts: dict[str, Any]) -> list[Problem]:
        return []

    def parts(self, view: ChannelView) -> list[Part]:
        if self.kind == "none":
            return [
                Part(number=n, role="recipient", text=view.text, view=view, recipient=to)
                for n, to in enumerate(view.recipients)
            ]
        return [
            Part(number=n, role="reply" if n else "post", text=piece, view=view)
            for n, piece in enumerate(view.text.split("||"))
        ]

    def needs_prepare(self, part: Part) -> bool:
        return self.kind == "two"

    def _post(self, path: str, part: Part, context: ChannelContext) -> Any:
        said = {
            "channel": context.channel,
            "class": self.kind,
            "key": part.key,
            "text": part.text,
            "recipient": part.recipient,
        }
        return context.http.post(self.url + path, json=said)

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Outcome:
        self.hooks.past("before prepare")
        try:
            answer = self._post("/prepare", part, context)
            handles = Handles({"container": answer.json()["container"]})
        except Exception as error:
            return Retry(str(error))
        finally:
            self.hooks.past("after prepare")
        return handles

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        self.hooks.past("before call")
        try:
            answer = self._post("/send", part, context)
        except Exception as error:
            return from_failure(error, context)
        finally:
            self.hooks.past("after call")
        return self._read(answer, context)

    def _read(self, answer: Any, context: ChannelContext) -> Outcome:
        try:
            body = answer.json()
        except ValueError:
            return Unknown("not JSON")
        match answer.status_code:
            case 200:
                return Published(body["id"])
            case 429:
                return Retry("429", after=context.now() + timedelta(seconds=body["after"]), whole_channel=True)
            case 403:
                return Unknown("duplicate")
            case 422:
                return Rejected("no")
        return Unknown(str(answer.status_code))

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        if self.kind == "none":
            return CannotTell("mail cannot be read back", final=True)
        self.hooks.past("before look")
        try:
            found = self._post("/find", part, context).json()["id"]
        except Exception as error:
            return CannotTell(str(error))
        finally:
            self.hooks.past("after look")
        return Found(found) if found else Absent()

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        return Rejected("no")


class HookedStore(Store):
    """The real store, with the hooks around its ledger's begin and commit."""

    hooks: Hooks

    @contextmanager
    def ledger(self) -> Iterator[Connection]:
        self.hooks.past("before begin")
        with super().ledger() as connection:
            self.hooks.past("after begin")
            yield connection
            self.hooks.past("before commit")
            if self.hooks.loses():
                raise DatabaseError("COMMIT", {}, self._driver.DatabaseError("a constraint that is looked at last"))
        self.hooks.past("after commit")
        if self.hooks.loses():
            raise OperationalError("COMMIT", {}, self._driver.OperationalError("the connection was lost"))

    @property
    def _driver(self) -> Any:
        return sqlite3 if self.is_sqlite else psycopg


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def make_office(home: Path, port: int, hooks: Hooks, database: str) -> Installation:
    """The office in ``home`` and ``database`` (an address), whose platforms are the torture's server."""
    store = HookedStore(make_url(database))
    store.hooks = hooks
    known = {f"torture-{kind}": Remote(kind, f"http://127.0.0.1:{port}", hooks) for kind in CLASSES}
    return Installation(
        home=home,
        store=store,
        blobs=LocalBlobs(home / "media"),
        cache=LocalBlobs(home / "cache"),
        vault=Vault.open(home / "secret.key"),
        clock=Clock(),
        platform=known.__getitem__,
        platform_keys=lambda: tuple(known),
        mailer=None,  # type: ignore[arg-type]
        http=lambda private: Session(guard=None, deadline=DEADLINE, timeout=DEADLINE),
    )


def _be_an_office(home: str, port: str, hook: str, count: str, database: str) -> None:
    began = time.monotonic()
    installation = make_office(Path(home), int(port), Hooks(hook, int(count)), database)
    real = embedded.recover

    def recovered(*args: Any, **more: Any) -> int:
        found = real(*args, **more)
        sys.stdout.write(f"ready {os.getpid()} {time.monotonic() - began:.4f}\n")
        sys.stdout.flush()
        return found

    embedded.recover = recovered
    embedded.Engine(installation, hands=8).start()
    threading.Event().wait()


def main() -> None:
    """Fork an office for every line."""
    import logging

    import apscheduler.executors.pool
    import apscheduler.schedulers.background
    import apscheduler.triggers.date
    import apscheduler.triggers.interval  # noqa: F401

    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            _be_an_office(*line.rstrip("\n").split("\t"))
            os._exit(0)
        sys.stdout.write(f"pid {pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
