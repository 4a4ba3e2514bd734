"""Comments on the page of an item: names, words of the text, reminders; all of it without a script."""

from __future__ import annotations

from typing import Any

from tests.conftest import Cast
from tests.services.desk import draft, editing, look, submitted, written


def test_a_comment_about_words_stands_with_them_until_they_are_changed(browse: Any, cast: Cast) -> None:
    item = written(cast)
    browser = browse(cast.approver)
    given = browser.post(f"~/items/{item}/comment", {"comment": "Är det säkert?", "quote": "fler turer"})
    assert given.status_code == 303
    page = browser.get(f"~/items/{item}").text
    assert "Kommentarer</h2>" in page
    assert "<p>fler turer</p>" in page
    assert "Orden har ändrats" not in page
    channels = [int(number) for number in look(cast, item).channels.split(",") if number]
    changed = draft(channels, text="Något helt annat.")
    editing.save(cast.installation, cast.actor("writer"), item, changed)
    assert "Orden har ändrats" in browser.get(f"~/items/{item}").text


def test_words_that_do_not_stand_there_are_told_by_their_field_and_nothing_is_lost(browse: Any, cast: Cast) -> None:
    item = written(cast)
    given = browse(cast.approver).post(f"~/items/{item}/comment", {"comment": "Säkert?", "quote": "färre turer"})
    assert given.status_code == 422
    assert 'id="e-quote"' in given.text
    assert "Säkert?</textarea>" in given.text


def test_it_says_who_gets_to_know(browse: Any, cast: Cast) -> None:
    item = written(cast)
    browser = browse(cast.approver)
    given = browser.post(f"~/items/{item}/comment", {"comment": f"@{cast.writer.name}?"}, follow_redirects=True)
    assert f"{cast.writer.name} får veta det." in given.text


def test_the_writer_reminds_the_approver_who_cannot_remind_themselves(browse: Any, cast: Cast) -> None:
    item = submitted(cast)
    browser = browse(cast.writer)
    assert f"/items/{item}/remind" in browser.get(f"~/items/{item}").text
    given = browser.post(f"~/items/{item}/remind", follow_redirects=True)
    assert f"Ett mejl går till {cast.approver.name}." in given.text
    again = browser.post(f"~/items/{item}/remind")
    assert (again.status_code, "den senaste timmen" in again.text) == (409, True)
    assert f"/items/{item}/remind" not in browse(cast.approver).get(f"~/items/{item}").text


def test_everything_of_a_persons_is_reminded_of_from_today(browse: Any, cast: Cast) -> None:
    submitted(cast, text="Det ena.")
    submitted(cast, text="Det andra.")
    given = browse(cast.writer).post("~/remind", {"person": str(cast.approver.id)}, follow_redirects=True)
    assert "2 inlägg" in given.text


def test_when_mail_comes_is_chosen_on_ones_own_page(browse: Any, cast: Cast) -> None:
    browser = browse(cast.reader)
    assert browser.post("~/me/mail", {"mail_pace": "daily", "mail_hour": "9"}).status_code == 303
    page = browser.get("~/me/").text
    assert '<option value="daily" selected>' in page
    assert '<option value="9" selected>' in page
