"""Take each guard away and see a test fail: ``python -m tests.mutants [name …]`` prints the table.

Every mutant is a change of text in a copy of the package; the tests named beside it run against the copy. A mutant
that survives means a guard that nothing would miss. Not part of the normal run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.thoroughness import LONG

ROOT = Path(__file__).resolve().parent.parent
GATE, CONSIDER, SETTLE = "core/delivery/gate.py", "services/deliver/admission.py", "services/deliver/outcomes.py"
DELIVER = " ".join(
    f"tests/services/deliver/test_{name}.py"
    for name in ("deliver", "dispatcher", "outcomes", "part_decisions", "quarantine", "recovery")
)
SAYS = "tests/core/approval/test_rules.py"
STOPS = "tests/services/workflow/test_stops.py"
RESTORES = "tests/services/ops/test_after_restore.py"
COMMITS = "tests/services/deliver/test_commit.py"
CUT_SHORT = "tests/cli/test_restore.py"
COURIER, DOUBT, PARTS = "services/deliver/dispatcher.py", "services/deliver/after_restore.py", "core/delivery/parts.py"
EYES = "tests/services/workflow/test_four_eyes.py -k "
KINDS = "tests/platforms/test_mastodon_kinds.py"
UNDO = "tests/services/review/test_undo.py"
FACTS, CHECKED = "services/review/fact_checks.py", "tests/services/review/test_fact_checks.py"
RELEASED = "tests/services/approval/test_release_reviews.py"
PROPOSALS, PROPOSED = "services/review/proposals.py", "tests/services/review/test_proposals.py"
REFERENCE = "tests/platforms/test_reference.py"
BLUESKY = "tests/platforms/test_bluesky.py"
FILMS = "tests/services/media/test_video_forms.py"
LINKEDIN = "tests/platforms/test_linkedin.py"
TELEGRAM, WEBHOOK = "tests/platforms/test_telegram.py", "tests/platforms/test_webhook.py"
CONTRACT = "tests/platforms/test_contract.py"
SIGNING_IN = "tests/services/channels/test_signing_in.py"


@dataclass(frozen=True)
class Mutant:
    """One guard taken away: ``old`` becomes ``new`` in ``file``."""

    name: str
    file: str
    old: str
    new: str
    tests: str = DELIVER


HEART, WATCH, APART = "tests/engine/test_heart.py", "tests/services/ops/test_watchdog.py", "tests/cli/test_apart.py"

PLAN, SCHEDULE = "core/timing/plan.py", "services/workflow/schedule.py"
TIMES = "tests/services/workflow/test_channel_times.py"
LEASES, LANES = "tests/services/deliver/test_leases.py", "tests/services/deliver/test_lanes.py"
WALK = "tests/services/deliver/test_invariants.py -k random_walk"
TWO = "tests/services/deliver/test_invariants.py -k two_dispatchers"

CONFIDED = "tests/web/test_confidential.py"
CONFIDED_ELSEWHERE = "tests/services/approval/test_confidential_elsewhere.py"
PUSHED = "tests/services/notices/test_push.py"

FETCHED, CONTAINERS = "services/public/fetched_media.py", "platforms/_meta/containers.py"
FETCHING, INSTAGRAM = "tests/web/public/test_fetched.py", "tests/platforms/test_instagram.py"

MUTANTS = (
    Mutant(
        "a signed address opens what nobody approved",
        FETCHED,
        "if attachment is not None and _is_cleared(",
        "if attachment is not None or _is_cleared(",
        FETCHING,
    ),
    Mutant("a signed address opens before the time", FETCHED, "Delivery.due_at <= now, ", "", FETCHING),
    Mutant("a signed address opens what was taken down", FETCHED, ", ~versions.down()", "", FETCHING),
    Mutant(
        "a signed address has no end",
        "core/installation/signed_addresses.py",
        "return grant if datetime.fromtimestamp(ends, UTC) > now else None",
        "return grant",
        FETCHING,
    ),
    Mutant(
        "anybody signs an address",
        "core/installation/signed_addresses.py",
        "if not hmac.compare_digest(said[3], _sign(key, grant, ends)):",
        "if False:",
        FETCHING,
    ),
    Mutant("a container is published unasked", CONTAINERS, 'if state != "FINISHED":', "if False:", INSTAGRAM),
    Mutant(
        "what was published is called absent",
        CONTAINERS,
        'case "FINISHED" | "ERROR" | "EXPIRED":',
        'case "FINISHED" | "ERROR" | "EXPIRED" | "PUBLISHED":',
        INSTAGRAM,
    ),
    Mutant(
        "a lost answer fails a post that is out",
        CONTAINERS,
        "        return Unknown(detail(error, context))",
        '        return Rejected(detail(error, context), "content")',
        INSTAGRAM,
    ),
    Mutant(
        "a checkpoint fails every post",
        "platforms/_meta/errors.py",
        "    if subcode in _CHECKPOINT:",
        "    if False:",
        "tests/platforms/test_facebook_more.py -k checkpoint",
    ),
    Mutant(
        "a confidential item's alt text is read in the library",
        "services/media/details.py",
        "    if confidants.is_closed(item):",
        "    if False:",
        CONFIDED_ELSEWHERE,
    ),
    Mutant(
        "an item that becomes confidential leaves its alt text in the library",
        "services/approval/confidential.py",
        "details.forget_alts(session, item.id)",
        "pass",
        CONFIDED_ELSEWHERE,
    ),
    Mutant(
        "a mail that is a file shows a confidential item of several",
        "services/mailing/unsent.py",
        "((some and notice.kind in OF_THE_OFFICE) or notice.detail in closed)",
        "(some and notice.kind in OF_THE_OFFICE)",
        CONFIDED_ELSEWHERE,
    ),
    Mutant(
        "another's mail of the week shows confidential items",
        "services/mailing/unsent.py",
        "((some and notice.kind in OF_THE_OFFICE) or notice.detail in closed)",
        "notice.detail in closed",
        CONFIDED_ELSEWHERE,
    ),
    Mutant(
        "a device names any address and is called there",
        "services/notices/push.py",
        'any(host == name or host.endswith(f".{name}") for name in SERVICES)',
        "True",
        PUSHED,
    ),
    Mutant(
        "a device names a host whose name ends like a push service's",
        "services/notices/push.py",
        'host.endswith(f".{name}")',
        "host.endswith(name)",
        PUSHED,
    ),
    Mutant(
        "a push service is called without TLS or at any port",
        "services/notices/push.py",
        """r"https://([A-Za-z0-9.-]+)(?::443)?(?:""",
        """r"https?://([A-Za-z0-9.-]+)(?::[0-9]+)?(?:""",
        PUSHED,
    ),
    Mutant(
        "a push service sends us on to another address",
        "services/notices/push.py",
        "allow_redirects=False",
        "allow_redirects=True",
        PUSHED,
    ),
    Mutant(
        "a notice is pushed twice",
        "services/notices/push.py",
        "marked.values(pushed_at=installation.now())",
        "marked.values(pushed_at=None)",
        PUSHED,
    ),
    Mutant(
        "a confidential item is shown to all",
        "store/sight.py",
        "options = [with_loader_criteria(Item, Item.id.not_in(hidden(reader)), include_aliases=True)]",
        "options = []",
        CONFIDED,
    ),
    Mutant(
        "what hangs on a confidential item is shown to all",
        "store/sight.py",
        "for each in _of_items():",
        "for each in ():",
        CONFIDED,
    ),
    Mutant(
        "the calendar's own statements show confidential items",
        "services/views/calendar.py",
        "statement = statement.where(_item.c.workspace_id == _workspace, seen(_item.c.id))",
        "statement = statement.where(_item.c.workspace_id == _workspace)",
        CONFIDED,
    ),
    Mutant(
        "mails about a confidential item go to all",
        "services/notices/outbox.py",
        "people = confidants.of_those(session, item, dict.fromkeys(person_ids))",
        "people = list(dict.fromkeys(person_ids))",
        CONFIDED_ELSEWHERE,
    ),
    Mutant(
        "the morning mail names confidential items",
        "services/notices/outbox.py",
        "with narrowed(session, workspace.id), as_seen_by(session, person.id):",
        "with narrowed(session, workspace.id):",
        CONFIDED_ELSEWHERE,
    ),
    Mutant(
        "anybody may approve a confidential item",
        "services/approval/roster.py",
        "return roster.only(confidants.named(session, item)) if confidants.is_closed(item) else roster",
        "return roster",
        CONFIDED,
    ),
    Mutant(
        "a pause that ends forgets what only others see",
        "services/workflow/pause.py",
        "with everything(session):  # also what only others may see",
        "if True:",
        CONFIDED,
    ),
    Mutant(
        "an administrator uses another's approval link",
        "services/mailing/unsent.py",
        "        if urlsplit(url).path.startswith(SECRET) and not own:",
        "        if False:",
        "tests/services/mailing/test_unsent.py",
    ),
    Mutant(
        "what left by a server that was taken away is called absent",
        "mail/live.py",
        "        if isinstance(filed, Absent) and self._ever:",
        "        if False:",
        "tests/services/mailing/test_server.py",
    ),
    Mutant(
        "a mail password follows to another server",
        "services/mailing/server.py",
        "    if row is None or (row.host, row.port, row.user) != (host, port, user):",
        "    if row is None:",
        "tests/services/mailing/test_server.py",
    ),
    Mutant(
        "a page points into the machine's own network",
        "platforms/_http/dial.py",
        "    if not all(is_public(str(address[4][0])) for address in addresses):",
        "    if False:",
        "tests/services/mailing/test_server.py",
    ),
    Mutant(
        "the administrator of one office sets the mail server of all",
        "services/mailing/server.py",
        '    return "" if everywhere and actor.role == "administrator" else _FORBIDDEN',
        '    return ""',
        "tests/services/mailing/test_server.py",
    ),
    Mutant(
        "a spent password link opens a session once more",
        "services/accounts/people.py",
        " or person.stamp != stamp or ",
        " or ",
        "tests/web/session/test_by_mail.py",
    ),
    Mutant(
        "a channel's own time is not looked at",
        PLAN,
        "        return self.own.get(channel, self.item)",
        "        return self.item",
        TIMES,
    ),
    Mutant(
        "a channel is not moved along with its item",
        "services/content/moving.py",
        "        own[channel] = _along(session, channel, own[channel], before, moment)",
        "        pass",
        TIMES,
    ),
    Mutant(
        "the distance to the item is kept in hours, not on the clock",
        PLAN,
        "    wall = _wall(after) + distance",
        "    wall = (after.at + (slot.at - before.at)).astimezone(zone).replace(tzinfo=None)",
        TIMES,
    ),
    Mutant(
        "an approval need cover one of the times only",
        SCHEDULE,
        "    return all(inside(slot.at, bounds) for slot in times.chosen(plan))",
        "    return any(inside(slot.at, bounds) for slot in times.chosen(plan))",
        TIMES,
    ),
    Mutant(
        "a yes that covers one of the times stays",
        "services/approval/rounds.py",
        "        and not all(inside(slot.at,",
        "        and not any(inside(slot.at,",
        TIMES,
    ),
    Mutant(
        "the window of a yes ends with the first time",
        "core/timing/wall_time.py",
        "(last or publish_at) + timedelta(hours=after_hours)",
        "publish_at + timedelta(hours=after_hours)",
        TIMES,
    ),
    Mutant(
        "an approval given beforehand outlives a no",
        "services/workflow/approve.py",
        "    beforehand.withdraw_all(installation, session, item, actor.person)\n",
        "",
        "tests/services/review/test_proposals.py",
    ),
    Mutant(
        "what waits goes out at a time that was taken away",
        "services/workflow/schedule.py",
        '    if item.publish_at is None and item.state == "scheduled":\n        _take_out(session, item)\n',
        "",
        "tests/services/workflow/test_no_time.py tests/services/workflow/test_undo.py",
    ),
    Mutant(
        "the form of a mention is nobody's words",
        "core/approval/authorship.py",
        '("text", "options", "mentions")',
        '("text", "options")',
        "tests/services/workflow/test_four_eyes.py",
    ),
    Mutant(
        "an undo forgets that the time has passed",
        "services/workflow/undo.py",
        "        schedule.refuse_passed(times.left(session, item, installation.now()), installation.now())\n",
        "",
        "tests/services/workflow/test_undo.py",
    ),
    Mutant(
        "an undo goes over what somebody has written since",
        "services/content/before.py",
        "    return earlier is not None and earlier.version == now.version and facts",
        "    return earlier is not None and facts",
        "tests/services/workflow/test_undo.py",
    ),
    Mutant(
        "an undo of a cancellation sends what was held",
        "services/workflow/undo.py",
        '        if was[row.id].state != "waiting":',
        "        if False:",
        "tests/services/workflow/test_undo.py",
    ),
    Mutant(
        "a channel moved alone starts what had stopped in the others",
        "services/workflow/_deliveries.py",
        "    untouched = {channel.channel for channel in content.channels} - set(slots)",
        "    untouched: set[int] = set()\n"
        "    slots = dict.fromkeys((channel.channel for channel in content.channels), *slots.values())",
        TIMES,
    ),
    Mutant(
        "a channel that is out can be moved alone",
        "services/content/times.py",
        "    return goes_to(item) - fixed",
        "    return goes_to(item)",
        TIMES,
    ),
    Mutant(
        "approved although it is too late for one channel",
        "services/workflow/approve.py",
        "    if any(slot.latest < now for slot in times.chosen(times.left(session, item, now))):",
        "    if all(slot.latest < now for slot in times.chosen(times.left(session, item, now))):",
        TIMES,
    ),
    Mutant(
        "a channel's own time may have passed when it is sent in",
        "services/content/check.py",
        """    return [block("publish_at", PASSED)] if passed(at, now) else []""",
        "    return []",
        TIMES,
    ),
    Mutant(
        "what has changed since it was told is done all the same",
        "services/planning/several.py",
        "    if now.code != code:",
        "    if False:",
        "tests/services/planning/test_several.py",
    ),
    Mutant(
        "a link to the plan that was ended leads on",
        "services/planning/plan_links.py",
        "wanted = (PlanLink.token_hash == token_hash(token), PlanLink.revoked_at.is_(None))",
        "wanted = (PlanLink.token_hash == token_hash(token),)",
        "tests/web/calendar/test_plan.py",
    ),
    Mutant(
        "the plan tells strangers what drafts are called",
        "web/calendar/plan.py",
        "    if row[2] in UNTOLD and not shows_drafts:",
        "    if False:",
        "tests/web/calendar/test_plan.py",
    ),
    Mutant(
        "the mail of the week comes twice",
        "services/notices/week.py",
        "    return wanted - _told_since(session, wanted, midnight)",
        "    return wanted",
        "tests/services/notices/test_week.py",
    ),
    Mutant(
        "a chip of one channel moves the item",
        "web/calendar/moving.py",
        'alone = form.flag("ask_again"), _alone() or None',
        'alone = form.flag("ask_again"), None',
        "tests/web/calendar/test_channel_times.py",
    ),
    Mutant(
        "a chip is shown in the state of the whole item",
        "services/views/calendar_rows.py",
        '    if not known or shown == "cancelled":',
        "    if True:",
        "tests/web/calendar/test_channel_times.py",
    ),
    Mutant(
        "another's lease is not looked at",
        "services/deliver/claims.py",
        "        if holder != owner and until > at:",
        "        if False:",
        LEASES,
    ),
    Mutant(
        "a call under way is forgotten with an old answer",
        COURIER,
        "                self._mark((), calls)",
        "                pass",
        COMMITS,
    ),
    Mutant(
        "an attempt needs no lease",
        CONSIDER,
        "        if job.channel not in self.held:",
        "        if False:",
        LEASES,
    ),
    Mutant(
        "recovery takes a live owner's attempts",
        "services/deliver/recovery.py",
        "return self.alone or not live",
        "return True",
        TWO,
    ),
    Mutant(
        "a lapsed owner's open attempt is left in the way",
        "services/deliver/recovery.py",
        "return self.alone or not live",
        "return self.alone",
        LEASES,
    ),
    Mutant(
        "leases are not renewed while calls are under way",
        COURIER,
        "                claims.renew(connection, self.busy, self.owner, now)",
        "                pass",
        LEASES,
    ),
    Mutant(
        "a lease that has lapsed is taken back",
        "services/deliver/claims.py",
        "Lease.owner == owner, Lease.until > now)",
        "Lease.owner == owner)",
        LEASES,
    ),
    Mutant(
        "what another prepared is written over",
        SETTLE,
        'if answer.call.kind == "send" or answer.call.job.channel in held]',
        "if True]",
        LEASES,
    ),
    Mutant(
        "another thread vouches for the courier",
        "engine/pulse.py",
        "ago = self._steady() - self._at",
        "ago = 0.0",
        HEART,
    ),
    Mutant(
        "a courier that stumbles is not told", "engine/pulse.py", "if self._stumbles >= STUMBLES:", "if False:", HEART
    ),
    Mutant("a refused transaction is a turn", "engine/embedded.py", "and not dispatcher.refused:", ":", HEART),
    Mutant(
        "a beat in the future counts",
        "services/kernel/heartbeats.py",
        "-AHEAD < now - beat < STALE",
        "now - beat < STALE",
        WATCH,
    ),
    Mutant(
        "what waits past its time is not looked for",
        "services/kernel/overdue.py",
        "            Delivery.next_at <= now - PAST,",
        "            Delivery.next_at <= now - PAST,\n            Delivery.id < 0,",
        WATCH,
    ),
    Mutant(
        "a call that hangs is not looked for",
        "services/kernel/overdue.py",
        '(Attempt.outcome == "")',
        '(Attempt.outcome == "no")',
        WATCH,
    ),
    Mutant(
        "trouble is mailed at every look",
        "services/ops/watchdog.py",
        "return bool(reported) != bool(code)",
        "return True",
        WATCH,
    ),
    Mutant(
        "a jumped clock is believed",
        "engine/embedded.py",
        "if not self.installation.skew.agrees(self.installation.now()):",
        "if False:",
        HEART,
    ),
    Mutant("one server is enough to believe", "core/timing/skew.py", "return right >= HOSTS and", "return", HEART),
    Mutant(
        "a leap lists what it left out",
        "engine/clock.py",
        "return now + self.pause",
        "return (previous_fire_time or now) + self.pause",
        HEART,
    ),
    Mutant(
        "after a leap back nothing is done",
        "engine/embedded.py",
        "                self._clock.leapt()",
        "                pass",
        HEART,
    ),
    Mutant(
        "wakes for what is left alone",
        "services/deliver/dispatcher.py",
        "claims.next_due(connection, self._poison, self._stuck)",
        "claims.next_due(connection)",
        HEART,
    ),
    Mutant("looks without drawing breath", "engine/embedded.py", "due = now + BREATH", "pass", HEART),
    Mutant(
        "the lock is given back while a chore is at work",
        "engine/clock.py",
        "shutdown(wait=True)",
        "shutdown(wait=False)",
        "tests/engine/test_embedded.py",
    ),
    Mutant(
        "an orphan publishes on",
        "engine/process.py",
        "        _end_with_parent(parent, stopping.set)",
        "        pass",
        APART,
    ),
    Mutant(
        "a dead engine stays dead",
        "engine/process.py",
        "            while not self._begin():",
        "            while False:",
        APART,
    ),
    Mutant(
        "a page of something new makes two items",
        "services/workflow/idempotency.py",
        "        if row is None:",
        "        if True:",
        "tests/web/composer/test_new_items.py",
    ),
    Mutant(
        "an old saving goes over a press",
        "services/workflow/idempotency.py",
        'if by_itself and (row.body["pressed"] or',
        "if by_itself and (False or",
        "tests/web/composer/test_new_items.py",
    ),
    Mutant("approval not asked for", GATE, "if clearing is None:", "if False:"),
    Mutant(
        "approval of any hash",
        "core/approval/rules.py",
        "about = [said for said in decisions if said.hash == content_hash]",
        "about = list(decisions)",
    ),
    Mutant(
        "own words washed off by a comma",
        "core/approval/authorship.py",
        "self.last | {author}",
        "frozenset({author})",
        "tests/core/approval/test_authorship.py",
    ),
    Mutant(
        "own words approved as a deputy",
        "services/approval/approvers.py",
        "if person in case.own:",
        "if False:",
        f"{EYES}who_wrote_it",
    ),
    Mutant(
        "own words approved by a deputy",
        "services/approval/approvers.py",
        "(name in case.own and not (despite_own and name == person))",
        "False",
        f"{EYES}own_words",
    ),
    Mutant(
        "a demoted principal's deputy counts",
        "services/approval/approvers.py",
        "if name not in able or",
        "if",
        f"{EYES}whose_role",
    ),
    Mutant("one human in two places", "core/approval/rules.py", "if yes.human in humans:", "if False:", SAYS),
    Mutant(
        "a second yes of the same human",
        "core/approval/rules.py",
        "any(said.human == approval.human for said in approvals)",
        "False",
        SAYS,
    ),
    Mutant(
        "a deputy's yes is not the deputy's",
        "services/approval/clearance.py",
        "by=row.person_id,",
        "",
        f"{EYES}as_a_deputy_and_again",
    ),
    Mutant(
        "a yes is asked for twice",
        "services/approval/approvers.py",
        "if any(yes.human == person for yes in yeses(standing(case.said, case.hash))):",
        "if False:",
        f"{EYES}who_has_said_yes",
    ),
    Mutant("a lapsed yes counts", "core/approval/rules.py", "yes.human != said.human]", "True]", SAYS),
    Mutant(
        "a move leaves yeses that do not cover it",
        "services/workflow/schedule.py",
        "outgrown = rounds.lapse(installation, session, actor, item, revision)",
        "outgrown = False",
        f"{EYES}half_approved",
    ),
    Mutant(
        "what is accepted is still its writer's",
        "core/approval/authorship.py",
        "for field in hands.values():",
        "for field in ():",
        "tests/core/approval/test_authorship.py",
    ),
    Mutant(
        "one accepts one's own words",
        "services/approval/approvers.py",
        "if stopped - {person}}",
        "if stopped}",
        "tests/web/items/test_accepting.py",
    ),
    Mutant(
        "another version is accepted",
        "services/workflow/approve.py",
        "    if revision.hash != content_hash:\n        raise items.Changed(revision)\n    if actor",
        "    if actor",
        f"{EYES}accepting_another",
    ),
    Mutant(
        "words of the library are nobody's",
        "core/approval/authorship.py",
        "self.last | {author} | lent",
        "self.last | {author}",
        "tests/core/approval/test_authorship.py",
    ),
    Mutant(
        "who wrote in the library is forgotten",
        "store/content.py",
        "self.alt, self.alt_by, self.alt_item = alt, person, None",
        "self.alt = alt",
        f"{EYES}words_written",
    ),
    Mutant(
        "a card is cut where it has a drawing in that size",
        "services/media/renditions.py",
        "blob_of(installation, _drawn_so(installation, actor, wish)).read()",
        "blob_of(installation, row).read()",
        "tests/services/media/test_card_sizes.py",
    ),
    Mutant(
        "another post writes over a picture's alt text",
        "services/media/details.py",
        'or_(Media.alt == "", Media.alt_item == item.id)',
        "or_(True)",
        "tests/services/media/test_alt_texts.py",
    ),
    Mutant(
        "a no is decided by another when its time passes",
        "services/ops/chores.py",
        'late = (Item.state == "in_review", planned_between(',
        'late = (Item.state.in_(("in_review", "changes_requested")), planned_between(',
        f"{EYES}a_no_stands",
    ),
    Mutant(
        "a held no is decided by another",
        "services/workflow/approve.py",
        "and item.submitted_at)",
        "and True)",
        f"{EYES}a_no_from_before",
    ),
    Mutant(
        "a link is spent by whoever has seen it open",
        "services/workflow/approval_links.py",
        "rowcount != 1:",
        "rowcount > 1:",
        f"{EYES}spent_in_the",
    ),
    Mutant(
        "an older link stays alive",
        "services/workflow/approval_links.py",
        "if link.replaced_at is not None:",
        "if False:",
        "tests/services/workflow/test_approve.py",
    ),
    Mutant(
        "as soon as it is approved goes out at the first of two yeses",
        "services/workflow/approve.py",
        '    if not done:\n        item.state = "in_review"',
        '    if not done and not item.when_approved:\n        item.state = "in_review"',
        "tests/services/workflow/test_when_approved.py",
    ),
    Mutant(
        "as soon as it is approved forgets its latest time",
        "services/workflow/approve.py",
        "if item.when_approved and item.latest_at is not None and item.latest_at < now:",
        "if False:",
        "tests/services/workflow/test_when_approved.py",
    ),
    Mutant(
        "as soon as it is approved does not wait for the embargo",
        "services/content/embargo_times.py",
        "    if end is None or end <= now:\n        return Plan(_soon(now",
        "    if True:\n        return Plan(_soon(now",
        "tests/services/workflow/test_when_approved.py",
    ),
    Mutant(
        "a change leaves the time of what was approved",
        "services/content/items.py",
        "    if item.when_approved:\n        item.publish_at",
        "    if False:\n        item.publish_at",
        "tests/services/workflow/test_when_approved.py",
    ),
    Mutant(
        "it is approved though its time has passed",
        "services/workflow/approve.py",
        "if any(slot.latest < now for slot in times.chosen(times.left(session, item, now))):",
        "if False:",
        "tests/services/workflow/test_schedule.py",
    ),
    Mutant(
        "what nobody can approve is sent in",
        "services/approval/rounds.py",
        "if approvers.turn(installation, session, item, revision).stuck:",
        "if False:",
        f"{EYES}what_nobody_could",
    ),
    Mutant(
        "somebody leaves and nobody is left",
        "services/staff/succession.py",
        "if new.stuck and not old.stuck and refuse:",
        "if False:",
        f"{EYES}nobody_leaves_while",
    ),
    Mutant(
        "who is gone is waited for",
        "services/staff/succession.py",
        "rounds.go_on(session, item, revision)",
        "pass",
        f"{EYES}what_waited",
    ),
    Mutant("one answer for every recipient", "services/workflow/resolve.py", "if wanted is None:", "if True:"),
    Mutant(
        "strangers lock the owner out",
        "services/accounts/login_throttle.py",
        "    if known:",
        "    if False:",
        "tests/web/session/test_signin.py",
    ),
    Mutant(
        "strangers at one address shut a known device out",
        "services/accounts/login_throttle.py",
        'f"d:{account}:{_short(known)}", PER_PLACE)]',
        'f"d:{account}:{_short(known)}", PER_PLACE), *_everywhere(address)]',
        "tests/web/session/test_signin.py",
    ),
    Mutant(
        "large networks guess without end",
        "services/accounts/login_throttle.py",
        'if ":" in network(address):',
        "if False:",
        "tests/web/session/test_signin.py",
    ),
    Mutant(
        "large bodies from nobody", "web/server.py", "and not self.is_known()", "and False", "tests/web/test_server.py"
    ),
    Mutant(
        "connections without number",
        "web/server.py",
        "_from(mine, server) > self.most",
        "False",
        "tests/web/test_server.py",
    ),
    Mutant(
        "heads that drip for ever",
        "web/server.py",
        "now - self._began > self.patience",
        "False",
        "tests/web/test_server.py",
    ),
    Mutant(
        "bodies that drip for ever",
        "web/server.py",
        "took > self.patience + received / self.rate",
        "False",
        "tests/web/test_server.py",
    ),
    Mutant(
        "bodies that stand still",
        "web/server.py",
        "            channel.close_if_late()",
        "            pass",
        "tests/web/test_server.py",
    ),
    Mutant(
        "text that turns what stands after it",
        "core/text/clean.py",
        "elif _DIRECTED.match(sign):",
        "elif False:",
        "tests/core/text/test_clean.py",
    ),
    Mutant(
        "every port behind the proxy",
        "platforms/_http/connections.py",
        "self._tunnel_port not in call.ports",
        "False",
        "tests/platforms/test_network.py",
    ),
    Mutant(
        "an address that opens something in the log",
        "web/http/errors.py",
        "request.url_rule.rule if",
        "request.path if",
        "tests/web/http/test_logs.py",
    ),
    Mutant(
        "what was asked in the error",
        "store/session.py",
        "hide_parameters=True",
        "hide_parameters=False",
        "tests/web/http/test_logs.py",
    ),
    Mutant(
        "the home open to the machine", "cli/main.py", "os.umask(0o077)", "os.umask(0o022)", "tests/cli/test_custody.py"
    ),
    Mutant(
        "bad settings believed",
        "core/installation/settings.py",
        "    if problems:\n",
        "    if False:\n",
        "tests/core/installation/test_settings.py",
    ),
    Mutant(
        "a file put in another's place unnoticed",
        "services/deliver/types.py",
        "if self.file.blobs.stamp(stream) != self.stamp:",
        "if False:",
        "tests/services/kernel/test_blobs.py",
    ),
    Mutant(
        "bytes stored under another hash",
        "services/kernel/blobs.py",
        "if sha256 and digest != sha256:",
        "if False:",
        "tests/services/kernel/test_blobs.py",
    ),
    Mutant(
        "a video left out in silence",
        "services/content/check.py",
        "*unready.values(), *check_attached(attached, limits, platform.name)]",
        "*unready.values()]",
        "tests/services/content/test_attachments.py",
    ),
    Mutant(
        "a video deleted from under its item",
        "services/media/videos.py",
        ".limit(1)) is not None:",
        ".limit(1)) is False:",
        "tests/services/content/test_attachments.py",
    ),
    Mutant(
        "old pictures hashed anew",
        "core/content/model.py",
        ', name="pictures")',
        ")",
        "tests/core/content/test_attachments.py",
    ),
    Mutant(
        "wall times never compared",
        "services/notices/shifted_times.py",
        '    return "" if shows == meant else shows\n',
        '    return ""\n',
        "tests/web/desk/test_wall_times.py",
    ),
    Mutant(
        "another zone is not told of",
        "services/accounts/office_settings.py",
        'if "zone" in changed:',
        "if False:",
        "tests/web/desk/test_wall_times.py",
    ),
    Mutant(
        "many addresses guess without end",
        "services/accounts/login_throttle.py",
        'f"a:{account}", PER_ACCOUNT',
        'f"a:{account}", 10**6',
        "tests/web/session/test_signin.py",
    ),
    Mutant(
        "a decoder may open files",
        "images/intake/confinement.py",
        'for number in way["plain"]:',
        'for number in (*way["plain"], 2, 257):',
        "tests/images/intake/test_confinement.py",
    ),
    Mutant(
        "no filter of system calls",
        "images/intake/confinement.py",
        "_seccomp(threads) if seccomp else False",
        "False",
        "tests/images/intake/test_confinement.py",
    ),
    Mutant(
        "no wall around files",
        "images/intake/confinement.py",
        "version = _landlock() if landlock else 0",
        "version = 0",
        "tests/images/intake/test_confinement.py",
    ),
    Mutant(
        "the server lies open", "cli/run.py", "    undumpable()", "    pass", "tests/images/intake/test_confinement.py"
    ),
    Mutant(
        "scans of a JPEG not counted",
        "images/intake/sanitize.py",
        "if number > jpeg.MAX_SCANS:",
        "if False:",
        "tests/images/intake/test_intake.py",
    ),
    Mutant(
        "a file that took too long is read again",
        "images/intake/pool.py",
        "if ended == 0 and not late:",
        "if not late:",
        "tests/images/intake/test_intake.py",
    ),
    Mutant(
        "one office takes every place",
        "images/intake/pool.py",
        "and not (owner and owner in self._at_work)",
        "",
        "tests/images/intake/test_intake.py",
    ),
    Mutant(
        "uploaded fonts opened in the server",
        "images/cards/card.py",
        "if confined.needed(brand) and not fonts.held():",
        "if False:",
        "tests/images/text/test_fonts.py",
    ),
    Mutant(
        "half a JPEG is whole",
        "images/intake/jpeg.py",
        'if _light(data + _END) == _light(data + b"\\x55" * 512 + _END) else data',
        "",
        "tests/images/intake/test_intake.py",
    ),
    Mutant(
        "a line turns by its first word",
        "images/text/line_breaking.py",
        "runs.marked(_text(ruler.parts, start, end), rtl)",
        "_text(ruler.parts, start, end)",
        "tests/images/text/test_text.py",
    ),
    Mutant(
        "a logo on nothing stands for a link",
        "images/intake/derive.py",
        "if opaque and picture.mode",
        "if False and picture.mode",
        "tests/web/public/test_opengraph.py",
    ),
    Mutant("withdrawal ignored", "core/approval/rules.py", 'in ("changes", "withdraw")', 'in ("changes",)', SAYS),
    Mutant(
        "decisions ordered by the clock",
        "core/approval/rules.py",
        "about = [said for said in decisions if",
        "about = [said for said in sorted(decisions, key=lambda one: one.at) if",
        SAYS,
    ),
    Mutant(
        "an undo takes anybody's decision back",
        "core/approval/rules.py",
        "other.human == said.human and other.verdict",
        "other.verdict",
        SAYS,
    ),
    Mutant(
        "an undo takes two decisions back",
        "core/approval/rules.py",
        "            if own and earlier not in places:\n                places.add(earlier)\n                break\n",
        "            if own and earlier not in places:\n                places.add(earlier)\n",
        SAYS,
    ),
    Mutant(
        "a decision undone though it has gone out",
        "services/review/undo.py",
        "if session.scalar(out.limit(1)) is not None or partly_out(session, item):",
        "if False:",
        UNDO,
    ),
    Mutant(
        "a fact answered twice",
        FACTS,
        '            FactCheck.verdict == "",\n',
        "",
        CHECKED,
    ),
    Mutant(
        "a link about a fact that lives for ever",
        FACTS,
        "(not row.verdict and row.expires_at <= installation.now())",
        "False",
        CHECKED,
    ),
    Mutant(
        "a question taken back that goes on",
        FACTS,
        "row is None or row.revoked_at is not None or",
        "row is None or",
        CHECKED,
    ),
    Mutant("questions without an end", FACTS, "if here >= MOST_OPEN or lately >= MOST_A_DAY:", "if False:", CHECKED),
    Mutant(
        "an emergency release without its task",
        "services/workflow/approve.py",
        "        release_reviews.open_task(installation, session, item, release)\n",
        "",
        RELEASED,
    ),
    Mutant(
        "one's own emergency release looked at",
        "services/approval/release_reviews.py",
        "if actor.person is None or task.released_by == actor.person:",
        "if actor.person is None:",
        RELEASED,
    ),
    Mutant(
        "one's own proposal taken",
        PROPOSALS,
        "if actor.person is None or row.person_id == actor.person:",
        "if actor.person is None:",
        PROPOSED,
    ),
    Mutant(
        "a proposal about another version taken",
        PROPOSALS,
        "if row.answer or row.base_hash != revision.hash:",
        "if row.answer:",
        PROPOSED,
    ),
    Mutant(
        "a proposal taken twice",
        PROPOSALS,
        "if row.answer or row.base_hash != revision.hash:",
        "if row.base_hash != revision.hash:",
        PROPOSED,
    ),
    Mutant(
        "other words taken than were proposed",
        PROPOSALS,
        "    if revision.hash != row.hash:\n",
        "    if False:\n",
        PROPOSED,
    ),
    Mutant(
        "an approval beforehand without its window",
        PROPOSALS,
        "or not _covers(installation, session, item, row)",
        "",
        PROPOSED,
    ),
    Mutant(
        "an approval beforehand that is not narrowed",
        PROPOSALS,
        "    decision.window_end = min(filter",
        "    _ = min(filter",
        PROPOSED,
    ),
    Mutant(
        "an approval beforehand of whoever has left",
        PROPOSALS,
        "not person.active or role is None or not may(role",
        "role is None or not may(role",
        PROPOSED,
    ),
    Mutant(
        "an approval beforehand of whoever may no longer approve",
        PROPOSALS,
        'role is None or not may(role, "approve")',
        "role is None",
        PROPOSED,
    ),
    Mutant(
        "an approval beforehand that nobody gave",
        PROPOSALS,
        "if row.approves and item.state",
        "if item.state",
        PROPOSED,
    ),
    Mutant(
        "another's decision undone",
        "services/review/undo.py",
        "if decision.person_id != person or",
        "if",
        UNDO,
    ),
    Mutant(
        "a decision undone though something was decided since",
        "services/review/undo.py",
        "if last != decision.id or decision.hash != revision.hash or item.state not in states:",
        "if False:",
        UNDO,
    ),
    Mutant("hash not recomputed", GATE, "case.content_hash != case.stored_hash", "False"),
    Mutant("an old revision goes out", GATE, "not case.newest or", ""),
    Mutant("time not looked at", GATE, "if now < earliest:", "if False:"),
    Mutant("embargo not looked at", GATE, "(case.due, embargo, case.not_before)", "(case.due, case.not_before)"),
    Mutant(
        "a public channel carries what is under embargo", GATE, "None if case.carries_embargo else", "None if True else"
    ),
    Mutant(
        "whether a channel may carry it is not asked",
        CONSIDER,
        "bool(content.embargo) and self._carries_embargo(row)",
        "True",
        "tests/services/deliver/test_embargo.py",
    ),
    Mutant(
        "a person's no to an embargo is not heard",
        "core/platform/contract.py",
        "return self.under_embargo and str(",
        "return self.under_embargo or str(",
        "tests/services/deliver/test_embargo.py",
    ),
    Mutant(
        "a mail tells of an embargo that has passed",
        "core/timing/embargo.py",
        "if end is None or end <= now:",
        "if end is None:",
        "tests/platforms/test_presslist.py",
    ),
    Mutant(
        "an ended secret address still leads there",
        "services/content/preview_addresses.py",
        "wanted = (PreviewAddress.token_hash == token_hash(token), PreviewAddress.revoked_at.is_(None))",
        "wanted = (PreviewAddress.token_hash == token_hash(token),)",
        "tests/web/public/test_embargoed.py",
    ),
    Mutant(
        "a secret address shows what nobody approved",
        "services/public/embargoed.py",
        "if clearance(session, item, r.hash)), None)",
        "if True), None)",
        "tests/web/public/test_embargoed.py",
    ),
    Mutant(
        "a secret address outlives the stop",
        "services/public/embargoed.py",
        "or _is_stopped(session, item) or",
        "or",
        "tests/web/public/test_embargoed.py",
    ),
    Mutant(
        "a later embargo is told to nobody",
        "services/workflow/embargoes.py",
        "and moment.at > before and not confirmed:",
        "and False:",
        "tests/services/workflow/test_embargoes.py",
    ),
    Mutant(
        "a restore brings an ended secret address back",
        "services/ops/carried.py",
        "for hashed in held.previews)",
        "for hashed in ())",
        "tests/cli/test_restore.py",
    ),
    Mutant(
        "a public time before the embargo is taken",
        "services/content/embargo_times.py",
        "    if before - (carriers_of(installation, session, content) if before else set()):",
        "    if False:",
        "tests/services/deliver/test_embargo.py tests/web/public/test_embargoed.py",
    ),
    Mutant("latest time not looked at", GATE, "if now > case.latest:", "if False:"),
    Mutant("pause not looked at", GATE, "if case.stop or case.paused:", "if case.stop:"),
    Mutant("approved window not looked at", GATE, "if not inside(now, window(clearing)):", "if False:"),
    Mutant("dead channel not looked at", GATE, 'if case.channel_state != "ok":', "if False:"),
    Mutant(
        "a time that has passed",
        "core/timing/wall_time.py",
        "return at < now - GRACE",
        "return False",
        "tests/services/workflow/test_past.py",
    ),
    Mutant(
        "a list without a mail server",
        GATE,
        "if case.superseded or case.mute:",
        "if case.superseded:",
        "tests/services/notices/test_mail_off.py",
    ),
    Mutant("resting channel not looked at", GATE, "(case.due, embargo, case.not_before)", "(case.due, embargo)"),
    Mutant("addresses not compared", CONSIDER, "if people != content.on(channel).recipients:", "if False:"),
    Mutant(
        "recipients by place, not address",
        CONSIDER,
        "address = self.installation.vault.unseal(known.recipient)",
        "address = self.installation.vault.unseal(self.recipients.known(row.id, 0)[0].recipient)",
        "tests/services/deliver/test_recipients.py",
    ),
    Mutant(
        "who has left the list is written to",
        "services/deliver/recipients.py",
        "        if not wanted:",
        "        if True:",
        "tests/services/deliver/test_recipients.py",
    ),
    Mutant(
        "frozen from a list that was not approved",
        "services/deliver/recipients.py",
        "if lists.locked_digest(rows, channel) != approved:",
        "if False:",
        "tests/services/deliver/test_recipients.py",
    ),
    Mutant(
        "who unsubscribed is put back by pasting",
        "services/channels/lists.py",
        "if known is not None and known.state in GONE:",
        "if False:",
        "tests/services/channels/test_lists.py",
    ),
    Mutant(
        "a list that changed meanwhile is taken over",
        "services/channels/lists.py",
        "if row.secrets != channel.secrets:",
        "if False:",
        "tests/services/channels/test_lists.py",
    ),
    Mutant(
        "pictures not compared",
        "services/deliver/calls.py",
        "if digest.hexdigest() != sha256:",
        "if False:",
    ),
    Mutant("attempt not committed before the call", CONSIDER, "self.batch.new_attempts.append(", "[].append(", DELIVER),
    Mutant(
        "open-attempt index gone",
        "store/migrations/versions/0019_lanes.py",
        '["channel_id", "lane"], unique=True',
        '["channel_id", "lane"], unique=False',
        LANES,
    ),
    Mutant(
        "unknown is retried",
        "core/delivery/retry.py",
        'return Transition("unknown", max(at, after) if after else at, "verify", detail, channel_rests=after)',
        'return Transition("waiting", now, "retry", detail)',
    ),
    Mutant(
        "a duplicate is called rejected",
        "platforms/_x/client.py",
        'if status == 403 and "duplicate content" in',
        'if status == 403 and "duplicate contents" in',
        "tests/platforms/test_x.py",
    ),
    Mutant(
        "absent is resent where it must not be",
        "core/delivery/retry.py",
        "if resend and now <= latest:",
        "if now <= latest:",
    ),
    Mutant(
        "a compatible server is trusted to keep the key",
        "platforms/mastodon.py",
        "return kept(facts).keeps_key",
        "return True",
        KINDS,
    ),
    Mutant(
        "a key that may be forgotten is trusted", SETTLE, "self.now - done.call.since > platform.resend_within", "False"
    ),
    Mutant(
        "what the server keeps is not asked before a resend",
        SETTLE,
        "platform.resends(done.call.context.facts)",
        "platform.resend_if_absent",
    ),
    Mutant(
        "what a server calls itself is not read",
        "platforms/_mastodon/server.py",
        'or "compatible" in version.lower()',
        "",
        KINDS,
    ),
    Mutant(
        "the store's other posts taken for this one",
        "platforms/_shared/readback.py",
        "& part.others:",
        "& set():",
        KINDS,
    ),
    Mutant(
        "a stranger's post proves absence", "platforms/_shared/readback.py", "    if strangers:", "    if False:", KINDS
    ),
    Mutant(
        "the others are not told", CONSIDER, "others=self.loaded.others.get(row.id, frozenset())", "others=frozenset()"
    ),
    Mutant(
        "an answer without an id is published",
        "platforms/_shared/answers.py",
        "if name is None or",
        "if False and",
        KINDS,
    ),
    Mutant(
        "a code of another kind raises out of the adapter",
        "platforms/_meta/errors.py",
        "return value if isinstance(value, int) else None",
        "return value",
        "tests/platforms/test_malformed_answers.py -k below_the_code",
    ),
    Mutant(
        "a rate limit without end raises out of the adapter",
        "platforms/_mastodon/client.py",
        "except (OverflowError, OSError, ValueError):",
        "except ZeroDivisionError:",
        "tests/platforms/test_malformed_answers.py -k without_end",
    ),
    Mutant(
        "a post on Bluesky is put in the place of whatever stands there",
        "platforms/_bluesky/client.py",
        '"record": record, "swapRecord": swap}',
        '"record": record}',
        BLUESKY,
    ),
    Mutant(
        "another post in its place is taken for it",
        "platforms/bluesky.py",
        "if stored.value != msgspec.json.decode(whole):",
        "if False:",
        BLUESKY,
    ),
    Mutant(
        "a try that was cut is another post",
        "platforms/_bluesky/record.py",
        "        if name not in self.values:\n",
        "        if True:\n",
        BLUESKY,
    ),
    Mutant(
        "what a Bluesky server does not find is absent, whatever it could not ask",
        "platforms/_bluesky/client.py",
        "return self.response.status_code == 400 and self.name == _ABSENT",
        "return self.response.status_code >= 400",
        BLUESKY,
    ),
    Mutant(
        "a session made with another password is used",
        "platforms/_bluesky/session.py",
        "if context.secrets.get(OF) == mark(name, password) else",
        "if True else",
        BLUESKY,
    ),
    Mutant(
        "a facet is placed by letters and not by bytes",
        "platforms/_bluesky/richtext.py",
        "begins = offset + len(shown.text[at : span.start].encode())",
        "begins = offset + len(shown.text[at : span.start])",
        BLUESKY,
    ),
    Mutant(
        "a video goes out as a network does not take it",
        "core/platform/video_fitting.py",
        "known = not video.codec or video.codec in limits.video_codecs",
        "known = True",
        FILMS,
    ),
    Mutant(
        "a video that cannot be made is tried for ever",
        "services/media/video_forms.py",
        'Form("failed", words=',
        'Form("wanted", words=',
        FILMS,
    ),
    Mutant(
        "little text is sent as it is",
        "platforms/_linkedin/little_text.py",
        'return _RESERVED.sub(lambda sign: f"\\{sign[0]}", text)',
        "return text",
        LINKEDIN,
    ),
    Mutant(
        "any double is this very post",
        "platforms/_linkedin/posts.py",
        "return fresh and not known and plain(post.commentary) == plain(part.text)",
        "return True",
        LINKEDIN,
    ),
    Mutant(
        "a double that cannot be looked at was not sent",
        "platforms/_linkedin/posts.py",
        "except Exception:  # whatever went wrong",
        "except ValueError:  # whatever went wrong",
        LINKEDIN,
    ),
    Mutant(
        "a file and an access go wherever an answer points",
        "platforms/_linkedin/client.py",
        'if not known and not (target.scheme == "https"',
        'if False and not (target.scheme == "https"',
        LINKEDIN,
    ),
    Mutant(
        "a post goes out without its pictures",
        "platforms/linkedin.py",
        "if len(images) < len(part.pictures):",
        "if False:",
        LINKEDIN,
    ),
    Mutant(
        "a channel that cannot be read back is sent to again",
        "platforms/telegram.py",
        'a person must look"), final=True)',
        'a person must look"), final=False)',
        TELEGRAM,
    ),
    Mutant(
        "an album refused halfway was not sent",
        "platforms/_telegram/bot.py",
        "case 400 if not error.says(_HALF_DONE.pattern):",
        "case 400:",
        TELEGRAM,
    ),
    Mutant(
        "a bot that may not post connects",
        "platforms/telegram.py",
        'if not (member.status == "administrator" and member.can_post_messages):',
        "if False:",
        TELEGRAM,
    ),
    Mutant(
        "an error inside a success is a success",
        "platforms/_telegram/bot.py",
        'or answer.get("ok") is not True',
        "",
        f"{CONTRACT} -k error_inside",
    ),
    Mutant(
        "what was not taken down is called gone",
        "platforms/_shared/answers.py",
        'if isinstance(answer, Mapping) and (answer.get("error") or answer.get("errors")):',
        "if False:",
        f"{CONTRACT} -k error_inside",
    ),
    Mutant(
        "a secret in an address is told when connecting fails",
        "platforms/_shared/answers.py",
        "said = {key: redact(str(word), kept) for",
        "said = {key: str(word) for",
        f"{CONTRACT} -k no_secret",
    ),
    Mutant(
        "a secret in an address is in the log",
        "core/installation/redaction.py",
        "|/bot(?=",
        "|/bat(?=",
        f"{CONTRACT} -k no_secret",
    ),
    Mutant(
        "what a library signs with is in the log",
        "core/installation/redaction.py",
        "setLevel(logging.INFO)",
        "setLevel(logging.DEBUG)",
        f"{CONTRACT} -k no_secret",
    ),
    Mutant(
        "every try is another message",
        "platforms/webhook.py",
        "message = part.key or part.view.uid",
        "message = context.now().isoformat()",
        WEBHOOK,
    ),
    Mutant(
        "a page for browsers is a receiver's yes",
        "platforms/_webhook/receiver.py",
        'raise NotTaken(response, "a page for browsers")',
        "pass",
        WEBHOOK,
    ),
    Mutant(
        "what is signed says nothing of when",
        "platforms/_webhook/signing.py",
        'f"{message}.{moment}.".encode() + body',
        'f"{message}..".encode() + body',
        WEBHOOK,
    ),
    Mutant(
        "a wall's page is the platform's no",
        "platforms/_shared/answers.py",
        "status in _MAYBE_DONE or is_api(response)",
        "True",
        KINDS,
    ),
    Mutant(
        "an empty answer overwrites an access",
        "core/platform/access.py",
        "for key, value in self.secrets.items() if value}",
        "for key, value in self.secrets.items()}",
        "tests/core/platform/test_access.py",
    ),
    Mutant(
        "two renew an access at once",
        "services/channels/renewal.py",
        "row.renewing_until is not None and row.renewing_until > now",
        "False",
        REFERENCE,
    ),
    Mutant(
        "somebody else's answer is believed",
        "services/channels/pending.py",
        "        PendingAuthorization.person_id == actor.person,\n",
        "",
        REFERENCE,
    ),
    Mutant(
        "an answer is good for twice",
        "services/channels/pending.py",
        "session.execute(delete(PendingAuthorization).where(PendingAuthorization.id == row.id))",
        "pass",
        REFERENCE,
    ),
    Mutant(
        "an allowance that is used up stops nothing",
        "services/deliver/outcomes.py",
        "        if until is not None:\n            self._rest(row, until)",
        "        if False:\n            self._rest(row, until)",
        "tests/services/deliver/test_budgets.py",
    ),
    Mutant(
        "every call writes down what is left",
        "core/platform/budget.py",
        "    return used_up or now - written.at >= SETTLED",
        "    return True",
        "tests/core/platform/test_budget.py",
    ),
    Mutant(
        "an allowance heard earlier overwrites a later one",
        "services/kernel/budgets.py",
        "set_=said, where=later)",
        "set_=said)",
        "tests/services/deliver/test_budgets.py",
    ),
    Mutant(
        "an answer that comes to another browser is believed",
        "services/channels/pending.py",
        "    if kept.session != browser:",
        "    if False:",
        SIGNING_IN,
    ),
    Mutant(
        "a state is as good as the token of a choice",
        "services/channels/pending.py",
        'return token_hash(token if kind is Begun else f"choice:{token}")',
        "return token_hash(token)",
        SIGNING_IN,
    ),
    Mutant(
        "an account that was not offered is chosen",
        "services/channels/choice.py",
        "    if set(wanted) - known.keys():",
        "    if False:",
        SIGNING_IN,
    ),
    Mutant(
        "any administrator enters the installation's app",
        "services/channels/apps.py",
        "    if not may_set(installation, actor):",
        "    if False:",
        SIGNING_IN,
    ),
    Mutant(
        "a platform is waited for past the latest time",
        "core/delivery/retry.py",
        'return Transition("held", None, "late", pending.detail)',
        "pass",
        REFERENCE,
    ),
    Mutant(
        "what is half prepared is published",
        "core/delivery/outcome.py",
        "return self.complete and bool(self.values)",
        "return bool(self.values)",
        REFERENCE,
    ),
    Mutant("the resend forgets the tries", "core/delivery/retry.py", "min(now + back_off(tries), latest)", "now"),
    Mutant(
        "looking ends when a person is asked", "core/delivery/retry.py", "waits = LOOKS + GOING_ON", "waits = LOOKS"
    ),
    Mutant(
        "an account is its id alone",
        "services/channels/connect.py",
        "return not platform.many_servers or",
        "return True or",
        "tests/services/channels/test_connect.py",
    ),
    Mutant(
        "one refusal breaks a channel",
        "services/channels/checks.py",
        "    if row.refused_at is None:\n        row.refused_at = now\n        return\n",
        "    row.refused_at = now - AGAIN\n",
        "tests/services/channels/test_checks.py",
    ),
    Mutant(
        "what a proxy reaches is not looked at",
        "platforms/_http/connections.py",
        "            self._look_behind_the_proxy(call)\n",
        "",
        "tests/platforms/test_network.py",
    ),
    Mutant(
        "what the proxy refused counts as sent",
        "platforms/_http/connections.py",
        "            call.sent = False\n",
        "            pass\n",
        "tests/platforms/test_network.py",
    ),
    Mutant(
        "a redirect is followed",
        "platforms/_http/network.py",
        'kwargs["allow_redirects"] = False',
        'kwargs["allow_redirects"] = True',
        "tests/platforms/test_network.py",
    ),
    Mutant(
        "settle time not waited for",
        "core/delivery/retry.py",
        "            at = now + timedelta(seconds=settle)\n",
        "            at = now\n",
    ),
    Mutant("recovery skipped", "services/deliver/recovery.py", "return row.uid not in self.besides", "return False"),
    Mutant("recovery skipped", "services/deliver/recovery.py", "return self.alone or not live", "return False"),
    Mutant(
        "recovery takes calls under way",
        "services/deliver/recovery.py",
        "return row.uid not in self.besides",
        "return True",
    ),
    Mutant(
        "resume past the latest time",
        "services/workflow/pause.py",
        "if row.latest_at < installation.now():",
        "if False:",
    ),
    Mutant(
        "resume sends what was missed",
        "services/workflow/pause.py",
        "rows = hold_missed(session, installation)",
        "rows = []",
    ),
    Mutant(
        "parts out of order",
        "core/delivery/parts.py",
        "        if not independent:\n            return None\n    return None",
        "    return None",
        "tests/core/delivery/test_parts.py",
    ),
    Mutant(
        "more calls on a channel than lanes",
        "services/deliver/lanes.py",
        "        return tuple(lane for lane in lanes if lane not in taken)",
        "        return lanes",
        LANES,
    ),
    Mutant("more attempts than hands", "services/deliver/lanes.py", "lanes = lanes[: max(room, 0)]", "pass", LANES),
    Mutant(
        "a delivery is begun in two lanes",
        "services/deliver/lanes.py",
        '            if any(not is_list or call.kind != "send" for call in mine):',
        "            if False:",
        WALK,
    ),
    Mutant(
        "a channel's own limit is not asked",
        CONSIDER,
        "lanes = [lane for lane in job.lanes if lane < allowed]",
        "lanes = list(job.lanes)",
        LANES,
    ),
    Mutant(
        "a part that waits no more is begun",
        "services/deliver/batch.py",
        "        if _many(connection, _begin_part, self.begun.values()) != len(self.begun):",
        "        if _many(connection, _begin_part, self.begun.values()) < 0:",
        LANES,
    ),
    Mutant(
        "held while other lanes are under way",
        CONSIDER,
        "        if self._is_under_way(row) and not isinstance(verdict, Go):",
        "        if False:",
        LANES,
    ),
    Mutant(
        "an end while other lanes are under way",
        SETTLE,
        '        if any(part.state == "sending" for part in parts):',
        "        if False:",
        LANES,
    ),
    Mutant(
        "asked about before it is written",
        "services/deliver/recipients.py",
        "        self.batch.write_parts(self.connection)\n        return self.connection.execute(statement, about)",
        "        return self.connection.execute(statement, about)",
        LANES,
    ),
    Mutant(
        "who has left since is written to",
        "services/deliver/recipients.py",
        '_list.c.state != "active")\n        result',
        "text('1 = 0'))\n        result",
        "tests/services/deliver/test_recipients.py",
    ),
    Mutant(
        "late call after a sleep",
        "services/deliver/calls.py",
        "if installation.now() - call.since > STALE:",
        "if False:",
    ),
    Mutant("late answer undoes a decision", SETTLE, "if self._overtaken(done, row, part):", "if False:"),
    Mutant(
        "half a thread begun again",
        "services/workflow/_deliveries.py",
        "if row.id in mine and row.channel_id not in settled:",
        "if row.id in mine - partly and row.channel_id not in settled:",
    ),
    Mutant("half a thread edited", "services/workflow/editing.py", "or partly_out(session, item):", ":"),
    Mutant(
        "an edit leaves the delivery waiting",
        "services/content/items.py",
        '.values(state="cancelled", next_at=None, reason="changed")',
        '.values(reason="changed")',
        "tests/services/deliver/test_invariants.py",
    ),
    Mutant(
        "a bad row stops everything",
        "services/deliver/dispatcher.py",
        "return self._one_by_one([*doubtful(done), *self._not_called(calls), *jobs])",
        "raise",
    ),
    Mutant(
        "an answer lost when the disk is full",
        "services/deliver/dispatcher.py",
        "self._unrecorded = doubtful(done) + self._unrecorded",
        "pass",
    ),
    Mutant(
        "queries not narrowed to the workspace",
        "store/session.py",
        "if workspace == EVERY_WORKSPACE or state",
        "if True or state",
        "tests/api/test_rules.py tests/web/test_routes.py",
    ),
    Mutant(
        "what is taken down still stands",
        "services/content/versions.py",
        "Takedown.item_id.in_((item.id, item.corrects_id)), stands",
        "Takedown.item_id == -1, stands",
        "tests/web/items/test_corrections.py",
    ),
    Mutant(
        "a lapsed consent is still shown",
        "services/content/versions.py",
        "if number in ends and ends[number] <= now}",
        "if False}",
        "tests/web/items/test_corrections.py",
    ),
    Mutant(
        "a picture corrected away can be fetched",
        "services/public/published_media.py",
        "if (later[-1].item if later else original) != item.id:",
        "if False:",
        "tests/web/items/test_corrections.py",
    ),
    Mutant(
        "what was corrected or taken down goes on elsewhere",
        GATE,
        "if case.superseded or case.mute:",
        "if case.mute:",
        "tests/web/items/test_corrections.py",
    ),
    Mutant(
        "stopped in silence",
        "services/deliver/dispatcher.py",
        "send_alerts(self.installation, connection, admission.alerts)",
        "pass",
    ),
    Mutant(
        "a restore doubts only what was due",
        DOUBT,
        "Delivery.state.in_(OPEN))",
        "Delivery.state.in_(OPEN), Delivery.due_at <= Delivery.created_at)",
        RESTORES,
    ),
    Mutant(
        "a restore moves what is not settled",
        "services/ops/after_restore.py",
        "settled = settle(installation, manifest.made_at)",
        "settled = Settled(0, 0)",
        CUT_SHORT,
    ),
    Mutant(
        "a restore cut short is not completed",
        "bootstrap.py",
        "    complete(folder)\n",
        "",
        f"{CUT_SHORT} -k killed_at_any_step",
    ),
    Mutant(
        "a restore lets in who was shut out",
        "services/ops/carried.py",
        "persons = sum(_shut_out(installation, session, email) for email in held.shut_out)",
        "persons = 0",
        f"{CUT_SHORT} -k shut_out",
    ),
    Mutant(
        "a restore brings a revoked key back",
        "services/ops/carried.py",
        "tokens = sum(_revoke(installation, session, hashed) for hashed in held.revoked)",
        "tokens = 0",
        f"{CUT_SHORT} -k shut_out",
    ),
    Mutant(
        "a restore under pages that are served",
        "services/ops/in_use.py",
        "return self._take(fcntl.LOCK_EX)",
        "return True",
        f"{CUT_SHORT} -k open",
    ),
    Mutant(
        "written into a replaced database",
        "store/session.py",
        "self._there() != self._file:",
        "False:",
        f"{CUT_SHORT} -k replaced",
    ),
    Mutant(
        "a take-down undone by a restore",
        "services/ops/carried.py",
        "takedowns = sum(_take_down(installation, session, row) for row in held.down)",
        "takedowns = 0",
        f"{CUT_SHORT} -k down",
    ),
    Mutant(
        "a consent given again by a restore",
        "services/ops/carried.py",
        "row.consent_ends <= ends",
        "True",
        f"{CUT_SHORT} -k consent",
    ),
    Mutant(
        "a restore forgets what was held",
        DOUBT,
        'OPEN = ("waiting", "sending", "held", "failed", "unknown")',
        'OPEN = ("waiting", "sending", "unknown")',
        RESTORES,
    ),
    Mutant(
        "a restore looks back to now only",
        CONSIDER,
        "return min(from_micros(row.doubt_since), lost or self.now)",
        "return self.now",
        RESTORES,
    ),
    Mutant(
        "a draft of the backup goes out unread",
        "services/workflow/_deliveries.py",
        "    if item.doubt_since is not None:\n        _doubt(delivery",
        "    if False:\n        _doubt(delivery",
        RESTORES,
    ),
    Mutant(
        "an earlier restore's doubt shortened",
        DOUBT,
        "doubt_since=min(earlier, since) if earlier else since",
        "doubt_since=since",
        RESTORES,
    ),
    Mutant(
        "what proved absent is held for ever",
        PARTS,
        'return DeliveryStatus("waiting", due) if was == "waiting" else result',
        'return DeliveryStatus("held", None, "absent")',
        RESTORES,
    ),
    Mutant("what was held is sent after a restore", PARTS, 'if was in ("held", "failed"):', "if False:", RESTORES),
    Mutant(
        "half a thread found and the rest sent",
        PARTS,
        'if any(part.was == "out" for part in parts):',
        "if False:",
        RESTORES,
    ),
    Mutant("stop not looked at by the gate", GATE, "if case.stop or case.paused:", "if case.paused:", STOPS),
    Mutant(
        "stop not looked at when the answer comes",
        SETTLE,
        "if row.stop and result.state not in",
        "if False and result.state not in",
        STOPS,
    ),
    Mutant(
        "a drop is forgotten by a move",
        "services/workflow/_deliveries.py",
        " | stops.stopped_channels(session, item)",
        "",
        STOPS,
    ),
    Mutant(
        "a drop outlives being chosen again",
        "services/workflow/stops.py",
        "if not any(number > since",
        "if True or not any(number > since",
        STOPS,
    ),
    Mutant(
        "a stop does not reach what is under way",
        "services/workflow/stops.py",
        "        row.stop = row.stop or why\n",
        "",
        STOPS,
    ),
    Mutant(
        "a move changes the keys",
        "services/workflow/_deliveries.py",
        "if row.id in mine and row.channel_id not in settled:",
        "if row.id in mine & partly and row.channel_id not in settled:",
        STOPS,
    ),
    Mutant(
        "a move after absent uploads anew",
        "services/deliver/part_decisions.py",
        "    if not keep_handles:\n        session.execute(update(Part).where(*left)",
        "    if True:\n        session.execute(update(Part).where(*left)",
        STOPS,
    ),
    Mutant(
        "most of a list is called none of it",
        "store/outbox.py",
        '"held", "failed", "cancelled"',
        '"cancelled"',
        STOPS,
    ),
    Mutant(
        "other words take over what was void",
        "services/workflow/editing.py",
        "if not difference.content:  # the same",
        "if True:  # the same",
        STOPS,
    ),
    Mutant(
        "an answer closes another's attempt",
        "services/deliver/batch.py",
        "if _many(connection, _close_attempt, self.attempts) != len(self.attempts):",
        "_many(connection, _close_attempt, self.attempts)\n        if False:",
        COMMITS,
    ),
    Mutant("an answer is written down twice", SETTLE, "if not in_doubt:", "if True:", COMMITS),
    Mutant(
        "a call though its commit failed",
        COURIER,
        'self._mark(done, [call for call in calls if call.kind == "send"])\n            return []',
        "self._mark(done, calls)\n            return calls",
        COMMITS,
    ),
    Mutant(
        "an attempt reported lost stays open",
        COURIER,
        "self._trouble(done + self._not_called(calls))",
        "self._trouble(done)",
        COMMITS,
    ),
    Mutant("an attempt broken off stays open", COURIER, "*self._not_called(calls), *jobs]", "*jobs]", COMMITS),
    Mutant(
        "a proof from a lost lock thrown away",
        SETTLE,
        'elif outcome == "unknown" and isinstance(answer.result, Published):',
        "elif False:",
        COMMITS,
    ),
    Mutant("a look counted twice", SETTLE, "or row.tries != done.call.row.tries", "", COMMITS),
    Mutant("an approval wakes nobody", "services/workflow/approve.py", "    installation.wake()\n", "", STOPS),
    Mutant(
        "the record's chain not chained",
        "services/kernel/audit_log.py",
        "previous = hashed\n",
        "pass\n",
        "tests/services/deliver/test_invariants.py",
    ),
    Mutant(
        "marks are not bounded",
        "core/text/clean.py",
        "    if overmarked(text):",
        "    if False:",
        "tests/core/text/test_clean.py",
    ),
    Mutant(
        "flags counted one by one",
        "core/text/length.py",
        '_FLAG.sub("F", text[:MOST_COUNTED])',
        "text[:MOST_COUNTED]",
        "tests/core/text/test_length.py -k flags",
    ),
    Mutant(
        "tags coloured with backtracking",
        "web/composer/submit_bar.py",
        "(?<![\\w/@.#-])[#@](?:[.@-]*+\\w++)++",
        "(?<![\\w/])[#@][\\w.@-]*\\w",
        "tests/web/test_cost.py -k stroke",
    ),
    Mutant(
        "content built inside the transaction",
        "services/workflow/editing.py",
        "    compose.require_there(session, prepared.content)\n    now",
        "    compose.content_from(installation, session, workspace, draft)\n    now",
        "tests/services/test_transactions.py",
    ),
    Mutant(
        "what was looked at is not compared",
        "services/content/items.py",
        "!= (revision.hash, times.plan(session, item))",
        "is None",
        "tests/services/test_transactions.py",
    ),
    Mutant(
        "a name with an at is the address",
        "core/text/recipients.py",
        "return [_stripped(inside[1]) or cell]",
        "return [_stripped(cell.split()[0])]",
        "tests/core/text/test_recipients.py",
    ),
    Mutant(
        "an entry without an address is left out",
        "core/text/recipients.py",
        "            pieces += [(word, word) for word in waiting]\n",
        "            pass\n",
        "tests/core/text/test_recipients.py",
    ),
    Mutant(
        "a mention goes out as the mark in the text, not as it was approved",
        "core/platform/channel_view.py",
        "    words = spoken(content, channel)",
        "    words = content",
        "tests/services/content/test_mention_book.py",
    ),
    Mutant(
        "the form of a mention is no part of what is approved",
        "services/content/compose.py",
        "mentions=forms(names, book, networks[own.channel])",
        "mentions={}",
        "tests/services/content/test_mention_book.py",
    ),
    Mutant(
        "spaces stand between encoded words",
        "mail/headers.py",
        '"_" if byte == 32',
        '"" if byte == 32',
        "tests/mail/test_headers.py",
    ),
)


