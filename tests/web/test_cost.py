"""A request costs time in proportion to its text: every text field, every kind of hostile run, at n and 2 n.

What is compared is the processor time of the thread that answers, so that a busy machine changes nothing: twice the
text may cost at most three times as much. What grows with the square costs four times as much.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from flask import Flask

from commsched.services.accounts import tokens
from commsched.services.kernel.context import Installation
from commsched.services.workflow import editing
from commsched.web.http.paths import templates
from tests import publications, writing
from tests.conftest import Browser, Cast
from tests.web.composer.test_writing import form

UNITS: Final = {
    "at": "@",
    "hash": "#",
    "noughts": "0",
    "underscores": "_",
    "stars": "*a ",
    "backticks": "`",
    "brackets": "[",
    "links": "https://a.se/",
    "links in parentheses": "(https://a.se ",
    "markdown links": "[a](b.se",
    "dots": "a.",
    "addresses": "a@b.se ",
    "closing": "https://a.se!))”",
    "flags": "🇸",
    "families": "👩\u200d",
    "hangul": "각ᆨ",
    "spaces": " x " + " " * 30,
    "line breaks": "\n",
    "quotes": "> ",
    "lists": "- ",
    "cash": "$A ",
    "figures": "1 ,",
    "entities": "&a",
    "colons": "http:",
}
KEPT: Final = ("at", "noughts", "links in parentheses", "dots", "addresses", "closing", "flags", "families", "hangul")
"""Those that are tried through every page that shows a text, since that takes longer."""
WHOLE: Final = ("at", "hash", "flags", "families", "hangul")
"""Those that are tried at a greater length, since what they cost is seen late."""
DRAWN: Final = ("flags", "spaces", "figures", "line breaks")
"""Those that are drawn on a picture."""
MARKS: Final = {"tibetan": "\u0f71\u0f72", "acute": "\u0301\u0316", "joiners": "\u200d", "tags": "\U000e0061"}
"""Refused, in words, before anything normalises them."""
N: Final = 6_000
FLOOR: Final = 0.05
"""Seconds within which nothing is compared: the noise of a request."""
LIMITS: Final = {
    "title": 500,
    "lead": 2000,
    "short": 5000,
    "facts": 20_000,
    "contact": 2000,
    "text": 200_000,
    "link": 2000,
}

Send = Callable[[str], Any]


def run(unit: str, size: int) -> str:
    """``size`` characters of ``unit``, with something at the end that a pattern must go back for."""
    return (unit * (size // len(unit) + 1))[: size - 2] + "!x"


def cost(send: Send, text: str) -> float:
    began = time.thread_time()
    answer = send(text)
    assert answer.status_code in (200, 201, 302, 303, 400, 401, 404, 409, 422, 429), (
        answer.status_code,
        answer.text[:300],
    )
    return time.thread_time() - began


def assert_linear(name: str, send: Send, unit: str, most: int = 2 * N) -> None:
    """Twice the text, at most three times the time; a first impression against it is looked at again."""
    one, two = run(unit, most // 2), run(unit, most)
    least = [float("inf"), float("inf")]
    for _ in range(4):
        least = [min(least[0], cost(send, one)), min(least[1], cost(send, two))]
        if least[1] <= 3 * least[0] + FLOOR:
            return
    raise AssertionError(f"{name}: {most // 2} characters took {least[0]:.2f} s, {most} took {least[1]:.2f} s")


@pytest.fixture
def to(installation: Installation, cast: Cast) -> list[int]:
    return [*writing.channels(installation, cast).values(), writing.press_list(installation, cast)]


def fields(text: str, kind: str = "release") -> dict[str, Any]:
    """Every text field of an item, each with as much of ``text`` as it takes."""
    given: dict[str, Any] = {name: text[:most] for name, most in LIMITS.items()}
    return given | {"kind": kind}


def posted(text: str, to: list[int], kind: str = "release") -> dict[str, Any]:
    return fields(text, kind) | {
        "quote-text": [text[:5000]] * 2,
        "quote-person": [text[:500]] * 2,
        "source-text": [text[:5000]],
        "source-url": [text[:2000]],
        "channels": to,
        "own": to[0],
        f"own-{to[0]}": text,
        "language": "sv",
        f"opt-{to[0]}-spoiler": text[:5000],
        f"opt-{to[2]}-first_comment": text[:5000],
        "publish_day": "2026-11-28",
        "publish_time": "07:30",
    }


def handed_in(text: str, to: list[int], kind: str = "release") -> dict[str, Any]:
    options = {"spoiler": text[:5000], "first_comment": text[:5000]}
    return fields(text, kind) | {
        "quotes": [{"text": text[:5000], "person": text[:500]}],
        "sources": [{"text": text[:5000], "url": text[:2000]}],
        "channels": to,
        "variants": {str(to[0]): {"text": text, "options": options}},
    }


def test_what_the_composer_asks_for_at_every_stroke(cast: Cast, browse: Callable[..., Browser], to: list[int]) -> None:
    writer = browse(cast.writer)
    token = writer.token()

    def check(text: str) -> Any:
        return writer.client.post(writer.path("~/write/check"), data=posted(text, to) | {"form_token": token})

    for name, unit in UNITS.items():
        assert_linear(name, check, unit, 4 * N if name in WHOLE else 2 * N)


@pytest.mark.parametrize("unit", KEPT)
def test_what_a_program_sends_and_every_page_that_shows_it(
    app: Flask, installation: Installation, cast: Cast, browse: Callable[..., Browser], to: list[int], unit: str
) -> None:
    program = {"Authorization": f"Bearer {tokens.create_token(installation, cast.actor('writer'), 'a test', '')}"}
    reader, client = browse(cast.reader), app.test_client(use_cookies=False)
    room = publications.channel(installation, cast.place.id, name="Rummet")

    def api(method: str, path: str, **given: Any) -> Any:
        return client.open(f"/api/v1{path}", method=method, json=given, headers=program)

    def everything(text: str) -> Any:
        assert api("POST", "/check", **handed_in(text, to)).status_code == 200
        made = api("POST", "/items", **handed_in(text, to))
        item = made.json["id"]
        api("POST", f"/items/{item}/comments", body=text[:10_000])
        api("POST", f"/items/{item}/submit")
        for path in (f"~/items/{item}", f"~/items/{item}/history"):
            assert reader.get(path).status_code == 200
        assert reader.get("~/search", query_string={"q": text[-300:]}).status_code == 200
        shown = publications.published(
            installation,
            cast.place.id,
            room,
            at=installation.now(),
            **{k: v for k, v in fields(text).items() if k != "link"},
        )
        assert client.get(f"/n/gruppen/{shown.uid}", follow_redirects=True).status_code == 200
        assert client.get("/n/gruppen/feed.atom").status_code == 200
        _gone(installation, cast, shown.id, item)
        return made

    assert_linear("everything", everything, UNITS[unit])


def _gone(installation: Installation, cast: Cast, *numbers: int) -> None:
    """What one round made is not on the next one's pages."""
    from sqlalchemy import update

    from commsched.store.models import Delivery, Item

    with installation.store.write(cast.place.id) as session:
        session.execute(update(Item).where(Item.id.in_(numbers)).values(state="cancelled", search="", title=""))
        session.execute(update(Delivery).where(Delivery.item_id.in_(numbers)).values(state="cancelled"))


