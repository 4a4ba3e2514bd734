"""The calendar in a real browser: dragged, moved by keys alone, on a phone, without a script; and nothing for axe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commsched.services.workflow import pause
from tests.conftest import Cast, SetClock
from tests.e2e.conftest import wait_for
from tests.publications import channel
from tests.services.desk import approved, look, publish_what_is_due, scheduled, submitted, written


def chip(page: Any, item: int) -> Any:
    return page.locator(f".ev:has(#i{item})")


DRAG = """([item, day]) => {
  const chip = document.getElementById(`i${item}`).closest(".ev"), box = document.querySelector(`[data-day='${day}']`);
  const dataTransfer = new DataTransfer();
  const fire = (kind, on) => on.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
  fire("dragstart", chip);
  window.over = () => fire("dragover", box);
  window.drop = () => { fire("drop", box); fire("dragend", chip); };
}"""


def drag(page: Any, item: int, day: str, *, approved: bool = False) -> None:
    """The browser's own drag events, made here: a driven mouse loses its hold of a native drag on a busy machine."""
    page.goto("/w/gruppen/calendar/")
    with page.expect_response(lambda answer: answer.url.endswith(f"/{item}/move") and answer.request.method == "GET"):
        page.evaluate(DRAG, [item, day])
    taken = page.locator(f"[data-day='{day}'].over{' .over-say' if approved else ''}")

    def takes() -> bool:  # the page marks the day at once, and says what a drop means when it has asked
        page.evaluate("over()")
        return bool(taken.count())

    wait_for(page, takes)


def let_go(page: Any) -> None:
    page.evaluate("drop()")


def test_a_post_is_dragged_to_another_day(visit: Any, cast: Cast) -> None:
    item = written(cast)
    page = visit(cast.writer)
    drag(page, item, "2026-11-27")
    with page.expect_navigation():
        let_go(page)
    page.wait_for_selector("[data-live]:has-text('Flyttat till fre 27 nov 12:00.')", state="attached")
    assert look(cast, item).wall_time == "2026-11-27T12:00"
    assert page.locator("[data-day='2026-11-27']").locator(f"#i{item}").is_visible()


def test_a_drop_outside_the_approval_is_told_while_dragging_and_asked_about(visit: Any, cast: Cast) -> None:
    item = scheduled(cast)
    page = visit(cast.writer)
    drag(page, item, "2026-12-03", approved=True)
    assert page.locator(".over.outside .over-say").inner_text() == "Måste godkännas på nytt där"
    let_go(page)
    question = page.get_by_role("dialog")
    question.wait_for()
    assert "måste godkännas igen" in question.inner_text().lower() or "på nytt" in question.inner_text()
    assert look(cast, item).wall_time == "2026-11-26T12:00"
    with page.expect_navigation():
        page.get_by_role("button", name="Flytta och be om nytt godkännande").click()
    page.wait_for_selector(f"[data-day='2026-12-03'] #i{item}")
    assert (look(cast, item).wall_time, look(cast, item).state) == ("2026-12-03T12:00", "in_review")


def test_one_can_change_ones_mind_about_a_drop(visit: Any, cast: Cast) -> None:
    item = scheduled(cast)
    page = visit(cast.writer)
    drag(page, item, "2026-12-03", approved=True)
    let_go(page)
    page.get_by_role("button", name="Låt vara").click()
    page.wait_for_function(f"document.activeElement.id === 'i{item}'")
    assert look(cast, item).wall_time == "2026-11-26T12:00"


def test_the_arrow_keys_carry_a_post_and_enter_puts_it_down(visit: Any, cast: Cast) -> None:
    item = scheduled(cast)
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/")
    page.focus(f"#i{item}")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-live]:has-text('fredag 27 november')", state="attached")
    assert "Godkännandet gäller där" in page.locator("[data-live]").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-live]:has-text('står kvar')", state="attached")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-live]:has-text('fredag 27 november')", state="attached")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-day='2026-11-27'] #i{item}")
    assert look(cast, item).wall_time == "2026-11-27T12:00"
    page.wait_for_function(f"document.activeElement.id === 'i{item}'")


