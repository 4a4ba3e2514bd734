"""The rich text editor: its document is the Markdown that is hashed, and it changes nothing that nobody touched."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from commsched.core.content.draft import DraftIn
from commsched.core.content.rich_text import read_blocks
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from tests import writing
from tests.conftest import Cast
from tests.e2e.rich_documents import block, seen

WRITE = """async ([jobs, module]) => {
  const { writer } = await import(module);
  return jobs.map(([blocks, content]) => writer(blocks)({ type: "doc", content }));
}"""
ODD = (
    "\n\nIngress med *stjärnor* och __understreck__, 2*3*4.\n"
    "Rad två\\\nrad tre  \nrad fyra https://x.se/å_b(c)\n\n\n"
    "### Trean\n* ett\n+ två\n\n  ett stycke till\n    - djupt\n\n1) a\n1) b\n\n"
    "> > djupt citat\nlat rad\n\n~~~py\nkod\n~~~\n\n***\n"
    "[ord](www.region.example 'T')  \n@[Regionrådet Anna Berg]\n\n\n"
)


@pytest.fixture
def to(installation: Installation, cast: Cast) -> dict[str, int]:
    return writing.channels(installation, cast)


@pytest.fixture
def page(visit: Any, cast: Cast, ticking: Installation) -> Any:
    opened = visit(cast.writer)
    opened.on("dialog", lambda dialog: dialog.accept())
    return opened


def written(page: Any, jobs: list[Any]) -> list[str]:
    answer: list[str] = page.evaluate(WRITE, [jobs, "/static/js/editor/markdown.js"])
    return answer


def value(page: Any) -> str:
    answer: str = page.locator("[name=text]").input_value()
    return answer


def test_what_is_written_is_read_as_it_was_meant(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    chance = Random(20261130)
    documents = [[block(chance) for _ in range(chance.randint(1, 4))] for _ in range(300)]
    texts = written(page, [[[], document] for document in documents])
    wrong = []
    for document, text in zip(documents, texts, strict=True):
        back = [each["node"] for each in read_blocks(text)]
        if seen(back) != seen(document):
            wrong.append(f"{text!r}\n  {seen(document)}\n  {seen(back)}")
    assert not wrong, f"{len(wrong)} of {len(documents)}\n" + "\n".join(wrong[:3])


def test_what_nobody_touched_is_written_as_it_stood(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    chance = Random(7)
    pieces = [*ODD.split("\n"), "", "", "- a", "1. b", "# c", "> d", "**e**", "\\*", "    f", "```"]
    texts = [ODD, *("\n".join(chance.choices(pieces, k=chance.randint(1, 12))) for _ in range(300))]
    blocks = [read_blocks(text) for text in texts]
    jobs = [[each, [part["node"] for part in each]] for each in blocks]
    for text, again, each in zip(texts, written(page, jobs), blocks, strict=True):
        assert again == (text if each else "")


def release(installation: Installation, cast: Cast, to: dict[str, int], text: str) -> int:
    draft = DraftIn(kind="release", title="Fler turer", text=text, channels=[to["newsroom"]])
    return editing.create(installation, cast.actor("writer"), draft)


def test_opening_and_saving_changes_nothing(
    page: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    number = release(installation, cast, to, ODD)
    with installation.store.read(cast.place.id) as session:
        before = items.current(session, items.load(session, number)).hash
    page.goto(f"/w/gruppen/items/{number}/edit")
    expect(page.locator("#rich-text h3")).to_have_text("Trean")
    assert value(page) == ODD
    page.get_by_role("button", name="Källtext").click()
    expect(page.locator("#f-text")).to_have_value(ODD)
    page.get_by_role("button", name="Källtext").click()
    expect(page.locator("#rich-text")).to_be_visible()
    page.get_by_role("button", name="Spara", exact=False).last.click()
    page.wait_for_load_state()
    with installation.store.read(cast.place.id) as session:
        assert items.current(session, items.load(session, number)).hash == before


def test_one_changed_word_changes_its_paragraph_alone(
    page: Any, installation: Installation, cast: Cast, to: dict[str, int]
) -> None:
    page.goto(f"/w/gruppen/items/{release(installation, cast, to, ODD)}/edit")
    heading = page.locator("#rich-text h3")
    heading.click()
    page.keyboard.press("End")
    page.keyboard.type(" och fyran")
    expect(page.locator("[name=text]")).to_have_value(ODD.replace("### Trean\n*", "### Trean och fyran\n\n*"))
    page.keyboard.press("Control+z")
    expect(page.locator("[name=text]")).to_have_value(ODD)


def test_it_is_written_with_keys_and_buttons(page: Any, axe: Any, to: dict[str, int]) -> None:
    page.goto("/w/gruppen/write?kind=release")
    page.get_by_label("Pressrummet").first.check()
    page.get_by_label("Brödtext", exact=True).and_(page.locator("#rich-text")).click()
    page.keyboard.type("Regionen satsar.\n## Bakgrund\nDet är **trångt** här.\n- ett\ntvå\n\n> Äntligen\n\n")
    page.keyboard.type("Läs beslutet")
    page.keyboard.press("Shift+Control+ArrowLeft")
    page.keyboard.press("Control+k")
    page.keyboard.type("region.example/ja")
    page.keyboard.press("Enter")
    text = (
        "Regionen satsar.\n\n## Bakgrund\n\nDet är **trångt** här.\n\n- ett\n- två\n\n> Äntligen\n\n"
        "Läs [beslutet](https://region.example/ja)"
    )
    expect(page.locator("[name=text]")).to_have_value(text)
    expect(page.locator("[data-previews] blockquote")).to_have_text("Äntligen")
    page.locator("#rich-text h2").click()
    expect(page.get_by_role("button", name="Mellanrubrik", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Mindre mellanrubrik", exact=True).click()
    expect(page.locator("[name=text]")).to_have_value(text.replace("##", "###"))
    axe(page)


def test_a_field_that_was_brought_back_is_shown(page: Any) -> None:
    page.goto("/w/gruppen/write?kind=release")
    expect(page.locator("#rich-text")).to_be_visible()
    page.evaluate("""() => {
      const form = document.getElementById("composer");
      form.elements.text.value = "## Hämtat\\n\\nord";
      form.dispatchEvent(new Event("changed"));
    }""")
    expect(page.locator("#rich-text h2")).to_have_text("Hämtat")


def test_without_the_library_or_scripts_the_field_is_plain(visit: Any, cast: Cast, ticking: Installation) -> None:
    plain = visit(cast.writer, script=False)
    plain.goto("/w/gruppen/write?kind=release")
    expect(plain.locator("#f-text")).to_be_visible()
    expect(plain.locator(".tools")).to_have_count(0)
    alone = visit(cast.writer)
    alone.route("**/lib/prose-editor.js*", lambda route: route.abort())
    alone.goto("/w/gruppen/write?kind=release")
    alone.wait_for_timeout(300)
    expect(alone.locator("#f-text")).to_be_visible()


def test_the_library_is_served_from_its_package_and_nothing_else_of_it(app: Flask) -> None:
    visitor = app.test_client()
    with visitor.get("/static/lib/prose-editor.js") as answer:
        assert answer.mimetype in ("text/javascript", "application/javascript")
    assert visitor.get("/static/lib/editor.css").status_code == 404
