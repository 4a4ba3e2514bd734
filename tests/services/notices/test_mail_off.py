"""Where no mail server is set nobody is reached, and nothing says that somebody was."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from commsched.mail.relay import mailer_for
from commsched.services.channels import connect, directory
from commsched.services.content import check, compose
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel import members
from commsched.services.kernel.context import Installation
from commsched.services.workflow import resolve
from commsched.store.models import Workspace
from tests import writing
from tests.conftest import Cast, MailBag, SetClock
from tests.services import desk


@pytest.fixture
def mute(installation: Installation, cast: Cast, tmp_path: Path) -> Installation:
    """The office without a mail server: what it would send becomes files."""
    installation.mailer = mailer_for({}, tmp_path / "outbox")
    return installation


def release(cast: Cast, *channels: int) -> int:
    return desk.scheduled(cast, channels=list(channels), kind="release", title="Ja till fler turer", contact="Eva")


def a_demo(cast: Cast) -> None:
    with cast.installation.store.write(cast.place.id) as session:
        session.execute(update(Workspace).where(Workspace.id == cast.place.id).values(is_demo=True))


def test_a_press_list_is_held_with_its_reason_and_nothing_is_called_published(
    mute: Installation, cast: Cast, clock: SetClock, tmp_path: Path
) -> None:
    item = release(cast, writing.press_list(mute, cast))
    clock.forward(hours=5)
    Dispatcher(mute).run()
    (row,) = desk.deliveries(cast, item)
    assert (row.state, row.reason) == ("held", "mail")
    assert desk.look(cast, item).state == "held"
    assert not list((tmp_path / "outbox").glob("*.eml"))


def test_it_goes_out_once_a_mail_server_is_set_and_somebody_says_so(
    mute: Installation, cast: Cast, clock: SetClock, mail: MailBag
) -> None:
    item = release(cast, writing.press_list(mute, cast))
    clock.forward(hours=5)
    Dispatcher(mute).run()
    (row,) = desk.deliveries(cast, item)
    mended = replace(mute, mailer=mail)
    resolve.send(mended, cast.actor(), row.id)
    for _ in range(3):
        Dispatcher(mended).run()
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]
    assert len(mail.sent) == 2


def test_the_demo_keeps_its_files(mute: Installation, cast: Cast, clock: SetClock, tmp_path: Path) -> None:
    a_demo(cast)
    item = release(cast, writing.press_list(mute, cast))
    clock.forward(hours=5)
    for _ in range(3):
        Dispatcher(mute).run()
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2


def test_other_channels_need_no_mail_server(mute: Installation, cast: Cast, clock: SetClock) -> None:
    item = release(cast, writing.channel(mute, cast.place.id))
    clock.forward(hours=5)
    Dispatcher(mute).run()
    assert [row.state for row in desk.deliveries(cast, item)] == ["published"]


def test_writer_and_administrator_are_told_before(mute: Installation, cast: Cast, mail: MailBag) -> None:
    made = connect.connect(mute, cast.actor(), "presslist", "Lokala medier", {"addresses": "red@tidning.example"})
    assert directory.mute(mute, made)
    with mute.store.read(cast.place.id) as session:
        draft = writing.draft([made.id], kind="release", title="Rubrik", contact="Eva")
        content = compose.content_from(mute, session, members.workspace_of(session, cast.actor()), draft)
        (checked,) = check.check(mute, session, content)
        (heard,) = check.check(replace(mute, mailer=mail), session, content)
    assert [(one.level, one.field) for one in checked.problems] == [("warn", "channels")]
    assert "e-post" not in str(checked.problems[0].words)
    assert heard.problems == []
    assert not directory.mute(replace(mute, mailer=mail), made)
