"""A small world around the real use cases and the real courier: two offices, their channels, a wall, and an oracle.

Time, threads, faults and crashes are in the caller's hand: calls wait until :meth:`World.call` makes one, a crash drops
the courier in the middle of a line. The oracle keeps its own books of who approved what, and looks at every attempt
the moment it is committed and at everything that becomes visible.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import URL, Connection, Integer, and_, func, or_, select, text, update
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from commsched.core.content.draft import ChannelIn, DraftIn, PictureIn
from commsched.core.content.mentions import spoken
from commsched.core.content.model import parse
from commsched.core.delivery.lifecycle import REASONS, item_state
from commsched.core.platform.contract import ChannelContext, Platform
from commsched.core.platform.contract import Part as SentPart
from commsched.core.text.messages import OfficeError
from commsched.services.contacts import lists
from commsched.services.deliver import dispatcher as courier_module
from commsched.services.deliver.calls import STALE
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.deliver.recovery import recover
from commsched.services.kernel import audit_log
from commsched.services.kernel.blobs import LocalBlobs, key_of
from commsched.services.kernel.context import Actor, Installation
from commsched.services.ops import after_restore, chores
from commsched.services.workflow import approve, editing, pause, resolve, schedule
from commsched.store.migrate import ready
from commsched.store.models import (
    Attempt,
    Base,
    Channel,
    ChannelTime,
    Decision,
    Delivery,
    Item,
    Lease,
    ListRecipient,
    Media,
    Membership,
    Notice,
    Part,
    Person,
    Revision,
    Workspace,
)
from commsched.store.session import EVERY_WORKSPACE, Store, sqlite_url
from commsched.store.vault import Vault
from tests.peers import postgres
from tests.sims.platform import SPLIT, START, Crash, Faulty, Seen, SimClock, Wall

PICTURE = b"not really a picture, but its bytes are what is approved"
LIST = ("Anna@tidningen.se", "bo@radion.se", "cia@bladet.se")
KEEP = frozenset({"workspace", "person", "membership", "channel", "media", "alembic_version"})
CHANNELS = (("key", 1), ("two", 1), ("read", 1), ("none", 1), ("key", 2))
WRITER, FIRST, SECOND, OTHER_WRITER, OTHER_APPROVER = 1, 2, 3, 4, 5


def named(one: Seen) -> tuple[int, str, str]:
    """What must never be seen twice: these words, in this channel, by this reader."""
    return one.channel, one.text, one.recipient.casefold()


TROUBLES = ("locked", "full", "crash before", "crash after", "lost", "broken", "broken after")
"""``lost`` and ``broken after`` are commits that were made and reported to have failed."""
_OPEN = "SELECT delivery_id FROM attempt WHERE outcome = ''"
_DELIVERIES = "SELECT id, state, reason, next_at, stop FROM delivery"


BOOKS = ("items", "yes", "cancelled", "stopped", "answered", "tampered", "attempts")
"""What the oracle knows of the office, and forgets with it; what readers saw it never forgets."""


_OWN = select(ChannelTime.publish_at)


def _at(channel: int, moment: datetime) -> ChannelIn:
    return ChannelIn(id=channel, publish_at=moment.isoformat())


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _reached(state: str, parts: list[str]) -> str:
    """A delivery's state, with what of it is out."""
    if not {"published", "sending", "unknown"} & set(parts):
        return state
    return {"held": "partly", "failed": "partly", "cancelled": "partly", "waiting": "sending"}.get(state, state)


class Later(Executor):
    """Hands that do nothing until they are told to."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls.append(lambda: fn(*args, **kwargs))
        return Future()


@cache
def folder() -> Path:
    """In memory where the system has such a place: the simulation does not test the disk."""
    memory = Path("/dev/shm")
    return Path(mkdtemp(prefix="commsched-sim-", dir=memory if memory.is_dir() else None))


def discard() -> None:
    """Give the memory back. The next world makes its database anew."""
    if World._store is not None:
        World._store.close()
        World._store = None
        shutil.rmtree(folder(), ignore_errors=True)
        folder.cache_clear()


@dataclass
class Node:
    """A process that drains channels: a dispatcher and its hands. A frozen one does nothing, and does not know it."""

    dispatcher: Dispatcher
    hands: Later
    frozen: bool = False


Rows = dict[str, list[dict[str, Any]]]
"""Everything in a database, by table."""


def _address(home: Path) -> URL:
    """Of the store that the tests run on: a file in ``home``, or a database without tables on the tests' server."""
    if postgres.wanted():
        return postgres.Databases.running().create(empty=True)
    return sqlite_url(home / "commsched.db")


def _let_tables_go_in_any_order(connection: Connection) -> None:
    """Until this transaction ends, what points at a row may be later than that."""
    sqlite = connection.dialect.name == "sqlite"
    connection.execute(
        text("PRAGMA defer_foreign_keys=ON" if sqlite else "SET LOCAL session_replication_role = replica")
    )


