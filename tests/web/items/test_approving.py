"""Approving: the list, the page, and the address in a mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from commsched.core.content.draft import PictureIn
from commsched.services.accounts import people
from commsched.services.approval import comments
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.staff import leaving
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import ApprovalLink, Decision, Item, Revision
from commsched.store.session import EVERY_WORKSPACE
from tests import writing
from tests.conftest import Browser, Cast, MailBag, SetClock

Browse = Callable[..., Browser]


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


def state(installation: Installation, cast: Cast, number: int) -> tuple[Item, Revision]:
    with installation.store.read(cast.place.id) as session:
        item = items.load(session, number)
        return item, items.current(session, item)


def decisions(installation: Installation, cast: Cast) -> list[Decision]:
    with installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Decision).order_by(Decision.id)))


def link_in(installation: Installation, mail: MailBag) -> str:
    """The path that the newest mail to the approver leads to."""
    outbox.send_due(installation)
    found = re.search(r"http://localhost(/a/\S+)", mail.sent[-1].text)
    assert found
    return found[1]


class Reader:
    """Somebody who opened the mail, with no account and no session."""

    def __init__(self, browse: Browse) -> None:
        self.client = browse().client

    def get(self, path: str) -> object:
        return self.client.get(path)

    def post(self, path: str, **values: str) -> object:
        page = self.client.get(path).text
        token, shown = (re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("form_token", "hash"))
        assert token
        return self.client.post(path, data={"form_token": token[1], "hash": shown[1] if shown else ""} | values)


def test_the_list_has_what_waits_for_me_apart_from_what_waits_for_others(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    mine = browse(cast.approver).get("~/approve").text
    assert f"/items/{number}/review" in mine
    assert "Inget väntar på dig" not in mine
    others = browse(cast.writer).get("~/approve").text
    assert "Inget väntar på dig" in others
    assert "väntar på Gunnar Lind" in others


def test_an_approver_sees_it_as_it_will_look_with_its_sources_and_comments(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["mastodon"], to["x"]])
    comments.comment(installation, cast.actor("writer"), number, "Siffran är ny.")
    page = unescape(browse(cast.approver).get(f"~/items/{number}/review").text)
    for words in ("look-mastodon", "Samma i X.", "fre 27 nov 07:30", "Trafiknämndens beslut § 112", "Siffran är ny."):
        assert words in page


def test_a_yes_is_bound_to_the_version_that_was_shown(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number, browser = writing.submitted(installation, cast, [to["x"]]), browse(cast.approver)
    old = state(installation, cast, number)[1].hash
    editing.save(installation, cast.actor("writer"), number, writing.draft([to["x"]], text="Något helt annat."))
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    late = browser.post(f"~/items/{number}/review", {"verdict": "approve", "hash": old, "comment": "Bra!"})
    assert late.status_code == 409
    assert "Något helt annat." in late.text
    assert "Bra!" in late.text
    assert state(installation, cast, number)[0].state == "in_review"


def test_a_yes_schedules_it_until_the_day_that_was_chosen(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number, browser = writing.submitted(installation, cast, [to["x"]]), browse(cast.approver)
    given = browser.post(
        f"~/items/{number}/review",
        {
            "verdict": "approve",
            "hash": state(installation, cast, number)[1].hash,
            "until": "day",
            "until_day": "2026-12-05",
        },
    )
    assert given.status_code == 303
    assert state(installation, cast, number)[0].state == "scheduled"
    end = decisions(installation, cast)[-1].window_end
    assert end is not None
    assert end.isoformat() == "2026-12-05T22:59:00+00:00"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"until": "day", "until_day": ""}, "Välj också en dag."),
        ({"until": "day", "until_day": "2026-01-01"}, "passerat"),
        ({"until": "day", "until_day": "igår"}, "igår"),
        ({"verdict": "changes"}, "Skriv vad"),
    ],
)
def test_a_decision_that_lacks_something_is_asked_about_and_its_words_kept(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int], wrong: dict[str, str], told: str
) -> None:
    number, browser = writing.submitted(installation, cast, [to["x"]]), browse(cast.approver)
    comment = "" if "verdict" in wrong else "Bra jobbat"
    base = {"verdict": "approve", "hash": state(installation, cast, number)[1].hash, "comment": comment}
    given = browser.post(f"~/items/{number}/review", base | wrong)
    assert given.status_code == 422
    assert comment in given.text
    assert told in unescape(given.text)
    assert not decisions(installation, cast)


def test_nobody_approves_their_own_words(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]], writer=cast.actor("approver"))
    browser = browse(cast.approver)
    page = browser.get(f"~/items/{number}/review").text
    assert 'value="approve"' not in page
    given = browser.post(
        f"~/items/{number}/review", {"verdict": "approve", "hash": state(installation, cast, number)[1].hash}
    )
    assert given.status_code == 403
    assert not decisions(installation, cast)


def test_a_writer_cannot_decide(browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    given = browse(cast.writer).post(
        f"~/items/{number}/review", {"verdict": "approve", "hash": state(installation, cast, number)[1].hash}
    )
    assert given.status_code == 403


def again(installation: Installation, cast: Cast, to: dict[str, int], clock: SetClock) -> int:
    """Sent back once, mended and sent in again."""
    number = writing.submitted(installation, cast, [to["x"]], text="en buss var tjugonde minut, alla dagar")
    approve.request_changes(
        installation, cast.actor("approver"), number, state(installation, cast, number)[1].hash, "femtonde!"
    )
    clock.forward(minutes=10)
    mended = writing.draft([to["x"]], text="en buss var femtonde minut, alla dagar", publish_at="2026-11-28T09:00")
    editing.save(installation, cast.actor("writer"), number, mended)
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    return number


def test_the_second_time_only_what_changed_is_shown_first(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    number = again(installation, cast, to, clock)
    page = browse(cast.approver).get(f"~/items/{number}/review").text
    assert "<del>tjugonde</del><ins>femtonde</ins>" in page
    assert page.index("Ändrat sedan du sist tog ställning") < page.index("Se hela") < page.index("look-x")
    assert "Tiden har ändrats sedan du sist tog ställning." in page
    assert "Ändrat sedan du sist" not in browse(cast.administrator).get(f"~/items/{number}/review").text


def test_the_mailed_link_shows_it_to_somebody_without_an_account(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    picture = writing.picture(installation, cast)
    writing.submitted(installation, cast, [to["mastodon"]], media=[PictureIn(id=picture, alt="En buss.")])
    reader, path = Reader(browse), link_in(installation, mail)
    given = reader.get(path)
    assert given.status_code == 200
    assert given.headers["Cache-Control"] == "no-store"
    assert "noindex" in given.headers["X-Robots-Tag"]
    shown = re.search(rf'src="({path}/pictures/[^"]+)"', unescape(given.text))
    assert shown
    with reader.get(shown[1]) as picture_of_it:
        assert picture_of_it.mimetype == "image/jpeg"
    assert reader.get(f"{path}/pictures/{'0' * 64}").status_code == 404


def test_a_scanner_that_follows_the_link_spends_nothing(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    path = link_in(installation, mail)
    for _ in range(5):
        browse().client.get(path)
        browse().client.head(path)
        assert (
            browse()
            .client.post(path, data={"verdict": "approve", "hash": state(installation, cast, number)[1].hash})
            .status_code
            == 400
        )
    assert not decisions(installation, cast)
    assert Reader(browse).post(path, verdict="approve").status_code == 200
    assert state(installation, cast, number)[0].state == "scheduled"


def test_the_link_decides_once(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    reader, path = Reader(browse), link_in(installation, mail)
    thanks = reader.post(path, verdict="approve", comment="Fint!")
    assert "Godkänt. Tack!" in thanks.text
    assert "fre 27 nov 07:30" in thanks.text
    said = decisions(installation, cast)[-1]
    assert (said.person_id, said.via, said.comment) == (cast.approver.id, "link", "Fint!")
    assert reader.get(path).status_code == 409
    schedule.cancel(installation, cast.actor("writer"), number)
    assert "Länken gäller inte längre" in reader.get(path).text
    assert len(decisions(installation, cast)) == 1


def test_sending_back_by_the_link_needs_a_word_and_costs_nothing_without_it(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    reader, path = Reader(browse), link_in(installation, mail)
    assert reader.post(path, verdict="changes", comment=" ").status_code == 422
    done = reader.post(path, verdict="changes", comment="Siffran är fel.")
    assert done.status_code == 200
    assert "Den som skrev får veta vad du sa." in done.text
    assert state(installation, cast, number)[0].state == "changes_requested"


def test_a_link_that_a_newer_mail_has_ended_says_so_and_the_newer_one_shows_the_new_text(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    path = link_in(installation, mail)
    editing.save(installation, cast.actor("writer"), number, writing.draft([to["x"]], text="Ny text, samma ärende."))
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    page = Reader(browse).get(path)
    assert page.status_code == 409
    assert "Du har fått ett nyare mejl om det här." in page.text
    assert "Ny text, samma ärende." in Reader(browse).get(link_in(installation, mail)).text


def test_a_used_link_shows_what_was_decided_and_how_it_stands(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    reader, path = Reader(browse), link_in(installation, mail)
    reader.post(path, verdict="approve")
    page = unescape(reader.get(path).text)
    assert "Du godkände ”" in page
    assert "Schemalagd" in page
    schedule.cancel(installation, cast.actor("writer"), number)
    assert "Avbruten" in reader.get(path).text


def test_embargo_and_a_time_that_has_passed_are_shown_to_the_approver(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, clock: SetClock, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]], embargo="2026-11-27T07:00")
    path = link_in(installation, mail)
    assert "Embargo: fre 27 nov 07:00" in mail.sent[-1].text
    for page in (Reader(browse).get(path).text, browse(cast.approver).get(f"~/items/{number}/review").text):
        assert "Embargo till fre 27 nov 07:00." in page
        assert 'value="approve"' in page
    clock.forward(hours=30)
    for page in (Reader(browse).get(path).text, browse(cast.approver).get(f"~/items/{number}/review").text):
        assert "Den tiden har passerat" in page
        assert 'value="approve"' not in page
    late = browse(cast.approver).post(
        f"~/items/{number}/review", {"verdict": "approve", "hash": state(installation, cast, number)[1].hash}
    )
    assert late.status_code == 409
    assert "Tiden har passerat." in late.text
    assert not decisions(installation, cast)


def test_the_leader_who_mends_a_word_is_told_who_decides_and_the_writer_accepts_it_with_one_press(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    leaving.remove_person(installation, cast.actor(), cast.reader.id)
    number = writing.submitted(installation, cast, [to["x"]])
    leader, writer = browse(cast.approver), browse(cast.writer)
    form = {
        "kind": "post",
        "channels": str(to["x"]),
        "text": "Gunnars egen text om linje 14.",
        "item": str(number),
        "publish_day": "2026-11-27",
        "publish_time": "07:30",
    }
    told = leader.post("~/write/check", form).json
    assert told["bar"]["press"] == "Spara, och be Karin Ek godta det"
    assert "Karin Ek får se vad som är ändrat" in told["problems"]
    leader.post(f"~/items/{number}/edit", form | {"do": "submit"})
    page = unescape(leader.get(f"~/items/{number}").text)
    assert "Väntar på att Karin Ek ska godta det som Gunnar Lind skrev." in page
    outbox.send_due(installation)
    assert mail.sent[-1].to == cast.writer.email
    assert f"/items/{number}" in mail.sent[-1].text
    assert "Godta det, så går det att godkänna" in writer.get("~/").text
    shown = unescape(writer.get(f"~/items/{number}").text)
    assert "<ins>Gunnars" in shown
    assert "Godta ändringen" in shown
    writer.post(f"~/items/{number}/accept", {"hash": state(installation, cast, number)[1].hash})
    assert "Väntar på Gunnar Lind." in leader.get(f"~/items/{number}").text
    leader.post(f"~/items/{number}/review", {"verdict": "approve", "hash": state(installation, cast, number)[1].hash})
    assert state(installation, cast, number)[0].state == "scheduled"


def test_what_nobody_can_approve_is_stopped_before_it_is_sent_and_red_on_the_first_page(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    with installation.store.write(EVERY_WORKSPACE) as session:
        for person in (cast.approver, cast.administrator, cast.writer):
            session.get_one(type(person), person.id).active = person is cast.administrator
        session.get_one(Item, number).author_id = None
        session.get_one(Revision, state(installation, cast, number)[0].revision_id).author_id = cast.administrator.id
    browser = browse(cast.administrator)
    assert "Ingen här kan godkänna det." in browser.get("~/").text
    assert "Ingen här kan godkänna det." in browser.get(f"~/items/{number}").text
    form = {
        "kind": "post",
        "channels": str(to["x"]),
        "text": "En text av den som är ensam.",
        "publish_day": "2026-11-27",
        "publish_time": "07:30",
    }
    told = browser.post("~/write/check", form).json["problems"]
    assert "Ingen här kan godkänna det här" in told
    assert "/people/" in told


@pytest.mark.parametrize("ending", ["expired", "password", "left", "unknown", "withdrawn"])
def test_a_link_that_is_over_says_so_and_decides_nothing(
    browse: Browse,
    installation: Installation,
    cast: Cast,
    mail: MailBag,
    clock: SetClock,
    to: dict[str, int],
    ending: str,
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    reader, path = Reader(browse), link_in(installation, mail)
    if ending == "expired":
        clock.forward(days=8)
    elif ending == "password":
        with installation.store.write(EVERY_WORKSPACE) as session:
            session.get_one(type(cast.approver), cast.approver.id).stamp = "another"
    elif ending == "left":
        with installation.store.write(EVERY_WORKSPACE) as session:
            session.get_one(type(cast.approver), cast.approver.id).active = False
    elif ending == "unknown":
        path = "/a/0123456789abcdef"
    else:
        editing.save(
            installation, cast.actor("writer"), number, writing.draft([to["x"]], text="Tillbaka till skrivbordet.")
        )
    given = reader.get(path)
    assert given.status_code in (404, 409)
    assert "Länken gäller inte längre" in given.text
    assert writing.TEXT not in given.text
    assert not decisions(installation, cast)


def test_a_person_who_wrote_it_cannot_approve_it_by_link_either(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    path = link_in(installation, mail)
    editing.save(
        installation, cast.actor("approver"), number, writing.draft([to["x"]], text="Gunnars egen text om linje 14.")
    )
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    page = Reader(browse).get(path)
    assert 'value="approve"' not in page.text


def test_the_link_speaks_the_language_of_the_one_it_was_sent_to(
    browse: Browse, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int]
) -> None:
    people.set_own(installation, cast.approver.id, language="en")
    writing.submitted(installation, cast, [to["x"]])
    assert "Send back" in Reader(browse).get(link_in(installation, mail)).text


def test_a_link_lives_a_week(browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]) -> None:
    writing.submitted(installation, cast, [to["x"]])
    with installation.store.read(cast.place.id) as session:
        (link,) = session.scalars(select(ApprovalLink)).all()
    assert link.expires_at - link.created_at == timedelta(days=7)


def test_the_link_shows_also_the_picture_that_was_taken_away(
    browse: Browse, installation: Installation, cast: Cast, clock: SetClock, mail: MailBag, to: dict[str, int]
) -> None:
    picture = writing.picture(installation, cast)
    number = writing.submitted(installation, cast, [to["mastodon"]], media=[PictureIn(id=picture, alt="En buss.")])
    approve.request_changes(
        installation, cast.actor("approver"), number, state(installation, cast, number)[1].hash, "Utan bild."
    )
    clock.forward(minutes=10)
    editing.save(installation, cast.actor("writer"), number, writing.draft([to["mastodon"]]))
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    reader, path = Reader(browse), link_in(installation, mail)
    gone = re.search(rf'diff-gone.*?src="({path}/pictures/[^"]+)"', unescape(reader.get(path).text), re.DOTALL)
    assert gone
    with reader.get(gone[1]) as picture_of_it:
        assert picture_of_it.mimetype == "image/jpeg"