def test_the_dialog_is_opened_filled_in_and_sent_with_the_keys_alone(visit: Any, cast: Cast) -> None:
    item = written(cast)
    page = visit(cast.writer, language="en")
    page.goto("/w/gruppen/calendar/?view=list")
    page.focus(f"#i{item}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Move")
    dialog.wait_for()
    assert dialog.get_by_role("textbox", name="Day").get_attribute("data-iso") == "2026-11-26"
    dialog.get_by_label("Time").fill("15:45")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector(f"#i{item}")
    assert look(cast, item).wall_time == "2026-11-26T15:45"


def test_the_hour_that_does_not_exist_gives_two_buttons(visit: Any, cast: Cast) -> None:
    item = written(cast)
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/")
    chip(page, item).hover()
    chip(page, item).get_by_role("link", name="Flytta …").click()
    page.locator("#move-day").fill("2027-03-28")
    page.locator("#move-clock").fill("02:30")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="03:30 (CEST)").wait_for()
    with page.expect_navigation():
        page.get_by_role("button", name="03:30 (CEST)").click()
    assert look(cast, item).wall_time == "2027-03-28T03:30"


def test_a_phone_without_a_script_moves_with_the_plain_form(visit: Any, cast: Cast) -> None:
    item = written(cast)
    page = visit(cast.writer, phone=True, script=False)
    page.goto("/w/gruppen/calendar/")
    chip(page, item).get_by_role("link", name="Flytta …").click()
    page.locator("[name=clock]").fill("16:00")
    page.get_by_role("button", name="Flytta").click()
    page.wait_for_selector(".toast:has-text('Flyttat till')")
    assert look(cast, item).wall_time == "2026-11-26T16:00"


@pytest.fixture
def full(cast: Cast, clock: SetClock) -> Cast:
    """Something in every state, close together, with long names."""
    wall = channel(
        cast.installation, cast.place.id, "sandbox", name="Regiongruppens allra längsta kanalnamn på provväggen"
    )
    long = "Sjukvårdsupplysningsverksamhetens tillgänglighetsförbättringar " * 3
    ask = channel(
        cast.installation, cast.place.id, "sandbox", name="Krånglig", settings={"behaviour": "needs a person"}
    )
    scheduled(cast, channels=[wall], publish_at="2026-11-26T07:30")
    scheduled(
        cast, channels=[ask, wall], publish_at="2026-11-26T07:35", text="Ett inlägg som ingen vet om det gick ut."
    )
    clock.forward(hours=1)
    publish_what_is_due(cast.installation)
    clock.forward(minutes=2)
    publish_what_is_due(cast.installation)
    for n in range(7):
        scheduled(cast, channels=[wall], publish_at=f"2026-11-26T1{n}:05", text=f"{n} {long}")
    submitted(cast, channels=[wall], text=long, publish_at="2026-11-27T09:00")
    approved(cast, channels=[wall], then_schedule=False, text="Godkänt men inte schemalagt, om vården.")
    written(cast, channels=[wall], publish_at=None, text=long)
    return cast


PAGES = (
    "",
    "calendar/",
    "calendar/?view=week",
    "calendar/?view=list",
    "calendar/?state=review&q=vård",
    "calendar/share",
    "calendar/paper",
    "pause/",
)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(visit: Any, axe: Any, full: Cast, language: str, dark: bool) -> None:
    page = visit(full.approver, language=language, dark=dark)
    for path in PAGES:
        page.goto(f"/w/gruppen/{path}")
        axe(page)
    pause.pause(full.installation, full.actor("writer"), "Olycka vid bron")
    page.goto("/w/gruppen/pause/")
    axe(page)


