"""A page says that somebody got a mail only where mail can be sent, and "published" only of what reached somebody."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import update

from commsched.mail.relay import mailer_for
from commsched.services.deliver.dispatcher import Dispatcher
from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Workspace
from tests import writing
from tests.conftest import Browser, Cast, SetClock
from tests.services import desk

Browse = Callable[..., Browser]


@pytest.fixture
def mute(installation: Installation, cast: Cast, tmp_path: Path) -> Installation:
    installation.mailer = mailer_for({}, tmp_path / "outbox")
    return installation


@pytest.fixture
def a_demo(mute: Installation, cast: Cast) -> Installation:
    with mute.store.write(cast.place.id) as session:
        session.execute(update(Workspace).where(Workspace.id == cast.place.id).values(is_demo=True))
    return mute


def out(installation: Installation, cast: Cast, clock: SetClock, *channels: int) -> int:
    number = desk.scheduled(cast, channels=list(channels), kind="release", title="Ja till fler turer", contact="Eva")
    clock.forward(hours=5)
    for _ in range(3):
        Dispatcher(installation).run()
    return number


def test_the_item_says_why_the_press_list_is_held(
    browse: Browse, mute: Installation, cast: Cast, clock: SetClock
) -> None:
    number = out(mute, cast, clock, writing.press_list(mute, cast))
    shown = unescape(browse(cast.writer).get(f"~/items/{number}").text)
    assert "Ingen e-postserver är inställd, så ingen kan nås." in shown
    assert "Publicerad" not in shown
    assert "Det är ute" not in shown
    assert "Ingen e-postserver är inställd" in unescape(browse(cast.writer).get("~/").text)


@pytest.mark.parametrize("path", ["~/items/{number}", "~/", "~/calendar/", "~/calendar/?view=list", "~/search?q=turer"])
def test_the_demo_calls_files_files(
    browse: Browse, a_demo: Installation, cast: Cast, clock: SetClock, path: str
) -> None:
    number = out(a_demo, cast, clock, writing.press_list(a_demo, cast))
    shown = unescape(browse(cast.writer).get(path.format(number=number)).text).replace(
        '<option value="published">Publicerad', ""
    )
    body = shown[shown.index("<main") :]
    assert "Sparat som fil (demo)" in body
    assert "Det är ute" not in body
    assert "Det gick ut" not in body
    if path.startswith("~/items"):
        assert "Publicerad" not in body


def test_with_another_channel_the_demo_says_which_is_out(
    browse: Browse, a_demo: Installation, cast: Cast, clock: SetClock
) -> None:
    number = out(a_demo, cast, clock, writing.press_list(a_demo, cast), writing.channel(a_demo, cast.place.id))
    shown = unescape(browse(cast.writer).get(f"~/items/{number}").text)
    assert "Publicerad" in shown
    assert "Sparat som fil (demo)" in shown
    assert "Mejlen är sparade som filer: det här är en demo utan e-postserver." in shown


def test_a_press_list_without_a_mail_server_says_so_everywhere(browse: Browse, mute: Installation, cast: Cast) -> None:
    admin = browse(cast.administrator)
    assert "Ingen e-postserver är inställd" in unescape(admin.get("~/channels/new/presslist").text)
    given = admin.post("~/channels/new/presslist", {"name": "Lokala medier", "addresses": "red@tidning.example"})
    shown = unescape(admin.get(given.location).text)
    assert "listan når ingen förrän" in shown
    assert "Ansluten" not in shown
    assert "Ansluten" not in unescape(admin.get("~/channels/").text)
    with mute.store.read(cast.place.id) as session:
        number = session.query(Channel.id).scalar()
    told = (
        browse(cast.writer)
        .post(
            "~/write/check",
            {
                "kind": "release",
                "title": "Rubrik",
                "text": "Text",
                "contact": "Eva",
                "channels": number,
            },
        )
        .get_json()
    )
    assert "Lokala medier når ingen" in unescape(told["problems"])


def test_nothing_promises_a_mail_that_cannot_be_sent(browse: Browse, mute: Installation, cast: Cast) -> None:
    to = [writing.channel(mute, cast.place.id)]
    writer, approver, admin = browse(cast.writer), browse(cast.approver), browse(cast.administrator)
    assert "Du får mejl" not in unescape(approver.get("~/approve").text)
    number = desk.written(cast, to)
    given = writer.post(f"~/items/{number}/submit", {"schedule": "1"}, follow_redirects=True)
    assert "Ingen e-postserver är inställd, så säg till Gunnar Lind själv." in unescape(given.text)
    assert "alla får veta" not in unescape(given.text)
    assert "ett mejl" not in unescape(writer.get("~/pause/").text)
    shown = unescape(admin.get(f"~/items/{number}").text)
    assert "får veta det genast" not in shown
    given = approver.post(
        f"~/items/{number}/review",
        {
            "verdict": "changes",
            "comment": "Kortare",
            "hash": desk.hash_of(cast, number),
        },
        follow_redirects=True,
    )
    assert "får inget mejl" in unescape(given.text)
    assert "Ingen e-postserver är inställd" in unescape(writer.get("~/").text)


@pytest.mark.parametrize("mails", [True, False])
def test_a_take_down_says_who_is_told_or_whom_to_tell(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, tmp_path: Path, mails: bool
) -> None:
    number = desk.scheduled(cast)
    clock.forward(hours=5)
    Dispatcher(installation).run()
    if not mails:
        installation.mailer = mailer_for({}, tmp_path / "outbox")
    given = browse(cast.writer).post(f"~/items/{number}/take-down", {"reason": "Fel underlag."}, follow_redirects=True)
    told = unescape(given.text)
    assert ("De som godkänner får veta det" in told) == mails
    assert ("säg till Astrid Holm och Gunnar Lind själv" in told) != mails


def test_with_a_mail_server_the_promises_stand(browse: Browse, installation: Installation, cast: Cast) -> None:
    assert "Du får mejl" in unescape(browse(cast.approver).get("~/approve").text)
    number = desk.written(cast, [writing.channel(installation, cast.place.id)])
    given = browse(cast.writer).post(f"~/items/{number}/submit", {"schedule": "1"}, follow_redirects=True)
    assert "Det är skickat för godkännande." in unescape(given.text)
    assert "Ingen e-postserver" not in unescape(browse(cast.writer).get("~/").text)


def test_three_recipients_are_not_three_tries(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock
) -> None:
    number = out(
        installation, cast, clock, writing.press_list(installation, cast, "a@x.example", "b@x.example", "c@x.example")
    )
    shown = unescape(browse(cast.writer).get(f"~/items/{number}").text)
    assert "3 mottagare" in shown
    assert "försök" not in shown
