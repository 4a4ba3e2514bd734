"""The studio: a picture in the office's own look, from a few words."""

from __future__ import annotations

import io
from collections.abc import Callable

from sqlalchemy import select

from commsched.images.cards import designs
from commsched.services.content import items
from commsched.services.design import studio
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve, editing
from commsched.store.models import Item, Media
from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]
WORDS = {"text-headline": "Ja till fler turer på linje 14", "sizes": "1200x630"}


def pictures(installation: Installation, cast: Cast) -> list[Media]:
    with installation.store.read(cast.place.id) as session:
        return list(session.scalars(select(Media).order_by(Media.id)))


def shas(installation: Installation, cast: Cast, item_id: int) -> list[str]:
    with installation.store.read(cast.place.id) as session:
        item: Item = items.load(session, item_id)
        return [one.sha256 for one in items.current(session, item).parsed().pictures]


def test_every_design_is_offered_with_an_example(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    page = browser.get("~/studio/").text
    for name in designs.load():
        assert f"/studio/{name}" in page
    example = browser.get("~/studio/examples/quote.jpg")
    assert example.mimetype == "image/jpeg"
    again = browser.get("~/studio/examples/quote.jpg", headers={"If-None-Match": example.headers["ETag"]})
    assert again.status_code == 304


def test_a_design_that_is_not_there_is_not_found(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert browser.get("~/studio/nonsense").status_code == 404
    assert browser.post("~/studio/nonsense", WORDS).status_code == 404


def test_what_is_typed_is_drawn_in_every_size(browse: Browse, cast: Cast) -> None:
    told = browse(cast.writer).post("~/studio/headline/look", WORDS).get_json()
    assert {one["size"] for one in told["cards"]} == {"1200x630", "1600x900", "1080x1080", "1080x1350", "1080x1920"}
    assert all(one["src"].startswith("data:image/jpeg;base64,") for one in told["cards"])
    assert told["faults"] == {}
    assert not told["stops"]
    assert "Ja till fler turer på linje 14" in told["alt"]


def test_a_text_that_is_too_long_is_said_to_be_and_not_kept(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    long = {"text-headline": "Kollektivtrafikmyndigheten " * 8, "sizes": "1200x630"}
    told = browser.post("~/studio/headline/look", long).get_json()
    assert told["stops"]
    assert "Korta" in told["faults"]["headline"]
    given = browser.post("~/studio/headline", long | {"do": "save"})
    assert given.status_code == 422
    assert told["faults"]["headline"] in given.text
    assert "Kollektivtrafikmyndigheten" in given.text
    assert pictures(installation, cast) == []


def test_an_empty_form_is_not_reproached(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.writer)
    assert browser.post("~/studio/headline/look", {}).get_json()["faults"] == {}
    assert browser.post("~/studio/headline", {"do": "save", "sizes": "1200x630"}).status_code == 422


def test_it_is_kept_with_the_proposed_alt_text_and_can_be_drawn_again(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    assert (
        browser.post("~/studio/headline", WORDS | {"do": "save", "sizes": ["1200x630", "1080x1080"]}).status_code == 303
    )
    wide, square = pictures(installation, cast)
    assert (wide.width, wide.height, square.width, square.height) == (1200, 630, 1080, 1080)
    assert wide.alt == square.alt == "Bild med texten: Ja till fler turer på linje 14."
    assert "Ja till fler turer på linje 14" in browser.get(f"~/studio/headline?from={wide.id}").text


def test_an_alt_text_of_ones_own_goes_before_the_proposed(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    browser.post("~/studio/headline", WORDS | {"do": "save", "proposed": "Förslag.", "alt": "Linje 14 går oftare."})
    assert pictures(installation, cast)[0].alt == "Linje 14 går oftare."
    browser.post(
        "~/studio/headline",
        {"text-headline": "Annat", "sizes": "1200x630", "do": "save", "proposed": "Förslag.", "alt": "Förslag."},
    )
    assert pictures(installation, cast)[1].alt == "Bild med texten: Annat."


def test_no_size_is_asked_about(browse: Browse, cast: Cast) -> None:
    given = browse(cast.writer).post("~/studio/headline", {"text-headline": "Ja", "do": "save"})
    assert given.status_code == 422
    assert "minst en storlek" in given.text


def test_a_carousel_keeps_all_its_pages(browse: Browse, installation: Installation, cast: Cast) -> None:
    words = {"text-headline": "Tre förslag", "text-pages": "Ett\nMer vård\n\nTvå\nFler bussar", "sizes": "1080x1080"}
    browse(cast.writer).post("~/studio/carousel", words | {"do": "save"})
    assert [row.facts["card"]["page"] for row in pictures(installation, cast)] == [0, 1, 2]


def test_it_opens_the_composer_with_the_picture_in_it(browse: Browse, installation: Installation, cast: Cast) -> None:
    browser = browse(cast.writer)
    given = browser.post("~/studio/headline", WORDS | {"do": "post"})
    assert given.headers["Location"].endswith(f"/write?media={pictures(installation, cast)[0].id}")
    page = browser.get(given.headers["Location"]).text
    assert f'name="media" value="{pictures(installation, cast)[0].id}"' in page
    assert "Ja till fler turer på linje 14." in page


def test_it_is_put_in_a_draft(browse: Browse, installation: Installation, cast: Cast) -> None:
    to = writing.channels(installation, cast)
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["mastodon"]]))
    given = browse(cast.writer).post("~/studio/headline", WORDS | {"do": "item", "item": str(number)})
    assert given.headers["Location"].endswith(f"/items/{number}/edit")
    assert shas(installation, cast, number) == [pictures(installation, cast)[0].sha256]


def test_what_somebody_is_asked_to_approve_is_not_changed_from_the_studio(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    to = writing.channels(installation, cast)
    number = editing.create(installation, cast.actor("writer"), writing.draft([to["mastodon"]]))
    approve.submit(installation, cast.actor("writer"), number)
    given = browse(cast.writer).post("~/studio/headline", WORDS | {"do": "item", "item": str(number)})
    assert given.status_code == 409
    assert shas(installation, cast, number) == []


def test_a_portrait_comes_from_the_library_or_from_a_file(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser, portrait = browse(cast.writer), writing.picture(installation, cast, width=3000, height=2000)
    words = {"text-quote": "Vården ska finnas nära.", "text-person": "Åsa Öberg", "sizes": "1080x1080", "do": "save"}
    browser.post("~/studio/quote", words | {"picture-portrait": str(portrait)})
    made = pictures(installation, cast)[-1]
    assert made.facts["card"]["pictures"] == {"portrait": portrait}
    assert "En buss vid hållplatsen Storgatan" in made.alt
    file = (io.BytesIO(writing.photo(tone=3)), "åsa.jpg")
    browser.post("~/studio/quote", words | {"file-portrait": file}, content_type="multipart/form-data")
    assert [row.filename for row in pictures(installation, cast)][-2] == "åsa"


def test_a_file_that_is_no_picture_is_said_beside_its_field(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    file = (io.BytesIO(b"<svg/>"), "karta.svg")
    given = browse(cast.writer).post(
        "~/studio/quote", {"do": "save", "text-quote": "Ja", "file-portrait": file}, content_type="multipart/form-data"
    )
    assert given.status_code == 422
    assert "karta.svg" in given.text
    assert pictures(installation, cast) == []


def test_a_picture_of_another_office_is_not_drawn_with(browse: Browse, installation: Installation, cast: Cast) -> None:
    portrait = writing.picture(installation, cast)
    told = browse(cast.stranger, "distriktet").post(
        "~/studio/quote/look", {"text-quote": "Ja", "picture-portrait": str(portrait)}
    )
    assert told.status_code == 422
    assert "portrait" in told.get_json()["faults"]


def test_the_same_words_go_into_another_design(browse: Browse, cast: Cast) -> None:
    page = browse(cast.writer).post("~/studio/headline", WORDS | {"do": "to:release"}).text
    assert "/studio/release/look" in page
    assert "Ja till fler turer på linje 14" in page


def test_a_reader_draws_nothing(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.reader)
    assert browser.get("~/studio/").status_code == 403
    assert browser.post("~/studio/headline", WORDS | {"do": "save"}).status_code == 403


def draft_with(browser: Browser, cast: Cast, installation: Installation, **fields: str) -> Item:
    browser.post("~/write", {"kind": "release", "do": "studio", **fields})
    with installation.store.read(cast.place.id) as session:
        item = session.scalar(select(Item).order_by(Item.id.desc()))
    assert item is not None
    return item


def test_a_picture_is_made_from_the_composer_with_the_words_that_are_there(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    words = {
        "title": "Ja till fler turer i Älvmo",
        "lead": "Nämnden säger ja.",
        "text": "Brödtext.",
        "quote-text": "Nu blir det bättre.",
        "quote-person": "Eva Ek",
    }
    assert 'value="studio"' in browser.get("~/write?kind=release").text
    told = browser.post("~/write", {"kind": "release", "do": "studio", **words})
    item = draft_with(browser, cast, installation, **words)
    assert told.headers["Location"] == browser.path(f"~/studio/?item={item.id - 1}")
    form = browser.get(f"~/studio/release?item={item.id}").text
    assert words["title"] in form
    assert words["lead"] in form
    assert "Nu blir det bättre." in browser.get(f"~/studio/quote?item={item.id}").text
    back = browser.post(
        "~/studio/release", {"text-headline": words["title"], "sizes": "1200x630", "item": str(item.id), "do": "item"}
    )
    assert back.headers["Location"].startswith(browser.path(f"~/items/{item.id}/edit"))
    with installation.store.read(cast.place.id) as session:
        picture = items.current(session, items.load(session, item.id)).parsed().pictures[0]
    assert words["title"] in picture.alt
    assert words["title"] in browser.get(f"~/items/{item.id}/edit").text.partition("alt-")[2]


def test_an_empty_composer_leads_to_the_studio_and_leaves_nothing_behind(
    browse: Browse, installation: Installation, cast: Cast
) -> None:
    browser = browse(cast.writer)
    assert browser.post("~/write", {"kind": "post", "do": "studio"}).headers["Location"] == browser.path("~/studio/")
    with installation.store.read(cast.place.id) as session:
        assert session.scalar(select(Item)) is None


def test_what_cannot_be_saved_stays_in_the_composer(browse: Browse, cast: Cast) -> None:
    told = browse(cast.writer).post(
        "~/write", {"kind": "post", "do": "studio", "text": "Hej", "publish_day": "2026-11-99"}
    )
    assert told.status_code == 422
    assert "Hej" in told.text


def test_a_kept_card_is_the_very_bytes_that_were_drawn(browse: Browse, installation: Installation, cast: Cast) -> None:
    browse(cast.writer).post("~/studio/headline", WORDS | {"do": "save"})
    row = pictures(installation, cast)[0]
    wish = studio.again(row)
    assert wish is not None
    drawn = studio.drawn(installation, cast.actor("writer"), wish, (1200, 630))
    assert blob_of(installation, row).read() == drawn.data