def test_a_phone_of_360_points_shows_everything_without_scrolling_sideways(visit: Any, axe: Any, full: Cast) -> None:
    page = visit(full.writer, phone=True)
    for path in PAGES:
        page.goto(f"/w/gruppen/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        axe(page)


def test_the_first_page_follows_what_happens(visit: Any, cast: Cast) -> None:
    page = visit(cast.approver)
    page.clock.install()
    page.goto("/w/gruppen/")
    assert page.get_by_text("Inget väntar på någon").is_visible()
    submitted(cast)
    page.clock.fast_forward(6_000)
    page.get_by_text("Väntar på ditt ja").wait_for()


def test_everything_is_paused_and_resumed_from_the_page(visit: Any, cast: Cast, clock: SetClock) -> None:
    item = scheduled(cast)
    page = visit(cast.writer)
    page.goto("/w/gruppen/")
    page.get_by_role("link", name="Pausa allt …").click()
    page.locator("[name=reason]").fill("Olycka vid bron")
    page.get_by_role("button", name="Pausa allt nu").click()
    page.get_by_text("Olycka vid bron").first.wait_for()
    clock.at += timedelta(hours=5)
    publish_what_is_due(cast.installation)
    page.goto("/w/gruppen/pause/")
    page.get_by_role("button", name="Återuppta och fråga om det missade").click()
    page.get_by_role("button", name="Skicka nu").click()
    page.wait_for_selector(".toast")
    publish_what_is_due(cast.installation)
    assert look(cast, item).state == "published"


def test_a_day_that_has_passed_takes_no_post(visit: Any, cast: Cast) -> None:
    item = scheduled(cast)
    page = visit(cast.writer)
    drag(page, item, "2026-11-24", approved=True)
    assert page.locator(".over.outside .over-say").inner_text() == "Den tiden har redan passerat."
    let_go(page)
    page.locator("[data-cal-note]", has_text="Den tiden har redan passerat.").wait_for()
    assert page.get_by_role("dialog").count() == 0
    page.focus(f"#i{item}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("[data-live]:has-text('redan passerat')", state="attached")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.get_by_role("dialog").count() == 0
    assert look(cast, item).wall_time == "2026-11-26T12:00"


def test_the_first_day_stands_no_lower_than_120_points_on_a_small_laptop(visit: Any, cast: Cast) -> None:
    for minute in (5, 15):  # too close to each other, which is told within the bar
        scheduled(cast, channels=[channel(cast.installation, cast.place.id)], publish_at=f"2026-11-26T14:{minute:02}")
    page = visit(cast.writer)
    page.set_viewport_size({"width": 1280, "height": 800})
    for language in ("sv", "en"):
        page.goto("/w/gruppen/calendar/")
        banner = page.evaluate("document.querySelector('.banner')?.offsetHeight ?? 0")  # something is wrong, and said
        assert page.locator(".month .day").first.bounding_box()["y"] - banner <= 120, language
        assert page.locator(".cal-bar").bounding_box()["height"] <= 48
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert page.evaluate("document.querySelector('.day.today').getBoundingClientRect().top") < 800


def test_a_press_opens_the_post_beside_the_calendar_and_the_arrows_walk_on(visit: Any, axe: Any, cast: Cast) -> None:
    first, second = scheduled(cast), written(cast, publish_at="2026-11-27T09:00", text="Det andra inlägget.")
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/")
    page.locator(f"#i{first}").click()
    panel = page.locator("[data-panel]")
    panel.locator(".panel-head").wait_for()
    assert "I dag lägger vi fram" in panel.inner_text()
    axe(page)
    page.keyboard.press("ArrowRight")
    panel.get_by_role("heading", name="Det andra inlägget.").first.wait_for()
    assert page.locator(f".ev.open #i{second}").count() == 1
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    page.wait_for_function(f"document.activeElement.id === 'i{second}'")
    assert page.url.endswith("/calendar/")


def test_a_post_is_cancelled_in_the_panel_and_undone_from_the_toast(visit: Any, cast: Cast) -> None:
    item = scheduled(cast)
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/")
    page.focus(f"#i{item}")
    page.keyboard.press("Enter")
    panel = page.locator("[data-panel]")
    panel.locator("summary", has_text="Avbryt publiceringen").click()
    with page.expect_navigation():
        panel.get_by_role("button", name="Avbryt publiceringen").click()
    assert look(cast, item).state == "cancelled"
    with page.expect_navigation():
        page.locator(".toast").get_by_role("button", name="Ångra").click()
    page.wait_for_selector(f"#i{item}")
    assert look(cast, item).state == "scheduled"


def test_a_move_with_a_mouse_is_undone_with_one_press(visit: Any, cast: Cast) -> None:
    item = written(cast)
    page = visit(cast.writer)
    page.clock.install()
    drag(page, item, "2026-11-27")
    with page.expect_navigation():
        let_go(page)
    toast = page.locator(".toast", has_text="Flyttat till fre 27 nov 12:00.")
    toast.wait_for()
    page.clock.fast_forward(10_500)
    with page.expect_navigation():
        toast.get_by_role("button", name="Ångra").click()
    assert look(cast, item).wall_time == "2026-11-26T12:00"


def test_several_are_chosen_with_shift_or_x_and_moved_a_week_in_two_presses(visit: Any, axe: Any, cast: Cast) -> None:
    items = [written(cast, publish_at=f"2026-11-2{day}T09:00") for day in (6, 7, 8)]
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/")
    page.locator(f"#i{items[0]}").click(modifiers=["Shift"])
    page.locator(f"#i{items[1]}").click(modifiers=["Shift"])
    page.focus(f"#i{items[2]}")
    page.keyboard.press("x")
    assert page.locator("[data-count]").inner_text() == "3"
    with page.expect_navigation():
        page.locator("#several").get_by_role("button", name="Flytta").click()
    page.get_by_role("button", name="Flytta 3 inlägg").wait_for()
    axe(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Flytta 3 inlägg").click()
    assert [look(cast, item).wall_time for item in items] == [f"2026-12-0{day}T09:00" for day in (3, 4, 5)]


def test_several_are_chosen_in_the_list_without_a_script(visit: Any, cast: Cast) -> None:
    items = [written(cast, publish_at=f"2026-11-2{day}T09:00") for day in (6, 7)]
    page = visit(cast.writer, script=False)
    page.goto("/w/gruppen/calendar/?view=list")
    for item in items:
        page.locator(f"input[value='{item}'][name=item]").check()
    page.locator("#several").get_by_role("button", name="Flytta").click()
    page.get_by_role("button", name="Flytta 2 inlägg").click()
    page.wait_for_selector(".toast:has-text('2 inlägg är flyttade')")
    assert [look(cast, item).wall_time for item in items] == ["2026-12-03T09:00", "2026-12-04T09:00"]


def test_dragged_with_alt_a_copy_stands_there_and_the_original_where_it_was(visit: Any, cast: Cast) -> None:
    item = written(cast)
    page = visit(cast.writer)
    drag(page, item, "2026-11-27")
    page.evaluate(
        """(day) => {
      const box = document.querySelector(`.day[data-day='${day}']`), dataTransfer = new DataTransfer();
      box.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, altKey: true, dataTransfer }));
    }""",
        "2026-11-27",
    )
    page.wait_for_selector("[data-day='2026-11-27'] .ev")
    assert look(cast, item).wall_time == "2026-11-26T12:00"
    assert page.locator("[data-day='2026-11-27'] time").inner_text() == "12:00"


def test_more_weeks_come_when_one_scrolls_to_the_end(visit: Any, cast: Cast) -> None:
    page = visit(cast.writer)
    page.set_viewport_size({"width": 1280, "height": 600})
    page.goto("/w/gruppen/calendar/")
    assert page.locator(".month-week").count() == 5
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 4000)
    page.locator(".month-week").nth(9).wait_for(state="attached")


def test_a_double_click_on_a_day_writes_there_with_a_time_filled_in(visit: Any, cast: Cast) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/")
    with page.expect_navigation():
        page.locator("#d2026-11-27").dblclick(position={"x": 60, "y": 80})
    assert "/write" in page.url
    assert "2026-11-27T09%3A00" in page.url or "2026-11-27T09:00" in page.url


def test_what_has_no_time_is_dragged_from_its_tray_into_a_day(visit: Any, cast: Cast) -> None:
    item = written(cast, publish_at=None)
    page = visit(cast.writer)
    drag(page, item, "2026-11-27")
    with page.expect_navigation():
        let_go(page)
    assert look(cast, item).wall_time == "2026-11-27T09:00"


def test_a_phone_has_a_strip_of_fourteen_days_that_leads_to_each(visit: Any, cast: Cast) -> None:
    item = written(cast, publish_at="2026-12-03T09:00")
    page = visit(cast.writer, phone=True)
    page.goto("/w/gruppen/calendar/")
    strip = page.locator(".cal-strip a")
    assert strip.count() == 14
    strip.filter(has_text="torsdag 3 december").click()
    assert page.locator(f"#i{item}").is_visible()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_page_is_wider_than_the_narrowest_phone_in_either_language(visit: Any, cast: Cast, language: str) -> None:
    page = visit(cast.writer, phone=True, language=language)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("", "calendar/", "calendar/?view=week", "write", "write?kind=release", "approve", "pictures/"):
        page.goto(f"/w/gruppen/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
        page.locator(".bar summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360, f"{path} with its menu open"
