"""Writing in the composer, as a plain form and as the scripts use it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from commsched.core.content.draft import PictureIn, VariantIn
from commsched.core.content.model import MAX_TEXT
from commsched.services.accounts import people
from commsched.services.content import items, times
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing, schedule
from commsched.store.models import AuditEntry, Item, Revision, Workspace
from tests import writing
from tests.conftest import Browser, Cast, SetClock

Browse = Callable[..., Browser]


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def writer(browse: Browse, cast: Cast) -> Browser:
    return browse(cast.writer)


def form(page: str, begins: str = 'id="composer"') -> dict[str, Any]:
    """The composer's fields as a browser would send them back."""
    inside = page[page.index(begins) :]
    inside = inside[: inside.index("</form>")]
    made: dict[str, Any] = {}
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', inside, re.S):
        made.setdefault(name, []).append(unescape(value))
    for tag in re.findall(r"<input[^>]*>", re.sub(r"<template.*?</template>", "", inside, flags=re.S)):
        kind = re.search(r'type="(\w+)"', tag)
        if kind and (kind[1] in ("file",) or (kind[1] in ("checkbox", "radio") and "checked" not in tag)):
            continue
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            made.setdefault(name[1], []).append(unescape(value[1]) if value else "on")
    made.pop("alt-0", None)
    return made


def latest(installation: Installation, cast: Cast) -> tuple[Item, Revision]:
    with installation.store.read(cast.place.id) as session:
        item = session.scalars(select(Item).order_by(Item.id.desc()).limit(1)).one()
        return item, items.current(session, item)


def count(installation: Installation, cast: Cast, what: Any) -> int:
    with installation.store.read(cast.place.id) as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def item_of(installation: Installation, cast: Cast, number: int) -> Item:
    with installation.store.read(cast.place.id) as session:
        return items.load(session, number)


def post(**values: Any) -> dict[str, Any]:
    return {"kind": "post", "text": writing.TEXT, "language": "sv", "do": "save"} | values


