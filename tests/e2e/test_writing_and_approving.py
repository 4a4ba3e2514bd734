"""The whole way of a post, as people walk it: written, looked at, sent in, approved on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from commsched.core.content.draft import PictureIn
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.notices import outbox
from commsched.services.workflow import approve, editing
from commsched.store.models import Item
from tests import writing
from tests.conftest import Cast, MailBag, SetClock
from tests.e2e.conftest import wait_for

Axe = Callable[[Any], None]


@pytest.fixture
def to(installation: Installation, cast: Cast, ticking: Installation) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "hållplats.jpg"
    path.write_bytes(writing.photo())
    return path


def item(installation: Installation, cast: Cast, number: int) -> Item:
    with installation.store.read(cast.place.id) as session:
        return items.load(session, number)


def link_in(installation: Installation, mail: MailBag) -> str:
    outbox.send_due(installation)
    found = re.search(r"https?://\S+?(/a/\S+)", mail.sent[-1].text)
    assert found
    return found[1]


def number_in(page: Any) -> int:
    found = re.search(r"/items/(\d+)", page.url)
    assert found, page.url
    return int(found[1])


def test_from_the_first_word_to_a_yes_on_a_phone(
    visit: Any, installation: Installation, cast: Cast, mail: MailBag, to: dict[str, int], photo: Path
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.get_by_label("Text", exact=True).fill("Fler turer på linje 14 från årsskiftet.")
    expect(page.locator(".look-mastodon")).to_contain_text("Fler turer på linje 14")
    page.locator("#f-files").set_input_files(photo)
    page.get_by_label(re.compile("Alt-text")).fill("En buss vid hållplatsen.")
    expect(page.locator(".look-mastodon img")).to_have_attribute("alt", "En buss vid hållplatsen.")
    page.get_by_label("Publiceras: dag").fill("2026-11-27")
    page.get_by_label("Publiceras: klockslag").fill("730")
    expect(page.locator("[data-bar-words]")).to_have_text(
        "Publiceras fre 27 nov 07:30 i 4 kanaler, när det är godkänt."
    )
    expect(page.locator("[data-problems]")).to_contain_text("Inget stoppar")
    page.get_by_role("button", name="Skicka till Gunnar Lind för godkännande").click()
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()

    phone = visit(phone=True)
    phone.goto(link_in(installation, mail))
    expect(phone.locator(".look").first).to_contain_text("Fler turer på linje 14")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.get_by_role("button", name="Godkänn").click()
    expect(phone.get_by_role("heading", name="Godkänt. Tack!")).to_be_visible()
    assert item(installation, cast, number_in(page)).state == "scheduled"


def test_the_same_way_without_a_script(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int], photo: Path
) -> None:
    page = visit(cast.writer, script=False)
    page.goto("/w/gruppen/write")
    page.get_by_label("Text", exact=True).fill("Öppet möte på torsdag.")
    page.locator("#f-files").set_input_files(photo)
    page.get_by_role("button", name="Hämta de valda bilderna").click()
    page.get_by_label(re.compile("Alt-text")).fill("Möteslokalen.")
    page.get_by_label("Publiceras: dag").fill("2026-11-27")
    page.get_by_label("Publiceras: klockslag").fill("18")
    page.get_by_role("button", name="Skicka till Gunnar Lind för godkännande").click()
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()
    saved = item(installation, cast, number_in(page))
    assert (saved.state, saved.wall_time) == ("in_review", "2026-11-27T18:00")


def test_the_keyboard_alone_is_enough(visit: Any, installation: Installation, cast: Cast, to: dict[str, int]) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")

    def reach(locator: Any) -> None:
        for _ in range(80):
            if locator.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError("not reached by the keyboard")

    reach(page.locator(f'[name="channels"][value="{to["x"]}"]'))
    page.keyboard.press("Space")
    reach(page.get_by_label("Text", exact=True))
    page.keyboard.type("Allt med tangentbordet.")
    reach(page.get_by_label("Publiceras: klockslag"))
    page.keyboard.type("0730")
    page.get_by_label("Publiceras: dag").fill("2026-11-27")  # how a date field is typed in differs with the country
    reach(page.get_by_role("button", name="Skicka till Gunnar Lind för godkännande"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Väntar på Gunnar Lind.")).to_be_visible()
    number = number_in(page)

    page = visit(cast.approver)
    page.goto("/w/gruppen/approve")
    reach(page.get_by_role("link", name="Titta på Allt med tangentbordet."))
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    reach(page.get_by_role("button", name="Godkänn", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/approve?*")
    assert item(installation, cast, number).state == "scheduled"


def test_it_saves_by_itself_and_survives_a_closed_tab(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    page = visit(cast.writer)
    page.goto("/w/gruppen/write")
    page.get_by_label("Text", exact=True).fill("Halvfärdig mening om")
    expect(page.locator("[data-keep-words]")).to_contain_text("Sparat")
    page.wait_for_url("**/edit")
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Halvfärdig mening om")


def test_what_is_written_in_a_post_under_review_is_kept_and_stays_on_the_approvers_list(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = writing.submitted(installation, cast, [to["x"]], text="Det som granskas.")
    page = visit(cast.writer)
    page.goto(f"/w/gruppen/items/{number}/edit")
    expect(page.locator("main")).to_contain_text("Det du skriver finns kvar i den här webbläsaren tills du sparar.")
    expect(page.get_by_role("button", name="Spara den nya versionen")).to_be_visible()
    expect(page.get_by_role("button", name="Spara utkast")).to_have_count(0)
    page.get_by_label("Text", exact=True).fill("Det som granskas, med ett ord till.")
    expect(page.locator("[data-keep-words]")).to_contain_text("Inte sparat än: finns kvar i den här webbläsaren")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/w/gruppen/items/{number}/edit")
    expect(page.locator("#kept-offer")).to_contain_text("med ett ord till.")
    assert item(installation, cast, number).state == "in_review"
    page.get_by_role("button", name="Hämta tillbaka").click()
    page.get_by_role("button", name=re.compile("^Skicka till ")).click()
    page.wait_for_url(f"**/items/{number}")
    assert item(installation, cast, number).state == "in_review"
    with installation.store.read(cast.place.id) as session:
        assert items.current(session, items.load(session, number)).parsed().text.endswith("med ett ord till.")


def test_what_was_typed_while_signed_out_is_offered_again(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]], text="Det som var sparat."))
    page = visit(cast.writer)
    page.goto(f"/w/gruppen/items/{number}/edit")
    session = page.context.cookies()
    page.context.clear_cookies(name="session")
    page.get_by_label("Text", exact=True).fill("Det som skrevs utan session.")
    expect(page.locator("[data-keep-words]")).to_contain_text("Du är utloggad.")
    page.context.add_cookies([cookie for cookie in session if cookie["name"] == "session"])
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/w/gruppen/items/{number}/edit")
    expect(page.locator("#kept-offer")).to_contain_text("Det som skrevs utan session.")
    page.get_by_role("button", name="Hämta tillbaka").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Det som skrevs utan session.")
    expect(page.locator("[data-keep-words]")).to_contain_text("Sparat")


def test_two_writers_in_one_item_choose_between_their_versions(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]], text="Det första."))
    page = visit(cast.writer)
    page.goto(f"/w/gruppen/items/{number}/edit")
    editing.save(installation, cast.actor("administrator"), number, writing.draft([to["x"]], text="Astrids version."))
    page.get_by_label("Text", exact=True).fill("Karins version.")
    expect(page.locator("[data-keep-words]")).to_contain_text("Någon annan har sparat en annan version.")
    page.get_by_role("button", name="Spara utkast").click()
    expect(page.get_by_role("heading", name="Två versioner")).to_be_visible()
    page.get_by_label("Den sparade, av Astrid Holm").check()
    page.get_by_role("button", name="Spara valet").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Astrids version.")


def test_the_hour_that_comes_twice_is_a_choice_of_two_buttons(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]]))
    page = visit(cast.writer)
    page.goto(f"/w/gruppen/items/{number}/edit")
    page.get_by_label("Publiceras: dag").fill("2027-10-31")
    page.get_by_label("Publiceras: klockslag").fill("02:30")
    page.get_by_role("button", name=re.compile("Andra 02:30")).click()
    expect(page.locator("[data-bar-words]")).to_contain_text("31 okt 2027 02:30")
    page.get_by_role("button", name="Spara utkast").click()
    expect(page.get_by_text("Utkastet är sparat.")).to_be_visible()
    saved = item(installation, cast, number).publish_at
    assert saved is not None
    assert saved.isoformat() == "2027-10-31T01:30:00+00:00"


def test_a_late_answer_about_the_link_takes_nothing_newer_away(
    visit: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["x"]]))
    page, held = visit(cast.writer), []

    def meet(route: Any) -> None:
        held.append(route) if "look:" in (route.request.post_data or "") else route.continue_()

    page.route("**/write/check", meet)
    page.goto(f"/w/gruppen/items/{number}/edit")
    wait_for(page, lambda: held)  # the page of the link is asked for
    page.get_by_label("Publiceras: dag").fill("2027-10-31")
    page.get_by_label("Publiceras: klockslag").fill("02:30")
    second = page.get_by_role("button", name=re.compile("Andra 02:30"))
    expect(second).to_be_visible()
    with page.expect_response(lambda answer: "look:" in (answer.request.post_data or "")):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(second).to_be_visible()


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    visit: Any,
    axe: Axe,
    installation: Installation,
    cast: Cast,
    mail: MailBag,
    clock: SetClock,
    to: dict[str, int],
    language: str,
    phone: bool,
) -> None:
    picture = writing.picture(installation, cast)
    number = writing.submitted(installation, cast, list(to.values()), media=[PictureIn(id=picture, alt="En buss.")])
    with installation.store.read(cast.place.id) as session:
        shown = items.current(session, items.load(session, number)).hash
    approve.request_changes(installation, cast.actor("approver"), number, shown, "Kortare!")
    editing.save(
        installation, cast.actor("writer"), number, writing.draft(list(to.values()), title="Ö" * 300, text="å" * 250)
    )
    approve.submit(installation, cast.actor("writer"), number, then_schedule=True)
    path = link_in(installation, mail)
    page = visit(cast.administrator, phone=phone, language=language, dark=phone)
    here = f"/w/gruppen/items/{number}"
    office_pages = ("write", "write?kind=release", "approve", "pictures/", "search?q=å")
    item_pages = (f"{here}/edit", here, f"{here}/history", f"{here}/review")
    for where in (*(f"/w/gruppen/{name}" for name in office_pages), *item_pages, path):
        page.goto(where)
        page.wait_for_load_state("networkidle")
        axe(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{where} is {wide} px too wide"


def test_the_decision_is_in_reach_however_long_the_text_is(visit: Any, installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    long = "\n\n".join(f"Stycke {n}. Skälen till fler turer på landsbygden, i lugn och ro." for n in range(60))
    number = writing.submitted(installation, cast, [to["facebook"]], text=long)
    page = visit(cast.approver, phone=True)
    page.goto(f"/w/{cast.place.slug}/items/{number}/review")
    yes, back = page.locator(".decide-bar button"), page.locator(".decide-bar a")
    nav = page.locator(".bar").bounding_box()
    for place in ("0", "900", "document.documentElement.scrollHeight"):
        page.evaluate(f"window.scrollTo(0, {place})")
        for one in (yes, back):
            box = one.bounding_box()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= nav["y"] + 1, f"in reach at {place}, above the navigation"
    form, bar = page.locator("form.decide").bounding_box(), page.locator(".decide-bar").bounding_box()
    assert bar["y"] + bar["height"] <= form["y"], "at the end it covers nothing"
    page.evaluate("window.scrollTo(0, 0)")
    back.click()
    comment = page.get_by_label("Kommentar")
    box = comment.bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"]
    page.evaluate("window.scrollTo(0, 0)")
    yes.click()
    expect(page.locator("form.decide")).to_have_count(0)
    with installation.store.read(cast.place.id) as session:
        assert items.load(session, number).state in ("approved", "scheduled")
