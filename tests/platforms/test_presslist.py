"""The press list: one message per recipient, each with an outcome of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from commsched.core.content.model import Attachment
from commsched.core.content.release import LanguageVersion, Quote
from commsched.core.delivery.outcome import (
    Absent,
    CannotTell,
    Found,
    Handles,
    Outcome,
    Published,
    Rejected,
    Retry,
    Unknown,
)
from commsched.core.platform.contract import ChannelContext, ChannelView, ConnectError, Email, Mailer, Part
from commsched.mail.build import build
from commsched.mail.relay import mailer_for
from commsched.platforms._presslist import own
from commsched.platforms.presslist import PLATFORM
from commsched.services.contacts.lists import lines_of
from tests.channel_views import changed, channel_view

NOW = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
RELEASE = channel_view(
    kind="release",
    title="Ja till fler turer på landet",
    lead="Ingressen.",
    text="Regionen säger **ja**.",
    short="Notisen.",
    facts="- 41 000 resor",
    quotes=[Quote(text="Äntligen!", person="Karin Lund")],
    contact="Eva Sandström, 070-000 00 00",
    uid="0123456789abcdef" * 2,
    recipients=("red@lansbladet.example", "Nyheter <nyheter@radio.example>"),
)


@dataclass
class Bag(Mailer):
    """A relay that keeps what it gets."""

    answer: Outcome = field(default_factory=lambda: Published("x", detail="250 2.0.0 queued"))
    sent: list[Email] = field(default_factory=list)
    door: Outcome = field(default_factory=lambda: Published("relay"))
    sender: str = ""

    def send(self, message: Email) -> Outcome:
        self.sent.append(message)
        return self.answer

    def verify(self) -> Outcome:
        return self.door


def context(mailer: Mailer | None = None, addresses: str = "red@lansbladet.example", **settings: str) -> ChannelContext:
    return ChannelContext(
        channel=1,
        settings={"sender": "press@gruppen.example", "sender_name": "Regiongruppen"} | settings,
        secrets={"addresses": addresses},
        now=lambda: NOW,
        http=None,
        mailer=mailer,
        public_url="https://plan.example",
        workspace="gruppen",
    )


def levels(view: ChannelView) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"block": [], "warn": []}
    for problem in PLATFORM.check(view, {}):
        found[problem.level].append(problem.field)
    return found


def stored(view: ChannelView) -> Part:
    """The first recipient's part as it stands in the store: its Message-ID ends in the sender's domain."""
    part = PLATFORM.parts(view)[0]
    return replace(part, message_id=f"{part.message_id}@gruppen.example")


def test_addresses_are_read_however_they_were_pasted() -> None:
    pasted = 'Red@A <red@a.example>\n"Berg, Bo" <NYHETER@b.example>; x@c.example\n\nNamn;nyheter@B.example;SVT'
    parts = PLATFORM.parts(changed(RELEASE, recipients=lines_of(pasted)))
    assert [part.recipient for part in parts] == ["red@a.example", "NYHETER@b.example", "x@c.example"]


def test_every_entry_that_is_no_address_is_told_of_at_once_by_its_line() -> None:
    pasted = "red@a.example\n\nRedaktion@SVT\nsr.se\n" + "\n".join(f"nr {n}" for n in range(40))
    with pytest.raises(ConnectError) as told:
        PLATFORM.connect(context(Bag(), addresses=pasted))
    assert told.value.field == "addresses"
    assert "3: Redaktion@SVT; 4: sr.se; 5: nr 0" in str(told.value)
    assert str(told.value).endswith("(+22)")
    found = [p for p in PLATFORM.check(changed(RELEASE, recipients=lines_of(pasted)), {}) if p.field == "recipients"]
    assert len(found) == 1
    assert "3: Redaktion@SVT; 4: sr.se" in str(found[0].words)


def test_a_list_without_a_sender_of_its_own_can_be_left_and_speaks_in_the_offices_name() -> None:
    bag = Bag(sender="press@relay.example")
    there = replace(context(bag), settings={}, office_name="Regiongruppen Väst")
    PLATFORM.publish(stored(RELEASE), Handles(), there)
    (letter,) = bag.sent
    assert (letter.sender, letter.sender_name) == ("", "Regiongruppen Väst")
    assert letter.headers["List-Unsubscribe"] == "<mailto:press@relay.example?subject=unsubscribe>"
    assert letter.headers["Precedence"] == "bulk", "no out-of-office answers"
    assert letter.headers["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert "Auto-Submitted" not in letter.headers, "people wrote it"
    assert "avregistrera” till press@relay.example" in letter.text
    assert "mailto:press@relay.example?subject=unsubscribe" in letter.html


def test_the_mail_that_leaves_names_the_secret_of_its_reader() -> None:
    headers = own.leaving("https://a.example/n/b/u/" + "Ab-_" * 18, "press@a.example")
    assert headers["List-Unsubscribe"].endswith(f"<mailto:press@a.example?subject=unsubscribe%20{'Ab-_' * 18}>")


def test_each_recipient_is_a_part_with_a_name_that_stays_the_same() -> None:
    parts = PLATFORM.parts(RELEASE)
    assert [(part.number, part.role, part.recipient) for part in parts] == [
        (0, "recipient", "red@lansbladet.example"),
        (1, "recipient", "nyheter@radio.example"),
    ]
    edited = changed(RELEASE, title="Annan rubrik", recipients=("NYHETER@radio.example",))
    assert PLATFORM.parts(edited)[0].message_id == parts[1].message_id
    assert len({part.message_id for part in parts}) == 2
    other = PLATFORM.parts(changed(RELEASE, uid="f" * 32))
    assert other[0].message_id != parts[0].message_id
    assert all(len(part.key) <= 64 for part in parts)


def test_the_mail_carries_everything_a_newsroom_prints() -> None:
    bag = Bag()
    part = stored(RELEASE)
    outcome = PLATFORM.publish(part, Handles(), context(bag, reply_to="eva@gruppen.example", newsroom_link="1"))
    assert outcome == Published(part.message_id, detail="250 2.0.0 queued")
    (letter,) = bag.sent
    assert (letter.to, letter.subject, letter.message_id) == (
        "red@lansbladet.example",
        "Ja till fler turer på landet",
        part.message_id,
    )
    mail: Any = message_from_bytes(build(letter), policy=policy.default)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content()
        for words in (
            "Ingressen.",
            "Notisen.",
            "41 000 resor",
            "Äntligen!",
            "Karin Lund",
            "070-000 00 00",
            "https://plan.example/n/gruppen/ja-till-fler-turer-pa-landet-01234567",
        ):
            assert words in body, (kind, words)
    assert mail["List-Unsubscribe"] == "<mailto:eva@gruppen.example?subject=unsubscribe>"
    assert mail["From"] == "Regiongruppen <press@gruppen.example>"


def test_markup_in_a_release_cannot_run_in_a_mail_program() -> None:
    evil, bad = "<script>x</script><img src=y>", "javascript:x"
    view = changed(
        RELEASE,
        title=evil,
        lead=evil,
        text=evil,
        facts=evil,
        short=evil,
        contact=evil,
        link=bad,
        quotes=(Quote(text=evil, person=evil),),
    )
    html = PLATFORM.message(stored(view), context()).html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize("answer", [Retry("450 later"), Rejected("550 no", "address"), Unknown("lost")])
def test_what_the_relay_said_is_the_outcome(answer: Outcome) -> None:
    assert PLATFORM.publish(stored(RELEASE), Handles(), context(Bag(answer))) == answer


def test_one_recipient_that_fails_does_not_stop_the_next() -> None:
    assert PLATFORM.independent_parts


def test_a_lost_answer_goes_straight_to_a_person() -> None:
    part = stored(RELEASE)
    relay = mailer_for({"smtp_url": "smtp://127.0.0.1:9"}, Path("/nonexistent"))
    finding = PLATFORM.find(part, Handles(), NOW, context(relay))
    assert isinstance(finding, CannotTell)
    assert finding.final


def test_in_a_folder_of_files_it_can_be_looked_up(tmp_path: Path) -> None:
    part, there = stored(RELEASE), context(mailer_for({}, tmp_path))
    assert PLATFORM.find(part, Handles(), NOW, there) == Absent()
    assert isinstance(PLATFORM.publish(part, Handles(), there), Published)
    assert isinstance(PLATFORM.find(part, Handles(), NOW, there), Found)


def test_mail_that_has_left_cannot_be_taken_back() -> None:
    assert isinstance(PLATFORM.delete("x", context()), Rejected)


def test_a_good_release_is_let_through_without_a_word() -> None:
    assert levels(RELEASE) == {"block": [], "warn": []}


@pytest.mark.parametrize(
    ("change", "level", "field"),
    [
        ({"recipients": ()}, "block", "recipients"),
        ({"recipients": ("red@a.example", "inte en adress")}, "block", "recipients"),
        ({"title": " "}, "block", "title"),
        ({"title": "R" * 81}, "warn", "title"),
        ({"contact": ""}, "warn", "contact"),
        ({"text": " "}, "block", "text"),
    ],
)
def test_what_is_wrong_is_said_by_the_field_it_concerns(change: dict[str, Any], level: str, field: str) -> None:
    assert levels(changed(RELEASE, **change))[level] == [field]


def test_connecting_looks_at_every_address_and_knocks_without_sending() -> None:
    bag = Bag()
    account = PLATFORM.connect(context(bag, "a@b.example\nc@d.example"))
    assert (account.name, account.facts) == ("Regiongruppen", {"recipients": 2})
    assert bag.sent == []


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (context(Bag(), ""), "addresses"),
        (context(Bag(), "a@b.example\nnej"), "addresses"),
        (context(Bag(), sender="nej"), "sender"),
        (context(Bag(), reply_to="nej"), "reply_to"),
        (context(Bag(door=Rejected("535 5.7.8 no", "token"))), ""),
        (context(Bag(door=Retry("refused"))), ""),
        (context(None), ""),
    ],
)
def test_what_cannot_work_is_refused_when_connecting(made: ChannelContext, field: str) -> None:
    with pytest.raises(ConnectError) as refused:
        PLATFORM.connect(made)
    assert refused.value.field == field
    assert str(refused.value)


def test_the_relays_password_is_not_the_lists() -> None:
    """A relay that refuses the sign-in is waited for: nothing was sent, and no list must be connected again."""
    on = context(Bag(Rejected("535 5.7.8 Error: authentication failed", "token")))
    [part] = PLATFORM.parts(changed(RELEASE, recipients=("red@a.example",)))
    outcome = PLATFORM.publish(part, Handles(), on)
    assert outcome == Retry("535 5.7.8 Error: authentication failed", whole_channel=True, by_relay=True)
    refused = context(Bag(Rejected("550 5.1.1 no such user", "address")))
    assert PLATFORM.publish(part, Handles(), refused) == Rejected("550 5.1.1 no such user", "address")


def test_the_addresses_are_a_secret() -> None:
    (setting,) = [one for one in PLATFORM.settings if one.key == "addresses"]
    assert setting.secret
    assert set(setting.aliases) == {"recipients", "emails"}


EMBARGO = changed(RELEASE, embargo="2026-12-01T09:00:00Z", preview_url="https://plan.example/e/hemligt")
NOTICE = "Embargo till tisdag 1 december kl. 10.00"


def mail_of(view: ChannelView, now: datetime = NOW, **settings: str) -> Email:
    on = context(Bag(), **settings)
    on.zone, on.now = "Europe/Stockholm", lambda: now
    return PLATFORM.message(PLATFORM.parts(view)[0], on)


def test_an_embargo_stands_first_in_the_subject_the_text_and_the_html() -> None:
    letter = mail_of(EMBARGO)
    assert letter.subject == f"{NOTICE}: Ja till fler turer på landet"
    assert letter.text.startswith(f"{NOTICE}\n\nPRESSMEDDELANDE\n\n")
    body = letter.html.partition("<body")[2].partition(">")[2]
    first = re.sub(r"<[^>]*>", "", body).strip().partition("\n")[0]
    assert first == NOTICE
    assert f"<title>{NOTICE}: " in letter.html


def test_the_notice_is_in_the_language_of_the_item_and_by_the_clock_of_the_office() -> None:
    english = mail_of(changed(EMBARGO, language="en", embargo="2027-01-07T22:30:00Z"))
    assert english.subject.startswith("Embargo until Thursday 7 January 2027 at 23:30: ")


def test_under_embargo_the_mail_leads_to_the_secret_address_and_never_to_the_newsroom() -> None:
    letter = mail_of(EMBARGO, newsroom_link="1")
    for body in (letter.text, letter.html):
        assert "https://plan.example/e/hemligt" in body
        assert "/n/gruppen/" not in body
    without = mail_of(changed(EMBARGO, preview_url=""), newsroom_link="1")
    assert "/n/gruppen/" not in without.text + without.html


@pytest.mark.parametrize("after", [0, 1])
def test_no_mail_tells_of_an_embargo_that_has_passed(after: int) -> None:
    letter = mail_of(EMBARGO, datetime(2026, 12, 1, 9, 0, after, tzinfo=UTC), newsroom_link="1")
    assert letter.subject == "Ja till fler turer på landet"
    assert "mbargo" not in letter.text + letter.html
    assert "hemligt" not in letter.text + letter.html
    assert "https://plan.example/n/gruppen/" in letter.text


def test_a_press_list_may_carry_what_is_under_embargo_unless_a_person_says_no() -> None:
    assert PLATFORM.carries_embargo({})
    assert not PLATFORM.carries_embargo({"waits_for_embargo": "1"})


def test_a_mail_is_left_by_one_press_and_its_bounces_tell_whose_they_are() -> None:
    on = context(Bag(Published("250")))
    on.public_url, on.workspace = "https://press.example.org", "gruppen"
    on.settings |= {"verp": "1", "sender": "press@gruppen.example"}
    on.return_address = lambda sender, part: f"{sender.replace('@', f'+b{part}@')}"
    view = changed(RELEASE, recipients=("red@a.example", "p4@b.example"))
    page = "https://press.example.org/n/gruppen/u/x"
    parts = [
        replace(
            part,
            id=7 + part.number,
            message_id=f"{part.number}@press.example.org",
            leave=f"{page}{part.number}?a=1&b=2",
        )
        for part in PLATFORM.parts(view)
    ]
    assert list(PLATFORM.publish_all(parts, on, lambda: False)) == [Published(part.message_id) for part in parts]
    assert isinstance(on.mailer, Bag)
    first, second = on.mailer.sent
    assert (first.text, first.html) == (second.text, second.html), "one body for all, with gaps"
    for number, mail in enumerate((first, second)):
        assert mail.headers["List-Unsubscribe"].startswith(f"<{page}{number}?a=1&b=2>, <mailto:")
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.headers["List-Id"] == f"<press-{on.channel}.gruppen.press.example.org>"
        assert mail.envelope_from == f"press+b{7 + number}@gruppen.example"
        raw = message_from_bytes(build(mail), policy=policy.default)
        plain, html = raw.get_body(("plain",)), raw.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert f"{page}{number}?a=1&b=2" in plain.get_content()
        assert f'href="{page}{number}?a=1&amp;b=2"' in html.get_content()
    assert PLATFORM.message(parts[1], on) == second


def test_each_reads_it_in_their_own_language_also_in_one_group() -> None:
    english = LanguageVersion(
        language="en", title="Yes to more buses", lead="The lead.", text="The region says **yes**."
    )
    view = changed(RELEASE, versions=[english])
    bag = Bag()
    tongues = ("", "en-GB", "sv", "de", "en")
    parts = [replace(PLATFORM.parts(view)[0], language=tongue, message_id=f"m{tongue}@a.example") for tongue in tongues]
    letters = PLATFORM._messages(parts, context(bag, newsroom_link="1"))
    titles = [letter.subject for letter in letters]
    assert titles == [RELEASE.content.title, "Yes to more buses", *[RELEASE.content.title] * 2, "Yes to more buses"]
    for letter in letters:
        is_english = letter.subject.startswith("Yes")
        assert ("The region says yes." in letter.text, 'lang="en"' in letter.html) == (is_english, is_english)
        assert ("PRESS RELEASE" in letter.text) == is_english
        assert "ja-till-fler-turer-pa-landet-01234567" in letter.text, "the newsroom's address is one"


def test_the_pictures_caption_stands_below_it_with_who_took_it() -> None:
    shot = Attachment(sha256="0" * 64, alt="En buss", title="Den nya bussen.", credit="Anna Ek")
    letter = PLATFORM.message(PLATFORM.parts(changed(RELEASE, pictures=[shot]))[0], context(Bag()))
    assert "\n\n[En buss]\nDen nya bussen. Foto: Anna Ek\n" in letter.text


def test_no_pictures_are_promised_where_there_are_none() -> None:
    shot = Attachment(sha256="0" * 64)
    words = [
        PLATFORM.message(PLATFORM.parts(view)[0], context(Bag(), newsroom_link="1")).text
        for view in (RELEASE, changed(RELEASE, pictures=[shot], attachments=[shot]))
    ]
    assert ["Bilder i tryckkvalitet och texten (zip)" in text for text in words] == [False, True]
    assert "Texten som filer (zip): " in words[0]