def test_a_new_draft_is_saved_with_all_that_was_typed(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    given = writer.post(
        "~/write",
        post(
            channels=[to["mastodon"], to["x"]],
            own=[to["x"]],
            **{f"own-{to['x']}": "Kort."},
            **{f"opt-{to['mastodon']}-visibility": "unlisted"},
            publish_day="2026-11-27",
            publish_time="7.30",
            link="https://gruppen.example.org/linje14",
            **{"source-text": ["Beslut § 112", ""], "source-url": ["https://gruppen.example.org/112", ""]},
        ),
    )
    assert given.status_code == 303
    item, revision = latest(installation, cast)
    content = revision.parsed()
    assert content.text_on(to["x"]) == "Kort."
    assert content.on(to["mastodon"]).options == {"visibility": "unlisted"}
    assert item.wall_time == "2026-11-27T07:30"
    assert revision.sources == [{"text": "Beslut § 112", "url": "https://gruppen.example.org/112"}]


def test_a_release_keeps_each_of_its_parts(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    writer.post(
        "~/write",
        {
            "kind": "release",
            "genre": "debattartikel",
            "title": "Fler turer",
            "lead": "Ingress",
            "text": "Brödtext",
            "short": "Notis",
            "facts": "Fakta",
            "contact": "Karin",
            "language": "sv",
            "channels": [to["newsroom"]],
            "quote-text": ["Äntligen!", ""],
            "quote-person": ["Gunnar Lind", ""],
            "embargo_day": "2026-11-30",
            "embargo_time": "06:00",
            "do": "save",
        },
    )
    said = latest(installation, cast)[1].parsed()
    assert (said.genre, said.lead, said.short, said.facts, said.contact) == (
        "debattartikel",
        "Ingress",
        "Notis",
        "Fakta",
        "Karin",
    )
    assert [(quote.text, quote.person) for quote in said.quotes] == [("Äntligen!", "Gunnar Lind")]
    assert said.embargo == "2026-11-30T05:00:00Z"


def test_opening_and_saving_changes_nothing(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    picture = writing.picture(installation, cast)
    number = editing.create(
        installation,
        cast.actor("writer"),
        writing.draft(
            list(to.values()),
            media=[PictureIn(id=picture, alt="En buss.")],
            latest_at="2026-11-27T12:00",
            variants={
                str(to["facebook"]): VariantIn(options={"first_comment": "Mer här"}),
                str(to["x"]): VariantIn(text="Kort"),
            },
        ),
    )
    before = latest(installation, cast)
    shown = form(writer.get(f"~/items/{number}/edit").text)
    assert writer.post(f"~/items/{number}/edit", shown | {"do": "save"}).status_code == 303
    after = latest(installation, cast)
    assert after[1].parsed() == before[1].parsed()
    assert after[1].number == before[1].number == 1
    assert items.stamp(after[0]) == items.stamp(before[0])


def test_an_emoji_of_several_parts_and_a_hard_space_survive_the_form(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    text = "👩‍👧 betalar 10\u00a0000 kr\u202fper år"
    writer.post("~/write", post(text=text, channels=[to["mastodon"]]))
    assert latest(installation, cast)[1].parsed().text == text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"publish_day": "2026-11-27", "publish_time": ""}, "Välj också ett klockslag."),
        ({"publish_day": "", "publish_time": "07:30"}, "Välj också en dag."),
        ({"publish_day": "2026-11-27", "publish_time": "halv åtta"}, "inget klockslag"),
        ({"publish_day": "2027-03-28", "publish_time": "02:30"}, "finns inte"),
        ({"publish_day": "2026-10-25", "publish_time": "02:30"}, "två gånger"),
        ({"title": "x" * 501}, "Högst 500 tecken"),
        ({"genre": "dikt"}, "Det här gick inte att läsa."),
        ({"language": "klingonska!"}, "Det här gick inte att läsa."),
    ],
)
def test_bad_input_gets_a_sentence_and_everything_typed_stays(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int], wrong: dict[str, str], told: str
) -> None:
    given = writer.post(
        "~/write", post(channels=[to["mastodon"]], **{"source-text": "Beslut § 112", "source-url": ""}) | wrong
    )
    assert given.status_code == 422
    assert told in unescape(given.text)
    shown = form(given.text)
    assert shown["text"] == [writing.TEXT]
    assert shown["source-text"][0] == "Beslut § 112"
    for name, value in wrong.items():
        if name not in ("genre", "language"):
            assert shown[name] == [value]
    assert count(installation, cast, Item) == 0