def main(names: list[str]) -> int:
    """Run the mutants whose names contain any of ``names``; returns how many survived. A name such as ``2/3`` takes
    the second of three parts of the table, so that several processes share it."""
    parts = [name for name in names if re.fullmatch(r"[1-9]/[1-9]", name)]
    names = [name for name in names if name not in parts]
    wanted = [one for one in MUTANTS if not names or any(name in one.name for name in names)]
    for part in parts:
        wanted = wanted[int(part[0]) - 1 :: int(part[2])]
    survived = 0
    with tempfile.TemporaryDirectory(prefix="commsched-mutant-") as folder:
        copy = _copy(Path(folder))
        for tests in dict.fromkeys(mutant.tests for mutant in wanted):
            if red := _first_failure(copy, tests):
                raise SystemExit(f"{tests} fails before anything is taken away, so it proves nothing: {red}")
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
    for name in ("commsched", "tests", "templates", "bench", "docs"):
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
        return _first_failure(copy, one.tests)
    finally:
        file.write_text(whole)


def _first_failure(copy: Path, tests: str) -> str:
    """The name of the first of ``tests`` that fails, or nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-n", "0", "-p", "no:cacheprovider", *tests.split()]
    env = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", LONG: "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return "(it never came to an end)"
    if done.returncode == 0:
        return ""
    # what was logged can begin with ERROR too, but names no test
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR ")) and "::" in line]
    return failed[0].partition("::")[2].partition(" - ")[0] if failed else done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
