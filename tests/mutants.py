# ruff: noqa: E501
"""Take each guard away and see a test fail: ``python -m tests.mutants [name …]`` prints the table.

Every mutant is a change of text in a copy of the package; the tests named beside it run against the copy. A mutant
that survives means a guard that nothing would miss. Not part of the normal run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GATE, CONSIDER, SETTLE = "core/gate.py", "flow/deliver/consider.py", "flow/deliver/settle.py"
DELIVER, SAYS = "tests/flow/test_deliver.py", "tests/core/test_approval.py"
STOPS, RESTORES, COMMITS = (f"tests/flow/test_{name}.py" for name in ("stopping", "restored", "commit"))
COURIER, DOUBT, PARTS = "flow/deliver/courier.py", "flow/deliver/doubt.py", "core/parts.py"


@dataclass(frozen=True)
class Mutant:
    """One guard taken away: ``old`` becomes ``new`` in ``file``."""

    name: str
    file: str
    old: str
    new: str
    tests: str = DELIVER


MUTANTS = (
    Mutant("approval not asked for", GATE, "if clearing is None:", "if False:"),
    Mutant("approval of any hash", "core/approval.py", "if said.hash == content_hash]", "]"),
    Mutant("own words washed off by a comma", "core/authorship.py", "self.last | {author}", "frozenset({author})",
           "tests/core/test_authorship.py"),
    Mutant("own words approved alone", "flow/approve.py", "if not policy.own and", "if False and",
           "tests/flow/test_approve.py"),
    Mutant("one answer for every recipient", "flow/resolve.py", "if wanted is None:", "if True:"),
    Mutant("strangers lock the owner out", "flow/guesses.py", "    if known:", "    if False:", "tests/web/test_signin.py"),
    Mutant("many addresses guess without end", "flow/guesses.py", 'f"a:{account}", PER_ACCOUNT', 'f"a:{account}", 10**6',
           "tests/web/test_signin.py"),
    Mutant("withdrawal ignored", "core/approval.py", 'in ("changes", "withdraw")', 'in ("changes",)', SAYS),
    Mutant("decisions ordered by the clock", "core/approval.py",
           "mine = [said for said in decisions if said.hash == content_hash]",
           "mine = sorted((s for s in decisions if s.hash == content_hash), key=lambda s: s.at)", SAYS),
    Mutant("hash not recomputed", GATE, "case.content_hash != case.stored_hash", "False"),
    Mutant("an old revision goes out", GATE, "not case.newest or", ""),
    Mutant("time not looked at", GATE, "if now < earliest:", "if False:"),
    Mutant("embargo not looked at", GATE, "(case.due, case.embargo, case.not_before)", "(case.due, case.not_before)"),
    Mutant("latest time not looked at", GATE, "if now > case.latest:", "if False:"),
    Mutant("pause not looked at", GATE, "if case.paused:", "if False:"),
    Mutant("approved window not looked at", GATE, "if not inside(now, window(clearing)):", "if False:"),
    Mutant("dead channel not looked at", GATE, 'if case.channel_state != "ok":', "if False:"),
    Mutant("resting channel not looked at", GATE, "(case.due, case.embargo, case.not_before)", "(case.due, case.embargo)"),
    Mutant("addresses not compared", CONSIDER, "if (people or expected) and", "if False and"),
    Mutant("recipients by place, not address", CONSIDER, "if not known.recipient:", "if True:"),
    Mutant("pictures not compared", "flow/deliver/hands.py",
           "if hashlib.sha256(read).hexdigest() != picture.sha256:", "if False:"),
    Mutant("attempt not committed before the call", CONSIDER,
           "        self._commit_attempt(row, turn.number)", "        pass", DELIVER),
    Mutant("open-attempt index gone", "store/migrations/versions/0001_first.py", "unique=True,\n", "unique=False,\n"),
    Mutant("unknown is retried", "core/retry.py",
           'return Next("unknown", now + timedelta(seconds=settle), "verify", detail)\n        case Rejected(detail=detail, why="duplicate")',
           'return Next("waiting", now, "retry", detail)\n        case Rejected(detail=detail, why="duplicate")'),
    Mutant("a duplicate is called published", "core/retry.py",
           'case Rejected(detail=detail, why="duplicate"):\n            return Next("unknown", now + timedelta(seconds=settle), "verify", detail)',
           'case Rejected(detail=detail, why="duplicate"):\n            return Next("published", None, "", detail)', "tests/core/test_retry.py"),
    Mutant("absent is resent where it must not be", "core/retry.py", "if resend and now <= latest:", "if now <= latest:"),
    Mutant("settle time not waited for", "core/retry.py", "case Unknown(detail=detail):\n            return Next(\"unknown\", now + timedelta(seconds=settle)", "case Unknown(detail=detail):\n            return Next(\"unknown\", now"),
    Mutant("recovery skipped", "flow/deliver/recover.py", "if row.channel_id not in besides]", "if False]"),
    Mutant("recovery takes calls under way", "flow/deliver/recover.py", "if row.channel_id not in besides]", "]"),
    Mutant("resume past the latest time", "flow/pause.py", "if row.latest_at < office.now():", "if False:"),
    Mutant("resume sends what was missed", "flow/pause.py", "held = hold_missed(session, office)", "held = []"),
    Mutant("parts out of order", "core/parts.py", "        if not independent:\n            return None\n    return None",
           "    return None", "tests/core/test_parts.py"),
    Mutant("two calls on one channel", "flow/deliver/courier.py",
           "if (channel in self._busy and channel not in freed) or", "if", DELIVER),
    Mutant("more attempts than hands", "flow/deliver/courier.py", "room <= 0 and", "False and"),
    Mutant("late call after a sleep", "flow/deliver/hands.py", "if office.now() - call.since > STALE:", "if False:"),
    Mutant("late answer undoes a decision", SETTLE, "if self._overtaken(done, row, part):", "if False:"),
    Mutant("half a thread begun again", "flow/schedule.py",
           "if row.id in mine and row.channel_id not in settled:", "if row.id in mine - partly and row.channel_id not in settled:"),
    Mutant("half a thread edited", "flow/write.py", "or partly_out(session, item):", ":"),
    Mutant("an edit leaves the delivery waiting", "flow/items.py",
           '.values(state="cancelled", next_at=None, reason="changed")', '.values(reason="changed")',
           "tests/flow/test_invariants.py"),
    Mutant("a bad row stops everything", "flow/deliver/courier.py",
           "return self._one_by_one([*done, *jobs])", "raise"),
    Mutant("an answer lost when the disk is full", "flow/deliver/courier.py",
           "self._unrecorded = done + self._unrecorded", "pass"),
    Mutant("queries not narrowed to the workspace", "store/session.py",
           "if workspace == EVERY_WORKSPACE or state", "if True or state", "tests/api/test_rules.py tests/web/test_routes.py"),
    Mutant("stopped in silence", "flow/deliver/courier.py", "tell(self.office, connection, considerer.told)", "pass"),
    Mutant("a restore doubts only what was due", DOUBT, "Delivery.state.in_(OPEN))", "Delivery.state.in_(OPEN), Delivery.due_at <= Delivery.created_at)", RESTORES),
    Mutant("a restore forgets what was held", DOUBT, 'OPEN = ("waiting", "sending", "held", "failed", "unknown")', 'OPEN = ("waiting", "sending", "unknown")', RESTORES),
    Mutant("a restore looks back to now only", CONSIDER, "return min(from_micros(row.doubt_since), lost or self.now)", "return self.now", RESTORES),
    Mutant("a draft of the backup goes out unread", "flow/schedule.py", "    if item.doubt_since is not None:\n        _doubt(made", "    if False:\n        _doubt(made", RESTORES),
    Mutant("an earlier restore's doubt shortened", DOUBT, "doubt_since=min(earlier, since) if earlier else since", "doubt_since=since", RESTORES),
    Mutant("what proved absent is held for ever", PARTS, 'return Whole("waiting", due) if was == "waiting" else result', 'return Whole("held", None, "absent")', RESTORES),
    Mutant("what was held is sent after a restore", PARTS, 'if was in ("held", "failed"):', "if False:", RESTORES),
    Mutant("half a thread found and the rest sent", PARTS, 'if any(part.was == "out" for part in parts):', "if False:", RESTORES),
    Mutant("stop not looked at by the gate", GATE, "if case.stop:", "if False:", STOPS),
    Mutant("stop not looked at when the answer comes", SETTLE, "if row.stop and result.state not in", "if False and result.state not in", STOPS),
    Mutant("a drop is forgotten by a move", "flow/schedule.py", " | stopping.stopped_channels(session, item)", "", STOPS),
    Mutant("a drop outlives being chosen again", "flow/stopping.py", "if not any(number > since", "if True or not any(number > since", STOPS),
    Mutant("a stop does not reach what is under way", "flow/stopping.py", "        row.stop = row.stop or why\n", "", STOPS),
    Mutant("a move changes the keys", "flow/schedule.py", "if row.id in mine and row.channel_id not in settled:", "if row.id in mine & partly and row.channel_id not in settled:", STOPS),
    Mutant("a move after absent uploads anew", "flow/schedule.py", 'if row.reason != "absent":', "if True:", STOPS),
    Mutant("most of a list is called none of it", "store/outbox.py", '("held", "failed", "cancelled")', '("cancelled",)', STOPS),
    Mutant("other words take over what was void", "flow/write.py", "if not changed:  # the same", "if True:  # the same", STOPS),
    Mutant("an answer closes another's attempt", "flow/deliver/rows.py", "if _many(connection, _close_attempt, self.attempts) != len(self.attempts):", "_many(connection, _close_attempt, self.attempts)\n        if False:", COMMITS),
    Mutant("an answer is written down twice", COURIER, "if not doubtful:", "if True:", COMMITS),
    Mutant("a call though its commit failed", COURIER, 'self._mark(done, [call for call in calls if call.kind == "send"])\n            return []', "self._mark(done, calls)\n            return calls", COMMITS),
    Mutant("an attempt reported lost stays open", COURIER, "self._trouble(done + self._not_called(calls))", "self._trouble(done)", COMMITS),
    Mutant("an attempt broken off stays open", COURIER, "*self._not_called(calls), *jobs]", "*jobs]", COMMITS),
    Mutant("a proof from a lost lock thrown away", COURIER, 'elif end == "unknown" and isinstance(one.result, Published):', "elif False:", COMMITS),
    Mutant("a look counted twice", SETTLE, "or row.tries != done.call.row.tries", "", COMMITS),
    Mutant("an approval wakes nobody", "flow/approve.py", "    office.wake()\n", "", STOPS),
    Mutant("the record's chain not chained", "flow/record.py", "previous = hashed\n", "pass\n", "tests/flow/test_invariants.py"),
)  # fmt: skip


def main(names: list[str]) -> int:
    """Run the mutants whose names contain any of ``names``; returns how many survived."""
    wanted = [one for one in MUTANTS if not names or any(name in one.name for name in names)]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="commsched-mutant-") as folder:
        copy = _copy(Path(folder))
        for one in wanted:
            began = time.monotonic()
            killer = _run(copy, one)
            survived += not killer
            print(
                f"{'killed  ' if killer else 'SURVIVED'}  {one.name:42} {time.monotonic() - began:4.0f} s  {killer}",
                flush=True,
            )
    print(f"{len(wanted) - survived} of {len(wanted)} killed")
    return survived


def _copy(folder: Path) -> Path:
    for name in ("commsched", "tests", "templates", "bench"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _run(copy: Path, one: Mutant) -> str:
    """The name of the first test that fails, or nothing."""
    file = copy / "commsched" / one.file
    whole = file.read_text()
    if one.old not in whole:
        raise SystemExit(f"{one.name}: the text to take away is no longer in {one.file}")
    file.write_text(whole.replace(one.old, one.new))
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-n", "0", "-p", "no:cacheprovider", *one.tests.split()]
        env = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return "(it never came to an end)"
    finally:
        file.write_text(whole)
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].partition("::")[2].partition(" - ")[0] if failed else done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