def test_a_text_of_a_million_characters_is_refused_and_given_back(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    text = "x" * 1_000_000
    given = writer.post("~/write", post(text=text, channels=[to["mastodon"]]))
    assert given.status_code == 422
    assert "alldeles för lång" in given.text
    assert f"{MAX_TEXT}" in given.text
    assert text in given.text
    assert count(installation, cast, Item) == 0


def test_the_hour_that_comes_twice_is_asked_about_and_the_answer_kept(
    writer: Browser, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    typed = post(channels=[to["mastodon"]], publish_day="2027-10-31", publish_time="02:30")
    asked = writer.post("~/write", typed)
    buttons = re.findall(r'name="do" value="(time:[^"]+)"', asked.text)
    assert len(buttons) == 2
    assert writer.post("~/write", typed | {"do": buttons[1]}).status_code == 303
    item = latest(installation, cast)[0]
    assert item.publish_at is not None
    assert item.publish_at.isoformat() == "2027-10-31T01:30:00+00:00"
    shown = form(writer.get(f"~/items/{item.id}/edit").text)
    writer.post(f"~/items/{item.id}/edit", shown | {"do": "save"})
    assert item_of(installation, cast, item.id).publish_at == item.publish_at


def test_the_hour_that_does_not_exist_offers_the_two_around_it(writer: Browser, to: dict[str, int]) -> None:
    given = writer.post("~/write", post(channels=[to["mastodon"]], publish_day="2027-03-28", publish_time="02:30"))
    assert [button[-14:] for button in re.findall(r'name="do" value="(time:[^"]+)"', given.text)] == [
        "00:30:00+00:00",
        "01:30:00+00:00",
    ]


@pytest.mark.parametrize("day", ["2027-10-31", "2027-03-28"])
def test_a_time_that_must_be_answered_stops_it_and_says_so_at_its_field(
    writer: Browser, to: dict[str, int], day: str
) -> None:
    typed = post(channels=[to["mastodon"]], publish_day=day, publish_time="02:30")
    told = writer.post("~/write/check", typed).get_json()
    assert "Inget stoppar" not in told["problems"]
    assert "1 sak stoppar" in told["problems"]
    assert f"{day} 02:30" in told["problems"]
    assert f"{day} 02:30" in told["faults"]["publish_at"]
    assert told["bar"]["words"] == "Tiden är inte klar än: svara vid fältet för tid."
    opened = writer.get(f"~/write?at={day}T02:30").text
    assert "time:" in opened
    assert 'id="e-publish_at"' in opened


def test_a_first_release_goes_to_the_newsroom_and_a_first_post_to_no_list(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    papers = writing.press_list(installation, cast)
    assert form(writer.get("~/write?kind=release").text)["channels"] == [str(to["newsroom"])]
    assert form(writer.get("~/write").text)["channels"] == [str(to[one]) for one in to]
    writer.post("~/write", post(kind="release", title="Fler turer", channels=[to["newsroom"], to["x"], papers]))
    again = form(writer.get("~/write?kind=release").text)["channels"]
    assert again == [str(to["x"]), str(to["newsroom"])], "a list of people is never chosen by itself"
    assert form(writer.get("~/write").text)["channels"] == [str(to[one]) for one in to]


def test_two_people_saving_at_once_lose_nothing(
    writer: Browser, browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["mastodon"]]))
    astrid = browse(cast.administrator)
    mine, theirs = (form(one.get(f"~/items/{number}/edit").text) for one in (writer, astrid))
    other = astrid.post(f"~/items/{number}/edit", theirs | {"text": "Astrids text", "do": "save"})
    assert other.status_code == 303, other.text
    given = writer.post(f"~/items/{number}/edit", mine | {"text": "Karins text", "title": "Nytt namn", "do": "save"})
    assert given.status_code == 409
    for words in ("Astrid", "<ins>Karins</ins>", "<del>Astrids</del>", "Nytt namn"):
        assert words in given.text
    assert latest(installation, cast)[1].parsed().text == "Astrids text"


def test_after_a_conflict_one_chooses_part_by_part(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["mastodon"]]))
    mine = form(writer.get(f"~/items/{number}/edit").text)
    editing.save(
        installation, cast.actor("administrator"), number, writing.draft([to["mastodon"]], text="Astrids text")
    )
    page = writer.post(
        f"~/items/{number}/edit", mine | {"text": "Karins text", "title": "Nytt namn", "do": "save"}
    ).text
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp
    chosen = mine | {
        "text": "Karins text",
        "title": "Nytt namn",
        "stamp": stamp[1],
        "take-text": "text",
        "take-title": "",
    }
    assert writer.post(f"~/items/{number}/edit", chosen | {"do": "save"}).status_code == 303
    said = latest(installation, cast)[1].parsed()
    assert (said.text, said.title) == ("Astrids text", "Nytt namn")