FORMS: Final[Mapping[str, tuple[str, dict[str, int]]]] = {
    "comment": ("~/items/{item}/comment", {"comment": 10_000}),
    "bypass": ("~/items/{item}/bypass", {"reason": 5000}),
    "submit": ("~/items/{item}/submit", {"comment": 10_000}),
    "own name": ("~/me/", {"name": 300}),
    "settings": ("~/settings/public", {"about": 2000, "press_contact": 2000}),
    "list": ("~/channels/{list}/addresses", {"addresses": 30_000}),
    "new list": (
        "~/channels/new/presslist",
        {"addresses": 30_000, "sender_name": 2000, "sender": 2000, "reply_to": 2000},
    ),
    "card": ("~/studio/quote/look", dict.fromkeys(("text-quote", "text-person", "text-role", "alt"), 5000)),
    "figures": ("~/studio/bars/look", dict.fromkeys(("text-headline", "text-rows", "text-source"), 5000)),
    "sign in": ("/sign-in", {"email": 300, "password": 1000}),
    "person": ("~/people/", {"name": 200, "email": 300}),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_other_form(
    cast: Cast, installation: Installation, browse: Callable[..., Browser], to: list[int], name: str
) -> None:
    path, sizes = FORMS[name]
    item = editing.create(installation, cast.actor("writer"), writing.draft(to))
    admin = browse(cast.administrator)
    token, where = admin.token(), admin.path(path.format(item=item, list=to[-1]))

    def send(text: str) -> Any:
        share = len(text) / (2 * N)
        given = {field: text[: int(most * share)] for field, most in sizes.items()}
        return admin.client.post(where, data=given | {"form_token": token})

    for unit in DRAWN if "studio" in path else KEPT:
        assert_linear(f"{name}, {unit}", send, UNITS[unit])


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_run_of_marks_is_refused_in_words_at_every_door(
    app: Flask, installation: Installation, cast: Cast, browse: Callable[..., Browser], to: list[int], mark: str
) -> None:
    text = "a" + mark * N
    writer = browse(cast.writer)
    page = form(writer.get("~/write").text)
    began = time.thread_time()
    kept = writer.post("~/write", page | {"text": text, "title": "Rubrik", "channels": to})
    assert kept.status_code == 422
    assert "30 accenter" in kept.text
    assert "30 accenter" in writer.post("~/write/check", {"text": text, "channels": to}).json["faults"]["text"]
    assert writer.post("~/write/keep", {"text": text, "channels": to}).json.get("saved") is not True
    program = {"Authorization": f"Bearer {tokens.create_token(installation, cast.actor('writer'), 'a test', '')}"}
    for door, given in (
        ("check", {"text": text}),
        ("items", {"text": "Hej", "sources": [{"text": text[:5000]}]}),
        ("items", {"text": "Hej", "variants": {str(to[0]): {"text": text}}}),
    ):
        told = app.test_client().post(f"/api/v1/{door}", json=given | {"channels": to}, headers=program)
        assert told.status_code == 422, told.text
        assert told.json["field"] in ("text", "sources", "variants")
    admin = browse(cast.administrator)
    assert "30 accenter" in admin.post("~/settings/public", {"about": text[:2000]}).text
    assert time.thread_time() - began < 5


def test_components_are_made_once_and_not_for_each_page() -> None:
    """Jinja makes the module of what is imported with context anew each time: a page imports components ten times."""
    for file in templates().rglob("*.html"):
        for line in file.read_text("utf-8").splitlines():
            assert not ('"_macros.html" import' in line and "with context" in line), file


def test_no_mapped_class_is_configured_while_the_pages_are_imported() -> None:
    """It takes longer than all the pages' own modules; the first question to the store does it."""
    code = (
        "import commsched.web.app as app, commsched.bootstrap\n"
        "list(app._pages(app.PACKAGES))\n"
        "from commsched.store.base import Base\n"
        "print(sum(mapper.configured for mapper in Base.registry.mappers))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "0"
