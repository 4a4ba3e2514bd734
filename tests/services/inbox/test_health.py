"""A mailbox that is not read is told by the doctor and the checks for machines, and in the same words on the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commsched.core.text.messages import Invalid
from commsched.mail import imap
from commsched.services.inbox import health, taking
from commsched.services.mailing import health as mail_health
from commsched.services.ops import doctor
from commsched.services.ops import health as checks
from commsched.store.models import InboxMessage, Mailbox, MailServer, Workspace
from tests.conftest import Cast, SetClock
from tests.services.inbox.conftest import Letters, letter

WRONG = Invalid(imap.WRONG_PASSWORD, "secret", answer="no")


def told(cast: Cast) -> list[tuple[str, str, str]]:
    with cast.installation.store.read(cast.place.id) as session:
        looks = list(health.quick(session, cast.installation))
    return [(look.state, str(look.words), str(look.help)) for look in looks]


def is_ready(cast: Cast) -> bool:
    return next(check.ok for check in checks.checks(cast.installation) if check.name == "mail")


def test_a_mailbox_that_is_read_is_nothing_to_tell(take_in: Callable[..., InboxMessage], cast: Cast) -> None:
    take_in(letter())
    assert told(cast) == []
    assert is_ready(cast)


@pytest.mark.parametrize(
    ("trouble", "at_once"),
    [
        (WRONG, True),
        (Invalid(imap.NO_ACCESS, "relay", host="imap.nord.example", user="press@nord.example"), True),
        (Invalid(imap.NO_FOLDER, "folder", folder="Press", answer="no"), True),
        (Invalid(imap.BUSY, ""), False),
        (Invalid(imap.LOST, "host", host="imap.nord.example"), False),
    ],
)
def test_what_a_person_must_mend_is_told_at_once_and_what_passes_after_an_hour(
    trouble: Invalid, at_once: bool, cast: Cast, box: Letters, mailbox: int, clock: SetClock
) -> None:
    box.trouble = trouble
    assert taking.read_next(cast.installation)
    assert bool(told(cast)) == at_once
    clock.forward(hours=1)
    ((state, words, help_),) = told(cast)
    assert (state, words, help_) == ("fail", "The mailbox Pressen cannot be read.", str(trouble))
    assert not is_ready(cast)
    assert all(check.ok or not check.stops for check in checks.checks(cast.installation) if check.name == "mail")


def test_a_mailbox_that_nobody_has_read_for_a_day_is_told(
    take_in: Callable[..., InboxMessage], cast: Cast, clock: SetClock
) -> None:
    take_in(letter())
    clock.forward(hours=23)
    assert told(cast) == []
    clock.forward(hours=3)
    ((state, words, _help),) = told(cast)
    assert (state, "26 hours" in words) == ("fail", True)
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).is_demo = True
    assert is_ready(cast), "a demo reads no mailbox"


def test_the_doctor_opens_each_mailbox(cast: Cast, box: Letters, mailbox: int) -> None:
    assert [look.state for look in health.looks(cast.installation)] == ["ok"]
    box.trouble = WRONG
    findings = [finding for finding in doctor.examine(cast.installation) if "Pressen" in str(finding.words)]
    assert [(finding.name, finding.level) for finding in findings] == [("mail", "fail")]
    assert str(findings[0].help) == str(WRONG)


def test_a_sender_that_is_no_address_is_told_wherever_it_stands(cast: Cast, mailbox: int, clock: SetClock) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.get_one(Mailbox, mailbox).address = "pressen"
        row = MailServer(name="Egen", host="smtp.nord.example", port=587, security="required", sender="red aktion")
        row.workspace_id, row.changed_at = cast.place.id, clock.now()
        session.add(row)
    with cast.installation.store.read(cast.place.id) as session:
        looks = [*mail_health.quick(session, cast.installation), *health.quick(session, cast.installation)]
    assert ["red aktion" in str(look.words) or "pressen" in str(look.words) for look in looks] == [True, True]
    assert not is_ready(cast)
