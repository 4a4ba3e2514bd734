"""One check, whatever door something comes in by: the composer, the API, an import, and what is let out to the
publisher say the same of the same bad input, on every platform there is."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from flask import Flask

from commsched.core.content.draft import DraftIn, PictureIn, VariantIn
from commsched.core.platform.attached import missing_alt
from commsched.core.text.messages import Problem
from commsched.services.accounts import office_settings, tokens
from commsched.services.accounts.office_settings import OfficeSettings
from commsched.services.content import items
from commsched.services.kernel.context import Installation
from commsched.services.links import pages
from commsched.services.links.fetching import Fetched
from commsched.services.workflow import approve, editing
from commsched.web.composer import view_model
from commsched.web.composer.fields import from_draft
from commsched.web.composer.parse import meaning
from tests import publications, writing
from tests.conftest import Cast

INSIDE = "http://intranet.ljungby.internal/x"
Said = set[tuple[str, str, str]]
"""Level, field and sentence."""


@pytest.fixture
def everywhere(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A channel on every platform that takes posts. No page of a link is read."""
    monkeypatch.setattr(pages, "fetch", lambda installation, link: Fetched("other"))
    keys = [key for key in installation.platform_keys() if "post" in installation.platform(key).kinds]
    return [publications.channel(installation, cast.place.id, key, account_name=f"@{key}") for key in sorted(keys)]


def over_long(installation: Installation, cast: Cast) -> dict[str, Any]:
    return {"text": "Ett ord till. " * 5_000}


def too_many(installation: Installation, cast: Cast) -> dict[str, Any]:
    shown = [writing.picture(installation, cast, width=40 + number, height=40, tone=number) for number in range(20)]
    return {"media": [PictureIn(id=number, alt="En buss.") for number in shown]}


def tall(installation: Installation, cast: Cast) -> dict[str, Any]:
    return {"media": [PictureIn(id=writing.picture(installation, cast, width=60, height=600), alt="En buss.")]}


def nameless(installation: Installation, cast: Cast) -> dict[str, Any]:
    return {"media": [PictureIn(id=writing.picture(installation, cast, alt=""), alt="")]}


def inner(installation: Installation, cast: Cast) -> dict[str, Any]:
    return {"text": f"Läs {INSIDE} och säg till.", "link": "http://10.0.0.7/y"}


def in_comment(installation: Installation, cast: Cast) -> dict[str, Any]:
    return {"text": "Hej.", "comment": f"Mer på {INSIDE}"}


BAD = {
    "over-long text": (over_long, "text", "too long"),
    "too many pictures": (too_many, "pictures", "takes at most"),
    "a wrong ratio": (tall, "pictures", ""),
    "no alt text": (nameless, "pictures", "no alt text"),
    "a link inside": (inner, "text", "own network"),
    "a first comment with one": (in_comment, "text", "own network"),
}


def drafted(installation: Installation, cast: Cast, to: list[int], what: str) -> DraftIn:
    values = BAD[what][0](installation, cast)
    comment = values.pop("comment", "")
    variants = {str(number): VariantIn(options={"first_comment": comment}) for number in to} if comment else {}
    return writing.draft(to, **({"text": "Hej.", "variants": variants} | values))


def said(problems: list[Problem]) -> Said:
    """What is said but of the test's own item, which a door that has not seen it takes for another that says the
    same."""
    rows = {(problem.level, problem.field, str(problem.words)) for problem in problems}
    return {row for row in rows if "already says the same" not in row[2]}


def in_composer(installation: Installation, cast: Cast, draft: DraftIn) -> Said:
    meant = meaning(from_draft(draft, "Europe/Stockholm"), "Europe/Stockholm", date(2026, 11, 26))
    view = view_model.view(installation, cast.actor("writer"), meant, None)
    return said([problem for _name, problem in view.problems])


def in_api(app: Flask, installation: Installation, cast: Cast, draft: dict[str, Any]) -> Said:
    token = tokens.create_token(installation, cast.actor("writer"), "a test", "")
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    answer = app.test_client().post("/api/v1/check", json=draft, headers=headers)
    assert answer.status_code == 200, answer.text
    rows = {(p["level"], p["field"], p["message"]) for checked in answer.json for p in checked["problems"]}
    return {row for row in rows if "already says the same" not in row[2]}


def in_import(installation: Installation, cast: Cast, item: int) -> Said:
    with installation.store.read(cast.place.id) as session:
        general, channels = items.problems(installation, session, items.load(session, item))
    return said([*general, *(problem for channel in channels for problem in channel.problems)])


def let_out(installation: Installation, cast: Cast, item: int) -> Said:
    """What stops it from being asked approval of, and so from being published."""
    try:
        approve.submit(installation, cast.actor("writer"), item, then_schedule=True)
    except approve.Blocked as blocked:
        return said(blocked.problems)
    return set()


@pytest.mark.parametrize("what", BAD)
def test_every_door_says_the_same_of_the_same(
    app: Flask, installation: Installation, cast: Cast, everywhere: list[int], what: str
) -> None:
    draft = drafted(installation, cast, everywhere, what)
    item = editing.create(installation, cast.actor("writer"), draft)
    by_import = in_import(installation, cast, item)
    assert by_import == in_api(app, installation, cast, msgspec.to_builtins(draft))
    assert in_composer(installation, cast, draft) == by_import
    assert let_out(installation, cast, item) == {row for row in by_import if row[0] == "block"}
    _input, field, words = BAD[what]
    stopping = {row[2] for row in by_import if row[:2] == ("block", field) and words in row[2]}
    assert stopping or what == "a wrong ratio"


@pytest.mark.parametrize(("rule", "level"), [("stop", "block"), ("warn", "warn")])
def test_what_the_office_wants_of_alt_texts_holds_at_every_door_and_on_every_platform(
    app: Flask, installation: Installation, cast: Cast, everywhere: list[int], rule: Any, level: str
) -> None:
    office = office_settings.get(installation, cast.place.id)
    kept = (office.name, office.zone, office.language, 60, 24, 24)
    office_settings.update(installation, cast.actor(), OfficeSettings(*kept, alt_rule=rule))
    draft = drafted(installation, cast, everywhere, "no alt text")
    item = editing.create(installation, cast.actor("writer"), draft)
    wanted = (level, "pictures", str(missing_alt("pictures", 1, rule).words))
    assert wanted in in_import(installation, cast, item)
    assert wanted in in_api(app, installation, cast, msgspec.to_builtins(draft))
    assert wanted in in_composer(installation, cast, draft)
    assert (wanted in let_out(installation, cast, item)) == (rule == "stop")
    with installation.store.read(cast.place.id) as session:
        _general, channels = items.problems(installation, session, items.load(session, item))
    for channel in channels:
        levels = {problem.level for problem in channel.problems if "no alt text" in str(problem.words)}
        assert levels <= {level}, channel.platform