def test_nothing_typed_is_lost_on_the_way_through_a_conflict(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["mastodon"]]))
    mine = form(writer.get(f"~/items/{number}/edit").text)
    editing.save(
        installation, cast.actor("administrator"), number, writing.draft([to["mastodon"]], text="Astrids text")
    )
    switched_off = {f"own-{to['mastodon']}": "Kort för Mastodon\n\noch en rad", f"own-{to['x']}": "Kort för X"}
    odd = {"facts": "  \nFakta", "publish_day": "2026-11-27", "publish_time": "07:30", "short": "Kort"}
    typed = mine | switched_off | odd | {"own": str(to["x"]), "text": "Karins text", "do": "save"}
    page = writer.post(f"~/items/{number}/edit", typed)
    assert page.status_code == 409
    asked = form(page.text, f'action="/w/gruppen/items/{number}/edit"')
    for name, value in (switched_off | odd).items():
        assert asked[name] == [value], name
    again = writer.post(f"~/items/{number}/edit", asked | {"take-own": "own", "do": "again"})
    for name, value in switched_off.items():
        assert form(again.text)[name] == [value], "also where the saved version's texts were chosen"
    assert "own" not in form(again.text)


def test_somebody_elses_new_time_or_source_is_not_saved_away(
    writer: Browser, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["mastodon"]])
    mine = form(writer.get(f"~/items/{number}/edit").text)
    clock.forward(minutes=1)
    schedule.move(installation, cast.actor("administrator"), number, "2026-11-27T09:00")
    given = writer.post(f"~/items/{number}/edit", mine | {"title": "Nytt namn", "do": "save"})
    assert given.status_code == 409
    assert "2026-11-27 09:00" in re.sub("<[^>]+>", "", given.text)
    assert item_of(installation, cast, number).wall_time == "2026-11-27T09:00"


