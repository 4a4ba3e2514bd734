"""Looking for items finds what is there, however it was typed or pasted, and marks the right letters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from commsched.core.content.model import Content
from commsched.core.text.length import fold
from commsched.services.content import neighbours, queries
from commsched.services.design import studio
from commsched.services.design.studio import CardRequest
from commsched.services.kernel.context import Installation
from commsched.services.media import details, search
from commsched.services.workflow import editing
from commsched.store import migrate
from commsched.store.models import Delivery, Item
from commsched.web.desk.excerpts import excerpt
from tests import writing
from tests.conftest import Browser, Cast
from tests.services import desk


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("Möte i A\u030ange på fredag", "ånge"),
        ("Möte i Ånge på fredag", "a\u030ange"),
        ("Vår social\u00adtjänst växer nu", "socialtjänst"),
        ("En zero\u200bwidth rad ur Outlook", "zerowidth"),
        ("Skriv med e\u2011post till oss", "e-post"),
        ("Så it’s time att rösta", "it's"),
        ("Ett ”ja” till fler", '"ja"'),
        ("STRASSE och bussar i stan", "straße"),
        ("50 % av allt_det här", "allt_det"),
    ],
)
def test_what_is_there_is_found(
    installation: Installation, cast: Cast, browse: Callable[..., Browser], kept: str, asked: str
) -> None:
    editing.create(installation, cast.actor("writer"), writing.draft([], text=kept))
    editing.create(installation, cast.actor("writer"), writing.draft([], text="Något helt annat om skolan."))
    reader = browse(cast.reader)
    page = reader.get("~/search", query_string={"q": asked}).text
    assert page.count('class="whole"') == 1
    assert "<mark>" in page
    assert reader.get("~/calendar/", query_string={"q": asked, "day": "2026-11-27"}).status_code == 200


def test_percent_and_underscore_are_letters_like_others(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    editing.create(installation, cast.actor("writer"), writing.draft([], text="Vi ökar med 5 procent."))
    assert 'class="whole"' not in browse(cast.reader).get("~/search", query_string={"q": "5%procent"}).text


def test_the_same_text_pasted_another_way_is_the_same_text(installation: Installation, cast: Cast) -> None:
    first = editing.create(
        installation, cast.actor("writer"), writing.draft([], text="Möte i A\u030ange om e\u2011post på fredag")
    )
    with installation.store.read(cast.place.id) as session:
        alike = neighbours.duplicates(session, 0, Content(text="möte i Ånge om e-post på fredag"))
    assert [one.id for one in alike] == [first]


def test_an_excerpt_shows_no_marks_and_marks_what_was_looked_for() -> None:
    release = Content(
        kind="release", text="x " * 3000 + "**Regionen** säger [ja](https://x.example) till bussar i Straße."
    )
    before, hit, after = excerpt(release, "BUSSAR")
    assert hit == "bussar"
    assert before.startswith("… ")
    assert before.endswith("Regionen säger ja (https://x.example) till ")
    assert after == " i Straße."
    assert excerpt(Content(text="Inget av det"), "buss") == ("Inget av det", "", "")


def test_items_from_before_are_folded_when_the_store_is_brought_up_to_date(
    installation: Installation, cast: Cast
) -> None:
    from alembic.script import ScriptDirectory

    numbers = [
        editing.create(installation, cast.actor("writer"), writing.draft([], text=f"Möte {n}")) for n in range(3)
    ]
    with installation.store.write(cast.place.id) as session:
        session.execute(update(Item).values(search="möte i a\u030ange\nsocial\u00adtjänst ’ja’"))
        session.flush()
        steps = ScriptDirectory.from_config(migrate.config())
        steps.get_revision("0008").module.refold(session.connection())
    with installation.store.read(cast.place.id) as session:
        assert {session.get_one(Item, number).search for number in numbers} == {"möte i ånge\nsocialtjänst 'ja'"}


@pytest.mark.parametrize("text", ["Ånge ’ja’ – Å\u030a", "H₂O ﬁ Straße", "”x” «y»\u00a0z\ufe0f"])
def test_the_step_folds_as_the_rule_does(text: str) -> None:
    from alembic.script import ScriptDirectory

    step = ScriptDirectory.from_config(migrate.config()).get_revision("0008").module
    assert step.folded(text.casefold()) == fold(text)


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        ("Torget i A\u030ange i regn", "ånge"),
        ("Torget i Ånge i regn", "a\u030ange"),
        ("ÄLDREBOENDET i vår", "äldreboendet"),
        ("Vår social\u00adtjänst", "socialtjänst"),
        ("Skylt med e\u2011post", "e-post"),
        ("Så it’s time", "it's"),
        ("Ett ”ja” på skylten", '"ja"'),
        ("Straße", "STRASSE"),
        ("50 % av allt_det här", "50 allt_det"),
    ],
)
@pytest.mark.parametrize("where", ["alt", "credit", "licence", "tags", "persons"])
def test_a_picture_is_found_however_it_was_described(
    installation: Installation, cast: Cast, browse: Callable[..., Browser], where: str, kept: str, asked: str
) -> None:
    number = writing.picture(installation, cast, alt="En buss.")
    writing.picture(installation, cast, alt="Något helt annat.", tone=90)
    known: dict[str, Any] = {"tags": (kept,), "persons": ((kept, None),)}
    given = details.PictureDetails(**{"alt": "En buss.", where: known.get(where, kept)})
    details.write_down(installation, cast.actor("writer"), number, given)
    with installation.store.read(cast.place.id) as session:
        assert [row.id for row in search.newest(session, asked)] == [number]
    assert browse(cast.reader).get("~/pictures/", query_string={"q": asked}).text.count('class="picture-entry"') == 1


def test_pictures_are_not_found_by_what_only_the_program_writes_of_them(installation: Installation, cast: Cast) -> None:
    writing.picture(installation, cast, alt="En buss.")
    with installation.store.read(cast.place.id) as session:
        for word in ("focus", "dhash", "animated", "false", "%", "_", '"'):
            assert search.newest(session, word) == []


def test_a_card_is_found_by_its_words_and_not_by_its_design(installation: Installation, cast: Cast) -> None:
    wish = CardRequest("headline", {"headline": "Fler TURER till A\u030ange"}, {})
    (number,) = studio.save(installation, cast.actor("writer"), wish, [(600, 315)], "Text på grön botten.")
    with installation.store.read(cast.place.id) as session:
        assert [row.id for row in search.newest(session, "turer ånge")] == [number]
        assert search.newest(session, "headline") == []


def test_a_page_of_pictures_goes_on_where_the_last_one_ended(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BATCH", 2)
    buses = [writing.picture(installation, cast, alt=f"BUSS {n}", tone=n * 9) for n in range(5)]
    writing.picture(installation, cast, alt="Skolan", tone=99)
    with installation.store.read(cast.place.id) as session:
        first = [row.id for row in search.newest(session, "buss", None, 2)]
        rest = [row.id for row in search.newest(session, "buss", first[-1], 48)]
    assert first + rest == buses[::-1]


def found(browser: Browser, path: str = "~/search", **asked: str) -> str:
    return str(browser.get(path, query_string=asked).text)


def test_other_forms_and_phrases_are_found(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    for text in ("En buss till Kvarnsele.", "Bussarna går igen.", "Nya perronger i stan.", "Perronger som är nya."):
        editing.create(installation, cast.actor("writer"), writing.draft([], text=text))
    reader = browse(cast.reader)
    assert found(reader, q="bussen").count('class="whole"') == 2
    assert found(reader, q='"nya perronger"').count('class="whole"') == 1
    assert found(reader, q="nya perronger").count('class="whole"') == 2


def test_a_page_of_items_goes_on_where_the_last_one_ended(installation: Installation, cast: Cast) -> None:
    texts = [f"Bussarna nummer {n}" if n % 2 else f"Busigt nummer {n}" for n in range(12)]
    numbers = [editing.create(installation, cast.actor("writer"), writing.draft([], text=text)) for text in texts]
    wish = queries.ItemQuery(words="bussen")
    with installation.store.read(cast.place.id) as session:
        first = [item.id for item, _revision in queries.items(session, wish, queries.Page(limit=4))]
        rest = [item.id for item, _revision in queries.items(session, wish, queries.Page(first[-1], 50))]
    assert first + rest == numbers[1::2][::-1]


def test_pictures_and_people_are_found_beside(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    number = writing.picture(installation, cast, alt="Bussarna vid torget.")
    assert f"/pictures/{number}" in found(browse(cast.reader), q="buss")
    page = found(browse(cast.reader), q="gunnar")
    assert "Gunnar Lind" in page[page.index('id="s-people"') :]


def test_a_hit_is_used_again_by_whoever_writes(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([], text="En buss."))
    assert f'action="/w/gruppen/items/{number}/duplicate"' in found(browse(cast.writer), q="buss")
    assert "/duplicate" not in found(browse(cast.reader), q="buss")


def test_what_needs_an_answer_can_be_asked_for(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    number = desk.scheduled(cast)
    editing.create(installation, cast.actor("writer"), writing.draft([], text="Ett annat."))
    with installation.store.write(cast.place.id) as session:
        session.execute(update(Delivery).where(Delivery.item_id == number).values(state="unknown"))
    page = found(browse(cast.reader), state="unknown")
    assert page.count('class="whole"') == 1
    assert f'href="/w/gruppen/items/{number}"' in page


# -- the small window -------------------------------------------------------------------------------------------------


def test_the_small_window_finds_and_does(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    number = editing.create(installation, cast.actor("writer"), writing.draft([], text="Bussarna går igen."))
    writer, reader = browse(cast.writer), browse(cast.reader)
    assert f'href="/w/gruppen/items/{number}"' in found(writer, "~/find", q="buss")
    assert 'href="/w/gruppen/pause/"' in found(writer, "~/find", q="pausa")
    assert 'href="/w/gruppen/write?kind=post"' in found(writer, "~/find", q="skriv")
    assert "/pause/" not in found(reader, "~/find", q="pausa"), "a reader may not"
    assert "/write" not in found(reader, "~/find", q="skriv")
    assert 'href="/w/gruppen/calendar/"' in found(reader, "~/find", q="kalen")


def test_the_small_window_tells_nothing_of_another_office(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    assert browse(cast.stranger).get("/w/gruppen/find", query_string={"q": "buss"}).status_code == 404


def test_every_page_lists_its_keys_and_each_leads_somewhere(cast: Cast, browse: Callable[..., Browser]) -> None:
    page = browse(cast.administrator).get("~/").text
    keys = re.findall(r'data-key="(\w)"', page[page.index('<nav class="rail"') : page.index("</nav>")])
    assert keys[:4] == ["i", "k", "s", "g"]
    assert len(set(keys)) == len(keys)
