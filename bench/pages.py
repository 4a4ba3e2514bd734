"""What a person waits for all day: SQL statements and milliseconds of processor time of the item page, the composer's
check and autosave, Today with forty items in review, and the approver's list.

``python -m bench.pages [--rounds 15] [--waiting 40] [--kept 2000] [--against REF]``

Each figure is a whole request: session, authoriser, page. ``kept`` is how many published items lie in the store, since
looking for duplicates must not cost more the longer an office has worked. *told again* is the question that an open
page asks every few seconds while nothing happens.

``--against REF`` measures the same of another commit in the same run: its tree is put into a folder of its own, and the
two processes take turns, a request each, so that a busy machine slows them alike. Trust the ratios.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from commsched.store.session import Store

ROOT: Final = Path(__file__).parents[1]
NOW: Final = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
PASSWORD: Final = "mätningens lösenord"
TEXT: Final = (
    "Fler turer på linje 14 från årsskiftet. Det innebär en buss var femtonde minut mellan Älvby och sjukhuset, "
    "även kvällar och helger. Läs mer: https://gruppen.example.org/linje14 #kollektivtrafik"
)
PLATFORMS: Final = ("mastodon", "x", "facebook", "newsroom")
PAGES: Final = (
    "item page",
    "item page, told again",
    "review page",
    "check",
    "autosave",
    "Today",
    "Today, told again",
    "approval list",
)


class Still:
    """A clock that stands, so that every page is of the same moment."""

    def now(self) -> datetime:
        return NOW


class Measure:
    """One office, served by the tree that this process has imported."""

    def __init__(self, home: Path, waiting: int, kept: int) -> None:
        from sqlalchemy import event

        from commsched.bootstrap import open_installation
        from commsched.services.accounts.sessions import sign_in
        from commsched.web.app import create_app

        self.installation = open_installation(home, clock=Still())
        self._furnish(waiting, kept)
        self.client = create_app(self.installation, testing=True).test_client()
        self.client.set_cookie("session", sign_in(self.installation, "w@example.org", PASSWORD))
        self.statements = 0
        event.listen(self.installation.store.engine, "before_cursor_execute", self._count)
        composer = self.client.get(f"/w/m/items/{self.draft}/edit").text
        self.form = dict(re.findall(r'name="(form_token|stamp)" value="([^"]*)"', composer))
        self.etags: dict[str, str] = {}
        self.typed = 0

    def _count(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        self.statements += not statement.startswith("BEGIN")

    def _furnish(self, waiting: int, kept: int) -> None:
        from commsched.core.content.draft import DraftIn
        from commsched.services.accounts import people
        from commsched.services.kernel.context import Actor
        from commsched.services.workflow import approve, editing

        office = self.installation
        place, boss = people.create_workspace(
            office, "Mätgruppen", "w@example.org", PASSWORD, person_name="Siv Ek", slug="m"
        )
        admin = Actor(boss.id, boss.name, place.id, "administrator")
        people.add_person(office, admin, "g@example.org", "approver", name="Gunnar Lind", password=PASSWORD)
        self.channels = _channels(office.store, place.id)
        _history(office.store, place.id, boss.id, self.channels, kept)
        numbers = []
        for number in range(waiting + 2):
            given = DraftIn(text=f"{number}: {TEXT}", channels=self.channels, publish_at="2026-11-27T07:30")
            numbers.append(editing.create(office, admin, given))
        for item in numbers[1:-1]:
            approve.submit(office, admin, item, then_schedule=True)
        self.draft, self.item = numbers[0], numbers[1]

    def ask(self, page: str) -> tuple[int, float]:
        """SQL statements and milliseconds of processor time of one request: what a busy machine changes least."""
        press = getattr(self, "_" + re.sub(r"\W+", "_", page.lower()))
        if page.endswith("told again"):
            press()  # what has happened since is told first, so that nothing has when it is asked for again
        self.statements, began = 0, time.thread_time()
        status = press()
        took = (time.thread_time() - began) * 1000
        assert status in (200, 304), (page, status)
        return self.statements, took

    def _get(self, path: str, etag: bool = False) -> int:
        headers = {"If-None-Match": self.etags[path]} if etag and path in self.etags else {}
        answer = self.client.get(f"/w/m{path}", headers=headers)
        if answer.headers.get("ETag"):
            self.etags[path] = answer.headers["ETag"]
        return answer.status_code

    def _post(self, path: str) -> int:
        self.typed += 1
        given = {
            "kind": "post",
            "text": f"{self.typed} ändringar. {TEXT}",
            "language": "sv",
            "channels": self.channels,
            "publish_day": "2026-11-27",
            "publish_time": "07:30",
            "item": str(self.draft),
            **self.form,
        }
        answer = self.client.post(f"/w/m{path}", data=given)
        said = answer.get_json() or {}
        if "stamp" in said:
            self.form["stamp"] = said["stamp"]
        return answer.status_code

    def _item_page(self) -> int:
        return self._get(f"/items/{self.item}")

    def _item_page_told_again(self) -> int:
        return self._get(f"/items/{self.item}/now", etag=True)

    def _review_page(self) -> int:
        return self._get(f"/items/{self.item}/review")

    def _check(self) -> int:
        return self._post("/write/check")

    def _autosave(self) -> int:
        return self._post(f"/items/{self.draft}/keep")

    def _today(self) -> int:
        return self._get("/")

    def _today_told_again(self) -> int:
        return self._get("/now", etag=True)

    def _approval_list(self) -> int:
        return self._get("/approve")


def _channels(store: Store, workspace: int) -> list[int]:
    from commsched.store.models import Channel

    with store.write(workspace) as session:
        rows = [
            Channel(platform=key, name=key.title(), account=key, account_name=key, created_at=NOW) for key in PLATFORMS
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def _history(store: Store, workspace: int, person: int, channels: list[int], kept: int) -> None:
    """``kept`` items that went out one a day before now."""
    from commsched.core.content.model import ChannelContent, Content, canonical, digest
    from commsched.core.text.length import fold
    from commsched.store.models import Item, Revision

    with store.write(workspace) as session:
        for number in range(kept):
            text = f"För {number} dagar sedan sade vi något annat. {TEXT} " + "Mer text. " * 100
            data = canonical(Content(text=text, channels=[ChannelContent(channel=one) for one in channels]))
            at = NOW - timedelta(days=number + 1)
            item = Item(
                uid=uuid.uuid4().hex,
                kind="post",
                title=text[:80],
                state="published",
                author_id=person,
                created_at=at,
                updated_at=at,
                publish_at=at,
                search=fold(text),
                channels="".join(f",{one}" for one in channels) + ",",
                version=1,
            )
            session.add(item)
            session.flush()
            revision = Revision(item_id=item.id, number=1, content=data, hash=digest(data), created_at=at)
            session.add(revision)
            session.flush()
            item.revision_id = revision.id


def serve(waiting: int, kept: int) -> None:
    """Answer the page named on each line with its figures, until the lines end."""
    with tempfile.TemporaryDirectory() as folder:
        office = Measure(Path(folder), waiting, kept)
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(office.ask(line.strip())), flush=True)


class Tree:
    """A process that has imported the tree at ``root`` and measures it."""

    def __init__(self, name: str, root: Path, waiting: int, kept: int) -> None:
        self.name = name
        command = (sys.executable, "-P", str(Path(__file__)), "--serve", "--waiting", str(waiting), "--kept", str(kept))
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
        self._line()
        self.figures: dict[str, list[tuple[int, float]]] = {page: [] for page in PAGES}

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name}: the process has ended.")
        return line

    def ask(self, page: str, keep: bool) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(page + "\n")
        self.process.stdin.flush()
        statements, took = json.loads(self._line())
        if keep:
            self.figures[page].append((statements, took))

    def of(self, page: str) -> tuple[int, float]:
        """The most statements, and the median of milliseconds."""
        return max(n for n, _took in self.figures[page]), statistics.median(took for _n, took in self.figures[page])

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


@contextmanager
def tree_of(ref: str) -> Iterator[Path]:
    """The project as it was at ``ref``, in a folder of its own."""
    held = subprocess.run(("git", "archive", ref), cwd=ROOT, check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(held)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def compare(trees: list[Tree], rounds: int) -> None:
    """Let the trees take turns, and print what each page cost them."""
    for round_ in range(-2, rounds):
        for page in PAGES:
            for tree in trees:
                tree.ask(page, keep=round_ >= 0)
    print(f"{'':24}" + "".join(f"{tree.name:>22}" for tree in trees) + ("   times faster" if len(trees) > 1 else ""))
    for page in PAGES:
        cells = [tree.of(page) for tree in trees]
        row = "".join(f"{statements:8} SQL {took:7.1f} ms" for statements, took in cells)
        print(f"{page:24}{row}" + (f"{cells[1][1] / cells[0][1]:15.1f}" if len(cells) > 1 else ""))


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--rounds", type=int, default=15)
    reader.add_argument("--waiting", type=int, default=40)
    reader.add_argument("--kept", type=int, default=2000)
    reader.add_argument("--against", default="")
    reader.add_argument("--serve", action="store_true")
    given = reader.parse_args()
    if given.serve:
        return serve(given.waiting, given.kept)
    with ExitStack() as open_now:
        trees = [Tree("here", ROOT, given.waiting, given.kept)]
        if given.against:
            root = open_now.enter_context(tree_of(given.against))
            trees.append(Tree(given.against, root, given.waiting, given.kept))
        for tree in trees:
            open_now.callback(tree.close)
        compare(trees, given.rounds)


if __name__ == "__main__":
    main()