def test_sending_in_saves_asks_the_approver_and_says_so(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    page = writer.get("~/write").text
    assert "Skicka till Gunnar Lind för godkännande" in page
    given = writer.post(
        "~/write", post(channels=[to["mastodon"]], publish_day="2026-11-27", publish_time="07:30", do="submit")
    )
    assert given.status_code == 303
    item = latest(installation, cast)[0]
    assert (item.state, item.schedule_on_approval) == ("in_review", True)


def test_what_stops_it_is_told_and_the_draft_is_saved_all_the_same(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    given = writer.post("~/write", post(text="x" * 600, channels=[to["mastodon"]], do="submit"))
    assert given.status_code == 422
    assert "Det är sparat, men kan inte skickas än." in given.text
    assert "Texten är för lång" in given.text
    item = latest(installation, cast)[0]
    assert item.state == "draft"
    assert f'action="/w/gruppen/items/{item.id}/edit"' in given.text
    assert form(given.text)["stamp"] == [items.stamp(item)]


def test_where_nobody_needs_to_approve_the_button_schedules(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    with installation.store.write(cast.place.id) as session:
        session.get_one(Workspace, cast.place.id).policy = {}
    day = {"publish_day": "2026-11-27", "publish_time": "07:30"}
    told = writer.post("~/write/check", post(channels=[to["mastodon"]], **day)).get_json()
    assert told["bar"]["press"] == "Schemalägg fre 27 nov 07:30"
    writer.post("~/write", post(channels=[to["mastodon"]], do="submit", **day))
    assert latest(installation, cast)[0].state == "scheduled"


def test_pictures_come_in_through_the_plain_form_and_stay_in_order(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    first = writing.picture(installation, cast, width=640)
    typed = post(channels=[to["mastodon"]], media=[first], **{f"alt-{first}": "En buss."})
    shown = form(
        writer.post(
            "~/write",
            typed
            | {
                "do": "again",
                "files": (io.BytesIO(writing.photo(tone=7)), "stämma.jpg"),
            },
            content_type="multipart/form-data",
        ).text
    )
    assert shown["media"][0] == str(first)
    second = shown["media"][1]
    shown = form(writer.post("~/write", typed | {"media": shown["media"], "do": f"up:{second}"}).text)
    assert shown["media"] == [second, str(first)]
    assert shown[f"alt-{first}"] == ["En buss."]
    shown = form(writer.post("~/write", typed | {"media": shown["media"], "do": f"drop:{second}"}).text)
    assert shown["media"] == [str(first)]
    assert count(installation, cast, Item) == 0


def test_a_file_that_is_no_picture_is_refused_by_name_and_the_text_stays(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    given = writer.post(
        "~/write",
        post(channels=[to["mastodon"]], files=(io.BytesIO(b"%PDF-1.7 nej"), "beslut.pdf")),
        content_type="multipart/form-data",
    )
    assert given.status_code == 422
    assert "beslut.pdf: " in given.text
    assert form(given.text)["text"] == [writing.TEXT]
    assert count(installation, cast, Item) == 0


def test_the_check_says_what_the_publisher_would_and_saves_nothing(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    told = writer.post(
        "~/write/check", post(text="y" * 300 + " https://gruppen.example.org", channels=list(to.values()))
    ).get_json()
    assert told["counts"][str(to["x"])] == {"count": 324, "limit": 280}
    assert "Texten är för lång för X" in told["problems"]
    assert "kostar 0,20 dollar" in told["previews"]
    assert count(installation, cast, Item) == 0


def test_the_check_never_breaks_on_nonsense(writer: Browser, to: dict[str, int]) -> None:
    told = writer.post(
        "~/write/check",
        {
            "kind": "sonnet",
            "channels": ["999", "x", "-1"],
            "media": ["12", "²"],
            "own-²": "x",
            "opt-1": "y",
            "publish_day": "förr",
            "publish_time": "99:99",
            "text": "<script>alert(1)</script>\x00",
        },
    )
    assert told.status_code == 200
    assert "<script>" not in told.get_json()["previews"]


def test_what_is_typed_is_shown_as_text_and_never_run(writer: Browser, to: dict[str, int]) -> None:
    text = '"><img src=x onerror=alert(1)> https://a.example/"onmouseover=x'
    told = writer.post(
        "~/write/check", post(kind="release", title=text, text=text, lead=text, channels=list(to.values()))
    ).get_json()
    assert "<img src=x" not in told["previews"]
    assert 'onmouseover=x"' not in told["previews"]


def test_autosave_makes_a_draft_of_what_has_something_in_it(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    assert writer.post("~/write/keep", post(text="  ", channels=[to["x"]])).get_json() == {"saved": False}
    assert count(installation, cast, Item) == 0
    told = writer.post("~/write/keep", post(text="Fler", channels=[to["x"]])).get_json()
    assert told["saved"]
    again = writer.post(told["keep"], post(text="Fler turer", channels=[to["x"]], stamp=told["stamp"])).get_json()
    assert again["id"] == told["id"]
    assert latest(installation, cast)[1].parsed().text == "Fler turer"


def test_autosave_meets_another_version_and_keeps_its_hands_off(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    told = writer.post("~/write/keep", post(channels=[to["x"]])).get_json()
    editing.save(installation, cast.actor("administrator"), told["id"], writing.draft([to["x"]], text="Astrids text"))
    given = writer.post(told["keep"], post(text="Karins text", channels=[to["x"]], stamp=told["stamp"]))
    assert given.status_code == 409
    assert given.get_json()["conflict"]
    assert latest(installation, cast)[1].parsed().text == "Astrids text"


def test_autosave_never_voids_an_approval(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["mastodon"]])
    approve.approve(installation, cast.actor("approver"), number, latest(installation, cast)[1].hash)
    given = writer.post(f"~/items/{number}/keep", post(text="Annat", channels=[to["mastodon"]])).get_json()
    assert given == {"saved": False, "live": True}
    assert item_of(installation, cast, number).state == "scheduled"
    assert "måste det godkännas på nytt" in writer.get(f"~/items/{number}/edit").text


def test_autosave_waits_for_a_time_half_typed_but_not_for_a_text_too_long(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    half = writer.post("~/write/keep", post(channels=[to["x"]], publish_day="2026-11-27")).get_json()
    assert half["saved"]
    huge = writer.post(
        half["keep"], post(text="x" * (MAX_TEXT + 1), channels=[to["x"]], stamp=half["stamp"])
    ).get_json()
    assert not huge["saved"]
    assert "text" in huge["faults"]
    assert latest(installation, cast)[1].parsed().text == writing.TEXT


def test_an_hour_of_autosaving_is_a_few_lines_in_the_record(
    writer: Browser, installation: Installation, cast: Cast, clock: SetClock, to: dict[str, int]
) -> None:
    told = writer.post("~/write/keep", post(text="0", channels=[to["x"]])).get_json()
    for minute in range(30):
        clock.forward(seconds=20)
        told = writer.post(
            told["keep"], post(text=f"version {minute}", channels=[to["x"]], stamp=told["stamp"])
        ).get_json()
        assert told["saved"]
    with installation.store.read(cast.place.id) as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.item_id == told["id"])).all()
    assert [line.action for line in lines] == ["item.created", "item.edited"]
    assert count(installation, cast, Revision) == 31


def test_a_channel_removed_meanwhile_does_not_stop_the_writer(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    assert writer.post("~/write", post(channels=[to["x"], 999], media=[77])).status_code == 303
    content = latest(installation, cast)[1].parsed()
    assert ([one.channel for one in content.channels], content.pictures) == ([to["x"]], [])


def test_a_new_item_goes_where_its_writer_last_went(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    writer.post("~/write", post(channels=[to["x"]]))
    assert form(writer.get("~/write").text)["channels"] == [str(to["x"])]


def test_the_calendar_can_open_a_new_item_on_a_day(writer: Browser) -> None:
    shown = form(writer.get("~/write?at=2026-12-03T18:00").text)
    assert (shown["publish_day"], shown["publish_time"]) == (["2026-12-03"], ["18:00"])


def test_what_is_out_is_not_opened_for_writing(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]]))
    with installation.store.write(cast.place.id) as session:
        items.load(session, number).state = "published"
    assert writer.get(f"~/items/{number}/edit").status_code == 303
    assert writer.post(f"~/items/{number}/edit", post(channels=[to["x"]])).status_code == 409


def test_with_nobody_to_approve_it_the_writer_is_told_before_pressing(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    alone = browse(cast.stranger, "distriktet")
    told = alone.post("~/write/check", post()).get_json()
    assert "Ingen här kan godkänna det här" in told["problems"]


def test_the_same_text_once_more_is_pointed_out(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]])
    told = writer.post("~/write/check", post(text=writing.TEXT.upper(), channels=[to["x"]])).get_json()
    assert f"/items/{number}" in told["problems"]


def test_an_untranslated_composer_is_not_shown_to_an_english_reader(
    browse: Browse, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    people.set_own(installation, cast.writer.id, language="en")
    page = browse(cast.writer).get("~/write").text
    for words in ("Send to Gunnar Lind for approval", "Save draft", "Sources"):
        assert words in page


def test_choices_on_a_channel_are_compared_in_the_platforms_own_words(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["mastodon"]]))
    mine = form(writer.get(f"~/items/{number}/edit").text)
    editing.save(
        installation, cast.actor("administrator"), number, writing.draft([to["mastodon"]], text="Astrids text")
    )
    page = writer.post(
        f"~/items/{number}/edit", mine | {f"opt-{to['mastodon']}-visibility": "private", "do": "save"}
    ).text
    assert "Följare" in page or "följare" in page
    assert "visibility" not in re.sub(r"<input[^>]*>", "", page)


def test_a_time_that_has_passed_stops_it_and_says_so_at_its_field_and_in_the_bar(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    typed = post(channels=[to["mastodon"]], publish_day="2026-11-20", publish_time="14:10")
    told = writer.post("~/write/check", typed).get_json()
    assert "1 sak stoppar" in unescape(told["problems"])
    assert unescape(told["problems"]).count("Den tiden har redan passerat.") == 1
    assert told["faults"]["publish_at"] == told["bar"]["words"] == "Den tiden har redan passerat."
    given = writer.post("~/write", typed | {"do": "submit"})
    assert given.status_code == 422
    assert latest(installation, cast)[0].state == "draft"


def test_saving_what_is_looked_at_leaves_it_with_whoever_approves(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["mastodon"]])
    shown = form(writer.get(f"~/items/{number}/edit").text)
    assert writer.post(f"~/items/{number}/edit", shown | {"text": "Ett annat ord, och fler turer."}).status_code == 303
    item, revision = latest(installation, cast)
    assert (item.state, item.schedule_on_approval) == ("in_review", True)
    assert revision.parsed().text == "Ett annat ord, och fler turer."
    with pytest.raises(items.Changed):
        approve.approve(installation, cast.actor("approver"), number, "0" * 64)


def test_as_soon_as_approved_is_written_without_a_script(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    typed = post(channels=[to["mastodon"]], when_approved="1")
    assert "så snart det är godkänt, i 1 kanal" in writer.post("~/write/check", typed).get_json()["bar"]["words"]
    assert writer.post("~/write", typed | {"do": "submit"}).status_code == 303
    item = latest(installation, cast)[0]
    assert (item.state, item.publish_at, item.when_approved) == ("in_review", None, True)
    assert form(writer.get(f"~/items/{item.id}/edit").text)["when_approved"] == ["1"]
    both = writer.post("~/write", typed | {"publish_day": "i morgon", "publish_time": "kl 8"})
    assert both.status_code == 422
    assert "Välj antingen en tid" in unescape(both.text)


def test_days_as_people_type_them_and_a_suggested_time_work_without_a_script(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    typed = post(channels=[to["mastodon"]], publish_day="tors 3 dec", publish_time="7,30")
    assert writer.post("~/write", typed).status_code == 303
    assert latest(installation, cast)[0].wall_time == "2026-12-03T07:30"
    wrong = writer.post("~/write", typed | {"publish_day": "tors 4 dec"})
    assert "en annan veckodag" in unescape(wrong.text)
    page = writer.get("~/write").text
    slots = re.findall(r'name="do" value="(slot:[^"]+)"', page)
    assert slots
    shown = form(writer.post("~/write", post(channels=[to["mastodon"]], do=slots[0])).text)
    assert f"{shown['publish_day'][0]}T{shown['publish_time'][0]}" == slots[0].removeprefix("slot:")


def test_a_channels_own_latest_time_is_written_in_the_composer(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = to["x"]
    own = {f"at-{number}_day": "2026-11-27", f"at-{number}_time": "9", f"span-{number}": "45"}
    day = {"publish_day": "2026-11-27", "publish_time": "7.30"}
    writer.post("~/write", post(channels=[to["mastodon"], number], **day, **own))
    item = latest(installation, cast)[0]
    assert form(writer.get(f"~/items/{item.id}/edit").text)[f"span-{number}"] == ["45"]
    with installation.store.read(cast.place.id) as session:
        slot = times.plan(session, items.load(session, item.id)).own[number]
    assert (slot.latest - slot.at).total_seconds() == 45 * 60


def test_a_link_that_is_no_address_is_refused_at_its_field_and_a_bare_one_is_made_whole(
    writer: Browser, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    typed = post(channels=[to["mastodon"]], link="ljungpartiet", do="submit")
    page = writer.post("~/write", typed | {"when_approved": "1"})
    assert page.status_code == 422
    assert (
        "”ljungpartiet” är ingen webbadress"
        in unescape(page.text)[unescape(page.text).index('data-fault="link"') :][:800]
    )
    item = latest(installation, cast)[0]
    assert item.state == "draft", "what was written is kept"
    again = writer.post(f"~/items/{item.id}/edit", typed | {"link": "ljungpartiet.se", "when_approved": "1"})
    assert again.status_code == 303
    row, revision = latest(installation, cast)
    assert (row.state, revision.parsed().link) == ("in_review", "https://ljungpartiet.se")
