"""A list of people is rows: encrypted, each address once, found without being decrypted, and it says what it said."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import select, update

from commsched.bootstrap import open_installation
from commsched.core.content.model import addresses_digest
from commsched.core.text.messages import Invalid
from commsched.services.channels import connect, directory, list_editing, manage
from commsched.services.contacts import lists
from commsched.services.content import check, compose
from commsched.services.kernel import members
from commsched.services.kernel.context import Installation
from commsched.store.models import AuditEntry, Channel, ListRecipient
from commsched.store.vault import Vault
from tests import writing
from tests.conftest import Cast, SetClock
from tests.publications import channel

PASTED = (
    "Namn;Tidning;E-post\nBerg, Bo;Länsbladet;bo@lansbladet.example\n\n"
    "Red <red@tidning.example>\nRED@tidning.example\np4@radio.example, tips@radio.example"
)
PEOPLE = ("bo@lansbladet.example", "red@tidning.example", "p4@radio.example", "tips@radio.example")


def pasted(cast: Cast, text: str = PASTED) -> int:
    return connect.connect(cast.installation, cast.actor(), "presslist", "Pressen", {"addresses": text}).id


def old_list(cast: Cast, text: str = PASTED) -> int:
    """A list as an earlier version kept it."""
    sealed = cast.installation.vault.seal_map({"addresses": text})
    return channel(cast.installation, cast.place.id, "presslist", name="Från förr", secrets=sealed)


def rows(cast: Cast, number: int) -> list[ListRecipient]:
    wanted = select(ListRecipient).where(ListRecipient.channel_id == number).order_by(ListRecipient.id)
    with cast.installation.store.read(cast.place.id) as session:
        return list(session.scalars(wanted))


def kept(cast: Cast, number: int) -> Channel:
    return directory.get(cast.installation, cast.place.id, number)


def active(cast: Cast, number: int) -> list[str]:
    return [cast.installation.vault.unseal(row.address) for row in rows(cast, number) if row.state == "active"]


def test_each_address_is_a_row_of_its_own_that_nobody_reads_without_the_key(cast: Cast) -> None:
    number = pasted(cast)
    assert active(cast, number) == list(PEOPLE)
    assert kept(cast, number).secrets == ""
    assert kept(cast, number).list_digest == addresses_digest(list(lists.lines_of(PASTED)))
    assert kept(cast, number).facts == {"recipients": 4}
    for row in rows(cast, number):
        assert "@" not in f"{row.address}{row.entry}{row.blind}"
        assert (row.source, row.since, row.workspace_id) == ("pasted", cast.installation.now(), cast.place.id)


def test_an_address_is_found_by_a_keyed_hash_whatever_its_case(cast: Cast, tmp_path: Path) -> None:
    vault = cast.installation.vault
    (row,) = [row for row in rows(cast, pasted(cast)) if row.blind == vault.blind(" RED@Tidning.example")]
    assert vault.unseal(row.address) == "red@tidning.example"
    assert Vault.open(tmp_path / "another.key").blind("red@tidning.example") != row.blind


def test_the_list_is_shown_as_it_was_written(cast: Cast) -> None:
    shown = list_editing.open_list(cast.installation, cast.actor(), pasted(cast)).splitlines()
    written = PASTED.splitlines()
    assert shown == [*written[:4], "", written[5]], "what is named twice stands there once"


def test_who_stays_on_a_changed_list_keeps_the_day_they_came(cast: Cast, clock: SetClock) -> None:
    number, first = pasted(cast), cast.installation.now()
    clock.forward(days=3)
    list_editing.change_list(cast.installation, cast.actor(), number, "p4@radio.example\nny@radio.example")
    assert [(row.since, row.position) for row in rows(cast, number)] == [(first, 1), (clock.at, 2)]
    assert active(cast, number) == ["p4@radio.example", "ny@radio.example"]
    assert kept(cast, number).facts == {"recipients": 2}


def test_what_is_approved_stands_when_nobody_has_changed_the_list(cast: Cast) -> None:
    number = pasted(cast)
    before = kept(cast, number).list_digest
    connect.reconnect(cast.installation, cast.actor(), number, {"sender_name": "Regiongruppen"})
    shown = list_editing.open_list(cast.installation, cast.actor(), number)
    list_editing.change_list(cast.installation, cast.actor(), number, shown)
    assert kept(cast, number).list_digest == before
    assert active(cast, number) == list(PEOPLE)
    list_editing.change_list(cast.installation, cast.actor(), number, f"{shown}\nny@radio.example")
    assert kept(cast, number).list_digest != before


def test_who_has_left_stays_away_however_often_the_list_is_pasted(cast: Cast) -> None:
    number = pasted(cast)
    with cast.installation.store.write(cast.place.id) as session:
        assert lists.leave(cast.installation, session, number, "Red@tidning.example", "unsubscribed")
        assert not lists.leave(cast.installation, session, number, "nobody@tidning.example", "unsubscribed")
    list_editing.change_list(cast.installation, cast.actor(), number, f"{PASTED}\nny@radio.example")
    assert "red@tidning.example" not in active(cast, number)
    assert len(active(cast, number)) == len(PEOPLE)
    (gone,) = [row for row in rows(cast, number) if row.state == "unsubscribed"]
    assert (gone.address, gone.entry) == ("", ""), "nothing is kept but what knows them again"


def test_who_is_forgotten_is_gone_without_a_trace(cast: Cast) -> None:
    number = pasted(cast)
    before = kept(cast, number).list_digest
    assert list_editing.forget(cast.installation, cast.actor(), number, "p4@radio.example")
    assert not list_editing.forget(cast.installation, cast.actor(), number, "p4@radio.example")
    assert kept(cast, number).facts == {"recipients": 3}
    assert cast.installation.vault.blind("p4@radio.example") not in {row.blind for row in rows(cast, number)}
    assert "tips@radio.example" in list_editing.open_list(cast.installation, cast.actor(), number)
    assert "p4@" not in list_editing.open_list(cast.installation, cast.actor(), number)
    assert kept(cast, number).list_digest == before, "nobody must approve that fewer are written to"
    with cast.installation.store.read(cast.place.id) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "channel.recipient_forgotten")).all()
    assert len(told) == 1
    assert "radio" not in str(told[0].facts)


def test_a_channel_out_of_use_has_forgotten_everybody(cast: Cast) -> None:
    number = pasted(cast)
    manage.archive(cast.installation, cast.actor(), number)
    assert rows(cast, number) == []
    assert kept(cast, number).list_digest == ""


def test_a_check_decrypts_no_more_than_one_and_complains_by_the_line(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = old_list(cast, "\n".join([*(f"red{n}@tidning.example" for n in range(50)), "", "Redaktion@SVT", "sr.se"]))
    complaints = _complaints(cast, number)
    assert "52: Redaktion@SVT; 53: sr.se" in complaints
    lists.take_over_all(cast.installation, "presslist")
    seen: list[str] = []
    unseal = Vault.unseal
    monkeypatch.setattr(Vault, "unseal", lambda self, sealed: (seen.append(sealed), unseal(self, sealed))[1])
    assert _complaints(cast, number) == complaints
    assert len(seen) == 3


def _complaints(cast: Cast, number: int) -> str:
    with cast.installation.store.read(cast.place.id) as session:
        draft = writing.draft([number], kind="release", title="Rubrik", contact="Eva")
        place = members.workspace_of(session, cast.actor())
        content = compose.content_from(cast.installation, session, place, draft)
        (checked,) = check.check(cast.installation, session, content)
    return " ".join(str(one.words) for one in checked.problems)


def test_an_old_list_becomes_rows_and_says_what_it_said(cast: Cast) -> None:
    number = old_list(cast)
    before = lists.digest(cast.installation, kept(cast, number))
    assert lists.take_over_all(cast.installation, "presslist") == 1
    assert lists.take_over_all(cast.installation, "presslist") == 0
    assert kept(cast, number).secrets == ""
    assert kept(cast, number).list_digest == before
    assert active(cast, number) == list(PEOPLE)
    assert {row.source for row in rows(cast, number)} == {"migrated"}


def test_a_crash_between_two_lists_loses_neither(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = old_list(cast), old_list(cast, "annan@tidning.example")
    keep = lists.keep

    def crash(installation: Installation, there: lists.Rows, number: int, *rest: object) -> None:
        keep(installation, there, number, *rest)  # type: ignore[arg-type]
        if number == second:
            raise KeyboardInterrupt

    monkeypatch.setattr(lists, "keep", crash)
    with pytest.raises(KeyboardInterrupt):
        lists.take_over_all(cast.installation, "presslist")
    monkeypatch.setattr(lists, "keep", keep)
    assert active(cast, first) == list(PEOPLE)
    assert rows(cast, second) == []
    assert list_editing.open_list(cast.installation, cast.actor(), second) == "annan@tidning.example"
    assert lists.take_over_all(cast.installation, "presslist") == 1
    assert active(cast, second) == ["annan@tidning.example"]


def test_an_office_whose_key_does_not_fit_opens_all_the_same(
    cast: Cast, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    number = old_list(cast)
    (cast.installation.home / "secret.key").unlink()
    with caplog.at_level(logging.WARNING, "commsched"):
        opened = open_installation(cast.installation.home, url=cast.installation.store.url)
    assert directory.get(opened, cast.place.id, number).secrets
    opened.store.close()
    assert f"channel {number} is still one secret" in caplog.text
    assert "@" not in caplog.text


def test_opening_an_office_makes_its_old_lists_rows(cast: Cast) -> None:
    number = old_list(cast)
    open_installation(cast.installation.home, url=cast.installation.store.url).store.close()
    assert active(cast, number) == list(PEOPLE)


def test_a_list_changed_meanwhile_is_left_to_whoever_changed_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    number, seal = old_list(cast), lists.seal

    def while_it_changes(installation: Installation, text: str) -> lists.SealedList:
        if text == PASTED:
            newer = installation.vault.seal_map({"addresses": "ny@tidning.example"})
            with installation.store.write(cast.place.id) as session:
                session.execute(update(Channel).where(Channel.id == number).values(secrets=newer))
        return seal(installation, text)

    monkeypatch.setattr(lists, "seal", while_it_changes)
    assert lists.take_over_all(cast.installation, "presslist") == 0
    assert lists.take_over_all(cast.installation, "presslist") == 1
    assert active(cast, number) == ["ny@tidning.example"]


def test_a_list_is_never_empty(cast: Cast) -> None:
    with pytest.raises(Invalid):
        list_editing.change_list(cast.installation, cast.actor(), pasted(cast), "  \n")