def _count_on(connection: Connection) -> None:
    """Rows were made with numbers of their own, or have gone: PostgreSQL counts on from the last, as SQLite does."""
    if connection.dialect.name == "postgresql":
        for table in Base.metadata.sorted_tables:
            if "id" in table.c and isinstance(table.c.id.type, Integer):
                sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                last = f"SELECT setval({sequence}, coalesce(max(id), 1), max(id) IS NOT NULL) FROM {table.name}"
                connection.execute(text(last))


def _dump(store: Store) -> Rows:
    with store.engine.connect() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def _load(store: Store, rows: Rows) -> None:
    with store.ledger() as connection:
        _let_tables_go_in_any_order(connection)
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])
        _count_on(connection)


class World:
    """One run. The database is made once a process and emptied for each. ``dispatchers`` share the one store, each as a
    process of its own would."""

    _store: Store | None = None

    def __init__(self, chooser: random.Random | None = None, dispatchers: int = 1) -> None:
        self.clock = SimClock()
        self.wall = Wall(self.clock, on_call=self._on_call)
        self.platforms = {f"sim-{kind}": Faulty(kind, self.wall) for kind in ("key", "two", "read", "none")}  # type: ignore[arg-type]
        self.home = folder()
        store = World._store or self._make_store()
        World._store = store
        self.installation = Installation(
            home=self.home,
            store=store,
            blobs=LocalBlobs(self.home / "media"),
            cache=LocalBlobs(self.home / "cache"),
            vault=Vault.open(self.home / "secret.key"),
            clock=self.clock,
            platform=self.platforms.__getitem__,
            platform_keys=lambda: tuple(self.platforms),
            mailer=None,  # type: ignore[arg-type]
            http=lambda private: None,
            settings={"base_url": "https://kontoret.example"},
        )
        self._clean()
        self.random = chooser or random.Random(0)
        self._wrong: AssertionError | None = None
        """What the oracle first saw wrong at a commit or a call."""
        self.trouble = ""
        """What the next commit of the courier does: one of :data:`TROUBLES`; joined with ``+``, those after it too."""
        self.born = 0
        self.nodes = [self._new_node() for _ in range(dispatchers)]
        self.items: list[int] = []
        self.words = 0
        self.yes: dict[tuple[int, str], dict[int, tuple[datetime, datetime]]] = {}
        """The oracle's own book: who said yes to which hash of which item, for when, and has not taken it back."""
        self.cancelled: set[int] = set()
        self.stopped: set[tuple[int, int]] = set()
        """By item and channel: what somebody cancelled or dropped, of which no new attempt may be made."""
        self.backups: list[tuple[Path | Rows, datetime, dict[str, Any]]] = []
        """Backups: the file, when it was made, and the oracle's books of then."""
        self.restores = 0
        self.answered: set[int] = set()
        """Deliveries about which a person answered, so that what is recorded is their word."""
        self.tampered: set[int] = set()
        self.attempts = 0
        self.most_open = 0
        """The most attempts that were ever open on one channel at once."""
        self.moves: Counter[str] = Counter()
        self.leases: dict[int, tuple[str, datetime]] = {}
        """Who had claimed which channel, and until when, after the last commit."""

    # -- building ----------------------------------------------------------------------------------

    def _make_store(self) -> Store:
        logging.getLogger("commsched").setLevel(logging.CRITICAL)
        store = Store(_address(self.home))
        ready(store, self.home / "backups", START)
        with store.write(EVERY_WORKSPACE) as session:
            for number, slug in ((1, "gruppen"), (2, "distriktet")):
                session.add(
                    Workspace(
                        id=number, slug=slug, name=slug, created_at=START, latest_minutes=60, policy={"steps": [{}]}
                    )
                )
            people = ((1, "writer", 1), (2, "approver", 1), (3, "approver", 1), (4, "writer", 2), (5, "approver", 2))
            for number, role, place in people:
                session.add(
                    Person(id=number, email=f"p{number}@example.org", name=f"P{number}", stamp="", created_at=START)
                )
                session.flush()
                session.add(Membership(workspace_id=place, person_id=number, role=role))
            sha = hashlib.sha256(PICTURE).hexdigest()
            session.add(
                Media(
                    id=1,
                    workspace_id=1,
                    sha256=sha,
                    suffix=".png",
                    mime="image/png",
                    width=1,
                    height=1,
                    size=len(PICTURE),
                    alt="Torget",
                    created_at=START,
                )
            )
            vault = Vault.open(self.home / "secret.key")
            for number, (kind, place) in enumerate(CHANNELS, 1):
                secrets = vault.seal_map({"addresses": "\n".join(LIST)}) if kind == "none" else ""
                policy = {"steps": [{"people": [FIRST, SECOND], "need": "all"}]} if kind == "two" else {}
                session.add(
                    Channel(
                        id=number,
                        workspace_id=place,
                        platform=f"sim-{kind}",
                        name=f"{kind} {number}",
                        secrets=secrets,
                        policy=policy,
                        created_at=START,
                    )
                )
        with store.ledger() as connection:
            _count_on(connection)
        store.close()
        return store

    def _clean(self) -> None:
        store = self.installation.store
        with store.ledger() as connection:
            _let_tables_go_in_any_order(connection)
            for table in reversed(Base.metadata.sorted_tables):
                if table.name not in KEEP:
                    connection.execute(table.delete())
            _count_on(connection)
            connection.execute(update(Workspace).values(paused_at=None))
            fresh = {
                "state": "ok",
                "not_before": None,
                "trouble": "",
                "secrets": "",
                "list_digest": "",
                "facts": {},
                "token_expires_at": None,
            }
            connection.execute(update(Channel).values(**fresh))
        self.set_list(LIST)
        self.picture_file.parent.mkdir(parents=True, exist_ok=True)
        self.picture_file.write_bytes(PICTURE)

    @property
    def picture_file(self) -> Path:
        return self.home / "media" / key_of(hashlib.sha256(PICTURE).hexdigest(), ".png")

    def _new_node(self) -> Node:
        self.born += 1
        hands = Later()
        dispatcher = Dispatcher(
            self.installation, hands=hands, width=32, owner=f"sim-{self.born}", wait=lambda seconds: None
        )
        dispatcher._rescan = 0.0
        return Node(dispatcher, hands)

    @property
    def dispatcher(self) -> Dispatcher:
        return self.nodes[0].dispatcher

    @property
    def hands(self) -> Later:
        return self.nodes[0].hands

    def actor(self, person: int) -> Actor:
        role = "writer" if person in (WRITER, OTHER_WRITER) else "approver"
        return Actor(person, f"P{person}", 2 if person in (OTHER_WRITER, OTHER_APPROVER) else 1, role)

    # -- the courier's life ------------------------------------------------------------------------

    @contextmanager
    def _ledger(self) -> Iterator[Connection]:
        trouble, _, self.trouble = self.trouble.partition("+")
        if trouble == "locked":
            raise OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))
        before = self.attempts
        with self._real_ledger() as connection:
            yield connection
            if trouble == "crash before":
                raise Crash
            if trouble == "full":
                raise OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
            if trouble == "broken":
                raise DatabaseError("COMMIT", {}, sqlite3.DatabaseError("database disk image is malformed"))
        try:
            self._look_at_attempts(before)
        except AssertionError as error:  # raised in here the courier would take it for a commit that failed
            self._wrong = self._wrong or error
        if trouble == "lost":
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("the connection was lost"))
        if trouble == "broken after":
            raise InterfaceError("COMMIT", {}, sqlite3.InterfaceError("the connection is closed"))
        if trouble == "crash after":
            raise Crash

    @contextmanager
    def _watched(self, which: int = 0) -> Iterator[None]:
        """Everything a dispatcher does runs in here: its commits are looked at, and a crash is a crash."""
        courier_module.RESCAN = 0.0
        self._real_ledger = type(self.installation.store).ledger.__get__(self.installation.store)
        self.installation.store.ledger = self._ledger  # type: ignore[method-assign]
        crashed = False
        try:
            yield
        except Crash:
            crashed = True
        finally:
            del self.installation.store.ledger
        if self._wrong is not None:
            raise self._wrong
        if crashed:
            self.crash(which)

    def step(self, which: int = 0) -> bool:
        """One turn of a dispatcher; whether it did anything."""
        which %= len(self.nodes)
        busy = False
        if self.nodes[which].frozen:
            return False
        with self._watched(which):
            busy = self.nodes[which].dispatcher.step() is not None
        return busy

    def call(self, which: int = 0) -> bool:
        """Make one of the calls that wait; whether there was one."""
        waiting = [
            (place, number)
            for place, node in enumerate(self.nodes)
            for number in range(len(node.hands.calls))
            if not node.frozen
        ]
        if not waiting:
            return False
        place, number = waiting[which % len(waiting)]
        call = self.nodes[place].hands.calls.pop(number)
        with self._watched(place):
            call()
        return True

    def glance(self, which: int) -> None:
        """A dispatcher lines up what is due, and is stopped before its turn."""
        node = self.nodes[which % len(self.nodes)]
        if not node.frozen:
            with self._watched(which % len(self.nodes)):
                node.dispatcher._scan()

    def freeze(self, which: int) -> None:
        """The process is stopped in the middle of whatever it does; it will not know."""
        self.moves["freeze"] += 1
        self.nodes[which % len(self.nodes)].frozen = True

    def wake(self) -> None:
        """Every process goes on where it was."""
        for node in self.nodes:
            node.frozen = False

    def crash(self, which: int = 0) -> None:
        """The process is gone. Of the calls that were under way some still arrive, some never began. Another is
        started; where it is the only one it knows that every other is dead."""
        self.moves["crash"] += 1
        self._die(which)
        recover(self.installation, owner=self.nodes[which].dispatcher.owner, alone=len(self.nodes) == 1)
        self.leases = {} if len(self.nodes) == 1 else self.leases

    def _die(self, which: int) -> None:
        waiting = self.nodes[which].hands.calls
        fault, self.wall.fault = self.wall.fault, lambda kind, platform, part: "crash after"
        for call in waiting:
            if self.random.random() < 0.5:
                with suppress(Crash):
                    call()
        self.wall.fault = fault
        self.nodes[which] = self._new_node()

    def backup(self) -> None:
        """A consistent copy of everything the office knows now."""
        self.moves["backup"] += 1
        file: Path | Rows = self.home / f"backup-{len(self.backups)}.db"
        file.unlink(missing_ok=True)
        if isinstance(file, Path) and self.installation.store.is_sqlite:
            _copy(self.home / "commsched.db", file)
        else:
            file = _dump(self.installation.store)
        self.backups.append((file, self.clock.at, copy.deepcopy({name: getattr(self, name) for name in BOOKS})))

    def restore(self, which: int) -> None:
        """The office is gone; it comes back as it was in one of the backups, not always the newest."""
        if not self.backups:
            return
        self.moves["restore"] += 1
        self.restores += 1
        file, made_at, books = self.backups[which % len(self.backups)]
        for node in range(len(self.nodes)):
            self._die(node)
        if isinstance(file, Path):
            _copy(file, self.home / "commsched.db")
        else:
            _load(self.installation.store, file)
        for name, value in copy.deepcopy(books).items():
            setattr(self, name, value)
        after_restore.settle(self.installation, made_at)
        self.leases = {}

    def settle(self, most: int = 400) -> None:
        """Turn and call until nothing is left to do now."""
        for _ in range(most):
            worked = [self.step(which) for which in range(len(self.nodes))]
            if not (self.call() | any(worked)):
                return
        raise AssertionError("the courier does not come to rest")

    # -- the oracle --------------------------------------------------------------------------------

    def _look_at_attempts(self, after: int) -> None:
        """Every attempt just committed: was it right to make it, now, by the oracle's own books?"""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            new = session.execute(
                select(Attempt, Delivery, Item, Revision, Workspace, Channel, Lease)
                .join(Delivery, Delivery.id == Attempt.delivery_id)
                .join(Item, Item.id == Delivery.item_id)
                .join(Revision, Revision.id == Delivery.revision_id)
                .join(Workspace, Workspace.id == Delivery.workspace_id)
                .join(Channel, Channel.id == Attempt.channel_id)
                .outerjoin(Lease, Lease.channel_id == Attempt.channel_id)
                .where(Attempt.id > after)
            ).all()
            self._look_at_recipients(session, after)
            for attempt, delivery, item, revision, workspace, channel, lease in new:
                self.attempts = max(self.attempts, attempt.id)
                now, content = self.clock.at, parse(revision.content)
                assert lease is not None, "an attempt on a channel that nobody had claimed"
                assert lease.owner == attempt.worker, "an attempt on a channel that another drains"
                assert lease.until > now, "an attempt on a claim that had lapsed"
                assert workspace.paused_at is None, "an attempt was committed while everything was paused"
                assert attempt.hash == hashlib.sha256(revision.content).hexdigest(), "not what was approved"
                assert item.revision_id == revision.id, "an old revision was sent"
                assert self.cleared(item.id, attempt.hash, content, now), "nobody had approved it for now"
                assert delivery.due_at <= now, "it was sent before its time"
                public = not self.platforms[channel.platform].under_embargo
                over = not content.embargo or datetime.fromisoformat(content.embargo) <= now
                assert over or not public, "before the embargo"
                own = session.scalar(_OWN.where(ChannelTime.item_id == item.id, ChannelTime.channel_id == channel.id))
                assert (own or item.publish_at) <= now, "it was sent before the time of its channel"
                assert now <= delivery.latest_at, "it was sent after its latest time"
                assert item.id not in self.cancelled, "it had been cancelled"
                assert (item.id, channel.id) not in self.stopped, "somebody had stopped it there"
                assert channel.state == "ok", "the channel's access was dead"
                assert channel.workspace_id == item.workspace_id == delivery.workspace_id, "another office's channel"
            leases = {row.channel_id: (row.owner, row.until) for row in session.scalars(select(Lease))}
            for channel_id, (owner, until) in self.leases.items():
                now_held = leases.get(channel_id, ("", until))[0]
                assert now_held in (owner, "") or until <= self.clock.at or not owner, "a live owner's lease was taken"
            self.leases = leases
            self._look_at_lanes(session)

    def _look_at_recipients(self, session: Session, after: int) -> None:
        """Nobody is written to who has left the list."""
        left = (
            select(Attempt.id)
            .join(Part, and_(Part.delivery_id == Attempt.delivery_id, Part.number == Attempt.part))
            .outerjoin(
                ListRecipient,
                and_(ListRecipient.channel_id == Attempt.channel_id, ListRecipient.blind == Part.blind),
            )
            .where(Attempt.id > after, Part.blind != "")
            .where(or_(ListRecipient.id.is_(None), ListRecipient.state != "active"))
        )
        assert session.scalars(left).all() == [], "written to who had left the list"

    def _look_at_lanes(self, session: Session) -> None:
        open_ = session.execute(
            select(Attempt.channel_id, Channel.platform, Attempt.delivery_id, Attempt.part)
            .join(Channel, Channel.id == Attempt.channel_id)
            .where(Attempt.outcome == "")
        ).all()
        for (channel, platform), count in Counter((row.channel_id, row.platform) for row in open_).items():
            most = self.platforms[platform].lanes * self.platforms[platform].group
            assert count <= most, f"{count} attempts open on channel {channel}"
            self.most_open = max(self.most_open, count)
        parts = Counter((row.delivery_id, row.part) for row in open_)
        assert not parts or max(parts.values()) == 1, "two attempts open at one part"
        lists = {key for key, platform in self.platforms.items() if platform.independent_parts}
        threads = Counter(row.delivery_id for row in open_ if row.platform not in lists)
        assert not threads or max(threads.values()) == 1, "two parts of a thread under way at once"

    def cleared(self, item: int, content_hash: str, content: Any, now: datetime) -> bool:
        """Whether the oracle's book lets this hash out at ``now``."""
        said = self.yes.get((item, content_hash), {})
        if not all(start <= now <= end for start, end in said.values()):
            return False
        strict = any(one.channel == 2 for one in content.channels)
        return {FIRST, SECOND} <= said.keys() if strict else bool(said)

    def _on_call(self, platform: Platform, part: SentPart, context: ChannelContext) -> None:
        """Every call that makes something visible is looked at before it is made."""
        try:
            self._look_at_call(platform, part, context)
        except AssertionError as error:  # raised in here it would be taken for an adapter's bug
            self._wrong = self._wrong or error

    def _look_at_call(self, platform: Platform, part: SentPart, context: ChannelContext) -> None:
        """Is an attempt committed for exactly this part?"""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            found = session.execute(
                select(Attempt, Part, Delivery, Revision)
                .join(Part, Part.delivery_id == Attempt.delivery_id)
                .join(Delivery, Delivery.id == Attempt.delivery_id)
                .join(Revision, Revision.id == Delivery.revision_id)
                .where(Attempt.outcome == "", Attempt.channel_id == context.channel, Part.number == Attempt.part)
                .where(Part.key == part.key)
            ).all()
            assert len(found) == 1, "a call without an attempt committed before it"
            attempt, row, delivery, revision = found[0]
            assert self.clock.at - attempt.started_at <= STALE, "the call began long after it was allowed"
            said = spoken(parse(revision.content), context.channel).text_on(context.channel)
            pieces = [said] if platform.independent_parts else said.split(SPLIT)
            words = pieces[0 if platform.independent_parts else row.number]
            # a dispatcher that slept may hold a call that was allowed before somebody changed the stored words
            assert part.text == words or delivery.item_id in self.tampered, "not the approved words"
            if not platform.independent_parts and row.number:
                out = [one.text for one in self.wall.on(context.channel)]
                assert all(piece in out for piece in pieces[: row.number]) or delivery.id in self.answered, (
                    "out of order"
                )
            for picture in part.pictures:
                with picture.open() as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
                assert digest == picture.sha256, "other pictures than approved"

    def check(self) -> None:
        """What must hold at any moment between two steps."""
        if self._wrong is not None:
            raise self._wrong
        self.wall.arrive()
        doubles = [key for key, count in Counter(named(one) for one in self.wall.seen).items() if count > 1]
        assert not doubles, f"posted twice: {doubles}"
        with self.installation.store.engine.connect() as connection:
            open_ = {row[0] for row in connection.exec_driver_sql(_OPEN)}
            for row in connection.exec_driver_sql(_DELIVERIES):
                assert not row.stop or row.state in ("cancelled", "published", "unknown") or row.id in open_, (
                    "stopped, and not at an end"
                )
                known = row.reason in REASONS or row.reason in ("verify", "retry", "")
                assert known, f"a reason nobody can explain: {row.reason}"
                match row.state:
                    case "waiting":
                        assert row.next_at is not None, "waits for nothing: lost"
                    case "sending":
                        assert row.next_at is not None or row.id in open_, "sending, but nobody sends: lost"
                    case "unknown":
                        assert row.next_at is not None or row.reason == "ask", "unknown, and nobody is asked: lost"
                    case "held" | "failed":
                        assert row.next_at is None, "stopped, yet the clock looks at it"
                        assert row.reason, "stopped without a word why"
                    case _:
                        assert row.next_at is None, "finished, yet the clock looks at it"

    def finish(self) -> None:
        """Let everything come to its end in a world where nothing goes wrong any more, and look at the whole."""
        self.wall.fault = lambda kind, platform, part: ""
        self.trouble = ""
        self.wake()
        with suppress(OfficeError):
            pause.resume(self.installation, self.actor(FIRST), "send")
        for _ in range(12):
            self.settle()
            self.clock.forward(700)
            self.check()
            if self.dispatcher.next_due() is None and not self.wall.late and not self._some_open():
                break
        self.settle()
        self.check()
        self._look_at_the_whole()

    def _some_open(self) -> bool:
        with self.installation.store.engine.connect() as connection:
            return connection.exec_driver_sql(_OPEN).first() is not None

    def _look_at_the_whole(self) -> None:
        visible = Counter(named(one) for one in self.wall.seen)
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            told = Counter(notice.facts.get("delivery") for notice in session.scalars(select(Notice)))
            contents = {one.id: one for one in session.scalars(select(Revision))}
            states: dict[int, list[str]] = {}
            fates: dict[int, list[str]] = {}
            for part in session.scalars(select(Part)):
                fates.setdefault(part.delivery_id, []).append(part.state)
            for row in session.scalars(select(Delivery)):
                states.setdefault(row.item_id, []).append(_reached(row.state, fates.get(row.id, [])))
                assert row.state not in ("sending", "waiting") or row.due_at > self.clock.at, (
                    f"never ended: {row.state}"
                )
                if row.state == "published" and row.id not in self.answered and row.item_id not in self.tampered:
                    parts = list(session.scalars(select(Part).where(Part.delivery_id == row.id)))
                    self._look_for(row, contents[row.revision_id], parts, visible)
                if (row.state, row.reason) == ("unknown", "ask") or row.state == "failed":
                    assert told[row.id], f"{row.state} in silence"
                if row.state == "held" and row.reason not in ("paused", "absent", "late"):
                    assert told[row.id], f"held ({row.reason}) in silence"
            for item in session.scalars(select(Item)):
                mine = states.get(item.id, [])
                if set(mine) - {"cancelled"}:
                    assert item.state == item_state(mine, item.state), (
                        f"the item says {item.state}, its deliveries {mine}"
                    )
                self._readers(item, mine, contents)
                self._apart(item, contents)
        with self.installation.store.engine.connect() as connection:
            assert not list(audit_log.broken(connection)), "the record's chain is broken"

    def _look_for(self, row: Delivery, revision: Revision, parts: list[Part], visible: Counter[Any]) -> None:
        said = spoken(parse(revision.content), row.channel_id).text_on(row.channel_id)
        people = [self.installation.vault.unseal(part.recipient).casefold() for part in parts if part.recipient]
        wanted = [(4, said, one) for one in people] or [(row.channel_id, piece, "") for piece in said.split(SPLIT)]
        assert all(visible[one] for one in wanted), "recorded as published, but nobody saw it: lost"

    def _readers(self, item: Item, states: list[str], contents: dict[int, Revision]) -> None:
        """The item's state says how many got it: all, none, or some."""
        none = item.state in ("scheduled", "held", "failed", "cancelled")
        assert not (none and {"published", "partly", "sending"} & set(states)), f"{item.state}, yet somebody has it"
        if item.state == "published":
            assert set(states) <= {"published", "cancelled"}, f"published, but {states}"
        if item.state == "partly_published":
            assert {"published", "partly"} & set(states), "partly published, but nobody has it"
        if none and not self.restores and item.id not in self.tampered and not self.answered:
            mine = contents[item.revision_id or 0].parsed()
            spoken_there = [(one.channel, spoken(mine, one.channel).text_on(one.channel)) for one in mine.channels]
            said = {(channel, text.split(SPLIT)[0]) for channel, text in spoken_there}
            assert not said & {(one.channel, one.text) for one in self.wall.seen}, f"{item.state}, yet it can be read"

    def _apart(self, item: Item, contents: dict[int, Revision]) -> None:
        mine = [parse(one.content).text.split(SPLIT)[0] for one in contents.values() if one.item_id == item.id]
        for one in self.wall.seen:
            if one.text in mine:
                assert (one.channel == 5) == (item.workspace_id == 2), "seen in another office's channel"

    # -- what people do ----------------------------------------------------------------------------

    def _try(self, name: str, deed: Callable[[], object]) -> bool:
        """Whether the office let them."""
        try:
            deed()
        except OfficeError:
            return False
        self.moves[name] += 1
        return True

    def _draft(
        self,
        item_place: int,
        channels: list[int],
        minutes: float,
        parts: int,
        picture: bool,
        embargo: float | None,
        latest: float | None,
        own: float | None = None,
    ) -> DraftIn:
        """``own``: minutes after the others at which the last of ``channels`` goes out."""
        self.words += 1
        said = SPLIT.join(f"Nummer {self.words}, del {n}" for n in range(parts))
        at = self.clock.at + timedelta(minutes=minutes)
        return DraftIn(
            text=said,
            title=f"Nummer {self.words}",
            channels=channels if own is None else [*channels[:-1], _at(channels[-1], at + timedelta(minutes=own))],
            publish_at=at.isoformat(),
            media=[PictureIn(id=1)] if picture and item_place == 1 else [],
            embargo=(at + timedelta(minutes=embargo)).isoformat() if embargo is not None else None,
            latest_at=(at + timedelta(minutes=latest)).isoformat() if latest is not None else None,
        )

    def create(
        self,
        place: int = 1,
        channels: tuple[int, ...] = (1,),
        minutes: float = 5,
        parts: int = 1,
        picture: bool = False,
        embargo: float | None = None,
        latest: float | None = None,
        own: float | None = None,
    ) -> None:
        """Write something and ask for approval, to be scheduled with the last yes."""
        allowed = [5] if place == 2 else [number for number in channels if number != 5]
        writer = self.actor(WRITER if place == 1 else OTHER_WRITER)
        draft = self._draft(place, allowed, minutes, parts, picture, embargo, latest, own)
        made: list[int] = []
        if self._try("create", lambda: made.append(editing.create(self.installation, writer, draft))):
            self.items += made
            self._try("submit", lambda: approve.submit(self.installation, writer, made[0], then_schedule=True))

    def _facts(self, item: int) -> tuple[str, int, Any]:
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            row = session.get(Item, item)
            assert row is not None
            revision = session.get(Revision, row.revision_id)
            assert revision is not None
            return revision.hash, row.workspace_id, row

    def edit(self, item: int, parts: int = 1, minutes: float = 5, only_time: bool = False) -> None:
        content_hash, place, row = self._facts(item)
        writer = self.actor(WRITER if place == 1 else OTHER_WRITER)
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            revision = session.get(Revision, row.revision_id)
            assert revision is not None
            old = revision.parsed()
        channels = [one.channel for one in old.channels]
        draft = self._draft(place, channels, minutes, parts, False, None, None)
        if only_time:
            draft.text, draft.title, draft.embargo = old.text, old.title, old.embargo or None
            draft.media = [PictureIn(id=1)] if old.pictures else []
        before = self._set_aside(item)
        if self._try("edit", lambda: editing.save(self.installation, writer, item, draft)):
            if self._facts(item)[0] != content_hash or self._set_aside(item) > before:
                self.yes.pop((item, content_hash), None)
            self._try("submit", lambda: approve.submit(self.installation, writer, item, then_schedule=True))

    def say_yes(self, item: int, person: int = FIRST) -> None:
        content_hash, place, row = self._facts(item)
        who = person if place == 1 else OTHER_APPROVER
        if self._try("approve", lambda: approve.approve(self.installation, self.actor(who), item, content_hash)):
            with self.installation.store.read(EVERY_WORKSPACE) as session:
                times = [row.publish_at, *session.scalars(_OWN.where(ChannelTime.item_id == item))]
            hours = (min(times) - timedelta(hours=6), max(times) + timedelta(hours=24))
            self.yes.setdefault((item, content_hash), {})[who] = hours

    def take_back(self, item: int, changes: bool = False) -> None:
        content_hash, place, _ = self._facts(item)
        who = self.actor(FIRST if place == 1 else OTHER_APPROVER)
        deed = (
            (lambda: approve.request_changes(self.installation, who, item, content_hash, "Skriv om det här."))
            if changes
            else (lambda: approve.withdraw(self.installation, who, item))
        )
        if self._try("take back", deed):
            self.yes.pop((item, content_hash), None)

    def submit(self, item: int) -> None:
        _, place, _ = self._facts(item)
        writer = self.actor(WRITER if place == 1 else OTHER_WRITER)
        self._try("submit", lambda: approve.submit(self.installation, writer, item, then_schedule=True))

    def move(self, item: int, minutes: float, ask_again: bool = False, alone: bool = False) -> None:
        """``alone``: the last of its channels, and not the others."""
        content_hash, place, row = self._facts(item)
        only = [int(number) for number in row.channels.split(",") if number][-1:] if alone else None
        writer = self.actor(WRITER if place == 1 else OTHER_WRITER)
        at = (self.clock.at + timedelta(minutes=minutes)).isoformat()
        before = self._set_aside(item)
        move = (self.installation, writer, item, at)
        if self._try(
            "move alone" if alone else "move", lambda: schedule.move(*move, ask_again=ask_again, channels=only)
        ) and (self._set_aside(item) > before):
            self.yes.pop((item, content_hash), None)

    def _set_aside(self, item: int) -> int:
        """How often the yes to an item has been set aside by asking anew."""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            mine = (Decision.item_id == item, Decision.verdict == "withdraw")
            return session.scalar(select(func.count(Decision.id)).where(*mine)) or 0

    def schedule(self, item: int, minutes: float | None = None) -> None:
        _, place, _ = self._facts(item)
        writer = self.actor(WRITER if place == 1 else OTHER_WRITER)
        at = None if minutes is None else (self.clock.at + timedelta(minutes=minutes)).isoformat()
        self._try("schedule", lambda: schedule.schedule(self.installation, writer, item, at))

    def cancel(self, item: int) -> None:
        _, place, _ = self._facts(item)
        writer = self.actor(WRITER if place == 1 else OTHER_WRITER)
        if self._try("cancel", lambda: schedule.cancel(self.installation, writer, item)):
            _, _, row = self._facts(item)
            if row.state == "cancelled":
                self.cancelled.add(item)
            self.stopped |= {(item, int(channel)) for channel in row.channels.split(",") if channel}

    def drop(self, which: int) -> None:
        """Somebody decides that it does not go out there, whatever it is doing just now."""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            live = Delivery.state.not_in(("published", "cancelled"))
            rows = list(session.scalars(select(Delivery).where(live).order_by(Delivery.id)))
        if rows:
            self._drop(rows[which % len(rows)])

    def _drop(self, row: Delivery) -> None:
        who = self.actor(FIRST if row.workspace_id == 1 else OTHER_APPROVER)
        if self._try("drop", lambda: resolve.drop(self.installation, who, row.id)):
            self.stopped.add((row.item_id, row.channel_id))

    def pause(self) -> None:
        self._try("pause", lambda: pause.pause(self.installation, self.actor(FIRST), "Olycka på torget."))

    def resume(self, missed: pause.Missed = "hold") -> None:
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            due = select(Delivery.id).where(
                Delivery.workspace_id == 1, Delivery.state == "waiting", Delivery.next_at <= self.clock.at
            )
            missing = set(session.scalars(due))
        if self._try("resume", lambda: pause.resume(self.installation, self.actor(FIRST), missed)) and missed == "hold":
            with self.installation.store.read(EVERY_WORKSPACE) as session:
                still = set(session.scalars(select(Delivery.id).where(Delivery.state == "waiting")))
            assert not missing & still, "what fell due during the pause goes out without being asked about"

    def decide(self, which: int) -> None:
        """A person deals with something that stopped: looks at the wall and answers, sends again, or lets it be."""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            wanted = Delivery.state.in_(("held", "failed", "unknown"))
            rows = list(session.scalars(select(Delivery).where(wanted).order_by(Delivery.id)))
            if not rows:
                return
            row = rows[which % len(rows)]
            parts = list(session.scalars(select(Part).where(Part.delivery_id == row.id, Part.state == "unknown")))
        who = self.actor(FIRST if row.workspace_id == 1 else OTHER_APPROVER)
        if row.state != "unknown" and which % 3:
            self._try("send", lambda: resolve.send(self.installation, who, row.id))
        elif row.state != "unknown":
            self._drop(row)
        elif row.reason == "ask":
            answers: dict[bool, list[int]] = {True: [], False: []}
            for part in parts:
                answers[self._is_seen(row, part)].append(part.number)
            out = bool(answers[True]) and (which % 2 == 0 or not answers[False])
            said: resolve.Answer = "published" if out else "not_published"
            if self._try("resolve", lambda: resolve.resolve(self.installation, who, row.id, said, parts=answers[out])):
                self.answered.add(row.id)

    def _is_seen(self, row: Delivery, part: Part) -> bool:
        """Whether somebody who looks at the channel, or asks the recipient, sees the part there."""
        with self.installation.store.read(EVERY_WORKSPACE) as session:
            revision = session.get(Revision, row.revision_id)
            assert revision is not None
            said = spoken(revision.parsed(), row.channel_id).text_on(row.channel_id)
        if not part.recipient:
            return said.split(SPLIT)[part.number] in {one.text for one in self.wall.on(row.channel_id)}
        whom = self.installation.vault.unseal(part.recipient).casefold()
        return any(one.text == said and one.recipient.casefold() == whom for one in self.wall.on(row.channel_id))

    def set_lanes(self, kind: str, lanes: int) -> None:
        """How many calls may be open at once on a channel of a kind."""
        self.platforms[f"sim-{kind}"].lanes = lanes  # type: ignore[misc]

    def set_group(self, kind: str, most: int) -> None:
        """How many recipients may go together on a channel of a kind."""
        self.platforms[f"sim-{kind}"].group = most  # type: ignore[misc]

    def set_list(self, people: tuple[str, ...]) -> None:
        """Somebody edits the press list."""
        sealed = lists.seal(self.installation, "\n".join(people))
        with self.installation.store.write(EVERY_WORKSPACE) as session:
            session.execute(update(Channel).where(Channel.id == 4).values(secrets=""))
            lists.keep(self.installation, session, 4, CHANNELS[3][1], sealed, "pasted")

    def leave(self, which: int, state: str = "unsubscribed") -> None:
        """Somebody on the press list wants no more mail, or can no longer be reached."""
        with self.installation.store.write(EVERY_WORKSPACE) as session:
            lists.leave(self.installation, session, 4, LIST[which % len(LIST)], state)

    def mend(self) -> None:
        """Somebody connects every channel again."""
        with self.installation.store.write(EVERY_WORKSPACE) as session:
            session.execute(update(Channel).values(state="ok", not_before=None))

    def tamper(self, item: int) -> None:
        """Somebody, or a bad disk, changes the stored words behind everybody's back."""
        with self.installation.store.write(EVERY_WORKSPACE) as session:
            row = session.get(Item, item)
            assert row is not None
            revision = session.get(Revision, row.revision_id)
            assert revision is not None
            revision.content = revision.content.replace(b"Nummer", b"Nunmer")
        self.tampered.add(item)

    def chores(self) -> None:
        chores.run(self.installation)
